"""One night at a time, and dead ones are cleared."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines.lock import JOB_NAME, PID_TAG, NightIsRunningError, clear_dead_runs, night_lock

HOLD = """
import sys, time
from pathlib import Path
from pipelines.lock import night_lock

with night_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def started_run(instance: dg.DagsterInstance, pid: int) -> dg.DagsterRun:
    @dg.op
    def nothing() -> None: ...

    @dg.job(name=JOB_NAME)
    def nightly() -> None:
        nothing()

    return instance.create_run_for_job(nightly, status=dg.DagsterRunStatus.STARTED, tags={PID_TAG: str(pid)})


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_second_night_is_refused_and_named(tmp_path: Path) -> None:
    lock = tmp_path / "nightly.lock"
    with night_lock(lock), pytest.raises(NightIsRunningError, match=str(os.getpid())), night_lock(lock):
        pass
    with night_lock(lock):
        pass


def test_a_killed_holder_frees_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "nightly.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(NightIsRunningError, match=str(holder.pid)), night_lock(lock):
        pass
    holder.kill()
    holder.wait()
    with night_lock(lock):
        pass


def test_a_run_of_a_dead_process_is_closed(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = started_run(instance, dead_pid())
        assert clear_dead_runs(instance, tmp_path / "nightly.lock") == [run.run_id]
        closed = instance.get_run_by_id(run.run_id)
        assert closed is not None
        assert closed.status == dg.DagsterRunStatus.FAILURE


def test_a_run_that_has_just_begun_is_left_alone(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        started_run(instance, os.getpid())
        assert clear_dead_runs(instance, tmp_path / "nightly.lock") == []


def test_nothing_is_closed_while_a_night_holds_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "nightly.lock"
    with dg.DagsterInstance.ephemeral() as instance, night_lock(lock):
        run = started_run(instance, dead_pid())
        assert clear_dead_runs(instance, lock) == []
        assert clear_dead_runs(instance, lock, own_run_id="another") == [run.run_id]


def test_the_holder_never_closes_itself(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = started_run(instance, dead_pid())
        assert clear_dead_runs(instance, tmp_path / "nightly.lock", own_run_id=run.run_id) == []


def test_age_alone_closes_a_run_that_names_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @dg.op
    def nothing() -> None: ...

    @dg.job(name=JOB_NAME)
    def nightly() -> None:
        nothing()

    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(nightly, status=dg.DagsterRunStatus.STARTED)
        assert clear_dead_runs(instance, tmp_path / "nightly.lock") == []
        monkeypatch.setattr("pipelines.lock._GRACE", timedelta(seconds=0))
        time.sleep(0.01)
        assert clear_dead_runs(instance, tmp_path / "nightly.lock") == [run.run_id]
