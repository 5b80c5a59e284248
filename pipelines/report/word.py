"""The annual report as a Word file.

Belongs here: pages, styles, fonts, table XML, and packing the same content into the same bytes. Does not belong here:
what the report says (``document``).

Set as official documents are (GB/T 9704): A4, Song for the title, Hei for headings, Fangsong for text, each with the
names that other systems know it by. East Asian text takes its font from w:eastAsia alone.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final
from zipfile import ZipFile

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from lxml import etree

from pipelines.report.document import DRAFT, Report, Table
from pipelines.templates.layout import Box, Role
from pipelines.templates.package import FIXED_TIME, fixed_zip

_LATIN: Final = "Times New Roman"
_SONG, _HEI, _FANGSONG = "宋体", "黑体", "仿宋_GB2312"
_ALSO_KNOWN_AS: Final = {
    _SONG: "SimSun,Songti SC,Noto Serif CJK SC",
    _HEI: "SimHei,Heiti SC,Noto Sans CJK SC",
    _FANGSONG: "仿宋,FangSong,STFangsong,Noto Serif CJK SC",
}
_RED: Final = RGBColor(0xC0, 0x00, 0x00)
_TEXT_WIDTH: Final = 15.6
"""centimetres, as GB/T 9704 has it"""
_TABLE_SIZE: Final = {True: 10.5, False: 9.0}
"""points, by whether the table is narrow"""
_ROW_HEIGHT: Final = {True: 0.75, False: 0.58}
"""centimetres at least, by whether the table is short"""
_NARROW: Final = 6
_HALF_HEAD: Final = 2
_LONG, _LONGEST = 20, 36
"""rows from which on a table fills a page of its own, and from which on it goes on on the next one"""
_TWIPS_IN_CM: Final = 567
_SHADED: Final = frozenset({Role.CAPTION, Role.CORNER, Role.HEADER})
_LEFT: Final = frozenset({Role.LABEL})
_CELL, _CELL_LEFT, _NOTE = "表格文字", "表格行名", "附注"
_THUMBNAIL: Final = "thumbnail"


def to_docx(report: Report) -> bytes:
    """The bytes of the .docx; the same report gives the same bytes."""
    document = docx.Document()
    _set_up_pages(document)
    _set_up_styles(document)
    _set_up_frame(document, report)
    if report.warnings:
        for warning in report.warnings:
            _warn(document.add_paragraph(), warning)
    document.add_paragraph(report.title, style="Title")
    for section in report.sections:
        document.add_paragraph(section.heading, style="Heading 1")
        for text in section.paragraphs:
            document.add_paragraph(text, style="Normal")
        above = document.paragraphs[-1].paragraph_format
        above.space_after = Pt(6)
        if any(table.height < _LONG for table in section.tables[:1]):
            above.keep_with_next = True
        for table in section.tables:
            _TableWriter(document, table).write()
    for number, note in enumerate(report.notes, start=1):
        document.add_paragraph(f"{'注：' if number == 1 else '　　'}{note}", style=_NOTE)
    return _packed(document, report)


def _set_up_pages(document: Document) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin, section.bottom_margin = Cm(3.4), Cm(3.0)
    section.left_margin, section.right_margin = Cm(2.8), Cm(21 - 2.8 - _TEXT_WIDTH)
    section.header_distance, section.footer_distance = Cm(1.6), Cm(1.4)


def _set_up_styles(document: Document) -> None:
    defaults = document.styles.element.find(qn("w:docDefaults"))
    language = defaults.find(f".//{qn('w:lang')}")
    language.set(qn("w:eastAsia"), "zh-CN")
    normal = _style(document, "Normal", _FANGSONG, 16)
    normal.paragraph_format.first_line_indent = Pt(32)
    normal.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    normal.paragraph_format.line_spacing = Pt(28)
    title = _style(document, "Title", _SONG, 18)
    title.font.bold = True
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(6), Pt(22)
    title.paragraph_format.line_spacing = Pt(30)
    heading = _style(document, "Heading 1", _HEI, 16)
    heading.font.bold = False
    heading.paragraph_format.first_line_indent = Pt(32)
    heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(6), Pt(0)
    heading.paragraph_format.keep_with_next = True
    for name, alignment in ((_CELL, WD_ALIGN_PARAGRAPH.CENTER), (_CELL_LEFT, WD_ALIGN_PARAGRAPH.LEFT)):
        cell = _style(document, name, _SONG, _TABLE_SIZE[False])
        cell.paragraph_format.alignment = alignment
        cell.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    note = _style(document, _NOTE, _SONG, 9)
    note.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    note.paragraph_format.space_before = Pt(4)
    for name, others in _ALSO_KNOWN_AS.items():
        _name_font(document, name, others)


def _style(document: Document, name: str, east_asian: str, points: float) -> Any:
    """A paragraph style with nothing of the library's own looks, in black."""
    names = [style.name for style in document.styles]
    style: Any = document.styles[name] if name in names else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    properties = style.element.get_or_add_pPr()
    for child in list(properties):
        if child.tag not in (qn("w:outlineLvl"), qn("w:keepLines"), qn("w:keepNext")):
            properties.remove(child)
    runs = style.element.get_or_add_rPr()
    for child in list(runs):
        runs.remove(child)
    fonts = OxmlElement("w:rFonts")
    for attribute, font in (("ascii", _LATIN), ("hAnsi", _LATIN), ("cs", _LATIN), ("eastAsia", east_asian)):
        fonts.set(qn(f"w:{attribute}"), font)
    runs.append(fonts)
    style.font.size = Pt(points)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.first_line_indent = Pt(0)
    return style


