"""The figures that prose may print: ``schemas/narrative_codes.csv``.

Belongs here: codes ``nar_*``, their meaning and unit; they are cells of any edition, so what a cell is called in
sentences is said here too. Does not belong here: how prose is read.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from schemas.form import CellKey, Form

NARRATIVE_SHEET: Final = "正文"
_CODES: Final = Path(__file__).parent / "narrative_codes.csv"


@dataclass(frozen=True, slots=True)
class NarrativeCode:
    """A figure of the prose; ``same_as`` is the supplement's code for the same quantity, or ''."""

    code: str
    label: str
    unit: str
    same_as: str


@cache
def load_narrative_codes(path: Path = _CODES) -> Mapping[str, NarrativeCode]:
    """All prose figures by code."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["code"]: NarrativeCode(row["code"], row["meaning_zh"], row["unit"], row["same_as"]) for row in rows}


def label_of(form: Form, key: CellKey) -> str:
    """What a department calls the cell: the form's label, the prose figure's meaning, or the code that nobody knows."""
    if key.indicator_code in form.indicators:
        return form.label(key)
    code = load_narrative_codes().get(key.indicator_code)
    return code.label if code else key.indicator_code
