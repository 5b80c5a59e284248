"""The annual report's page in a real Chromium: it fetches nothing, bars nobody, prints on A4, 草稿 on each sheet."""

from __future__ import annotations

import io
from pathlib import Path

import pdfplumber
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from pipelines.report.document import compose
from pipelines.report.page import to_html
from pipelines.report.prose import write_prose
from schemas.form import load_forms
from schemas.report_phrase import load_report_phrases
from tests.browser.chromium import needs_chromium
from tests.unit.report_world import random_cells, report_of

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    form, phrases = load_forms()["gb_2021"], load_report_phrases()
    figures = report_of([form], random_cells(form, seed=2), 2024)
    path = tmp_path_factory.mktemp("report") / "报告.html"
    report = compose(figures, write_prose(figures, phrases), phrases.moved, is_draft=True)
    path.write_text(to_html(report), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_fetched_and_nothing_is_in_the_way(browser: Browser, page_file: Path, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(page_file.as_uri())
    violations = Axe().run(page).response["violations"]
    assert [(item["id"], [node["target"] for node in item["nodes"]]) for item in violations] == []
    assert asked == [page_file.as_uri()]
    assert said == []
    # on a telephone only the tables are wider than the screen, and they scroll by themselves
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_it_prints_on_a4_and_each_sheet_of_a_draft_says_so(browser: Browser, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    with pdfplumber.open(io.BytesIO(printed)) as document:
        sizes = {(round(sheet.width), round(sheet.height)) for sheet in document.pages}
        large = ["".join(char["text"] for char in sheet.chars if char["size"] > 60) for sheet in document.pages]
    assert sizes <= {(595, 842), (596, 842), (595, 841)}
    assert len(large) > 1
    assert set(large) == {"草稿"}
