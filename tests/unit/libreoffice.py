"""Files as LibreOffice saves them, for the kinds that it writes best; without it the tests say so and are skipped."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


@cache
def _profile() -> Path:
    """One profile for this process: making one takes longer than a conversion, and two programs cannot share it."""
    folder = Path(tempfile.mkdtemp(prefix="gongkai-office-profile-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def converted(files: Mapping[str, bytes], target: str, *, read_as: str | None = None) -> dict[str, bytes]:
    """Files by name (with their endings) saved as another kind in one run; by name without ending.

    ``read_as`` is LibreOffice's import filter with its options, where the ending does not say enough.
    """
    profile = _profile()
    with tempfile.TemporaryDirectory(prefix="gongkai-office-") as folder:
        home = Path(folder)
        for name, data in files.items():
            (home / name).write_bytes(data)
        command = ["soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", target]
        command += [f"--infilter={read_as}"] if read_as else []
        command += ["--outdir", str(home / "out"), *(str(home / name) for name in files)]
        environment = {**os.environ, "HOME": str(profile)}
        subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)
        return {path.stem: path.read_bytes() for path in (home / "out").iterdir()}
