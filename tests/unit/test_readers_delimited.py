"""CSV: encodings, delimiters, the long layout with one cell a line, sheets saved as text, reports of nothing."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest

from pipelines.readers import read_file
from pipelines.readers.model import FileReading, Limits, Problem, ReadCell, ReadSubmission
from pipelines.readers.sheets.delimited import decode
from schemas.form import CellKey
from tests.unit.reader_files import (
    FORMS,
    LONG_HEADER,
    Sheet,
    by_key,
    figures,
    long_csv,
    only,
    rejection,
    rules_of,
    states_of,
    typed,
    values_of,
)

ANNEX = FORMS["fj_annex_2017"]
MATRIX = FORMS["gb_2021"]
TOTAL = CellKey("req_new", "", "annual")
HEAD_LINE = "XMP00102,2024,gb_2021"


def lines_csv(*lines: str, header: str = LONG_HEADER) -> bytes:
    return "\n".join((header, *lines)).encode()


def found(data: bytes) -> list[ReadCell]:
    """The cells of the only submission that stand in the file."""
    return [cell for cell in only(data).cells if cell.value_state != "missing_row"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "，"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_long_csv_of_any_encoding_and_delimiter(encoding: str, delimiter: str, line_end: str) -> None:
    lines = long_csv(ANNEX, figures(ANNEX))
    text = line_end.join(f"{line},备注" for line in lines).replace("value,备注", "value,note")
    submission = only(text.replace(",", delimiter).encode(encoding), "年报.csv")
    assert (submission.organ_code, submission.report_year, submission.form_code) == ("XMP00102", 2018, "fj_annex_2017")
    assert values_of(submission) == figures(ANNEX)
    assert {cell.note for cell in submission.cells} == {"备注"}
    assert submission.problems == ()


@pytest.mark.parametrize("form_code", FORMS)
def test_every_edition_comes_back_from_a_long_csv(form_code: str) -> None:
    form = FORMS[form_code]
    for variant in form.variants:
        submission = only("\n".join(long_csv(form, figures(form, variant))).encode())
        assert (submission.form_code, submission.variant, submission.problems) == (form_code, variant, ())
        assert values_of(submission) == figures(form, variant)


def test_columns_in_any_order_with_printed_and_note() -> None:
    header = "note,VALUE,measure,printed, applicant_kind ,indicator_code,form_code,report_year,organ_code,remark"
    data = lines_csv("含上年,251000,annual,25.1万元,,g19_procure_amount,gb_2019,2019,X,ignored", header=header)
    assert found(data) == [
        ReadCell(
            CellKey("g19_procure_amount", "", "annual"), "25.1万元", Decimal(251000), "reported", "CSV", "B2", "含上年"
        )
    ]


def test_cells_keep_line_and_column() -> None:
    data = lines_csv(f"{HEAD_LINE},req_new,total,annual, 12 ", "", f"{HEAD_LINE},req_new,business,,/")
    assert found(data) == [
        ReadCell(CellKey("req_new", "business", "annual"), "/", None, "not_applicable", "CSV", "G4"),
        ReadCell(CellKey("req_new", "total", "annual"), "12", Decimal(12), "reported", "CSV", "G2"),
    ]
    assert states_of(only(data)) == {"missing_row": 198, "reported": 1, "not_applicable": 1}


def test_blank_lines_before_the_header_keep_the_numbering() -> None:
    data = b"\n\n" + lines_csv(f"{HEAD_LINE},req_new,total,annual,12")
    assert [cell.address for cell in found(data)] == ["G4"]


@pytest.mark.parametrize("mark", ['"organ_code"', "\ufefforgan_code", '\ufeff"organ_code"', '\ufeff\ufeff"organ_code"'])
def test_a_byte_order_mark_or_quotes_around_the_first_head(mark: str) -> None:
    data = lines_csv(f"{HEAD_LINE},req_new,total,annual,12").replace(b"organ_code", mark.encode(), 1)
    assert only(data).organ_code == "XMP00102"


def test_several_organs_and_years_in_one_file() -> None:
    data = lines_csv(
        "A,2023,gb_2021,req_new,total,annual,1",
        "B,2023,gb_2021,req_new,total,annual,2",
        "A,2024,gb_2021,req_new,total,annual,3",
        "A,2023,gb_2021,req_new,business,annual,4",
        "A,2017,xm_supplement_2017,sup_open_total,,annual,5",
    )
    reading = read_file(data, "年报.csv")
    assert reading.problems == ()
    read = [
        (item.organ_code, item.report_year, item.form_code, [int(c.value) for c in item.cells if c.value is not None])
        for item in reading.submissions
    ]
    assert read == [
        ("A", 2023, "gb_2021", [4, 1]),
        ("B", 2023, "gb_2021", [2]),
        ("A", 2024, "gb_2021", [3]),
        ("A", 2017, "xm_supplement_2017", [5]),
    ]
    limits = Limits(max_submissions=3)
    assert rejection(data, "年报.csv", limits) == ("V01", "一个 CSV 里超过 3 份报表，未读取；请分成几个文件")


def test_an_unknown_form_or_a_year_that_is_none_is_named_by_line() -> None:
    data = lines_csv(
        "A,2024,gb_2021,req_new,total,annual,1",
        "A,2024,gb_2099,req_new,total,annual,2",
        "A,24,gb_2021,req_new,total,annual,3",
        "A,2024年,gb_2021,req_new,total,annual,3",
        "A,,gb_2021,req_new,total,annual,3",
    )
    reading = read_file(data, "年报.csv")
    assert [item.report_year for item in reading.submissions] == [2024]
    known = "、".join(FORMS)
    assert reading.problems == (
        Problem("V03", f"第3行：没有名为“gb_2099”的表样；可用的表样：{known}", "CSV", "", "gb_2099"),
        Problem("V03", "第4行的 report_year “24”不是四位年份；请改正后重报", "CSV", "B4", "24"),
        Problem("V03", "第5行的 report_year “2024年”不是四位年份；请改正后重报", "CSV", "B5", "2024年"),
        Problem("V03", "第6行的 report_year “”不是四位年份；请改正后重报", "CSV", "B6", ""),
    )


def test_an_edition_outside_its_years_is_read_and_said() -> None:
    submission = only(lines_csv("A,2018,gb_2021,req_new,total,annual,7"))
    assert (submission.form_code, submission.report_year) == ("gb_2021", 2018)
    (problem,) = submission.problems
    assert (problem.rule_id, problem.scope) == ("V12", "gb_2021")
    assert problem.message == (
        "第2行：表样 gb_2021（年度报告2021年格式）适用于2021至今年度；"
        "2018年度适用：fj_annex_2017、gb_2014、xm_supplement_2017；请用2018年度的表样重报"
    )
    assert by_key(submission)[CellKey("req_new", "total", "annual")].value == 7


def test_a_cell_told_twice_is_told_when_it_differs() -> None:
    submission = only(
        lines_csv(
            f"{HEAD_LINE},req_new,total,annual,1",
            f"{HEAD_LINE},req_new,total,annual,1",
            f"{HEAD_LINE},req_new,total,annual,2",
        )
    )
    assert by_key(submission)[CellKey("req_new", "total", "annual")].value == 1
    assert len(submission.cells) == 200
    assert submission.problems == (
        Problem(
            "V07",
            "“一、本年新收政府信息公开申请数量｜总计”出现两次而不同：CSV!G2 为“1”，CSV!G4 为“2”；"
            "采用了前一处，请删去多余的一处后重报",
            "CSV",
            "G4",
            "2",
            "annual/total/req_new",
        ),
    )


def test_an_unknown_code_is_kept_for_the_contract() -> None:
    submission = only(lines_csv(f"{HEAD_LINE},req_newest,total,annual,5", f"{HEAD_LINE},nar_req_accepted,,annual,6"))
    assert [(c.key.indicator_code, c.value, c.sheet) for c in submission.cells[200:]] == [
        ("req_newest", 5, "CSV"),
        ("nar_req_accepted", 6, "正文"),
    ]


def test_an_unknown_applicant_or_measure_is_told_by_line() -> None:
    submission = only(
        lines_csv(
            f"{HEAD_LINE},req_new,total,annual,1",
            f"{HEAD_LINE},req_new,farmer,annual,2",
            f"{HEAD_LINE},req_new,total,monthly,3",
        )
    )
    assert [(p.rule_id, p.address, p.printed, p.scope) for p in submission.problems] == [
        ("V05", "E3", "2", "line/3"),
        ("V05", "E4", "3", "line/4"),
    ]
    assert "第3行的 applicant_kind 或 measure 不认识（farmer、annual），该行未采用" in submission.problems[0].message
    assert states_of(submission) == {"reported": 1, "missing_row": 199}


def test_a_separator_without_quotes_is_not_taken_for_the_end_of_the_number() -> None:
    submission = only(
        lines_csv(f"{HEAD_LINE},req_new,total,annual,1,234", f'{HEAD_LINE},req_new,business,annual,"1,234"')
    )
    cells = by_key(submission)
    broken = cells[CellKey("req_new", "total", "annual")]
    assert (broken.printed, broken.value, broken.value_state) == ("1,234", None, "uncertain")
    assert cells[CellKey("req_new", "business", "annual")].value == 1234
    (problem,) = submission.problems
    assert (problem.rule_id, problem.address, problem.scope) == ("V10", "G2", "annual/total/req_new")
    assert "字段比表头多" in problem.message


def test_value_and_printed_must_agree() -> None:
    submission = only(
        lines_csv(
            f"{HEAD_LINE},req_new,total,annual,1,234",
            f"{HEAD_LINE},req_new,business,annual,12,12件",
            f"{HEAD_LINE},req_new,research,annual,12,十二",
            header=LONG_HEADER + ",printed",
        )
    )
    cells = by_key(submission)
    states = [
        (cells[CellKey("req_new", kind, "annual")].value, cells[CellKey("req_new", kind, "annual")].value_state)
        for kind in ("total", "business", "research")
    ]
    assert states == [(None, "uncertain"), (12, "reported"), (12, "reported")]
    (problem,) = submission.problems
    assert (problem.rule_id, problem.printed) == ("V10", "234")
    assert "value 是“1”，printed 却是“234”" in problem.message


def test_a_short_line_is_blank_not_zero() -> None:
    (cell,) = found(lines_csv("A,2024,gb_2021,req_new,total,annual"))
    assert (cell.value, cell.value_state) == (None, "blank")


def test_the_variant_is_known_by_its_rows() -> None:
    submission = only(lines_csv(f"{HEAD_LINE},res_other,total,annual,1"))
    assert (submission.variant, len(submission.cells)) == ("one_row_other", 186)
    submission = only(lines_csv(f"{HEAD_LINE},res_other,total,annual,1", f"{HEAD_LINE},res_other_misc,total,annual,1"))
    # both kinds of row: the edition as prescribed, and one row too many for the contract
    assert (submission.variant, len(submission.cells)) == ("", 201)


@pytest.mark.parametrize("name", FORMS)
def test_a_sheet_saved_as_text_is_recognised(name: str) -> None:
    form = FORMS[name]
    for delimiter in (",", "\t", ";"):
        out = io.StringIO()
        rows = Sheet.of(typed(form)).rows
        csv.writer(out, delimiter=delimiter).writerows(
            ["" if value is None else str(value) for value in line] for line in rows
        )
        submission = only(out.getvalue().encode("gb18030"), "年报.csv")
        assert (submission.form_code, submission.report_year) == (name, form.last_year or 2024)
        assert values_of(submission) == figures(form)


NIL = ReadSubmission("", "", 2024, "gb_2021", "", True, ())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \r\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        LONG_HEADER.encode(),
        b"\xef\xbb\xbf" + LONG_HEADER.encode() + b"\r\n",
        "零报告".encode("gb18030"),
    ],
)
@pytest.mark.parametrize("name", ["nil_2024_gb_2021.csv", "NIL_2024_GB_2021.CSV"])
def test_a_file_named_nil_with_nothing_in_it_is_a_report_of_nothing(data: bytes, name: str) -> None:
    assert read_file(data, name) == FileReading((NIL,))


def test_nil_names_that_cannot_be() -> None:
    assert rejection(b"", "nil_2024_gb_1999.csv")[0] == "V03"
    submission = only(b"", "nil_2018_gb_2021.csv")
    assert (submission.is_nil, rules_of(submission)) == (True, ["V12"])
    assert rejection(b"", "nil_2024.csv")[1].startswith("文件是空的")


def test_a_file_with_figures_is_read_whatever_its_name() -> None:
    submission = only(lines_csv(f"{HEAD_LINE},req_new,total,annual,1"), "nil_2024_gb_2021.csv")
    assert (submission.is_nil, states_of(submission)) == (False, {"reported": 1, "missing_row": 199})
    assert rejection("今年2件".encode(), "nil_2024_gb_2021.csv")[0] == "V03"


REJECTED = {
    "nothing but a mark": (b"\xef\xbb\xbf", "文件是空的"),
    "only a header": (lines_csv(), "CSV 只有表头，没有数据行；请填入数据后重报"),
    "only a header and commas": (lines_csv(",,,,,,", ""), "CSV 只有表头，没有数据行；请填入数据后重报"),
    "two columns of one name": (
        lines_csv(f"{HEAD_LINE},req_new,total,annual,1,2", header=LONG_HEADER + ",value"),
        "CSV 表头里有两列 value，无法判断用哪一列；请只保留一列",
    ),
    "no encoding": (b"\x81\x20\xff\xff\xfe", "文字编码无法识别"),
    "utf-16 cut short": ("单位".encode("utf-16")[:-1], "文字编码无法识别"),
    "nul in utf-16": ("单位\0".encode("utf-16"), "文字编码无法识别"),
    "field too long": (lines_csv(f'{HEAD_LINE},"{"x" * 10_001}",,,1'), "CSV 过大，未读取"),
    "field endless": (lines_csv(f'{HEAD_LINE},"{"x" * 200_000}'), "CSV 格式有误"),
    "line too long": (lines_csv("," * 400_001), "CSV 过大，未读取"),
}


@pytest.mark.parametrize("name", REJECTED)
def test_a_csv_that_cannot_be_read_is_answered(name: str) -> None:
    data, sentence = REJECTED[name]
    rule, message = rejection(data, "年报.csv")
    assert rule == "V01"
    assert sentence in message


def test_the_number_of_fields_is_bounded_at_the_limit() -> None:
    data = lines_csv(f"{HEAD_LINE},req_new,total,annual,1")
    assert only(data, limits=Limits(max_cells=14)).report_year == 2024
    assert rejection(data, limits=Limits(max_cells=13))[1] == "CSV 过大，未读取；请只保留统计数据后重报"


def test_text_that_is_no_table_is_an_unknown_form() -> None:
    assert rejection("尊敬的领导：今年没有大事。".encode(), "信.csv")[0] == "V03"


def test_a_word_of_gb18030_that_happens_to_be_utf_8() -> None:
    # 元 in GB18030 is an Armenian letter in UTF-8
    assert decode("value\n251000元\n".encode("gb18030")) == "value\n251000元\n"
    assert decode("value\n251000元\n".encode()) == "value\n251000元\n"
    assert decode("value\né\n".encode()) == "value\né\n"
