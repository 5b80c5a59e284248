"""An archive of reports: each file in it is read as if it had been sent alone, and told by its name."""

from __future__ import annotations

import io
import stat
import struct
import time
import zipfile
from collections.abc import Mapping

import pytest

from pipelines.assignment import Stated, assign, duty_index, first_of_each
from pipelines.readers import read_file
from pipelines.readers.archive import read_members
from pipelines.readers.model import FileReading, Limits
from pipelines.readers.reject import RejectedError
from pipelines.templates import write_statutory
from schemas.register import load_register
from tests.unit.html_files import as_decimals, form_tables, portal
from tests.unit.reader_files import (
    FORMS,
    figures,
    long_csv,
    part_of,
    rejection,
    repacked,
    small_book,
    template,
    typed,
    values_of,
)
from tests.unit.test_readers_detect import archive, flagged_as_encrypted
from tests.unit.test_readers_html import cells_of

G21, ANNEX = FORMS["gb_2021"], FORMS["fj_annex_2017"]
UNKNOWN = "表样无法识别：没有找到任何一种表样的行名和表头；请用办公室下发的空白表填报，不要改动表头与行名"
TABLES = {"2023.html：表3", "2023.html：表4", "2023.html：表5"}
"""after two tables of navigation; the frame around the article is no table"""
IN_DAMAGE = "在压缩包里已损坏，打不开；请重新压缩"


def read(data: bytes, limits: Limits | None = None) -> FileReading:
    return read_file(data, "年报.zip", limits)


def said(data: bytes, limits: Limits | None = None) -> list[tuple[str, str]]:
    return [(problem.rule_id, problem.message) for problem in read(data, limits).problems]


def entry(name: str, mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (2025, 1, 20, 0, 0, 0))
    info.compress_type = method
    info.external_attr = mode << 16
    return info


