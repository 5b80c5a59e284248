"""What a file is, by its bytes; what it is not is said with what to send instead."""

from __future__ import annotations

import io
import struct
import time
import zipfile

import pytest

from pipelines.readers.detect import Kind, kind_of
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from tests.unit.libreoffice import converted, needs_libreoffice
from tests.unit.old_workbooks import END, MAGIC, compound, entry
from tests.unit.reader_files import part_of, rejection, repacked, small_book

INSTEAD = "请用办公室下发的空白表填报，存为 .xlsx 后重新放入"


def archive(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def flagged_as_encrypted(data: bytes) -> bytes:
    """The bit of encryption set in each entry, as a zip with a password has it."""
    out = bytearray(data)
    for magic, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = out.find(magic)
        while place >= 0:
            out[place + offset] |= 1
            place = out.find(magic, place + 4)
    return bytes(out)


def declared_size(data: bytes, size: int) -> bytes:
    """The size of the first entry declared otherwise in the central directory."""
    out = bytearray(data)
    place = out.find(b"PK\x01\x02")
    out[place + 24 : place + 28] = struct.pack("<I", size)
    return bytes(out)


REJECTED = {
    "empty": (b"", "V01", f"文件是空的；{INSTEAD}"),
    "blank": (b" \r\n\t ", "V01", f"文件是空的；{INSTEAD}"),
    "rtf": (b"{\\rtf1\\ansi", "V01", f"RTF 文件不能读取；{INSTEAD}"),
    "rar": (b"Rar!\x1a\x07", "V01", f"RAR 压缩包不能读取；{INSTEAD}"),
    "7z": (b"7z\xbc\xaf\x27\x1c", "V01", f"7z 压缩包不能读取；{INSTEAD}"),
    "jpeg": (b"\xff\xd8\xff\xe0..", "V01", f"图片不能读取；{INSTEAD}"),
    "png": (b"\x89PNG\r\n\x1a\n", "V01", f"图片不能读取；{INSTEAD}"),
    "gif": (b"GIF89a..", "V01", f"图片不能读取；{INSTEAD}"),
    "bmp": (b"BM\x36\x00\x00\x00\x00\x00", "V01", f"不认识的文件类型；{INSTEAD}"),
    "gzip": (b"\x1f\x8b\x08\x00....", "V01", f"gz 压缩包不能读取；{INSTEAD}"),
    "xml": (b'<?xml version="1.0"?><Workbook/>', "V01", f"XML 文件不能读取；{INSTEAD}"),
    "excel 2003 xml": (
        b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>',
        "V01",
        "XML 表格（Excel 2003 XML）不能读取；请另存为 .xlsx 后重新放入",
    ),
    "no compound file": (MAGIC + b"\0" * 600, "V01", f"文件损坏，打不开；请重新导出，{INSTEAD}"),
    "ofd": (archive({"OFD.xml": b"<ofd:OFD/>"}), "V01", f"OFD 文件不能读取；{INSTEAD}"),
    "slides": (archive({"ppt/presentation.xml": b"<p/>"}), "V01", f"演示文稿不能读取；{INSTEAD}"),
    "nul far inside": (b"organ_code,value\n" + b"x" * 9000 + b"\0", "V01", f"不认识的文件类型；{INSTEAD}"),
    "truncated": (small_book()[:2000], "V01", f"文件损坏，打不开；请重新导出，{INSTEAD}"),
    "only a head": (b"PK\x03\x04", "V01", f"文件损坏，打不开；请重新导出，{INSTEAD}"),
    "zip with password": (flagged_as_encrypted(small_book()), "V02", "文件受密码保护；请取消密码后重新放入"),
}


@pytest.mark.parametrize("name", REJECTED)
def test_what_is_not_read_is_named(name: str) -> None:
    data, rule, reason = REJECTED[name]
    with pytest.raises(RejectedError) as caught:
        kind_of(data, Limits())
    assert (caught.value.rule_id, caught.value.reason) == (rule, reason)


@pytest.mark.parametrize(
    "data",
    [
        "单位,数值\n教育局,1\n".encode(),
        "单位,数值\n教育局,1\n".encode("gb18030"),
        "单位,数值\n".encode("utf-16"),
        b"\xef\xbb\xbforgan_code",
        b"BM001,1\n",
        b"PK,1\n",
        b"x",
    ],
)
def test_text_is_a_csv(data: bytes) -> None:
    assert kind_of(data, Limits()) == Kind.CSV


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"  <HTML><table><tr><td>1", Kind.HTML),
        (b"\xef\xbb\xbf<!DOCTYPE html>", Kind.HTML),
        (b"<table border=1>", Kind.HTML),
        ('<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">'.encode("utf-16"), Kind.HTML),
        (b"MIME-Version: 1.0\r\n", Kind.MHT),
        (b"From: <Saved by Blink>\r\nSubject: =?utf-8?Q?1?=\r\nMIME-Version: 1.0\r\n", Kind.MHT),
        (b"%PDF-1.7\n...", Kind.PDF),
        (b"\n\n%PDF-1.4\n...", Kind.PDF),
        (archive({"word/document.xml": b"<w/>"}), Kind.DOCX),
        (archive({"xl/workbook.bin": b"."}), Kind.XLSB),
        (archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"."}), Kind.ODS),
        (archive({"年报.xlsx": b"..."}), Kind.ZIP),
    ],
)
def test_a_kind_is_told_by_what_is_inside(data: bytes, kind: Kind) -> None:
    assert kind_of(data, Limits()) == kind


