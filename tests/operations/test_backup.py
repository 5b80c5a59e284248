"""Backup and restore by the handbook's own commands: into another place, during a night, and of a damaged archive."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import Settings
from tests.integration.night import differing_tables, drop, new_home, published, rows, run_night
from tests.integration.small_city import FIRST, FOURTH, SECOND, THIRD, report, write_register
from tests.operations.services import PROJECT, commands
from warehouse.build import build_table

pytestmark = pytest.mark.skipif(shutil.which("rsync") is None, reason="no rsync here: apt-get install rsync")
BACKUP, RESTORE, REPAIR = "### 4.1 备份什么", "### 4.2 恢复到一台新机器（也是搬家）", "### 4.3 只坏了存档里的一个文件"


def as_written(
    heading: str, *, home: Path, backup: Path, register: Path | None, stops: bool = True
) -> subprocess.CompletedProcess[str]:
    """What the handbook's commands under a heading do; only the places are others. ``stops``: where one fails."""
    script = commands(heading)
    for shipped, here in {
        "/var/lib/gongkai": home,
        "/etc/gongkai/register": register,
        "/srv/backup/gongkai": backup,
    }.items():
        script = script.replace(shipped, str(here))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GONGKAI_", "DAGSTER_"))}
    environment |= {"GONGKAI_HOME": str(home), "GONGKAI_REGISTER": str(register)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-eu" if stops else "-u"],
        input=script,
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three nights: two years, a correction and a report that is held, its acceptance."""
    folder = tmp_path_factory.mktemp("lived")
    found = new_home(folder / "home", write_register(folder / "register"))
    for number, organ in enumerate((FIRST, SECOND, THIRD, FOURTH), start=1):
        drop(found, f"{organ}/2016.xlsx", report(organ, 2016, number), "2018-01-05T10:00:00")
        drop(found, f"{organ}/2017.xlsx", report(organ, 2017, 2 * number, number), "2018-01-05T10:00:00")
    assert run_night(found).success
    drop(found, f"{SECOND}/2017b.xlsx", report(SECOND, 2017, 9, 2), "2018-02-28T10:00:00")
    # through no channel: held, until the office accepts it
    drop(found, f"{FIRST}/2017b.xlsx", report(FIRST, 2017, 5, 1, 5), "2018-02-28T10:00:00")
    assert run_night(found).success
    found.decisions.mkdir()
    waived = rows(
        found,
        "SELECT s.receipt_no, f.finding_id FROM core.fct_finding AS f JOIN core.fct_submission AS s"
        " USING (submission_id) WHERE f.severity = 'error' AND f.state = 'open'",
    )
    assert waived
    (found.decisions / "三月.csv").write_text(
        "receipt_no,finding_id,decision,reason,signed_by,signed_on\n"
        + "".join(f"{receipt},{finding},accept_as_printed,原表如此,张三,2018-03-05\n" for receipt, finding in waived),
        encoding="utf-8",
    )
    assert run_night(found).success
    return found


@pytest.fixture
def settings(lived: Settings, tmp_path: Path) -> Settings:
    """The same in a place of its own."""
    shutil.copytree(lived.home, tmp_path / "home", symlinks=True)
    return replace(lived, home=tmp_path / "home")


def test_another_machine_has_every_table_row_for_row(settings: Settings, tmp_path: Path) -> None:
    backup, elsewhere = tmp_path / "backup", Settings(home=tmp_path / "elsewhere" / "gongkai")
    told = succeeded(as_written(BACKUP, home=settings.home, backup=backup, register=settings.register))
    assert told.splitlines()[0] == "存档 11 个文件，缺失或损坏 0 个"
    elsewhere.home.mkdir(parents=True)
    succeeded(as_written(RESTORE, home=elsewhere.home, backup=backup, register=backup / "register"))
    assert differing_tables(published(settings), published(elsewhere)) == set()
    assert rows(elsewhere, "SELECT night FROM meta.build") == [(4,)]
    assert rows(elsewhere, "SELECT count(*) FROM core.finding_history WHERE state = 'waived'")[0][0] > 0
    releases = [sorted(path.name for path in (s.published / "releases").iterdir()) for s in (settings, elsewhere)]
    assert len(releases[0]) == 3
    assert releases[0] == releases[1]
    answers = [sorted(path.relative_to(s.outbox) for path in s.outbox.rglob("*")) for s in (settings, elsewhere)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("table", ["core.fct_cell", "mart.revision"])
def test_a_backup_made_during_a_night_is_like_a_night_that_was_interrupted(
    settings: Settings, tmp_path: Path, table: str
) -> None:
    """In the middle, and when the night has decided on its release but not yet recorded it."""
    backup, elsewhere = tmp_path / "backup", Settings(home=tmp_path / "elsewhere")

    def build(connection: duckdb.DuckDBPyConnection, name: str) -> int:
        if name == table:
            succeeded(as_written(BACKUP, home=settings.home, backup=backup, register=settings.register))
        return build_table(connection, name)

    drop(settings, f"{THIRD}/2017b.xlsx", report(THIRD, 2017, 11, 3), "2018-03-20T10:00:00")
    assert run_night(settings, build=build).success
    assert (backup / "archive" / "journal.jsonl").stat().st_size < (settings.archive / "journal.jsonl").stat().st_size
    elsewhere.home.mkdir()
    succeeded(as_written(RESTORE, home=elsewhere.home, backup=backup, register=backup / "register"))
    # the interrupted night's number is taken: what tells the night differs, no figure does
    differing = differing_tables(published(settings), published(elsewhere)) - {"core.fct_finding", "meta.release"}
    assert {name for name in differing if not name.endswith("_history")} == set()
    total = "SELECT value FROM mart.city_rollup WHERE report_year = 2017 AND slice_kind = 'city' ORDER BY ALL"
    assert rows(settings, total) == rows(elsewhere, total)
    # the next backup of the machine that lived on goes on from this one
    succeeded(as_written(BACKUP, home=settings.home, backup=backup, register=settings.register))
    assert (backup / "archive" / "journal.jsonl").read_bytes() == (settings.archive / "journal.jsonl").read_bytes()


def test_damage_does_not_reach_the_backup_and_is_mended_from_it(settings: Settings, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    succeeded(as_written(BACKUP, home=settings.home, backup=backup, register=settings.register))
    received = next(path for path in (settings.archive / "objects").rglob("*") if path.is_file())
    frozen = next((settings.archive / "releases").rglob("*.parquet"))
    for path in (received, frozen):
        path.chmod(0o644)
        path.write_bytes(b"damaged")
    # what is in the backup already stays, and is still sound
    told = succeeded(as_written(BACKUP, home=settings.home, backup=backup, register=settings.register)).splitlines()
    assert told[0] == "存档 11 个文件，缺失或损坏 0 个"
    # the first look ends with 1: it found both
    done = as_written(REPAIR, home=settings.home, backup=backup, register=settings.register, stops=False)
    assert (done.returncode, done.stdout.count("缺失或损坏：")) == (0, 2)
    assert done.stdout.count("缺失或损坏 0 个") == 1
    assert run_night(settings).success


def test_a_journal_that_was_written_anew_is_not_backed_up(settings: Settings, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    succeeded(as_written(BACKUP, home=settings.home, backup=backup, register=settings.register))
    before = (backup / "archive" / "journal.jsonl").read_bytes()
    journal = settings.archive / "journal.jsonl"
    journal.write_bytes(before.replace(b"2", b"3", 1))
    done = as_written(BACKUP, home=settings.home, backup=backup, register=settings.register)
    assert done.returncode == 1
    assert "不是由" in done.stderr
    assert (backup / "archive" / "journal.jsonl").read_bytes() == before
    # damage behind the end is seen by reading it, and what was there before is kept
    journal.write_bytes(before + b"damage\n")
    done = as_written(BACKUP, home=settings.home, backup=backup, register=settings.register)
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {backup / 'archive' / 'journal.jsonl'}: line ")
    assert (backup / "archive" / "journal.jsonl.before").read_bytes() == before
