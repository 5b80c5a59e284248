"""What became of the requests, as a flow: a page for each year and form.

Belongs here: which rows of a form are sources, outcomes and what is carried on. Does not belong here: drawing
(``flow``). Where the form's own totals do not add up, no flow is drawn and the page says what does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import duckdb

from pipelines.site.coverage import Coverage, coverages
from pipelines.site.figure import Cell, Column, Figure, Table, written
from pipelines.site.flow import Band, Node, flow
from pipelines.site.frame import Page
from schemas.form import APPLICANT_LABELS
from warehouse.connection import dicts


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of an edition: what came in, the total of what was answered, what goes on to the next year."""

    sources: tuple[str, ...]
    total: str
    carried_out: str = ""
    applicant: str = ""


_ROWS: Final = {
    "fj_annex_2009": Rows(("fj09_req_total",), "fj09_reply_total"),
    "fj_annex_2017": Rows(("fj_req_total",), "fj_reply_total"),
    "gb_2014": Rows(("g14_req_total",), "g14_reply_total"),
    "gb_2019": Rows(("req_new", "req_carried_in"), "res_total", "req_carried_out", "total"),
    "gb_2021": Rows(("req_new", "req_carried_in"), "res_total", "req_carried_out", "total"),
}
_GROUPED: Final = re.compile(r"（.）(?P<group>[^ （]+)(?:（.*）)?(?: \d+\.(?P<part>.+))?")
"""（三）不予公开 1.属于国家秘密: group and part"""
_NUMBERED: Final = re.compile(r"^(?:其中[:：])?(?:（.）|[一二三四五六七八九十]+、|\d+\.)?")
_COLOURS: Final = {
    "予以公开": 2,
    "同意公开": 2,
    "部分公开": 0,
    "同意部分公开": 0,
    "不予公开": 1,
    "无法提供": 3,
    "不予处理": 5,
}
_CARRIED: Final = "结转下年"
_SHORT: Final = {
    "req_new": "本年新收",
    "req_carried_in": "上年结转",
    "fj09_req_total": "受理申请",
    "fj_req_total": "受理申请",
    "g14_req_total": "收到申请",
}
_LABEL: Final = 17


@dataclass(frozen=True, slots=True)
class Outcome:
    """A group of outcomes with its parts; ``value`` None where a part of it is not known."""

    label: str
    parts: dict[str, Decimal | None] = field(default_factory=dict)

    @property
    def value(self) -> Decimal | None:
        """The sum of the parts."""
        known = [value for value in self.parts.values() if value is not None]
        return sum(known, Decimal(0)) if len(known) == len(self.parts) else None

    @property
    def is_divided(self) -> bool:
        """Whether the form has more than one row for it."""
        return len(self.parts) > 1


@dataclass(frozen=True, slots=True)
class Result:
    """One year and form: what came in and where it went."""

    report_year: int
    form_code: str
    form_title: str
    sources: Mapping[str, Decimal | None]
    total: Decimal | None
    carried_out: Decimal | None
    outcomes: Sequence[Outcome]

    @property
    def path(self) -> str:
        """Path of its page."""
        return f"results/{self.report_year}_{self.form_code}.html"

    @property
    def came(self) -> Decimal | None:
        """All that had to be dealt with."""
        known = [value for value in self.sources.values() if value is not None]
        return sum(known, Decimal(0)) if len(known) == len(self.sources) else None

    @property
    def does_divide(self) -> bool:
        """Whether the outcomes are the total, exactly, and none of them less than nothing."""
        parts = [value for item in self.outcomes for value in item.parts.values()]
        known = [value for value in parts if value is not None and value >= 0]
        return len(known) == len(parts) and self.total == sum(known)

    @property
    def does_balance(self) -> bool:
        """Whether what came in is what was answered and what is carried on, exactly."""
        return (
            self.came is not None
            and self.total is not None
            and self.carried_out is not None
            and min(self.carried_out, *(value for value in self.sources.values() if value is not None)) >= 0
            and self.came == self.total + self.carried_out
        )

    @property
    def balance(self) -> str:
        """What adds up to what, or what does not, in one sentence."""
        sources = "＋".join(f"{label} {written(value, 'number')}" for label, value in self.sources.items())
        if self.form_code not in _ROWS or not _ROWS[self.form_code].carried_out:
            differs = "" if self.came == self.total else "；两者不必相等，"
            return (
                f"{sources}，答复 {written(self.total, 'number')}{differs or '；'}"
                "这份表样没有结转栏，当年未办完和上年转来的各有多少，表中看不出来，所以只画答复的去向。"
            )
        right = f"办理 {written(self.total, 'number')}＋{_CARRIED} {written(self.carried_out, 'number')}"
        if self.does_balance:
            return f"{sources} ＝ {right}。"
        return f"{sources} 与 {right} 不相等，相差 {_difference(self)}，所以不画来源，只画办理的去向。"


