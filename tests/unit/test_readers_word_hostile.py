"""Word files made to take for ever, to fill the memory or to reach out: each is answered, bounded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.readers.model import Limits
from pipelines.readers.pool import read_many
from pipelines.readers.reject import RejectedError
from pipelines.readers.word.document import read_docx
from tests.unit.reader_files import FORMS, rejection, repacked
from tests.unit.word_files import p, package, r, random_figures, report, tbl, tc, tr, zipped

MEGABYTE = 1024**2
BEGIN, SEPARATE, END = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
ENTITIES = "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(10))
BOMB = f'<!DOCTYPE a [<!ENTITY a "1234567890">{ENTITIES}]>'
SQUARE = f'<!DOCTYPE a [<!ENTITY a "{"1" * 100_000}">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
OUTSIDE_DTD = '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'
NUMBERED = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{}"/></w:numPr>'
ENDLESS_LIST = (
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:start w:val="999999999"/>'
    '<w:numFmt w:val="upperLetter"/><w:lvlText w:val="%1"/></w:lvl>' + "<w:a/>" * 200_000 + "</w:abstractNum>"
) + "".join(f'<w:num w:numId="{n}"><w:abstractNumId w:val="1"/></w:num>' for n in range(20_000))

LARGE, DEEP, WIDE, DTD = "文字部分过大", "嵌套过深", "列数过多", "DTD 或外部实体"
UNKNOWN, EMPTY, DAMAGED = "表样无法识别", "是空的", "文件损坏"
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "190 MB of text": (lambda: package(p("1" * 190 * MEGABYTE)), LARGE),
    "a million runs": (lambda: package(f"<w:p>{'<w:r><w:t>1</w:t></w:r>' * 600_000}</w:p>"), LARGE),
    "a text of 15 MB": (lambda: package(p("1" * 9 * MEGABYTE)), UNKNOWN),
    "100,000 cells with figures": (
        lambda: package(tbl(tr(*["<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>"] * 300) * 350)),
        UNKNOWN,
    ),
    "half a million cells": (lambda: package(tbl(tr(*["<w:tc/>"] * 900) * 600)), LARGE),
    "nothing but attributes": (
        lambda: package('<w:p a="" b="" c="" d="" e="" f="" g="" h="" i="" j=""/>' * 290_000),
        LARGE,
    ),
    "100,000 nested tables": (
        lambda: package("<w:tbl><w:tr><w:tc>" * 100_000 + "</w:tc></w:tr></w:tbl>" * 100_000),
        DEEP,
    ),
    "40 nested tables": (lambda: package("<w:tbl><w:tr><w:tc/><w:tc>" * 40 + "</w:tc></w:tr></w:tbl>" * 40), DEEP),
    "40 nested frames": (lambda: package("<w:tbl><w:tr><w:tc>" * 40 + "</w:tc></w:tr></w:tbl>" * 40), DEEP),
    "100,000 nested insertions": (lambda: package(f"<w:p>{'<w:ins>' * 100_000}{'</w:ins>' * 100_000}</w:p>"), DEEP),
    "a thousand million columns": (lambda: package(tbl(tr(tc("1", span=10**9), tc("2")))), WIDE),
    "rows that begin far away": (
        lambda: package(tbl(tr("1", properties='<w:gridBefore w:val="999999999"/>'))),
        WIDE,
    ),
    "merged cells all over": (lambda: package(tbl(tr(tc(span=1000)) * 70_000)), LARGE),
    "merged with nothing": (
        lambda: package(tbl(("<w:tr>" + "<w:tc><w:tcPr><w:vMerge/></w:tcPr></w:tc>" * 60 + "</w:tr>") * 1500)),
        EMPTY,
    ),
    "100,000 tables": (lambda: package("<w:tbl><w:tr><w:tc/></w:tr></w:tbl>" * 100_000), "表格超过 200 个"),
    "200 tables with the forms' words": (
        lambda: package(tbl(*(tr(word, "1") for word in ("规章", "行政许可", "统计数", "总计"))) * 200),
        UNKNOWN,
    ),
    "fields in fields": (
        lambda: package(f"<w:p>{(BEGIN + SEPARATE) * 50_000}{r('1') * 60_000}{END * 50_000}</w:p>"),
        UNKNOWN,
    ),
    "fields that never end": (lambda: package(f"<w:p>{BEGIN * 200_000}</w:p>"), EMPTY),
    "20,000 styles, one based on another": (
        lambda: package(
            "".join(f'<w:p><w:pPr><w:pStyle w:val="{n}"/></w:pPr></w:p>' for n in range(20_000)),
            styles="".join(f'<w:style w:styleId="{n}"><w:basedOn w:val="{n + 1}"/></w:style>' for n in range(20_000)),
        ),
        EMPTY,
    ),
    "20,000 lists that begin far away": (
        lambda: package("".join(p(properties=NUMBERED.format(n)) for n in range(20_000)), numbering=ENDLESS_LIST),
        UNKNOWN,
    ),
    "entities in entities": (lambda: package(p("&k;"), prolog=BOMB), DTD),
    "entities in an attribute": (lambda: package('<w:p a="&k;"/>', prolog=BOMB), DTD),
    "a long entity": (lambda: package(p("&a;" * 100_000), prolog=SQUARE), DTD),
    "a long entity in an attribute": (lambda: package(f'<w:p a="{"&a;" * 100_000}"/>', prolog=SQUARE), DTD),
    "an entity from outside": (lambda: package(p("&a;"), prolog=OUTSIDE), DTD),
    "a document type from outside": (lambda: package(p("1"), prolog=OUTSIDE_DTD), DTD),
    "an entity in the styles": (
        lambda: package(p("1"), styles="1", parts={"word/styles.xml": f"{OUTSIDE}<a>&a;</a>"}),
        DTD,
    ),
}


def test_every_hostile_file_is_answered_in_bounded_time_and_memory(tmp_path: Path) -> None:
    items = []
    for number, (make, _) in enumerate(HOSTILE.values()):
        path = tmp_path / f"{number}.docx"
        path.write_bytes(make())
        items.append((str(number), path, path.name))
    # address space, of which Python with its libraries takes a good third
    # a file that took more, or longer, would kill its process, and its answer would not be final
    limits = Limits(max_memory_bytes=1024 * MEGABYTE, max_cpu_seconds=15)
    said = {}
    for (key, reading), name in zip(read_many(items, limits, workers=1), HOSTILE, strict=True):
        assert key == str(list(HOSTILE).index(name))
        (problem,) = reading.problems
        said[name] = (problem.message, reading.is_final)
    assert {
        name: (expected in said[name][0], said[name][1]) for name, (_, expected) in HOSTILE.items()
    } == dict.fromkeys(HOSTILE, (True, True))


GOOD = report(FORMS["fj_annex_2017"], "", random_figures(FORMS["fj_annex_2017"], "", 1))


@pytest.mark.parametrize("length", [100, len(GOOD) // 2, len(GOOD) - 30])
def test_a_file_that_is_cut_short_is_damaged(length: int) -> None:
    assert DAMAGED in rejection(GOOD[:length], "年报.docx")[1]


@pytest.mark.parametrize(
    ("part", "content", "said"),
    [
        ("word/document.xml", "<w:document", DAMAGED),
        ("word/document.xml", "", DAMAGED),
        ("word/document.xml", "<a/>", DAMAGED),
        ("word/document.xml", "<document/>", EMPTY),
        ("word/styles.xml", "<", DAMAGED),
        ("_rels/.rels", "<", DAMAGED),
    ],
)
def test_parts_that_are_damaged_are_said(part: str, content: str, said: str) -> None:
    rule, message = rejection(repacked(GOOD, {part: content}), "年报.docx")
    assert (rule, said in message) == ("V01", True)


def test_without_its_text_a_package_is_damaged() -> None:
    with pytest.raises(RejectedError, match=DAMAGED):
        read_docx(repacked(GOOD, {}, ["word/document.xml"]), Limits())


def test_parts_that_are_not_needed_may_be_missing_or_anything() -> None:
    names = ("[Content_Types].xml", "_rels/.rels", "word/styles.xml", "word/_rels/document.xml.rels")
    macros = {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0", "word/media/image1.png": b"no picture"}
    assert read_docx(repacked(GOOD, macros, names), Limits()) == read_docx(GOOD, Limits())


def test_nothing_outside_the_file_is_asked_for() -> None:
    relation = '<Relationship Id="r1" Type="http://x/{0}" Target="{1}" TargetMode="{2}"/>'
    relations = "".join(
        relation.format(kind, target, mode)
        for kind, target, mode in [
            ("styles", "http://127.0.0.1:9/styles.xml", "External"),
            ("numbering", "../../../etc/hostname", "Internal"),
            ("attachedTemplate", "file:///etc/hostname", "External"),
            ("image", "http://127.0.0.1:9/a.png", "External"),
            ("oleObject", "file:///etc/hostname", "External"),
        ]
    )
    picture = '<w:r><w:drawing><a:blip r:link="r1"/></w:drawing></w:r>'
    data = package(
        p("12", picture), parts={"word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>"}
    )
    assert [paragraph.text for paragraph in read_docx(data, Limits()).paragraphs] == ["12"]


def test_the_text_is_the_part_that_the_package_names() -> None:
    relation = (
        '<Relationships><Relationship Type="http://x/officeDocument" Target="/word/Document2.xml"/></Relationships>'
    )
    other = "<document><body><p><r><t>12</t></r></p></body></document>"
    data = package(p("不读"), parts={"_rels/.rels": relation, "WORD/document2.xml": other})
    assert [paragraph.text for paragraph in read_docx(data, Limits()).paragraphs] == ["12"]


def test_a_package_of_nothing_is_no_word_file() -> None:
    assert rejection(zipped({"word/document.xml": "1"}), "年报.docx")[0] == "V01"
