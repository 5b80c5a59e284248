"""Figures to send through the files: made up, and as published.

Belongs here: where the numbers of a round come from. Does not belong here: how they are printed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

from schemas.form import CellKey, Form, load_forms

EDITIONS: Final = tuple((code, variant) for code, form in load_forms().items() for variant in form.variants)
PUBLISHED: Final = Path(__file__).parents[1] / "data" / "published"
SHARED_FIGURES: Final = Path(__file__).parents[3] / "shared" / "data" / "published_figures.csv"
_VARIANTS: Final = {"hongze_2023": "one_row_other", "hongze_2024": "one_row_other"}
_SIZES: Final = (10, 100, 1000, 10_000, 1_000_000)


def edition_name(form_code: str, variant: str) -> str:
    return f"{form_code}/{variant}" if variant else form_code


def year_for(form: Form, rng: Random) -> int:
    """A year in which the edition was in force."""
    return rng.randint(form.first_year, form.last_year or 2025)


def made_up(form: Form, variant: str, rng: Random) -> dict[CellKey, Decimal | None]:
    """Figures of all sizes, all different but for some zeros, so that a cell in another's place is seen."""
    used: set[Decimal] = set()
    figures: dict[CellKey, Decimal | None] = {}
    for key in form.cells(variant):
        kind = form.indicators[key.indicator_code].value_kind
        if rng.random() < 0.08:
            figures[key] = Decimal(0)
            continue
        while (value := _number(kind, rng)) in used:
            pass
        used.add(value)
        figures[key] = value
    return figures


def _number(kind: str, rng: Random) -> Decimal:
    number = Decimal(rng.randrange(1, rng.choice(_SIZES)))
    if kind == "money" and rng.random() < 0.7:
        return number + Decimal(rng.randrange(1, 100)) / 100
    return -number if kind == "signed_count" and rng.random() < 0.5 else number


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """A table as an organ printed it: text and number of each cell."""

    name: str
    organ: str
    year: int
    form: Form
    variant: str
    printed: dict[CellKey, str]
    values: dict[CellKey, Decimal | None]


def published_tables() -> Iterator[PublishedTable]:
    """The whole tables kept in tests/data/published, then what the shared figures have beyond these.

    Of what was only transcribed in part the other cells are blank.
    """
    whole: set[tuple[str, int]] = set()
    for path in sorted(PUBLISHED.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        form, variant = load_forms()[rows[0]["form_code"]], _VARIANTS.get(path.stem, "")
        whole.add((rows[0]["organ"], int(rows[0]["report_year"])))
        yield _table(path.stem, rows, form, variant, organ="organ", printed="printed", measure="measure")
    if SHARED_FIGURES.is_file():
        with SHARED_FIGURES.open(encoding="utf-8", newline="") as file:
            shared = list(csv.DictReader(file))
        for table in _shared_tables(shared):
            if (table.organ, table.year) not in whole:
                yield table


def _shared_tables(rows: list[dict[str, str]]) -> Iterator[PublishedTable]:
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        if row["year"].isdecimal():
            groups.setdefault((row["org"], row["year"]), []).append(row | {"report_year": row["year"]})
    for (organ, year), group in groups.items():
        form_code, variant = max(EDITIONS, key=lambda edition: len(_chosen(group, *edition)))
        chosen = _chosen(group, form_code, variant)
        if chosen and load_forms()[form_code].covers(int(year)):
            name = f"{organ}{year}"
            yield _table(
                name, chosen, load_forms()[form_code], variant, organ="org", printed="as_printed", measure="scope"
            )


def _chosen(rows: list[dict[str, str]], form_code: str, variant: str) -> list[dict[str, str]]:
    cells = set(load_forms()[form_code].cells(variant))
    return [row for row in rows if _key(row, "scope") in cells and (row["form_era"] or "") in form_code]


def _key(row: dict[str, str], measure: str) -> CellKey:
    return CellKey(row["indicator_code"], row["applicant_kind"], row[measure])


def _table(
    name: str, rows: list[dict[str, str]], form: Form, variant: str, *, organ: str, printed: str, measure: str
) -> PublishedTable:
    by_key = {_key(row, measure): row for row in rows}
    cells = form.cells(variant)
    said = {key: by_key.get(key, {}).get("value", "") for key in cells}
    return PublishedTable(
        name,
        rows[0][organ],
        int(rows[0]["report_year"]),
        form,
        variant,
        {key: by_key.get(key, {}).get(printed, "") for key in cells},
        {key: Decimal(value) if value else None for key, value in said.items()},
    )
