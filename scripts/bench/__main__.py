"""`make bench`: how far the system is from its floors, as ratios taken in one run.

A shared machine is twice as slow from one minute to the next, so no figure stands alone: ours and the floor take turns
within each round, a ratio is made per round, and the median of the rounds is printed with the lowest and the highest.
How to read it: docs/performance.md.
"""

import argparse
import os
import secrets
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
BASE_DIR = HERE.parent.parent
sys.path[:0] = [str(BASE_DIR), str(HERE)]

import load  # noqa: E402 — beside this file
import server  # noqa: E402
import slow_clients  # noqa: E402

if TYPE_CHECKING:
    from anatomy import Anatomy
    from data import BuiltProvince

CONNECTIONS = 16
AIMS = {
    "certificate": 1.2,
    "workbook": 1.3,
    "criterion page": 6.0,
    "dossier list": 6.0,
    "all middleware": 1.4,
    "public page": 2.0,
    "batch": 0.6,
    "annex": 1.1,
}
PARTS = ("certificate", "workbook", "batch", "pages", "slow", "anatomy", "audit")  # for --only
BATCH_MEGABYTES = 400
SLOW_SECONDS, WAIT_SECONDS = 8.0, 1.0
AUDIT_ROWS, AUDIT_AIM = 20_000, 0.4
CHAIN_ROWS, CHAIN_SECONDS, CHAIN_MEGABYTES = 1_000_000, 60, 200


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Ratios against the floors, in one run.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the pages; papers get more (5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each page is asked for in a round (3)")
    parser.add_argument("--only", choices=PARTS, help="one part by itself")
    return parser.parse_args()


def set_up(folder: Path) -> None:
    """A machine of its own: settings of production, an empty database, nothing of `.env` or of `var/`."""
    (folder / "static").mkdir()
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'db.sqlite3'}")
    os.environ.update(
        ACCESS_LOG=os.devnull,  # its lines would stand among the figures
        ALLOWED_HOSTS="127.0.0.1",
        AUDIT_KEY=secrets.token_urlsafe(50),
        EVIDENCE_KEY=secrets.token_urlsafe(50),
        DEBUG="0",
        DEMO_ALLOWED="0",
        DJANGO_SETTINGS_MODULE="bench_settings",
        HTTPS="0",
        MFA_KEY=secrets.token_urlsafe(50),
        PROXY_COUNT="1",  # the public comes from many addresses (load.Visitor.is_crowd)
        SECOND_FACTOR_WAIVED="0",
        SECRET_KEY=secrets.token_urlsafe(50),
        VAR_DIR=str(folder),
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)


# ---- printing ----------------------------------------------------------------------------------------------------
def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def verdict(name: str, ratios: Sequence[float]) -> str:
    middle, aim = median(ratios), AIMS[name]
    words = "reached" if middle <= aim else "MISSED"
    spread = f"lowest {min(ratios):.2f}, highest {max(ratios):.2f}"
    return f"{name:<15} {middle:6.2f} × its floor   aim <= {aim:g}: {words:<8} ({spread}, {len(ratios)} rounds)"


# ---- the measurements ---------------------------------------------------------------------------------------
def certificates(province: "BuiltProvince", rounds: int) -> str:
    from leaving import CertificateBench

    heading("1  One certificate, against bare WeasyPrint with fonts and CSS reused (CPU time)")
    bench = CertificateBench(province.decision_item_ids[:40])
    for number in range(3):
        bench.round(number)  # fonts and style sheets are read once a process
    times = [bench.round(number) for number in range(rounds * 6)]
    ours, bare, plain = (median(getattr(time, name) for time in times) * 1000 for name in ("ours", "bare", "plain"))
    print(f"ours                                      {ours:7.1f} ms   template, NFC, PDF/UA")
    print(f"bare WeasyPrint, the same HTML as PDF/UA  {bare:7.1f} ms   the floor")
    print(f"bare WeasyPrint, the same HTML, no tags   {plain:7.1f} ms   ours / this: {ours / plain:.2f}")
    return verdict("certificate", [time.ours / time.bare for time in times])


