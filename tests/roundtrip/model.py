"""A report as printed: titles and tables with spans, from which files of every kind are written.

Belongs here: the page, its geometry and its editing - rows and columns put in, taken out, moved. Does not belong here:
what dirt does with that (``dirt_figures``, ``dirt_tables``), kinds of file (``writers``).

The geometry of an edition comes from ``pipelines.templates.layout``; here each section is a table of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from pipelines.templates.layout import Role, lay_out
from schemas.form import CellKey, Form

ORGAN: Final = "厦门市教育局"
LOST: Final = frozenset[str]()
"""the states of a cell of which no number can come back: whatever is said of it must be a doubt"""
Stored = int | float | Decimal | dt.date | str | None
_DROPPED: Final = (Role.SECTION, Role.REMARK)


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come back of a cell: this value in one of these states, or, where that is allowed, a doubt."""

    value: Decimal | None
    states: frozenset[str]


def expected(value: Decimal | int | None, *states: str) -> Expected:
    return Expected(None if value is None else Decimal(value), frozenset(states or ["reported"]))


@dataclass(slots=True)
class Box:
    """A printed cell, from 0. ``stored`` is what a spreadsheet holds: a number, a date, a formula (=...); None: text.

    ``pieces`` is the text as inline tags or runs split it, where they do.
    """

    role: Role
    row: int
    column: int
    rows: int = 1
    columns: int = 1
    text: str = ""
    key: CellKey | None = None
    table: str = ""
    stored: Stored = None
    pieces: tuple[str, ...] = ()

    @property
    def bottom(self) -> int:
        """The last row."""
        return self.row + self.rows - 1

    @property
    def right(self) -> int:
        """The last column."""
        return self.column + self.columns - 1

    def covers(self, row: int, column: int) -> bool:
        return self.row <= row <= self.bottom and self.column <= column <= self.right


@dataclass(slots=True)
class Table:
    """One printed table. ``form`` is None for one that is not the form's."""

    boxes: list[Box]
    form: Form | None = None
    hidden_rows: set[int] = field(default_factory=set)

    @property
    def height(self) -> int:
        return max((box.bottom for box in self.boxes), default=-1) + 1

    @property
    def width(self) -> int:
        return max((box.right for box in self.boxes), default=-1) + 1

    @property
    def values(self) -> list[Box]:
        """The boxes with figures of the form."""
        return [box for box in self.boxes if box.key is not None]

    def of(self, *roles: Role) -> list[Box]:
        return [box for box in self.boxes if box.role in roles]

    def at(self, row: int, column: int) -> Box | None:
        return next((box for box in self.boxes if box.covers(row, column)), None)

    def keys_in(self, rows: Iterable[int], columns: Iterable[int] | None = None) -> set[CellKey]:
        """The figures that stand in these rows (and columns)."""
        lines, places = set(rows), None if columns is None else set(columns)
        return {
            box.key
            for box in self.boxes
            if box.key is not None and box.row in lines and (places is None or box.column in places)
        }

    @property
    def data_rows(self) -> list[int]:
        """The rows with figures of the form."""
        return sorted({box.row for box in self.values})

    def insert_row(self, at: int) -> None:
        """An empty row before row ``at``; boxes across it grow."""
        for box in self.boxes:
            if box.row >= at:
                box.row += 1
            elif box.bottom >= at:
                box.rows += 1
        self.hidden_rows = {row + (row >= at) for row in self.hidden_rows}

    def delete_row(self, at: int) -> None:
        """Row ``at`` is gone; what is merged across it stays with the other rows."""
        kept = []
        for box in self.boxes:
            if box.row <= at <= box.bottom:
                box.rows -= 1
            if box.row > at:
                box.row -= 1
            if box.rows:
                kept.append(box)
        self.boxes = kept
        self.hidden_rows = {row - (row > at) for row in self.hidden_rows if row != at}

    def insert_column(self, at: int) -> None:
        for box in self.boxes:
            if box.column >= at:
                box.column += 1
            elif box.right >= at:
                box.columns += 1

    def move_rows(self, order: Mapping[int, int]) -> None:
        """Rows by their new places; only what stands in a single row moves."""
        for box in self.boxes:
            if box.rows == 1:
                box.row = order.get(box.row, box.row)

    def compact(self) -> Table:
        """Without the columns in which nothing begins: how a text, which has no common grid, prints the table."""
        starts = sorted({box.column for box in self.boxes})
        place = {column: index for index, column in enumerate(starts)}

        def moved(box: Box) -> Box:
            width = sum(1 for column in starts if box.column <= column <= box.right)
            return replace(box, column=place[box.column], columns=width)

        return Table([moved(box) for box in self.boxes], self.form, set(self.hidden_rows))

    def visible(self) -> Table:
        """Without its hidden rows, as a page shows it; labels across them stay."""
        shown = Table([replace(box) for box in self.boxes], self.form, set(self.hidden_rows))
        for row in sorted(self.hidden_rows, reverse=True):
            shown.delete_row(row)
        return shown


