"""From an .xlsx to grids.

Belongs here: what calamine tells of a workbook, and by a light pass over the sheets' XML what it does not: formulas
without a cached value and errors, and how large a sheet is before anything is allocated for it (one cell at XFD1048576
makes calamine abort the process). Formulas are never evaluated.
"""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from pipelines.readers.document import Document
from pipelines.readers.grid import Grid, Position, Printed, Span
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError

_REFERENCE: Final = re.compile(r"([A-Za-z]{1,7})([0-9]{1,10})")
_DAMAGED: Final = "工作簿损坏，打不开；请重新导出为 .xlsx 后重新放入"
_TOO_LARGE: Final = "工作表的范围过大（很远的地方也有单元格），未读取；请删去表外内容后重报"
_DATES: Final = (dt.datetime, dt.date, dt.time, dt.timedelta)
_UNREADABLE: Final = (
    *(CalamineError, ParseError, zipfile.BadZipFile, zlib.error),
    *(LookupError, ValueError, OSError, EOFError, NotImplementedError),
)
"""what a damaged package, part or attribute raises: in the archive, in the XML, or in calamine"""
_BOOK_BYTES: Final = 4 * 1024**2
"""a list of sheets that is larger than this is none"""
_ELEMENTS_PER_CELL: Final = 10
_SHOWN_DIGITS: Final = 15
"""significant digits that spreadsheets show: the sum of 0.1 and 0.2 stands in the file as 0.30000000000000004"""


def read_xlsx(data: bytes, limits: Limits) -> Document:
    """Every sheet as a grid, hidden ones marked. Raises RejectedError."""
    try:
        flags = _flags_by_sheet(data, limits)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        # flags has every sheet that was found small enough; no other one may be opened
        return Document(
            [
                _grid(workbook, sheet.name, sheet.visible != SheetVisibleEnum.Visible, flags[sheet.name])
                for sheet in sheets
            ]
        )
    except PasswordError as error:
        raise RejectedError("V02", "工作簿受密码保护；请取消打开密码后重新放入") from error
    except DefusedXmlException as error:
        raise RejectedError("V01", "工作簿含有不允许的内容（DTD 或外部实体），未读取；请重新导出为 .xlsx") from error
    except _UNREADABLE as error:
        raise RejectedError("V01", _DAMAGED) from error


def _grid(workbook: CalamineWorkbook, name: str, is_hidden: bool, flags: Mapping[Position, Printed]) -> Grid:
    sheet = workbook.get_sheet_by_name(name)
    top, left = sheet.start or (0, 0)
    cells = dict(flags)
    for row, values in enumerate(sheet.to_python(skip_empty_area=True), start=top):
        for column, value in enumerate(values, start=left):
            if value != "":
                cells[row, column] = _printed(value)
    ranges = sheet.merged_cell_ranges or []
    spans = [Span(start[0], start[1], end[0], end[1]) for start, end in ranges]
    return Grid(name, cells, spans, is_hidden)


def _printed(value: object) -> Printed:
    if isinstance(value, bool):
        return Printed(str(value).upper(), "boolean")
    if isinstance(value, float):
        return Printed(f"{Decimal(f'{value:.{_SHOWN_DIGITS}g}'):f}")
    if isinstance(value, _DATES):
        return Printed(str(value), "date")
    return Printed(str(value))


def _flags_by_sheet(data: bytes, limits: Limits) -> dict[str, dict[Position, Printed]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = _sheet_parts(archive)
        if len(parts) > limits.max_sheets:
            raise RejectedError("V01", f"工作表超过 {limits.max_sheets} 张，未读取；请只保留统计表后重报")
        budget = limits.max_cells
        flags: dict[str, dict[Position, Printed]] = {}
        for name, part in parts:
            if name in flags:
                raise RejectedError("V01", _DAMAGED)
            with archive.open(part) as stream:
                flags[name], used = _flags(stream, budget, limits.max_cells * _ELEMENTS_PER_CELL)
            budget -= used
        return flags


def _sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """(sheet name, its part in the package), where calamine looks for it."""
    relations = fromstring(_small_part(archive, "xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    book = fromstring(_small_part(archive, "xl/workbook.xml"), forbid_dtd=True)
    stored = {name.lower(): name for name in archive.namelist()}
    parts = []
    for element in book.iter():
        if _local_name(element.tag) == "sheet":
            # the attribute r:id, whose namespace differs between the two kinds of Open XML
            relation_id = next((value for name, value in element.items() if name.endswith("}id")), None)
            part = posixpath.join("/xl", targets.get(relation_id, ""))
            parts.append((element.get("name", ""), stored[part.removeprefix("/").lower()]))
    return parts


def _small_part(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _BOOK_BYTES:
        raise RejectedError("V01", _DAMAGED)
    return archive.read(name)


def _flags(stream: IO[bytes], budget: int, most_elements: int) -> tuple[dict[Position, Printed], int]:
    """Formulas without a value and error cells of one sheet, and the area that calamine will allocate for it.

    References are read as calamine reads them: of both cases, or counted on from the cell before. Raises RejectedError
    where the sheet is too large.
    """
    flags: dict[Position, Printed] = {}
    row, column, bottom, right = -1, -1, 0, 0
    for number, (event, element) in enumerate(iterparse(stream, events=("start", "end"), forbid_dtd=True)):
        if number > most_elements:
            raise RejectedError("V01", _TOO_LARGE)
        name = _local_name(element.tag)
        if event == "start":
            if name == "row":
                row, column = int(element.get("r", row + 2)) - 1, -1
        elif name == "row":
            element.clear()
        elif name == "c":
            at, column = _position(element.get("r"), (row, column + 1))
            if len(element):
                bottom, right = max(bottom, at), max(right, column)
            if (bottom + 1) * (right + 1) > budget:
                raise RejectedError("V01", _TOO_LARGE)
            if flag := _flag(element):
                flags[at, column] = flag
    return flags, (bottom + 1) * (right + 1)


def _position(reference: str | None, following: Position) -> Position:
    """The position that ``reference`` names; a cell without one follows the cell before it."""
    if reference is None:
        return following
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise RejectedError("V01", _DAMAGED)
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]) - 1, column - 1


def _flag(cell: Element) -> Printed | None:
    parts = {_local_name(part.tag): part.text for part in cell}
    if cell.get("t") == "e":
        return Printed(parts.get("v") or "", "error")
    # a formula may well say the empty text; that is a value
    if "f" in parts and not parts.get("v") and not (cell.get("t") == "str" and "v" in parts):
        return Printed("", "formula")
    return None


def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]
