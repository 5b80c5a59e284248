"""A broken contract leaves yesterday's file and turns the run red; what organs filed never does."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from pandera.config import config_context

from pipelines.assets.archive import received_files
from pipelines.knowledge import load_knowledge
from pipelines.resources import Night
from pipelines.settings import Settings
from tests.integration.night import annex, drop, new_home, published, rows, run_night
from warehouse.build import build_table

ORGAN = "XMP00101"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = new_home(tmp_path / "home")
    drop(home, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, {"fj_open_total": 9}), "2018-01-05T10:00:00")
    assert run_night(home).success
    return home


BREAKS = {
    "core.fct_cell": "UPDATE core.fct_cell SET value_state = 'invented' WHERE indicator_code = 'fj_open_total'",
    "core.fct_submission": "INSERT INTO core.fct_submission SELECT * FROM core.fct_submission",
    "core.rule_tally": "UPDATE core.rule_tally SET outcomes_fail = -1 WHERE rule_id = 'F01'",
    "mart.city_rollup": "UPDATE mart.city_rollup SET value = value + 1 WHERE slice_code = 'own'",
    "meta.build": "UPDATE meta.build SET cells_stored = cells_stored - 1",
}


@pytest.mark.parametrize("table", BREAKS)
def test_a_broken_table_leaves_yesterdays_file_and_turns_the_run_red(settings: Settings, table: str) -> None:
    def build(connection: duckdb.DuckDBPyConnection, name: str) -> int:
        count = build_table(connection, name)
        if name == table:
            connection.execute(BREAKS[name])
        return count

    before = published(settings).resolve()
    drop(settings, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, {"fj_open_total": 10}))
    result = run_night(settings, build=build, raise_on_error=False)
    assert not result.success
    failed = {e.step_key for e in result.all_events if e.event_type_value == "STEP_FAILURE"}
    assert failed == {f"{table.split('.', maxsplit=1)[0]}_tables"}
    assert "published_warehouse" not in {e.step_key for e in result.all_events if e.event_type_value == "STEP_SUCCESS"}
    assert published(settings).resolve() == before
    total = "SELECT value FROM core.official_cell WHERE indicator_code = 'fj_open_total' AND measure = 'annual'"
    assert rows(settings, total) == [(9,)]
    # the next sound night makes good
    assert run_night(settings).success
    assert rows(settings, total) == [(10,)]


def test_an_error_in_a_submission_is_data_and_the_night_is_green(settings: Settings) -> None:
    drop(settings, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, {"fj_open_total": 1, "fj_open_website": 2}))
    result = run_night(settings)
    assert result.success
    evaluations = {(".".join(e.asset_key.path), e.check_name): e.passed for e in result.get_asset_check_evaluations()}
    assert evaluations["core.fct_finding", "no_error_findings"] is False
    assert evaluations["core.fct_finding", "contract"] is True
    assert rows(settings, "SELECT status FROM core.fct_submission ORDER BY sequence") == [("accepted",), ("held",)]


def test_validation_switched_off_from_outside_stops_the_night(settings: Settings) -> None:
    with config_context(validation_enabled=False):
        assert not run_night(settings, raise_on_error=False).success
    assert rows(settings, "SELECT night FROM meta.build") == [(1,)]


def test_a_night_without_an_inbox_says_what_is_missing(tmp_path: Path) -> None:
    away = Settings(home=tmp_path / "nowhere")
    # the asset by itself: in a night it is retried first, the shared folder may come back
    with pytest.raises(dg.Failure, match="inbox is not there"):
        received_files(night=Night(away, load_knowledge()))
    assert received_files.op.retry_policy is not None


def test_work_may_be_deleted_at_any_time(settings: Settings) -> None:
    before = rows(settings, "SELECT bit_xor(hash(c)) FROM core.fct_cell AS c")
    shutil.rmtree(settings.work)
    assert run_night(settings).success
    assert rows(settings, "SELECT bit_xor(hash(c)) FROM core.fct_cell AS c") == before
    assert rows(settings, "SELECT files_received, cells_read, cells_stored FROM meta.build") == [(1, 30, 30)]
