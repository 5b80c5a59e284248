"""``make cookbook``: two nights on the samples in a folder of their own, and the page from their answers."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.analysts.nights import run_first_night, run_second_night
from tests.analysts.page import render

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        Path(sys.argv[1]).write_text(render(run_second_night(run_first_night(Path(folder) / "home"))), encoding="utf-8")