def _difference(result: Result) -> str:
    if result.came is None or result.total is None or result.carried_out is None:
        return written(None)
    return written(abs(result.came - result.total - result.carried_out), "number")


def pages(connection: duckdb.DuckDBPyConnection) -> Iterator[Page]:
    """A page for each year and form, the latest at the section's front."""
    results = _results(connection)
    covered = coverages(connection)
    applicants = _applicants(connection)
    links = [(item.path, f"{item.report_year}年（{item.form_title}）") for item in results]
    for place, item in enumerate(results):
        context = {
            "item": item,
            "links": links,
            "coverage": covered.get(("city", item.report_year, item.form_code)),
            "figure": _figure(item, covered.get(("city", item.report_year, item.form_code))),
            "table": _table(item),
            "applicants": _applicant_table(item, applicants),
        }
        if place == 0:
            yield Page("results/index.html", "申请办理结果", "results.html", context)
        yield Page(item.path, f"{item.report_year}年申请办理结果", "results.html", context)
    if not results:
        yield Page("results/index.html", "申请办理结果", "results.html", {"item": None})


def _results(connection: duckdb.DuckDBPyConnection) -> list[Result]:
    """Newest first."""
    values: dict[tuple[int, str], dict[str, Decimal | None]] = {}
    titles: dict[str, str] = {}
    for row in dicts(
        connection,
        """
        SELECT r.report_year, r.form_code, f.short_title, r.indicator_code, r.applicant_kind, r.value
        FROM mart.city_rollup AS r
        JOIN core.dim_form AS f USING (form_code)
        WHERE r.slice_kind = 'city' AND r.measure = 'annual' AND r.applicant_kind IN ('', 'total')
        ORDER BY r.report_year DESC, r.form_code
        """,
    ):
        rows = _ROWS.get(row["form_code"])
        if rows and row["applicant_kind"] == rows.applicant:
            values.setdefault((row["report_year"], row["form_code"]), {})[row["indicator_code"]] = row["value"]
            titles[row["form_code"]] = row["short_title"]
    labels: dict[str, dict[str, str]] = {}
    for row in dicts(
        connection,
        "SELECT form_code, indicator_code, label, parent_code FROM core.dim_indicator ORDER BY form_code, position",
    ):
        if row["form_code"] in _ROWS and row["parent_code"] == _ROWS[row["form_code"]].total:
            labels.setdefault(row["form_code"], {})[row["indicator_code"]] = row["label"]
    return [
        Result(
            report_year=year,
            form_code=form,
            form_title=titles[form],
            sources={_SHORT[code]: found.get(code) for code in _ROWS[form].sources},
            total=found.get(_ROWS[form].total),
            carried_out=found.get(_ROWS[form].carried_out),
            outcomes=_outcomes(labels[form], found),
        )
        for (year, form), found in values.items()
    ]


def _outcomes(labels: Mapping[str, str], values: Mapping[str, Decimal | None]) -> list[Outcome]:
    """The rows below the total in groups; a row that a variant of the form lacks is not there."""
    found: dict[str, Outcome] = {}
    for code, label in labels.items():
        if code not in values:
            continue
        hit = _GROUPED.fullmatch(label)
        group = (
            hit["group"]
            if hit
            else _NUMBERED.sub("", label).removesuffix("答复总数").removesuffix("答复数").removesuffix("数")
        )
        part = (hit["part"] if hit else None) or group
        found.setdefault(group, Outcome(group)).parts[part] = values[code]
    return list(found.values())


