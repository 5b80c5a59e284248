"""From a saved web page to grids and paragraphs.

Belongs here: encodings, the parser and its bounds, the names of tables and paragraphs. Does not belong here: packages
of pages (``mht``), what a page prints (``page``), what tables mean. Nothing that a page refers to is fetched.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from typing import Any, Final, cast

from lxml import etree

from pipelines.readers.detect import SEND_INSTEAD
from pipelines.readers.document import Document, Paragraph
from pipelines.readers.grid import Grid
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.web.page import Page, PageReader

TEXT_SHEET: Final = "正文"
MOST_TAGS: Final = 1_000_000
_FRAMES: Final = (
    "这个网页只是框架，表格在旁边的文件夹（如“….files”）里，没有一起送来；"
    "请在 Excel 或 WPS 里打开，另存为 .xlsx 后重新放入；是门户网页的，请在浏览器里打开，另存为“单个文件”（.mht）"
)
_HEAD: Final = 4096
"""bytes in which a page declares its encoding"""
_BIG5: Final = re.compile(
    rb"""(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,80}?encoding)\s*=\s*["']?\s*big5""", re.IGNORECASE
)
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PIECE: Final = 65_536
_MOST_BROKEN: Final = 0.01
"""share of characters that may be broken"""


def read_html(data: bytes, limits: Limits) -> Document:
    """The tables and the text of a page. Raises RejectedError."""
    page = read_page(data, limits)
    if page.is_frame and not page.tables:
        raise RejectedError("V01", _FRAMES)
    return as_document([page], limits)


def read_page(data: bytes, limits: Limits, declared: str = "") -> Page:
    """``declared`` is the encoding that a package states for it. Raises RejectedError."""
    text = decode(data, declared)
    if text.count("<") > MOST_TAGS:
        raise RejectedError("V01", f"网页过大，未读取；{SEND_INSTEAD}")
    target = PageReader(limits)
    # the parser wants bytes: what a page declares inside must not count a second time
    parser = etree.HTMLParser(target=cast(Any, target), encoding="utf-8", huge_tree=True, no_network=True)
    try:
        page = text.encode("utf-8", "replace")
        # in pieces: what the target refuses is only told at the end of one
        for begin in range(0, len(page), _PIECE):
            parser.feed(page[begin : begin + _PIECE])
        parser.close()
    except etree.LxmlError as error:
        raise RejectedError("V01", f"网页损坏，打不开；{SEND_INSTEAD}") from error
    return target.page()


def as_document(pages: Iterable[Page], limits: Limits) -> Document:
    """Tables named 表1, 表2, ... and paragraphs, both counted over all pages. Raises RejectedError."""
    read = list(pages)
    tables = [table for page in read for table in page.tables]
    if len(tables) > limits.max_tables:
        raise RejectedError("V01", f"文件里的表格超过 {limits.max_tables} 个，未读取；请只保留统计表后重报")
    grids: list[Grid] = []
    texts: list[str] = []
    for page in read:
        for table in page.tables:
            grids.append(table.as_grid(f"表{len(grids) + 1}", limits.max_cells, len(texts) + table.preceding))
        texts += page.paragraphs
    return Document(grids, [Paragraph(TEXT_SHEET, f"第{number}段", text) for number, text in enumerate(texts, start=1)])


def decode(data: bytes, declared: str = "") -> str:
    """The text of a page: by its byte order mark, else strict UTF-8, else Big5 where it is declared, else GB18030.

    What is declared comes after UTF-8 because pages that were saved again declare the encoding they had before; and
    GB2312, GBK and no declaration at all are GB18030. A few broken characters are let through as U+FFFD, which no
    number has. Raises RejectedError.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _readable([data[len(mark) :].decode(encoding, "replace")])
    is_big5 = declared.strip().lower().startswith("big5") or _BIG5.search(data[:_HEAD])
    encodings = ("utf-8", "big5hkscs", "gb18030") if is_big5 else ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return _readable([data.decode(encoding, "replace") for encoding in encodings])


def _readable(texts: list[str]) -> str:
    best = min(texts, key=lambda text: text.count("\ufffd"))
    if best.count("\ufffd") > _MOST_BROKEN * len(best):
        raise RejectedError("V01", f"网页的文字编码无法识别；{SEND_INSTEAD}")
    return best
