"""One night at a time: the lock that a night holds, and the clearing of nights that died.

Belongs here: ``work/nightly.lock`` and what follows from who holds it. A night that was killed cannot say so: its run
stays STARTED in Dagster's storage, counts against the limit of concurrent runs and would block the schedule for ever.
The lock is the kernel's, so it is free the moment its holder is dead; whoever finds it free may close such runs.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import dagster as dg

JOB_NAME: Final = "nightly"
PID_TAG: Final = "gongkai/pid"
_GRACE: Final = timedelta(minutes=5)
"""a run that has started but not yet taken the lock is given this long before it counts as dead"""


class NightIsRunningError(RuntimeError):
    """Another night holds the lock; ``holder`` is its process, as it wrote it down."""

    def __init__(self, holder: str) -> None:
        super().__init__(f"a night is running already (process {holder}); wait for it to end")
        self.holder = holder


@contextmanager
def night_lock(path: Path) -> Iterator[None]:
    """Hold the lock; raises NightIsRunningError naming the holder's process where another night has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise NightIsRunningError(file.read().strip() or "unknown") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def clear_dead_runs(instance: dg.DagsterInstance, lock_file: Path, *, own_run_id: str | None = None) -> list[str]:
    """Mark as failed the runs that a dead process left unfinished; returns their run ids.

    Call it without the lock to clear only while no night holds it, or as its holder with ``own_run_id``.
    """
    if own_run_id is not None:
        return _clear(instance, own_run_id)
    try:
        with night_lock(lock_file):
            return _clear(instance, own_run_id)
    except NightIsRunningError:
        return []


def dead_runs(instance: dg.DagsterInstance) -> list[dg.RunRecord]:
    """The runs that a dead process left unfinished; ask only while the lock is free, or as its holder."""
    unfinished = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    return [record for record in instance.get_run_records(dg.RunsFilter(statuses=unfinished)) if _is_dead(record)]


def holder(path: Path) -> int | None:
    """The process that holds the lock, from the kernel's list (Linux): nothing is locked by asking."""
    if not path.exists():
        return None
    ending = f":{path.stat().st_ino}"
    for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
        # 1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF; of one that only waits the second word is an arrow
        _, kind, _, _, process, file, *_ = line.split()
        if kind == "FLOCK" and file.endswith(ending):
            return int(process)
    return None


def _clear(instance: dg.DagsterInstance, own_run_id: str | None) -> list[str]:
    cleared = []
    for record in dead_runs(instance):
        run = record.dagster_run
        if run.run_id != own_run_id:
            message = "The process of this night is gone without ending it; closed so that the next night can run."
            instance.report_run_failed(run, message)
            cleared.append(run.run_id)
    return cleared


def _is_dead(record: dg.RunRecord) -> bool:
    run = record.dagster_run
    pid = run.tags.get(PID_TAG)
    # the lock was free: even a live process of that number is not a night any more, unless it has just begun
    is_late = run.job_name == JOB_NAME and _age(record) > _GRACE
    return (pid is not None and not _is_alive(int(pid))) or is_late


def _age(record: dg.RunRecord) -> timedelta:
    return datetime.now(UTC) - record.update_timestamp.replace(tzinfo=UTC)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, but there
    return True
