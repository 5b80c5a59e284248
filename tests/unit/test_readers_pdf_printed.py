"""Forms printed by Chromium and LibreOffice, with figures made up by chance: every figure comes back, or says so."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.readers import read_file
from pipelines.readers.model import Limits
from pipelines.readers.pdf import read_pdf
from schemas.form import CellKey
from tests.unit.pdf_files import CHROMIUM, OFFICE, by_chromium, by_office, docx_of, form_html
from tests.unit.reader_files import FORMS, year_of
from tests.unit.test_readers_published import published

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
EVERY_FORM = [(code, variant) for code, form in FORMS.items() for variant in form.variants]
SPLIT = "tr { break-inside: auto } td { padding: 6px; vertical-align: middle }"
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
needs_office = pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")


def by_chance(code: str, variant: str, seed: int) -> dict[CellKey, int]:
    """Figures as offices have them: many zeros, some small ones, a few large ones."""
    chance = random.Random(seed)
    sizes = (1, 1, 1, 10, 100, 100_000)
    return {key: chance.randrange(chance.choice(sizes)) for key in FORMS[code].cells(variant)}


def differences(data: bytes, code: str, variant: str, values: dict[CellKey, int]) -> dict[CellKey, object]:
    """The cells that did not come back as printed."""
    (submission,) = read_file(data, f"{year_of(FORMS[code])}年报.pdf").submissions
    assert (submission.form_code, submission.variant) == (code, variant)
    read = {cell.key: cell.value for cell in submission.cells}
    return {key: read.get(key) for key, value in values.items() if read.get(key) != value}


@needs_chromium
@pytest.mark.parametrize(("code", "variant"), EVERY_FORM)
def test_chromium_prints_every_form(code: str, variant: str) -> None:
    values = by_chance(code, variant, seed=1)
    assert differences(by_chromium(form_html(FORMS[code], values, variant)), code, variant, values) == {}


LAYOUTS = {
    "heads on every page": {"repeats_heads": True},
    "rows cut by the break": {"style": SPLIT},
    "a narrow page": {"style": SPLIT + "@page { margin: 25mm 45mm }", "repeats_heads": True},
    "large letters": {"style": "body { font-size: 14pt } tr { break-inside: auto }"},
    "cells on a black ground": {
        "style": "table { border: 0; border-collapse: separate; border-spacing: 1px; background: #000 }"
        "td { border: 0; background: #fff }"
    },
    "numbered pages": {
        "style": "@page { @bottom-center { content: '- ' counter(page) ' -' } @top-left { content: '年度报告' } }"
    },
    "grey and dashed": {"style": "td { border: 1px dashed #aaa } tr:nth-child(odd) { background: #eee }"},
}


@needs_chromium
@pytest.mark.parametrize("filler", [1, 4, 7])
@pytest.mark.parametrize("style", [SPLIT, "body { font-size: 14pt } tr { break-inside: auto }"])
def test_heads_cut_by_the_break_lose_figures_and_change_none(filler: int, style: str) -> None:
    values = by_chance("gb_2021", "", seed=filler)
    html = form_html(FORMS["gb_2021"], values, text="<p>一行说明。</p>" * filler, style=style)
    reading = read_file(by_chromium(html), "2024年报.pdf")
    read = {cell.key: cell.value for submission in reading.submissions for cell in submission.cells}
    assert {key: read[key] for key, value in values.items() if read.get(key, value) not in (value, None)} == {}
    assert reading.submissions or [problem.rule_id for problem in reading.problems] == ["V03"]


@needs_chromium
@pytest.mark.parametrize("name", LAYOUTS)
def test_a_form_over_three_pages_is_one(name: str) -> None:
    filler = 2
    values = by_chance("gb_2021", "", seed=filler)
    html = form_html(FORMS["gb_2021"], values, text="<p>一行说明。</p>" * filler, **LAYOUTS[name])
    assert differences(by_chromium(html), "gb_2021", "", values) == {}


MAKERS: dict[str, Callable[[str, str, dict[CellKey, int]], bytes]] = {
    "docx": lambda code, variant, values: by_office(docx_of(FORMS[code], values, variant), "docx"),
    "html": lambda code, variant, values: by_office(form_html(FORMS[code], values, variant).encode(), "html"),
}


@needs_office
@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(("code", "variant"), [("gb_2021", ""), ("gb_2021", "one_row_other"), ("fj_annex_2017", "")])
def test_libreoffice_prints_forms_with_rows_cut_and_numbers_broken(kind: str, code: str, variant: str) -> None:
    values = by_chance(code, variant, seed=2)
    assert differences(MAKERS[kind](code, variant, values), code, variant, values) == {}


LABELS = {
    "三、本年度办理结果": "三\n、\n本\n年\n度\n办\n理\n结\n果",
    "（二）部分公开（区分处理的，只计这一情形，不计其他情形）": (
        "（二）部分公开（区分处理的，只计这一情 形，不\n计其他情形）"
    ),
    "5.要求行政机关确认或重新出具已获取信息": "5.要求行政机关确认或重 新出具\n已获取信息",
    "总计": "总 计",
    "商业企业": "商业\n企业",
    "社会公益组织": "社会\n公益\n组织",
}
"""broken as 淮安市洪泽区人民政府 prints them"""
LIKE_HONGZE = (
    "@page { @bottom-center { content: '- ' counter(page) ' -' } } table { table-layout: auto }"
    "td { padding: 5px 3px; vertical-align: middle } td.n { vertical-align: top }"
)


@needs_chromium
@pytest.mark.parametrize("name", ["hongze_2023", "hongze_2024"])
def test_a_published_report_printed_as_its_organ_prints_it(name: str) -> None:
    table = published(name)
    form = FORMS["gb_2021"]
    html = form_html(form, table.printed, "one_row_other", style=LIKE_HONGZE, labels=LABELS)
    (submission,) = read_file(by_chromium(html), f"{table.year}年报.pdf").submissions
    assert submission.variant == "one_row_other"
    assert {cell.key: cell.value for cell in submission.cells if cell.key in table.values} == table.values


@needs_chromium
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of published tables is not here")
def test_the_matrix_is_stitched_from_what_a_table_finder_sees_in_two_parts() -> None:
    """The published PDF's own rows, as found page by page, equal the rows of the one table that we make of it."""
    found = json.loads((CORPUS / "hongze_2023_tables_pdfplumber.json").read_text(encoding="utf-8"))
    parts = [table["rows"] for table in found if len(table["rows"][-1]) == 10]
    figures = [row[-7:] for part in parts for row in part if row[-1] and row[-1].isdecimal()]
    html = form_html(
        FORMS["gb_2021"], published("hongze_2023").printed, "one_row_other", style=LIKE_HONGZE, labels=LABELS
    )
    (matrix,) = [grid for grid in read_pdf(by_chromium(html), Limits()).grids if grid.width == 10]
    ours = [[matrix.text(row, column) for column in range(3, 10)] for row in range(matrix.height)]
    assert len(figures) == 23
    assert [row for row in ours if row[-1].isdecimal()] == figures