def packed(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for info, content in entries:
            file.writestr(info, content)
    return out.getvalue()


def renamed(data: bytes, names: Mapping[str, bytes]) -> bytes:
    """Members' names replaced by raw bytes as old packers write them, without the mark of UTF-8."""
    for old, new in names.items():
        assert len(old) == len(new)
        data = data.replace(old.encode(), new)
    return data


def test_every_member_is_read_as_if_it_had_been_sent_alone() -> None:
    page = portal(form_tables(G21, figures(G21)), year=2023)
    data = archive(
        {
            "报送/年报.xlsx": typed(G21),
            "报送/2023.html": page.encode(),
            "报送/附表.csv": "\n".join(long_csv(ANNEX, figures(ANNEX))).encode("gb18030"),
            "nil_2018_xm_supplement_2017.csv": b"",
        }
    )
    reading = read(data)
    assert reading.problems == ()
    xlsx, html, csv, nil = reading.submissions
    assert values_of(xlsx) == figures(G21)
    assert {cell.sheet for cell in xlsx.cells} == {"年报.xlsx：Sheet1"}
    assert cells_of(html, figures(G21)) == as_decimals(figures(G21))
    assert {cell.sheet for cell in html.cells if cell.key in figures(G21)} == TABLES
    assert values_of(csv) == figures(ANNEX)
    assert {cell.sheet for cell in csv.cells} == {"附表.csv：CSV"}
    assert (nil.is_nil, nil.form_code, nil.report_year) == (True, "xm_supplement_2017", 2018)
    alone = read_file(page.encode(), "2023.html").submissions[0]
    assert [(cell.key, cell.value) for cell in html.cells] == [(cell.key, cell.value) for cell in alone.cells]
    # running text keeps the name by which it is known; its address tells the file
    prose = [cell.address for cell in html.cells if cell.sheet == "正文"]
    assert len(prose) == sum(1 for cell in alone.cells if cell.sheet == "正文") > 0
    assert all(address.startswith("2023.html 第") for address in prose)


def test_problems_name_the_member_and_the_others_count() -> None:
    fee = next(key for key in G21.cells() if key.indicator_code == "a20_fees_amount")
    data = archive(
        {
            "年报.xlsx": typed(G21, values=figures(G21) | {fee: "251000元"}),
            "公章.jpg": b"\xff\xd8\xff\xe0...",
            "说明.txt": "请查收".encode(),
            "内层.zip": archive({"年报.xlsx": typed(G21)}),
            "空.xlsx": b"",
        }
    )
    reading = read(data)
    (submission,) = reading.submissions
    assert len(submission.cells) == 200
    (remark,) = submission.problems
    assert remark.rule_id == "V09"
    assert remark.message.startswith("年报.xlsx：“行政事业性收费")
    assert remark.sheet == "年报.xlsx：Sheet1"
    assert said(data) == [
        ("V01", "公章.jpg：图片不能读取；请用办公室下发的空白表填报，存为 .xlsx 后重新放入"),
        ("V03", f"说明.txt：{UNKNOWN}"),
        ("V01", "内层.zip：压缩包里又有压缩包，没有打开；请解开后只打一层压缩包，或直接放入里面的文件"),
        ("V01", "空.xlsx：文件是空的；请用办公室下发的空白表填报，存为 .xlsx 后重新放入"),
    ]


def test_what_systems_put_in_is_no_file_of_a_person() -> None:
    data = archive(
        {
            "年报/": b"",
            "年报/.DS_Store": b"x",
            "__MACOSX/年报/._年报.xlsx": b"x",
            "年报/._年报.xlsx": b"x",
            "年报/Thumbs.db": b"x",
            "年报/~$年报.xlsx": b"x",
            "年报/desktop.ini": b"x",
            "年报/年报.xlsx": typed(G21),
        }
    )
    reading = read(data)
    assert (len(reading.submissions), reading.problems) == (1, ())
    assert rejection(archive({"__MACOSX/a": b"x", "a/": b""}), "a.zip") == (
        "V01",
        "压缩包里没有文件；请放入报表后重新压缩",
    )


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_of_old_packers_are_read(encoding: str) -> None:
    name = "市教育局年报.txt".encode(encoding)
    plain = "n" * len(name)
    data = renamed(archive({plain: b"x"}), {plain: name})
    assert said(data) == [("V03", f"市教育局年报.txt：{UNKNOWN}")]


def test_a_name_leads_nowhere() -> None:
    names = {
        "../../etc/passwd": "passwd",
        "/abs.txt": "abs.txt",
        "C:\\a\\b.txt": "b.txt",
        "a/../c\n\x07\u202e.txt": "c���.txt",
        "x" * 300 + ".txt": "…" + "x" * 96 + ".txt",
        "..": None,
    }
    expected = [("V03", f"{told}：{UNKNOWN}") for told in names.values() if told]
    assert said(archive(dict.fromkeys(names, b"x"))) == expected


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_one_name_are_told_apart() -> None:
    data = packed(
        [
            (entry("教育局/年报.txt"), b"x"),
            (entry("卫健委/年报.TXT"), b"x"),
            (entry("说明.txt"), b"x"),
            (entry("说明.txt"), b"y"),
        ]
    )
    told = [message.split("：")[0] for _, message in said(data)]
    assert told == ["教育局/年报.txt", "卫健委/年报.TXT", "说明.txt", "说明.txt（第2个）"]


def test_links_devices_and_odd_methods_are_not_followed() -> None:
    data = packed(
        [
            (entry("link", stat.S_IFLNK | 0o777), b"/etc/passwd"),
            (entry("pipe", stat.S_IFIFO | 0o644), b""),
            (entry("lzma.txt", method=zipfile.ZIP_LZMA), b"x"),
            (entry("年报.txt", stat.S_IFREG | 0o644), b"x"),
        ]
    )
    link = "压缩包里的这一项是链接或设备，不是文件；请放入文件本身"
    assert said(data) == [
        ("V01", f"link：{link}"),
        ("V01", f"pipe：{link}"),
        ("V01", "lzma.txt：压缩方法不能读取；请用系统自带的“压缩(zipped)文件夹”重新压缩"),
        ("V03", f"年报.txt：{UNKNOWN}"),
    ]


def test_a_password_is_told_for_each_member() -> None:
    data = flagged_as_encrypted(archive({"a.xlsx": b"x", "b.xlsx": b"y"}))
    sentence = "压缩包受密码保护；请取消密码后重新压缩"
    assert said(data) == [("V02", f"a.xlsx：{sentence}"), ("V02", f"b.xlsx：{sentence}")]


def test_a_damaged_member_costs_itself() -> None:
    data = bytearray(packed([(entry("a.txt", method=zipfile.ZIP_STORED), b"abcdef"), (entry("b.txt"), b"x")]))
    place = data.index(b"abcdef")
    data[place] = ord("z")
    assert said(bytes(data)) == [("V01", f"a.txt：{IN_DAMAGE}"), ("V03", f"b.txt：{UNKNOWN}")]


def test_a_damaged_office_file_is_no_archive() -> None:
    book = small_book()
    damaged = repacked(book, {}, drop=["xl/workbook.xml"])
    rule, message = rejection(damaged, "年报.xlsx")
    assert (rule, message[:12]) == ("V01", "文件损坏，打不开；请重新")
    # one that is whole lies in an archive as any file does
    assert [
        message.split("：")[0] for _, message in said(archive({"[Content_Types].txt": b"x", "a.xlsx": damaged}))
    ] == [
        "[Content_Types].txt",
        "a.xlsx",
    ]
    unpacked = {f"年报/{part}": part_of(book, part).encode() for part in ("[Content_Types].xml", "xl/workbook.xml")}
    assert rejection(archive(unpacked), "年报.zip")[1] == message


def with_sizes(data: bytes, size: int) -> bytes:
    """Every size that the central directory declares replaced."""
    out, place = bytearray(data), data.find(b"PK\x01\x02")
    while place >= 0:
        out[place + 24 : place + 28] = struct.pack("<I", size)
        place = bytes(out).find(b"PK\x01\x02", place + 4)
    return bytes(out)


def test_bombs_are_bounded_by_what_really_unpacks() -> None:
    bomb = archive({f"{number}.txt": b"0" * 20_000_000 for number in range(9)})
    assert len(bomb) < 200_000
    started = time.process_time()
    assert said(bomb, Limits(max_bytes=1_000_000)) == [
        ("V01", f"{number}.txt：展开后过大，未读取；请只保留统计表后重报") for number in range(9)
    ]
    small = Limits(max_expanded_bytes=50_000_000)
    assert said(bomb, small) == [("V01", "文件展开后过大，未读取；请只保留统计表后重报")]
    # sizes that lie: what is declared is read, and does not fit its checksum
    assert said(with_sizes(bomb, 10), small) == [("V01", f"{number}.txt：{IN_DAMAGE}") for number in range(9)]
    assert time.process_time() - started < 8


def test_members_and_reports_are_bounded() -> None:
    many = archive({f"{number}.txt": b"x" for number in range(201)})
    assert said(many) == [("V01", "压缩包里的文件超过 200 个，未读取；请分成几个压缩包")]
    two = archive({"a.xlsx": typed(ANNEX), "b.xlsx": typed(ANNEX)})
    assert len(read(two, Limits(max_submissions=2)).submissions) == 2
    assert said(two, Limits(max_submissions=1)) == [("V01", "压缩包里超过 1 份报表，未读取；请分成几个压缩包")]


def test_all_reports_of_an_archive_are_its_folders_and_a_second_one_of_a_year_is_told() -> None:
    """Of two organs' reports for one year the folder's own counts; V07 tells of the other."""
    health = write_statutory(G21, organ_name="厦门市卫生健康委员会", report_year=2024, variant="", values=figures(G21))
    data = archive(
        {"卫健委.xlsx": health, "教育局.xlsx": template(G21), "教育局2023.xlsx": template(G21, report_year=2023)}
    )
    stated = [
        Stated("x", at, one.organ_code, one.organ_name, one.report_year, one.form_code, "", False, len(one.cells))
        for at, one in enumerate(read(data).submissions)
    ]
    received = {"sequence": 1, "folder": "XMP00102", "sha256": "ab" * 32, "night": 1, "path": "XMP00102/年报.zip"}
    register = load_register()
    kept, repeated = first_of_each(assign(received, item, register, duty_index(register)) for item in stated)
    assert [(item.stated.organ_name, item.organ_code, item.stated.report_year) for item in kept] == [
        ("厦门市教育局", "XMP00102", 2024),
        ("厦门市教育局", "XMP00102", 2023),
    ]
    assert [item.remarks for item in kept] == [(), ()]
    assert [(item.stated.report_year, remark.rule_id, remark.message) for item, remark in repeated] == [
        (
            2024,
            "V07",
            (
                "同一文件里有两份2024年度 gb_2021，只采用了一份（另一份写的是“厦门市卫生健康委员会”）；"
                "请删去多余的一份后重报"
            ),
        )
    ]


def test_a_member_that_another_night_may_read_is_asked_again_and_a_fault_of_ours_is_not_called_damage() -> None:
    data = archive({"年报.doc": b"."})

    def busy(_data: bytes, _name: str) -> FileReading:
        raise RejectedError("V01", "转换超时", is_final=False)

    reading = read_members(data, Limits(), busy)
    assert (reading.is_final, [problem.message for problem in reading.problems]) == (False, ["年报.doc：转换超时"])

    def faulty(_data: bytes, _name: str) -> FileReading:
        raise ValueError("ours")

    with pytest.raises(ValueError, match="ours"):
        read_members(data, Limits(), faulty)
