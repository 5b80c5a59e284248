"""From the bytes of a PDF to its pages, within bounds, or the reason why it is not read.

Belongs here: passwords, damage, loops of references, the number of pages. Does not belong here: what stands on a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from pdfminer.pdfdocument import (
    PDFBaseXRef,
    PDFDocument,
    PDFEncryptionError,
    PDFPasswordIncorrect,
    PDFXRefStream,
)
from pdfminer.pdfexceptions import PDFObjectNotFound
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFObjRef

from pipelines.readers.model import Limits
from pipelines.readers.pdf.bounds import TOO_LARGE, decoding_at_most
from pipelines.readers.pdf.drawing import Effort, draw, hidden_layers
from pipelines.readers.pdf.forms import form_values
from pipelines.readers.pdf.geometry import Page, upright
from pipelines.readers.reject import RejectedError

DAMAGED: Final = "PDF 损坏，打不开；请重新导出后重新放入，或改交 .xlsx"
_LOCKED: Final = "PDF 受打开密码保护；请取消密码后重新放入"
_MOST_XREFS: Final = 200
"""saved versions of a file that are followed"""
_LONGEST_CHAIN: Final = 10
"""references that lead to references"""
_DECODED_SHARE: Final = 2
"""pdfminer keeps a stream beside what it makes of it"""


class _Document(PDFDocument):
    """pdfminer's, without its endless loops."""

    def __init__(self, parser: PDFParser) -> None:
        self._starts = set[int]()
        super().__init__(parser)

    def read_xref_from(self, parser: PDFParser, start: int, xrefs: list[PDFBaseXRef]) -> None:
        if start in self._starts:
            return
        self._starts.add(start)
        if len(self._starts) > _MOST_XREFS:
            raise RejectedError("V01", DAMAGED)
        super().read_xref_from(parser, start, xrefs)
        for xref in xrefs:
            # ranges of object numbers for which there is nothing in the table
            if isinstance(xref, PDFXRefStream) and sum(count for _, count in xref.ranges) > len(xref.data or b""):
                raise RejectedError("V01", DAMAGED)

    def getobj(self, objid: int) -> object:
        found: Any = super().getobj(objid)
        for _ in range(_LONGEST_CHAIN):
            if not isinstance(found, PDFObjRef):
                return found
            found = super().getobj(found.objid)
        raise PDFObjectNotFound(objid)


def read_pages(data: bytes, limits: Limits) -> list[Page]:
    """Every page with what can be seen on it, turned upright. Raises RejectedError."""
    with decoding_at_most(limits.max_expanded_bytes // _DECODED_SHARE):
        try:
            return list(_pages(data, limits))
        except RejectedError:
            raise
        except PDFPasswordIncorrect as error:
            raise RejectedError("V02", _LOCKED) from error
        except PDFEncryptionError as error:
            raise RejectedError("V02", "PDF 用了不认识的加密方式；请取消加密后重新放入") from error
        except MemoryError as error:
            raise RejectedError("V01", TOO_LARGE) from error
        except Exception as error:
            # whatever a damaged file makes of pdfminer, which checks little of what it is given
            raise RejectedError("V01", DAMAGED) from error


def _pages(data: bytes, limits: Limits) -> Iterator[Page]:
    # a file may come with bytes before its head, from which its tables count
    document = _Document(PDFParser(BytesIO(data[data.index(b"%PDF-") :])))
    document.catalog.pop("PageLabels", None)
    manager, effort = PDFResourceManager(), Effort()
    hidden = hidden_layers(document.catalog)
    for number, source in enumerate(PDFPage.create_pages(document), start=1):
        if number > limits.max_pages:
            raise RejectedError("V01", f"PDF 超过 {limits.max_pages} 页，未读取；请只保留统计表所在的页后重报")
        page = draw(source, number, manager, effort, hidden)
        yield upright(form_values(source, page))
