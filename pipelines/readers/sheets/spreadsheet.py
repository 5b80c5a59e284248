"""From a workbook to grids: what all kinds of spreadsheet share.

Belongs here: a sheet's facts that calamine does not tell, the bounds on a sheet before anything is allocated for it
(one cell at XFD1048576 makes calamine abort the process), values as printed, and the answers to what cannot be
opened. Formulas are never evaluated. Does not belong here: how the facts are found in one kind of file (``xlsx_parts``,
``xlsb_parts``, ``biff``, ``ods_parts``).
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
import zlib
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from struct import error as StructError  # noqa: N812 - the library gives it a small name
from typing import Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from pipelines.readers.grid import Grid, Position, Printed, Span
from pipelines.readers.identity import IDENTITY_SHEET
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.number_formats import Shown, plain

DAMAGED: Final = "工作簿损坏，打不开；请重新导出为 .xlsx 后重新放入"
TOO_LARGE: Final = "工作表的范围过大（很远的地方也有单元格），未读取；请删去表外内容后重报"
LOCKED: Final = "工作簿受密码保护；请取消打开密码后重新放入"
_FORBIDDEN: Final = "工作簿含有不允许的内容（DTD 或外部实体），未读取；请重新导出为 .xlsx"
_DATES: Final = (dt.datetime, dt.date, dt.time, dt.timedelta)
_UNREADABLE: Final = (
    *(CalamineError, ParseError, StructError, zipfile.BadZipFile, zlib.error),
    *(LookupError, ValueError, OSError, EOFError, NotImplementedError),
)
"""what a damaged package, part, record or attribute raises: in the archive, in a pass of ours, or in calamine"""
_STEPS_PER_CELL: Final = 10
_STEPS_BESIDE: Final = 1000
"""elements and records that are no cells: sheets, styles, columns, merged ranges"""
_SHOWN_DIGITS: Final = 15
"""significant digits that spreadsheets show: the sum of 0.1 and 0.2 stands in the file as 0.30000000000000004"""
ERRORS: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
"""the error that a cell shows, by its number in the binary kinds"""


class Budget:
    """What one workbook may still cost: ``cells`` of area to allocate, and steps of a pass over its parts."""

    def __init__(self, limits: Limits) -> None:
        self.cells = limits.max_cells
        self._steps = limits.max_cells * _STEPS_PER_CELL + _STEPS_BESIDE

    def step(self, steps: int = 1) -> None:
        """Count an element or a record, whatever it is. Raises RejectedError where there were too many."""
        self._steps -= steps
        if self._steps < 0:
            raise RejectedError("V01", TOO_LARGE)


@dataclass(slots=True)
class SheetFacts:
    """What a light pass over a sheet tells: cells that calamine leaves out, how numbers are shown, hidden rows.

    ``budget`` is the workbook's, ``spans`` is None where calamine tells them.
    """

    budget: Budget
    cells: dict[Position, Printed] = field(default_factory=dict)
    shown: dict[Position, Shown] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    spans: list[Span] | None = None
    bottom: int = 0
    right: int = 0

    def cover(self, row: int, column: int) -> None:
        """Count a cell in. Raises RejectedError where the area from A1 to the last cells exceeds the budget."""
        self.bottom, self.right = max(self.bottom, row), max(self.right, column)
        if self.area > self.budget.cells:
            raise RejectedError("V01", TOO_LARGE)

    def forget_units_of_ours(self, names: Container[str]) -> None:
        """In a template of ours, which these sheets show, the units behind the numbers repeat what the form says."""
        if IDENTITY_SHEET in names:
            self.shown = {at: said for at, said in self.shown.items() if said.factor != 1}

    @property
    def area(self) -> int:
        """Cells that are allocated for the sheet."""
        return (self.bottom + 1) * (self.right + 1)

    def close(self) -> None:
        """Take the sheet's area from the budget."""
        self.budget.cells -= self.area

    @property
    def hidden(self) -> frozenset[int]:
        """The hidden rows that have something in them, or lie above one that has."""
        return frozenset(row for row in self.hidden_rows if row <= self.bottom)


@contextmanager
def damage_answered() -> Iterator[None]:
    """Turns what a damaged, locked or forbidden workbook raises into a RejectedError."""
    try:
        yield
    except PasswordError as error:
        raise RejectedError("V02", LOCKED) from error
    except DefusedXmlException as error:
        raise RejectedError("V01", _FORBIDDEN) from error
    except _UNREADABLE as error:
        raise RejectedError("V01", DAMAGED) from error
    except BaseException as error:
        # a panic in calamine is a BaseException of a class that cannot be imported
        if type(error).__name__ != "PanicException":
            raise
        raise RejectedError("V01", DAMAGED) from error


def bounded_sheets(count: int, limits: Limits) -> None:
    """Raises RejectedError where a workbook has too many sheets."""
    if count > limits.max_sheets:
        raise RejectedError("V01", f"工作表超过 {limits.max_sheets} 张，未读取；请只保留统计表后重报")


def read_grids(data: bytes, facts: Mapping[str, SheetFacts] | list[SheetFacts]) -> list[Grid]:
    """Every worksheet that calamine finds, joined with its facts: by name, or by its place among all sheets.

    Only what was found small enough may be given: calamine allocates a sheet's whole area.
    """
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    sheets = workbook.sheets_metadata
    if isinstance(facts, list):
        facts = dict(zip((sheet.name for sheet in sheets), facts, strict=True))
    names = {sheet.name for sheet in sheets}
    if len(names) != len(sheets):
        raise RejectedError("V01", DAMAGED)
    for sheet_facts in facts.values():
        sheet_facts.forget_units_of_ours(names)
    return [
        _grid(workbook, sheet.name, sheet.visible != SheetVisibleEnum.Visible, facts[sheet.name])
        for sheet in sheets
        if sheet.typ == SheetTypeEnum.WorkSheet
    ]


def _grid(workbook: CalamineWorkbook, name: str, is_hidden: bool, facts: SheetFacts) -> Grid:
    sheet = workbook.get_sheet_by_name(name)
    top, left = sheet.start or (0, 0)
    cells = dict(facts.cells)
    for row, values in enumerate(sheet.to_python(skip_empty_area=True), start=top):
        for column, value in enumerate(values, start=left):
            if value != "":
                cells[row, column] = _printed(value, facts.shown.get((row, column)))
    spans = facts.spans
    if spans is None:
        spans = [Span(*start, *end) for start, end in sheet.merged_cell_ranges or []]
    return Grid(name, cells, spans, is_hidden, facts.hidden)


def _printed(value: object, shown: Shown | None) -> Printed:
    if isinstance(value, bool):
        return Printed(str(value).upper(), "boolean")
    if isinstance(value, (int, float)):
        number = number_of(value)
        return Printed(str(number) if not number.is_finite() else (shown.text(number) if shown else plain(number)))
    if isinstance(value, _DATES):
        return Printed(str(value), "date")
    return Printed(str(value))


def number_of(value: float) -> Decimal:
    """A stored number with the digits that a spreadsheet shows."""
    return Decimal(f"{value:.{_SHOWN_DIGITS}g}")
