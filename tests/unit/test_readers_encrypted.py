"""Workbooks under Excel's own password are read, those under another are answered, and none costs minutes."""

from __future__ import annotations

import io
import time

import pytest
from docx import Document as WordDocument
from msoffcrypto.format.ooxml import OOXMLFile

from pipelines.readers.compound import stream_of
from pipelines.readers.detect import Kind, kind_of
from pipelines.readers.kinds import OPENERS
from pipelines.readers.model import Limits
from tests.unit.binary_workbooks import from_xlsx
from tests.unit.old_workbooks import book_stream, compound, locked, number, text
from tests.unit.reader_files import FORMS, figures, only, rejection, repacked, small_book, template, values_of

EXCELS_OWN = "VelvetSweatshop"
LOCKED_PACKAGE = ("V02", "工作簿或文档受密码保护；请取消打开密码后重新放入")
LOCKED_BOOK = ("V02", "工作簿受密码保护；请取消打开密码后重新放入")
G21 = FORMS["gb_2021"]


def encrypted(data: bytes, password: str) -> bytes:
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def repacked_streams(data: bytes, **changed: bytes) -> bytes:
    """The two streams of an encrypted package in a new container."""
    names = ("EncryptionInfo", "EncryptedPackage")
    return bytes(compound({name: changed.get(name) or stream_of(data, (name,)) for name in names}))


@pytest.mark.parametrize("change", [bytes, from_xlsx])
def test_a_book_protected_against_changes_is_read(change: type[bytes]) -> None:
    data = encrypted(change(template(G21)), EXCELS_OWN)
    assert kind_of(data, Limits()) == Kind.ENCRYPTED
    assert values_of(only(data)) == figures(G21)


def test_a_book_with_a_password_of_its_own_is_answered() -> None:
    assert rejection(encrypted(small_book(), "厦门")) == LOCKED_PACKAGE


def test_a_word_file_with_a_password_is_answered() -> None:
    out = io.BytesIO()
    WordDocument().save(out)
    assert rejection(encrypted(out.getvalue(), "1234"), "年报.docx") == LOCKED_PACKAGE


def test_a_package_that_turns_out_to_be_something_else_is_damage() -> None:
    other = repacked(small_book(), {}, drop=["xl/workbook.xml"])
    rule, said = rejection(encrypted(other, EXCELS_OWN))
    assert (rule, said.startswith("文件损坏，打不开")) == ("V01", True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'spinCount="100000"', b'spinCount="9999999"'),
        (b'spinCount="100000"', b'spinCount="-5"'),
        (b'keyBits="256"', b'keyBits="25600000000"'),
        (b"<encryption ", b"<!DOCTYPE x [<!ENTITY a 'b'>]><encryption "),
        (b"saltValue", b"salt"),
    ],
)
def test_no_encryption_costs_minutes(old: bytes, new: bytes) -> None:
    data = encrypted(small_book(), EXCELS_OWN)
    info = stream_of(data, ("EncryptionInfo",))
    assert old in info
    started = time.process_time()
    assert rejection(repacked_streams(data, EncryptionInfo=info.replace(old, new))) == LOCKED_PACKAGE
    assert time.process_time() - started < 5


def test_a_truncated_package_is_answered() -> None:
    data = encrypted(small_book(), EXCELS_OWN)
    package = stream_of(data, ("EncryptedPackage",))
    assert rejection(repacked_streams(data, EncryptedPackage=package[:-4097])) == LOCKED_PACKAGE
    assert rejection(bytes(compound({"EncryptedPackage": package}))) == LOCKED_PACKAGE


def old_book() -> bytes:
    return book_stream(
        {"附表": [text(0, 0, "规章"), number(0, 1, 12), *(number(row, 3, row) for row in range(1, 300))]}
    )


def test_an_old_book_protected_against_changes_is_read() -> None:

    data = bytes(compound({"Workbook": locked(old_book(), EXCELS_OWN)}))
    assert kind_of(data, Limits()) == Kind.XLS
    (grid,) = OPENERS[Kind.XLS](data, Limits()).grids
    assert (grid.sheet, grid.text(0, 0), grid.text(0, 1)) == ("附表", "规章", "12")
    assert [grid.text(row, 3) for row in range(1, 300)] == [str(row) for row in range(1, 300)]


def test_an_old_book_with_a_password_of_its_own_is_answered() -> None:
    assert rejection(bytes(compound({"Workbook": locked(old_book(), "1234")})), "年报.xls") == LOCKED_BOOK


def test_an_unknown_lock_is_answered() -> None:
    data = bytearray(locked(old_book(), EXCELS_OWN))
    data[20 + 4] = 9
    assert rejection(bytes(compound({"Workbook": bytes(data)})), "年报.xls") == LOCKED_BOOK
