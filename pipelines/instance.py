"""The home's folders and the Dagster instance in it, made ready before anything runs.

Belongs here: ``work/dagster`` and its configuration, and a night run in this process so that the web pages show it like
a scheduled one. Does not belong here: what a night does.
"""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path
from typing import Final

import dagster as dg
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.execution.api import execute_run
from dagster._core.remote_origin import RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG
from dagster._core.workspace.load_target import WorkspaceFileTarget

from pipelines.lock import JOB_NAME, PID_TAG
from pipelines.settings import PROJECT, Settings

_CONFIG: Final = Path(__file__).parent / "dagster.yaml"
_MODULE: Final = "pipelines.definitions"
WORKSPACE: Final = PROJECT / "workspace.yaml"
QUIET: Final = {"loggers": {"console": {"config": {"log_level": "WARNING"}}}}
"""the terminal shows what went wrong; the web pages keep every event"""


def prepare_home(settings: Settings) -> None:
    """Create the home's folders and the instance configuration, and point this process at them."""
    for folder in (settings.inbox, settings.archive, settings.outbox, settings.published, settings.decisions):
        folder.mkdir(parents=True, exist_ok=True)
    (settings.dagster_home / ".nux").mkdir(parents=True, exist_ok=True)
    _put(settings.dagster_home / "dagster.yaml", _CONFIG.read_bytes())
    # the web pages would open with an invitation to a community chat, over everything
    _put(settings.dagster_home / ".nux" / "nux.yaml", b"seen: 1\n")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)
    os.environ["GONGKAI_HOME"] = str(settings.home)
    _make_storage(settings.dagster_home)


def _make_storage(dagster_home: Path) -> None:
    """Dagster's databases, made by one process while the others wait.

    Two services that begin in a new home would both make them, with two versions in each: then no instance opens.
    """
    made = dagster_home / ".storage_made"
    with (dagster_home / ".storage.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            dg.DagsterInstance.from_config(str(dagster_home)).dispose()
            made.touch()


def program(name: str) -> str:
    """One of Dagster's programs, of the environment that this one runs in."""
    return str(Path(sys.executable).with_name(name))


def _put(path: Path, data: bytes) -> None:
    """Whole at every moment: the services start together, and each reads what the others write."""
    if path.exists() and path.read_bytes() == data:
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)


def run_night(instance: dg.DagsterInstance) -> dg.JobExecutionResult:
    """One night in this process, recorded with the workspace's origin.

    A run without the origin would be missing from the job's page and would fire no run-failure sensor. The imports are
    private to Dagster; ``tests/integration`` pins what they do.
    """
    repository = ReconstructableRepository.for_module(_MODULE, "defs", working_directory=str(PROJECT))
    job = repository.get_reconstructable_job(JOB_NAME)
    (location,) = WorkspaceFileTarget([str(WORKSPACE)]).create_origins()
    origin = RemoteRepositoryOrigin(location, "__repository__")
    run = instance.create_run_for_job(
        job_def=job.get_definition(),
        remote_job_origin=RemoteJobOrigin(origin, JOB_NAME),
        job_code_origin=job.get_python_origin(),
        run_config=QUIET,
        tags={PID_TAG: str(os.getpid()), REPOSITORY_LABEL_TAG: origin.get_label()},
    )
    return execute_run(job, run, instance)
