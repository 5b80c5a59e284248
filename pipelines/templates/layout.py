"""Where every box of a printed form stands on a sheet.

Belongs here: the geometry of an edition - rows, columns and spans of its headings, captions, headers, labels and
cells - computed from ``schemas.form`` alone. Does not belong here: any spreadsheet library, fonts, colours, or what is
filled in.

All tables of an edition stand on one sheet, one below the other, on one grid of columns: the label area first (three
columns wide where the request matrix needs them), then the figures. A table that needs fewer label columns than the
grid has merges them; where tables of one section differ in width, the last column of the narrower ones is stretched, as
the printed forms do it. The table without labels (reviews and lawsuits) begins in the first column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from schemas.form import CellKey, Form, Indicator, Row, Table

REMARK_HEADER: Final = "备注"
UNCHECKED_MARK: Final = "待核"
HEADING_DASH: Final = "——"


class Role(Enum):
    """What a box is: it decides how the box is painted, and which boxes an office fills in."""

    SECTION = "section"
    CAPTION = "caption"
    CORNER = "corner"
    HEADER = "header"
    LABEL = "label"
    UNIT = "unit"
    HEADING = "heading"
    VALUE = "value"
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the sheet, 1-based, with its printed text; ``key`` and ``indicator`` only where it is filled.

    ``table`` is the code of the form's table that the box belongs to.
    """

    role: Role
    row: int
    column: int
    text: str = ""
    rows: int = 1
    columns: int = 1
    key: CellKey | None = None
    indicator: Indicator | None = None
    table: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """All boxes of an edition; the first ``label_columns`` carry labels, ``last_row`` and ``last_column`` end it."""

    boxes: tuple[Box, ...]
    label_columns: int
    has_unit: bool
    last_row: int
    last_column: int
    page_rows: tuple[int, ...] = ()
    """rows that begin a printed page: the request matrix is kept whole"""

    @property
    def values(self) -> tuple[Box, ...]:
        """The boxes to fill in, in printed order: exactly one for each cell of the edition's variant."""
        return tuple(box for box in self.boxes if box.role is Role.VALUE)


def lay_out(form: Form, *, variant: str = "", report_year: int, first_row: int = 1) -> Layout:
    """The boxes of ``variant`` of ``form``, from ``first_row`` downwards.

    Raises FormError where the edition has no such variant.
    """
    label_columns = max(table.label_columns for table in form.tables)
    boxes: list[Box] = []
    page_rows: list[int] = []
    next_row, section = first_row, form.title
    for table in form.tables:
        placing = _Placing(form, variant, table, label_columns)
        if table.label_columns > 1:
            page_rows.append(next_row)
        if table.section != section:
            section = table.section
            boxes.append(Box(Role.SECTION, next_row, 1, section, columns=placing.edge, table=table.code))
            next_row += 1
        placed = tuple(placing.boxes(next_row))
        boxes += [replace(box, text=box.text.replace("{year}", str(report_year)), table=table.code) for box in placed]
        next_row = max(box.row + box.rows for box in placed)
    return Layout(
        boxes=tuple(boxes),
        label_columns=label_columns,
        has_unit=any(table.unit_header for table in form.tables),
        last_row=next_row - 1,
        last_column=max(box.column + box.columns - 1 for box in boxes),
        page_rows=tuple(page_rows),
    )


