"""What the system is made of, and whether any of it is known to be bad (`make check-supply`, SECURITY.md B-05).

Stops at a known hole, an unfit licence, a lock file without hashes or with an address of a registry, and an address of
somebody else in a page. What could not be asked is said, never passed over: pip-audit itself calls it success when it
found no data about a library.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")
SBOM = ROOT / "var" / "sbom.json"

# Words of licences that fit a system which a province runs and changes; LGPL only where we use a library as it comes.
FITTING = re.compile(r"MIT|BSD|Apache|MPL|Mozilla|LGPL|Lesser General|PSF|Python|ISC|HPND|Zlib")


def lock_problems(name: str, text: str) -> list[str]:
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line and line[0] not in "# "]
    loose = [line.split()[0] for line in lines if "==" not in line or "--hash=sha256:" not in line]
    addresses = [line.strip() for line in text.splitlines() if "://" in line]
    return [
        *(f"{name}: có địa chỉ kho thư viện ({address})" for address in addresses),
        *(f"{name}: {library} chưa ghim phiên bản và mã băm" for library in loose),
    ]


def page_problems(name: str, text: str) -> list[str]:
    """An address in an attribute that a browser would load; names of XML are not loaded by anybody."""
    loaded = re.findall(r"""(?:src|href|action|url)\s*=?\s*[("']+\s*((?:https?:)?//[^"')\s]+)""", text)
    return [f"{name}: trỏ ra ngoài ({address})" for address in loaded]


def pinned(text: str) -> set[str]:
    return {re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}


def bill_of_materials() -> dict[str, Any]:
    """The installed libraries of the running system, without those of the checks."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--output-format=JSON"]
    done = subprocess.run([*command, sys.executable], capture_output=True, text=True, check=True)  # noqa: S603 — ours
    whole: dict[str, Any] = json.loads(done.stdout)
    names = pinned((ROOT / LOCKS[0]).read_text())
    kept = [part for part in whole["components"] if re.sub(r"[-_.]+", "-", part["name"]).lower() in names]
    references = {part["bom-ref"] for part in kept}
    whole["components"] = kept
    whole["dependencies"] = [entry for entry in whole.get("dependencies", []) if entry["ref"] in references]
    return whole


def licences(bill: dict[str, Any]) -> dict[str, list[str]]:
    """Libraries by licence."""
    found = defaultdict(list)
    for part in bill["components"]:
        words = {
            entry.get("expression") or entry["license"].get("id") or entry["license"].get("name", "")
            for entry in part.get("licenses", [])
        }
        found[" / ".join(sorted(words)) or "không rõ"].append(f"{part['name']} {part['version']}")
    return dict(found)


def audit(report: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Known holes, and the libraries about which nothing could be learned."""
    holes = [
        f"{library['name']} {library['version']}: {hole['id']}, sửa ở {', '.join(hole['fix_versions']) or 'bản sau'}"
        for library in report["dependencies"]
        for hole in library.get("vulns", [])
    ]
    return holes, [library["name"] for library in report["dependencies"] if "skip_reason" in library]


def ask_for_holes() -> tuple[list[str], str]:
    """Known holes, and in words what could not be checked."""
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner=off"]
    done = subprocess.run(  # noqa: S603 — our own interpreter, fixed arguments
        [*command, "--format=json", f"--requirement={ROOT / LOCKS[0]}"], capture_output=True, text=True, check=False
    )
    try:
        holes, unknown = audit(json.loads(done.stdout))
    except ValueError:
        return [], "không hỏi được nguồn dữ liệu lỗ hổng"
    return holes, f"nguồn dữ liệu không biết {len(unknown)} thư viện" if unknown else ""


def main() -> int:
    problems = [problem for name in LOCKS for problem in lock_problems(name, (ROOT / name).read_text())]
    for folder, ending in (("templates", "html"), ("static", "css"), ("static", "js")):
        for path in sorted((ROOT / folder).rglob(f"*.{ending}")):
            problems += page_problems(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))

    bill = bill_of_materials()
    SBOM.parent.mkdir(exist_ok=True)
    SBOM.write_text(json.dumps(bill, indent=1, ensure_ascii=False), encoding="utf-8")
    print(f"Danh mục thành phần (CycloneDX): {SBOM.relative_to(ROOT)}, {len(bill['components'])} thư viện.")
    for licence, libraries in sorted(licences(bill).items()):
        print(f"  {licence}: {', '.join(libraries)}")
        if not FITTING.search(licence):
            problems.append(f"Giấy phép cần xem lại: {licence} ({', '.join(libraries)})")

    holes, unchecked = ask_for_holes()
    print(f"Lỗ hổng đã biết: {f'KHÔNG KIỂM TRA ĐƯỢC, {unchecked}' if unchecked else len(holes)}")
    for problem in [*problems, *holes]:
        print(f"KHÔNG ĐẠT: {problem}", file=sys.stderr)
    return 1 if problems or holes else 0


if __name__ == "__main__":
    sys.exit(main())
