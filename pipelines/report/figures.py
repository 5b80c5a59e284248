"""The figures of one annual report, from one query on the published file.

Belongs here: that query, and asking it for cells, sums, changes and shares. Tables and sentences are both made from the
one ``ReportFigures``, so they cannot disagree. Does not belong here: what is said (``schemas/report_phrases.yaml``),
how it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import duckdb

from pipelines.report.shares import Share, half_up, shares
from pipelines.site.coverage import coverages
from schemas.form import CellKey, Form, FormError, form_for, load_forms
from schemas.report_phrase import CITY, COMPANIONS, Division, Sum
from warehouse.connection import dicts, reader

_RATE_DECIMALS: Final = 2
_CELLS: Final = """
SELECT
    r.form_code, r.slice_kind, r.slice_code, r.indicator_code, r.applicant_kind, r.measure,
    r.value, r.is_complete, r.organs_reported + r.organs_nil AS organs_counted, r.cells_blank,
    y.prior_value, y.change, y.change_pct, y.comparability, y.prior_form_code, coalesce(y.note, '') AS note,
    p.reported, p.difference
FROM mart.city_rollup AS r
LEFT JOIN mart.year_over_year AS y
    ON y.report_year = r.report_year AND y.slice_kind = r.slice_kind AND y.slice_code = r.slice_code
    AND y.form_code = r.form_code AND y.indicator_code = r.indicator_code AND y.applicant_kind = r.applicant_kind
    AND y.measure = r.measure
LEFT JOIN mart.reported_vs_computed AS p
    ON r.slice_kind = 'city' AND p.report_year = r.report_year AND p.form_code = r.form_code
    AND p.indicator_code = r.indicator_code AND p.applicant_kind = r.applicant_kind AND p.measure = r.measure
WHERE r.report_year = ? AND r.slice_kind IN ('city', 'level', 'organ_kind')"""
_CITY_GOVERNMENT: Final = """
SELECT y.organ_code, y.name
FROM core.dim_organ_year AS y
JOIN core.dim_organ AS o ON o.organ_code = y.organ_code AND o.kind = 'city_government'
WHERE y.report_year = ?
ORDER BY y.organ_code"""
_SOURCE: Final = """
SELECT b.night, b.built_at, coalesce((SELECT max_by(release_id, release_no) FROM meta.release), '') AS release_id
FROM meta.build AS b"""
_YEARS: Final = """
SELECT report_year, form_code FROM mart.city_rollup WHERE slice_kind = 'city' GROUP BY ALL ORDER BY ALL"""


class ReportError(RuntimeError):
    """There is no such report, or it may not be written; says why in Chinese, and what to do."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell of a total. ``value`` None is blank, never zero; what it was before and the change as published."""

    value: Decimal | None
    is_complete: bool = True
    cells_blank: int = 0
    prior_value: Decimal | None = None
    change: Decimal | None = None
    change_pct: Decimal | None = None
    comparability: str | None = None
    prior_form_code: str | None = None
    note: str = ""
    reported: Decimal | None = None
    difference: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """An organ that the totals of an edition wait for; ``status`` as in mart.submission_status."""

    form_code: str
    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Source:
    """Which publication the figures are of."""

    night: int
    built_at: datetime
    release_id: str


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """All that a report says in figures: every total of its editions, by (slice kind, slice code) and cell.

    ``organs_counted`` are in the totals, those with nothing to report among them; ``absent`` are waited for.
    """

    organ_code: str
    organ_name: str
    report_year: int
    forms: tuple[Form, ...]
    cells: Mapping[tuple[tuple[str, str], CellKey], Figure]
    organs_counted: int
    absent: tuple[Absent, ...]
    source: Source

    def at(self, key: CellKey, where: tuple[str, str] = CITY) -> Figure:
        """The figure of a cell; a blank one where the total has none, or is of a part of the city and incomplete."""
        found = self.cells.get((where, key), Figure(None))
        return found if where == CITY or found.is_complete else Figure(None, is_complete=False)

    def sum_of(self, terms: Sum, where: tuple[str, str] = CITY) -> Decimal | None:
        """The sum of cells; None where one of them is blank."""
        values = [self.at(term.key, where).value for term in terms]
        if None in values:
            return None
        return sum(
            (term.coefficient * value for term, value in zip(terms, values, strict=True) if value is not None),
            Decimal(0),
        )

    def share_of(self, part: Sum, division: Division) -> Share | None:
        """The share of one part among all parts of the division; None where they do not make up the whole."""
        parts = [self.sum_of(item) for item in division.parts]
        whole = self.sum_of(division.whole)
        known = [value for value in parts if value is not None]
        if whole is None or len(known) < len(parts):
            return None
        found = shares(known, whole)
        return found[division.parts.index(part)] if found else None

    def rate_of(self, part: Sum, whole: Sum) -> Decimal | None:
        """Percent, rounded half up; None where a cell is blank or the whole is not above zero."""
        above, below = self.sum_of(part), self.sum_of(whole)
        if above is None or below is None or below <= 0:
            return None
        return half_up(100 * Fraction(above) / Fraction(below), _RATE_DECIMALS)

    def unit_of(self, key: CellKey) -> str:
        """The unit that the form prescribes for a cell."""
        return next(form.indicators[key.indicator_code].unit for form in self.forms if key in form.cells())

    @property
    def is_complete(self) -> bool:
        """Whether every total of the city is."""
        return all(figure.is_complete for (where, _), figure in self.cells.items() if where == CITY)

    @property
    def printed(self) -> list[CellKey]:
        """The cells that the tables print, in order."""
        return [key for form in self.forms for key in form.cells()]

    @property
    def unprinted(self) -> list[CellKey]:
        """Cells with a total above zero that the tables have no place for: somebody filed a variant of the edition."""
        places = set(self.printed)
        return sorted(
            key for (where, key), figure in self.cells.items() if where == CITY and key not in places and figure.value
        )

    @property
    def differing(self) -> list[tuple[CellKey, Figure]]:
        """The cells in which the city's own published report has another figure, in order."""
        found = ((key, self.at(key)) for key in self.printed)
        return [(key, figure) for key, figure in found if figure.difference]


