"""From an .ods to grids.

Belongs here: one pass over content.xml. It is the whole reader: calamine tells neither spans nor errors nor hidden rows
of this kind and unrolls what is repeated a million times, and a pass that finds every cell's place may as well take the
value. Does not belong here: what all kinds of spreadsheet share (``spreadsheet``).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Container
from dataclasses import dataclass, field
from decimal import Decimal
from typing import IO, Final
from xml.etree.ElementTree import Element

from pipelines.readers.document import Document
from pipelines.readers.grid import Grid, Printed, Span
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.number_formats import Shown, plain
from pipelines.readers.sheets.spreadsheet import (
    DAMAGED,
    LOCKED,
    Budget,
    SheetFacts,
    bounded_sheets,
    damage_answered,
    number_of,
)
from pipelines.readers.sheets.xml_parts import elements, local_name, small_part

_CONTENT, _MANIFEST = "content.xml", "META-INF/manifest.xml"
_URN: Final = "{urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TABLE, _TEXT, _STYLE = f"{_URN}office:1.0}}", f"{_URN}table:1.0}}", f"{_URN}text:1.0}}", f"{_URN}style:1.0}}"
_CALC: Final = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELL, _COVERED = f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"
_HIDING: Final = frozenset({"collapse", "filter"})
_PERCENT: Final = Shown(Decimal(100), "", "%")
_WORDS: Final = re.compile(r"(?P<prefix>[一-鿿]*)[-\s]*(?P<digits>[0-9][0-9,]*(?:\.[0-9]+)?)\s*(?P<suffix>[一-鿿]*)")
_WORD: Final = re.compile("[一-鿿]")
_TRUTH: Final = frozenset({"TRUE", "FALSE"})
_MOST_SPACES: Final = 10_000
_VALUES: Final = {"date": "date-value", "time": "time-value", "boolean": "boolean-value"}
"""the attribute that holds the value of a kind of cell"""


@dataclass(slots=True)
class _Sheet:
    name: str
    is_hidden: bool
    facts: SheetFacts
    row: int = 0
    """the next row"""
    column: int = 0
    row_count: int = 1
    """how often the present row is repeated"""
    waiting: list[tuple[int, int, Printed, Shown | None]] = field(default_factory=list)
    """(first column, times, what stands there, how a number is shown) of the present row"""


def read_ods(data: bytes, limits: Limits) -> Document:
    """Every sheet as a grid, hidden ones marked. Raises RejectedError."""
    with damage_answered(), zipfile.ZipFile(io.BytesIO(data)) as archive:
        if _MANIFEST in archive.namelist() and b"encryption-data" in small_part(archive, _MANIFEST):
            raise RejectedError("V02", LOCKED)
        with archive.open(_CONTENT) as stream:
            sheets = _Pass(limits).read(stream)
        names = {sheet.name for sheet in sheets}
        if len(names) != len(sheets):
            raise RejectedError("V01", DAMAGED)
        return Document([_grid(sheet, names) for sheet in sheets])


def _grid(sheet: _Sheet, names: Container[str]) -> Grid:
    facts = sheet.facts
    facts.forget_units_of_ours(names)
    shown = {at: Printed(said.text(Decimal(facts.cells[at].text))) for at, said in facts.shown.items()}
    return Grid(sheet.name, facts.cells | shown, facts.spans or [], sheet.is_hidden, facts.hidden)


class _Pass:
    """The sheets that the elements of content.xml tell of, in their order."""

    def __init__(self, limits: Limits) -> None:
        self.sheets: list[_Sheet] = []
        self._limits, self._budget = limits, Budget(limits)
        self._path: list[Element] = []
        self._style = ""
        self._hiding: set[str] = set()
        self._tables = 0
        """tables around the present element: one within a cell, or in a list of changes, is no part of the sheet"""

    def read(self, stream: IO[bytes]) -> list[_Sheet]:
        for begins, element in elements(stream, self._budget):
            if begins:
                self._path.append(element)
                self._begin(element)
            else:
                self._path.pop()
                self._end(element)
        return self.sheets

    def _begin(self, element: Element) -> None:
        if element.tag == f"{_STYLE}style":
            self._style = element.get(f"{_STYLE}name", "")
        elif element.tag == f"{_STYLE}table-properties" and element.get(f"{_TABLE}display") == "false":
            self._hiding.add(self._style)
        elif element.tag == f"{_TABLE}table":
            self._tables += 1
            if self._tables == 1:
                is_hidden = element.get(f"{_TABLE}style-name", "") in self._hiding
                facts = SheetFacts(self._budget, spans=[])
                self.sheets.append(_Sheet(element.get(f"{_TABLE}name", ""), is_hidden, facts))
                bounded_sheets(len(self.sheets), self._limits)
        elif element.tag == f"{_TABLE}table-row" and self._tables == 1:
            _begin_row(self.sheets[-1], element)

    def _end(self, element: Element) -> None:
        if element.tag == f"{_TABLE}table":
            self._tables -= 1
            if not self._tables:
                self.sheets[-1].facts.close()
        elif self._tables == 1 and element.tag in (_CELL, _COVERED):
            _read_cell(self.sheets[-1], element)
        elif self._tables == 1 and element.tag == f"{_TABLE}table-row":
            _end_row(self.sheets[-1])
            self._path[-1].clear()


def _begin_row(sheet: _Sheet, row: Element) -> None:
    sheet.row_count, sheet.column, sheet.waiting = _times(row, "number-rows-repeated"), 0, []
    if row.get(f"{_TABLE}visibility") in _HIDING:
        # of a million hidden rows at the end only those matter that have something below them
        last = min(sheet.row + sheet.row_count, sheet.facts.budget.cells)
        sheet.facts.hidden_rows.update(range(sheet.row, last))


def _end_row(sheet: _Sheet) -> None:
    for column, times, _, _ in sheet.waiting:
        sheet.facts.cover(sheet.row + sheet.row_count - 1, column + times - 1)
    for column, times, printed, shown in sheet.waiting:
        for row in range(sheet.row, sheet.row + sheet.row_count):
            for place in range(column, column + times):
                sheet.facts.cells[row, place] = printed
                if shown is not None:
                    sheet.facts.shown[row, place] = shown
    sheet.row += sheet.row_count


def _read_cell(sheet: _Sheet, cell: Element) -> None:
    times = _times(cell, "number-columns-repeated")
    # what lies beneath a merged range is not printed
    printed, shown = _printed(cell) if cell.tag == _CELL else (Printed(""), None)
    if printed != Printed(""):
        sheet.waiting.append((sheet.column, times, printed, shown))
    down, across = _times(cell, "number-rows-spanned"), _times(cell, "number-columns-spanned")
    if (down > 1 or across > 1) and sheet.facts.spans is not None:
        sheet.facts.spans.append(Span(sheet.row, sheet.column, sheet.row + down - 1, sheet.column + across - 1))
    sheet.column += times


def _times(element: Element, attribute: str) -> int:
    times = int(element.get(f"{_TABLE}{attribute}", 1))
    if times < 1:
        raise ValueError("repeated less than once")
    return times


def _printed(cell: Element) -> tuple[Printed, Shown | None]:
    """What stands in a cell, and how it is shown where that is a number."""
    kind = cell.get(f"{_OFFICE}value-type", "")
    value = cell.get(f"{_OFFICE}value")
    text = "\n".join(_text(part) for part in cell if part.tag == f"{_TEXT}p")
    if value is not None and cell.get(f"{_CALC}value-type") != "error":
        return _number(number_of(float(value)), text, is_percent=kind == "percentage")
    said = cell.get(f"{_OFFICE}{_VALUES.get(kind, 'string-value')}") or text
    return Printed(said.upper() if kind == "boolean" else said, _flag(cell, kind)), None


def _flag(cell: Element, kind: str) -> str:
    if cell.get(f"{_CALC}value-type") == "error":
        return "error"
    if not kind and cell.get(f"{_TABLE}formula") is not None:
        return "formula"
    return {"date": "date", "time": "date", "boolean": "boolean"}.get(kind, "")


def _number(value: Decimal, text: str, *, is_percent: bool) -> tuple[Printed, Shown | None]:
    """A number, which may be printed as a percentage, as true or false, or with words beside it.

    12,345 printed as 1.2万 is 1.2345万; where words stand among the digits, only what is printed counts.
    """
    if not value.is_finite():
        return Printed(str(value)), None
    if is_percent:
        return Printed(plain(value)), _PERCENT
    if text in _TRUTH:
        return Printed(text, "boolean"), None
    if not _WORD.search(text):
        return Printed(plain(value)), None
    match = _WORDS.fullmatch(text.strip())
    if match is None:
        return Printed(text), None
    printed, factor = Decimal(match["digits"].replace(",", "")), Decimal(1)
    while abs(value * factor) > 2 * printed + 1:
        factor /= 10
    return Printed(plain(value)), Shown(factor, match["prefix"], match["suffix"])


def _text(paragraph: Element) -> str:
    """The text of a paragraph, with the spaces that the format counts and without comments and shapes."""
    parts = [paragraph.text or ""]
    for child in paragraph:
        if child.tag == f"{_TEXT}s":
            parts.append(" " * min(int(child.get(f"{_TEXT}c", 1)), _MOST_SPACES))
        elif child.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            parts.append(" " if local_name(child) == "tab" else "\n")
        elif child.tag in (f"{_TEXT}span", f"{_TEXT}a", f"{_TEXT}ruby", f"{_TEXT}ruby-base"):
            parts.append(_text(child))
        elif child.tag.startswith(_TEXT) and local_name(child) not in ("note", "ruby-text", "p"):
            # a field: sheet name, date, page number
            parts.append(child.text or "")
        parts.append(child.tail or "")
    return "".join(parts)
