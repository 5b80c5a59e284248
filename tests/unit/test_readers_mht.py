"""Packages of web pages: a page that a browser saved whole, a workbook that Excel or WPS saved as one file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart

import pytest

from pipelines.readers.document import Document
from pipelines.readers.model import Limits
from pipelines.readers.web.mht import read_mht
from tests.unit.html_files import as_decimals, form_tables, portal, table
from tests.unit.reader_files import FORMS, figures, only, rejection, small_book
from tests.unit.test_readers_html import cells_of

G21 = FORMS["gb_2021"]
WORKBOOK = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><!--[if gte mso 9]><xml>
<x:ExcelWorkbook><x:ExcelWorksheets>{sheets}</x:ExcelWorksheets></x:ExcelWorkbook></xml><![endif]--></head>
<frameset rows="*,39"><frame src="file:///C:/A1B2/book.files/sheet001.htm" name="frSheet">
<frame src="file:///C:/A1B2/book.files/tabstrip.htm"><noframes><body>9</body></noframes></frameset></html>"""
WORKSHEET = """<x:ExcelWorksheet><x:Name>{name}</x:Name>
<x:WorksheetSource HRef="file:///C:/A1B2/book.files/{part}"/></x:ExcelWorksheet>"""
HIDDEN = """<!--[if gte mso 9]><xml><x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions></xml>
<![endif]-->"""


def part(
    content: str, *, charset: str = "utf-8", coding: str = "quoted-printable", where: str = ""
) -> MIMENonMultipart:
    """A page as a part of a package."""
    message = MIMENonMultipart("text", "html", charset=charset)
    raw = content.encode(charset)
    message.set_payload(raw.decode("latin-1"))
    if coding == "8bit":
        message["Content-Transfer-Encoding"] = "8bit"
    else:
        encoded = EmailMessage()
        encoded.set_content(raw, "text", "html", cte=coding)
        message.set_payload(encoded.get_payload())
        message["Content-Transfer-Encoding"] = coding
    message["Content-Location"] = where or "http://www.example.gov.cn/2024.html"
    return message


def package(parts: Sequence[MIMENonMultipart | MIMEMultipart], subtype: str = "related") -> MIMEMultipart:
    whole = MIMEMultipart(subtype, boundary=f"----=_NextPart_{id(parts):X}")
    for item in parts:
        whole.attach(item)
    return whole


def as_bytes(message: MIMEMultipart) -> bytes:
    text = message.as_string().replace("MIME-Version: 1.0\n", "", message.as_string().count("MIME-Version") - 1)
    return b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\n" + text.encode("latin-1").replace(b"\n", b"\r\n")


def document(message: MIMEMultipart) -> Document:
    return read_mht(as_bytes(message), Limits())


@pytest.mark.parametrize(
    ("charset", "coding"),
    [("utf-8", "quoted-printable"), ("utf-8", "base64"), ("gb18030", "quoted-printable"), ("gb18030", "8bit")],
)
def test_a_page_that_a_browser_saved_whole_comes_back(charset: str, coding: str) -> None:
    values = figures(G21)
    page = portal(form_tables(G21, values), charset="gb2312")
    style = MIMENonMultipart("text", "css")
    style.set_payload("td {}")
    inner = package([part(page, charset=charset, coding=coding), style], "alternative")
    data = as_bytes(package([inner, part("<p>广告 9 件</p>", where="cid:frame-1@mhtml.blink")]))
    submission = only(data, "2024.mht")
    assert (submission.form_code, len(values)) == ("gb_2021", 200)
    assert cells_of(submission, values) == as_decimals(values)


def workbook_parts(sheets: Sequence[tuple[str, str]]) -> list[MIMENonMultipart]:
    """A workbook as Excel saves it: the list of sheets first, then a page for each, and the tab strip."""
    names = [f"sheet{number:03}.htm" for number in range(1, len(sheets) + 1)]
    listed = "".join(WORKSHEET.format(name=name, part=at) for at, (name, _) in zip(names, sheets, strict=True))
    base = "file:///C:/A1B2"
    parts = [part(WORKBOOK.format(sheets=listed), charset="gb18030", where=f"{base}/book.htm")]
    parts += [
        part(content, charset="gb18030", where=f"{base}/book.files/{at}")
        for at, (_, content) in zip(names, sheets, strict=True)
    ]
    strip = table(*(f"<td>{name}</td><td>x</td>" for name, _ in sheets))
    return [*parts, part(strip, where=f"{base}/book.files/tabstrip.htm")]


