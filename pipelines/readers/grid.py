"""A sheet as printed cells with spans: what every kind of file is turned into before anything is recognised.

Belongs here: the grid and its geometry. Does not belong here: forms, labels, numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from openpyxl.utils import get_column_letter

from pipelines.readers.reject import RejectedError

Position = tuple[int, int]
"""(row, column), both from 0"""
_SPAN_MARGIN: Final = 32
"""rows and columns beyond the last printed cell in which merged ranges still count"""


@dataclass(frozen=True, slots=True)
class Printed:
    """The text of a cell.

    ``flag`` is '', date, formula (one without a cached value), error, boolean, surplus (in a CSV line with more fields
    than the header), garbled (with a character that cannot be read for certain), shared (merged with another cell of
    the form) or beside (blank, with a number that is in no column right beside it).
    """

    text: str
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A merged range, both corners included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Grid:
    """One sheet. Only cells with something in them are in ``cells``; a span's text is its top left cell's.

    Raises RejectedError where merged ranges overlap, which no spreadsheet program writes.
    """

    sheet: str
    cells: Mapping[Position, Printed]
    spans: Sequence[Span] = ()
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()
    has_letters: bool = True
    """whether its reader sees column letters and row numbers, as a spreadsheet shows; a table in a text has none"""
    begins: int = 0
    """its first line, where it is the lower part of a sheet"""
    preceding: int = 0
    """how many of the document's paragraphs stand before it"""
    _anchors: dict[Position, Position] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        # a merged range may reach to the end of the sheet: only what lies near the printed cells is expanded
        bottom = max((row for row, _ in self.cells), default=-1 - _SPAN_MARGIN) + _SPAN_MARGIN
        right = max((column for _, column in self.cells), default=-1 - _SPAN_MARGIN) + _SPAN_MARGIN
        for span in dict.fromkeys(self.spans):
            for row in range(span.top, min(span.bottom, bottom) + 1):
                for column in range(span.left, min(span.right, right) + 1):
                    if (row, column) in self._anchors:
                        raise RejectedError("V01", f"“{self.sheet}”的合并单元格互相重叠；请重新导出为 .xlsx")
                    self._anchors[row, column] = (span.top, span.left)

    @cached_property
    def height(self) -> int:
        """Rows up to the last one with something in it."""
        return max((row for row, _ in (*self.cells, *self._anchors)), default=-1) + 1

    @cached_property
    def width(self) -> int:
        """Columns up to the last one with something in it."""
        return max((column for _, column in (*self.cells, *self._anchors)), default=-1) + 1

    def part(self, first: int, end: int) -> Grid:
        """The lines from ``first`` up to before ``end``; every cell keeps its place."""
        cells = {place: printed for place, printed in self.cells.items() if first <= place[0] < end}
        return replace(self, cells=cells, begins=first)

    def anchor(self, position: Position) -> Position:
        """The cell that holds the text of ``position``: itself, or the top left one of its span."""
        return self._anchors.get(position, position)

    def at(self, position: Position) -> Printed:
        """What stands at a position, through spans."""
        return self.cells.get(self.anchor(position), Printed(""))

    def where(self, position: Position) -> str:
        """How to tell a person of the cell at a position: D12 in a spreadsheet, 第12行第4列 in a table of a text."""
        row, column = self.anchor(position)
        return address((row, column)) if self.has_letters else f"第{row + 1}行第{column + 1}列"

    def text(self, row: int, column: int) -> str:
        """The text at a position, through spans."""
        return self.at((row, column)).text

    def is_spanned(self, position: Position) -> bool:
        """Whether the position belongs to a merged range."""
        return position in self._anchors


def address(position: Position) -> str:
    """(3, 2) -> C4."""
    row, column = position
    return f"{get_column_letter(column + 1)}{row + 1}"
