"""From a PDF with a text layer to grids and paragraphs.

Belongs here: the order of the steps, and what a PDF must have to be read: text, and tables with lines. Does not belong
here: forms, labels, numbers.

pdfminer takes the file apart and pdfplumber finds the cells between lines. What neither can tell for certain is marked
in the text with the replacement character and the flag ``garbled``, or is not read and the reason is said.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Final

from pipelines.readers.document import Document
from pipelines.readers.grid import Grid, Printed, Span
from pipelines.readers.model import Limits
from pipelines.readers.pdf.geometry import MISSING, Page
from pipelines.readers.pdf.opening import read_pages
from pipelines.readers.pdf.paragraphs import paragraphs, without_furniture
from pipelines.readers.pdf.stitching import Sheet, stitched
from pipelines.readers.pdf.tables import Table, find_tables
from pipelines.readers.pdf.text import TextLine, lines_of
from pipelines.readers.reject import RejectedError

GARBLED: Final = "garbled"
"""flag of a cell with a character that cannot be read for certain"""
_INSTEAD: Final = "请改交由 Word 或 Excel 直接导出的 PDF，或改交 .xlsx"
_PICTURE: Final = 0.5
"""share of a page from which a picture may be the page itself"""
_FEW: Final = 30
"""characters that a scanned page may still have: a page number, a stamp of the scanner"""
_DRAWN: Final = 300
"""paths of a page that has its text as drawings"""
_UNREADABLE: Final = 0.3
"""share of a file's characters from which its fonts do not say what they mean"""
_ROW_OF_NUMBERS, _NUMBERS = 3, 10
"""numbers in a line that look like a row of a table, and such numbers that look like a table"""

# it warns of every flaw of every font
logging.getLogger("pdfminer").setLevel(logging.ERROR)


def read_pdf(data: bytes, limits: Limits) -> Document:
    """The tables as ``第3页表1``, those over a page break as one, and the text between. Raises RejectedError."""
    pages = read_pages(data, limits)
    _refuse_without_text(pages)
    found = [find_tables(page) for page in pages]
    lines = without_furniture(pages, [lines_of(outside) for _, outside in found])
    sheets = [Sheet(page.number, tables, own) for page, (tables, _), own in zip(pages, found, lines, strict=True)]
    tables = stitched(sheets)
    if sum(len(table.cells) for table in tables) > limits.max_cells:
        raise RejectedError("V01", "PDF 里的单元格过多，未读取；请只保留统计表后重报")
    if not tables:
        _refuse_without_lines(lines)
    texts = paragraphs(sheets)
    return Document(_grids(tables, [begun for _, begun in texts]), [paragraph for paragraph, _ in texts])


def _grids(tables: Sequence[Table], begun: Sequence[tuple[int, float]]) -> list[Grid]:
    """``begun`` is where each paragraph begins: page and height from the top."""
    numbers = Counter[int]()
    grids = []
    for table in tables:
        numbers[table.page] += 1
        cells = {(cell.top, cell.left): _printed(cell.text) for cell in table.cells if cell.text}
        spans = [
            Span(cell.top, cell.left, cell.bottom, cell.right)
            for cell in table.cells
            if (cell.top, cell.left) != (cell.bottom, cell.right)
        ]
        before = sum(place < (table.page, table.box.top) for place in begun)
        name = f"第{table.page}页表{numbers[table.page]}"
        grids.append(Grid(name, cells, spans, has_letters=False, preceding=before))
    return grids


def _printed(text: str) -> Printed:
    return Printed(text, GARBLED if MISSING in text else "")


def _refuse_without_text(pages: Sequence[Page]) -> None:
    """V01 for pages that are pictures or drawings of text, and for fonts that do not say what they mean."""
    texts = {page.number: "".join(char.text for char in page.chars if char.text.strip()) for page in pages}
    scanned = [page.number for page in pages if page.picture >= _PICTURE and len(texts[page.number]) < _FEW]
    whole = "".join(texts.values())
    if len(whole) < _FEW and scanned:
        raise RejectedError("V01", f"这是扫描件（PDF 里只有图片，没有文字），不能读取；{_INSTEAD}")
    if scanned:
        said = "、".join(f"第{number}页" for number in scanned)
        raise RejectedError("V01", f"PDF 的{said}是图片（扫描页），其中的文字和数字不能读取，整份未采用；{_INSTEAD}")
    drawn = [page.number for page in pages if page.drawn >= _DRAWN and len(texts[page.number]) < _FEW]
    if drawn and len(whole) < _FEW * len(pages):
        raise RejectedError("V01", f"PDF 里的文字是画成的图形（“转曲”），不能读取；{_INSTEAD}")
    if not whole:
        raise RejectedError("V01", f"PDF 里没有文字；{_INSTEAD}")
    if whole.count(MISSING) > _UNREADABLE * len(whole):
        raise RejectedError("V01", f"PDF 的字体没有文字编码，读出来是乱码；{_INSTEAD}")


def _refuse_without_lines(lines: Sequence[Sequence[TextLine]]) -> None:
    rows = [sum(word.isdecimal() for word in line.text.split()) for own in lines for line in own]
    if sum(count for count in rows if count >= _ROW_OF_NUMBERS) >= _NUMBERS:
        message = "PDF 里的表格没有实线框，无法断定数字属于哪一格；请给表格加上实线框后重新导出，或改交 .xlsx"
        raise RejectedError("V01", message)
