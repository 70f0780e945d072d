"""Is there an English word on the page? (UX.md, U-21)

A list of English words is long and never complete; Vietnamese syllables are few and follow rules. So every word of
plain letters that could not be a Vietnamese syllable is taken for foreign: wrong onset or rhyme, or an ending in c, ch,
p or t without the tone mark that such syllables always carry.
"""

import re

from playwright.sync_api import Page

ONSET = "b|ch|c|d|gh|gi|g|h|kh|k|l|m|ngh|ng|nh|n|ph|p|qu|r|s|th|tr|t|v|x|"
# Letters without marks only: a word with a mark of any kind is not English.
RHYME = (
    "a|ai|am|an|ang|anh|ao|au|ay|e|em|en|eng|eo|i|ia|im|in|inh|iu|o|oa|oai|oan|oang|oanh|oao|oay|oe|oen|oeo|oi|om|on"
    "|ong|u|ua|ui|um|un|ung|uy|uynh|uya|uyu|y|a|ua|en|on|ung|ang"
)
SYLLABLE = re.compile(f"(?:{ONSET})(?:{RHYME})", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

# Names of file formats and units that the decisions themselves use, and abbreviations of offices.
ALLOWED = frozenset(
    {"pdf", "word", "excel", "docx", "xlsx", "jpg", "jpeg", "png", "mb", "kb", "ubnd", "ttg", "ttr", "byte", "sha"}
)


def english_words(text: str) -> set[str]:
    found = set()
    for word in WORD.findall(text):
        if word.isascii() and len(word) > 1 and word.lower() not in ALLOWED and not SYLLABLE.fullmatch(word):
            found.add(word)
    return found


def text_of(page: Page) -> str:
    """All that a person reads or hears on the page: text, title, and what only attributes say."""
    attributes = page.evaluate(
        """() => [...document.querySelectorAll("[aria-label], [title], [placeholder], [alt], [data-label]")].flatMap(
            (element) => ["aria-label", "title", "placeholder", "alt", "data-label"].map((name) => element.getAttribute(name) ?? "")
        ).concat([...document.querySelectorAll("input[type=submit], input[type=button]")].map((button) => button.value))"""
    )
    return "\n".join([page.title(), page.locator("body").inner_text(), *attributes])
