"""Backup and restore of what cannot be made again: the database and the uploaded files (SECURITY.md B-01).

A backup is a folder with the database, the files and a manifest of what they must be. The database is copied first and
the files after: files are only ever added, so a later copy of them holds every file that the rows name. It gets its
name when everything has been written, read back and compared.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from childfriendly.core import chain, restored
from childfriendly.core.exceptions import Refused
from childfriendly.core.snapshots import snapshot

FORMAT: Final = 1
STAMP: Final = "%Y%m%dT%H%M%SZ"
MANIFEST, VERIFIED, FILES = "manifest.json", "verified.json", "files"
DATABASE: Final = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


@dataclass(frozen=True, slots=True)
class Content:
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    made_at: str
    version: str
    engine: str
    migrations: list[str]  # «core.0001_initial»
    counts: dict[str, int]  # rows of each table
    audit: str  # head of the audit's chain, «seq:hash»
    database: Content
    files: dict[str, Content]  # by path below MEDIA_ROOT

    def write(self, folder: Path) -> None:
        _write_text(folder / MANIFEST, json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1))

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        try:
            stored = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if stored.pop("format") != FORMAT:
                raise Refused("Bản sao lưu này do một phiên bản khác của hệ thống tạo ra. Dùng đúng phiên bản đó.")
            stored["database"] = Content(**stored["database"])
            stored["files"] = {path: Content(**content) for path, content in stored["files"].items()}
            return cls(**stored)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(f"Không đọc được {MANIFEST}. Kiểm tra lại thư mục sao lưu.") from error


# ---- making one --------------------------------------------------------------------------------------------------
def make(parent: Path, *, at: datetime) -> Path:
    """A new backup below `parent`, verified; its folder. Raises Refused."""
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = at.astimezone(UTC).strftime(STAMP)
    if (parent / name).exists():
        raise Refused("Vừa có một bản sao lưu trong cùng giây này. Chạy lại sau một giây.")
    unfinished = Path(tempfile.mkdtemp(prefix=f"{name}.", suffix=".part", dir=parent))
    try:
        engine, path = connection.vendor, unfinished / DATABASE[connection.vendor]
        with snapshot():
            counts, head = _counts(), chain.head()  # first, so that the snapshot is taken
            migrations = sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())
            (_copy_sqlite if engine == "sqlite" else _dump_postgresql)(path)
        _sync(path)
        Manifest(
            made_at=at.astimezone(UTC).isoformat(timespec="seconds"),
            version=_version(),
            engine=engine,
            migrations=migrations,
            counts=counts,
            audit=str(head),
            database=_content(path),
            files=_copy_files(unfinished / FILES, previous=newest(parent)),
        ).write(unfinished)
        verify(unfinished)
        _write_text(unfinished / VERIFIED, json.dumps({"at": at.astimezone(UTC).isoformat(timespec="seconds")}))
        return unfinished.rename(parent / name)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _version() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def _counts() -> dict[str, int]:
    counts = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 — our own tables
            counts[table] = cursor.fetchone()[0]
    return counts


def _copy_sqlite(path: Path) -> None:
    source: Any = connection.connection
    with closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it


def _dump_postgresql(path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        seen = cursor.fetchone()[0]
    _postgresql("pg_dump", "--format=custom", f"--snapshot={seen}", f"--file={path}")


def _postgresql(program: str, *arguments: str) -> None:
    """One of PostgreSQL's own programs on our database; the password goes through the environment."""
    it = connection.settings_dict
    places = {"--host": it["HOST"], "--port": it["PORT"], "--username": it["USER"], "--dbname": it["NAME"]}
    command = [program, *arguments, *(f"{name}={value}" for name, value in places.items() if value)]
    try:
        done = subprocess.run(  # noqa: S603 — fixed programs, values from our settings, no shell
            command, env={**os.environ, "PGPASSWORD": it["PASSWORD"] or ""}, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise Refused(f"Máy này thiếu {program}. Cài gói postgresql-client rồi chạy lại.") from error
    if done.returncode:
        raise Refused(f"{program} không chạy được:\n{done.stderr.strip()}")


def _copy_files(to: Path, *, previous: Path | None) -> dict[str, Content]:
    """Every uploaded file. One that the previous backup holds under the same path is linked, not copied: a stored file
    never changes, and `verify` reads it again all the same."""
    known = Manifest.read(previous).files if previous else {}
    to.mkdir(mode=0o700)
    found: dict[str, Content] = {}
    for path, source in _uploaded():
        target = to / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            content = _content(source)
            if previous and known.get(path) == content:
                os.link(previous / FILES / path, target)
            else:
                shutil.copyfile(source, target)
                _sync(target)
        except FileNotFoundError:  # named by no row and cleared away this moment
            continue
        found[path] = content
    return found


# ---- looking at one ----------------------------------------------------------------------------------------------
def newest(parent: Path) -> Path | None:
    """The newest backup that was verified."""
    found = sorted(path.parent for path in parent.glob(f"*Z/{VERIFIED}"))
    return found[-1] if found else None


def verified_at(folder: Path) -> datetime:
    return datetime.fromisoformat(json.loads((folder / VERIFIED).read_text(encoding="utf-8"))["at"])


def thin_out(parent: Path, *, keep: int) -> list[Path]:
    """Delete all verified backups but the newest `keep`; the deleted ones."""
    old = sorted(path.parent for path in parent.glob(f"*Z/{VERIFIED}"))[:-keep]
    for folder in old:
        shutil.rmtree(folder)
    return old


def verify(folder: Path) -> Manifest:
    """Read everything again and compare with the manifest. Raises Refused, naming the first file that differs."""
    manifest = Manifest.read(folder)
    database = folder / DATABASE[manifest.engine]
    expected = {database: manifest.database, **{folder / FILES / name: it for name, it in manifest.files.items()}}
    for path, content in expected.items():
        if not path.is_file():
            raise Refused(f"Bản sao lưu thiếu tệp {path.relative_to(folder)}. Dùng bản sao khác.")
        if _content(path) != content:
            raise Refused(f"Tệp {path.relative_to(folder)} trong bản sao lưu đã bị hỏng. Dùng bản sao khác.")
    for _, path in _files_below(folder / FILES):
        if path not in expected:
            raise Refused(f"Bản sao lưu có tệp lạ {path.relative_to(folder)}. Dùng bản sao khác.")
    if manifest.engine == "sqlite":
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
            if copy.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise Refused("Cơ sở dữ liệu trong bản sao lưu đã bị hỏng. Dùng bản sao khác.")
    return manifest


# ---- restoring ---------------------------------------------------------------------------------------------------
def restore(folder: Path, *, force: bool) -> Manifest:
    """Put the backup in the place of what is here, then compare rows, files and audit with its manifest.

    Raises Refused before anything is touched where the backup is damaged, of another engine or of a newer version, and,
    without `force`, where there is something here already.
    """
    manifest = verify(folder)
    if manifest.engine != connection.vendor:
        raise Refused(
            f"Bản sao lưu là của {manifest.engine}, còn DATABASE_URL trỏ tới {connection.vendor}. Sửa DATABASE_URL."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(manifest.migrations) - known):
        raise Refused(f"Bản sao lưu do phiên bản mới hơn tạo ra (có {unknown[0]}). Cài đúng phiên bản rồi khôi phục.")
    if not force and (any(True for _ in _uploaded()) or connection.introspection.table_names()):
        raise Refused("Nơi khôi phục đang có dữ liệu. Kiểm tra lại; nếu đúng là muốn ghi đè, thêm --force.")
    if connection.vendor == "postgresql":
        _check_alone()
    Path(settings.VAR_DIR).mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_text(restored.marker(), f"Khôi phục từ bản sao lưu lúc {manifest.made_at}.\n")
    for name in manifest.files:
        _put(folder / FILES / name, Path(settings.MEDIA_ROOT) / name)
    database = folder / DATABASE[manifest.engine]
    (_put_sqlite if manifest.engine == "sqlite" else _put_postgresql)(database)
    _compare(manifest, is_current=set(manifest.migrations) == known)
    return manifest


def _check_alone() -> None:
    """SQLite itself waits until nobody reads; PostgreSQL would pull the tables away from under a running server."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        if cursor.fetchone()[0]:
            raise Refused("Còn chương trình đang dùng cơ sở dữ liệu. Dừng máy chủ và tiến trình nền rồi chạy lại.")


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS, parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.part")
    shutil.copyfile(source, unfinished)
    unfinished.chmod(settings.FILE_UPLOAD_PERMISSIONS)
    _sync(unfinished)
    unfinished.replace(target)


def _put_sqlite(database: Path) -> None:
    """Through SQLite itself, which holds off whoever has the old database open and leaves no old log behind."""
    connection.ensure_connection()
    target: Any = connection.connection
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as source:
        source.backup(target)
    connection.close()


def _put_postgresql(database: Path) -> None:
    with connection.cursor() as cursor:
        if tables := connection.introspection.table_names(cursor):
            names = ", ".join(connection.ops.quote_name(table) for table in tables)
            cursor.execute(f"DROP TABLE {names} CASCADE")
    connection.close()
    _postgresql(
        "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--clean", "--if-exists", str(database)
    )


def _compare(manifest: Manifest, *, is_current: bool) -> None:
    if _counts() != manifest.counts:
        raise Refused("Số dòng sau khi khôi phục khác với bản sao lưu. Không dùng bản vừa khôi phục.")
    if is_current:  # an older schema is read only after `migrate`
        seq, _, seal = manifest.audit.partition(":")
        if broken := chain.verify(chain.Head(int(seq), seal)).broken:
            raise Refused(f"Nhật ký sai từ dòng {broken.seq} ({broken.what}). Kiểm tra AUDIT_KEY có đúng của bản cũ.")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_session")  # whoever was signed out meanwhile must not be signed in again


# ---- small things ------------------------------------------------------------------------------------------------
def _files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(folder).as_posix(), path


def _uploaded() -> Iterator[tuple[str, Path]]:
    """What is kept; a name with a dot in front is a lock or an upload that is not finished."""
    return (found for found in _files_below(Path(settings.MEDIA_ROOT)) if not found[1].name.startswith("."))


def _content(path: Path) -> Content:
    with path.open("rb") as file:
        return Content(size=os.fstat(file.fileno()).st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    _sync(path)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
