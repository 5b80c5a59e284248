"""The codes of figures that a report states in its prose, loaded from ``schemas/narrative_codes.csv``.

Belongs here: which ``nar_*`` codes exist, what they mean, their units. Does not belong here: how prose is read, or how
a figure is compared with a table. A prose figure is a cell of sheet 正文 with the applicant kind ``''``, allowed beside
every edition; no edition requires one.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

NARRATIVE_FILE: Final = Path(__file__).parent / "narrative_codes.csv"
NARRATIVE_PREFIX: Final = "nar_"
NARRATIVE_SHEET: Final = "正文"


@dataclass(frozen=True, slots=True)
class NarrativeFigure:
    """One prose figure: its Chinese ``meaning``, its ``unit``, the table indicator that counts the same ('' = none)."""

    code: str
    meaning: str
    unit: str
    same_as: str


@cache
def load_narrative() -> Mapping[str, NarrativeFigure]:
    """All prose figures by code. Raises ValueError for a code without the prefix, or one listed twice."""
    figures: dict[str, NarrativeFigure] = {}
    with NARRATIVE_FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            code = row["code"]
            if not code.startswith(NARRATIVE_PREFIX) or code in figures:
                raise ValueError(f"{NARRATIVE_FILE.name}: {code!r} has no prefix {NARRATIVE_PREFIX!r} or stands twice")
            figures[code] = NarrativeFigure(code, row["meaning_zh"], row["unit"], row["same_as"])
    return figures
