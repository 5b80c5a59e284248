"""The crosswalk between editions and the terms of the rates agree with the forms."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from schemas.concept import (
    Comparability,
    ConceptError,
    ConceptStep,
    RateTerm,
    concept_labels,
    concept_steps,
    concept_terms,
    rate_terms,
    shared_indicators,
    thresholds,
)
from schemas.form import CellKey, load_forms

FORMS = load_forms()
HEADER = "concept_code,from_form,from_expr,to_form,to_expr,comparability,note\n"


def codes(form_code: str) -> set[str]:
    """The indicators that some variant of the edition prints."""
    form = FORMS[form_code]
    return {key.indicator_code for variant in form.variants for key in form.cells(variant)}


def written(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "concepts.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def crosswalk(tmp_path: Path, *lines: str) -> tuple[Comparability, ...]:
    return shared_indicators(FORMS, written(tmp_path, *lines))


# crosswalk


def test_of_the_codes_that_2019_and_2021_share_only_the_redrawn_row_has_no_class() -> None:
    found = {item.indicator_code for item in shared_indicators(FORMS)}
    shared = codes("gb_2019") & codes("gb_2021")
    assert len(shared) == 38
    assert shared - found == {"res_other"}
    assert found <= shared


def test_every_shared_code_is_class_a_and_named_once() -> None:
    items = shared_indicators(FORMS)
    assert Counter((item.from_form, item.to_form, item.comparability) for item in items) == {
        ("gb_2019", "gb_2021", "A"): 37
    }
    assert len({item[:3] for item in items}) == 37


def test_a_star_means_every_row_of_its_family_and_a_stated_sum_its_parts() -> None:
    families = Counter(
        prefix
        for item in shared_indicators(FORMS)
        for prefix in ("res_refused_", "res_unable_", "res_declined_", "rev_", "suit_direct_", "suit_after_", "req_")
        if item.indicator_code.startswith(prefix)
    )
    assert families == {
        "res_refused_": 8,
        "res_unable_": 3,
        "res_declined_": 5,
        "rev_": 5,
        "suit_direct_": 5,
        "suit_after_": 5,
        "req_": 3,
    }


def test_no_code_crosses_the_break_of_2019() -> None:
    before = codes("fj_annex_2009") | codes("fj_annex_2017") | codes("gb_2014") | codes("xm_supplement_2017")
    assert before & (codes("gb_2019") | codes("gb_2021")) == set()
    assert codes("fj_annex_2009") & codes("fj_annex_2017") == set()


def test_without_the_note_a_total_says_nothing_of_its_parts(tmp_path: Path) -> None:
    alone = crosswalk(tmp_path, "reviews,gb_2019,rev_total,gb_2021,rev_total,A,")
    assert [item.indicator_code for item in alone] == ["rev_total"]
    with_parts = crosswalk(tmp_path, "reviews,gb_2019,rev_total,gb_2021,rev_total,A,各格亦 A")
    assert {item.indicator_code for item in with_parts} == {
        "rev_total", "rev_upheld", "rev_corrected", "rev_other", "rev_pending",
    }  # fmt: skip


def test_the_first_row_that_names_a_code_decides(tmp_path: Path) -> None:
    (item,) = crosswalk(
        tmp_path,
        "answered,gb_2019,res_total[total],gb_2021,res_total,C,",
        "answered,gb_2019,res_total,gb_2021,res_total,A,",
    )
    assert item == Comparability("gb_2019", "gb_2021", "res_total", "C")


def test_an_edition_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="gb_1999"):
        crosswalk(tmp_path, "answered,gb_1999,res_total,gb_2021,res_total,A,")


def test_the_remark_on_a_class_is_kept(tmp_path: Path) -> None:
    (item,) = crosswalk(tmp_path, "answered,gb_2019,res_total,gb_2021,res_total,C,理由重划")
    assert item == Comparability("gb_2019", "gb_2021", "res_total", "C", "理由重划")


# families


def family(concept: str, form_code: str) -> set[str]:
    return {
        f"{term.indicator_code}[{term.applicant_kind}]"
        for term in concept_terms(FORMS)
        if (term.concept_code, term.form_code) == (concept, form_code)
    }


def test_a_familys_figure_is_a_sum_of_cells_of_its_edition() -> None:
    assert family("requests_received", "fj_annex_2017") == {"fj_req_total[]"}
    # the column of totals is meant where the row has kinds of applicant and none is named
    assert family("partly_granted", "gb_2019") == {"res_partial[total]"}
    assert family("lawsuits", "gb_2021") == {"suit_direct_total[]", "suit_after_total[]"}
    assert family("unable", "gb_2021") == {
        "res_unable_not_held[total]",
        "res_unable_needs_creation[total]",
        "res_unable_still_unclear[total]",
    }
    assert len(family("refused", "gb_2019")) == 8


def test_a_variants_row_is_in_the_sum_whose_rows_it_replaces() -> None:
    assert family("other_handled", "gb_2021") == {
        "res_other_not_corrected[total]",
        "res_other_fee_unpaid[total]",
        "res_other_misc[total]",
        "res_other[total]",
    }
    assert family("other_handled", "gb_2019") == {"res_other[total]"}


def test_what_is_several_figures_or_gone_has_no_sum() -> None:
    for concept, form_code in (
        ("by_channel", "fj_annex_2017"),
        ("documents_in_force", "gb_2019"),
        ("fees", "gb_2019"),
        ("procurement", "gb_2019"),
        ("opened", "gb_2019"),
    ):
        assert family(concept, form_code) == set()


def test_every_step_of_the_crosswalk_is_staged_once() -> None:
    steps = concept_steps()
    assert Counter(step.comparability for step in steps) == {"A": 19, "B": 8, "C": 6, "D": 6}
    assert ConceptStep("lawsuits", "fj_annex_2017", "gb_2019", "B", "求和") in steps


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x,gb_2019,res_total - res_other,gb_2021,res_total,A,", "'res_total - res_other' is not a sum of cells"),
        ("x,gb_2019,res_totals,gb_2021,res_total,A,", "gb_2019 does not print 'res_totals'"),
        ("x,gb_2019,res_total[nobody],gb_2021,res_total,A,", "does not print 'res_total\\[nobody\\]'"),
        ("x,gb_2019,Σ res_nothing_*,gb_2021,res_total,A,", "does not print"),
        (
            "x,fj_annex_2017,fj_req_total,gb_2021,res_total,A,\nx,fj_annex_2017,fj_suits,gb_2019,rev_total,A,",
            "two different",
        ),
    ],
)
def test_a_family_that_is_no_sum_is_an_error(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConceptError, match=said):
        concept_terms(FORMS, written(tmp_path, line))


def test_a_step_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    line = "x,gb_2019,res_total,gb_2021,res_total,A,"
    with pytest.raises(ConceptError, match="x gb_2019 gb_2021 stands here twice"):
        concept_steps(written(tmp_path, line, line))


def test_the_smallest_base_of_a_percentage() -> None:
    assert {item.threshold_code: item.limit_value for item in thresholds()} == {"smallest_base": 10}


# labels


def test_every_family_has_a_name() -> None:
    families = {step.concept_code for step in concept_steps()}
    labels = concept_labels()
    assert set(labels) == families
    assert labels["requests_received"] == ("requests_received", "新收申请", "件", "申请")
    assert len({label.label for label in labels.values()}) == len(families)
    assert all(label.unit and label.topic for label in labels.values())


# rates


def test_every_term_of_a_rate_is_a_cell_of_its_edition_as_prescribed() -> None:
    missing = [
        term
        for term in rate_terms()
        if CellKey(term.indicator_code, term.applicant_kind, "annual") not in FORMS[term.form_code].cells()
    ]
    assert missing == []


def test_no_term_is_counted_twice_and_every_rate_has_both_sides() -> None:
    terms = rate_terms()
    assert len(set(terms)) == len(terms) == 66
    sides: dict[tuple[str, str], set[str]] = {}
    for term in terms:
        sides.setdefault((term.form_code, term.rate_code), set()).add(term.side)
    assert set(map(frozenset, sides.values())) == {frozenset({"numerator", "denominator"})}


def test_which_edition_has_which_rates() -> None:
    found: dict[str, set[str]] = {}
    for term in rate_terms():
        found.setdefault(term.form_code, set()).add(term.rate_code)
    annex, matrix = {"reply_open_rate", "dispute_rate"}, {"reply_open_rate", "dispute_rate", "correction_rate"}
    assert found == {
        "fj_annex_2009": annex,
        "fj_annex_2017": annex,
        "gb_2014": matrix,
        "gb_2019": matrix,
        "gb_2021": matrix,
        "xm_supplement_2017": {"open_rate"},
    }


def test_the_denominator_of_the_correction_rate_is_what_was_decided() -> None:
    decided = {
        term.indicator_code
        for term in rate_terms()
        if (term.form_code, term.rate_code, term.side) == ("gb_2021", "correction_rate", "denominator")
    }
    assert decided == {
        f"{kind}_{result}"
        for kind in ("rev", "suit_direct", "suit_after")
        for result in ("upheld", "corrected", "other")
    }
    assert RateTerm("correction_rate", "gb_2021", "numerator", "rev_corrected", "") in rate_terms()
