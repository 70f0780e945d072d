"""The corpus holds what it promises: everything hostile in it is refused, and the script writes all of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from childfriendly.core.exceptions import Refused
from childfriendly.core.files import EVIDENCE_EXTENSIONS, check_upload
from tests.corpus import files, names, strings


@pytest.mark.parametrize("name", files.HOSTILE)
def test_every_hostile_file_is_refused_with_a_sentence(name: str) -> None:
    upload = SimpleUploadedFile(name, files.HOSTILE[name]())
    with pytest.raises(Refused) as error:
        check_upload(upload, max_bytes=20 * 1024 * 1024, allowed=EVIDENCE_EXTENSIONS)
    assert str(error.value).endswith(".")


def test_the_script_writes_the_corpus_into_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mau"
    done = subprocess.run(
        [sys.executable, "-m", "tests.corpus", str(folder)], capture_output=True, text=True, check=True
    )
    written = {path.name for path in folder.iterdir()}
    assert written == {*files.HOSTILE, *(f"tot-{name}" for name in files.GOOD), "ten-tep.json", "chuoi.json"}
    assert done.stdout == f"Đã ghi {len(written)} tệp vào {folder}.\n"
    assert (folder / "bung-ra.docx").read_bytes()[:4] == b"PK\x03\x04"
    assert json.loads((folder / "ten-tep.json").read_text()) == list(names.NAMES)
    assert json.loads((folder / "chuoi.json").read_text()) == list(strings.STRINGS)