def test_the_sheets_of_a_workbook_keep_their_names_and_hidden_ones_are_marked() -> None:
    values = figures(G21)
    sheets = [
        ("2024年", form_tables(G21, values, one_table=True)),
        ("上年&amp;存档", HIDDEN + table("<td>规章</td><td>9</td>") + "<p>上年的话</p>"),
        ("说明", table("<td>填表人</td><td>甲</td>") + "<p>说明的话</p>" + table("<td>乙</td><td>丙</td>")),
    ]
    read = document(package(workbook_parts(sheets)))
    expected = [("2024年", False), ("上年&存档", True), ("说明", False), ("说明（2）", False)]
    assert [(grid.sheet, grid.is_hidden) for grid in read.grids] == expected
    assert read.grids[1].text(0, 1) == "9"
    assert [paragraph.text for paragraph in read.paragraphs if "话" in paragraph.text] == ["说明的话"]
    submission = only(as_bytes(package(workbook_parts(sheets))), "2024.xls")
    assert cells_of(submission, values) == as_decimals(values)
    assert {cell.sheet for cell in submission.cells if cell.key in values} == {"2024年"}


def test_a_workbook_without_its_sheets_is_answered() -> None:
    parts = workbook_parts([("2024年", table("<td>a</td><td>b</td>"))])
    rule, message = rejection(as_bytes(package([parts[0], parts[2]])), "2024.mht")
    assert (rule, message[:18]) == ("V01", "网页文件（.mht）里没有工作表；请")


def test_a_letter_with_the_report_attached_is_answered_with_what_to_send() -> None:
    letter = EmailMessage()
    letter["MIME-Version"] = "1.0"
    letter.set_content("请查收")
    letter.add_alternative("<p>请查收</p>", subtype="html")
    letter.add_attachment(small_book(), "application", "octet-stream", filename="年报.xlsx")
    assert rejection(letter.as_bytes(), "来信.eml") == ("V01", "这是一封邮件；请把它的附件存出来，单独放入")


HEAD = b"MIME-Version: 1.0\r\nContent-Type: "


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (HEAD + b'multipart/related; boundary="a"\r\n\r\nnothing', "网页文件（.mht）损坏，打不开；请"),
        (HEAD + b"text/plain\r\n\r\nx", "网页文件（.mht）损坏，打不开；请"),
        (
            b"".join(HEAD + b'multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(30_000)),
            "网页文件（.mht）里的部分过多或过大，未读取",
        ),
        (
            HEAD + b'multipart/related; boundary="a"\r\n\r\n' + b"--a\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 2001,
            "网页文件（.mht）里的部分过多或过大，未读取",
        ),
        (
            HEAD + b'multipart/related; boundary="a"\r\n\r\n' + b"--a\r\nContent-Type: text/html\r\n\r\n<p>x\r\n" * 41,
            "网页文件（.mht）里的部分过多或过大，未读取",
        ),
        (HEAD + b"text/html\r\n\r\n" + b"<b>" * 1_000_001, "网页文件（.mht）里的部分过多或过大，未读取"),
        (HEAD + b"text/html\r\n\r\n" + b"<b>" * 100_000, "网页一层套一层，超过 512 层"),
    ],
    ids=["no part", "no page", "packages in packages", "parts", "pages", "tags", "nested"],
)
def test_what_is_damaged_or_too_much_is_answered_soon(data: bytes, message: str) -> None:
    started = time.process_time()
    rule, said = rejection(data, "2024.mht")
    assert (rule, said[: len(message)]) == ("V01", message)
    assert time.process_time() - started < 8


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!" + b"A" * 1_000_001,
        HEAD + b"text/html; charset=\"\x80\x81'%;*\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 666 x\r\n<p>",
        HEAD + b"text/html\r\n" + b"X-A: b\r\n" * 500_000 + b"\r\n<p>x",
        HEAD + b"text/html" + b"; a*0*=utf-8''%41" * 20_000 + b"\r\n\r\n<p>x",
        HEAD + b'text/html; a="' + b";" * 1_000_000 + b"\r\n\r\n<p>x",
        HEAD + b'multipart/related; boundary="a"\r\n' + b"\r\n--a\r\nContent-Disposition: a;b;c;d=\r\n" * 100_000,
        HEAD + b"text/html; charset*=x'y'%FF%FE\r\n\r\n<p>x",
        HEAD + b"text/html\r\nContent-Disposition: attachment; filename=a.htm\r\n\r\n<p>x",
        b"\r\n--a\r\n".join([HEAD + b'multipart/related; boundary="a"\r\n', *[b"\r\n<p>--a" * 10] * 30_000]),
    ],
    ids=["base64", "charset", "headers", "parameters", "quotes", "dispositions", "bytes", "attached", "bounds"],
)
def test_hostile_packages_are_answered_soon(data: bytes) -> None:
    started = time.process_time()
    assert rejection(data, "2024.mht")[0] in ("V01", "V03")
    assert time.process_time() - started < 8


def test_the_parser_of_the_standard_library_is_bounded_in_lines_and_packages() -> None:
    nested = b"".join(HEAD + b'multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(8))
    started = time.process_time()
    assert rejection(nested + b"x\n" * 900_000, "2024.mht")[0] == "V01"
    assert time.process_time() - started < 8
    assert rejection(nested + b"\n" * 2_100_000, "2024.mht")[1].startswith("网页文件（.mht）里的部分过多或过大")
