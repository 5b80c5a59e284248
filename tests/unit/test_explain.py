"""The smallest explanation as a pure function over plain values. All figures here are made up."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal

import pytest

from schemas.form import CellKey, load_forms
from warehouse.explain import Equation, Figure, Redistribution, Suspect, neighbours, redistributions, suspects

ROWS = ("new", "granted", "refused")
COLUMNS = ("person", "firm")
CLEAN = {
    "new.person": 12, "new.firm": 3, "new.all": 15,
    "granted.person": 8, "granted.firm": 1, "granted.all": 9,
    "refused.person": 4, "refused.firm": 2, "refused.all": 6,
}  # fmt: skip
TABLE = (
    *(f"{row}.all = {row}.person + {row}.firm" for row in ROWS),
    *(f"new.{column} = granted.{column} + refused.{column}" for column in (*COLUMNS, "all")),
)
"""A little matrix: each row adds up to its total, each column's requests to its results."""


def cell(name: str) -> CellKey:
    return CellKey(name, "", "annual")


def equation(text: str, figures: Mapping[str, int | str], **known: bool | Decimal | None) -> Equation:
    """An equation over ``figures``; what is not among them stands in another file and counts as ``elsewhere``."""
    relation = next(sign for sign in ("<=", ">=", "=") if f" {sign} " in text)
    left, right = text.split(f" {relation} ")
    weights: dict[CellKey, Decimal] = {}
    for side, sign in ((left, 1), (right, -1)):
        for name in side.split(" + "):
            weights[cell(name)] = weights.get(cell(name), Decimal(0)) + sign
    gap = sum((weight * Decimal(figures[key.indicator_code]) for key, weight in weights.items()), Decimal(0))
    fails = {"=": gap != 0, "<=": gap > 0, ">=": gap < 0}[relation]
    options = {"fails": fails, "is_error": True, "is_own": True, "gap": gap} | known
    return Equation(name=text, relation=relation, weights=weights, **options)  # type: ignore[arg-type]  # by keyword


def explained(figures: Mapping[str, int | str], *equations: Equation | str, signed: bool = False) -> list[Suspect]:
    """What the equations (by default those of the little matrix) find in ``figures``."""
    judged = [item if isinstance(item, Equation) else equation(item, figures) for item in equations or TABLE]
    return suspects(judged, {cell(n): Figure(Decimal(value), may_be_negative=signed) for n, value in figures.items()})


def named(found: list[Suspect]) -> dict[str, tuple[Decimal, int, bool]]:
    """cell -> (value, equations closed, whether it alone explains them)"""
    return {suspect.cell.indicator_code: (suspect.value, len(suspect.closes), suspect.is_unique) for suspect in found}


def test_a_clean_table_has_no_suspect() -> None:
    assert explained(CLEAN) == []


@pytest.mark.parametrize("slip", [7, -2])
@pytest.mark.parametrize("name", CLEAN)
def test_a_slip_in_any_cell_of_a_matrix_is_named_with_its_value(name: str, slip: int) -> None:
    assert named(explained(CLEAN | {name: CLEAN[name] + slip})) == {name: (CLEAN[name], 2, True)}


def test_a_lone_sum_cannot_tell() -> None:
    found = named(explained({"all": 10, "a": 4, "b": 5}, "all = a + b"))
    assert found == {"all": (9, 1, False), "a": (5, 1, False), "b": (6, 1, False)}


def test_a_number_that_would_be_negative_is_no_explanation() -> None:
    figures = {"all": 0, "a": 10, "b": 1}
    assert named(explained(figures, "all = a + b")) == {"all": (11, 1, True)}
    assert named(explained(figures, "all = a + b", signed=True)).keys() == {"all", "a", "b"}


def test_an_inequality_forbids_what_it_would_break() -> None:
    figures = {"all": 10, "a": 4, "b": 5, "most": 5}
    found = named(explained(figures, "all = a + b", "a <= most", "all >= most"))
    # 6 of b and 9 of all hold; a may rise to 5, its most
    assert found.keys() == {"all", "a", "b"}
    assert named(explained(figures | {"all": 11}, "all = a + b", "a <= most")).keys() == {"all", "b"}


def test_an_equation_that_holds_is_never_broken() -> None:
    figures = {"all": 10, "a": 4, "b": 5, "twin": 4}
    assert named(explained(figures, "all = a + b", "a = twin")).keys() == {"all", "b"}


def test_independent_slips_each_get_their_own_answer() -> None:
    found = named(explained(CLEAN | {"granted.person": 18, "refused.firm": 1}))
    assert found == {"granted.person": (8, 2, True), "refused.firm": (2, 2, True)}


def test_equal_slips_on_two_corners_cannot_be_told_from_the_other_corners() -> None:
    found = named(explained(CLEAN | {"granted.person": 9, "refused.firm": 3}))
    assert {name: unique for name, (_, _, unique) in found.items()} == dict.fromkeys(
        ["granted.person", "granted.firm", "refused.person", "refused.firm"], False
    )


def test_two_slips_in_a_row_are_no_slip_of_one_cell() -> None:
    assert explained(CLEAN | {"granted.person": 18, "granted.firm": 3}) == []


def test_a_cell_that_closes_more_goes_before_those_that_close_less() -> None:
    figures = {"all": 9, "a": 5, "b": 5, "again": 8, "c": 4}
    assert named(explained(figures, "all = a + b", "again = a + c")) == {"a": (4, 2, True)}


