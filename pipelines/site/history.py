"""An organ's figures over the years: the headline figures drawn, and all in a table that names each gap and break.

Belongs here: what stands for a year without a figure, and where a line must stop since the form changed. Does not
belong here: the city's series (``series``), drawing (``charts``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

import duckdb

from pipelines.site import charts
from pipelines.site.figure import Cell, Column, Figure, Table, Value, written
from pipelines.site.series import breaks_between
from pipelines.site.terms import Row, grouped
from pipelines.status import ANSWERED, STATUSES
from schemas.concept import ConceptLabel, concept_labels, concept_terms
from schemas.form import load_forms

HEADLINE: Final = ("requests_received", "answered", "granted", "opened", "reviews", "lawsuits")
"""families that are drawn, or as many of those that there are; the table has all"""
_NOTHING_OWED: Final = STATUSES["not_due"]
_NOT_IN_FORM: Final = "表内无"
_BLANK: Final = "空白"


@dataclass(frozen=True, slots=True)
class Collected:
    """What is collected, or was filed all the same: the years, and which family of figures which form has."""

    years: tuple[int, ...]
    first_years: Mapping[str, int]
    """of each edition"""
    has: frozenset[tuple[str, str]]
    """(family, form)"""
    labels: Mapping[str, ConceptLabel]

    @classmethod
    def read(cls, connection: duckdb.DuckDBPyConnection) -> Self:
        """As the register and the forms have it."""
        years = connection.execute(
            "SELECT report_year FROM core.reporting_duty UNION SELECT report_year FROM mart.concept_organ ORDER BY 1"
        ).fetchall()
        first_years = dict(connection.execute("SELECT form_code, first_year FROM core.dim_form").fetchall())
        has = frozenset((term.concept_code, term.form_code) for term in concept_terms(load_forms()))
        return cls(tuple(year for (year,) in years), first_years, has, concept_labels())


@dataclass(frozen=True, slots=True)
class Year:
    """An organ's figure in a year, or in ``word`` why there is none; ``form_code`` '' where no form has it."""

    report_year: int
    form_code: str
    value: Decimal | None
    word: str


def history(organ: Row, figures: Sequence[Row], duties: Sequence[Row], collected: Collected) -> Figure | None:
    """``figures``: rows of mart.concept_organ, ``duties`` of mart.submission_status, both of the organ."""
    by_family = grouped(figures, "concept_code")
    by_year = grouped(duties, "report_year")
    lines = {code: _line(code, by_family[code], by_year, collected) for code in collected.labels if code in by_family}
    if not lines:
        return None
    code = organ["organ_code"]
    title = "历年主要数字" if organ["kind"] != "city_government" else "历年主要数字（公布的报告）"
    if organ["kind"] == "district_government":
        title = "历年主要数字（全区汇总报告）"
    breaks = {family: _breaks(family, line, collected) for family, line in lines.items()}
    chosen = [family for family in HEADLINE if family in lines] or list(lines)[: len(HEADLINE)]
    drawn = [_panel(collected.labels[family], lines[family], breaks[family]) for family in chosen]
    told = "；".join(f"{panel.title}：{_spoken(panel.points)}" for panel in drawn)
    gaps = [year for year in range(collected.years[0], collected.years[-1]) if year not in collected.years]
    notes = [f"灰色是没有收集的年度（{'、'.join(map(str, gaps))}）。"] if gaps else []
    if any(breaks.values()):
        notes.append("竖虚线处换了表样，口径不同，前后不相连。")
    return Figure(
        title,
        charts.panels(f"history-{code}", f"{organ['name']}{title}", f"折线图。{told}。", drawn, collected.years),
        Table(
            f"organ-{code}-history",
            title,
            (Column("指标", is_head=True), *(Column(f"{year}年", "number") for year in collected.years)),
            [(collected.labels[family].heading, *_cells(line, breaks[family])) for family, line in lines.items()],
            note=f"“{_NOT_IN_FORM}”：当年的表样没有这一项；“{_BLANK}”：这一项有空白格，加不出来。空白、缺报都不当0。",
        ),
        tuple(notes),
    )


def _line(family: str, figures: Sequence[Row], duties: Mapping[int, Sequence[Row]], collected: Collected) -> list[Year]:
    """A year each; of two forms that have the family, the one of the year before, else the newest."""
    by_year = grouped(figures, "report_year")
    line: list[Year] = []
    for year in collected.years:
        known = {row["form_code"]: row for row in by_year.get(year, ())}
        before = line[-1].form_code if line else ""
        form = before if before in known else max(known, default="")
        if form:
            value = known[form]["value"]
            line.append(Year(year, form, value, "" if value is not None else _BLANK))
            continue
        line.append(_absent(family, year, duties.get(year, ()), collected))
    return line


def _absent(family: str, year: int, duties: Sequence[Row], collected: Collected) -> Year:
    owed = [row for row in duties if row["status"] != "not_due"]
    if not owed:
        return Year(year, "", None, _NOTHING_OWED)
    for row in owed:
        if (family, row["form_code"]) in collected.has:
            # what was answered has a row, unless the figure does not apply to the organ
            word = _NOT_IN_FORM if row["status"] in ANSWERED else STATUSES[row["status"]]
            return Year(year, row["form_code"], None, word)
    return Year(year, "", None, _NOT_IN_FORM)


def _breaks(family: str, line: Sequence[Year], collected: Collected) -> dict[int, str]:
    places = [(year.report_year, year.form_code) for year in line if year.value is not None]
    return breaks_between(family, places, collected.first_years)


def _panel(label: ConceptLabel, line: Sequence[Year], breaks: Mapping[int, str]) -> charts.Panel:
    return charts.Panel(
        label.heading,
        tuple(charts.Point(year.report_year, year.value) for year in line),
        {year.report_year: year.word for year in line if year.word},
        frozenset(breaks),
    )


def _spoken(points: Sequence[charts.Point]) -> str:
    return "，".join(f"{point.year}年{written(point.value, 'number')}" for point in points)


def _cells(line: Sequence[Year], breaks: Mapping[int, str]) -> list[Value | Cell]:
    """A break is told with the first figure after it."""
    untold = dict(breaks)
    cells: list[Value | Cell] = []
    for year in line:
        note = ""
        if year.value is not None:
            note = "；".join(untold.pop(at) for at in sorted(untold) if at <= year.report_year)
        cells.append(Cell(year.word or year.value, note=note, is_quiet=bool(year.word)))
    return cells
