"""What is filled into a PDF: values of form fields and typed notes, where they lie.

Belongs here: fields and notes as characters of the page. Scripts, attachments, links and buttons are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import PDFStream, dict_value, list_value, resolve1
from pdfminer.psparser import PSLiteral
from pdfminer.utils import Matrix, apply_matrix_rect, decode_text

from pipelines.readers.pdf.geometry import Box, Char, Page
from pipelines.readers.reject import RejectedError

_MOST: Final = 5_000
"""fields and notes on a page"""
_DEEPEST: Final = 20
"""fields inside fields"""
_LONGEST: Final = 2_000
"""characters of a value"""
_UNSEEN: Final = 0b100010
"""flags of an annotation: hidden, no view"""


def form_values(source: PDFPage, page: Page) -> Page:
    """The page with the values of its fields as characters. Raises RejectedError."""
    annotations = list_value(source.annots) if source.annots is not None else []
    if len(annotations) > _MOST:
        raise RejectedError("V01", f"PDF 第{page.number}页的表单域过多，未读取；请打印为 PDF 后重报")
    order = max((char.order for char in page.chars), default=0) + 1
    filled = [
        Char(text, box, min(box.bottom - box.top, 10.0), order + index)
        for index, (text, box) in enumerate(_filled(source, annotations, page))
    ]
    return replace(page, chars=[*page.chars, *filled]) if filled else page


def _filled(source: PDFPage, annotations: list[Any] | tuple[Any, ...], page: Page) -> Iterator[tuple[str, Box]]:
    for item in annotations:
        annotation = dict_value(item)
        kind = resolve1(annotation.get("Subtype"))
        name = kind.name if isinstance(kind, PSLiteral) else ""
        flags = resolve1(annotation.get("F"))
        rect = [resolve1(value) for value in list_value(annotation.get("Rect"))]
        if isinstance(flags, int) and flags & _UNSEEN:
            continue
        if len(rect) != 4 or not all(isinstance(value, int | float) for value in rect):  # noqa: PLR2004 - two corners
            continue
        text = (
            _value(annotation) if name == "Widget" else _text(annotation.get("Contents")) if name == "FreeText" else ""
        )
        if text.strip():
            yield " ".join(text.split())[:_LONGEST], _box(source, rect, page)


def _value(field: dict[str, Any]) -> str:
    """The value of a field of text or choice; it may stand at a field above."""
    found: dict[str, Any] = {}
    for _ in range(_DEEPEST):
        for name in ("FT", "V"):
            if name in field:
                found.setdefault(name, resolve1(field[name]))
        parent = resolve1(field.get("Parent"))
        if not isinstance(parent, dict):
            break
        field = parent
    kind = found.get("FT")
    if not isinstance(kind, PSLiteral) or kind.name not in ("Tx", "Ch"):
        return ""
    value = found.get("V")
    return "、".join(_text(item) for item in value) if isinstance(value, list) else _text(value)


def _text(value: Any) -> str:
    value = resolve1(value)
    if isinstance(value, PDFStream):
        value = value.get_data()
    return decode_text(value) if isinstance(value, bytes) else ""


def _box(source: PDFPage, rect: list[float], page: Page) -> Box:
    x0, y0, x1, y1 = source.mediabox
    turned: dict[int, Matrix] = {
        90: (0, -1, 1, 0, -y0, x1),
        180: (-1, 0, 0, -1, x1, y1),
        270: (0, 1, -1, 0, y1, -x0),
    }
    left, low, right, high = apply_matrix_rect(
        turned.get(source.rotate, (1, 0, 0, 1, -x0, -y0)), (rect[0], rect[1], rect[2], rect[3])
    )
    return Box(min(left, right), page.height - max(low, high), max(left, right), page.height - min(low, high))
