"""Every edition written into a Word file and read again: equal, cell for cell."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from pipelines.readers import read_file
from schemas.form import CellKey, Form
from schemas.narrative import TITLE_ORGAN, TITLE_YEAR
from tests.unit.reader_files import FORMS, values_of, year_of
from tests.unit.word_files import report

EVERY_FORM = [(form_code, variant) for form_code, form in FORMS.items() for variant in form.variants]


def random_figures(form: Form, variant: str, seed: int) -> dict[CellKey, str]:
    """Each cell as printed: small and large, with fractions where it is money, with signs where it may fall."""
    chance = random.Random(seed)  # noqa: S311 - figures of a test
    printed = {}
    for key in form.cells(variant):
        kind = form.indicators[key.indicator_code].value_kind
        number = chance.choice([0, chance.randrange(10), chance.randrange(1000), chance.randrange(10**6)])
        fraction = f".{chance.randrange(100):02}" if kind == "money" else ""
        sign = chance.choice("+-") if kind == "signed_count" and number else ""
        printed[key] = f"{sign}{number}{fraction}"
    return printed


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
