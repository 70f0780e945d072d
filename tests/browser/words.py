"""Is there an English word on the page? (UX.md, U-21)

A list of English words is long and never complete; Vietnamese syllables are few and follow rules. So every word of
plain letters that could not be a Vietnamese syllable is taken for foreign: wrong onset or rhyme, or an ending in c, ch,
p or t without the tone mark that such syllables always carry. Words with a mark are not looked at.
"""

import re
from collections.abc import Iterable

from playwright.sync_api import Page

ONSET = "b|ch|c|d|gh|gi|g|h|kh|k|l|m|ngh|ng|nh|n|ph|p|qu|r|s|th|tr|t|v|x|"
RHYME = (
    "a|ai|am|an|ang|anh|ao|au|ay|e|em|en|eng|eo|i|ia|im|in|inh|iu|o|oa|oai|oam|oan|oang|oanh|oao|oay|oe|oen|oeo|oi"
    "|om|on|ong|u|ua|ui|um|un|ung|uy|uya|uynh|uyu|y"
)
SYLLABLE = re.compile(f"(?:{ONSET})(?:{RHYME})", re.IGNORECASE)
TOKEN = re.compile(r"\w+")
NOT_PROSE = re.compile(
    r"\S+\.(?:pdf|docx|xlsx|csv|jpg|png|zip)\b|\b[A-Z]{2}-\d{4}-\d{5}\b|\b[2-9A-HJ-NP-Z]{5}-?[2-9A-HJ-NP-Z]{5}\b"
    r"|\S+/kiem-tra/|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
)  # file names, codes of dossiers and of papers, the address printed beside those, addresses in refusals of the audit
ABBREVIATION = re.compile(r"[B-DF-HJ-NP-TV-Z]{2,5}")  # THCS, TCMR, BYT: no English word is without a vowel

ROMAN = re.compile(r"[IVX]{2,5}")  # headings of papers: «II. TÌNH HÌNH»

# File formats and abbreviations that the decisions themselves use.
FORMATS = frozenset(
    {
        "byte",
        "csv",
        "docx",
        "excel",
        "heic",
        "jpeg",
        "jpg",
        "json",
        "kb",
        "mb",
        "pdf",
        "png",
        "sha",
        "word",
        "xlsx",
        "zip",
    }
)
# Names of programs and machines, as the list of one's own sessions tells them.
DEVICES = frozenset(
    {"android", "chrome", "edge", "firefox", "ios", "ipad", "iphone", "linux", "macos", "safari", "windows"}
)
ALLOWED = FORMATS | DEVICES | {"guq", "tc", "ttg", "ttr", "tuq", "ubnd"}


def english_words(text: str, names: Iterable[str] = ()) -> set[str]:
    """`names` are proper names that may stand there, user names among them."""
    text = NOT_PROSE.sub(" ", text)
    for name in names:
        text = text.replace(name, " ")
    return {
        word
        for word in TOKEN.findall(text)
        if word.isascii()
        and word.isalpha()  # no codes, no hashes
        and len(word) > 1
        and word.lower() not in ALLOWED
        and not ABBREVIATION.fullmatch(word)
        and not ROMAN.fullmatch(word)
        and not SYLLABLE.fullmatch(word)
    }


def text_of(page: Page) -> str:
    """All that a person reads or hears on the page: text, title, and what only attributes say."""
    attributes = page.evaluate(
        """() => {
            const names = ["aria-label", "title", "placeholder", "alt", "data-label"];
            const elements = [...document.querySelectorAll(names.map((name) => `[${name}]`).join())];
            return elements.flatMap((element) => names.map((name) => element.getAttribute(name) ?? ""));
        }"""
    )
    return "\n".join([page.title(), page.locator("body").inner_text(), *attributes])
