"""Word files for the reading tests: the forms as departments paste them into their report, and raw XML."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
from collections.abc import Mapping

from docx import Document
from docx.document import Document as DocxDocument
from docx.oxml import parse_xml

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


def random_figures(form: Form, variant: str, seed: int) -> dict[CellKey, str]:
    """Each cell as printed: small and large, with fractions where it is money, with signs where it may fall."""
    chance = random.Random(seed)
    printed = {}
    for key in form.cells(variant):
        kind = form.indicators[key.indicator_code].value_kind
        number = chance.choice([0, chance.randrange(10), chance.randrange(1000), chance.randrange(10**6)])
        fraction = f".{chance.randrange(100):02}" if kind == "money" else ""
        sign = chance.choice("+-") if kind == "signed_count" and number else ""
        printed[key] = f"{sign}{number}{fraction}"
    return printed


def report(form: Form, variant: str, printed: Mapping[CellKey, str], *, is_numbered: bool = False) -> bytes:
    """The edition as a report prints it: a title, and each table with its heading above it.

    ``is_numbered``: 一、 （一） 1. before the labels are numbers of a list, as Word makes them of what is typed.
    """
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
        _add_table(document, own, printed, _new_list(document) if is_numbered else 0)
        document.add_paragraph()
    return saved(document)


def _add_table(document: DocxDocument, boxes: list[Box], printed: Mapping[CellKey, str], list_id: int) -> None:
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
        level = next((level for level, (_, _, typed) in enumerate(_LEVELS) if re.match(typed, box.text)), None)
        if list_id and level is not None and box.role is Role.LABEL:
            cell.text = re.sub(_LEVELS[level][2], "", box.text)
            properties = cell.paragraphs[0]._p.get_or_add_pPr().get_or_add_numPr()
            properties.get_or_add_ilvl().val, properties.get_or_add_numId().val = level, list_id


_LEVELS = (
    ("chineseCountingThousand", "%1、", "^[一二三四五六七八九十]+、"),
    ("japaneseCounting", "（%2）", "^（[一二三四五六七八九十]+）"),
    ("decimal", "%3.", r"^[0-9]+\."),
)


def _new_list(document: DocxDocument) -> int:
    """A list of three levels, and its number."""
    root = document.part.numbering_part.element
    number = 100 + len(root)
    level = '<w:lvl w:ilvl="{}"><w:start w:val="1"/><w:numFmt w:val="{}"/><w:lvlText w:val="{}"/></w:lvl>'
    levels = "".join(level.format(index, kind, text) for index, (kind, text, _) in enumerate(_LEVELS))
    definition = f'<w:abstractNum xmlns:w="{W}" w:abstractNumId="{number}">{levels}</w:abstractNum>'
    instance = f'<w:num xmlns:w="{W}" w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'
    root.insert(0, parse_xml(definition))
    root.append(parse_xml(instance))
    return number


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


def compound(stream: bytes, name: str = "WordDocument") -> bytes:
    """A compound file (OLE 2) of one stream of 4096 bytes: an allocation table, a directory, and the stream."""
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    sectors = [table, end, *range(3, 10), end]
    allocation = struct.pack("<128I", *sectors, *[free] * (128 - len(sectors)))

    def entry(title: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = title.encode("utf-16-le") + b"\0\0"
        about = struct.pack("<HBBIII", len(text), kind, 1, free, free, child) + bytes(36)
        return text.ljust(64, b"\0") + about + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, 2, 4096)
    return head + allocation + directory.ljust(512, b"\0") + stream.ljust(4096, b"\0")


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
