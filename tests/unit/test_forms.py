"""Proof that the six editions are complete to the cell, and that a wrong edition or year is refused by name."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.form import (
    APPLICANT_KINDS,
    FORMS_FOLDER,
    CellKey,
    FormError,
    applicant_label,
    form_for,
    load_forms,
)

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"

EDITIONS = {
    "fj_annex_2009": (34, 2008, 2015),
    "fj_annex_2017": (30, 2014, 2018),
    "gb_2014": (58, 2014, 2018),
    "gb_2019": (198, 2019, 2020),
    "gb_2021": (200, 2021, None),
    "xm_supplement_2017": (31, 2016, 2018),
}


def test_exactly_the_six_editions_are_there() -> None:
    assert sorted(load_forms()) == sorted(EDITIONS)


@pytest.mark.parametrize("form_code", EDITIONS)
def test_an_edition_has_its_cells_once_and_its_years(form_code: str) -> None:
    cell_count, first_year, last_year = EDITIONS[form_code]
    form = load_forms()[form_code]
    cells = form.cells()
    assert (len(cells), len(set(cells))) == (cell_count, cell_count)
    assert (form.first_year, form.last_year) == (first_year, last_year)
    assert form.covers(first_year)
    assert not form.covers(first_year - 1)
    assert form.covers(2099) is (last_year is None)


def test_the_variant_with_one_row_of_other_handling_has_186_cells() -> None:
    form = load_forms()["gb_2021"]
    cells = form.cells("one_row_other")
    assert len(cells) == 186
    assert CellKey("res_other", "total", "annual") in cells
    assert CellKey("res_other_misc", "total", "annual") not in cells
    assert CellKey("res_other", "total", "annual") not in form.cells()


def test_tables_of_the_2021_edition_hold_10_and_175_and_15_cells() -> None:
    form = load_forms()["gb_2021"]
    sizes = {table.code: len(list(form.table_cells(table))) for table in form.tables}
    assert sum(count for code, count in sizes.items() if code.startswith("art20_")) == 10
    assert (sizes["requests"], sizes["disputes"]) == (25 * 7, 15)


@pytest.mark.parametrize(
    ("form_code", "variant", "expected"),
    [("gb_2021", "", 21), ("gb_2021", "one_row_other", 19), ("gb_2019", "", 19)],
)
def test_the_results_that_make_up_the_total(form_code: str, variant: str, expected: int) -> None:
    children = load_forms()[form_code].children("res_total", variant)
    assert len(children) == expected
    assert (children[0], children[1]) == ("res_granted", "res_partial")
    assert ("res_other" in children) is (expected == 19)


def test_the_annex_sums_are_over_its_own_rows() -> None:
    form = load_forms()["fj_annex_2017"]
    assert form.children("fj_req_total") == ("fj_req_in_person", "fj_req_online", "fj_req_mail_fax")
    assert form.children("fj_reply_total") == (
        "fj_reply_granted",
        "fj_reply_partial",
        "fj_reply_refused",
        "fj_reply_other",
    )


def test_a_cell_is_named_as_the_department_sees_it() -> None:
    forms = load_forms()
    assert forms["gb_2021"].label(CellKey("res_granted", "public_interest", "annual")) == "（一）予以公开｜社会公益组织"
    assert forms["fj_annex_2017"].label(CellKey("fj_suits", "", "cumulative")) == "行政诉讼数｜历年累计"
    assert [applicant_label(kind) for kind in ("", *APPLICANT_KINDS)][:3] == ["", "自然人", "商业企业"]


def test_decimals_are_allowed_in_money_only_and_signs_in_changes_only() -> None:
    kinds = {
        kind: {
            code for form in load_forms().values() for code, item in form.indicators.items() if item.value_kind == kind
        }
        for kind in ("money", "signed_count")
    }
    assert kinds["money"] == {
        "a20_fees_amount",
        "g14_budget",
        "g14_fees",
        "g19_procure_amount",
        "sup_request_fees",
    }
    assert kinds["signed_count"] == {
        f"g19_{what}_items_delta" for what in ("license", "othersvc", "penalty", "coercion", "fee")
    }


def test_an_unknown_form_is_refused_with_the_known_ones() -> None:
    with pytest.raises(FormError, match=r"没有名为“gb_2030”的表样；.*gb_2021"):
        form_for("gb_2030", 2024)


def test_an_edition_outside_its_years_is_refused_with_the_one_that_fits() -> None:
    with pytest.raises(FormError, match=r"gb_2019.*适用于2019至2020年度；2024年度适用：gb_2021"):
        form_for("gb_2019", 2024)


def test_a_year_that_no_edition_covers_is_refused() -> None:
    with pytest.raises(FormError, match="2007年度没有任何表样"):
        form_for("fj_annex_2009", 2007)


def test_an_unknown_variant_is_refused_with_the_known_ones() -> None:
    with pytest.raises(FormError, match="one_row_other"):
        load_forms()["gb_2021"].cells("two_rows_other")


def _broken_forms() -> Iterator[tuple[str, str, str]]:
    yield "title: '政府信息公开工作年度报告统计表（2021年格式）'\n", "", "title"
    yield "code: a20_rules_issued, label", "code: a20_rules_made, label", "a20_rules_issued"
    yield "kind: money", "kind: roubles", "roubles"
    yield "parent: rev_total", "parent: rev_sum", "rev_sum"
    yield "applicant: research", "applicant: business", "twice"
    yield "measure: annual, applicant: total", "measure: monthly, applicant: total", "measure"
    yield "[a20_penalty_decisions]", "[a20_penalty_decisions, a20_coercion_decisions]", "2 codes for 1 columns"


@pytest.mark.parametrize(("wrong", "instead", "named"), list(_broken_forms()))
def test_a_form_that_contradicts_itself_is_refused_with_its_file(
    tmp_path: Path, wrong: str, instead: str, named: str
) -> None:
    text = (FORMS_FOLDER / "gb_2021.yaml").read_text(encoding="utf-8")
    assert wrong in text
    (tmp_path / "gb_9999.yaml").write_text(text.replace(wrong, instead), encoding="utf-8")
    with pytest.raises(FormError, match=r"gb_9999\.yaml") as refusal:
        load_forms(tmp_path)
    assert named in str(refusal.value)


@pytest.mark.parametrize("text", ["tables: [", "- just\n- a list\n", ""])
def test_a_file_that_is_no_form_at_all_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "gb_9999.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FormError, match=r"gb_9999\.yaml"):
        load_forms(tmp_path)


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the shared study material is not beside this checkout")
@pytest.mark.parametrize("form_code", sorted(EDITIONS))
def test_labels_units_and_kinds_are_those_of_the_study_material(form_code: str) -> None:
    is_supplement = form_code == "xm_supplement_2017"
    name = "indicators_supplement.csv" if is_supplement else "indicators.csv"
    with (SHARED_DATA / name).open(encoding="utf-8") as lines:
        studied = [row for row in csv.DictReader(lines) if is_supplement or row["form_code"] == form_code]
    form = load_forms()[form_code]
    if is_supplement:
        assert [item.code for item in form.indicators.values()] == [row["indicator_code"] for row in studied]
        return
    assert [
        (item.code, item.label, item.unit, item.parent_code, item.value_kind) for item in form.indicators.values()
    ] == [
        (row["indicator_code"], row["label_zh"], row["unit"], row["parent_code"], row["value_kind"]) for row in studied
    ]
