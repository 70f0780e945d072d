from pathlib import Path
from types import SimpleNamespace

import pytest

from childfriendly.core import checks

MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:30 / /srv rw,relatime - nfs4 kho:/srv rw
24 23 0:31 / /srv/may\040nay rw,relatime master:2 - xfs /dev/sdb1 rw
25 22 0:32 / /mnt rw,relatime - ext4 /dev/sdc1 rw
26 25 0:33 / /mnt rw,relatime - cifs //kho/chung rw
""".strip()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/db.sqlite3", "ext4"),
        ("/srv/db.sqlite3", "nfs4"),
        ("/srvother/db.sqlite3", "ext4"),
        ("/srv/may nay/db.sqlite3", "xfs"),
        ("/mnt/db.sqlite3", "cifs"),
    ],
)
def test_the_innermost_and_latest_mount_decides(path: str, kind: str) -> None:
    assert checks.file_system_of(Path(path), MOUNTS) == kind


@pytest.mark.parametrize(("kind", "ids"), [("nfs4", ["core.E004"]), ("ext4", [])])
def test_sqlite_on_a_network_share_is_refused(kind: str, ids: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "file_system_of", lambda path, mountinfo: kind)
    sqlite = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/srv/db.sqlite3"}}
    monkeypatch.setattr(checks, "settings", SimpleNamespace(DATABASES=sqlite))
    assert [message.id for message in checks.check_sqlite_lies_on_a_local_disk(None)] == ids
