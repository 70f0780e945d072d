"""What a password must not be made of (SECURITY.md N-01, N-02). Each says what to type instead."""

import re
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from childfriendly.core.text import fold
from communes.models import RoleAssignment, User

# What everybody in this system might think of first, folded and without blanks; longer ones are taken out first.
SYSTEM_WORDS: Final = frozenset(
    {
        "xaphuhopvoitreem",
        "capxaphuhopvoitreem",
        "phuhopvoitreem",
        "xaphuhop",
        "phuhop",
        "treem",
        "danhgia",
        "congnhan",
        "quantri",
        "matkhau",
        "password",
        "admin",
        "vietnam",
    }
)
SHORTEST_WORD: Final = 3  # «An» stands in every third word
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_NOT_A_LETTER: Final = re.compile(r"[\W_]+")


def _squeeze(text: str) -> str:
    return _NOT_A_LETTER.sub("", fold(text))


class ContextWordsValidator:
    """Units, codes, the own name, years and the words of this system do not count, accents or not; what is left must
    still be worth something. A long sentence may well name the commune."""

    def __init__(self, min_rest: int = 8) -> None:
        self.min_rest = min_rest

    def validate(self, password: str, user: User | None = None) -> None:
        rest = _squeeze(password)
        found = []
        for word in sorted(SYSTEM_WORDS | _words_about(user), key=len, reverse=True):
            if word in rest:
                found.append(word)
                rest = rest.replace(word, "")
        found += _YEAR.findall(rest)
        rest = re.sub(r"\d+", "0", _YEAR.sub("", rest))  # 12345678 is one thing to guess, not eight
        if found and len(rest) < self.min_rest:
            raise ValidationError(
                "Mật khẩu gần như chỉ gồm tên đơn vị, mã, năm, họ tên hoặc tên hệ thống. Chọn một câu khó đoán hơn.",
                code="password_of_context_words",
            )

    def get_help_text(self) -> str:
        return "Không ghép mật khẩu từ tên đơn vị, mã đơn vị, năm, họ tên hoặc tên hệ thống."


def _words_about(user: User | None) -> set[str]:
    if user is None:
        return set()
    texts = [user.username, *re.split(r"[@.+_-]", user.username), user.full_name, *user.full_name.split()]
    if user.pk is not None:
        held: QuerySet[RoleAssignment] = RoleAssignment.objects.filter(user=user)
        for assignment in held.select_related("unit__parent__parent"):
            for unit in [assignment.unit, *assignment.unit.ancestors]:
                texts += [unit.name, unit.proper_name, unit.code]
    return {word for word in map(_squeeze, texts) if len(word) >= SHORTEST_WORD}


class CharacterClassesValidator:
    """For agencies that are audited on TCVN; 0 asks for nothing, as ASVS 6.2.5 wants it."""

    def __init__(self, min_classes: int = 0) -> None:
        self.min_classes = min_classes

    def validate(self, password: str, user: Any = None) -> None:
        classes = [str.islower, str.isupper, str.isdigit, lambda letter: not letter.isalnum()]
        if sum(any(map(is_in, password)) for is_in in classes) < self.min_classes:
            raise ValidationError(self.get_help_text(), code="password_classes")

    def get_help_text(self) -> str:
        if not self.min_classes:
            return ""
        return f"Dùng ít nhất {self.min_classes} trong 4 loại: chữ thường, chữ hoa, chữ số, ký tự khác."
