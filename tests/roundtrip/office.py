"""What only LibreOffice and Chromium can write: old workbooks, Word by another hand, PDF.

Belongs here: running the two programs on many files at once. Does not belong here: what the files say.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

SOFFICE: Final = shutil.which("soffice")
CHROMIUM: Final = shutil.which("chromium")
_SECONDS: Final = 600
_BATCH: Final = 40


@cache
def _home() -> Path:
    """A home of their own for both programs, for as long as this process lives."""
    home = Path(tempfile.mkdtemp(prefix="office-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


def convert(files: Sequence[bytes], source: str, target: str) -> list[bytes]:
    """Every file, of the kind with the ending ``source``, as LibreOffice writes it: ``target`` is ending[:filter].

    Raises RuntimeError where one was not converted.
    """
    done: list[bytes] = []
    for first in range(0, len(files), _BATCH):
        done += _convert(files[first : first + _BATCH], source, target)
    return done


def _convert(files: Sequence[bytes], source: str, target: str) -> Iterator[bytes]:
    if SOFFICE is None:
        raise RuntimeError("LibreOffice is not installed")
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder, "out")
        paths = [Path(folder, f"{number}.{source}") for number in range(len(files))]
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        profile = f"-env:UserInstallation=file://{_home()}/libreoffice"
        command = [SOFFICE, profile, "--headless", "--norestore", "--convert-to", target, "--outdir", str(into)]
        done = subprocess.run([*command, *map(str, paths)], capture_output=True, timeout=_SECONDS, check=False)
        for path in paths:
            written = into / f"{path.stem}.{target.partition(':')[0]}"
            if not written.is_file():
                raise RuntimeError(f"LibreOffice did not convert to {target}: {done.stderr.decode()[-500:]}")
            yield written.read_bytes()


def print_pdf(pages: Sequence[str]) -> list[bytes]:
    """Every HTML page as Chromium prints it."""
    if CHROMIUM is None:
        raise RuntimeError("Chromium is not installed")
    printed = []
    for page in pages:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
            source.write_text(page, encoding="utf-8")
            command = [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
                *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
                *(f"--user-data-dir={_home()}/chromium", "--no-pdf-header-footer"),
                *(f"--print-to-pdf={target}", source.as_uri()),
            ]
            environment = os.environ | {"HOME": str(_home()), "XDG_CONFIG_HOME": str(_home() / "config")}
            subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True, env=environment)
            printed.append(target.read_bytes())
    return printed