def _figure(item: Result, coverage: Coverage | None) -> Figure | None:
    """The flow, as far as the totals carry it; None where not even the outcomes add up."""
    if not item.does_divide or not item.total:
        return None
    nodes: dict[str, Node] = {}
    bands: list[Band] = []
    if item.does_balance:
        starts = {label: value for label, value in item.sources.items() if value}
        ends = {group.label: group.value for group in item.outcomes} | {_CARRIED: item.carried_out}
        nodes |= {f"from {label}": Node(_told(label, value), 0) for label, value in starts.items()}
        nodes["all"] = Node("", 1)
        bands += [Band(f"from {label}", "all", value) for label, value in starts.items()]
    else:
        nodes["all"] = Node(_told("答复", item.total), 0)
        ends = {group.label: group.value for group in item.outcomes}
    first = 1 if item.does_balance else 0
    for label, value in ends.items():
        colour = _COLOURS.get(label, 4)
        nodes[label] = Node(_told(label, value, None if label == _CARRIED else item.total), first + 1, colour)
        bands.append(Band("all", label, value or Decimal(0)))
    for group in item.outcomes:
        if group.is_divided:
            for part, value in group.parts.items():
                key = f"{group.label} {part}"
                nodes[key] = Node(_told(_shortened(part), value), first + 2, _COLOURS.get(group.label, 4))
                bands.append(Band(group.label, key, value or Decimal(0)))
    title = f"{item.report_year}年{'申请从哪里来、到哪里去' if item.does_balance else '答复的去向'}（件）"
    told = "；".join(f"{label} {written(value, 'number')}" for label, value in ends.items())
    notes = ["带的宽窄就是件数；0 的去向不画，表中列出。"]
    if coverage and not coverage.is_complete:
        notes.insert(0, f"！合计不完整，缺{len(coverage.missing)}家：{coverage.missing_names}。")
    drawn = flow(f"flow-{item.report_year}-{item.form_code}", title, f"{item.balance}去向：{told}。", nodes, bands)
    return Figure(title, drawn, _table(item), tuple(notes))


def _told(label: str, value: Decimal | None, base: Decimal | None = None) -> str:
    share = f"（{written(value / base, 'rate')}）" if base and value is not None else ""
    return f"{label} {written(value, 'number')}{share}"


def _shortened(label: str) -> str:
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"


def _table(item: Result) -> Table:
    rows: list[tuple[Any, ...]] = [("来源", label, value, None) for label, value in item.sources.items()]
    for group in item.outcomes:
        rows += [(group.label, part, value, _share(value, item.total)) for part, value in group.parts.items()]
        if group.is_divided:
            rows.append((group.label, "小计", group.value, _share(group.value, item.total)))
    rows.append(("答复总数", "合计", item.total, _share(item.total, item.total)))
    if _ROWS[item.form_code].carried_out:
        rows.append((_CARRIED, "合计", item.carried_out, None))
    return Table(
        f"results_{item.report_year}_{item.form_code}",
        f"{item.report_year}年申请的来源和办理结果（{item.form_title}，件）",
        (Column("类别", is_head=True), Column("小项"), Column("件数", "number"), Column("占答复总数", "rate")),
        rows,
    )


def _share(value: Decimal | None, total: Decimal | None) -> Decimal | None:
    return value / total if value is not None and total else None


def _applicants(connection: duckdb.DuckDBPyConnection) -> dict[tuple[int, str], dict[str, dict[str, Decimal | None]]]:
    """(year, form) -> indicator -> applicant -> value, of the forms that know applicants."""
    found: dict[tuple[int, str], dict[str, dict[str, Decimal | None]]] = {}
    for row in dicts(
        connection,
        """
        SELECT report_year, form_code, indicator_code, applicant_kind, value
        FROM mart.city_rollup
        WHERE slice_kind = 'city' AND measure = 'annual' AND applicant_kind <> ''
        """,
    ):
        key = (row["report_year"], row["form_code"])
        found.setdefault(key, {}).setdefault(row["indicator_code"], {})[row["applicant_kind"]] = row["value"]
    return found


def _applicant_table(
    item: Result, values: Mapping[tuple[int, str], Mapping[str, Mapping[str, Decimal | None]]]
) -> Table | None:
    found = values.get((item.report_year, item.form_code))
    rows = _ROWS[item.form_code]
    if not found or not rows.applicant:
        return None
    shown = {
        **{code: _SHORT[code] for code in rows.sources},
        "res_granted": "予以公开",
        "res_partial": "部分公开",
        rows.total: "答复总数",
        rows.carried_out: _CARRIED,
    }
    return Table(
        f"applicants_{item.report_year}_{item.form_code}",
        f"{item.report_year}年按申请人（件）",
        (Column("", is_head=True), *(Column(label, "number") for label in APPLICANT_LABELS.values())),
        [(Cell(label), *(found.get(code, {}).get(kind) for kind in APPLICANT_LABELS)) for code, label in shown.items()],
    )
