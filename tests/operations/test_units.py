"""The systemd units as shipped: no key that systemd does not know, every program is there, little is left to attack."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.operations.services import PROJECT

UNITS = PROJECT / "docs" / "operations" / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("gongkai-*.service"))

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here: apt-get install systemd"
)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units in a folder of their own, with the programs that they start where they say."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    shutil.copytree(PROJECT / "docs" / "operations", tmp_path / "opt" / "docs" / "operations")
    (tmp_path / "opt" / ".venv" / "bin").mkdir(parents=True)
    shutil.copy("/bin/true", tmp_path / "opt" / ".venv" / "bin" / "gongkai")
    for path in filter(Path.is_file, folder.rglob("*")):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("/opt/gongkai", str(tmp_path / "opt")), encoding="utf-8")
    return folder


def analyze(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # the colon: systemd's own units too
    environment = {"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{folder}:", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["systemd-analyze", *words], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_systemd_has_nothing_to_say_about_them(installed: Path) -> None:
    names = sorted(path.name for path in installed.iterdir() if path.is_file())
    assert len(names) == 10
    verified = analyze(installed, "verify", "--man=no", *names)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    # an unknown key is a message and no failure; this one also shows that what all services share is read
    with (installed / "gongkai-.service.d" / "hardening.conf").open("a", encoding="utf-8") as shared:
        shared.write("ProtectEverything=yes\n")
    assert "Unknown key 'ProtectEverything'" in analyze(installed, "verify", "--man=no", *names).stderr


@pytest.mark.parametrize("service", SERVICES)
def test_little_is_left_to_attack(installed: Path, service: str) -> None:
    # 0 is nothing, 10 is everything; in tenths
    found = analyze(installed, "security", "--offline=yes", "--threshold=20", service)
    assert found.returncode == 0, found.stdout[-500:]


def test_only_the_daemon_writes_what_a_night_writes() -> None:
    written = {
        name: re.findall("^ReadWritePaths=(.*)$", (UNITS / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in SERVICES
    }
    log = ["/var/lib/gongkai/work/dagster"]
    assert written == {
        "gongkai-backup.service": ["/srv/backup/gongkai"],
        "gongkai-daemon.service": ["/var/lib/gongkai"],
        "gongkai-health.service": log,
        "gongkai-prune.service": log,
        "gongkai-view.service": log,
        "gongkai-web.service": log,
    }


def test_every_service_that_fails_is_told_and_the_viewers_can_only_look() -> None:
    for name in SERVICES:
        assert "\nOnFailure=alert@%n.service\n" in (UNITS / name).read_text(encoding="utf-8")
    started = re.findall("^ExecStart=(.*)$", (UNITS / "gongkai-view.service").read_text(encoding="utf-8"), re.MULTILINE)
    assert started == ["/opt/gongkai/.venv/bin/gongkai web --read-only --port 3001 --path-prefix /view"]
