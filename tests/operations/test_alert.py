"""``alert.sh``: the system's log and a mail, once a day for each service. ``logger`` and others are stand-ins."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.operations.services import PROJECT

ALERT = PROJECT / "docs" / "operations" / "alert.sh"
UNIT = "gongkai-health.service"


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """Programs that write down what they are told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {
        "logger": f'echo "$@" >> {tmp_path}/logged',
        "sendmail": f"cat >> {tmp_path}/mailed",
        "systemctl": "echo 后台进程没有心跳; exit 3",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    (tmp_path / "run").mkdir()
    return folder


def alert(tmp_path: Path, bin_folder: Path, unit: str = UNIT, mail_to: str = "") -> None:
    environment = {"PATH": f"{bin_folder}:/usr/bin:/bin", "RUNTIME_DIRECTORY": str(tmp_path / "run")}
    subprocess.run([ALERT, unit], env=environment | {"GONGKAI_ALERT_MAILTO": mail_to}, check=True)


def test_a_service_is_told_once_a_day(tmp_path: Path, bin_folder: Path) -> None:
    alert(tmp_path, bin_folder)
    alert(tmp_path, bin_folder)
    line = f"--tag gongkai --priority daemon.alert {UNIT} 失败，见 journalctl -u {UNIT}\n"
    assert (tmp_path / "logged").read_text(encoding="utf-8") == line
    assert not (tmp_path / "mailed").exists()
    # another service, and this one a day later
    alert(tmp_path, bin_folder, "gongkai-web.service")
    a_day_ago = time.time() - 25 * 3600
    os.utime(tmp_path / "run" / UNIT, (a_day_ago, a_day_ago))
    alert(tmp_path, bin_folder)
    assert (tmp_path / "logged").read_text(encoding="utf-8").count("失败") == 3


def test_the_mail_says_what_the_service_said_last(tmp_path: Path, bin_folder: Path) -> None:
    alert(tmp_path, bin_folder, mail_to="ops@example.gov.cn")
    assert (tmp_path / "mailed").read_text(encoding="utf-8") == (
        f"To: ops@example.gov.cn\nSubject: gongkai: {UNIT} failed\nContent-Type: text/plain; charset=utf-8\n\n"
        "后台进程没有心跳\n"
    )
