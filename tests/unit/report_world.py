"""The figures of a made-up annual report, without a database: cells as plain numbers.

Belongs here: what tests of the report need to set a scene. Does not belong here: any expectation.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from pipelines.report.figures import Absent, Figure, ReportFigures, Source
from schemas.form import APPLICANT_KINDS, CellKey, Form, load_forms
from schemas.report_phrase import CITY

CITY_NAME = "某市人民政府"
KINDS = [kind for kind in APPLICANT_KINDS if kind != "total"]
Cells = dict[tuple[tuple[str, str], CellKey], Figure]


def figures(
    values: Mapping[str, object] | None = None,
    form_code: str = "fj_annex_2017",
    *,
    year: int | None = None,
    name: str = CITY_NAME,
    changes: Mapping[str, Figure] | None = None,
    absent: tuple[Absent, ...] = (),
    is_complete: bool = True,
) -> ReportFigures:
    """A report of one edition; ``values`` and ``changes`` by ``code[dimension]``, cells not named are zero."""
    form = load_forms()[form_code]
    cells: Cells = {(CITY, key): Figure(Decimal(0), is_complete=is_complete) for key in form.cells()}
    for text, value in (values or {}).items():
        number = None if value is None else Decimal(str(value))
        cells[CITY, key_of(text)] = Figure(number, is_complete=is_complete)
    for text, figure in (changes or {}).items():
        cells[CITY, key_of(text)] = figure
    return report_of([form], cells, year or form.last_year or 2024, name, absent)


def report_of(
    forms: list[Form], cells: Cells, year: int, name: str = CITY_NAME, absent: tuple[Absent, ...] = ()
) -> ReportFigures:
    return ReportFigures(
        "CITY", name, year, tuple(forms), cells, 5, absent, Source(7, datetime(2025, 2, 1, 2, 3), "R0001-abc")
    )


def key_of(text: str) -> CellKey:
    """``code`` or ``code[dimension]``."""
    code, _, rest = text.rstrip("]").partition("[")
    return CellKey(code, rest if rest in APPLICANT_KINDS else "", rest if rest == "cumulative" else "annual")


def random_cells(form: Form, seed: int) -> Cells:
    """Every cell of the edition with a number of its own: parts add up to their wholes, some are zero."""
    chance = random.Random(seed)
    found: dict[CellKey, Decimal] = {}
    for key in form.cells():
        kind = form.indicators[key.indicator_code].value_kind
        number = Decimal(chance.choice([0, chance.randrange(10), chance.randrange(500), chance.randrange(10**5)]))
        if kind == "money":
            number += Decimal(chance.randrange(10**4)).scaleb(-4)
        found[key] = -number if kind == "signed_count" and chance.random() < 0.5 else number
    # wholes after their parts: what is printed last first
    for key in sorted(form.cells(), key=lambda key: -form.indicators[key.indicator_code].position):
        parts = [CellKey(code, key.applicant_kind, key.measure) for code in form.children(key.indicator_code)]
        if parts:
            found[key] = sum((found[part] for part in parts), Decimal(0))
    for key in form.cells():
        if key.applicant_kind == "total":
            found[key] = sum((found[CellKey(key.indicator_code, kind, key.measure)] for kind in KINDS), Decimal(0))
    return {(CITY, key): Figure(value) for key, value in found.items()}
