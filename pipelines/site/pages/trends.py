"""The families of figures over the years: one page each, and the list of them.

Belongs here: what a trend shows - the line with its breaks, the matched panel, the city's parts, who made the change.
Does not belong here: computing any of it (``series``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import duckdb

from pipelines.site import charts
from pipelines.site.coverage import coverages
from pipelines.site.figure import Cell, Column, Figure, Table, written
from pipelines.site.frame import Page, organ_page
from pipelines.site.series import Panel, Step, breaks_of, city_series, remarks_of
from schemas.chinese import SLICES, WORDS
from warehouse.connection import dicts

_SLICES: Final = {"level": ("按层级", ("own", "lower")), "organ_kind": ("按单位性质", ("government", "department"))}


def trend_page(concept_code: str) -> str:
    """Path of a family's page."""
    return f"trends/{concept_code}.html"


def pages(connection: duckdb.DuckDBPyConnection) -> Iterator[Page]:
    """The list, and a page for each family."""
    series = city_series(connection)
    first_years = dict(connection.execute("SELECT form_code, first_year FROM core.dim_form").fetchall())
    slices = _slices(connection)
    lacking = coverages(connection)
    topics = [
        (topic, list(group)) for topic, group in groupby(series.values(), key=lambda steps: steps[0].concept.topic)
    ]
    yield Page(
        "trends/index.html",
        "历年趋势",
        "trends.html",
        {"topics": [(topic, _list(topic, families)) for topic, families in topics]},
    )
    for code, steps in series.items():
        breaks = breaks_of(steps, first_years)
        label = steps[0].concept
        yield Page(
            trend_page(code),
            label.label,
            "trend.html",
            {
                "label": label,
                "last": steps[-1],
                "lacking": lacking.get(("city", steps[-1].report_year, steps[-1].form_code)),
                "figure": trend_figure(steps, breaks),
                "panel": _panel_table(steps),
                "slices": [_slice_figure(steps, kind, slices.get((code, kind), {}), breaks) for kind in _SLICES],
                "movers": [_movers(step) for step in reversed(steps) if step.movers],
                "breaks": breaks,
                "remarks": remarks_of(steps),
            },
        )


def _list(topic: str, families: Sequence[Sequence[Step]]) -> Table:
    rows = []
    for steps in families:
        step = steps[-1]
        rows.append(
            (
                Cell(f"{step.concept.label}（{step.concept.unit}）", page=trend_page(step.concept.concept_code)),
                f"{steps[0].report_year}—{step.report_year}",
                step.report_year,
                Cell(step.value, note="" if step.is_complete else "！不完整"),
                step.prior_value,
                step.change,
                step.change_pct,
                step.note or ("口径相同" if step.change is not None else ""),
            )
        )
    first = families[0][0].concept.concept_code
    return Table(
        f"trends_{first}",
        f"{topic}：最近一年与上年（全市）",
        (
            Column("指标", is_head=True),
            Column("年度范围"),
            Column("最近一年"),
            Column("数值", "number"),
            Column("上年", "number"),
            Column("增减", "change"),
            Column("同比", "percent"),
            Column("说明"),
        ),
        rows,
    )


def trend_figure(steps: Sequence[Step], breaks: Mapping[int, str]) -> Figure:
    """The line of the whole city with its breaks, and the matched panel beside it where it is not everybody."""
    label = steps[0].concept
    title = f"{label.label}（{label.unit}，全市）"
    panels = {step.report_year: step.panel for step in steps if step.panel and not step.panel.is_all}
    series = _by_form(steps)
    notes = []
    if panels:
        notes.append("方形点和虚线是两年都报、可以逐家对应的同一批单位，与全部单位的合计不是同一个数。")
    if any(not step.is_complete for step in steps):
        notes.append("空心点是还不完整的合计，不与上年相连，不计算同比。")
    notes += [f"{text}，线在此断开。" for text in breaks.values()]
    if len(steps) < steps[-1].report_year - steps[0].report_year + 1:
        notes.append("灰色年度没有数据。")
    rows = [_row(step, breaks) for step in steps]
    table = Table(
        f"trend_{label.concept_code}",
        title,
        (
            Column("年度", is_head=True),
            Column("表样"),
            Column("全市合计", "number"),
            Column("上年", "number"),
            Column("增减", "change"),
            Column("同比", "percent"),
            Column("合计"),
            Column("说明"),
        ),
        rows,
    )
    drawn = charts.lines(
        f"trend-{label.concept_code}",
        title,
        "折线图。" + "；".join(f"{step.report_year}年{written(step.value, 'number')}" for step in steps) + "。",
        series,
        breaks=[charts.Break(year, text) for year, text in breaks.items()],
        pairs=[charts.Pair(year, panel.prior_value, panel.value) for year, panel in panels.items()],
    )
    return Figure(title, drawn, table, tuple(notes))


