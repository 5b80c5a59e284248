"""The annual report as headings, paragraphs and tables, whatever it is written as.

Belongs here: what stands in the report and in which order, the geometry of its tables, and the words around figures:
what a draft says, the notes, the source. Does not belong here: Word and HTML (``word``, ``page``), sentences with
figures of the report (``schemas/report_phrases.yaml``).

A note prints no number with a unit: it would be read as a figure of the report. Nothing in the report is invisible.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from pipelines.answers.wording import number, plain
from pipelines.report.figures import ReportError, ReportFigures
from pipelines.report.prose import Prose
from pipelines.report.shares import RULE
from pipelines.status import STATUSES
from pipelines.templates.layout import Box, Role, lay_out
from schemas.form import Form

DRAFT: Final = "草稿"
_UNPRINTED: Final = frozenset({Role.SECTION, Role.REMARK})
_MOST_DIFFERENCES: Final = 20
_LABEL_SHARES: Final = {0: (), 1: (0.44,), 3: (0.09, 0.12, 0.27)}
"""of the width of a table, the columns of labels by their number"""
_UNIT_SHARE: Final = 0.12


@dataclass(frozen=True, slots=True)
class Table:
    """A printed table: boxes with rows and columns from 0, the rows to repeat on each page, widths that add up to 1."""

    boxes: tuple[Box, ...]
    height: int
    repeated: int
    widths: tuple[float, ...]

    def line(self, row: int) -> list[Box]:
        """The boxes that begin in a row, from left to right."""
        return sorted((box for box in self.boxes if box.row == row), key=lambda box: box.column)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it."""

    heading: str
    paragraphs: tuple[str, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report. ``warnings`` are what a draft says first (none: it is no draft); ``source`` is for the foot."""

    title: str
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    source: str

    @property
    def is_draft(self) -> bool:
        """Whether it may not be published as it is."""
        return bool(self.warnings)


def compose(figures: ReportFigures, prose: Prose, moved: str, *, is_draft: bool) -> Report:
    """The report from its figures and sentences. ``moved`` marks shares that were adjusted.

    Raises ReportError, naming who is missing, where a total is incomplete and no draft is asked for.
    """
    if not (figures.is_complete or is_draft):
        raise ReportError(
            f"{figures.report_year}年度的全市合计不完整，没有写报告。{absent_words(figures)}；"
            "收齐后再写，或加 --draft 写成标明“草稿”的一份"
        )
    headings = list(dict.fromkeys(paragraph.section for paragraph in prose.paragraphs))
    tables: dict[str, list[Table]] = {}
    for form in figures.forms:
        for heading, table in _tables(form, figures):
            tables.setdefault(heading, []).append(table)
    mark = f"（{DRAFT}）" if is_draft else ""
    return Report(
        title=plain(prose.title),
        warnings=tuple(map(plain, _warnings(figures))) if is_draft else (),
        sections=tuple(
            Section(
                plain(heading) + mark,
                tuple(plain(paragraph.text) for paragraph in prose.paragraphs if paragraph.section == heading),
                tuple(tables.get(heading, ())),
            )
            for heading in dict.fromkeys([*headings, *tables])
        ),
        notes=tuple(
            map(plain, _notes(figures, RULE.format(moved=moved) if prose.has_shares else "", is_draft=is_draft))
        ),
        source=_source(figures),
    )


def absent_words(figures: ReportFigures) -> str:
    """Who is missing, by edition."""
    said = []
    for code, group in groupby(figures.absent, key=lambda absent: absent.form_code):
        names = "、".join(f"{absent.name}（{STATUSES[absent.status]}）" for absent in group)
        title = next(form.short_title for form in figures.forms if form.form_code == code)
        said.append(f"{title if len(figures.forms) > 1 else ''}尚缺：{names}")
    return "；".join(said)


def difference_words(figures: ReportFigures) -> list[str]:
    """Each figure that the city's own published report prints otherwise."""
    labels = {key: form.label(key) for form in figures.forms for key in form.cells()}
    return [
        f"{labels[key]}：公布{number(figure.reported)}，汇总{number(figure.value)}" for key, figure in figures.differing
    ]


def _warnings(figures: ReportFigures) -> Iterator[str]:
    if figures.is_complete:
        yield f"本件是{DRAFT}，不得对外公布。"
    else:
        yield f"本件是{DRAFT}，数字不完整，不得对外公布。{absent_words(figures)}。"


def _notes(figures: ReportFigures, rule: str, *, is_draft: bool) -> Iterator[str]:
    if rule:
        yield rule
    if figures.is_complete and figures.absent:
        yield f"合计未含未报单位的数，按规定不影响合计。{absent_words(figures)}。"
    labels = {key: form.label(key) for form in figures.forms for key in form.cells()}
    if blank := [labels[key] for key in figures.printed if figures.at(key).cells_blank]:
        shown = "、".join(blank[:_MOST_DIFFERENCES]) + ("等" if len(blank) > _MOST_DIFFERENCES else "")
        yield f"下列各格有单位留空，合计未含其数：{shown}。"
    if figures.unprinted:
        forms = {code: item.label for form in figures.forms for code, item in form.indicators.items()}
        named = "、".join(dict.fromkeys(forms[key.indicator_code] for key in figures.unprinted))
        yield f"有单位按别的行列填报，下列数字不能分入本表各格，未列入：{named}。"
    if is_draft and (different := difference_words(figures)):
        more = "；等" if len(different) > _MOST_DIFFERENCES else ""
        yield f"与市政府自己公布的报告不同的数字：{'；'.join(different[:_MOST_DIFFERENCES])}{more}。"


def _source(figures: ReportFigures) -> str:
    source = figures.source
    release = f"，版本 {source.release_id}" if source.release_id else ""
    return f"数字取自{source.built_at:%Y-%m-%d %H:%M}发布的全市汇总（第{source.night}夜{release}）"


def _tables(form: Form, figures: ReportFigures) -> Iterator[tuple[str, Table]]:
    """(heading, table) of an edition; what the form prints under one heading is one table."""
    sections = {table.code: table.section for table in form.tables}
    layout = lay_out(form, report_year=figures.report_year)
    counts = [list(group) for _, group in groupby(form.tables, key=lambda table: table.section)]
    for tables, (section, group) in zip(
        counts, groupby(layout.boxes, key=lambda box: sections[box.table]), strict=True
    ):
        boxes = [_filled(box, figures, has_unit=layout.has_unit) for box in group if box.role not in _UNPRINTED]
        yield section, _table(boxes, is_single=len(tables) == 1)


def _filled(box: Box, figures: ReportFigures, *, has_unit: bool) -> Box:
    """A box with its figure; an amount of money says its unit where neither row nor column does."""
    if box.key is None or box.indicator is None:
        return box
    value = figures.at(box.key).value
    unit = box.indicator.unit
    is_silent = box.indicator.value_kind == "money" and not has_unit and unit not in box.indicator.label
    text = "" if value is None else number(value) + (unit if is_silent else "")
    return replace(box, text=text)


def _table(boxes: Sequence[Box], *, is_single: bool) -> Table:
    """The boxes on a grid of their own, without columns that no box begins or ends in."""
    top = min(box.row for box in boxes)
    edges = sorted({edge for box in boxes for edge in (box.column, box.column + box.columns)})
    placed = tuple(
        replace(
            box,
            row=box.row - top,
            column=edges.index(box.column),
            columns=edges.index(box.column + box.columns) - edges.index(box.column),
        )
        for box in boxes
    )
    return Table(
        boxes=placed,
        height=max(box.row + box.rows for box in placed),
        repeated=_heads(placed) if is_single else 0,
        widths=_widths(placed, len(edges) - 1),
    )


def _heads(boxes: Sequence[Box]) -> int:
    return max(box.row + box.rows for box in boxes if box.role in (Role.CORNER, Role.HEADER))


def _widths(boxes: Sequence[Box], columns: int) -> tuple[float, ...]:
    labels = len({box.column for box in boxes if box.role is Role.LABEL})
    units = {box.column for box in boxes if box.role is Role.UNIT}
    taken = [*_LABEL_SHARES[labels], *(_UNIT_SHARE for _ in units)]
    rest = columns - len(taken)
    return (*taken, *((1 - sum(taken)) / rest for _ in range(rest)))
