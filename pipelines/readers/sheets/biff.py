"""From an .xls (or .et) to grids: the records of Excel 97 to 2003.

Belongs here: the light pass over the records, and the copy without what calamine need not see: names, formulas, charts
and the declared size, which it would believe. Of a workbook's streams only the one with the cells is read: macros and
embedded objects are never opened. Does not belong here: what all kinds of spreadsheet share (``spreadsheet``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from pipelines.readers.compound import compound_of, stream_of
from pipelines.readers.document import Document
from pipelines.readers.grid import Printed
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.encrypted import decrypted
from pipelines.readers.sheets.number_formats import BUILT_IN, Shown, shown
from pipelines.readers.sheets.spreadsheet import (
    DAMAGED,
    ERRORS,
    LOCKED,
    Budget,
    SheetFacts,
    bounded_sheets,
    damage_answered,
    read_grids,
)

_STREAMS: Final = ("Workbook", "Book")
_BOF, _EOF, _FILEPASS, _SHEET, _SST, _FORMAT, _XF = 0x0809, 0x000A, 0x002F, 0x0085, 0x00FC, 0x041E, 0x00E0
_DIMENSIONS, _ROW, _FORMULA, _BOOL_OR_ERROR = 0x0200, 0x0208, 0x0006, 0x0205
_MANY_RK, _SHARED_TEXT = 0x00BD, 0x00FD
_CELLS: Final = frozenset({_FORMULA, 0x0203, 0x0204, _BOOL_OR_ERROR, 0x027E, _SHARED_TEXT})
"""the records of one cell with something in it: row, column and style are their first three numbers"""
_UNUSED: Final = frozenset({0x0017, 0x0018, 0x0042, 0x00EB, 0x00EC})
"""names, references to other sheets and drawings: broken ones would cost the whole file; and the code page, which says
nothing of Unicode and is believed"""
_NOTHING: Final = struct.pack("<H", 0xFFFF)
"""a kind of record that no reader knows"""
_BIFF8: Final = 0x0600
_TOO_OLD: Final = "Excel 95 及更早的工作簿不能读取；请另存为 .xlsx 后重新放入"
"""calamine reads no Chinese in them"""
_HIDDEN_ROW: Final = 0x20
_STEPS: Final = 3
"""a record for a cell costs what the elements of a cell cost"""
_RESULT: Final = struct.Struct("<6xB1xB3xH")
"""of a formula's record: kind of a result that is no number, its value, and the mark that it is none"""
_NO_NUMBER: Final = 0xFFFF
_ERROR, _NO_TEXT = 2, 3
_FORMULA_BYTES: Final = 22
"""a formula's record up to its expression, of which the last two say how long it is"""


class _Record(NamedTuple):
    at: int
    kind: int
    data: bytes

    @property
    def start(self) -> int:
        """Where its data begin in the stream."""
        return self.at + 4


class _Book(NamedTuple):
    """Where the sheets begin, what each style shows beside the digits, how many shared texts there are, its end."""

    sheets: list[int]
    styles: list[Shown | None]
    texts: int
    end: int


def read_xls(data: bytes, limits: Limits) -> Document:
    """Every worksheet as a grid, hidden ones marked. Raises RejectedError."""
    with damage_answered():
        stream = stream_of(data, _STREAMS)
        if _is_locked(stream):
            stream = stream_of(decrypted(data, LOCKED), _STREAMS)
        copy = bytearray(stream)
        facts = _read_book(copy, limits)
        return Document(read_grids(compound_of(_STREAMS[0], bytes(copy)), facts))


def _is_locked(stream: bytes) -> bool:
    """Whether the first records name an encryption, as they must before anything is encrypted."""
    return any(record.kind == _FILEPASS for record in islice(_records(stream, 0), 8))


def _read_book(copy: bytearray, limits: Limits) -> list[SheetFacts]:
    """The facts of every sheet, in the book's order; ``copy`` loses what is not to be parsed."""
    budget = Budget(limits)
    book = _globals(copy, budget)
    bounded_sheets(len(book.sheets), limits)
    facts: list[SheetFacts] = []
    taken = [(0, book.end)]
    for start in book.sheets:
        sheet = SheetFacts(budget)
        end = _read_sheet(copy, start, book, sheet)
        # what was measured, and mended, as one sheet is not read as another
        if any(start < last and first < end for first, last in taken):
            raise RejectedError("V01", DAMAGED)
        taken.append((start, end))
        sheet.close()
        facts.append(sheet)
    return facts


