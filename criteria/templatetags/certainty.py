"""Notes of a criteria set, written for those who prepare it, as everybody can read them."""

import re

from django import template

from criteria.scoring import Certainty

register = template.Library()

WORDS = {level.value: f"«{level.label}»" for level in Certainty} | {"zero_fails_criterion": "«điểm liệt»"}
CODE = re.compile(rf"'?\b({'|'.join(sorted(WORDS, key=len, reverse=True))})\b'?")


@register.filter
def in_words(text: str) -> str:
    """The stored text stays as it was loaded and hashed; its codes are read out in the words of the labels."""
    return CODE.sub(lambda match: WORDS[match[1]], text)
