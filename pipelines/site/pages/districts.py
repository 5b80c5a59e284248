"""Districts and departments compared by rates: a page for each year.

Belongs here: which rates are compared, what is too small to be ranked, who is missing from a comparison. Does not
belong here: computing an organ's rate (``mart.assessment_rate``). A district's rate is the sum of its members'
numerators over the sum of their denominators.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import duckdb

from pipelines.site import charts
from pipelines.site.coverage import WAITED_FOR, coverages, named
from pipelines.site.figure import Cell, Column, Figure, Table, written
from pipelines.site.frame import Page, organ_page
from pipelines.site.series import SMALLEST_BASE
from pipelines.site.terms import RATES
from pipelines.status import STATUSES
from schemas.chinese import WORDS
from warehouse.connection import dicts

_WHOLE: Final = ("全市", "市本级")


@dataclass(frozen=True, slots=True)
class Entry:
    """One bar: a district or a department with its rate, or the reason why it has none."""

    organ_code: str
    name: str
    numerator: Decimal | None
    denominator: Decimal | None
    missing: str = ""
    """who or what is missing from it, in words"""
    state: str = ""
    """of an organ without figures: missing, held, nil"""

    @property
    def rate(self) -> Decimal | None:
        """Between 0 and 1 in most cases; None without a base."""
        return self.numerator / self.denominator if self.numerator is not None and self.denominator else None

    @property
    def is_small(self) -> bool:
        """Whether the base is too small for the rate to say anything."""
        return self.rate is not None and (self.denominator or Decimal(0)) < SMALLEST_BASE

    @property
    def is_ranked(self) -> bool:
        """Whether its place among the others says something."""
        return self.rate is not None and not self.is_small and not self.missing

    @property
    def order(self) -> tuple[Any, ...]:
        """Ranked first, then who lacks somebody, then small bases, then none, then who is missing."""
        if self.rate is None:
            return (4 if self.state in WAITED_FOR else 3, 0, self.organ_code)
        return (2 if self.is_small else 1 if self.missing else 0, -self.rate, self.organ_code)

    @property
    def remark(self) -> str:
        """Why it is not ranked, or what its rate lacks."""
        if self.state in WAITED_FOR:
            return f"{STATUSES[self.state]}，没有数据"
        if self.state == "nil":
            return "零报告，没有基数"
        if self.rate is None:
            return "有空白格，不计算" if self.denominator is None else "基数为0，不计算"
        small = f"基数小于{SMALLEST_BASE:f}，不排名" if self.is_small else ""
        return "；".join(
            filter(None, (small, f"{self.missing}，不排名" if self.missing and self.organ_code else self.missing))
        )


def pages(connection: duckdb.DuckDBPyConnection) -> Iterator[Page]:
    """A page for each year, the latest at the section's front."""
    districts, departments = _districts(connection), _departments(connection)
    years = sorted({year for year, _, _ in (*districts, *departments)}, reverse=True)
    links = [(f"districts/{year}.html", f"{year}年") for year in years]
    for place, year in enumerate(years):
        path, _ = links[place]
        found = [key for key in _in_order({*districts, *departments}) if key[0] == year]
        context = {
            "year": year,
            "here": path,
            "links": links,
            "smallest": SMALLEST_BASE,
            "rates": [
                (
                    *(WORDS["rate_code"][rate], RATES[rate]),
                    _figure(year, form, rate, "districts", districts.get((year, form, rate), [])),
                    _figure(year, form, rate, "departments", departments.get((year, form, rate), [])),
                )
                for _, form, rate in found
            ],
        }
        if place == 0:
            yield Page("districts/index.html", "地区与部门", "districts.html", context)
        yield Page(path, f"{year}年地区与部门", "districts.html", context)
    if not years:
        yield Page("districts/index.html", "地区与部门", "districts.html", {"year": None})


