"""Putting a set of sample files into an empty inbox, as if departments had dropped them.

Belongs here: copying the files of a sample folder and giving each the time of receipt that its manifest states. A real
inbox, one with any file in it, is never touched.
"""

from __future__ import annotations

import csv
import os
import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.settings import TIMEZONE


class SeedError(ValueError):
    """The sample folder is not what its manifest says."""


def seed_if_empty(samples: Path, inbox: Path) -> int:
    """Copy ``samples/inbox`` into ``inbox`` unless a file is there already; returns how many files were copied.

    ``samples/manifest.csv`` has the columns path (below inbox) and received_at (Asia/Shanghai wall time).
    """
    if any(path.is_file() for path in inbox.rglob("*")):
        return 0
    with (samples / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    root = (samples / "inbox").resolve()
    for row in rows:
        source = (root / row["path"]).resolve()
        if not source.is_relative_to(root) or not source.is_file():
            raise SeedError(f"{samples / 'manifest.csv'} names {row['path']}, which is not below {root}")
        target = inbox / row["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        received = datetime.fromisoformat(row["received_at"]).replace(tzinfo=ZoneInfo(TIMEZONE)).timestamp()
        os.utime(target, (received, received))
    return len(rows)