def read_figures(published_file: Path, report_year: int, form_code: str | None = None) -> ReportFigures:
    """The figures of a year: of one edition, or (None) of the one collected for it, with what comes along with it.

    Raises ReportError where the year or edition was not collected, or several were and none is named.
    """
    try:
        with reader(published_file) as connection:
            codes = _editions(connection, report_year, form_code)
            rows = [row for row in dicts(connection, _CELLS, [report_year]) if row["form_code"] in codes]
            totals = coverages(connection)
            (source,) = dicts(connection, _SOURCE)
            organs = dicts(connection, _CITY_GOVERNMENT, [report_year])
    except duckdb.CatalogException as error:
        raise ReportError("已发布的文件是旧版本建的，缺少所需的表；请先运行 gongkai nightly") from error
    if not organs:
        raise ReportError("名录里没有市政府（city_government），无法写明是谁的报告")
    return ReportFigures(
        organ_code=organs[0]["organ_code"],
        organ_name=organs[0]["name"],
        report_year=report_year,
        forms=tuple(load_forms()[code] for code in codes),
        cells=_cells(rows),
        organs_counted=max(row["organs_counted"] for row in rows if row["slice_kind"] == CITY[0]),
        absent=tuple(
            Absent(code, organ.name, organ.status)
            for code in codes
            for organ in totals[CITY[1], report_year, code].missing
        ),
        source=Source(source["night"], source["built_at"], source["release_id"]),
    )


def _cells(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[tuple[str, str], CellKey], Figure]:
    names = Figure.__dataclass_fields__
    return {
        (
            (row["slice_kind"], row["slice_code"]),
            CellKey(row["indicator_code"], row["applicant_kind"], row["measure"]),
        ): Figure(**{name: row[name] for name in names})
        for row in rows
    }


def _editions(connection: duckdb.DuckDBPyConnection, report_year: int, form_code: str | None) -> Sequence[str]:
    """The editions to print, the main one first."""
    collected = connection.execute(_YEARS).fetchall()
    there = [form for year, form in collected if year == report_year]
    if not there:
        years = "、".join(str(year) for year in dict.fromkeys(year for year, _ in collected)) or "无"
        raise ReportError(f"{report_year}年度没有汇总数；有：{years}")
    if form_code is not None:
        try:
            form_for(form_code, report_year)
        except FormError as error:
            raise ReportError(str(error)) from error
        if form_code not in there:
            raise ReportError(f"{report_year}年度没有收集 {form_code}；有：{'、'.join(there)}")
        return [form_code]
    main = [form for form in there if form not in COMPANIONS.values()] or there
    if len(main) > 1:
        raise ReportError(f"{report_year}年度收集了几种表样：{'、'.join(there)}；请用 --form 指定一种")
    along = COMPANIONS.get(main[0])
    return [*main, *([along] if along in there else [])]
