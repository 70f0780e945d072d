"""Printing on all cores: processes that do nothing but turn HTML into PDF, and whoever hands them work.

A process of its own for each core, since WeasyPrint holds the interpreter and grows with every paper: what a batch took
is given back when it is done. Nothing but HTML and the names of style sheets goes in, nothing but a PDF comes out.
"""

import os
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Final, Self, cast

ROOT: Final = Path(__file__).resolve().parents[2]
LENGTH: Final = struct.Struct(">I")  # before everything that goes through a pipe
SEPARATOR: Final = "\0"  # between the names of the style sheets, the frame and the HTML, which have no such character


@dataclass(frozen=True, slots=True)
class Page:
    """What `weasy.render` takes, of a paper without an annexed workbook."""

    html: str
    stylesheets: Sequence[str]
    frame: str = ""


class PressFailed(Exception):
    """A printing process died or could not print; the paper may be tried again."""


def read(stream: IO[bytes]) -> bytes | None:
    """One message, or None at the end of the stream."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def write(stream: IO[bytes], body: bytes) -> None:
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


class _Printer:
    """One process. Not for two threads at once."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "papers.press"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._orders = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)

    def render(self, page: Page) -> bytes:
        try:
            write(self._orders, SEPARATOR.join([",".join(page.stylesheets), page.frame, page.html]).encode())
            answer = read(self._answers)
        except (BrokenPipeError, ConnectionError) as error:
            raise PressFailed("A printing process died.") from error
        if not answer:
            raise PressFailed("A printing process died, or could not print a paper.")
        return answer

    def close(self) -> None:
        with suppress(BrokenPipeError):  # it died with an order in the pipe
            self._orders.close()
        self._answers.close()
        self._process.wait()


class Press:
    """As many processes as there are cores, for the time of one batch: `with Press() as press:`."""

    def __init__(self, processes: int | None = None) -> None:
        self._count = processes or os.cpu_count() or 1

    def __enter__(self) -> Self:
        self._printers = [_Printer() for _ in range(self._count)]
        self._free: SimpleQueue[_Printer] = SimpleQueue()
        for printer in self._printers:
            self._free.put(printer)
        self._threads = ThreadPoolExecutor(self._count)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        for printer in self._printers:
            printer.close()

    def print_all(self, papers: Iterable[Page]) -> Iterator[bytes]:
        """The PDF of each page, in the order of the papers. Not more than a few are under way or
        waiting to be taken, so that neither input nor output piles up. Raises PressFailed."""

        def one(paper: Page) -> bytes:
            printer = self._free.get()
            try:
                return printer.render(paper)
            finally:
                self._free.put(printer)

        under_way: deque[Future[bytes]] = deque()
        for paper in papers:
            under_way.append(self._threads.submit(one, paper))
            if len(under_way) >= self._count * 3:
                yield under_way.popleft().result()
        for future in under_way:
            yield future.result()
