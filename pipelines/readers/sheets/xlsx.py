"""From an .xlsx or .xlsm to grids.

Belongs here: the light pass over the XML of a workbook's sheets and styles. Macros, embedded objects, external links
and data connections are parts that nobody opens. Does not belong here: what all kinds of spreadsheet share
(``spreadsheet``).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from typing import IO, Final
from xml.etree.ElementTree import Element

from pipelines.readers.document import Document
from pipelines.readers.grid import Position, Printed
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.number_formats import BUILT_IN, Shown, shown
from pipelines.readers.sheets.spreadsheet import (
    DAMAGED,
    Budget,
    SheetFacts,
    bounded_sheets,
    damage_answered,
    read_grids,
)
from pipelines.readers.sheets.xml_parts import elements, local_name, small_tree

_REFERENCE: Final = re.compile(r"([A-Za-z]{1,7})([0-9]{1,10})")
_STYLES: Final = "xl/styles.xml"
_TRUE: Final = frozenset({"1", "true"})


def read_xlsx(data: bytes, limits: Limits) -> Document:
    """Every sheet as a grid, hidden ones marked. Raises RejectedError."""
    with damage_answered():
        return Document(read_grids(data, _facts_by_sheet(data, limits)))


def _facts_by_sheet(data: bytes, limits: Limits) -> dict[str, SheetFacts]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = _sheet_parts(archive)
        bounded_sheets(len(parts), limits)
        styles = _styles(archive)
        budget = Budget(limits)
        facts: dict[str, SheetFacts] = {}
        for name, part in parts:
            if name in facts:
                raise RejectedError("V01", DAMAGED)
            facts[name] = SheetFacts(budget)
            with archive.open(part) as stream:
                _read_facts(stream, facts[name], styles)
            facts[name].close()
        return facts


def _sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    """(sheet name, its part in the package), where calamine looks for it."""
    relations = small_tree(archive, "xl/_rels/workbook.xml.rels")
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    book = small_tree(archive, "xl/workbook.xml")
    stored = {name.lower(): name for name in archive.namelist()}
    parts = []
    for element in book.iter():
        if local_name(element) == "sheet":
            # the attribute r:id, whose namespace differs between the two kinds of Open XML
            relation_id = next((value for name, value in element.items() if name.endswith("}id")), None)
            part = posixpath.join("/xl", targets.get(relation_id, ""))
            parts.append((element.get("name", ""), stored[part.removeprefix("/").lower()]))
    return parts


def _styles(archive: zipfile.ZipFile) -> dict[str, Shown]:
    """Style number -> what its number format shows beside the digits, of the styles that show something."""
    if _STYLES not in archive.namelist():
        return {}
    styles = small_tree(archive, _STYLES)
    codes = {str(number): code for number, code in BUILT_IN.items()}
    found: dict[str, Shown] = {}
    for group in styles:
        if local_name(group) == "numFmts":
            codes |= {element.get("numFmtId", ""): element.get("formatCode", "") for element in group}
    for group in styles:
        if local_name(group) == "cellXfs":
            for number, element in enumerate(group):
                if (said := shown(codes.get(element.get("numFmtId", ""), ""))) is not None:
                    found[str(number)] = said
    return found


def _read_facts(stream: IO[bytes], facts: SheetFacts, styles: Mapping[str, Shown]) -> None:
    """Formulas without a value, error cells, numbers shown otherwise and hidden rows of one sheet, and its area.

    References are read as calamine reads them: of both cases, or counted on from the cell before. Raises RejectedError
    where the sheet is too large.
    """
    row, column = -1, -1
    for begins, element in elements(stream, facts.budget):
        name = local_name(element)
        if begins:
            if name == "row":
                row, column = int(element.get("r", row + 2)) - 1, -1
                if element.get("hidden") in _TRUE:
                    facts.hidden_rows.add(row)
        elif name == "row":
            element.clear()
        elif name == "c":
            at, column = _position(element.get("r"), (row, column + 1))
            if len(element):
                facts.cover(at, column)
            if flag := _flag(element):
                facts.cells[at, column] = flag
            elif (said := styles.get(element.get("s", ""))) is not None:
                facts.shown[at, column] = said


def _position(reference: str | None, following: Position) -> Position:
    """The position that ``reference`` names; a cell without one follows the cell before it."""
    if reference is None:
        return following
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise RejectedError("V01", DAMAGED)
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]) - 1, column - 1


def _flag(cell: Element) -> Printed | None:
    parts = {local_name(part): part.text for part in cell}
    if cell.get("t") == "e":
        return Printed(parts.get("v") or "", "error")
    # a formula may well say the empty text; that is a value
    if "f" in parts and not parts.get("v") and not (cell.get("t") == "str" and "v" in parts):
        return Printed("", "formula")
    return None
