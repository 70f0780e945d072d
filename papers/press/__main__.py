"""A process that prints what it is handed on standard input, until that ends."""

import sys

from papers.press import SEPARATOR, read, write
from papers.press.weasy import render


def main() -> None:
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    while (order := read(orders)) is not None:
        stylesheets, frame, html = order.decode().split(SEPARATOR, 2)
        write(answers, render(html, stylesheets.split(","), frame=frame))


if __name__ == "__main__":
    main()
