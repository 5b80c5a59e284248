"""The first start of an installation: its services begin together, in a home where nothing has been."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

from pipelines.settings import Settings
from tests.operations.services import PROJECT, environment

START = """
import dagster as dg
from pipelines.instance import prepare_home
from pipelines.settings import Settings
prepare_home(Settings.from_environment())
dg.DagsterInstance.get().dispose()
"""


def test_services_that_begin_together_make_one_storage(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home")
    command = [sys.executable, "-c", START]
    started = [
        subprocess.Popen(command, cwd=PROJECT, env=environment(settings.home), stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate(timeout=120)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], said
    databases = [path for path in settings.dagster_home.rglob("*.db") if "runs" in path.name or "index" in path.name]
    assert len(databases) >= 2
    for database in databases:
        with sqlite3.connect(database) as connection:
            assert connection.execute("SELECT count(*) FROM alembic_version").fetchall() == [(1,)], database
