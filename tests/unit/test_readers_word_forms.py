"""Every edition written into a Word file and read again: equal, cell for cell."""

from __future__ import annotations

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
    form = FORMS[form_code]
    for seed in (1, 2):
        printed = random_figures(form, variant, seed)
        reading = read_file(report(form, variant, printed), f"{year_of(form)}.docx")
        (submission,) = reading.submissions
        assert (submission.form_code, submission.variant) == (form_code, variant)
        title = {CellKey(TITLE_ORGAN, "", "annual"): None, CellKey(TITLE_YEAR, "", "annual"): year_of(form)}
        assert values_of(submission) == {key: Decimal(text) for key, text in printed.items()} | title
        assert submission.problems == ()
