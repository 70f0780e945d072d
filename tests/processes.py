"""What runs with a folder of a test's own as its VAR_DIR, found in /proc: children and grandchildren, orphans too."""

import time
from collections.abc import Callable
from pathlib import Path


def processes_of(folder: Path, word: str = "") -> list[int]:
    """Those whose command line holds `word`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                environment, command = (entry / "environ").read_bytes(), (entry / "cmdline").read_bytes()
            except OSError:  # gone meanwhile, or another user's
                continue
            if f"VAR_DIR={folder}\0".encode() in environment and word.encode() in command:
                found.append(int(entry.name))
    return found


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that other processes do."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)
