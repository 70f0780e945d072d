"""Everything that allauth can say to somebody here is said in Vietnamese: its sentences, its notices, its forms."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import strip_tags

from communes.accounts import AccountAdapter
from tests.browser.words import english_words
from tests.factories import UserFactory

# What allauth says of things that do not exist here: mail, telephone numbers, signing up, links to reset.
NOT_HERE = {
    "cannot_remove_primary_email",
    "duplicate_email",
    "email_password_mismatch",
    "email_taken",
    "incorrect_code",  # of a login by mail; ours stands in communes.second_factor_forms
    "invalid_or_expired_key",
    "invalid_password_reset",
    "max_email_addresses",
    "phone_password_mismatch",
    "phone_taken",
    "select_only_one",
    "unknown_email",
    "unknown_phone",
    "unverified_primary_email",
    "username_blacklisted",
    "username_taken",
}
NOTICES = ["logged_in", "logged_out", "password_changed", "password_set"]


@pytest.mark.parametrize("key", sorted(set(AccountAdapter.error_messages) - NOT_HERE))
def test_every_refusal_is_vietnamese(key: str) -> None:
    with translation.override("vi"):
        sentence = str(AccountAdapter.error_messages[key])
    assert english_words(sentence) == set()
    assert sentence.endswith(".")


@pytest.mark.parametrize("name", NOTICES)
@pytest.mark.django_db
def test_every_notice_is_vietnamese(name: str) -> None:
    text = render_to_string(f"account/messages/{name}.txt", {"user": UserFactory(), "name": "Lan"})
    assert english_words(text, ["Lan"]) == set()


def test_every_form_is_vietnamese(rf: Any) -> None:
    from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm, SetPasswordForm

    from communes.second_factor_forms import AuthenticateForm, EnrolForm
    from communes.second_factor_forms import ReauthenticateForm as ReauthenticateByCodeForm

    forms = [
        LoginForm({}, request=rf.post("/")),
        ChangePasswordForm(None, {}),
        SetPasswordForm(None, {}),
        ReauthenticateForm({}, user=None),
        AuthenticateForm({}, user=None),
        ReauthenticateByCodeForm({}, user=None),
        EnrolForm({}),
    ]
    for form in forms:
        said = [text for errors in form.errors.values() for text in errors]
        said += [str(text) for field in form.fields.values() for text in (field.label, field.help_text)]
        assert english_words(strip_tags(" ".join(said))) == set(), type(form).__name__
