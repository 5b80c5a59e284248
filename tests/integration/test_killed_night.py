"""A night that was killed does not stop the next one, started as the schedule starts it: by the daemon."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipelines.instance import WORKSPACE
from pipelines.lock import JOB_NAME, night_lock
from pipelines.settings import Settings
from tests.integration.night import annex, drop, new_home, rows

ORGAN = "XMP00101"
PROJECT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = new_home(tmp_path / "home")
    drop(home, f"{ORGAN}/2017.xlsx", annex(ORGAN, 2017, {"fj_open_total": 9}), "2018-01-05T10:00:00")
    return home


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    # every minute, so that the test need not wait for two in the morning
    return os.environ | {
        "GONGKAI_HOME": str(settings.home),
        "GONGKAI_CRON": "* * * * *",
        "DAGSTER_HOME": str(settings.dagster_home),
    }


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as found:
        yield found


def wait_for(what: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.05)
    return False


def runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    return [record.dagster_run for record in instance.get_run_records(dg.RunsFilter(job_name=JOB_NAME))]


def test_the_schedules_next_night_runs_after_a_kill(
    settings: Settings, environment: dict[str, str], instance: dg.DagsterInstance
) -> None:
    killed = subprocess.Popen([sys.executable, "-m", "pipelines", "nightly"], env=environment, cwd=PROJECT)
    # in the middle: the lock is held and the build has begun, nothing is published
    assert wait_for(settings.build_file.exists, 120)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (settings.published / "current").exists()
    (left,) = runs(instance)
    assert left.status == dg.DagsterRunStatus.STARTED

    program = Path(sys.executable).parent / "dagster-daemon"
    daemon = subprocess.Popen([program, "run", "-w", str(WORKSPACE)], env=environment, cwd=PROJECT)
    try:
        assert wait_for((settings.published / "current").exists, 240), "the schedule's night did not publish"
    finally:
        daemon.terminate()
        daemon.wait()
    by_id = {run.run_id: run for run in runs(instance)}
    assert by_id[left.run_id].status == dg.DagsterRunStatus.FAILURE
    scheduled = [run for run in by_id.values() if run.tags.get("dagster/schedule_name") == "nightly_schedule"]
    assert scheduled
    assert rows(settings, "SELECT value FROM core.official_cell WHERE indicator_code = 'fj_open_total'") == [(9,), (9,)]


def test_a_night_from_the_command_line_is_refused_while_another_runs(
    settings: Settings, environment: dict[str, str], instance: dg.DagsterInstance
) -> None:
    command = [sys.executable, "-m", "pipelines", "nightly"]
    with night_lock(settings.lock_file):
        done = subprocess.run(
            command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300
        )
    assert done.returncode == 1
    assert done.stderr == f"Error: 另一夜正在运行（进程 {os.getpid()}），请等它结束\n"
    assert not (settings.published / "current").exists()
    assert runs(instance) == []
