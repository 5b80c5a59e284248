"""Where the cells of a web page's table stand.

Belongs here: row groups, rows, cells and their spans as browsers resolve them, and the bounds on what a page may claim.
Does not belong here: elements and text (``html``, ``text``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from pipelines.readers.detect import SEND_INSTEAD
from pipelines.readers.grid import Grid, Position, Printed, Span
from pipelines.readers.reject import RejectedError
from pipelines.readers.web.text import Flow

_MOST_COLUMNS: Final = 1000
"""columns that browsers let a cell span"""
_MOST_ROWS: Final = 65_534
_WHOLE: Final = re.compile(r"\s*\+?([0-9]{1,9})")
_PLAIN: Final = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?|[+-]?[0-9]+(?:\.[0-9]+)?")
_STORED: Final = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,30})?(?:[Ee][+-]?[0-9]{1,2})?")


@dataclass(eq=False)
class Cell:
    """A cell as the page writes it. ``rows`` 0 reaches to the end of its row group."""

    columns: int
    rows: int
    stored: str
    """the number that a spreadsheet program keeps beside the one it shows ('' for none)"""
    flow: Flow | None = field(default_factory=Flow)
    """None once its text has become running text, because a table stands in it"""

    @property
    def text(self) -> str:
        return _unrounded(self.flow.as_cell(), self.stored) if self.flow else ""


@dataclass(eq=False)
class _Group:
    name: str
    rows: list[list[Cell]] = field(default_factory=list)


class Table:
    """A table being read: groups, rows and cells in the order of the page."""

    def __init__(self, order: int) -> None:
        self.order = order
        self.preceding = 0
        """paragraphs of the page that stand before it"""
        self._groups: list[_Group] = []
        self._is_row_open = False
        self._is_group_open = False

    def open_group(self, name: str) -> None:
        self._groups.append(_Group(name))
        self._is_row_open, self._is_group_open = False, True

    def close_group(self) -> None:
        self._is_row_open = self._is_group_open = False

    def open_row(self) -> None:
        if not self._groups or (not self._is_group_open and self._groups[-1].name != ""):
            self._groups.append(_Group(""))
        self._groups[-1].rows.append([])
        self._is_row_open = True

    def close_row(self) -> None:
        self._is_row_open = False

    def add(self, cell: Cell) -> None:
        if not self._is_row_open:
            self.open_row()
        self._groups[-1].rows[-1].append(cell)

    @property
    def cells(self) -> Iterator[Cell]:
        return (cell for group in self._groups for row in group.rows for cell in row)

    def _printed_groups(self) -> list[_Group]:
        """The first head on top and the first foot at the bottom, wherever the page writes them."""
        head = next((group for group in self._groups if group.name == "thead"), None)
        foot = next((group for group in self._groups if group.name == "tfoot"), None)
        body = [group for group in self._groups if group is not head and group is not foot]
        return [*filter(None, [head]), *body, *filter(None, [foot])]

    def as_grid(self, sheet: str, most_slots: int, preceding: int) -> Grid:
        """The table as a grid. Raises RejectedError where its cells claim more than ``most_slots`` places."""
        cells: dict[Position, Printed] = {}
        spans: list[Span] = []
        slots = top = 0
        for group in self._printed_groups():
            # a span ends with its group; a column is taken down to the row noted
            taken: dict[int, int] = {}
            end = top + len(group.rows) - 1
            for line, row in enumerate(group.rows, start=top):
                column = 0
                for cell in row:
                    while taken.get(column, -1) >= line:
                        column, slots = column + 1, slots + 1
                    # where a span from above is in the way the later cell ends before it: no slot holds two cells
                    width = 1
                    while width < cell.columns and taken.get(column + width, -1) < line:
                        width += 1
                    last = min(line + cell.rows - 1, end) if cell.rows else end
                    slots += width * (last - line + 1)
                    if slots > most_slots:
                        raise RejectedError("V01", f"网页里的表格过大，未读取；{SEND_INSTEAD}")
                    taken.update(dict.fromkeys(range(column, column + width), last))
                    if text := cell.text:
                        cells[line, column] = Printed(text)
                    if width > 1 or last > line:
                        spans.append(Span(line, column, last, column + width - 1))
                    column += cell.columns
            top += len(group.rows)
        return Grid(sheet, cells, spans, has_letters=False, preceding=preceding)


def columns_of(value: str | None) -> int:
    """The columns that ``colspan`` says, read as browsers read it."""
    return min(_whole(value, 1) or 1, _MOST_COLUMNS)


def rows_of(value: str | None) -> int:
    """The rows that ``rowspan`` says; 0 is all that are left of the row group."""
    return min(_whole(value, 1), _MOST_ROWS)


def _whole(value: str | None, otherwise: int) -> int:
    match = _WHOLE.match(value or "")
    return int(match[1]) if match else otherwise


def _unrounded(printed: str, stored: str) -> str:
    """The number behind a rounded display, as a workbook's reader gives it; only where it rounds to what is printed.

    A date or a figure typed over later does not.
    """
    if not (_STORED.fullmatch(stored) and _PLAIN.fullmatch(printed)):
        return printed
    shown = Decimal(printed.replace(",", ""))
    exact = Decimal(f"{float(stored):.15g}")
    step = Decimal(1).scaleb(int(shown.as_tuple().exponent))
    return f"{exact:f}" if exact != shown and abs(exact - shown) <= step / 2 else printed