def test_a_workbook_is_known_by_its_parts() -> None:
    assert kind_of(small_book(), Limits()) == Kind.XLSX


def test_size_and_parts_are_bounded_at_the_limit() -> None:
    data = small_book()
    assert kind_of(data, Limits(max_bytes=len(data))) == Kind.XLSX
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        parts, expanded = len(file.infolist()), sum(entry.file_size for entry in file.infolist())
    assert kind_of(data, Limits(max_parts=parts, max_expanded_bytes=expanded)) == Kind.XLSX
    for limits in (Limits(max_parts=parts - 1), Limits(max_expanded_bytes=expanded - 1)):
        with pytest.raises(RejectedError, match="文件展开后过大，未读取"):
            kind_of(data, limits)
    with pytest.raises(RejectedError, match="文件超过 20 MB 上限"):
        kind_of(b"x" * (20 * 1024**2 + 1), Limits())


def test_a_zip_bomb_is_told_by_the_size_it_declares() -> None:
    bomb = archive({"xl/workbook.xml": b"0" * 300_000})
    assert len(bomb) < 1000
    with pytest.raises(RejectedError, match="文件展开后过大，未读取"):
        kind_of(bomb, Limits(max_expanded_bytes=200_000))
    with pytest.raises(RejectedError, match="文件展开后过大，未读取"):
        kind_of(declared_size(small_book(), 2**31), Limits())


def test_two_parts_of_one_name_are_damage() -> None:
    data = small_book()
    twice = repacked(data, {"XL/WORKBOOK.XML": part_of(data, "xl/workbook.xml")})
    with pytest.raises(RejectedError, match="文件损坏，打不开"):
        kind_of(twice, Limits())


BODY = bytes(range(256)) * 40


@pytest.mark.parametrize(
    ("streams", "kind"),
    [
        (("Workbook",), Kind.XLS),
        (("Book",), Kind.XLS),
        (("WORKBOOK", "_VBA_PROJECT_CUR", "\5SummaryInformation"), Kind.XLS),
        (("1Table", "WordDocument"), Kind.DOC),
        (("EncryptionInfo", "EncryptedPackage"), Kind.ENCRYPTED),
    ],
)
def test_a_compound_file_is_told_by_its_streams(streams: tuple[str, ...], kind: Kind) -> None:
    assert kind_of(bytes(compound(dict.fromkeys(streams, BODY))), Limits()) == kind


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        ("PowerPoint Document", "演示文稿不能读取"),
        ("__properties_version1.0", "不认识的文件类型"),
        ("Contents", "不认识的文件类型"),
    ],
)
def test_other_compound_files_are_named(stream: str, said: str) -> None:
    assert rejection(bytes(compound({stream: BODY}))) == ("V01", f"{said}；{INSTEAD}")


