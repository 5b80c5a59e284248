"""Nights after something went wrong: a name, a cache, an archive, a link, a crash between two steps."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.closing import close_night
from pipelines.intake import archived_path
from pipelines.journal import FILE_NAME as JOURNAL
from pipelines.journal import Journal
from pipelines.knowledge import load_knowledge
from pipelines.parse_cache import ArchiveError
from pipelines.settings import Settings
from tests.integration.night import annex, drop, new_home, published, rows, run_night
from warehouse.connection import writer
from warehouse.judge import judge

ORGAN = "XMP00101"
OPENED = "SELECT value FROM core.official_cell WHERE indicator_code = 'fj_open_total' AND measure = 'annual'"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = new_home(tmp_path / "home")
    drop(home, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, {"fj_open_total": 9}), "2018-01-05T10:00:00")
    return home


def test_a_file_name_that_is_no_utf8_is_read_and_shown_escaped(settings: Settings) -> None:
    folder = os.fsencode(settings.inbox / ORGAN)
    (settings.inbox / ORGAN / "2017.xlsx").rename(Path(os.fsdecode(folder + b"/" + "报表.xlsx".encode("gbk"))))
    run_night(settings)
    assert rows(settings, OPENED) == [(9,)]
    ((path,),) = rows(settings, "SELECT inbox_path FROM core.fct_file")
    assert path == f"{ORGAN}/\\udcb1\\udca8\\udcb1\\udced.xlsx"


def test_cells_lost_between_reading_and_staging_turn_the_run_red(settings: Settings) -> None:
    run_night(settings)
    (part,) = settings.parse_cache.glob("*/part-*/cell.parquet")
    pq.write_table(pq.read_table(part).slice(0, 20), part)
    assert not run_night(settings, raise_on_error=False).success
    assert rows(settings, "SELECT night, cells_stored FROM meta.build") == [(1, 30)]


def test_a_part_of_the_cache_that_a_crash_cut_short_is_read_again(settings: Settings) -> None:
    run_night(settings)
    (part,) = settings.parse_cache.glob("*/part-*/cell.parquet")
    part.write_bytes(part.read_bytes()[:100])
    assert run_night(settings).success
    assert rows(settings, "SELECT night, cells_stored FROM meta.build") == [(2, 30)]


def test_a_loss_in_the_archive_is_ours_and_not_a_departments_error(settings: Settings) -> None:
    run_night(settings)
    ((sha256,),) = rows(settings, "SELECT sha256 FROM core.fct_file")
    stored = archived_path(settings.archive, sha256)
    saved = stored.read_bytes()
    stored.unlink()
    shutil.rmtree(settings.parse_cache)
    with pytest.raises(ArchiveError, match="restore it from a backup"):
        run_night(settings)
    assert rows(settings, OPENED) == [(9,)]
    stored.write_bytes(saved)
    assert run_night(settings).success
    assert rows(settings, "SELECT night, status FROM meta.build, core.fct_submission") == [(3, "accepted")]


def test_the_same_bytes_under_a_name_that_says_the_year_are_no_duplicate(settings: Settings) -> None:
    lines = ["指标名称,计量单位,本年度,历年累计"]
    labels = rows_of_the_annex()
    data = "\n".join([*lines, *(f"{label},,1,1" for label in labels)]).encode()
    drop(settings, f"{ORGAN}/报表.csv", data, "2019-01-05T10:00:00")
    drop(settings, f"{ORGAN}/2018年报表.csv", data, "2019-01-05T11:00:00")
    drop(settings, f"{ORGAN}/2018年报表 副本.csv", data, "2019-01-05T12:00:00")
    run_night(settings)
    outcomes = dict(rows(settings, "SELECT regexp_extract(inbox_path, '[^/]*$'), outcome FROM core.fct_file"))
    assert outcomes == {
        "2017.xlsx": "read",
        "报表.csv": "rejected",
        "2018年报表.csv": "read",
        "2018年报表 副本.csv": "duplicate",
    }


def rows_of_the_annex() -> list[str]:
    form = load_knowledge().forms["fj_annex_2017"]
    return [indicator.label for indicator in form.indicators.values()]


def test_nil_reports_repeat_only_for_the_same_year(settings: Settings) -> None:
    drop(settings, f"{ORGAN}/nil_2016_fj_annex_2017.csv", b"", "2017-01-05T10:00:00")
    drop(settings, f"{ORGAN}/nil_2018_fj_annex_2017.csv", b"", "2019-01-05T10:00:00")
    drop(settings, f"{ORGAN}/again/NIL_2018_fj_annex_2017.csv", b"", "2019-01-05T11:00:00")
    run_night(settings)
    assert rows(settings, "SELECT inbox_path FROM core.fct_file WHERE outcome = 'duplicate'") == [
        (f"{ORGAN}/again/NIL_2018_fj_annex_2017.csv",)
    ]
    nil = rows(settings, "SELECT report_year FROM core.fct_submission WHERE is_nil AND is_official ORDER BY 1")
    assert nil == [(2016,), (2018,)]


def test_the_rule_step_may_be_run_again(settings: Settings) -> None:
    run_night(settings)
    knowledge = load_knowledge()
    with writer(settings.build_file) as connection:
        before = connection.execute("SELECT count(*) FROM stage.rule_outcome").fetchall()
        judge(connection, knowledge.rules, knowledge.forms)
        assert connection.execute("SELECT count(*) FROM stage.rule_outcome").fetchall() == before
        assert connection.execute("SELECT count(*) FROM stage.verdict").fetchall() == [(1,)]


def test_a_night_that_died_before_it_was_closed_is_closed_by_the_next(settings: Settings) -> None:
    drop(settings, f"{ORGAN}/2018.xlsx", annex(ORGAN, 2018, {"fj_open_website": 1}), "2019-01-05T10:00:00")
    run_night(settings)
    seen = rows(settings, "SELECT finding_id, first_seen_at FROM core.fct_finding ORDER BY 1")
    assert seen
    path = settings.archive / JOURNAL
    lines = path.read_bytes().splitlines(keepends=True)
    assert b"night_closed" in lines[-1]
    path.write_bytes(b"".join(lines[:-1]))
    run_night(settings)
    assert rows(settings, "SELECT finding_id, first_seen_at FROM core.fct_finding ORDER BY 1") == seen
    assert [entry["night"] for entry in Journal(settings.archive).of("night_closed")] == [1, 2]


def test_a_night_that_an_older_version_left_unclosed_is_closed_too(settings: Settings) -> None:
    drop(settings, f"{ORGAN}/2018.xlsx", annex(ORGAN, 2018, {"fj_open_website": 1}), "2019-01-05T10:00:00")
    run_night(settings)
    older = settings.work / "older.duckdb"
    shutil.copyfile(published(settings), older)
    with writer(older) as connection:
        connection.execute("DROP TABLE core.finding_history")
    found = [row[0] for row in rows(settings, "SELECT finding_id FROM core.fct_finding ORDER BY 1")]
    assert found
    (settings.archive / JOURNAL).unlink()
    journal = Journal(settings.archive)
    close_night(journal, older)
    (closed,) = journal.of("night_closed")
    assert (closed["night"], closed["new_findings"], closed["changes"]) == (1, found, [])


def test_a_lost_link_costs_no_generation(settings: Settings) -> None:
    run_night(settings)
    run_night(settings)
    (settings.published / "current").unlink()
    run_night(settings)
    assert sorted(path.name for path in (settings.published / "generations").iterdir()) == ["1", "2", "3"]
    assert published(settings).resolve().parent.name == "3"


def test_receipts_may_be_left_out_and_made_later(settings: Settings) -> None:
    quiet = Settings(home=settings.home, receipts=False)
    run_night(quiet)
    assert not settings.outbox.exists()
    run_night(settings)
    assert len(list((settings.outbox / ORGAN).glob("*.html"))) == 1


def test_an_old_reader_versions_cache_is_cleared_away(settings: Settings) -> None:
    old = settings.parse_cache / "0123456789abcdef"
    old.mkdir(parents=True)
    run_night(settings)
    assert [path.name for path in settings.parse_cache.iterdir()] != [old.name]
    assert not old.exists()
