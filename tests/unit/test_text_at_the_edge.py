"""No text comes in past `nfc` (SECURITY.md T-04): every field for text of every form is one that composes, and every
word taken from an address is composed where it is read."""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

from django import forms

from childfriendly.core.forms import NfcCharField, VietnameseDateField, VietnameseWholeNumberField

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("assessments", "communes", "criteria", "papers", "reports", "childfriendly")
# «Nguyễn» as macOS types it, with what Word and chat programs bring along: zero-width marks and turned direction.
TYPED = "\u200bNguye\u0302\u0303n\u202e Va\u0306n\ufeff Du\u031bo\u031b\u0300ng\u2069"
MEANT = "Nguyễn Văn Dường"


def modules() -> list[ast.Module]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [ast.parse(path.read_text(encoding="utf-8")) for path in paths if "migrations" not in path.parts]


def our_forms() -> list[type[forms.BaseForm]]:
    found = []
    for package in PACKAGES:
        for info in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if info.name.endswith(".forms") or ".forms." in info.name:
                module = importlib.import_module(info.name)
                found += [
                    item
                    for _, item in inspect.getmembers(module, inspect.isclass)
                    if issubclass(item, forms.BaseForm) and item.__module__ == info.name
                ]
    return found


def test_every_field_for_text_composes_what_is_typed() -> None:
    fields = [
        (form.__name__, name, field) for form in our_forms() for name, field in getattr(form, "base_fields", {}).items()
    ]
    texts = [
        (form, name, field)
        for form, name, field in fields
        if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput)
    ]
    assert len(texts) > 10
    assert [(form, name) for form, name, field in texts if not isinstance(field, NfcCharField)] == []
    for form, name, field in texts:
        assert field.clean(TYPED) == MEANT, (form, name)


def test_no_form_makes_a_plain_field_for_text_while_it_is_drawn() -> None:
    made = {
        node.func.attr
        for tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "forms"
    }
    assert not made & {
        "CharField",
        "SlugField",
        "EmailField",
        "RegexField",
        "IntegerField",
        "DateField",
        "DecimalField",
    }


def test_numbers_and_days_are_read_through_invisible_marks() -> None:
    assert VietnameseWholeNumberField().clean("\u200b1.234\ufeff") == 1234
    assert str(VietnameseDateField().clean("\u200e05/06/2026")) == "2026-06-05"


def test_a_search_word_is_composed_where_it_is_read() -> None:
    """`request.GET` is read for words («q») only inside `nfc(…)`, or by a form."""
    bare = []
    for tree in modules():
        inside = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"nfc", "fold"}
            for inner in ast.walk(node)
        }
        bare += [
            ast.unparse(node)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node).startswith("request.GET.get('q'") and node not in inside
        ]
    assert bare == []