@dataclass(slots=True)
class Line:
    """Running text: ``kind`` is title, section, caption or text."""

    text: str
    kind: str = "text"


Item = Line | Table


@dataclass(slots=True)
class Part:
    """A sheet of a workbook, or a stretch of a text."""

    name: str
    items: list[Item]
    is_hidden: bool = False
    is_main: bool = True
    """whether it is the report asked for: what is saved as text holds nothing else"""

    @property
    def tables(self) -> list[Table]:
        """The tables of the form."""
        return [item for item in self.items if isinstance(item, Table) and item.form is not None]


@dataclass(slots=True)
class Page:
    """A whole report, and what must come back of it.

    ``may_flag`` are the cells of which dirt has made a doubt legitimate, ``may_refuse`` whether it has of the whole.
    ``others`` are further submissions that may be read: (edition, year, organ) and their figures.
    """

    form: Form
    variant: str
    year: int
    parts: list[Part]
    expected: dict[CellKey, Expected]
    may_flag: set[CellKey] = field(default_factory=set)
    may_refuse: bool = False
    others: dict[tuple[str, int, str], dict[CellKey, Expected]] = field(default_factory=dict)
    organ: str = ORGAN
    nested: bool = False
    """whether the portal lays its page out in a table"""

    @property
    def main(self) -> Part:
        return next(part for part in self.parts if part.is_main)

    @property
    def tables(self) -> list[Table]:
        """The tables of the form in the report asked for."""
        return self.main.tables

    @property
    def figures(self) -> list[Box]:
        """The boxes with figures, in printed order."""
        return [box for table in self.tables for box in table.values]


Figures = Mapping[CellKey, Decimal | None]


def print_report(form: Form, variant: str, year: int, figures: Figures, *, organ: str = ORGAN) -> Page:
    """The report as the form prescribes it."""
    part = Part(f"{year}年", [Line(report_title(organ, year), "title"), *print_tables(form, variant, year, figures)])
    back = {key: expected(value, "blank" if value is None else "reported") for key, value in figures.items()}
    return Page(form, variant, year, [part], back, organ=organ)


def report_title(organ: str, year: int) -> str:
    return f"{organ}{year}年政府信息公开工作年度报告"


def print_tables(form: Form, variant: str, year: int, figures: Figures) -> list[Item]:
    """Each section's heading and table."""
    items: list[Item] = []
    laid_out = [box for box in lay_out(form, variant=variant, report_year=year).boxes if box.role not in _DROPPED]
    sections: dict[str, list[str]] = {}
    for table in form.tables:
        sections.setdefault(table.section, []).append(table.code)
    for section, codes in sections.items():
        boxes = [box for box in laid_out if box.table in codes]
        top = min(box.row for box in boxes)
        items.append(Line(section, "section"))
        printed = [Box(b.role, b.row - top, b.column - 1, b.rows, b.columns, b.text, b.key, b.table) for b in boxes]
        for box in printed:
            if box.key is not None and (value := figures[box.key]) is not None:
                put(box, value)
        items.append(Table(printed, form))
    return items


def put(box: Box, value: Decimal) -> None:
    """A plain number in a box."""
    box.pieces = ()
    box.stored = int(value) if value == int(value) else value
    box.text = f"{value:f}"


def put_text(box: Box, text: str) -> None:
    box.text, box.stored, box.pieces = text, None, ()


def on_labels(page: Page, roles: Sequence[Role], change: Callable[[str], str]) -> None:
    """``change`` on the words of the form's boxes in these roles."""
    for table in page.tables:
        for box in table.of(*roles):
            box.text = change(box.text)
