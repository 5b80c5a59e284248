"""What an untrusted workbook shows, without anything that acts.

Belongs here: which parts of a package are taken over - cells with their formats, sizes, merged ranges, comments, page
set-up; all else stays behind: formulas, macros, links, names, validations, conditional formats, drawings, pivots,
themes, properties, protection. Does not belong here: marks and lists (``book``), the process that this runs in.

openpyxl's own ``load_workbook`` takes over all it knows and makes a cell of every one that a merged range covers:
a range to the end of the sheet would cost all memory, and an ordinary form a third of the time.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.comments.comment_sheet import CommentSheet
from openpyxl.packaging.relationship import get_dependents
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.workbook.protection import DocumentSecurity
from openpyxl.workbook.views import BookView
from openpyxl.worksheet._reader import WorksheetReader
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.merge import MergedCellRange
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import COMMENTS_NS
from openpyxl.xml.functions import fromstring

from pipelines.answers.wording import plain
from pipelines.readers.identity import IDENTITY_SHEET

AUTHOR: Final = "核对"
MOST_TEXT: Final = 30_000
"""characters; a spreadsheet cell or comment holds 32,767"""
MOST_COMMENT: Final = 4_000
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_PAGE: Final = ("print_options", "page_margins", "page_setup", "sheet_format", "row_breaks", "col_breaks", "views")


def shown(data: bytes) -> Workbook:
    """The workbook that shows what ``data`` shows; raises whatever openpyxl raises on a package that it cannot read."""
    reader = _Shown(BytesIO(data))
    reader.read()
    workbook: Workbook = reader.wb
    workbook.security, workbook.views = DocumentSecurity(), [BookView()]
    return workbook


class _Shown(ExcelReader):
    """openpyxl's reader, of which only the steps that lead to cells are taken."""

    def __init__(self, file: BytesIO) -> None:
        super().__init__(file, data_only=True, keep_links=False)

    def read(self) -> None:
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)
        for sheet, relation in self.parser.find_sheets():
            is_worksheet = relation.target in self.valid_files and "chartsheet" not in relation.Type
            if is_worksheet and sheet.name != IDENTITY_SHEET:
                self._read_sheet(sheet, relation.target)

    def _read_sheet(self, sheet: Any, part: str) -> None:
        worksheet: Any = self.wb.create_sheet(sheet.name)
        worksheet.sheet_state = sheet.state
        with self.archive.open(part) as stream:
            reader = WorksheetReader(worksheet, stream, self.shared_strings, self.data_only, self.rich_text)
            reader.bind_cells()
            reader.bind_col_dimensions()
            reader.bind_row_dimensions()
        parsed: Any = reader.parser
        for name in _PAGE:
            if (value := getattr(parsed, name, None)) is not None:
                setattr(worksheet, name, value)
        if parsed.sheet_properties is not None:
            worksheet.sheet_properties.pageSetUpPr = parsed.sheet_properties.pageSetUpPr
        worksheet.page_setup.id = None  # the printer's own settings, which stay behind
        worksheet.sheet_view.tabSelected = False
        for merged in parsed.merged_cells.mergeCell if parsed.merged_cells else ():
            worksheet.merged_cells.ranges.add(MergedCellRange(worksheet, CellRange(merged.ref).coord))
        for line in worksheet.iter_rows():
            for cell in line:
                _defuse(cell)
        folder, _, name = part.rpartition("/")
        self._read_comments(worksheet, f"{folder}/_rels/{name}.rels")

    def _read_comments(self, worksheet: Worksheet, relations: str) -> None:
        found = get_dependents(self.archive, relations).find(COMMENTS_NS) if relations in self.valid_files else ()
        for relation in found:
            tree: Any = fromstring(self.archive.read(relation.target))
            comments: Any = CommentSheet.from_tree(tree)
            for address, comment in comments.comments:
                cell: Any = worksheet[address]
                cell.comment = Comment(plain(comment.text)[:MOST_COMMENT], AUTHOR)


def _defuse(cell: Any) -> None:
    """Text stays text, whatever it begins with."""
    if isinstance(cell.value, str) and cell.data_type != "e":
        cell.value = plain(cell.value)[:MOST_TEXT]
        cell.data_type = "s"
        if cell.value.startswith(_FORMULA_STARTS):
            cell.quotePrefix = True
