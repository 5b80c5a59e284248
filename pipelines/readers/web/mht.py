"""From a package of web pages (.mht) to grids and paragraphs.

Belongs here: the parts of the package and which of them are pages: the page that a browser saved with the pages in it,
or the sheets of a workbook that Excel or WPS saved as one file. Does not belong here: reading a page (``html``).
"""

from __future__ import annotations

import email
import html
import re
from dataclasses import replace
from email.message import Message
from email.policy import Compat32
from typing import Final

from pipelines.readers.detect import SEND_INSTEAD
from pipelines.readers.document import Document
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.web.html import MOST_TAGS, as_document, decode, read_page
from pipelines.readers.web.page import Page

_PAGES: Final = frozenset({"text/html", "application/xhtml+xml"})
_MOST_NESTED: Final = 8
"""packages in packages: the parser looks at each line once for every one of them"""
_MOST_LINES: Final = 1_000_000
_MOST_PARAMETERS: Final = 20
"""of a header: the standard library's time for them grows with the square, a quarter of a minute for 100 kB"""
_PACKAGE: Final = re.compile(rb"(?:^|\r)content-type:\s*multipart/", re.IGNORECASE | re.MULTILINE)
_DAMAGED: Final = f"网页文件（.mht）损坏，打不开；{SEND_INSTEAD}"
_TOO_LARGE: Final = f"网页文件（.mht）里的部分过多或过大，未读取；{SEND_INSTEAD}"
_MAIL: Final = "这是一封邮件；请把它的附件存出来，单独放入"
_WORKSHEET: Final = re.compile(
    r"<x:ExcelWorksheet>\s*<x:Name>(?P<name>[^<]{1,200})</x:Name>\s*<x:WorksheetSource\s+HRef=[\"'](?P<part>[^\"']{1,500})"
)
_HIDDEN_SHEET: Final = re.compile(r"<x:Visible>\s*Sheet(?:Very)?Hidden\s*</x:Visible>")


def read_mht(data: bytes, limits: Limits) -> Document:
    """The tables and the text of every page in the package. Raises RejectedError."""
    lines = data.count(b"\n") + data.count(b"\r")
    if lines > 2 * _MOST_LINES or sum(1 for _ in _PACKAGE.finditer(data)) > _MOST_NESTED:
        raise RejectedError("V01", _TOO_LARGE)
    try:
        parts = list(email.message_from_bytes(data, policy=_Bounded()).walk())
        pages = [(_location(part), part.get_content_charset(""), _payload(part)) for part in parts if _is_page(part)]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # what the package's own headers make of the standard library
        raise RejectedError("V01", _DAMAGED) from error
    is_large = len(parts) > limits.max_parts or len(pages) > limits.max_sheets
    if is_large or sum(content.count(b"<") for _, _, content in pages) > MOST_TAGS:
        raise RejectedError("V01", _TOO_LARGE)
    if not pages:
        raise RejectedError("V01", _MAIL if any(map(_is_attached, parts)) else _DAMAGED)
    sheets = _worksheets(pages)
    if sheets:
        return _workbook(pages, sheets, limits)
    document = as_document([read_page(content, limits, charset) for _, charset, content in pages], limits)
    if not document.grids and any(map(_is_attached, parts)):
        raise RejectedError("V01", _MAIL)
    return document


class _Bounded(Compat32):
    """The tolerant policy, but for headers that take for ever."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if name.lower() in ("content-type", "content-disposition") and value.count(";") > _MOST_PARAMETERS:
            raise ValueError(name)
        return name, value


_Part = tuple[str, str, bytes]
"""(last piece of its location, encoding declared by the package, content)"""


def _is_page(part: Message) -> bool:
    return part.get_content_type() in _PAGES and not _is_attached(part)


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment"


def _location(part: Message) -> str:
    return re.split(r"[/\\]", str(part.get("Content-Location", "")).strip())[-1].lower()


def _payload(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _worksheets(pages: list[_Part]) -> dict[str, str]:
    """The sheets that the first page, that of the workbook, lists: location -> name."""
    _, charset, content = pages[0]
    return {
        re.split(r"[/\\]", html.unescape(match["part"]))[-1].lower(): html.unescape(match["name"])
        for match in _WORKSHEET.finditer(decode(content, charset))
    }


def _workbook(pages: list[_Part], sheets: dict[str, str], limits: Limits) -> Document:
    """Each sheet under its own name, hidden ones marked; the tab strip and other pages of the package are no sheets."""
    names: list[tuple[str, bool]] = []
    read: list[Page] = []
    for location, charset, content in pages:
        if location in sheets:
            page = read_page(content, limits, charset)
            is_hidden = _HIDDEN_SHEET.search(decode(content, charset)) is not None
            read.append(replace(page, paragraphs=[]) if is_hidden else page)
            numbers = range(1, len(page.tables) + 1)
            names += ((sheets[location] + (f"（{number}）" if number > 1 else ""), is_hidden) for number in numbers)
    document = as_document(read, limits)
    if not document.grids:
        raise RejectedError("V01", f"网页文件（.mht）里没有工作表；{SEND_INSTEAD}")
    named = zip(document.grids, names, strict=True)
    grids = [replace(grid, sheet=name, is_hidden=is_hidden) for grid, (name, is_hidden) in named]
    return Document(grids, document.paragraphs)
