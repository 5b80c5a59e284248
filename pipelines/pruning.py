"""The run log does not grow for ever: old runs are deleted through Dagster, and what they filled is given back.

Belongs here: deleting finished runs. Does not belong here: anything outside of ``work/dagster``; what a night received,
judged and published is in the archive and stays. Dagster deletes the rows but keeps each run's file and folder, and
SQLite keeps the pages, so those go here.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import dagster as dg

KEPT: Final = 10
"""newest finished runs of each job that stay however old they are: the pages show what an asset's last run said"""
_FINISHED: Final = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
_BUSY_SECONDS: Final = 60
"""how long a writer in the daemon is waited for"""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What went: runs, and the size of ``work/dagster`` in bytes before and after."""

    runs: int
    bytes_before: int
    bytes_after: int


def prune(instance: dg.DagsterInstance, dagster_home: Path, keep: timedelta) -> Pruned:
    """Delete finished runs created longer than ``keep`` ago and shrink the databases. The daemon may be running.

    Raises sqlite3.OperationalError where a database is busy for longer than a minute: the runs are gone by then, the
    space is given back the next time.
    """
    before = _size(dagster_home)
    newest: Counter[str] = Counter()
    oldest = datetime.now(UTC) - keep
    runs = 0
    # the newest come first
    for record in instance.get_run_records(dg.RunsFilter(statuses=[*_FINISHED])):
        run = record.dagster_run
        newest[run.job_name] += 1
        if newest[run.job_name] > KEPT and record.create_timestamp.replace(tzinfo=UTC) < oldest:
            instance.delete_run(run.run_id)
            for path in (dagster_home / "history" / "runs").glob(f"{run.run_id}.db*"):
                path.unlink()
            shutil.rmtree(dagster_home / "storage" / run.run_id, ignore_errors=True)
            runs += 1
    for database in (*dagster_home.glob("history/*.db"), dagster_home / "history" / "runs" / "index.db"):
        with closing(sqlite3.connect(database, timeout=_BUSY_SECONDS)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Pruned(runs, before, _size(dagster_home))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
