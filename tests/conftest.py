"""One night of the samples for every file of tests that only looks at it, however many processes test."""

from __future__ import annotations

import fcntl
import os

import pytest

from pipelines.settings import Settings
from tests.analysts.nights import FIRST_NIGHT, run_first_night


@pytest.fixture(scope="session")
def samples_night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The samples as the cookbook's first night publishes them, to be read only: nights go on from a copy."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # each worker's folder lies in the one that all of them share
    settings = Settings(home=folder / "samples-night", clock=lambda: FIRST_NIGHT)
    with (folder / "samples-night.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (settings.published / "current").exists():
            run_first_night(settings.home)
    return settings
