"""The first page: the headline figures of the latest year, why they changed, and who is missing.

Belongs here: which families of figures are the headline. Does not belong here: their history (``trends``), who has
filed when (the status board).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import duckdb

from pipelines.site.coverage import Coverage, coverages
from pipelines.site.figure import Cell, Column, Table
from pipelines.site.frame import Page, organ_page
from pipelines.site.pages.trends import trend_figure, trend_page
from pipelines.site.series import Step, breaks_of, city_series
from schemas.form import APPLICANT_LABELS
from warehouse.connection import dicts

_HEADLINE: Final = ("requests_received", "answered", "granted", "opened", "norms_issued", "reviews", "lawsuits")
_OVER_THE_YEARS: Final = ("requests_received", "answered", "granted", "partly_granted", "opened", "reviews", "lawsuits")


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the answered requests were granted, wholly or in part."""

    numerator: Decimal
    denominator: Decimal

    @property
    def rate(self) -> Decimal:
        """Between 0 and 1."""
        return self.numerator / self.denominator


def pages(connection: duckdb.DuckDBPyConnection) -> Iterator[Page]:
    """The overview, and the published report held against the sum."""
    series = city_series(connection)
    requests = series.get("requests_received", [])
    first_years = dict(connection.execute("SELECT form_code, first_year FROM core.dim_form").fetchall())
    covered = list(coverages(connection).values())
    published = _published(connection)
    latest = headline_year(covered)
    tiles = [step for code in _HEADLINE for step in series.get(code, ()) if step.report_year == latest]
    yield Page(
        "index.html",
        "总览",
        "overview.html",
        {
            "latest": latest,
            "tiles": tiles,
            "trend_page": trend_page,
            "organ_page": organ_page,
            "shares": _shares(series, latest),
            "incomplete": [item for item in covered if item.report_year == latest and not item.is_complete],
            "coming": [item for item in covered if latest is not None and item.report_year > latest],
            "complete": [item for item in covered if item.report_year == latest and item.is_complete],
            "years": _years(series, covered),
            "chart": trend_figure(requests, breaks_of(requests, first_years)) if requests else None,
            "coverage": _coverage(covered),
            "published": _published_table(published),
            "latest_published": next((row for row in published[::-1] if row["report_year"] == latest), None),
        },
    )
    lacking = [item for item in covered if not item.is_complete]
    differences = _differences(connection)
    yield Page(
        "reported/index.html",
        "公布数与汇总数",
        "reported.html",
        {
            "tables": [(heading, table) for _, heading, table in differences],
            "incomplete": [
                item for item in lacking if (item.report_year, item.form_code) in {key for key, *_ in differences}
            ],
        },
    )


def headline_year(covered: Sequence[Coverage]) -> int | None:
    """The latest year of which at least half has come; a collection that only begins is no headline."""
    years = [item.report_year for item in covered if 2 * (item.reported + item.nil) >= item.expected]
    return max(years or [item.report_year for item in covered], default=None)


def _shares(series: Mapping[str, Sequence[Step]], latest: int | None) -> dict[int, Share]:
    """Year -> granted wholly or in part, of the latest year and the one before it."""
    terms = {
        code: {step.report_year: step.value for step in series.get(code, ())}
        for code in ("granted", "partly_granted", "answered")
    }
    found: dict[int, Share] = {}
    for year in (latest, latest - 1) if latest is not None else ():
        granted, partly, answered = (terms[code].get(year) for code in ("granted", "partly_granted", "answered"))
        if granted is not None and partly is not None and answered:
            found[year] = Share(granted + partly, answered)
    return found


def _years(series: Mapping[str, Sequence[Step]], covered: Sequence[Coverage]) -> Table:
    shown = [series[code] for code in _OVER_THE_YEARS if code in series]
    editions = sorted({(step.report_year, step.form_code, step.form_title) for steps in shown for step in steps})
    complete = {(item.report_year, item.form_code): item.is_complete for item in covered}
    rows: list[list[Any]] = []
    for steps in shown:
        values = {(step.report_year, step.form_code): step for step in steps}
        label = steps[0].concept
        cells = [values.get((year, form)) for year, form, _ in editions]
        rows.append(
            [
                Cell(f"{label.label}（{label.unit}）", page=trend_page(label.concept_code)),
                *(step.value if step else None for step in cells),
            ]
        )
    heads = [
        Column(f"{year}年" + ("" if complete.get((year, form), True) else "（不完整）"), "number")
        for year, form, _ in editions
    ]
    changes = [
        f"{editions[place][0]}年起用《{editions[place][2]}》"
        for place in range(1, len(editions))
        if editions[place][1] != editions[place - 1][1]
    ]
    note = "“—”：该年表样没有这一项。" + ("，".join(changes) + "，各项口径能否相接见各趋势页。" if changes else "")
    return Table("years", "历年主要数字（全市）", (Column("指标", is_head=True), *heads), rows, note)


