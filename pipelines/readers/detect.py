"""What kind of file it is, by its bytes.

Belongs here: magic bytes, and the answer to what is not read. The ending of a name is never believed.
"""

from __future__ import annotations

import io
import zipfile
from typing import Final

from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError

XLSX: Final = "xlsx"
CSV: Final = "csv"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_OTHER_KINDS: Final = (
    (b"%PDF", "PDF 文件"),
    (b"{\\rtf", "RTF 文件"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\xff\xd8\xff", "图片"),
    (b"\x89PNG", "图片"),
    (b"GIF8", "图片"),
)
_SEND_INSTEAD: Final = "请用办公室下发的空白表填报，存为 .xlsx 后重新放入"


def kind_of(data: bytes, limits: Limits) -> str:
    """XLSX or CSV. Raises RejectedError (V01, V02) for everything else, naming what it is."""
    if not data.strip():
        raise RejectedError("V01", f"文件是空的；{_SEND_INSTEAD}")
    if len(data) > limits.max_bytes:
        raise RejectedError("V01", f"文件超过 {limits.max_bytes // 1024**2} MB 上限；请只保留统计表后重报")
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise RejectedError("V02", "工作簿受密码保护；请取消打开密码后重新放入")
        raise RejectedError("V01", f"旧版 Office 文件（.xls 或 .doc）；{_SEND_INSTEAD}")
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(data, limits)
    for magic, name in _OTHER_KINDS:
        if data.startswith(magic):
            raise RejectedError("V01", f"{name}不能读取；{_SEND_INSTEAD}")
    if data[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith((b"<", b"mime-version")):
        raise RejectedError("V01", f"网页或 XML 文件不能读取；{_SEND_INSTEAD}")
    if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RejectedError("V01", f"不认识的文件类型；{_SEND_INSTEAD}")
    return CSV


def _zip_kind(data: bytes, limits: Limits) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise RejectedError("V01", f"文件损坏，打不开；请重新导出，{_SEND_INSTEAD}") from error
    if sum(entry.file_size for entry in entries) > limits.max_expanded_bytes or len(entries) > limits.max_parts:
        raise RejectedError("V01", "文件展开后过大，未读取；请只保留统计表后重报")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise RejectedError("V02", "文件受密码保护；请取消密码后重新放入")
    names = {entry.filename for entry in entries}
    if len({name.lower() for name in names}) != len(entries):
        # two parts of one name: what was measured need not be what is read
        raise RejectedError("V01", f"文件损坏，打不开；请重新导出，{_SEND_INSTEAD}")
    if "xl/workbook.xml" in names:
        return XLSX
    if "word/document.xml" in names:
        raise RejectedError("V01", f"Word 文件不能读取；{_SEND_INSTEAD}")
    raise RejectedError("V01", f"压缩包或不认识的文件类型；{_SEND_INSTEAD}")
