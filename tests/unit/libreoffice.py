"""Files as LibreOffice saves them, for the kinds that it writes best; without it the tests say so and are skipped."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache, lru_cache
from pathlib import Path

import pytest

needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


@cache
def _profile() -> Path:
    """One profile for this process: making one takes longer than a conversion, and two programs cannot share it."""
    folder = Path(tempfile.mkdtemp(prefix="gongkai-office-profile-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@lru_cache(maxsize=64)
def converted(data: bytes, source: str, target: str) -> bytes:
    """The file saved as another kind: ``source`` is its ending, ``target`` ending[:filter]."""
    profile = _profile()
    with tempfile.TemporaryDirectory(prefix="gongkai-office-") as folder:
        home = Path(folder)
        (home / f"in.{source}").write_bytes(data)
        command = [
            "soffice",
            f"-env:UserInstallation={profile.as_uri()}",
            *("--headless", "--convert-to", target, "--outdir", str(home / "out"), str(home / f"in.{source}")),
        ]
        environment = {**os.environ, "HOME": str(profile)}
        subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)
        return (home / "out" / f"in.{target.partition(':')[0]}").read_bytes()
