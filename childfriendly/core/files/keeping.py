"""How files are kept: under a name that comes from the content, never from the sender; safely on disk before a row
names them; below a folder that no web server hands out."""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from django.core.exceptions import SuspiciousFileOperation

from childfriendly.core import faults
from childfriendly.core.exceptions import Refused
from childfriendly.core.files.checks import CheckedUpload
from childfriendly.core.files.naming import CONTENT_TYPES
from childfriendly.core.files.sealing import Key, keys, seal, unseal

SEALED = ".kin"
RESERVE = 64 * 1024 * 1024  # bytes that uploads leave free, so that the database beside them can still write

_BLOCK = 256 * 1024
_STORED_PATH = re.compile(
    rf"[0-9a-f]{{2}}/[0-9a-f]{{2}}/[0-9a-f]{{64}}\.(?:{'|'.join(CONTENT_TYPES)})(?:{re.escape(SEALED)})?"
)
_TEMPORARY = ".tam-"
_LOCK = ".khoa"
_DISK_FULL = "Máy chủ hết dung lượng lưu tệp nên chưa nhận được tệp này. Báo người quản trị hệ thống rồi tải lại sau."


@contextlib.contextmanager
def _disk_full_is_refused() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise Refused(_DISK_FULL) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path, root: Path) -> None:
    """`folder` and those above it up to `root`, readable by our own account and group only."""
    for place in (*reversed([p for p in folder.parents if p.is_relative_to(root)]), folder):
        if not place.exists():
            place.mkdir(mode=0o750, parents=place == root, exist_ok=True)
            place.chmod(0o750)  # the umask may have taken more than we wish
            _sync_folder(place.parent)


@contextlib.contextmanager
def _holding(root: Path) -> Iterator[None]:
    """Nobody else puts a file in its place or takes one away meanwhile, in any process of this machine."""
    with (root / _LOCK).open("wb") as lock:
        os.fchmod(lock.fileno(), 0o640)
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block


def store(checked: CheckedUpload, *, root: Path, seal_with: Key | None = None) -> str:
    """Write a checked upload below `root` and return its relative path, `aa/bb/<sha256>.<extension>`, or with a key
    `aa/bb/<hash under the key>.<extension>.kin` and encrypted.

    Call before the row that points to the file is written: when this returns, the file is safely on disk under its
    final name (SECURITY.md R-06). The same content always gets the same path, so two rows may share one file: never
    delete a file while another row names it. Raises `Refused` when the disk is full.
    """
    name = seal_with.name_for(checked.sha256) if seal_with else checked.sha256
    relative = f"{name[:2]}/{name[2:4]}/{name}.{checked.extension}{SEALED if seal_with else ''}"
    final = stored_path(relative, root=root)
    checked.content.seek(0)
    with _disk_full_is_refused():
        _make_folder(root, root)
        if shutil.disk_usage(root).free < checked.size + RESERVE:
            raise Refused(_DISK_FULL)
        descriptor, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=root)
        try:
            with os.fdopen(descriptor, "wb") as target:
                for block in seal(checked.content, seal_with) if seal_with else _blocks(checked.content):
                    target.write(block)
                target.flush()
                faults.reach("upload: written")
                os.fchmod(target.fileno(), 0o640)
                os.fsync(target.fileno())
            faults.reach("upload: synced")
            _make_folder(final.parent, root)
            with _holding(root):
                Path(temporary).replace(final)
            _sync_folder(final.parent)
            faults.reach("upload: renamed")
        finally:
            Path(temporary).unlink(missing_ok=True)
    return relative


def stored_path(relative: str, *, root: Path) -> Path:
    """The file behind a path that `store` returned; anything else raises SuspiciousFileOperation (a 400)."""
    if not _STORED_PATH.fullmatch(relative):
        raise SuspiciousFileOperation("Not a path of a stored file.")
    return root / relative


def is_sealed(relative: str) -> bool:
    return relative.endswith(SEALED)


def extension_of_stored(relative: str) -> str:
    return relative.removesuffix(SEALED).rpartition(".")[2]


def content_of(relative: str, *, root: Path) -> Iterator[bytes]:
    """The content of a stored file in blocks, opened where it is sealed. Raises FileNotFoundError, BrokenSealError."""
    with stored_path(relative, root=root).open("rb") as stream:
        yield from unseal(stream, keys()) if is_sealed(relative) else _blocks(stream)


def sha256_of(relative: str, *, root: Path) -> str:
    """As stored in `CheckedUpload.sha256`, worked out anew from the disk. Raises as `content_of`."""
    digest = hashlib.sha256()
    for block in content_of(relative, root=root):
        digest.update(block)
    return digest.hexdigest()


# ---- what nobody names -------------------------------------------------------------------------------------------
def files_older_than(moment: datetime, *, root: Path) -> Iterator[str]:
    """Relative paths of stored files and of what interrupted uploads left behind, last written before `moment`."""
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(folder, name)
            if name != _LOCK and _is_older(path, moment):
                yield str(path.relative_to(root))


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:  # an upload that ended meanwhile
        return False


def delete_if_older(relative: str, moment: datetime, *, root: Path) -> bool:
    """Delete one of `files_older_than`, unless the same content was stored anew since."""
    path = root / relative
    with _holding(root):
        if not _is_older(path, moment):
            return False
        path.unlink()
    return True
