"""From a .docx to its tables, as grids, and the text between them.

Belongs here: which paragraphs and tables a Word file prints, in which order, and where the cells of a table stand:
merged across and downwards, in rows that begin late or end early, in content controls, nested, in text boxes. What is
deleted or moved away by tracked changes is gone, what is inserted is there. Headers, footers, notes and comments are
left out; macros, links and embedded files are never opened. Does not belong here: what a paragraph prints
(``text``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from pipelines.readers.document import Document, Paragraph
from pipelines.readers.grid import Grid, Position, Printed, Span
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.word.numbering import Numbering
from pipelines.readers.word.package import (
    TOO_LARGE,
    Element,
    child,
    chosen,
    is_placeholder,
    name_of,
    number,
    open_package,
    switched,
    value,
)
from pipelines.readers.word.styles import Styles
from pipelines.readers.word.text import Text, TextReader
from schemas.narrative import NARRATIVE_SHEET

_TRANSPARENT: Final = frozenset({"customXml", "smartTag", "ins", "moveTo", "sdtContent"})
_FOREIGN: Final = frozenset({"altChunk", "subDoc"})
_MOST_COLUMNS: Final = 1000
"""of a table; Word itself makes 63"""
_MOST_TABLES: Final = 200
_DEEPEST: Final = 20
"""tables and text boxes one in another"""
_WIDE: Final = "Word 文件里有的表格列数过多或合并列数不合理，未读取；请把表格复制到新的 Word 或 Excel 文件后重报"
_MANY: Final = f"Word 文件里的表格超过 {_MOST_TABLES} 个，未读取；请只保留统计表和正文后重报"
_NESTED: Final = "Word 文件的表格或文本框嵌套过深，未读取；请把表格复制到新的 Word 或 Excel 文件后重报"
_INCLUDED: Final = "Word 文件里插入了另一个文件（子文档），其中的内容读不到；请把那部分内容直接复制到正文后重报"
_PICTURES: Final = "Word 文件里只有图片，没有文字；请把统计表填在 Word 或 Excel 表格里重报，不要用扫描件或截图"
_EMPTY: Final = "Word 文件是空的；请填报后重新放入"


def read_docx(data: bytes, limits: Limits) -> Document:
    """Tables as grids 表1, 表2, ... in printed order, and the text outside them. Raises RejectedError (V01)."""
    package = open_package(data, limits)
    styles = Styles(package.styles)
    text = TextReader(package.document, styles, Numbering(package.numbering, styles))
    body = _Body(text, limits)
    if (content := child(package.document, "body")) is not None:
        body.story(content, 0)
    text.finish()
    if not body.paragraphs and not any(table.cells for table in body.tables):
        raise RejectedError("V01", _PICTURES if text.has_pictures else _EMPTY)
    return Document([table.grid() for table in body.tables], body.paragraphs)


@dataclass(slots=True)
class _Table:
    """A table being read, down to ``line``. ``corners`` are the bottom right ends of its cells, by their top left ones.

    ``above`` are the cells of the last row that may go on below, by (column, width).
    """

    name: str
    depth: int
    preceding: int
    line: int = 0
    above: dict[tuple[int, int], Position] = field(default_factory=dict)
    cells: dict[Position, Printed] = field(default_factory=dict)
    corners: dict[Position, Position] = field(default_factory=dict)

    def grid(self) -> Grid:
        spans = [Span(*first, *last) for first, last in self.corners.items() if first != last]
        return Grid(self.name, self.cells, spans, has_letters=False, preceding=self.preceding)


@dataclass(slots=True)
class _Content:
    """What stands in a cell: its text, and the tables and text boxes in it, which are read after it."""

    lines: list[Text] = field(default_factory=list)
    tables: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        joined = ""
        for line in self.lines:
            joined += line.text + ("" if line.runs_on else "\n")
        return joined.strip("\n")

    @property
    def flag(self) -> str:
        return next((line.flag for line in self.lines if line.flag), "")

    @property
    def boxes(self) -> list[Element]:
        return [box for line in self.lines for box in line.boxes]


class _Body:
    """The tables and paragraphs of one file, as far as they have been read."""

    def __init__(self, text: TextReader, limits: Limits) -> None:
        self._text, self._limits = text, limits
        self._area = 0
        self.tables: list[_Table] = []
        self.paragraphs: list[Paragraph] = []

    def story(self, container: Element, depth: int) -> None:
        """Running text with tables in it: the body, or a text box."""
        _bound(depth)
        begun = ""
        for block, is_blank in _parts(container, "p", "tbl"):
            if is_blank:
                continue
            if name_of(block) == "tbl":
                self._table(block, depth + 1)
                continue
            line = self._text.read(block)
            begun += line.text
            if not line.runs_on:
                self._paragraph(begun)
                begun = ""
            for box in line.boxes:
                self.story(box, depth + 1)
        self._paragraph(begun)

    def _paragraph(self, text: str) -> None:
        if text.strip():
            address = f"第{len(self.paragraphs) + 1}段"
            self.paragraphs.append(Paragraph(NARRATIVE_SHEET, address, text.strip("\n")))

    def _table(self, element: Element, depth: int) -> None:
        _bound(depth)
        if len(self.tables) >= _MOST_TABLES:
            raise RejectedError("V01", _MANY)
        table = _Table(f"表{len(self.tables) + 1}", depth, len(self.paragraphs))
        self.tables.append(table)
        for row, is_blank in _parts(element, "tr"):
            if child(child(row, "trPr"), "del") is None:
                self._row(table, row, is_blank)

    def _row(self, table: _Table, row: Element, is_blank: bool) -> None:
        cells: dict[Position, Position] = {}
        going_on: dict[tuple[int, int], Position] = {}
        properties = child(row, "trPr")
        column = max(number(child(properties, "gridBefore")) or 0, 0)
        last: Position | None = None
        for cell, is_blank_cell in _parts(row, "tc"):
            about = child(cell, "tcPr")
            if child(about, "cellDel") is not None:
                continue
            width = max(number(child(about, "gridSpan")) or 1, 1)
            self._count(column, width)
            across, down = child(about, "hMerge"), _merged_down(about)
            right = column + width - 1
            if last is not None and across is not None and value(across) != "restart":
                # merged with the cell before it in the old way; what stands in it is not printed
                cells[last] = (cells[last][0], right)
            elif down == "continue" and (column, width) in table.above:
                last = table.above[column, width]
                cells[last] = (table.line, right)
            else:
                last = (table.line, column)
                cells[last] = (table.line, right)
                printed = self._printed(cell, table.depth, is_blank or is_blank_cell)
                if printed.text.strip() or printed.flag:
                    table.cells[last] = printed
            if down:
                going_on[column, width] = last
            column += width
        own = [first for first in cells if first[0] == table.line]
        if switched(child(properties, "hidden")) is True and not any(first in table.cells for first in own):
            return  # nothing in it is printed
        table.corners.update(cells)
        table.above = going_on
        table.line += 1

    def _count(self, column: int, width: int) -> None:
        self._area += width
        if column + width > _MOST_COLUMNS:
            raise RejectedError("V01", _WIDE)
        if self._area > self._limits.max_cells:
            raise RejectedError("V01", TOO_LARGE)

    def _printed(self, cell: Element, depth: int, is_blank: bool) -> Printed:
        if is_blank:
            return Printed("")
        content = _Content()
        self._collect(cell, content, depth)
        text, flag = content.text, content.flag
        for box in content.boxes:
            if text.strip():
                self.story(box, depth + 1)
                continue
            # a figure written into a text box over an empty cell
            boxed = _Content()
            self._collect(box, boxed, depth + 1)
            text, flag = boxed.text, flag or boxed.flag
            content.tables += boxed.tables
            for inner in boxed.boxes:
                self.story(inner, depth + 2)
        for table in content.tables:
            self._table(table, depth + 1)
        return Printed(text, flag)

    def _collect(self, container: Element, content: _Content, depth: int) -> None:
        """A table of a single cell is a frame round what stands in it."""
        _bound(depth)
        for block, is_blank in _parts(container, "p", "tbl"):
            if is_blank:
                continue
            if name_of(block) == "p":
                content.lines.append(self._text.read(block))
            elif (only := _only_cell(block)) is not None:
                self._collect(only, content, depth + 1)
            else:
                content.tables.append(block)


def _bound(depth: int) -> None:
    if depth > _DEEPEST:
        raise RejectedError("V01", _NESTED)


def _parts(container: Element, *wanted: str) -> Iterator[tuple[Element, bool]]:
    """The wanted elements of a container, through content controls and insertions, and whether they show a prompt."""
    stack = [(iter(container), False)]
    while stack:
        siblings, is_blank = stack[-1]
        part = next(siblings, None)
        if part is None:
            stack.pop()
            continue
        name = name_of(part)
        if name in wanted:
            yield part, is_blank
        elif name in _FOREIGN:
            raise RejectedError("V01", _INCLUDED)
        elif name in _TRANSPARENT:
            stack.append((iter(part), is_blank))
        elif name == "sdt" and (content := child(part, "sdtContent")) is not None:
            stack.append((iter(content), is_blank or is_placeholder(part)))
        elif name == "AlternateContent" and (choice := chosen(part)) is not None:
            stack.append((iter(choice), is_blank))


def _only_cell(table: Element) -> Element | None:
    rows = list(islice(_parts(table, "tr"), 2))
    cells = list(islice(_parts(rows[0][0], "tc"), 2)) if len(rows) == 1 else []
    is_shown = len(cells) == 1 and not cells[0][1] and not rows[0][1]
    return cells[0][0] if is_shown and child(child(rows[0][0], "trPr"), "del") is None else None


def _merged_down(properties: Element | None) -> str:
    """'restart', 'continue' or '': how a cell is merged with those above and below, tracked changes accepted."""
    tracked, merged = child(properties, "cellMerge"), child(properties, "vMerge")
    if tracked is not None and (how := value(tracked, "vMerge")):
        return "restart" if how == "rest" else "continue"
    if merged is None:
        return ""
    return "restart" if value(merged) == "restart" else "continue"
