"""What kind of file it is, by its bytes.

Belongs here: magic bytes, what a package or a compound file holds, and the answer to what is not read. The ending of a
name is never believed.
"""

from __future__ import annotations

import io
import re
import zipfile
from enum import StrEnum
from typing import Final

from pipelines.readers.compound import MAGIC, open_compound
from pipelines.readers.model import Limits
from pipelines.readers.reject import DAMAGED_PACKAGE, RejectedError


class Kind(StrEnum):
    """The kinds of file that are read; ``.et`` is XLS, ``.xlsm`` is XLSX."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    CSV = "csv"
    HTML = "html"
    MHT = "mht"
    DOCX = "docx"
    DOC = "doc"
    PDF = "pdf"
    ZIP = "zip"
    ENCRYPTED = "encrypted"
    """an Office package under a password, which may be the one that Excel itself knows"""


SEND_INSTEAD: Final = "请用办公室下发的空白表填报，存为 .xlsx 后重新放入"
DAMAGED: Final = f"文件损坏，打不开；请重新导出，{SEND_INSTEAD}"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OTHER_KINDS: Final = (
    (b"{\\rtf", "RTF 文件"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\x1f\x8b", "gz 压缩包"),
    (b"\xff\xd8\xff", "图片"),
    (b"\x89PNG", "图片"),
    (b"GIF8", "图片"),
    (b"II*\0", "图片"),
    (b"MM\0*", "图片"),
    (b"%!PS", "PostScript 文件"),
)
_OTHER_PACKAGES: Final = (
    ("OFD.xml", "OFD 文件"),
    ("ppt/presentation.xml", "演示文稿"),
    ("content.xml", "OpenDocument 文字文件"),
)
_WORD_PART: Final = re.compile(r"word/document[0-9]*\.xml")
_PACKAGES: Final = frozenset(
    [
        *("[Content_Types].xml", "mimetype", "xl/workbook.xml", "xl/workbook.bin", "word/document.xml"),
        *(part for part, _ in _OTHER_PACKAGES),
    ]
)
"""parts of which one tells a package from an archive of files"""
_BOM: Final = b"\xef\xbb\xbf"
_HEAD: Final = 4096
"""bytes at the beginning in which a text says what it is"""
_PDF_HEAD: Final = 1024
"""bytes in which the mark of a PDF may stand, as its readers have it"""
_MHT_HEAD: Final = re.compile(rb"^mime-version:", re.IGNORECASE | re.MULTILINE)
_MARKUP: Final = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|table|div|p|span|center|h[1-6]|font|title|style|!--)[\s>/]",
    re.IGNORECASE,
)
_WORKBOOK_XML: Final = (b"urn:schemas-microsoft-com:office:spreadsheet", b'progid="Excel.Sheet"')


def kind_of(data: bytes, limits: Limits) -> Kind:
    """Raises RejectedError (V01, V02) for what is not read, naming what it is and what to send instead."""
    if not data.strip():
        raise RejectedError("V01", f"文件是空的；{SEND_INSTEAD}")
    if len(data) > limits.max_bytes:
        raise RejectedError("V01", f"文件超过 {limits.max_bytes // 1024**2} MB 上限；请只保留统计表后重报")
    if data.startswith(MAGIC):
        return _compound_kind(data)
    if data.startswith(_ZIP):
        return _package_kind(data, limits)
    for magic, name in _OTHER_KINDS:
        if data.startswith(magic):
            raise RejectedError("V01", f"{name}不能读取；{SEND_INSTEAD}")
    if b"%PDF-" in data[:_PDF_HEAD]:
        return Kind.PDF
    return _text_kind(data)


def _text_kind(data: bytes) -> Kind:
    head = data[:_HEAD].removeprefix(_BOM)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = data[:_HEAD].decode("utf-16", "replace").encode()
    elif b"\0" in data:
        raise RejectedError("V01", f"不认识的文件类型；{SEND_INSTEAD}")
    start = head.lstrip()
    if _MHT_HEAD.search(start):
        return Kind.MHT
    if not start.startswith(b"<"):
        return Kind.CSV
    if any(mark in head for mark in _WORKBOOK_XML):
        raise RejectedError("V01", "XML 表格（Excel 2003 XML）不能读取；请另存为 .xlsx 后重新放入")
    if _MARKUP.search(head):
        return Kind.HTML
    raise RejectedError("V01", f"XML 文件不能读取；{SEND_INSTEAD}")


def _compound_kind(data: bytes) -> Kind:
    """A compound file (OLE 2) by its streams."""
    try:
        with open_compound(data) as compound:
            names = {"/".join(path).lower() for path in compound.listdir()}
    except Exception as error:
        # whatever a damaged allocation table makes of it
        raise RejectedError("V01", DAMAGED) from error
    if "encryptedpackage" in names:
        return Kind.ENCRYPTED
    if names & {"workbook", "book"}:
        return Kind.XLS
    if "worddocument" in names:
        return Kind.DOC
    if "powerpoint document" in names:
        raise RejectedError("V01", f"演示文稿不能读取；{SEND_INSTEAD}")
    raise RejectedError("V01", f"不认识的文件类型；{SEND_INSTEAD}")


def _package_kind(data: bytes, limits: Limits) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            kind = _open_document_kind(archive) if "mimetype" in names else None
    except DAMAGED_PACKAGE as error:
        raise RejectedError("V01", DAMAGED) from error
    if sum(entry.file_size for entry in entries) > limits.max_expanded_bytes or len(entries) > limits.max_parts:
        raise RejectedError("V01", "文件展开后过大，未读取；请只保留统计表后重报")
    if not names & _PACKAGES:
        # its files are looked at one by one
        return Kind.ZIP
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise RejectedError("V02", "文件受密码保护；请取消密码后重新放入")
    if len({name.lower() for name in names}) != len(entries):
        # two parts of one name: what was measured need not be what is read
        raise RejectedError("V01", DAMAGED)
    if kind is not None:
        return kind
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if "xl/workbook.bin" in names:
        return Kind.XLSB
    if any(_WORD_PART.fullmatch(name) for name in names):
        return Kind.DOCX
    for part, name in _OTHER_PACKAGES:
        if part in names:
            raise RejectedError("V01", f"{name}不能读取；{SEND_INSTEAD}")
    # the list of its parts is there, the main part is not
    raise RejectedError("V01", DAMAGED)


def _open_document_kind(archive: zipfile.ZipFile) -> Kind | None:
    entry = archive.getinfo("mimetype")
    if entry.file_size > _HEAD or entry.flag_bits & 0x1:
        return None
    is_sheet = archive.read(entry).strip().startswith(b"application/vnd.oasis.opendocument.spreadsheet")
    return Kind.ODS if is_sheet else None
