"""Every edition written into a Word file and read again: equal, cell for cell."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest

from pipelines.readers import read_file
from schemas.form import CellKey
from schemas.narrative import TITLE_ORGAN, TITLE_YEAR
from tests.unit.reader_files import FORMS, values_of, year_of
from tests.unit.word_files import random_figures, report

EVERY_FORM = [(form_code, variant) for form_code, form in FORMS.items() for variant in form.variants]


@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_an_edition_written_into_word_comes_back_cell_for_cell(form_code: str, variant: str) -> None:
    for seed in (1, 2):
        printed = random_figures(FORMS[form_code], variant, seed)
        _comes_back(form_code, variant, report(FORMS[form_code], variant, printed), printed)


@pytest.mark.parametrize(("form_code", "variant"), [key for key in EVERY_FORM if key[0].startswith("gb_")])
def test_labels_whose_numbers_word_makes_itself_are_known(form_code: str, variant: str) -> None:
    printed = random_figures(FORMS[form_code], variant, 3)
    _comes_back(form_code, variant, report(FORMS[form_code], variant, printed, is_numbered=True), printed)


def _comes_back(form_code: str, variant: str, data: bytes, printed: Mapping[CellKey, str]) -> None:
    year = year_of(FORMS[form_code])
    (submission,) = read_file(data, "年报.docx").submissions
    assert (submission.form_code, submission.variant) == (form_code, variant)
    title = {CellKey(TITLE_ORGAN, "", "annual"): None, CellKey(TITLE_YEAR, "", "annual"): Decimal(year)}
    assert values_of(submission) == {key: Decimal(text) for key, text in printed.items()} | title
    assert submission.problems == ()
