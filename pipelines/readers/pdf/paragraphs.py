"""The running text of a PDF.

Belongs here: what all pages have at their edges, lines that go on in the next one. Does not belong here: what the text
says.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from pipelines.readers.document import Paragraph
from pipelines.readers.pdf.geometry import Page
from pipelines.readers.pdf.stitching import Sheet
from pipelines.readers.pdf.text import TextLine

_EDGE: Final = 0.12
"""of a page's height, above and below, in which page numbers, headers and footers stand"""
_SAME_PLACE: Final = 3.0
_PAGE_NUMBER: Final = re.compile(
    r"[-—–－·\s]*(?:第\s*)?\d{1,3}(?:\s*页)?(?:\s*[/／,，共]+\s*(?:共\s*)?\d{1,3}\s*页?)?[-—–－·\s]*"
)
_CONTINUED: Final = re.compile(r"[(（]?\s*(?:续\s*(?:上\s*)?表|接上(?:表|页))\s*[)）]?")
_DIGITS: Final = re.compile(r"\d+")
_SENTENCE_END: Final = re.compile(r"[。！？；：.!?;:…][”’」』）)]?$")
_FULL: Final = 2.0
"""characters by which a line that goes on may be shorter than the others"""
_INDENT: Final = 1.2
"""characters from the left from which a line begins a paragraph"""
_LEADING: Final = 2.5
"""heights of a line from one to the next that are still one paragraph"""
_LARGE: Final = 1.15
"""of the usual size from which a line is part of a title"""


def without_furniture(pages: Sequence[Page], lines: Sequence[Sequence[TextLine]]) -> list[list[TextLine]]:
    """The lines of each page without page numbers, headers, footers, and the words that a table goes on."""
    seen: Counter[tuple[str, int]] = Counter()
    for page, own in zip(pages, lines, strict=True):
        seen.update({key for line in own if _is_at_edge(line, page) for key in _keys(line)[:1]})
    kept = []
    for page, own in zip(pages, lines, strict=True):
        kept.append([line for line in own if not (_is_furniture(line, page, seen) or _CONTINUED.fullmatch(line.text))])
    return kept


def _is_furniture(line: TextLine, page: Page, seen: Counter[tuple[str, int]]) -> bool:
    if not _is_at_edge(line, page):
        return False
    return _PAGE_NUMBER.fullmatch(line.text) is not None or sum(seen[key] for key in _keys(line)) > 1


def _is_at_edge(line: TextLine, page: Page) -> bool:
    return not _EDGE * page.height < line.box.middle[1] < (1 - _EDGE) * page.height


def _keys(line: TextLine) -> list[tuple[str, int]]:
    """The line with its numbers left out and its height on the page, then the neighbouring heights."""
    text, place = _DIGITS.sub("#", line.text), int(line.box.top // _SAME_PLACE)
    return [(text, place), (text, place - 1), (text, place + 1)]


_Begun = tuple[Paragraph, tuple[int, float]]


def paragraphs(sheets: Sequence[Sheet]) -> list[tuple[Paragraph, tuple[int, float]]]:
    """The text outside the tables, and where it begins: page and height from the top, in points.

    Lines that fill their width and end no sentence go on in the next one.
    """
    lines = [(sheet, piece) for sheet in sheets for line in sheet.lines for piece in line.pieces or (line,)]
    if not lines:
        return []
    left = min([line.box.x0 for _, line in lines] + [table.box.x0 for sheet in sheets for table in sheet.tables])
    right = max([line.box.x1 for _, line in lines] + [table.box.x1 for sheet in sheets for table in sheet.tables])
    usual = median(line.size for _, line in lines)
    return list(_joined(lines, left, right, usual))


def _joined(lines: Sequence[tuple[Sheet, TextLine]], left: float, right: float, usual: float) -> Iterator[_Begun]:
    text, begun = "", (0, 0.0)
    previous: tuple[Sheet, TextLine] | None = None
    for sheet, line in lines:
        if previous is not None and _goes_on(previous, (sheet, line), left, right, usual):
            # a number broken over two lines is not put together: it may as well be two
            text += ("\n" if text[-1].isdecimal() and line.text[0].isdecimal() else "") + line.text
        else:
            if text:
                yield Paragraph("正文", f"第{begun[0]}页", text), begun
            text, begun = line.text, (sheet.number, line.box.top)
        previous = sheet, line
    if text:
        yield Paragraph("正文", f"第{begun[0]}页", text), begun


def _goes_on(
    before: tuple[Sheet, TextLine], after: tuple[Sheet, TextLine], left: float, right: float, usual: float
) -> bool:
    (sheet, line), (next_sheet, next_line) = before, after
    if abs(line.size - next_line.size) > (_LARGE - 1) * line.size or _SENTENCE_END.search(line.text):
        return False
    if sheet is next_sheet:
        if next_line.box.top - line.box.top > _LEADING * line.size:
            return False
        if line.size > _LARGE * usual:
            return True
    elif any(table.box.top > line.box.top for table in sheet.tables):
        return False
    if any(line.box.top < table.box.top < next_line.box.top for table in next_sheet.tables if sheet is next_sheet):
        return False
    return line.box.x1 >= right - _FULL * line.size and next_line.box.x0 <= left + _INDENT * line.size
