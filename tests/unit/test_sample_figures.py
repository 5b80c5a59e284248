"""The sample figures keep what was published, exactly; ``verify`` notices when they do not."""

from __future__ import annotations

from collections import Counter

import pytest

from samples.allocate import STORY, Figure, build_figures, verify, wrong_version
from schemas.register import basis_of, load_register


@pytest.fixture(scope="module")
def figures() -> list[Figure]:
    return build_figures()


def leaf_total(figures: list[Figure], year: int, indicator: str, measure: str = "annual") -> int:
    organs = load_register().organs
    return sum(
        int(figure.value or 0)
        for figure in figures
        if (figure.report_year, figure.indicator_code, figure.measure) == (year, indicator, measure)
        and basis_of(organs[figure.organ_code].kind) == "own"
    )


def test_every_constraint_holds(figures: list[Figure]) -> None:
    verify(figures)


@pytest.mark.parametrize(
    ("year", "indicator", "measure", "published"),
    [
        (2016, "fj_open_total", "annual", 39129),
        (2016, "fj_req_total", "annual", 1465),
        (2017, "fj_open_total", "annual", 42938),
        (2017, "fj_reply_other", "annual", 680),
        (2017, "fj_open_total", "cumulative", 540432),
        (2017, "fj_reply_total", "cumulative", 6451),
        (2018, "fj_open_total", "annual", 39142),
        (2018, "fj_req_total", "annual", 1235),
        (2017, "sup_cat_licensing", "annual", 8519),
        (2017, "sup_req_accepted", "annual", 1366),
        (2017, "sup_made_total", "annual", 79338),
    ],
)
def test_the_leaves_add_up(figures: list[Figure], year: int, indicator: str, measure: str, published: int) -> None:
    assert leaf_total(figures, year, indicator, measure) == published


def test_the_city_files_2017_as_printed(figures: list[Figure]) -> None:
    city = {
        (f.indicator_code, f.measure): f.value
        for f in figures
        if f.organ_code == "XMP00001" and f.report_year == 2017 and f.form_code == "fj_annex_2017"
    }
    assert city["nar_open_total_lower_level", "annual"] == 11204
    assert city["nar_open_total_lower_level", "cumulative"] == 125978
    assert city["nar_req_by_departments", "cumulative"] == 5253
    assert city["nar_reply_refused", "annual"] == 119
    assert city["fj_reply_refused", "annual"] == 199


def test_at_least_sixty_leaves_file_each_year(figures: list[Figure]) -> None:
    organs = load_register().organs
    leaves = Counter(
        year
        for year, organ in {(f.report_year, f.organ_code) for f in figures}
        if basis_of(organs[organ].kind) == "own"
    )
    # 零报告 files no figures
    assert leaves == {2016: 73, 2017: 73, 2018: 73, 2023: 76, 2024: 76}


def test_a_single_changed_figure_is_noticed(figures: list[Figure]) -> None:
    place = next(
        index
        for index, figure in enumerate(figures)
        if (figure.report_year, figure.indicator_code, figure.organ_code) == (2017, "fj_open_website", "XMP00101")
    )
    changed = [*figures]
    changed[place] = changed[place]._replace(value=int(changed[place].value or 0) - 1)
    with pytest.raises(AssertionError):
        verify(changed)


def test_the_wrong_versions_differ_in_one_cell(figures: list[Figure]) -> None:
    for change in (STORY.held, STORY.resubmitted):
        wrong = wrong_version(figures, change)
        right = [f for f in figures if (f.organ_code, f.report_year) == (change.organ_code, STORY.report_year)]
        assert [(w.value, r.value) for w, r in zip(wrong, right, strict=True) if w != r] == [
            (change.wrong, change.right)
        ]
