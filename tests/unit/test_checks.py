import sys
from pathlib import Path

import pytest
from django.core.checks import CheckMessage, registry
from pytest_django.fixtures import Settings

from childfriendly.core import checks


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def tool(folder: Path, script: str) -> None:
    """A stand-in for fc-list, found through PATH."""
    path = folder / "fc-list"
    path.write_text(f"#!{sys.executable}\n{script}\n")
    path.chmod(0o755)


def test_every_check_is_registered_when_the_apps_are_ready() -> None:
    ours = {check.__name__ for check in registry.registry.get_checks() if check.__module__ == checks.__name__}
    assert ours == {name for name in vars(checks) if name.startswith("check_")}
    assert len(ours) == 7


def test_this_machine_can_print_vietnamese() -> None:
    assert checks.missing_font_styles() == []
    assert checks.check_fonts(None) == []


def test_a_font_that_is_not_there_lacks_every_style() -> None:
    assert checks.missing_font_styles("Phông chữ không có") == ["Bold", "Bold Italic", "Italic", "Regular"]


def test_a_font_without_vietnamese_letters_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(tmp_path, 'print(":style=Regular"); print(":style=Bold,Đậm")')
    monkeypatch.setenv("PATH", str(tmp_path))
    (message,) = checks.check_fonts(None)
    assert (message.id, message.hint) == ("core.W001", checks.FONT_HINT)
    assert message.msg == (
        "Thiếu phông Liberation Serif có đủ chữ tiếng Việt (Bold Italic, Italic); quyết định in ra sẽ sai chữ."
    )


@pytest.mark.parametrize("script", [None, "raise SystemExit(1)"])
def test_a_machine_that_cannot_be_asked_is_warned(
    script: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if script:
        tool(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ids(checks.check_fonts(None)) == ["core.W002"]


def test_folders_that_exist_or_can_be_made_are_fine(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "not" / "yet" / "there"
    assert checks.check_folders(None) == []


def test_a_folder_that_cannot_be_written_is_named(settings: Settings, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    settings.VAR_DIR = in_the_way / "var"
    settings.MEDIA_ROOT = tmp_path
    (message,) = checks.check_folders(None)
    assert (message.id, message.msg) == ("core.E001", f"Không ghi được vào thư mục VAR_DIR ({in_the_way / 'var'}).")


@pytest.mark.parametrize("place", ["static", "static/files", "assets/files", "."])
def test_uploads_may_not_lie_where_the_web_server_hands_out(place: str, settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_DIRS = [tmp_path / "assets", ("nhóm", tmp_path / "more")]
    settings.MEDIA_ROOT = tmp_path / place
    assert ids(checks.check_uploads_are_private(None)) == ["core.E002"]


def test_uploads_beside_the_public_folders_are_fine(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATICFILES_DIRS = [tmp_path / "assets", ("nhóm", tmp_path / "more")]
    settings.MEDIA_ROOT = tmp_path / "static-not" / "files"
    assert checks.check_uploads_are_private(None) == []


@pytest.mark.parametrize(("variable", "value"), [("OPENPYXL_DEFUSEDXML", "False"), ("OPENPYXL_LXML", "True")])
def test_workbooks_are_read_with_defusedxml(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_xml_is_defused(None) == []
    monkeypatch.setenv(variable, value)
    assert ids(checks.check_xml_is_defused(None)) == ["core.E003"]


@pytest.mark.parametrize(("host", "found"), [("", []), ("tep.example.vn", []), ("127.0.0.1:8000", ["core.E005"])])
def test_the_host_of_files_is_not_the_sites_own(settings: Settings, host: str, found: list[str]) -> None:
    settings.EVIDENCE_HOST = host
    assert ids(checks.check_evidence_host_is_another(None)) == found


@pytest.mark.parametrize(("mode", "found"), [(0o600, []), (0o640, ["core.W003"]), (0o604, ["core.W003"])])
def test_nobody_else_reads_the_keys(mode: int, found: list[str], settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    assert ids(checks.check_keys_are_private(None)) == []  # keys from the environment
    (tmp_path / ".env").write_text("SECRET_KEY=x")
    (tmp_path / ".env").chmod(mode)
    assert ids(checks.check_keys_are_private(None)) == found
