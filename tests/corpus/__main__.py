"""`python -m tests.corpus FOLDER`: the corpus as files, for a scanner or for trying a screen by hand."""

import json
import sys
from pathlib import Path

from tests.corpus import files, names, strings


def write(folder: Path) -> list[Path]:
    """The files under their names, and the names and strings as JSON lists: some of them no text file could hold."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {name: make() for name, make in files.HOSTILE.items()} | {f"tot-{n}": c for n, c in files.GOOD.items()}
    for title, texts in (("ten-tep.json", names.NAMES), ("chuoi.json", strings.STRINGS)):
        content[title] = json.dumps(texts, indent=1).encode()
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in content]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(f"Đã ghi {len(write(Path(sys.argv[1])))} tệp vào {sys.argv[1]}.")
