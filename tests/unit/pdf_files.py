"""PDFs for the reading tests: forms printed by Chromium and LibreOffice, and pages drawn by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

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
    return (
        f"<!doctype html><meta charset=utf-8><title>年报</title><style>{STYLE}{style}</style><body>{''.join(body)}</body>"
    )


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


def by_office(source: bytes, ending: str) -> bytes:
    """An .html or .docx printed by LibreOffice."""
    assert OFFICE is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"page.{ending}")
        path.write_bytes(source)
        filter_name = "writer_web_pdf_Export" if ending == "html" else "writer_pdf_Export"
        command = [OFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
        command += [f"pdf:{filter_name}", "--outdir", folder, str(path)]
        home = {**os.environ, "HOME": folder}
        subprocess.run(command, env=home, check=True, capture_output=True, timeout=120)
        return path.with_suffix(".pdf").read_bytes()