@dataclass(frozen=True, slots=True)
class _Placing:
    """One table on the grid of its form."""

    form: Form
    variant: str
    table: Table
    label_columns: int

    @property
    def edge(self) -> int:
        """The last column of the widest table that stands in the same section."""
        return max(
            self._first_value_column(other) + len(other.columns) - 1
            for other in self.form.tables
            if other.section == self.table.section
        )

    def boxes(self, top: int) -> Iterator[Box]:
        """Caption, header, rows and remarks from row ``top`` downwards."""
        table = self.table
        if table.caption:
            yield Box(Role.CAPTION, top, 1, table.caption, columns=self.edge)
            top += 1
        depth = max(len(column.path) for column in table.columns)
        yield from self._header(top, depth)
        yield from self._labels(top + depth)
        yield from self._figures(top + depth)
        yield from self._remarks(top, depth)

    def _first_value_column(self, table: Table) -> int:
        if table.label_columns == 0:
            return 1
        return self.label_columns + 1 + bool(table.unit_header)

    def _spans(self) -> list[int]:
        """How many columns of the grid each column of the table takes: one, but the last one reaches the edge."""
        spans = [1] * len(self.table.columns)
        spans[-1] = self.edge - self._first_value_column(self.table) - len(spans) + 2
        return spans

    def _header(self, top: int, depth: int) -> Iterator[Box]:
        table, spans = self.table, self._spans()
        if table.label_columns:
            yield Box(Role.CORNER, top, 1, table.corner or table.row_header, rows=depth, columns=self.label_columns)
        if table.unit_header:
            yield Box(Role.HEADER, top, self.label_columns + 1, table.unit_header, rows=depth)
        for head in merge_paths([column.path for column in table.columns], depth):
            yield Box(
                Role.HEADER,
                top + head.level,
                self._first_value_column(table) + head.first,
                head.text,
                rows=head.levels,
                columns=sum(spans[head.first : head.first + head.count]),
            )

    def _labels(self, top: int) -> Iterator[Box]:
        rows = self.form.rows(self.table, self.variant)
        if self.table.label_columns:
            for head in merge_paths([row.path for row in rows], self.label_columns):
                yield Box(Role.LABEL, top + head.first, head.level + 1, head.text, rows=head.count, columns=head.levels)
        if self.table.unit_header:
            for line, row in enumerate(rows, start=top):
                yield Box(Role.UNIT, line, self.label_columns + 1, self.form.indicators[row.codes[0]].unit)

    def _figures(self, top: int) -> Iterator[Box]:
        spans = self._spans()
        for line, row in enumerate(self.form.rows(self.table, self.variant), start=top):
            column = self._first_value_column(self.table)
            for code, head, width in zip(row.codes, self.table.columns, spans, strict=True):
                if row.is_heading:
                    yield Box(Role.HEADING, line, column, HEADING_DASH, columns=width)
                else:
                    key = CellKey(code, head.applicant_kind, head.measure)
                    indicator = self.form.indicators[code]
                    yield Box(Role.VALUE, line, column, columns=width, key=key, indicator=indicator)
                column += width

    def _remarks(self, top: int, depth: int) -> Iterator[Box]:
        """A column right of the table for the rows whose wording is still to be checked against the circular."""
        rows = enumerate(self.form.rows(self.table, self.variant), start=top + depth)
        marked = [line for line, row in rows if self._is_unchecked(row)]
        if marked:
            yield Box(Role.REMARK, top, self.edge + 1, REMARK_HEADER, rows=depth)
        for line in marked:
            yield Box(Role.REMARK, line, self.edge + 1, UNCHECKED_MARK)

    def _is_unchecked(self, row: Row) -> bool:
        return any(self.form.indicators[code].label_status != "seen" for code in row.codes)


@dataclass(frozen=True, slots=True)
class PathSpan:
    """A merged head: ``text`` covers ``count`` leaves from ``first`` and ``levels`` levels from ``level`` (0-based)."""

    text: str
    first: int
    count: int
    level: int
    levels: int


def merge_paths(paths: Sequence[tuple[str, ...]], depth: int) -> Iterator[PathSpan]:
    """The merged heads of neighbouring ``paths``: equal beginnings are one head, the last one fills up to ``depth``."""
    for level in range(depth):
        first = 0
        while first < len(paths):
            path = paths[first]
            if level >= len(path):
                first += 1
                continue
            is_leaf = level == len(path) - 1
            count = 1 if is_leaf else _run_length(paths, first, level)
            yield PathSpan(path[level], first, count, level, depth - level if is_leaf else 1)
            first += count


def _run_length(paths: Sequence[tuple[str, ...]], first: int, level: int) -> int:
    """How many paths from ``first`` on share its elements up to ``level`` and go deeper."""
    head = paths[first][: level + 1]
    last = first
    while last < len(paths) and len(paths[last]) > level + 1 and paths[last][: level + 1] == head:
        last += 1
    return last - first
