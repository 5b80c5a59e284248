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


# label, annual and cumulative as the city printed them for 2017
ANNEX_2017 = [
    ("fj_open_total", 42938, 540432),
    ("fj_open_website", 42128, 519003),
    ("fj_open_gazette", 558, 9923),
    ("fj_req_total", 1370, 6503),
    ("fj_req_in_person", 246, 1851),
    ("fj_req_online", 797, 3106),
    ("fj_req_mail_fax", 327, 1454),
    ("fj_reply_total", 1366, 6451),
    ("fj_reply_granted", 399, 3183),
    ("fj_reply_partial", 88, 385),
    ("fj_reply_refused", 199, 551),
    ("fj_reply_other", 680, 2333),
    ("fj_complaints", 0, 0),
    ("fj_reviews", 25, 102),
    ("fj_suits", 23, 53),
]


@pytest.mark.parametrize(("indicator", "annual", "cumulative"), ANNEX_2017)
def test_every_row_of_2017_adds_up_in_both_columns(
    figures: list[Figure], indicator: str, annual: int, cumulative: int
) -> None:
    assert leaf_total(figures, 2017, indicator) == annual
    assert leaf_total(figures, 2017, indicator, "cumulative") == cumulative


@pytest.mark.parametrize(
    ("year", "indicator", "measure", "by_slice"),
    [
        (2016, "fj_open_total", "cumulative", {"own": 382720, "lower": 114774}),
        (2016, "fj_req_total", "cumulative", {"government": 994, "department": 4139}),
        (2017, "fj_open_total", "annual", {"own": 31776, "lower": 11162}),
        (2017, "fj_open_total", "cumulative", {"own": 414496, "lower": 125936}),
        (2017, "fj_req_total", "annual", {"government": 265, "department": 1105}),
        (2017, "fj_req_total", "cumulative", {"government": 1259, "department": 5244}),
    ],
)
def test_levels_and_organ_kinds_add_up(
    figures: list[Figure], year: int, indicator: str, measure: str, by_slice: dict[str, int]
) -> None:
    register = load_register()
    of_slice = register.level_of if "own" in by_slice else register.slice_kind_of
    summed = dict.fromkeys(by_slice, 0)
    for code in (organ.organ_code for organ in register.leaves_in(year)):
        own = [figure for figure in figures if figure.organ_code == code]
        summed[of_slice(code)] += leaf_total(own, year, indicator, measure)
    assert summed == by_slice


@pytest.mark.parametrize("year", [2016, 2017, 2018])
def test_the_inherited_gaps_sit_in_four_leaves_and_do_not_move(figures: list[Figure], year: int) -> None:
    register = load_register()
    value = {
        (f.organ_code, f.indicator_code): int(f.value or 0)
        for f in figures
        if (f.report_year, f.form_code, f.measure) == (year, "fj_annex_2017", "cumulative")
    }
    channels = ("fj_req_in_person", "fj_req_online", "fj_req_mail_fax")
    replies = ("fj_reply_granted", "fj_reply_partial", "fj_reply_refused", "fj_reply_other")
    codes = [organ.organ_code for organ in register.leaves_in(year)]
    lost = {c: sum(value[c, row] for row in channels) - value[c, "fj_req_total"] for c in codes}
    twice = {c: sum(value[c, row] for row in replies) - value[c, "fj_reply_total"] for c in codes}
    assert {c: gap for c, gap in lost.items() if gap} == {"XMP00002": -38, "XMP00105": -31, "XMP00110": -23}
    assert {c: gap for c, gap in twice.items() if gap} == {"XMP00109": 1}


def test_the_end_of_2018_is_where_the_published_column_leads(figures: list[Figure]) -> None:
    assert leaf_total(figures, 2018, "fj_open_total", "cumulative") == 579574
    assert leaf_total(figures, 2018, "fj_req_total", "cumulative") == 7738


def test_what_the_city_did_not_print_is_blank_in_its_own_supplement(figures: list[Figure]) -> None:
    blanks = {(f.organ_code, f.form_code, f.indicator_code) for f in figures if f.value is None}
    assert blanks == {
        ("XMP00001", "xm_supplement_2017", "sup_made_total"),
        ("XMP00001", "xm_supplement_2017", "sup_gazette_copies"),
    }


def test_parks_bureau_files_what_its_report_of_2023_says(figures: list[Figure]) -> None:
    row = {
        f.indicator_code: f.value
        for f in figures
        if (f.organ_code, f.report_year, f.applicant_kind) == ("XMP00125", 2023, "total")
    }
    wanted = {"req_new": 35, "req_carried_in": 0, "res_declined_repeat": 3, "res_total": 33, "req_carried_out": 2}
    assert {name: row[name] for name in wanted} == wanted
    assert int(row["res_granted"] or 0) + int(row["res_partial"] or 0) == 14


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


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (("XMP00101", 2017, "fj_open_website", "", "annual"), "fj_open_website"),  # the city's sum
        (("XM02100", 2016, "fj_req_total", "", "cumulative"), "XM02100 2016"),  # a district's sum
        (("XMP00001", 2017, "nar_req_by_departments", "", "cumulative"), "printed is 5253"),
        (("XMP00001", 2017, "sup_cat_plans", "", "annual"), "printed is 2561"),
        (("XM02102", 2024, "req_new", "natural_person", "annual"), "req_new"),
    ],
)
def test_a_single_changed_figure_is_noticed(
    figures: list[Figure], cell: tuple[str, int, str, str, str], told: str
) -> None:
    changed = [
        f._replace(value=int(f.value or 0) + 1)
        if (f.organ_code, f.report_year, f.indicator_code, f.applicant_kind, f.measure) == cell
        else f
        for f in figures
    ]
    assert changed != figures
    with pytest.raises(AssertionError, match=told):
        verify(changed)


def test_the_wrong_versions_differ_in_one_cell(figures: list[Figure]) -> None:
    for change in (STORY.held, STORY.resubmitted):
        wrong = wrong_version(figures, change)
        right = [f for f in figures if (f.organ_code, f.report_year) == (change.organ_code, STORY.report_year)]
        assert [(w.value, r.value) for w, r in zip(wrong, right, strict=True) if w != r] == [
            (change.wrong, change.right)
        ]