def test_a_warning_that_fails_does_not_veto_and_one_that_is_closed_counts() -> None:
    figures = {"all": 10, "a": 4, "b": 5, "old": 99}
    inherited = equation("old = all", figures, is_error=False)
    assert named(explained(figures, "all = a + b", inherited)).keys() == {"all", "a", "b"}
    same_slip = equation("old = all", figures | {"old": 9}, is_error=False)
    assert named(explained(figures | {"old": 9}, "all = a + b", same_slip)) == {"all": (9, 2, True)}


def test_a_warning_that_holds_is_kept_and_warnings_alone_name_nobody() -> None:
    figures = {"all": 10, "a": 4, "b": 5, "old": 10}
    assert named(explained(figures, "all = a + b", equation("old = all", figures, is_error=False))).keys() == {"a", "b"}
    assert explained(figures, equation("all = a + b", figures, is_error=False)) == []


def test_an_equation_with_another_file_alone_names_nobody_but_counts_beside_an_own_one() -> None:
    figures = {"total": 20, "year": 4, "all": 10, "b": 5}
    step = equation("total = year", figures, is_own=False, gap=Decimal(1))
    assert explained(figures, step) == []
    # the year's figure is one less than both want
    assert named(explained(figures, step, "all = year + b")) == {"year": (5, 2, True)}


def test_only_inequalities_give_a_bound() -> None:
    (website, total) = explained({"website": 9, "total": 7}, "website <= total")
    assert [(s.cell.indicator_code, s.value, s.is_bound, s.is_unique) for s in (website, total)] == [
        ("website", 7, True, False),
        ("total", 9, True, False),
    ]
    (exact, *_) = explained({"website": 9, "total": 7, "again": 7}, "website <= total", "website = again")
    assert (exact.cell.indicator_code, exact.value, exact.is_bound) == ("website", 7, False)


def test_counts_stay_whole_and_money_may_have_four_decimals() -> None:
    figures = {"all": "1.0001", "a": "1"}
    judged = [equation("all = a", figures)]
    assert suspects(judged, {cell("a"): Figure(Decimal(1))}) == []
    (money,) = suspects(judged, {cell("a"): Figure(Decimal(1), may_have_decimals=True)})
    assert money.value == Decimal("1.0001")
    finer = [equation("all = a", figures | {"all": "1.00005"})]
    assert suspects(finer, {cell("a"): Figure(Decimal(1), may_have_decimals=True)}) == []


def test_a_value_of_too_many_digits_is_never_suggested() -> None:
    largest = 99999999999999
    figures = {"all": 0, "a": largest, "b": 1}
    assert explained(figures, "all = a + b") == []
    assert explained(figures, equation("all = a + b", figures, gap=None)) == []


# neighbours -----------------------------------------------------------------------------------------------------------


def divided(figures: Mapping[str, int | str], *equations: str) -> list[Redistribution]:
    judged = [equation(text, figures) for text in equations or TABLE]
    side_by_side = [(cell(f"{row}.person"), cell(f"{row}.firm")) for row in ROWS] + [(cell("a"), cell("b"))]
    return redistributions(judged, {cell(n): Figure(Decimal(value)) for n, value in figures.items()}, side_by_side)


@pytest.mark.parametrize("printed", [(123, 0), (0, 123), (1, 23)])
def test_digits_joined_or_split_between_neighbours_are_put_back(printed: tuple[int, int]) -> None:
    (found,) = divided(CLEAN | {"new.person": printed[0], "new.firm": printed[1]})
    assert [key.indicator_code for key in found.cells] == ["new.person", "new.firm"]
    assert found.values == (12, 3)
    assert len(found.closes) == 3


def test_digits_that_fit_only_some_of_the_equations_are_not_named() -> None:
    assert divided(CLEAN | {"new.person": 123, "new.firm": 0, "new.all": 16}) == []
    # one cell alone would change: that is no matter of neighbours
    assert divided({"all": 12, "a": 120, "b": 0}, "all = a + b") == []


def test_neighbours_of_the_disputes_row_and_of_the_matrix() -> None:
    pairs = neighbours(load_forms()["gb_2021"], "")
    assert (CellKey("rev_upheld", "", "annual"), CellKey("rev_corrected", "", "annual")) in pairs
    person, firm = (CellKey("req_new", kind, "annual") for kind in ("natural_person", "business"))
    assert (person, firm) in pairs
    assert (person, CellKey("req_carried_in", "natural_person", "annual")) in pairs
    # 25 rows of 7 and one of 15; above them 2 rows of 3, 1 of 1, 2 of 1, 1 of 1
    assert len(pairs) == (25 * 6 + 24 * 7) + 14 + (2 * 2 + 3) + 0 + 1 + 0


# size -----------------------------------------------------------------------------------------------------------------


def test_a_submission_in_which_everything_fails_takes_no_time() -> None:
    form = load_forms()["gb_2021"]
    cells = form.cells()
    numbers = {key: Figure(Decimal(10**13 + 7 * place * place)) for place, key in enumerate(cells)}
    lines = [cells[start::width] for width in (7, 25) for start in range(width)]
    failing = [
        Equation(
            name=str(place),
            relation="=",
            gap=sum((numbers[key].value for key in line), Decimal(0)),
            fails=True,
            is_error=True,
            is_own=True,
            weights=dict.fromkeys(line, Decimal(1)),
        )
        for place, line in enumerate(lines)
    ]
    started = time.process_time()
    assert suspects(failing, numbers) == []
    assert redistributions(failing, numbers, neighbours(form, "")) == []
    assert time.process_time() - started < 2
