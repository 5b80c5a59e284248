"""PDFs for the reading tests: forms printed by Chromium and LibreOffice, and pages drawn by hand."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

import docx

from pipelines.templates.layout import Box, Role, lay_out
from schemas.form import CellKey, Form
from tests.unit.reader_files import ORGAN_NAME, year_of

CHROMIUM = shutil.which("chromium")
OFFICE = shutil.which("soffice")
STYLE = """
@page { size: A4; margin: 25mm 20mm }
body { font-family: 'Noto Sans CJK SC', sans-serif; font-size: 11pt }
h1 { font-size: 18pt; text-align: center } p { text-indent: 2em }
table { border-collapse: collapse; width: 100%; margin-bottom: 6pt } td, th { border: 1px solid #000; padding: 3px }
td.n { text-align: center } tr { break-inside: avoid }
"""
_BREAK = 4
"""characters after which a narrow head goes on in the next line"""


def form_html(
    form: Form,
    values: Mapping[CellKey, object],
    variant: str = "",
    *,
    style: str = "",
    repeats_heads: bool = False,
    labels: Mapping[str, str] | None = None,
    text: str = "",
) -> str:
    """A form as a report's page: title, sections and captions as text, each table of its own."""
    year = year_of(form)
    boxes = lay_out(form, variant=variant, report_year=year).boxes
    body = [f"<h1>{ORGAN_NAME}{year}年政府信息公开工作年度报告</h1>{text}"]
    for _, group in groupby(boxes, key=lambda box: box.table):
        own = list(group)
        body += [f"<p>{escape(box.text)}</p>" for box in own if box.role in (Role.SECTION, Role.CAPTION)]
        cells = [box for box in own if box.role not in (Role.SECTION, Role.CAPTION)]
        body.append(_table_html(cells, values, repeats_heads=repeats_heads, labels=labels or {}))
    head = f"<!doctype html><meta charset=utf-8><title>年报</title><style>{STYLE}{style}</style>"
    return f"{head}<body>{''.join(body)}</body>"


def _table_html(
    boxes: Sequence[Box], values: Mapping[CellKey, object], *, repeats_heads: bool, labels: Mapping[str, str]
) -> str:
    first_data = min(box.row for box in boxes if box.role in (Role.VALUE, Role.HEADING))
    parts: dict[bool, list[str]] = {True: [], False: []}
    for line in range(min(box.row for box in boxes), max(box.row for box in boxes) + 1):
        cells = []
        for box in sorted((box for box in boxes if box.row == line), key=lambda box: box.column):
            text = str(values.get(box.key, "")) if box.key else labels.get(box.text, box.text)
            kind = "n" if box.role is Role.VALUE else ""
            shown = escape(text).replace("\n", "<br>")
            cells.append(f"<td class='{kind}' rowspan={box.rows} colspan={box.columns}>{shown}</td>")
        parts[line < first_data].append(f"<tr>{''.join(cells)}</tr>")
    head = "".join(parts[True])
    return f"<table border=1>{f'<thead>{head}</thead>' if repeats_heads else head}{''.join(parts[False])}</table>"


def by_chromium(html: str) -> bytes:
    """The page printed by Chromium; its fonts say look-alike radicals for some characters."""
    assert CHROMIUM is not None
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(html, encoding="utf-8")
        flags = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
        quiet = "--disable-component-update --disable-sync --no-pdf-header-footer"
        command = [CHROMIUM, *flags.split(), *quiet.split(), f"--user-data-dir={folder}/profile"]
        home = {**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder}
        command += [f"--print-to-pdf={target}", source.as_uri()]
        subprocess.run(command, env=home, check=True, capture_output=True, timeout=120)
        return target.read_bytes()


def by_office(source: bytes, ending: str, options: str = "") -> bytes:
    """An .html or .docx printed by LibreOffice; ``options`` of its export are JSON with a colon before."""
    assert OFFICE is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"page.{ending}")
        path.write_bytes(source)
        filter_name = "writer_web_pdf_Export" if ending == "html" else "writer_pdf_Export"
        command = [OFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
        command += [f"pdf:{filter_name}{options}", "--outdir", folder, str(path)]
        home = {**os.environ, "HOME": folder}
        subprocess.run(command, env=home, check=True, capture_output=True, timeout=120)
        return path.with_suffix(".pdf").read_bytes()


def docx_of(form: Form, values: Mapping[CellKey, object], variant: str = "") -> bytes:
    """A form as a Word report: title and captions as paragraphs, all columns of a table equally wide."""
    document = docx.Document()
    document.add_heading(f"{ORGAN_NAME}{year_of(form)}年政府信息公开工作年度报告", 0)
    boxes = lay_out(form, variant=variant, report_year=year_of(form)).boxes
    for _, group in groupby(boxes, key=lambda box: box.table):
        own = list(group)
        for box in own:
            if box.role in (Role.SECTION, Role.CAPTION):
                document.add_paragraph(box.text)
        cells = [box for box in own if box.role not in (Role.SECTION, Role.CAPTION)]
        top = min(box.row for box in cells)
        height = max(box.row + box.rows for box in cells) - top
        table = document.add_table(height, max(box.column + box.columns - 1 for box in cells))
        table.style = "Table Grid"
        for box in cells:
            cell = table.cell(box.row - top, box.column - 1)
            if box.rows > 1 or box.columns > 1:
                cell = cell.merge(table.cell(box.row - top + box.rows - 1, box.column - 2 + box.columns))
            cell.text = str(values.get(box.key, "")) if box.key else box.text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


# --- drawn by hand: what no program prints

FONTS = {
    3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    4: b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[5 0 R]>>",
    5: b"<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/DW 1000"
    b"/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>"
    b"/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/Ascent 880/Descent -120>>>>",
}


def drawn(
    *contents: str,
    resources: str = "",
    page: str = "",
    catalog: str = "",
    trailer: str = "",
    objects: Mapping[int, bytes] | None = None,
) -> bytes:
    """A PDF of pages with these contents; fonts F1 (Latin) and F2 (Chinese); ``objects`` of one's own from 100 on."""
    kids = " ".join(f"{10 + 2 * index} 0 R" for index in range(len(contents)))
    parts: dict[int, bytes] = {
        1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode(),
        2: f"<</Type/Pages/Count {len(contents)}/Kids[{kids}]>>".encode(),
        **FONTS,
    }
    for index, content in enumerate(contents):
        head = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {11 + 2 * index} 0 R"
        own = f"/Resources<</Font<</F1 3 0 R/F2 4 0 R>>{resources}>>{page}>>"
        parts[10 + 2 * index] = (head + own).encode()
        parts[11 + 2 * index] = stream(content.encode("latin-1"))
    return file_of({**parts, **(objects or {})}, trailer)


def stream(data: bytes, entries: str = "") -> bytes:
    return f"<</Length {len(data)}{entries}>>stream\n".encode() + data + b"\nendstream"


def file_of(parts: Mapping[int, bytes], trailer: str = "") -> bytes:
    """The objects as a file, the catalogue being number 1."""
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, io.SEEK_END)
    places: dict[int, int] = {}
    for number, part in parts.items():
        places[number] = out.tell()
        out.write(f"{number} 0 obj\n".encode() + part + b"\nendobj\n")
    start, size = out.tell(), max(parts) + 1
    out.write(f"xref\n0 {size}\n".encode())
    for number in range(size):
        place = places.get(number)
        out.write(f"{place:010d} 00000 n \n".encode() if place else b"0000000000 65535 f \n")
    out.write(f"trailer<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF".encode())
    return out.getvalue()


def text(x: float, y: float, words: str, size: float = 10, before: str = "") -> str:
    """Words with their left end at a place, from the bottom left corner of the page."""
    font, shown = ("F1", f"({words})") if words.isascii() else ("F2", f"<{words.encode('utf-16-be').hex()}>")
    return f"q BT {before} /{font} {size} Tf 1 0 0 1 {x} {y} Tm {shown} Tj ET Q\n"


def ruled(xs: Sequence[float], ys: Sequence[float]) -> str:
    """A grid of lines."""
    level = "".join(f"{min(xs)} {y} m {max(xs)} {y} l S\n" for y in ys)
    return level + "".join(f"{x} {min(ys)} m {x} {max(ys)} l S\n" for x in xs)


def table(rows: Sequence[Sequence[str]], top: float = 700, left: float = 60, width: float = 150) -> str:
    """A ruled table with one line of text in each cell, 20 points high."""
    xs = [left + width * index for index in range(len(rows[0]) + 1)]
    ys = [top - 20 * index for index in range(len(rows) + 1)]
    texts = [
        text(xs[column] + 5, ys[row] - 14, words)
        for row, line in enumerate(rows)
        for column, words in enumerate(line)
        if words
    ]
    return ruled(xs, ys) + "".join(texts)
