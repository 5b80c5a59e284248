"""Old runs go, with their files; running ones, new ones and the last ones of each job stay; the space comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from pipelines import pruning
from pipelines.cli import main
from pipelines.instance import prepare_home
from pipelines.pruning import KEPT, prune
from pipelines.settings import Settings

MONTH = timedelta(days=30)


@dg.asset
def table() -> dg.MaterializeResult:
    """Something that leaves events behind, with metadata of the size of a night's."""
    return dg.MaterializeResult(metadata={"text": "x" * 100_000})


JOBS = {
    name: dg.Definitions(assets=[table], jobs=[dg.define_asset_job(name)]).resolve_job_def(name)
    for name in ("nightly", "another")
}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("GONGKAI_HOME", "")
    found = Settings(home=tmp_path / "home")
    prepare_home(found)
    return found


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as found:
        yield found


def ran(settings: Settings, instance: dg.DagsterInstance, job: str, days_ago: float) -> str:
    """A run of that age that went well."""
    run_id = JOBS[job].execute_in_process(instance=instance).run_id
    (settings.dagster_home / "storage" / run_id).mkdir(parents=True, exist_ok=True)
    created(settings, run_id, days_ago)
    return run_id


def created(settings: Settings, run_id: str, days_ago: float) -> None:
    at = (datetime.now(UTC) - timedelta(days=days_ago)).replace(tzinfo=None)
    with sqlite3.connect(settings.dagster_home / "history" / "runs.db") as connection:
        connection.execute("UPDATE runs SET create_timestamp = ? WHERE run_id = ?", (str(at), run_id))


def left(instance: dg.DagsterInstance) -> set[str]:
    return {run.run_id for run in instance.get_runs()}


def test_what_is_old_and_finished_goes(settings: Settings, instance: dg.DagsterInstance) -> None:
    old = [ran(settings, instance, "nightly", 40 + days) for days in (3, 2, 1)]
    kept = [ran(settings, instance, "nightly", 29) for _ in range(KEPT)]
    # a job that runs seldom keeps what it has
    kept += [ran(settings, instance, "another", 400)]
    # one that has not ended is never touched
    running = dg.DagsterRun(job_name="nightly", run_id="running", status=dg.DagsterRunStatus.STARTED)
    instance.run_storage.add_run(running)
    created(settings, "running", 400)
    pruned = prune(instance, settings.dagster_home, MONTH)
    assert pruned.runs == len(old)
    assert left(instance) == {*kept, "running"}
    history, storage = settings.dagster_home / "history" / "runs", settings.dagster_home / "storage"
    assert {path.name.split(".")[0] for path in history.iterdir()} == {*kept, "index"}
    assert {path.name for path in storage.iterdir()} >= set(kept)
    assert not {path.name for path in storage.iterdir()} & set(old)
    # each run's event stood twice, in its own file and in the index
    assert pruned.bytes_before - pruned.bytes_after > len(old) * 2 * 100_000
    # what is shown of the asset is the last run's
    event = instance.get_latest_materialization_event(dg.AssetKey("table"))
    assert event is not None
    assert event.run_id == kept[-1]
    assert prune(instance, settings.dagster_home, MONTH).runs == 0


def test_the_last_runs_stay_however_old_they_are(settings: Settings, instance: dg.DagsterInstance) -> None:
    runs = [ran(settings, instance, "nightly", 400) for _ in range(KEPT + 2)]
    assert prune(instance, settings.dagster_home, MONTH).runs == 2
    assert left(instance) == set(runs[2:])


def test_the_command_says_what_went_while_others_read(settings: Settings, instance: dg.DagsterInstance) -> None:
    for _ in range(KEPT + 1):
        ran(settings, instance, "nightly", 91)
    # the daemon and the web pages have the databases open
    assert instance.get_runs_count() == KEPT + 1
    result = CliRunner().invoke(main, ["prune"], env={"GONGKAI_HOME": str(settings.home)})
    assert result.exit_code == 0
    assert result.output.startswith("删去运行记录 1 次：")
    assert instance.get_runs_count() == KEPT


def test_a_database_that_is_busy_is_left_for_the_next_time(
    settings: Settings, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(settings, instance, "nightly", 1)
    monkeypatch.setattr(pruning, "_BUSY_SECONDS", 0.1)
    with sqlite3.connect(settings.dagster_home / "history" / "runs.db") as writer:
        writer.execute("BEGIN IMMEDIATE")
        result = CliRunner().invoke(main, ["prune"], env={"GONGKAI_HOME": str(settings.home)})
        writer.rollback()
    assert result.exit_code == 1
    assert result.output == "Error: 运行记录库正忙，下次再收回空间：database is locked\n"