def _globals(copy: bytearray, budget: Budget) -> _Book:
    texts, end = 0, 0
    sheets: list[int] = []
    codes = dict(BUILT_IN)
    formats: list[int] = []
    for number, record in enumerate(_records(copy, 0)):
        budget.step(_STEPS)
        end = record.start + len(record.data)
        if record.kind == _EOF:
            break
        if number == 0 and (record.kind != _BOF or struct.unpack_from("<H", record.data)[0] != _BIFF8):
            raise RejectedError("V01", _TOO_OLD)
        if record.kind == _SHEET:
            sheets.append(struct.unpack_from("<I", record.data)[0])
        elif record.kind == _SST:
            texts = struct.unpack_from("<4xI", record.data)[0]
            if texts > len(copy):
                raise RejectedError("V01", DAMAGED)
        elif record.kind == _FORMAT:
            codes[struct.unpack_from("<H", record.data)[0]] = _code(record.data[2:])
        elif record.kind == _XF:
            formats.append(struct.unpack_from("<2xH", record.data)[0])
        elif record.kind in _UNUSED:
            copy[record.at : record.at + 2] = _NOTHING
    return _Book(sheets, [shown(codes.get(number, "")) for number in formats], texts, end)


def _code(data: bytes) -> str:
    """A number format: its length, whether its characters are wide, and the characters."""
    length, is_wide = struct.unpack_from("<HB", data)
    return data[3 : 3 + 2 * length].decode("utf-16-le", "replace") if is_wide & 1 else data[3:].decode("latin-1")


def _read_sheet(copy: bytearray, start: int, book: _Book, facts: SheetFacts) -> int:
    """Read and mend one sheet; where it ends."""
    depth, end = 0, start
    for number, record in enumerate(_records(copy, start)):
        facts.budget.step(_STEPS)
        end = record.start + len(record.data)
        depth += (record.kind == _BOF) - (record.kind == _EOF)
        if number == 0 and depth != 1:
            raise RejectedError("V01", DAMAGED)
        if depth == 0:
            break
        if depth > 1 or record.kind == _EOF or (record.kind == _BOF and number):
            # a chart in the sheet has cells of its own, at places of the sheet's
            copy[record.at : record.at + 2] = _NOTHING
        elif record.kind in _UNUSED:
            copy[record.at : record.at + 2] = _NOTHING
        elif record.kind == _DIMENSIONS:
            # calamine would allocate what the record says
            copy[record.start : record.start + len(record.data)] = bytes(len(record.data))
        elif record.kind == _ROW:
            row, bits = struct.unpack_from("<H10xB", record.data)
            if bits & _HIDDEN_ROW:
                facts.hidden_rows.add(row)
        elif record.kind in _CELLS:
            _read_cell(copy, record, book, facts)
        elif record.kind == _MANY_RK:
            row, column = struct.unpack_from("<2H", record.data)
            for offset in range(4, len(record.data) - 2, 6):
                _place(row, column, struct.unpack_from("<H", record.data, offset)[0], book.styles, facts)
                column += 1
    return end


def _read_cell(copy: bytearray, record: _Record, book: _Book, facts: SheetFacts) -> None:
    row, column, style = struct.unpack_from("<3H", record.data)
    _place(row, column, style, book.styles, facts)
    if record.kind == _BOOL_OR_ERROR:
        value, is_error = struct.unpack_from("<6x2B", record.data)
        if is_error:
            facts.cells[row, column] = Printed(ERRORS.get(value, "#N/A"), "error")
    elif record.kind == _SHARED_TEXT:
        if struct.unpack_from("<6xI", record.data)[0] >= book.texts:
            # calamine leaves such a cell out without a word
            raise ValueError("no such text")
    elif record.kind == _FORMULA:
        if len(record.data) < _FORMULA_BYTES:
            raise ValueError("record too short")
        result, value, mark = _RESULT.unpack_from(record.data)
        if mark == _NO_NUMBER and result == _ERROR:
            facts.cells[row, column] = Printed(ERRORS.get(value, "#N/A"), "error")
        elif mark == _NO_NUMBER and result == _NO_TEXT:
            # the empty text or no result at all: programs that do not calculate write the same
            facts.cells[row, column] = Printed("", "formula")
        # the expression is none of calamine's business: its length becomes 0
        copy[record.start + 20 : record.start + 22] = bytes(2)


def _place(row: int, column: int, style: int, styles: list[Shown | None], facts: SheetFacts) -> None:
    facts.cover(row, column)
    if style < len(styles) and (said := styles[style]) is not None:
        facts.shown[row, column] = said


def _records(stream: bytes | bytearray, at: int) -> Iterator[_Record]:
    """The records from a place on. Raises struct.error or ValueError where they end too early."""
    while True:
        kind, length = struct.unpack_from("<2H", stream, at)
        end = at + 4 + length
        if end > len(stream):
            raise ValueError("record beyond the end")
        yield _Record(at, kind, bytes(stream[at + 4 : end]))
        at = end
