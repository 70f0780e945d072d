"""What holds for every page in every state and at both widths (UX.md 14)."""

from collections.abc import Iterable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.words import english_words, text_of

WIDTHS = (1280, 360)
AXE = Axe()
AXE_OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
UNLABELLED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
    .filter((field) => !field.labels.length && !field.ariaLabel && !field.getAttribute("aria-labelledby"))
    .map((field) => field.name)"""
WIDER_THAN_THE_SCREEN = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
    [...document.body.querySelectorAll("*")]
        .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map((element) => `${element.tagName} ${element.className} ${element.textContent.trim().slice(0, 40)}`)"""
GREETING_OF_FRIENDS = "bạn"  # nobody writes so to an office


def complaints(page: Page, *, is_error: bool = False, names: Iterable[str] = ()) -> list[str]:
    """Everything wrong with the page as it stands, so that one run shows all of it."""
    found = []
    if page.locator("html").get_attribute("lang") != "vi":
        found.append("the language is not Vietnamese")
    if page.locator("h1").count() != 1:
        found.append(f"{page.locator('h1').count()} headings of level 1")
    if page.title().startswith("Lỗi: ") != is_error:
        found.append(f"title: {page.title()}")
    found += [f"no label: {name}" for name in page.evaluate(UNLABELLED)]
    if page.locator("input[type=number]").count():
        found.append("a field of type number")
    text = text_of(page)
    found += [f"English: {word}" for word in sorted(english_words(text, names))]
    if GREETING_OF_FRIENDS in text.lower().split():
        found.append("says «bạn»")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"wider than {width}: {element}" for element in page.evaluate(WIDER_THAN_THE_SCREEN)]
        for violation in AXE.run(page, options=AXE_OPTIONS).response["violations"]:
            places = "; ".join(str(node["target"]) for node in violation["nodes"][:3])
            found.append(f"axe at {width}: {violation['id']} ({violation['help']}): {places}")
    return found