@needs_libreoffice
def test_old_files_of_an_office_program() -> None:
    files = converted({"book.xlsx": small_book()}, "xls") | converted({"text.html": b"<p>1</p>"}, "doc:MS Word 97")
    assert {name: kind_of(data, Limits()) for name, data in files.items()} == {"book": Kind.XLS, "text": Kind.DOC}


def damaged(*changes: tuple[int, bytes], streams: tuple[str, ...] = ("Workbook",), size: int = 10) -> bytes:
    """A compound file with bytes written over; its directory is the sector behind the tables."""
    data = compound(dict.fromkeys(streams, BODY * size))
    for place, content in changes:
        data[place : place + len(content)] = content
    return bytes(data)


def word(value: int) -> bytes:
    return struct.pack("<I", value)


TABLE, DIRECTORY = 512, 2 * 512 + 512
"""where the first table and the directory of ``damaged`` stand"""
DAMAGES = {
    "the directory runs in a circle": damaged((TABLE + 2 * 4, word(2))),
    "the tables run in a circle": damaged((TABLE, word(0) * 128)),
    "more tables than the file has use for": damaged((44, word(4_000_000)), (68, word(3)), (72, word(31_496))),
    "a list of tables that runs in a circle": damaged((44, word(120)), (68, word(3)), (72, word(1))),
    "more small tables than the file has": damaged((60, word(3)), (64, word(8_000_000))),
    "a stream larger than the file": damaged((DIRECTORY + 128 + 120, word(0x7FFFFFFF))),
    "a small system larger than the file": damaged((DIRECTORY + 116, word(3)), (DIRECTORY + 120, word(0x7FFFFFFF))),
    "sectors of two bytes": damaged((30, b"\1\0")),
    "sectors of a gigabyte": damaged((30, b"\x1e\0")),
    "the directory begins nowhere": damaged((48, word(0x00FFFFFF))),
    "no directory": damaged((48, word(END))),
    "a head and no more": damaged()[:512],
    "half a head": damaged()[:40],
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_allocation_tables_are_answered_in_bounded_time(name: str) -> None:
    started = time.process_time()
    rule, said = rejection(DAMAGES[name])
    assert rule == "V01"
    assert "请" in said
    assert time.process_time() - started < 2


def test_a_stream_that_runs_in_a_circle_is_no_workbook() -> None:
    sectors = struct.unpack("<128I", damaged()[TABLE : TABLE + 512])
    first = sectors.index(END) + 1
    started = time.process_time()
    assert rejection(damaged((TABLE + first * 4, word(first))))[0] == "V01"
    assert time.process_time() - started < 2


def test_a_directory_that_is_a_graph_is_walked_once() -> None:
    """Sixty storages, each with the next one on both sides: two to the sixtieth paths."""
    names = tuple(f"S{number}" for number in range(60))
    entries = [entry(name, 1, left=at + 1, right=at + 1) for at, name in enumerate(names, start=1)]
    place = compound(dict.fromkeys(names, BODY)).index(entry("Root Entry", 5, child=1, start=END))
    started = time.process_time()
    graph = damaged((place + 128, b"".join(entries)), streams=names, size=1)
    assert rejection(graph) == ("V01", f"不认识的文件类型；{INSTEAD}")
    circle = damaged((place + 128, entry("S0", 2, left=1, right=1)), streams=names, size=1)
    assert rejection(circle)[0] == "V01"
    assert time.process_time() - started < 2
