"""Which function opens which kind of file.

Belongs here: the one table of the kinds that become a document. Does not belong here: CSV (its long layout is no
document) and archives of several files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pipelines.readers.detect import DAMAGED, Kind, kind_of
from pipelines.readers.document import Document
from pipelines.readers.model import Limits
from pipelines.readers.pdf import read_pdf
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.biff import read_xls
from pipelines.readers.sheets.encrypted import decrypted
from pipelines.readers.sheets.ods import read_ods
from pipelines.readers.sheets.xlsb import read_xlsb
from pipelines.readers.sheets.xlsx import read_xlsx
from pipelines.readers.web.html import read_html
from pipelines.readers.web.mht import read_mht
from pipelines.readers.word.document import read_docx
from pipelines.readers.word.legacy import read_doc

Opener = Callable[[bytes, Limits], Document]
"""raises RejectedError with what to send instead"""
_LOCKED: Final = "工作簿或文档受密码保护；请取消打开密码后重新放入"
_ENCRYPTED: Final = frozenset({Kind.XLSX, Kind.XLSB, Kind.DOCX})
"""the kinds that an encrypted package can turn out to be"""


def _read_encrypted(data: bytes, limits: Limits) -> Document:
    """What the package is once Excel's own password has opened it."""
    plain = decrypted(data, _LOCKED)
    kind = kind_of(plain, limits)
    if kind not in _ENCRYPTED:
        raise RejectedError("V01", DAMAGED)
    return OPENERS[kind](plain, limits)


OPENERS: Final[Mapping[Kind, Opener]] = {
    Kind.XLSX: read_xlsx,
    Kind.DOCX: read_docx,
    Kind.DOC: read_doc,
    Kind.HTML: read_html,
    Kind.MHT: read_mht,
    Kind.XLSB: read_xlsb,
    Kind.XLS: read_xls,
    Kind.ODS: read_ods,
    Kind.ENCRYPTED: _read_encrypted,
    Kind.PDF: read_pdf,
}
