"""System checks: what the machine lacks is said at the start, with the remedy, not by a paper printed with boxes.

Importing this module registers them (`childfriendly.core.apps`).
"""

import importlib.util
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register

# One name, two fonts: Liberation 1.07 (fonts-liberation on Debian 12) has the Times widths but no Vietnamese letters.
FONT_FAMILY = "Liberation Serif"
VIETNAMESE_LETTERS = "1ea0-1ef9 102 103 110 111 128 129 168 169 1a0 1a1 1af 1b0"
FONT_STYLES = ("Bold", "Bold Italic", "Italic", "Regular")
FONT_HINT = "Cài gói phông chữ Liberation bản 2: apt-get install fonts-liberation2 fontconfig"


def missing_font_styles(family: str = FONT_FAMILY) -> list[str] | None:
    """Styles of the font that no file with every Vietnamese letter provides; None where fontconfig cannot be asked."""
    pattern = f"{family}:charset={VIETNAMESE_LETTERS}"
    try:
        answer = subprocess.run(  # noqa: S603 — fixed words, no shell
            ["fc-list", pattern, "style"],  # noqa: S607 — from PATH, as every Debian tool
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = {line.removeprefix(":style=").split(",")[0].strip() for line in answer.stdout.splitlines()}
    return [style for style in FONT_STYLES if style not in found]


@register(Tags.compatibility)
def check_fonts(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """A warning, not an error: figures can be entered on a machine that cannot print decisions."""
    missing = missing_font_styles()
    if missing is None:
        return [checks.Warning("Không hỏi được fontconfig (fc-list) về phông chữ.", hint=FONT_HINT, id="core.W002")]
    if missing:
        styles = ", ".join(missing)
        text = f"Thiếu phông {FONT_FAMILY} có đủ chữ tiếng Việt ({styles}); quyết định in ra sẽ sai chữ."
        return [checks.Warning(text, hint=FONT_HINT, id="core.W001")]
    return []


def _can_be_written(folder: Path) -> bool:
    """The folder, or where it does not exist yet the nearest one above it, takes new files."""
    for place in (folder, *folder.parents):
        if place.exists():
            return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return False


@register(Tags.files)
def check_folders(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name in ("VAR_DIR", "MEDIA_ROOT"):
        folder = Path(getattr(settings, name)).resolve()
        if not _can_be_written(folder):
            found.append(
                Error(
                    f"Không ghi được vào thư mục {name} ({folder}).",
                    hint="Cấp quyền ghi cho tài khoản chạy hệ thống, hoặc đặt VAR_DIR trong tệp .env.",
                    id="core.E001",
                )
            )
    return found


@register(Tags.security)
def check_uploads_are_private(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """Evidence is served only by a view that checks the dossier: no folder handed out by the web server may hold it."""
    files = Path(settings.MEDIA_ROOT).resolve()
    # a folder may stand alone or behind the prefix under which it is served
    folders = [str(entry[1] if isinstance(entry, tuple) else entry) for entry in settings.STATICFILES_DIRS]
    public = [Path(folder).resolve() for folder in (str(settings.STATIC_ROOT), *folders)]
    if any(files == folder or folder in files.parents or files in folder.parents for folder in public):
        text = "Thư mục tệp tải lên (MEDIA_ROOT) trùng hoặc lồng với thư mục tĩnh công khai."
        return [Error(text, hint="Đặt MEDIA_ROOT ra ngoài STATIC_ROOT và STATICFILES_DIRS.", id="core.E002")]
    return []


@register(Tags.security)
def check_evidence_host_is_another(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """On EVIDENCE_HOST there are files and nothing else: were it the site's own name, nobody could sign in."""
    if settings.EVIDENCE_HOST and urlsplit(settings.SITE_URL).netloc == settings.EVIDENCE_HOST:
        text = "EVIDENCE_HOST trùng với tên máy của SITE_URL nên không ai đăng nhập được."
        return [Error(text, hint="Dùng một tên máy riêng cho tệp, hoặc bỏ EVIDENCE_HOST.", id="core.E005")]
    return []


@register(Tags.security)
def check_keys_are_private(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """`.env` holds every key: whoever reads it is anybody (SECURITY.md B-07)."""
    path = Path(settings.BASE_DIR) / ".env"
    if path.exists() and path.stat().st_mode & 0o077:
        text = "Tài khoản khác trên máy đọc được tệp .env, nơi giữ các khóa."
        return [checks.Warning(text, hint="Chạy: chmod 600 .env", id="core.W003")]
    return []


@register(Tags.security)
def check_xml_is_defused(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """openpyxl reads uploaded workbooks with defusedxml only where that is installed and not switched off, and where
    lxml, which it prefers, is."""
    if (
        importlib.util.find_spec("defusedxml") is None
        or os.environ.get("OPENPYXL_DEFUSEDXML", "True") != "True"
        or os.environ.get("OPENPYXL_LXML", "True") == "True"
    ):
        text = "Thiếu defusedxml hoặc OPENPYXL_DEFUSEDXML bị tắt; tệp Excel tải lên có thể gây hại."
        hint = "Cài đủ requirements.txt và bỏ biến môi trường OPENPYXL_DEFUSEDXML."
        return [Error(text, hint=hint, id="core.E003")]
    return []


NETWORK_FILE_SYSTEMS = frozenset(
    {"afs", "ceph", "cifs", "davfs", "fuse.davfs2", "fuse.glusterfs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs"}
)


def file_system_of(path: Path, mountinfo: str) -> str:
    """Type of the file system that holds `path`, from the text of /proc/self/mountinfo; "" where it does not say."""
    found = ""
    longest = -1
    for line in mountinfo.splitlines():
        mount, _, source = line.partition(" - ")
        # spaces stand there as \040
        point = Path(mount.split()[4].encode().decode("unicode_escape").encode("latin-1").decode())
        depth = len(point.parts)
        if path.is_relative_to(point) and depth >= longest:  # of two mounts on one point the later covers the earlier
            found, longest = source.split()[0], depth
    return found


@register(Tags.files)
def check_sqlite_lies_on_a_local_disk(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[CheckMessage]:
    """WAL needs memory shared between the processes: on a network share SQLite corrupts (SECURITY.md R-12)."""
    database = settings.DATABASES["default"]
    mountinfo = Path("/proc/self/mountinfo")
    if database["ENGINE"] != "django.db.backends.sqlite3" or not mountinfo.exists():
        return []
    kind = file_system_of(Path(database["NAME"]).resolve(), mountinfo.read_text(encoding="utf-8"))
    if kind in NETWORK_FILE_SYSTEMS:
        text = f"Cơ sở dữ liệu SQLite nằm trên ổ mạng ({kind}), dữ liệu có thể hỏng."
        return [Error(text, hint="Đặt VAR_DIR trên đĩa của máy này, hoặc dùng PostgreSQL.", id="core.E004")]
    return []