def workbook(province: "BuiltProvince", rounds: int) -> str:
    from leaving import WorkbookBench

    heading("2  The workbook of a province of 560 communes, against bare XlsxWriter with the same cells (CPU time)")
    bench = WorkbookBench(province.period)
    bench.round()
    times = [bench.round() for _ in range(rounds * 3)]
    read, ours, bare = (median(getattr(time, name) for time in times) * 1000 for name in ("read", "ours", "bare"))
    print(f"{bench.cells} cells, {bench.size // 1024} KiB")
    print(f"reading the summary from the database  {read:7.1f} ms")
    print(f"writing it (reports.excel)             {ours:7.1f} ms   both / floor: {(read + ours) / bare:.2f}")
    print(f"bare XlsxWriter                        {bare:7.1f} ms   the floor")
    return verdict("workbook", [time.ours / time.bare for time in times])


def batch(rounds: int) -> list[str]:
    from batch import CERTIFICATES, AnnexBench, BatchBench, megabytes

    heading(f"8  {CERTIFICATES} certificates through the batch, against bare WeasyPrint in one process (wall clock)")
    bench = BatchBench()
    times = [bench.round() for _ in range(max(2, rounds // 2))]
    ours, bare = (median(getattr(time, name) for time in times) for name in ("ours", "bare"))
    print(f"printed on all cores, stored and issued   {ours:7.1f} s")
    print(f"bare WeasyPrint, the same HTML            {bare:7.1f} s   the floor")
    taken = megabytes()
    words = "reached" if taken <= BATCH_MEGABYTES else "MISSED"
    memory = f"{'batch memory':<15} {taken:6} MB at most   aim <= {BATCH_MEGABYTES} MB: {words}"
    lines = [verdict("batch", [time.ours / time.bare for time in times]), memory]

    heading("9  A decision with an annex of 200 rows, against bare WeasyPrint with the same HTML (CPU time)")
    annex = AnnexBench()
    annex.round()
    times = [annex.round() for _ in range(rounds * 2)]
    ours, bare = (median(getattr(time, name) for time in times) * 1000 for name in ("ours", "bare"))
    print(f"ours {ours:.0f} ms, bare WeasyPrint {bare:.0f} ms")
    return [*lines, verdict("annex", [time.ours / time.bare for time in times])]


def pages(province: "BuiltProvince", folder: Path, rounds: int, seconds: float) -> list[str]:
    heading(f"3, 4  Pages under gunicorn as in production, {CONNECTIONS} kept-alive connections")
    targets = visitors(province)
    plain = "criterion page, no middleware"
    bursts: dict[str, list[load.Load]] = {name: [] for name in [*targets, plain]}
    with (
        server.running(folder / "server.log") as (port, pid),
        server.running(folder / "plain.log", "bare_wsgi") as (plain_port, plain_pid),
    ):
        turns = [(name, port, people, load.Processes(pid)) for name, people in targets.items()]
        turns.append((plain, plain_port, targets["criterion page"], load.Processes(plain_pid)))
        for _, at, people, processes in turns:
            load.burst(at, people, 1.0, processes)  # templates, rules and connections are there afterwards
        for _ in range(rounds):
            for name, at, people, processes in turns:
                bursts[name].append(load.burst(at, people, seconds, processes))
    print(f"{'':<30} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'p99/p50':>8} {'server CPU ms':>14}")
    for name, found in bursts.items():
        rate, p50, p99, cpu = (
            median(getattr(one, part) for one in found) for part in ("requests_per_second", "p50", "p99", "server_cpu")
        )
        print(f"{name:<30} {rate:8.0f} {p50:8.1f} {p99:8.1f} {p99 / p50:8.1f} {cpu:14.2f}")
    floor, *_ = bursts.values()
    page = bursts["criterion page"]
    return [
        *against("criterion page", page, floor),
        *against("dossier list", bursts["dossier list"], floor),
        *against("all middleware", page, bursts[plain]),
        *against("public page", bursts["public page"], floor),
    ]


def against(name: str, ours: Sequence[load.Load], floor: Sequence[load.Load]) -> list[str]:
    by_rate = [low.requests_per_second / page.requests_per_second for low, page in zip(floor, ours, strict=True)]
    by_cpu = [page.server_cpu / low.server_cpu for low, page in zip(floor, ours, strict=True)]
    return [verdict(name, by_rate), f"{'':<15} {median(by_cpu):6.2f} × by CPU time of the server alone"]


def visitors(province: "BuiltProvince") -> dict[str, list[load.Visitor]]:
    """Each connection is another commune's editor, who walks through the 13 criteria; the list is read by the province,
    which sees most, page by page. The floor comes first."""
    rules = province.period.criteria_set.rules()
    codes = [criterion.code for criterion in rules.criteria]
    drafts = province.drafts[:CONNECTIONS]
    checked = [f"/kiem-tra/{code}/" for code in province.codes[:CONNECTIONS]]
    listed = [f"/ho-so/?page={number}" for number in range(1, 11)]
    return {
        "bare view, one query (floor)": [
            load.Visitor([f"/san/mot-truy-van/{uuid}/"], b"38-2024-") for uuid, _ in drafts
        ],
        "bare view, signed in": [
            load.Visitor([f"/san/da-dang-nhap/{uuid}/"], b"38-2024-", session) for uuid, session in drafts
        ],
        "criterion page": [
            load.Visitor([f"/ho-so/{uuid}/tieu-chi/{code}/" for code in codes], b'name="version"', session)
            for uuid, session in drafts
        ],
        "dossier list": [
            load.Visitor(listed[start:] + listed[:start], b"<tbody>", province.staff_session)
            for start in (number % len(listed) for number in range(CONNECTIONS))
        ],
        "public page": [load.Visitor([page], "Đang có hiệu lực".encode(), is_crowd=True) for page in checked],
    }


def slow_lines(province: "BuiltProvince", folder: Path) -> list[str]:
    """With gunicorn alone, as `make run` starts it, and behind an nginx that takes requests in whole."""
    heading(f"5  Pages for others while {slow_clients.UPLOADS} uploads come in at 1 KB/s, each for {SLOW_SECONDS:g} s")
    readers = visitors(province)["criterion page"]
    uploads = [
        load.Visitor([f"/ho-so/{uuid}/minh-chung/TC01.1/"], b"", session) for uuid, session in reversed(province.drafts)
    ]
    lines = []
    with (
        server.running(folder / "slow.log") as (port, _),
        slow_clients.nginx(folder, port) as front,
    ):
        for name, at in (("gunicorn alone", port), ("behind nginx", front)):
            if at is None:
                lines.append(f"slow clients    {name}: not measured, there is no nginx here")
                continue
            found = slow_clients.waits(at, uploads, readers, SLOW_SECONDS)
            print(
                f"{name:<16} p50 {found.p50:7.0f} ms, p99 {found.p99:7.0f} ms, "
                f"{found.pages} pages read, {found.unanswered} never came"
            )
            words = "reached" if not found.unanswered and found.p99 <= WAIT_SECONDS * 1000 else "MISSED"
            lines.append(
                f"slow clients    {name:<15} p50 {found.p50:.0f} ms, p99 {found.p99:.0f} ms   "
                f"aim <= {WAIT_SECONDS:g} s: {words}"
            )
    return lines


def audit_rows(rounds: int) -> list[str]:
    import audit_rows

    heading(f"6  {AUDIT_ROWS} audit rows by {audit_rows.WRITERS} writers, against a plain INSERT of the same columns")
    audit_rows.make_plain_table()
    found = [audit_rows.append_round(AUDIT_ROWS // rounds) for _ in range(rounds)]
    ours, plain = (median(getattr(one, name) for one in found) for name in ("ours", "plain"))
    print(f"audit.append                {ours:8.0f} rows/s\nplain INSERT, the floor     {plain:8.0f} rows/s")
    ratios = [one.ratio for one in found]
    words = "reached" if median(ratios) >= AUDIT_AIM else "MISSED"
    spread = f"lowest {min(ratios):.2f}, highest {max(ratios):.2f}, {len(ratios)} rounds"
    lines = [f"{'audit rows':<15} {median(ratios):6.2f} of the floor     aim >= {AUDIT_AIM:g}: {words:<8} ({spread})"]

    heading(f"7  verify_audit over {CHAIN_ROWS} rows, start-up included")
    audit_rows.fill(CHAIN_ROWS)
    walk = audit_rows.verify()
    print(f"{walk.seconds:.1f} s, {walk.megabytes:.0f} MB")
    words = "reached" if walk.seconds <= CHAIN_SECONDS and walk.megabytes <= CHAIN_MEGABYTES else "MISSED"
    aim = f"aim <= {CHAIN_SECONDS} s, {CHAIN_MEGABYTES} MB: {words}"
    return [*lines, f"{'verify_audit':<15} {walk.seconds:6.1f} s, {walk.megabytes:.0f} MB   {aim}"]


def anatomies(province: "BuiltProvince") -> list[str]:
    from anatomy import PARTS, REQUESTS, dissect

    uuid, session = province.drafts[0]
    found: dict[str, Anatomy] = {
        "bare": dissect(f"/san/mot-truy-van/{uuid}/"),
        "signed in": dissect(f"/san/da-dang-nhap/{uuid}/", session),
        "criterion": dissect(f"/ho-so/{uuid}/tieu-chi/TC02/", session),
        "list": dissect("/ho-so/?page=2", province.staff_session),
        "public page": dissect(f"/kiem-tra/{province.codes[0]}/"),
    }
    heading(f"Where the time goes: in process, the fastest of {REQUESTS} requests, exclusive times in ms")
    print(f"{'':<36}" + "".join(f"{name:>18}" for name in found))
    for part in PARTS:
        cells = (f"{one.milliseconds[part]:9.2f} ({one.milliseconds[part] / one.total:4.0%})" for one in found.values())
        print(f"{part:<36}" + "".join(f"{cell:>18}" for cell in cells))
    print(f"{'together':<36}" + "".join(f"{one.total:>11.2f}       " for one in found.values()))
    print(f"{'queries':<36}" + "".join(f"{one.queries:>11}       " for one in found.values()))
    return []


def main() -> None:
    options = arguments()
    os.chdir(BASE_DIR)
    with tempfile.TemporaryDirectory(prefix="childfriendly-bench-") as name:
        folder = Path(name)
        set_up(folder)

        import data
        from django.db import connection, connections

        print("Building a province of 560 communes …", flush=True)
        province = data.build()
        print(f"database: {connection.vendor}; cores: {os.cpu_count()}; load before: {os.getloadavg()[0]:.1f}")
        measurements: dict[str, Callable[[], str | list[str]]] = {
            "certificate": lambda: certificates(province, options.rounds),
            "workbook": lambda: workbook(province, options.rounds),
            "batch": lambda: batch(options.rounds),
            "pages": lambda: pages(province, folder, options.rounds, options.seconds),
            "slow": lambda: slow_lines(province, folder),
            "anatomy": lambda: anatomies(province),
            "audit": lambda: audit_rows(options.rounds),  # last: sessions do not live as long as a million rows take
        }
        lines: list[str] = []
        for name in [options.only] if options.only else measurements:
            given = measurements[name]()
            lines += [given] if isinstance(given, str) else given
        heading("Ratios")
        print("\n".join(lines))
        connections.close_all()


if __name__ == "__main__":
    main()