def _name_font(document: Document, name: str, others: str) -> None:
    """What else a font is called, where it is not installed: an entry of the table of fonts."""
    (part,) = (
        relation.target_part for relation in document.part.rels.values() if relation.reltype.endswith("/fontTable")
    )
    table = etree.fromstring(part.blob)
    font = etree.SubElement(table, qn("w:font"), {qn("w:name"): name})
    etree.SubElement(font, qn("w:altName"), {qn("w:val"): others})
    etree.SubElement(font, qn("w:charset"), {qn("w:val"): "86"})
    etree.SubElement(font, qn("w:family"), {qn("w:val"): "auto"})
    part._blob = etree.tostring(table, xml_declaration=True, encoding="UTF-8", standalone=True)


def _set_up_frame(document: Document, report: Report) -> None:
    """Head and foot of every page: 草稿 where it is one, page number, source."""
    section = document.sections[0]
    if report.is_draft:
        head = section.header.paragraphs[0]
        head.style = document.styles[_CELL]
        _red(head, f"{DRAFT}　不得对外公布", 14)
    number = section.footer.paragraphs[0]
    number.style = document.styles[_CELL]
    number.add_run("— ")
    number._p.append(parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>'))
    number.add_run(" —")
    section.footer.add_paragraph(report.source, style=document.styles[_CELL])


def _warn(paragraph: Paragraph, text: str) -> None:
    paragraph.paragraph_format.first_line_indent = Pt(0)
    _red(paragraph, text, 14)


def _red(paragraph: Paragraph, text: str, points: float) -> None:
    run = paragraph.add_run(text)
    run.font.color.rgb = _RED
    run.font.size = Pt(points)
    run.font.bold = True


class _TableWriter:
    """One table as XML: the library's own merging would read the whole table again for each cell."""

    def __init__(self, document: Document, table: Table) -> None:
        self._document, self._table = document, table
        self._widths = [round(share * _TEXT_WIDTH * _TWIPS_IN_CM) for share in table.widths]
        self._size = Pt(_TABLE_SIZE[len(table.widths) <= _NARROW])
        self._height = round(_ROW_HEIGHT[table.height < _LONG] * _TWIPS_IN_CM)
        self._last_kept = table.height - 1 if table.height < _LONGEST else 0

    def write(self) -> None:
        """Add the table at the end of the document, and an empty line that keeps it from the next one."""
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in self._widths)
        edges = "".join(
            f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
            for side in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        element = parse_xml(
            f"<w:tbl {nsdecls('w')}><w:tblPr>"
            f'<w:tblW w:w="{sum(self._widths)}" w:type="dxa"/><w:jc w:val="center"/>'
            f'<w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/>'
            '<w:tblCellMar><w:left w:w="40" w:type="dxa"/><w:right w:w="40" w:type="dxa"/></w:tblCellMar>'
            f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid></w:tbl>"
        )
        for row in range(self._table.height):
            element.append(self._row(row))
        # the body ends with the properties of its last section
        body = self._document.element.body
        body.insert(len(body) - 1, element)
        self._document.add_paragraph(style=_CELL)

    def _row(self, row: int) -> Any:
        line = OxmlElement("w:tr")
        properties = OxmlElement("w:trPr")
        properties.append(OxmlElement("w:cantSplit"))
        _put(properties, "w:trHeight", val=str(self._height), hRule="atLeast")
        if row < self._table.repeated:
            properties.append(OxmlElement("w:tblHeader"))
        line.append(properties)
        covering = (box for box in self._table.boxes if box.row <= row < box.row + box.rows)
        for box in sorted(covering, key=lambda item: item.column):
            line.append(self._cell(box, row))
        return line

    def _cell(self, box: Box, row: int) -> Any:
        """A box, or what goes on of it in a further row."""
        cell: Any = OxmlElement("w:tc")
        properties = OxmlElement("w:tcPr")
        _put(properties, "w:tcW", w=str(sum(self._widths[box.column : box.column + box.columns])), type="dxa")
        if box.columns > 1:
            _put(properties, "w:gridSpan", val=str(box.columns))
        if box.rows > 1:
            _put(properties, "w:vMerge", val="restart" if row == box.row else "continue")
        if box.role in _SHADED:
            _put(properties, "w:shd", val="clear", color="auto", fill="F2F2F2")
        _put(properties, "w:vAlign", val="center")
        cell.append(properties)
        paragraph = Paragraph(cell.add_p(), self._document._body)
        paragraph.style = self._document.styles[_CELL_LEFT if box.role in _LEFT else _CELL]
        paragraph.paragraph_format.keep_with_next = row < self._last_kept
        if row == box.row and box.text:
            run = paragraph.add_run(self._broken(box))
            run.font.size = self._size
            run.font.bold = box.role in (Role.HEADER, Role.CAPTION) or None
        return cell

    def _broken(self, box: Box) -> str:
        """A head of four characters in a narrow column in two even lines, as the printed forms have it."""
        is_narrow = box.columns == 1 and len(self._table.widths) > _NARROW
        if box.role is Role.HEADER and is_narrow and len(box.text) == 2 * _HALF_HEAD:
            return f"{box.text[:_HALF_HEAD]}\n{box.text[_HALF_HEAD:]}"
        return box.text


def _put(parent: Any, tag: str, **attributes: str) -> None:
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    parent.append(element)


def _packed(document: Document, report: Report) -> bytes:
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = report.title, "gongkai", "gongkai"
    properties.comments, properties.subject = report.source, DRAFT if report.is_draft else ""
    properties.created = properties.modified = FIXED_TIME
    properties.language, properties.revision = "zh-CN", 1
    package = document.part.package
    for relation_id, relation in list(package.rels.items()):
        if relation.reltype.endswith(_THUMBNAIL):
            del package.rels[relation_id]
    saved = BytesIO()
    document.save(saved)
    with ZipFile(saved) as parts:
        return fixed_zip({name: parts.read(name) for name in parts.namelist()})