def _in_order(keys: set[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    places = list(RATES)
    return sorted(keys, key=lambda key: (key[0], key[1], places.index(key[2])))


def _districts(connection: duckdb.DuckDBPyConnection) -> dict[tuple[int, str, str], list[Entry]]:
    """(year, form, rate) -> the city, its own level, and each district."""
    covered = {
        (kind, *key): item
        for kind in ("city", "level", "district")
        for key, item in coverages(connection, kind).items()
    }
    found: dict[tuple[int, str, str], list[Entry]] = {}
    for row in dicts(
        connection,
        """
        SELECT
            s.slice_kind,
            s.slice_code,
            coalesce(o.name, s.slice_code) AS name,
            s.report_year,
            s.form_code,
            r.rate_code,
            sum(r.numerator) FILTER (r.denominator IS NOT NULL) AS numerator,
            sum(r.denominator) FILTER (r.numerator IS NOT NULL) AS denominator,
            count(*) FILTER (r.numerator IS NULL OR r.denominator IS NULL) AS unknown
        FROM mart.slice_organ AS s
        JOIN mart.assessment_rate AS r USING (report_year, form_code, organ_code)
        LEFT JOIN core.dim_organ_year AS o ON o.organ_code = s.slice_code AND o.report_year = s.report_year
        WHERE s.submission_id IS NOT NULL
            AND (s.slice_kind IN ('city', 'district') OR (s.slice_kind = 'level' AND s.slice_code = 'own'))
        GROUP BY ALL
        HAVING denominator IS NOT NULL
        ORDER BY s.report_year, s.form_code, s.slice_kind, s.slice_code
        """,
    ):
        kind = row["slice_kind"]
        coverage = covered.get((kind, row["slice_code"], row["report_year"], row["form_code"]))
        name = {"city": _WHOLE[0], "level": _WHOLE[1]}.get(kind, row["name"])
        lacking = [f"缺{coverage.missing_names}"] if coverage and coverage.missing else []
        if row["unknown"]:
            lacking.append(f"{row['unknown']}家有空白格，未计入")
        entry = Entry(
            row["slice_code"] if kind == "district" else "",
            name,
            row["numerator"],
            row["denominator"],
            "，".join(lacking),
        )
        found.setdefault((row["report_year"], row["form_code"], row["rate_code"]), []).append(entry)
    return found


def _departments(connection: duckdb.DuckDBPyConnection) -> dict[tuple[int, str, str], list[Entry]]:
    """(year, form, rate) -> each department of the city's own level, the missing ones too."""
    found: dict[tuple[int, str, str], list[Entry]] = {}
    for row in dicts(
        connection,
        """
        WITH rated AS (
            SELECT DISTINCT report_year, form_code, rate_code FROM mart.assessment_rate WHERE denominator IS NOT NULL
        )

        SELECT
            s.report_year,
            s.form_code,
            d.rate_code,
            s.organ_code,
            coalesce(o.name, s.organ_code) AS name,
            r.numerator,
            r.denominator,
            CASE WHEN s.used_as IN ('missing', 'nil') THEN coalesce(t.status, s.used_as) ELSE '' END AS state
        FROM mart.rollup_source AS s
        JOIN rated AS d USING (report_year, form_code)
        LEFT JOIN mart.assessment_rate AS r USING (report_year, form_code, organ_code, rate_code)
        LEFT JOIN core.dim_organ_year AS o USING (report_year, organ_code)
        LEFT JOIN mart.submission_status AS t USING (report_year, organ_code, form_code)
        WHERE s.level = 'own' AND s.organ_kind = 'department' AND s.used_as IN ('summed', 'nil', 'missing')
        ORDER BY s.report_year, s.form_code, s.organ_code
        """,
    ):
        key = (row.pop("report_year"), row.pop("form_code"), row.pop("rate_code"))
        found.setdefault(key, []).append(Entry(**row))
    return found


def _figure(year: int, form: str, rate: str, kind: str, entries: Sequence[Entry]) -> Figure | None:
    if not entries:
        return None
    label, meaning = WORDS["rate_code"][rate], RATES[rate]
    whole = [item for item in entries if not item.organ_code]
    ranked = sorted((item for item in entries if item.organ_code), key=lambda item: item.order)
    title = f"{'各区' if kind == 'districts' else '市级部门'}{label}"
    places = places_of(ranked)
    table = Table(
        f"{kind}_{year}_{form}_{rate}",
        f"{year}年{title}（{meaning}）",
        (
            Column("名次", "number"),
            Column("地区" if kind == "districts" else "部门", is_head=True),
            Column("分子", "number"),
            Column("基数", "number"),
            Column("比率", "rate"),
            Column("说明"),
        ),
        [_row(item, places) for item in (*whole, *ranked)],
        "名次只排基数够大、单位齐全的，从高到低，比率相同的并列，不表示好坏。",
    )
    shown, notes = _drawn(ranked)
    if lacking := [item.name for item in ranked if item.state in WAITED_FOR]:
        notes.insert(0, f"！没有数据的{len(lacking)}家：{named(lacking)}。")
    if kind == "districts" and (partial := [f"{item.name}{item.missing}" for item in ranked if item.missing]):
        notes.insert(0, f"！不完整：{'；'.join(partial)}。")
    drawn = charts.bars(
        f"{kind}-{year}-{form}-{rate}",
        title,
        f"条形图，{meaning}，数值见下表。",
        [_bar(item) for item in (*whole, *shown)],
    )
    return Figure(title, drawn, table, tuple(notes))


def places_of(ranked: Sequence[Entry]) -> dict[str, int]:
    """Organ -> its place among those that are ranked; the same rate is the same place, and the next is skipped."""
    rates = [item.rate for item in ranked if item.is_ranked]
    return {item.organ_code: rates.index(item.rate) + 1 for item in ranked if item.is_ranked}


def _drawn(ranked: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """Who gets a bar: all, or as many as can be read, the missing ones among them; and what the rest is told as."""
    most = charts.MOST_BARS
    if len(ranked) <= most:
        return list(ranked), []
    missing = [item for item in ranked if item.state in WAITED_FOR][: most // 3]
    others = [item for item in ranked if item.state not in WAITED_FOR][: most - len(missing)]
    return [*others, *missing], [f"图中画{most}家，另有{len(ranked) - most}家见数据表。"]


def _bar(item: Entry) -> charts.Bar:
    if item.rate is None:
        return charts.Bar(item.name, None, item.remark)
    base = f"{written(item.rate, 'rate')}　{written(item.numerator, 'number')}÷{written(item.denominator, 'number')}"
    remark = "基数小" if item.is_small else "不完整" if item.missing else ""
    return charts.Bar(
        item.name,
        item.rate,
        f"{base}{f'（{remark}）' if remark else ''}",
        is_quiet=item.is_small,
        is_whole=not item.organ_code,
    )


def _row(item: Entry, places: Mapping[str, int]) -> tuple[Any, ...]:
    quiet = item.is_small or item.rate is None
    place = places.get(item.organ_code)
    return (
        None if place is None else Decimal(place),
        Cell(item.name, page=organ_page(item.organ_code) if item.organ_code else ""),
        item.numerator,
        item.denominator,
        Cell(item.rate, is_quiet=quiet),
        Cell(item.remark, tone="error" if item.state in WAITED_FOR else "", is_quiet=quiet),
    )
