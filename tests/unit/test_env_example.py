import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_sample_names_every_setting_and_no_other() -> None:
    settings = (ROOT / "childfriendly" / "settings.py").read_text(encoding="utf-8")
    server = (ROOT / "gunicorn.conf.py").read_text(encoding="utf-8")
    read = set(re.findall(r"""(?:\benv\.\w+|os\.environ\.get)\(["']([A-Z0-9_]+)""", settings + server))
    sample = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", sample, flags=re.MULTILINE)) == read
