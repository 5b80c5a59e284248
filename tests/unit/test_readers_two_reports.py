"""Two reports in one text, this year's below last year's: each has its own year, whatever the kind of file."""

from __future__ import annotations

import io
from copy import deepcopy

import pytest
from docx import Document

from pipelines.readers import read_file
from schemas.form import CellKey
from tests.unit.html_files import form_tables
from tests.unit.reader_files import FORMS, Sheet, figures, values_of, workbook
from tests.unit.word_files import report, saved

FORM = FORMS["gb_2021"]
LAST = {key: value + 1000 for key, value in figures(FORM).items()}
TITLE = "厦门市教育局{year}年政府信息公开工作年度报告"


def page(tag: str) -> bytes:
    parts = (
        f"<{tag}>{TITLE.format(year=year)}</{tag}><p>以下为附表。</p>{form_tables(FORM, values)}<p>五、其他。</p>"
        for year, values in ((2023, LAST), (2024, figures(FORM)))
    )
    return (
        f"<html><head><title>年度报告</title></head><body><ul><li>首页</li></ul>{''.join(parts)}</body></html>".encode()
    )


def word() -> bytes:
    this, last = (
        Document(io.BytesIO(report(FORM, "", {key: str(value) for key, value in values.items()})))
        for values in (figures(FORM), LAST)
    )
    last.paragraphs[0].text = TITLE.format(year=2023)
    end = last.element.body.sectPr
    for element in this.element.body.iterchildren():
        if element.tag != this.element.body.sectPr.tag:
            end.addprevious(deepcopy(element))
    return saved(last)


@pytest.mark.parametrize(
    ("data", "name"), [(page("h1"), "a.html"), (page("h2"), "b.html"), (page("p"), "c.html"), (word(), "d.docx")]
)
def test_each_report_has_its_own_year(data: bytes, name: str) -> None:
    cells = set(FORM.cells())
    found = [
        (item.organ_name, item.report_year, {key: value for key, value in values_of(item).items() if key in cells})
        for item in read_file(data, name).submissions
    ]
    assert found == [("厦门市教育局", 2023, LAST), ("厦门市教育局", 2024, figures(FORM))]


def test_a_pages_only_main_heading_comes_before_what_stands_above_it() -> None:
    above = "<p>厦门市民政局2022年政府信息公开工作年度报告</p>"
    body = f"{above}<h1>{TITLE.format(year=2024)}</h1>{form_tables(FORM, figures(FORM))}"
    (submission,) = read_file(f"<html><body>{body}</body></html>".encode(), "a.html").submissions
    assert (submission.organ_name, submission.report_year) == ("厦门市教育局", 2024)
    assert CellKey("nar_title_year", "", "annual") in {cell.key for cell in submission.cells}


def test_a_report_among_others_that_cannot_be_read_is_told() -> None:
    labels = "</td></tr><tr><td>".join(["2.重复申请", "1.属于国家秘密", "（一）予以公开", "（七）总计", "行政许可"])
    pages = [
        f"<h1>{TITLE.format(year=2023)}</h1><table><tr><td>甲</td><td>1</td></tr><tr><td>{labels}</td></tr></table>",
        f"<h1>{TITLE.format(year=2024)}</h1>{form_tables(FORM, figures(FORM))}",
    ]
    reading = read_file(f"<html><body>{''.join(pages)}</body></html>".encode(), "a.html")
    assert [item.report_year for item in reading.submissions] == [2024]
    (problem,) = reading.problems
    assert (problem.rule_id, problem.sheet) == ("V03", "表1")
    assert problem.message.startswith("文件里的第1份报表：表样无法识别")


def test_a_sheet_of_titles_is_answered() -> None:
    rows = [[TITLE.format(year=2000 + number % 2)] for number in range(5000)]
    reading = read_file(workbook({"Sheet1": Sheet(rows)}), "a.xlsx")
    (problem,) = reading.problems
    assert problem.message == "“Sheet1”里有超过 100 份报表的标题，未读取；请分成几个文件"
