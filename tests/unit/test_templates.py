"""Proof that the workbooks of every edition are complete to the cell, name themselves and look as prescribed."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from pipelines.readers import read_file
from pipelines.readers.model import ReadSubmission
from pipelines.templates import write_statutory, write_template
from pipelines.templates.layout import lay_out, merge_paths
from schemas.form import CellKey, Form, FormError, load_forms

FORMS = load_forms()
EVERY_FORM = [(form_code, variant) for form_code, form in FORMS.items() for variant in form.variants]
ORGAN = {"organ_code": "XMP00102", "organ_name": "厦门市教育局"}


def filled(form: Form, variant: str) -> dict[CellKey, int | Decimal]:
    """Every cell with another figure; money with a fraction, one change with a minus sign."""
    values: dict[CellKey, int | Decimal] = {}
    for number, key in enumerate(form.cells(variant), start=1):
        kind = form.indicators[key.indicator_code].value_kind
        values[key] = {"money": Decimal(number) + Decimal("0.25"), "signed_count": -number}.get(kind, number)
    return values


def year_of(form: Form) -> int:
    return form.last_year or 2024


def template(form: Form, variant: str = "", **options: object) -> bytes:
    return write_template(form, report_year=year_of(form), variant=variant, **ORGAN, **options)


def opened(content: bytes) -> Workbook:
    return load_workbook(BytesIO(content))


def merges(sheet: Worksheet) -> dict[str, str]:
    """merged range -> text of its first cell, line breaks and spaces removed"""
    texts = {}
    for area in sheet.merged_cells.ranges:
        text = str(sheet.cell(area.min_row, area.min_col).value or "")
        texts[area.coord] = "".join(text.split())
    return texts


def height_and_width(sheet: Worksheet, text: str) -> tuple[int, int]:
    (area,) = [
        area
        for area in sheet.merged_cells.ranges
        if "".join(str(sheet.cell(area.min_row, area.min_col).value).split()) == text
    ]
    return area.max_row - area.min_row + 1, area.max_col - area.min_col + 1


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_the_cells_to_fill_in_are_exactly_the_cells_of_the_form(form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    sheet = opened(template(form, variant))["统计表"]
    boxes = lay_out(form, variant=variant, report_year=year_of(form), first_row=7).values
    assert [box.key for box in boxes] == list(form.cells(variant))
    assert {(box.row, box.column) for box in boxes} == {
        (cell.row, cell.column)
        for line in sheet.iter_rows(min_row=7)
        for cell in line
        if not cell.protection.locked and type(cell).__name__ == "Cell"
    }
    assert all(sheet.cell(box.row, box.column).value is None for box in boxes)
    assert sheet.protection.sheet
    assert not sheet.protection.password


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_filled_figures_are_found_where_the_layout_says(form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    values = filled(form, variant)
    book = CalamineWorkbook.from_filelike(BytesIO(template(form, variant, values=values)))
    grid = book.get_sheet_by_name("统计表").to_python(skip_empty_area=False)
    boxes = lay_out(form, variant=variant, report_year=year_of(form), first_row=7).values
    assert {box.key: Decimal(str(grid[box.row - 1][box.column - 1])) for box in boxes} == values
    figures = [cell for line in grid[6:] for cell in line if isinstance(cell, float)]
    assert len(figures) == len(form.cells(variant))


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_validation_covers_every_cell_by_its_kind(form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    rules = opened(template(form, variant))["统计表"].data_validations.dataValidation
    kinds = [form.indicators[key.indicator_code].value_kind for key in form.cells(variant)]
    covered = {(rule.type, rule.operator): len(rule.sqref.ranges) for rule in rules if rule.type != "list"}
    expected = {
        ("whole", "greaterThanOrEqual"): kinds.count("count"),
        ("whole", "between"): kinds.count("signed_count"),
        ("decimal", "greaterThanOrEqual"): kinds.count("money"),
    }
    cells_in = {
        (rule.type, rule.operator): sum(area.size["rows"] * area.size["columns"] for area in rule.sqref.ranges)
        for rule in rules
        if rule.type != "list"
    }
    assert cells_in == {kind: count for kind, count in expected.items() if count}
    assert covered.keys() == cells_in.keys()
    (choice,) = [rule for rule in rules if rule.type == "list"]
    assert (choice.formula1, str(choice.sqref)) == ('"否,是"', "B6")


def test_validation_says_in_chinese_what_to_enter() -> None:
    rules = opened(template(FORMS["gb_2019"]))["统计表"].data_validations.dataValidation
    titles = {(rule.type, rule.operator): rule.errorTitle for rule in rules}
    assert titles == {
        ("whole", "greaterThanOrEqual"): "请填不小于0的整数",
        ("whole", "between"): "请填整数，可带负号",
        ("decimal", "greaterThanOrEqual"): "请填不小于0的金额",
        ("list", None): "请选“是”或“否”",
    }


def test_the_request_matrix_of_2021_has_its_spans() -> None:
    sheet = opened(template(FORMS["gb_2021"]))["统计表"]
    expected = {
        "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）": (3, 3),
        "申请人情况": (1, 7),
        "自然人": (2, 1),
        "法人或其他组织": (1, 5),
        "一、本年新收政府信息公开申请数量": (1, 3),
        "三、本年度办理结果": (22, 1),
        "（一）予以公开": (1, 2),
        "（三）不予公开": (8, 1),
        "（四）无法提供": (3, 1),
        "（五）不予处理": (5, 1),
        "（六）其他处理": (3, 1),
        "（七）总计": (1, 2),
        "四、结转下年度继续办理": (1, 3),
        "第二十条第（一）项": (1, 6),
        "三、收到和处理政府信息公开申请情况": (1, 10),
        "四、政府信息公开行政复议、行政诉讼情况": (1, 15),
    }
    assert {text: height_and_width(sheet, text) for text in expected} == expected


@pytest.mark.parametrize(("form_code", "variant"), [("gb_2019", ""), ("gb_2021", "one_row_other")])
def test_the_matrix_with_one_row_of_other_handling_spans_20_rows(form_code: str, variant: str) -> None:
    sheet = opened(template(FORMS[form_code], variant))["统计表"]
    assert height_and_width(sheet, "三、本年度办理结果") == (20, 1)
    assert height_and_width(sheet, "（六）其他处理") == (1, 2)


def test_the_disputes_table_has_three_header_rows_over_fifteen_columns() -> None:
    sheet = opened(template(FORMS["gb_2021"]))["统计表"]
    expected = {"行政复议": (1, 5), "行政诉讼": (1, 10), "未经复议直接起诉": (1, 5), "复议后起诉": (1, 5)}
    assert {text: height_and_width(sheet, text) for text in expected} == expected
    # the five heads under 行政复议 reach down to the third header row
    two_high = [text for coord, text in merges(sheet).items() if text in ("结果维持", "尚未审结")]
    assert sorted(two_high) == ["尚未审结", "结果维持"]


def test_the_annex_prints_the_year_its_units_and_both_measures() -> None:
    sheet = opened(template(FORMS["fj_annex_2017"]))["统计表"]
    assert [sheet.cell(8, column).value for column in range(1, 5)] == ["指标名称", "计量单位", "2018年度", "历年累计"]
    assert [sheet.cell(row, 2).value for row in (9, 12)] == ["条", "件"]


def test_rows_still_to_be_checked_against_the_circular_are_marked() -> None:
    marked = {}
    for form_code, form in FORMS.items():
        sheet = opened(template(form))["统计表"]
        marked[form_code] = sum(cell.value == "待核" for line in sheet.iter_rows() for cell in line)
    unchecked = sum(item.label_status != "seen" for item in FORMS["gb_2014"].indicators.values())
    assert unchecked == 55
    assert marked == {form_code: unchecked if form_code == "gb_2014" else 0 for form_code in FORMS}


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_the_hidden_identity_and_the_labelled_cells_agree(form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    book = opened(template(form, variant))
    hidden = book["_gongkai"]
    assert hidden.sheet_state == "veryHidden"
    assert hidden["A1"].value == "gongkai-template"
    assert {row[0]: row[1] or "" for row in hidden.iter_rows(min_row=2, max_col=2, values_only=True)} == {
        "form_code": form_code,
        "variant": variant,
        "organ_code": "XMP00102",
        "report_year": str(year_of(form)),
        "template_version": "1",
    }
    labelled = {row[0]: row[1] for row in book["统计表"].iter_rows(2, 6, max_col=2, values_only=True)}
    assert labelled == {
        "填报单位": "厦门市教育局",
        "单位代码": "XMP00102",
        "报告年度": year_of(form),
        "表样": form_code,
        "零报告": "否",
    }


def test_a_nil_report_says_so_in_its_labelled_cell() -> None:
    sheet = opened(template(FORMS["gb_2021"], is_nil=True))["统计表"]
    assert (sheet["A6"].value, sheet["B6"].value) == ("零报告", "是")
    assert not sheet["B6"].protection.locked


@pytest.mark.parametrize("name", ["=1+1", "+86", "-1", "@SUM(A1)", "厦门市\x0b教育局"])
def test_text_from_outside_stays_text(name: str) -> None:
    content = write_template(FORMS["fj_annex_2017"], organ_code="=A1", organ_name=name, report_year=2017, note=name)
    cell = opened(content)["统计表"]["B2"]
    assert (cell.data_type, cell.value) == ("s", name.replace("\x0b", ""))
    assert cell.quotePrefix is name.startswith(("=", "+", "-", "@"))
    with ZipFile(BytesIO(content)) as parts:
        assert not [part for part in parts.namelist() if b"<f>" in parts.read(part)]


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_the_same_input_gives_the_same_bytes(form_code: str, variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    form = FORMS[form_code]
    first = template(form, variant, values=filled(form, variant), note="样例")
    monkeypatch.setattr("time.localtime", lambda *_: (2031, 5, 6, 7, 8, 9, 0, 0, 0))
    assert template(form, variant, values=filled(form, variant), note="样例") == first
    with ZipFile(BytesIO(first)) as parts:
        assert {entry.date_time for entry in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = parts.read("docProps/core.xml").decode()
    assert core.count("2000-01-01T00:00:00Z") == 2


def test_print_setup_is_a4_and_landscape_only_for_the_matrix() -> None:
    orientation = {}
    for form_code, form in FORMS.items():
        sheet = opened(template(form))["统计表"]
        orientation[form_code] = sheet.page_setup.orientation
        assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth) == (9, 1)
        assert sheet["A9"].font.name == "宋体"
        assert sheet.freeze_panes is None
    assert orientation == {
        form_code: "landscape" if form_code in ("gb_2019", "gb_2021") else "portrait" for form_code in FORMS
    }


def test_prose_stands_on_its_own_sheet_as_text() -> None:
    paragraphs = ["主动公开42938条。", "=HYPERLINK(1)"]
    sheet = opened(template(FORMS["fj_annex_2017"], prose=paragraphs))["正文"]
    assert [list(row) for row in sheet.iter_rows(values_only=True)] == [["主动公开42938条。"], ["=HYPERLINK(1)"]]
    assert sheet["A2"].data_type == "s"


def test_a_value_of_a_foreign_cell_is_refused() -> None:
    foreign = {CellKey("res_other", "total", "annual"): 1}
    with pytest.raises(FormError, match=r"gb_2021 没有这些格：res_other/total/annual"):
        template(FORMS["gb_2021"], values=foreign)
    with pytest.raises(FormError, match="res_other"):
        write_statutory(FORMS["gb_2021"], organ_name="厦门市教育局", report_year=2024, values=foreign)


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(FormError, match="two_rows"):
        template(FORMS["gb_2021"], "two_rows")


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_the_layout_typed_by_hand_has_every_figure_and_no_identity(form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    values = filled(form, variant)
    content = write_statutory(
        form, organ_name="厦门市教育局", report_year=year_of(form), variant=variant, values=values, note="样例数据"
    )
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    assert book.sheet_names == ["Sheet1"]
    grid = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert grid[0][0] == f"厦门市教育局{year_of(form)}年政府信息公开工作年度报告"
    printed = [Decimal(str(cell)) for line in grid for cell in line if isinstance(cell, float)]
    assert printed == list(values.values())
    assert not {"填报单位", "表样", "备注", "待核"} & {cell for line in grid for cell in line}
    sheet = opened(content).active
    assert isinstance(sheet, Worksheet)
    assert not sheet.data_validations.dataValidation
    assert not sheet.protection.sheet


def test_the_layout_typed_by_hand_breaks_and_spaces_its_heads() -> None:
    sheet = opened(write_statutory(FORMS["gb_2019"], organ_name="厦门市教育局", report_year=2019)).active
    assert isinstance(sheet, Worksheet)
    printed = {cell.value for line in sheet.iter_rows() for cell in line}
    assert {"本年新\n制作数量", "商业企\n业", "总 计", "法律服\n务机构"} <= printed
    assert height_and_width(sheet, "三、本年度办理结果") == (20, 1)
    annex = opened(write_statutory(FORMS["fj_annex_2017"], organ_name="厦门市教育局", report_year=2017)).active
    assert isinstance(annex, Worksheet)
    assert "其中：1.政府网站公开数" in {cell.value for line in annex.iter_rows() for cell in line}


def test_neighbouring_heads_merge_only_where_they_go_deeper() -> None:
    spans = list(merge_paths([("甲", "一"), ("甲", "二"), ("甲",), ("乙",)], 2))
    assert [(span.text, span.first, span.count, span.level, span.levels) for span in spans] == [
        ("甲", 0, 2, 0, 1),
        ("甲", 2, 1, 0, 2),
        ("乙", 3, 1, 0, 2),
        ("一", 0, 1, 1, 1),
        ("二", 1, 1, 1, 1),
    ]


def read_back(content: bytes, name: str) -> ReadSubmission:
    reading = read_file(content, name)
    assert reading.problems == ()
    (submission,) = reading.submissions
    return submission


def assert_reads_back(
    submission: ReadSubmission, form: Form, variant: str, values: dict[CellKey, int | Decimal]
) -> None:
    assert submission.problems == ()
    assert (submission.form_code, submission.variant, submission.report_year) == (
        form.form_code,
        variant,
        year_of(form),
    )
    assert {cell.key: cell.value for cell in submission.cells} == values
    assert {cell.value_state for cell in submission.cells} == {"reported"}


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_a_filled_template_reads_back_cell_for_cell(form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    values = filled(form, variant)
    submission = read_back(template(form, variant, values=values, note="样例数据：第1版"), "任意文件名.xlsx")
    assert_reads_back(submission, form, variant, values)
    assert (submission.organ_code, submission.organ_name) == ("XMP00102", "厦门市教育局")
    boxes = lay_out(form, variant=variant, report_year=year_of(form), first_row=7).values
    addresses = {box.key: (box.row, box.column) for box in boxes}
    for cell in submission.cells:
        row, column = addresses[cell.key]
        assert (cell.sheet, cell.address) == ("统计表", f"{get_column_letter(column)}{row}")


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_a_form_typed_by_hand_reads_back_cell_for_cell(form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    values = filled(form, variant)
    content = write_statutory(
        form, organ_name="厦门市教育局", report_year=year_of(form), variant=variant, values=values, note="样例数据"
    )
    submission = read_back(content, "年报.xlsx")
    assert_reads_back(submission, form, variant, values)
    assert (submission.organ_code, submission.organ_name) == ("", "厦门市教育局")


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_a_blank_template_reads_back_as_blanks_never_as_zeros(form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    submission = read_back(template(form, variant), "空白表.xlsx")
    assert [cell.key for cell in submission.cells] == list(form.cells(variant))
    assert {(cell.value, cell.value_state) for cell in submission.cells} == {(None, "blank")}
    assert not submission.is_nil


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_a_nil_template_reads_back_as_a_nil_report(form_code: str, variant: str) -> None:
    form = FORMS[form_code]
    submission = read_back(template(form, variant, is_nil=True), "零报告.xlsx")
    assert submission.is_nil
    assert (submission.form_code, submission.report_year, submission.cells) == (form_code, year_of(form), ())


def test_figures_of_the_prose_read_back() -> None:
    form = FORMS["fj_annex_2017"]
    values = filled(form, "")
    paragraphs = ["本年度主动公开31776条，公开率54.12%。", "历年累计主动公开414496条。"]
    submission = read_back(template(form, values=values, prose=paragraphs), "年报.xlsx")
    prose = {
        CellKey("nar_open_total", "", "annual"): 31776,
        CellKey("nar_open_rate", "", "annual"): Decimal("54.12"),
        CellKey("nar_open_total", "", "cumulative"): 414496,
    }
    assert {cell.key: cell.value for cell in submission.cells} == {**values, **prose}
    assert {(cell.sheet, cell.address) for cell in submission.cells if cell.key in prose} == {
        ("正文", "A1"),
        ("正文", "A2"),
    }


def test_words_in_a_cell_read_back_as_printed() -> None:
    form = FORMS["gb_2021"]
    first, second, third = form.cells()[:3]
    values = {**filled(form, ""), first: "不适用", second: "=1+1", third: "12"}
    cells = {cell.key: cell for cell in read_back(template(form, values=values), "年报.xlsx").cells}
    assert [(cells[key].printed, cells[key].value, cells[key].value_state) for key in (first, second, third)] == [
        ("不适用", None, "not_applicable"),
        ("=1+1", None, "not_a_number"),
        ("12", Decimal(12), "reported"),
    ]
