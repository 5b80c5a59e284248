"""PDFs made to take for ever or to fill the memory, damaged and locked ones: each is answered, soon and small."""

from __future__ import annotations

import json
import random
import time
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from pipelines.bounded import run_bounded
from pipelines.readers import read_file
from pipelines.readers.document import Document
from pipelines.readers.model import Limits
from pipelines.readers.pdf import read_pdf
from pipelines.readers.reject import RejectedError
from tests.unit.pdf_files import FONTS, OFFICE, by_office, drawn, file_of, stream, table, text

FORM = table([["信息内容", "本年处理决定数量"], ["行政许可", "550"]])
SECONDS = 20
MEGABYTE = 1024**2
BOUNDS = replace(Limits(), max_cpu_seconds=SECONDS, max_memory_bytes=1200 * MEGABYTE)
"""of the worker, whose libraries take half of the memory before it reads anything"""
ON = {"EncryptFile": {"type": "boolean", "value": "true"}, "RestrictPermissions": {"type": "boolean", "value": "true"}}
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"


def flate(size: int) -> bytes:
    """So many spaces, deflated without ever being held."""
    packer, block = zlib.compressobj(9), b" " * MEGABYTE
    return b"".join([packer.compress(block) for _ in range(size // MEGABYTE)] + [packer.flush()])


def page_of(content: bytes, **more: bytes) -> bytes:
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 11 0 R/Resources<<"
        + more.get("resources", b"")
        + b">>>>"
    )
    pages = b"<</Type/Pages/Count 1/Kids[10 0 R]>>"
    return file_of({1: CATALOG, 2: pages, **FONTS, 10: page, 11: content})


def nested_forms() -> bytes:
    """Ten forms, each of which draws the next one ten times."""
    objects = {}
    for level in range(100, 110):
        own = f"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X {level + 1} 0 R>>>>"
        objects[level] = stream(b"/X Do " * 10, own)
    objects[110] = stream(b"0 0 m 9 9 l S ", "/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    return drawn("/X Do " * 10, resources="/XObject<</X 100 0 R>>", objects=objects)


def endless_font() -> bytes:
    font = (
        b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType2"
        b"/BaseFont/A/W[0 4000000000 500]/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>]>>"
    )
    return drawn(text(60, 700, "1"), resources="/Font<</F1 100 0 R>>", objects={100: font})


def endless_map() -> bytes:
    known = stream(b"begincmap 1 beginbfrange <00000000> <FFFFFFFF> <0031> endbfrange endcmap")
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/A/Widths[]/FirstChar 0/ToUnicode 101 0 R>>"
    return drawn(text(60, 700, "1"), resources="/Font<</F1 100 0 R>>", objects={100: font, 101: known})


def laughing_widths() -> bytes:
    """Lists of lists: a thousand million numbers if they were all written out."""
    objects = {level: f"[{f'{level + 1} 0 R ' * 10}]".encode() for level in range(101, 110)} | {110: b"[500]"}
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/A/Widths[101 0 R]/FirstChar 0>>"
    return drawn(text(60, 700, "1"), resources="/Font<</F1 100 0 R>>", objects={100: font, **objects})


def object_stream_bomb() -> bytes:
    parts = {1: CATALOG, 2: b"<</Type/Pages/Count 1/Kids[10 0 R]>>"}
    packed = stream(flate(600 * MEGABYTE), "/Type/ObjStm/N 1/First 4/Filter/FlateDecode")
    return file_of({**parts, 10: b"11 0 R", 20: packed}).replace(b"\nstartxref", b"/XRefStm 9\nstartxref")


def looping_tables() -> bytes:
    data = drawn(FORM)
    start = data.index(b"xref\n0")
    return drawn(FORM, trailer=f"/Prev {start}")


def many_pages() -> bytes:
    kids = " ".join(f"{number} 0 R" for number in range(10, 30_010))
    pages = dict.fromkeys(range(10, 30010), b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>")
    return file_of({1: CATALOG, 2: f"<</Type/Pages/Kids[{kids}]>>".encode(), **pages})


def rows_of_rectangles(count: int) -> str:
    return "".join(f"{60 + 5 * (n % 90)} {60 + 4 * (n // 90)} 5 4 re S " for n in range(count))


ANSWERED: dict[str, Callable[[], bytes]] = {
    "a stream that grows": lambda: page_of(stream(flate(600 * MEGABYTE), "/Filter/FlateDecode")),
    "deflated twice": lambda: page_of(
        stream(zlib.compress(flate(600 * MEGABYTE)), "/Filter[/FlateDecode/FlateDecode]")
    ),
    "a long run": lambda: page_of(stream(b"\x81 " * MEGABYTE * 2, "/Filter/RunLengthDecode")),
    "a predictor": lambda: page_of(
        stream(flate(50 * MEGABYTE), "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 4>>")
    ),
    "a predictor of a very wide row": lambda: page_of(
        stream(flate(MEGABYTE), "/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 99999999999>>")
    ),
    "an object stream": object_stream_bomb,
    "nested forms": nested_forms,
    "endless widths": endless_font,
    "an endless map": endless_map,
    "many rectangles": lambda: drawn(rows_of_rectangles(15_000)),
    "very many rectangles": lambda: drawn(rows_of_rectangles(100_000)),
    "very many characters": lambda: drawn(text(60, 700, "1" * 200_000)),
    "a content of numbers": lambda: drawn("1 " * 1_900_000),
    "a content of states": lambda: drawn("q " * 4_000_000),
    "very many pages": many_pages,
    "only digits of a file": lambda: b"%PDF-1.7\n" + b"1 0 obj\n" * 200_000,
    "one long token": lambda: b"%PDF-1.7\n<" + b"0" * 10 * MEGABYTE,
    "a string of brackets": lambda: drawn("(" * 3_000_000),
    "deep lists": lambda: drawn("[" * 2_000_000),
    "deep dictionaries": lambda: file_of({1: b"<</A" * 200_000, 2: b"null"}),
    "a reference to itself": lambda: file_of({1: CATALOG, 2: b"2 0 R"}),
    "pages in pages": lambda: file_of(
        {1: CATALOG, 2: b"<</Type/Pages/Kids[2 0 R 3 0 R]>>", 3: b"<</Type/Pages/Kids[2 0 R]>>"}
    ),
    "no pages": lambda: file_of({1: b"<</Type/Catalog>>"}),
    "nothing": lambda: b"%PDF-1.7\n",
}


@pytest.mark.parametrize("name", ANSWERED)
def test_a_hostile_file_is_answered_soon_and_in_little_memory(name: str) -> None:
    (reading,) = run_bounded(read_file, [(ANSWERED[name](), "年报.pdf")], BOUNDS)
    assert not isinstance(reading, Exception), reading
    assert [problem.rule_id for problem in reading.problems] == ["V01"]


READ: dict[str, Callable[[], bytes]] = {
    "looping tables": looping_tables,
    "laughing widths": laughing_widths,
    "leading bytes": lambda: b"\n\n" + drawn(FORM),
    "no table of objects": lambda: (
        drawn(FORM).partition(b"xref\n0")[0] + b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    ),
    "a script": lambda: drawn(
        FORM, catalog="/OpenAction<</S/JavaScript/JS(app.alert(1))>>/Names<</EmbeddedFiles<<>>>>"
    ),
    "labels of pages that are none": lambda: drawn(FORM, catalog="/PageLabels 7"),
}


@pytest.mark.parametrize("name", READ)
def test_an_odd_file_is_read(name: str) -> None:
    started = time.process_time()
    document = read_pdf(READ[name](), Limits())
    if name != "laughing widths":
        (grid,) = document.grids
        assert [grid.text(1, column) for column in range(2)] == ["行政许可", "550"]
    assert time.process_time() - started < SECONDS


def test_too_many_pages_are_told() -> None:
    with pytest.raises(RejectedError, match="PDF 超过 3 页，未读取；请只保留统计表所在的页后重报"):
        read_pdf(drawn(*[FORM] * 4), replace(Limits(), max_pages=3))


@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
def test_a_password_to_open_is_told_and_one_that_only_restricts_is_read() -> None:
    page = "<table border=1><tr><td>信息内容</td><td>总计</td></tr><tr><td>行政许可</td><td>550</td></tr></table>"
    source = f"<meta charset=utf-8>{page}".encode()

    def options(**chosen: str) -> str:
        return ":" + json.dumps({name: {"type": "string", "value": value} for name, value in chosen.items()} | ON)

    with pytest.raises(RejectedError) as caught:
        read_pdf(by_office(source, "html", options(DocumentOpenPassword="x")), Limits())
    assert (caught.value.rule_id, caught.value.reason) == ("V02", "PDF 受打开密码保护；请取消密码后重新放入")
    (grid,) = read_pdf(by_office(source, "html", options(PermissionPassword="x")), Limits()).grids
    assert [grid.text(1, column) for column in range(2)] == ["行政许可", "550"]


def read_or_rule(data: bytes) -> Document | str:
    try:
        return read_pdf(data, Limits())
    except RejectedError as rejection:
        return rejection.rule_id


def test_cut_and_mutated_files_are_answered() -> None:
    whole = drawn(FORM + text(60, 640, "文字"), FORM)
    chance = random.Random(20240601)
    answers: dict[str, int] = {}
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            data[chance.randrange(9, len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(20, len(data)) :]
        answer = read_or_rule(bytes(data))
        kind = answer if isinstance(answer, str) else "read"
        answers[kind] = answers.get(kind, 0) + 1
    assert set(answers) <= {"read", "V01", "V02"}
    assert answers["read"] > 20
    assert answers["V01"] > 20