def _coverage(covered: Sequence[Coverage]) -> Table:
    rows = [
        (
            item.report_year,
            item.form_title,
            Decimal(item.expected),
            Decimal(item.reported),
            Decimal(item.nil),
            Decimal(len(item.missing)),
            item.share,
            Cell("完整", tone="good") if item.is_complete else Cell("不完整", tone="error"),
            item.missing_names,
        )
        for item in reversed(covered)
    ]
    return Table(
        "coverage",
        "各年度合计由多少家单位组成",
        (
            Column("年度", is_head=True),
            Column("表样"),
            Column("应报（家）", "number"),
            Column("已报", "number"),
            Column("零报告", "number"),
            Column("缺", "number"),
            Column("覆盖率", "rate"),
            Column("合计"),
            Column("缺哪些单位"),
        ),
        rows,
    )


def _published(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    return dicts(
        connection,
        """
        SELECT
            report_year,
            form_code,
            short_title AS form_title,
            count(*) AS cells,
            count(*) FILTER (difference = 0) AS equal,
            count(*) FILTER (difference <> 0) AS different,
            count(*) FILTER (difference IS NULL) AS unknown,
            bool_and(is_complete) AS is_complete
        FROM mart.reported_vs_computed
        JOIN core.dim_form USING (form_code)
        GROUP BY report_year, form_code, short_title
        ORDER BY report_year, form_code
        """,
    )


def _published_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        "published_against_sum",
        "市政府公布的数字与各单位之和",
        (
            Column("年度", is_head=True),
            Column("表样"),
            Column("公布的格数", "number"),
            Column("一致", "number"),
            Column("不一致", "number"),
            Column("无法比较", "number"),
            Column("结论"),
        ),
        [
            (
                row["report_year"],
                row["form_title"],
                *(Decimal(row[name]) for name in ("cells", "equal", "different", "unknown")),
                _verdict(row),
            )
            for row in reversed(rows)
        ],
    )


def _verdict(row: Mapping[str, Any]) -> Cell:
    if not row["is_complete"]:
        return Cell("汇总还不完整，差额含缺报单位", tone="warning", page="reported/index.html")
    if row["different"]:
        return Cell("有不一致", tone="error", page="reported/index.html")
    return Cell("能比较的都一致" if row["unknown"] else "一致", tone="good")


def _differences(connection: duckdb.DuckDBPyConnection) -> list[tuple[tuple[int, str], str, Table]]:
    """(year and form, heading, table) of each published report that differs."""
    rows = dicts(
        connection,
        """
        SELECT
            r.report_year, r.form_code, f.short_title AS form_title, i.label, r.applicant_kind, r.measure, r.reported,
            r.computed, r.difference
        FROM mart.reported_vs_computed AS r
        JOIN core.dim_form AS f USING (form_code)
        LEFT JOIN core.dim_indicator AS i USING (form_code, indicator_code)
        WHERE r.difference <> 0
        ORDER BY r.report_year DESC, r.form_code, i.position, list_position(?, r.applicant_kind), r.measure
        """,
        [list(APPLICANT_LABELS)],
    )
    columns = (
        Column("指标", is_head=True),
        Column("申请人"),
        Column("公布数", "number"),
        Column("各单位之和", "number"),
        Column("相差", "change"),
    )
    found: dict[tuple[int, str], list[Any]] = {}
    titles = {row["form_code"]: row["form_title"] for row in rows}
    for row in rows:
        label = (row["label"] or "表样之外的格") + ("（历年累计）" if row["measure"] == "cumulative" else "")
        found.setdefault((row["report_year"], row["form_code"]), []).append(
            (
                label,
                APPLICANT_LABELS.get(row["applicant_kind"], row["applicant_kind"]),
                row["reported"],
                row["computed"],
                row["difference"],
            )
        )
    return [
        (
            (year, form),
            f"{year}年度（{titles[form]}）",
            Table(f"reported_{year}_{form}", f"{year}年度公布数与各单位之和不一致的{len(items)}格", columns, items),
        )
        for (year, form), items in found.items()
    ]
