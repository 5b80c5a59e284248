"""Word files for the reading tests: the forms as departments paste them into their report, and raw XML."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from docx import Document
from docx.document import Document as DocxDocument

from pipelines.templates.layout import Box, Role, lay_out
from schemas.form import CellKey, Form
from tests.unit.reader_files import ORGAN_NAME, year_of

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMESPACES = {
    "w": W,
    "r": _RELATIONS,
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
}


def report(form: Form, variant: str, printed: Mapping[CellKey, str]) -> bytes:
    """The edition as a report prints it: a title, and each table with its heading above it."""
    document = Document()
    year = year_of(form)
    document.add_paragraph(f"{ORGAN_NAME}{year}年政府信息公开工作年度报告")
    boxes = lay_out(form, variant=variant, report_year=year).boxes
    section = ""
    for table in form.tables:
        if table.section != section:
            section = table.section
            document.add_paragraph(section)
        own = [box for box in boxes if box.table == table.code and box.role is not Role.SECTION]
        _add_table(document, own, printed)
        document.add_paragraph()
    return saved(document)


def _add_table(document: DocxDocument, boxes: list[Box], printed: Mapping[CellKey, str]) -> None:
    top, left = min(box.row for box in boxes), min(box.column for box in boxes)
    height = max(box.row + box.rows for box in boxes) - top
    width = max(box.column + box.columns for box in boxes) - left
    table = document.add_table(height, width)
    # looked up once: python-docx walks the whole table for every cell
    cells = table._cells
    for box in boxes:
        first = (box.row - top) * width + box.column - left
        last = first + (box.rows - 1) * width + box.columns - 1
        cell = cells[first] if first == last else cells[first].merge(cells[last])
        cell.text = printed.get(box.key, "") if box.key else box.text


def saved(document: DocxDocument) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def package(
    body: str,
    *,
    styles: str = "",
    numbering: str = "",
    namespace: str = W,
    parts: Mapping[str, str | bytes] | None = None,
    prolog: str = "",
) -> bytes:
    """A package with this XML in its body, its styles and its numbering; ``parts`` are added or put in place."""
    names = " ".join(f'xmlns:{prefix}="{namespace if prefix == "w" else name}"' for prefix, name in _NAMESPACES.items())
    relation = '<Relationship Id="r{0}" Type="' + _RELATIONS + '/{0}" Target="{1}"/>'
    side = {"styles": styles, "numbering": numbering}
    related = "".join(relation.format(name, f"{name}.xml") for name, content in side.items() if content)
    wrap = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
    content: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": wrap.format(relation.format("officeDocument", "word/document.xml")),
        "word/document.xml": f"{prolog}<w:document {names}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": wrap.format(related),
        **{f"word/{name}.xml": f"<w:{name} {names}>{xml}</w:{name}>" for name, xml in side.items() if xml},
        **(parts or {}),
    }
    return zipped(content)


def zipped(content: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return out.getvalue()


def r(text: str, properties: str = "") -> str:
    """A run."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def p(*inner: str, properties: str = "") -> str:
    """A paragraph of runs; what does not begin with an element is the text of one."""
    runs = "".join(part if part.startswith("<") else r(part) for part in inner)
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def tc(*paragraphs: str, span: int = 1, down: str = "", properties: str = "") -> str:
    """A cell; ``down`` is 'restart' or 'continue'. What does not begin with an element is a paragraph's text."""
    merged = f'<w:gridSpan w:val="{span}"/>' if span != 1 else ""
    merged += {"": "", "restart": '<w:vMerge w:val="restart"/>', "continue": "<w:vMerge/>"}[down]
    inner = "".join(part if part.startswith("<") else p(part) for part in paragraphs or ("",))
    return f"<w:tc><w:tcPr>{merged}{properties}</w:tcPr>{inner}</w:tc>"


def tr(*cells: str, properties: str = "") -> str:
    """A row."""
    inner = "".join(part if part.startswith("<") else tc(part) for part in cells)
    return f"<w:tr><w:trPr>{properties}</w:trPr>{inner}</w:tr>"


def tbl(*rows: str) -> str:
    """A table."""
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{''.join(rows)}</w:tbl>"