def _by_form(steps: Sequence[Step]) -> dict[str, list[charts.Point]]:
    """One line; one for each form where two forms were collected for the same year."""
    years = [step.report_year for step in steps]
    is_one = len(set(years)) == len(years)
    found: dict[str, list[charts.Point]] = {}
    for step in steps:
        point = charts.Point(step.report_year, step.value, step.is_complete)
        found.setdefault("全部单位" if is_one else step.form_title, []).append(point)
    return found


def _row(step: Step, breaks: Mapping[int, str]) -> tuple[Any, ...]:
    return (
        step.report_year,
        step.form_title,
        step.value,
        step.prior_value,
        step.change,
        step.change_pct,
        Cell("完整", tone="good") if step.is_complete else Cell("不完整", tone="error"),
        "；".join(filter(None, (breaks.get(step.report_year), step.note))),
    )


def _panel_table(steps: Sequence[Step]) -> Table | None:
    label = steps[0].concept
    with_panel: list[tuple[Step, Panel]] = [(step, step.panel) for step in steps if step.panel]
    if not with_panel:
        return None
    return Table(
        f"panel_{label.concept_code}",
        f"{label.label}（{label.unit}）：两年都报的同一批单位",
        (
            Column("年度", is_head=True),
            Column("家数", "number"),
            Column("上年", "number"),
            Column("本年", "number"),
            Column("增减", "change"),
            Column("同比", "percent"),
            Column("新加入（家）", "number"),
            Column("不再报", "number"),
            Column("无法对应", "number"),
        ),
        [
            (
                step.report_year,
                Decimal(panel.organs_in_panel),
                panel.prior_value,
                panel.value,
                panel.change,
                panel.change_pct,
                *map(Decimal, (panel.organs_entered, panel.organs_left, panel.organs_excluded)),
            )
            for step, panel in with_panel
        ],
        "合并、更名的单位按沿革对应；无法对应的包括缺报、有空白格和沿革没有写明比例的单位。",
    )


def _slices(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str, list[dict[str, Any]]]]:
    """(concept, kind of slice) -> slice -> rows by year."""
    found: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for row in dicts(
        connection,
        """
        SELECT s.concept_code, s.slice_kind, s.slice_code, s.report_year, f.short_title, s.value, s.is_complete, s.note
        FROM mart.concept_series AS s
        JOIN core.dim_form AS f USING (form_code)
        WHERE s.slice_kind IN ('level', 'organ_kind')
        ORDER BY s.report_year, s.form_code
        """,
    ):
        found.setdefault((row["concept_code"], row["slice_kind"]), {}).setdefault(row["slice_code"], []).append(row)
    return found


def _slice_figure(
    steps: Sequence[Step], kind: str, rows: Mapping[str, Sequence[Mapping[str, Any]]], breaks: Mapping[int, str]
) -> Figure:
    label = steps[0].concept
    heading, codes = _SLICES[kind]
    names = {code: SLICES[code] for code in codes}
    title = f"{heading}（{label.unit}）"
    points = {
        name: [charts.Point(row["report_year"], row["value"], row["is_complete"]) for row in rows.get(code, ())]
        for code, name in names.items()
    }
    forms = {(row["report_year"], row["short_title"]) for of_slice in rows.values() for row in of_slice}
    by_year = {(row["report_year"], row["short_title"], code): row for code in names for row in rows.get(code, ())}
    table = Table(
        f"trend_{label.concept_code}_{kind}",
        f"{label.label}，{title}",
        (
            Column("年度", is_head=True),
            Column("表样"),
            *(Column(name, "number") for name in names.values()),
        ),
        [(*form, *(_total(by_year.get((*form, code))) for code in names)) for form in sorted(forms)],
    )
    return Figure(
        title,
        charts.lines(
            f"trend-{label.concept_code}-{kind}",
            f"{label.label}，{title}",
            f"折线图，{heading}分为{'、'.join(names.values())}；数值见下表。",
            points,
            breaks=[charts.Break(year, "") for year in breaks],
            height=260,
            width=charts.NARROW,
        ),
        table,
    )


def _total(row: Mapping[str, Any] | None) -> Cell | None:
    return Cell(row["value"], note="" if row["is_complete"] else "！不完整") if row else None


def _movers(step: Step) -> Table:
    about = "两年都报的单位各自的增减" if step.change is None else f"合计{written(step.change, 'change')}由谁构成"
    return Table(
        f"movers_{step.concept.concept_code}_{step.report_year}_{step.form_code}",
        f"{step.report_year}年变动最大的单位（{about}，{step.concept.unit}）",
        (Column("单位", is_head=True), Column("增减", "change"), Column("属于")),
        [
            (Cell(item.name, page=organ_page(item.organ_code)), item.contribution, WORDS["part"][item.part])
            for item in step.movers
        ],
    )
