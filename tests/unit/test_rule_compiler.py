"""The rule catalogue: its language, its rows against the source they were taken from, and what they compile to."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas.equation import CellRef, EquationError, Operand, parse_equation
from schemas.form import load_forms
from schemas.rule import FIGURE_PLACEHOLDERS, RULES_FOLDER, Rule, RuleError, load_rules, rules_hash
from schemas.rule_compiler import MappedCell, compile_rules, mapped_cells
from schemas.witness import load_witnesses

SOURCE = Path(__file__).parents[3] / "shared" / "data" / "rules.csv"
RULES_SQL = Path(__file__).parents[2] / "warehouse" / "sql" / "rules"
RULES = {rule.rule_id: rule for rule in load_rules()}
COMPILED = compile_rules(load_rules(), load_forms())
EQUATIONS = {(i.rule_id, i.form_code, i.variant, i.scope): COMPILED.equation(i.instance_id) for i in COMPILED.instances}
ADDED = {"N06", "N07", "N08"}
"""rules of our own beyond the source: one quantity printed twice, and what the prose says against itself"""
ROW = {
    "rule_id": "Z01", "family": "Z", "version": 1, "editions": ["fj_annex_2017"], "severity": "error",
    "equation": "fj_suits <= fj_reviews", "sentence": "不对。", "mend": "改。", "source": "测试",
}  # fmt: skip


def _load(folder: Path, **changes: Any) -> Rule:
    (folder / "z.yaml").write_text(yaml.safe_dump({"rules": [ROW | changes]}, allow_unicode=True), encoding="utf-8")
    (rule,) = load_rules(folder)
    return rule


# the language ---------------------------------------------------------------------------------------------------------


def test_an_equation_is_read_into_signed_operands() -> None:
    equation = parse_equation("-a + 2 * b[total] >= prior(f.c[cumulative,@a]) - 3")
    assert equation.left == (
        Operand(Decimal(-1), "", CellRef("a")),
        Operand(Decimal(2), "", CellRef("b", "", ("total",))),
    )
    assert equation.relation == ">="
    assert equation.right == (
        Operand(Decimal(1), "prior", CellRef("c", "f", ("cumulative", "@a"))),
        Operand(Decimal(-3)),
    )


@pytest.mark.parametrize(
    "text",
    ["", "a", "a =", "= a", "a = b = c", "a == b", "a = b +", "a = b)", "a = f(b", "a = __import__('os')", "a = b[",
     "a = b; c", "a <> b", "a => b", "a = b ** 2", "a = " + "b + " * 600 + "b"],
)  # fmt: skip
def test_what_is_not_an_equation_is_refused(text: str) -> None:
    with pytest.raises(EquationError):
        parse_equation(text)


# the catalogue against its source -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def source() -> dict[str, dict[str, str]]:
    if not SOURCE.exists():
        pytest.skip("../shared/data/rules.csv is not there to compare with")
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return {row["rule_id"]: row for row in csv.DictReader(file)}


def test_family_severity_and_editions_are_those_of_the_source(source: dict[str, dict[str, str]]) -> None:
    ours = {
        rule_id: (rule.family, rule.severity, ";".join(rule.editions) or "all")
        for rule_id, rule in RULES.items()
        if rule_id not in ADDED
    }
    # the source names two years for X05, which is a rule on the first year of an edition
    assert source["X05"]["editions"] == "2018→2019"
    assert (RULES["X05"].first_year, RULES["X05"].last_year) == (2019, 2019)
    theirs = source | {"X05": source["X05"] | {"editions": "gb_2019"}}
    assert ours == {i: (theirs[i]["family"], theirs[i]["severity"], theirs[i]["editions"]) for i in ours}


def test_compiled_cells_are_those_that_the_source_names(source: dict[str, dict[str, str]]) -> None:
    codes = {code for form in load_forms().values() for code in form.indicators}
    for rule_id, rule in RULES.items():
        if rule.kind != "equation":
            continue
        named = set(re.findall(r"\b(?:[a-z]+[0-9]*_[a-z0-9_]+)\b", source[rule_id]["equation"]))
        named = {code for code in named if code in codes or code.startswith("nar_")}
        ids = {i.instance_id for i in COMPILED.instances if i.rule_id == rule_id}
        compiled = {term.indicator_code for term in COMPILED.terms if term.instance_id in ids}
        assert named <= compiled, rule_id


def test_the_catalogue_has_every_row_of_its_families(source: dict[str, dict[str, str]]) -> None:
    """Prose (N) and the two explanations of the matrix (M07, M08) are not judged here."""
    lacking = {rule_id for rule_id in source if rule_id not in RULES}
    assert {rule_id for rule_id in lacking if not rule_id.startswith("N")} <= {"M07", "M08"}


# what the rows compile to ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "equation"),
    [
        (
            ("M03", "gb_2019", "", "annual/res_other"),
            (
                "res_other[annual,total] = res_other[annual,natural_person] + res_other[annual,business]"
                " + res_other[annual,research] + res_other[annual,public_interest] + res_other[annual,legal_service]"
                " + res_other[annual,other_org]"
            ),
        ),
        (("S01", "xm_supplement_2017", "", "annual/sup_ch_press"), "sup_ch_press[annual] <= sup_open_total[annual]"),
        (
            ("S02", "xm_supplement_2017", "", "annual/sup_open_total"),
            "sup_open_total[annual] = fj_annex_2017.fj_open_total[annual]",
        ),
        (
            ("S04", "xm_supplement_2017", "", "annual/sup_req_accepted"),
            "sup_req_accepted[annual] <= fj_annex_2017.fj_req_total[annual]",
        ),
        (("F22", "fj_annex_2009", "", "cumulative/fj09_suits"), "fj09_suits[cumulative] >= fj09_suits[annual]"),
        (
            ("A03", "gb_2021", "", "annual/fees_too_small"),
            (
                "1000 * a20_fees_amount[annual] > prior(gb_2021.a20_fees_amount[annual])"
                " when prior(gb_2021.a20_fees_amount[annual]) is positive when a20_fees_amount[annual] is positive"
            ),
        ),
        (
            ("M05", "gb_2021", "one_row_other", "annual/total"),
            (
                "res_total[annual,total] <= req_new[annual,total] + req_carried_in[annual,total]"
                " when req_carried_out[annual,total] is blank"
            ),
        ),
    ],
)
def test_the_other_equations_of_a_row_and_of_a_variant(key: tuple[str, str, str, str], equation: str) -> None:
    assert EQUATIONS[key] == equation


def test_how_often_each_rule_is_asked_of_a_submission() -> None:
    counts = Counter(key[:3] for key in EQUATIONS)
    assert counts["F06", "fj_annex_2017", ""] == counts["F07", "fj_annex_2017", ""] == 15
    assert counts["M01", "gb_2021", ""] == counts["M02", "gb_2021", ""] == 7
    assert (counts["M03", "gb_2021", ""], counts["M03", "gb_2021", "one_row_other"], counts["M03", "gb_2019", ""]) == (
        25,
        23,
        23,
    )
    assert counts["S01", "xm_supplement_2017", ""] == 11
    assert (counts["X01", "gb_2021", ""], counts["X01a", "gb_2021", ""]) == (1, 6)
    assert (counts["A02", "gb_2021", ""], counts["A04", "gb_2019", ""], counts["T03", "gb_2019", ""]) == (3, 5, 3)
    assert counts["F22", "fj_annex_2009", ""] == 2 + 2 + 17 + 1


@pytest.mark.parametrize(
    ("form_code", "variant", "details"), [("gb_2021", "", 21), ("gb_2021", "one_row_other", 19), ("gb_2019", "", 19)]
)
def test_a_total_has_the_details_that_its_variant_prints(form_code: str, variant: str, details: int) -> None:
    right = EQUATIONS["M02", form_code, variant, "annual/total"].partition(" = ")[2].split(" + ")
    assert len(right) == details
    assert ("res_other[annual,total]" in right) == (details == 19)


def test_every_equation_of_a_rule_has_a_scope_of_its_own() -> None:
    assert len(EQUATIONS) == len(COMPILED.instances)


def test_no_sentence_is_left_with_a_label_to_fill_in() -> None:
    for instance in COMPILED.instances:
        for sentence in (instance.sentence, instance.sentence_uncertain):
            assert set(re.findall(r"\{(\w+)\}", sentence)) <= FIGURE_PLACEHOLDERS


def test_sentences_use_the_forms_own_labels() -> None:
    sentence = next(
        i.sentence
        for i in COMPILED.instances
        if (i.rule_id, i.form_code, i.scope) == ("M01", "gb_2021", "annual/research")
    )
    assert sentence.startswith("“科研机构”一列：本年新收加上年结转为{lhs}")


# rows that contradict themselves or the forms ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"severity": "fatal"}, "severity 'fatal'"),
        ({"blank": "ignore"}, "blank 'ignore'"),
        ({"equation": "fj_suits ="}, "expected a name"),
        ({"sentence": "{total}不对。"}, "unknown placeholder {total}"),
        ({"sentence": " "}, "no sentence"),
        ({"each": "column"}, "each 'column'"),
        ({"prior": ["last"]}, "prior 'last'"),
        ({"editions": "all"}, "an equation names its editions"),
        ({"kind": "select"}, "says what it judges"),
        ({"kind": "explanation"}, "says what it judges"),
        ({"explains": "everything"}, "explains 'everything'"),
        ({"equations": [{"equation": "fj_suits <= fj_reviews", "rwo": "x"}]}, r"unknown fields \['rwo'\]"),
        ({"when": [{"cell": "fj_suits", "is": "odd"}]}, "condition 'odd'"),
        ({"when": [{"cell": "fj_suits + fj_reviews", "is": "known"}]}, r"unexpected '\+'"),
        ({"when": [{"cell": "children(fj_req_total)", "is": "known"}]}, "more than one cell"),
        ({"exempt": ["ministry"]}, "exempt 'ministry'"),
        ({"severty": "error"}, r"unknown fields \['severty'\]"),
        ({"version": "one"}, "ValueError"),
    ],
)
def test_a_row_that_is_not_well_formed_is_refused_by_name(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(RuleError, match=message) as caught:
        _load(tmp_path, **changes)
    assert "z.yaml, Z01" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"equation": "fj_suit <= fj_reviews"}, "has no cell"),
        ({"equation": "fj_suits[total] <= fj_reviews"}, "has no cell"),
        ({"equation": "fj_suits[@a] <= fj_reviews"}, "neither a measure nor a kind of applicant"),
        ({"equation": "fj_suits = children(fj_suits)"}, "is empty"),
        ({"equation": "fj_suits = gb_1999.g_suits"}, "unknown edition"),
        ({"equation": "nar_req_fax <= fj_reviews"}, "no label for the prose figure"),
        ({"equation": "@row[total] <= fj_reviews", "each": "row"}, "no cell of fj_annex_2017"),
        ({"equation": "@row <= fj_reviews", "each": "row", "rows": ["g14_*"]}, "no cell of fj_annex_2017"),
        (
            {"equations": [{"equation": "fj_suits <= fj_reviews"}, {"equation": "fj_suits >= 0"}]},
            "two equations at scope",
        ),
        ({"editions": ["fj_annex_1999"]}, "unknown edition"),
        ({"when": [{"cell": "fj_fees", "is": "known"}]}, "has no cell"),
        (
            {"editions": ["gb_2019"], "equation": "g19_license_items_delta <= 3", "blank": "bounds"},
            "may be negative, a blank has no bounds",
        ),
    ],
)
def test_a_row_that_the_forms_do_not_bear_is_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RuleError, match=message):
        compile_rules([_load(tmp_path, **changes)], load_forms())


def test_a_rule_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "z.yaml").write_text(yaml.safe_dump({"rules": [ROW, ROW]}), encoding="utf-8")
    with pytest.raises(RuleError, match="Z01 is in the catalogue twice"):
        load_rules(tmp_path)


def test_a_stand_in_for_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="Z01 stands in for 'Z02', which is not in the catalogue"):
        _load(tmp_path, stands_in_for="Z02")


# hash, crosswalk, SQL -------------------------------------------------------------------------------------------------


def test_the_hash_follows_what_the_rules_say_and_nothing_else() -> None:
    rules, witnesses = load_rules(), load_witnesses()
    assert rules_hash(rules, witnesses) == rules_hash(tuple(reversed(rules)), witnesses)
    changed = (replace(rules[0], severity="error"), *rules[1:])
    assert rules[0].severity == "warning"
    assert rules_hash(changed, witnesses) != rules_hash(rules, witnesses)
    first = replace(witnesses.witnesses[0], relation="differ")
    other = replace(witnesses, witnesses=(first, *witnesses.witnesses[1:]))
    assert rules_hash(rules, other) != rules_hash(rules, witnesses)
    assert re.fullmatch("[0-9a-f]{64}", rules_hash(rules, witnesses))


def test_the_crosswalk_maps_only_what_is_the_same_quantity() -> None:
    cells = mapped_cells(load_forms())
    assert MappedCell("fj_annex_2017", "fj_suits", "", "fj_annex_2009", "fj09_suits", "") in cells
    assert MappedCell("gb_2021", "req_carried_in", "business", "gb_2019", "req_carried_in", "business") in cells
    # only the total of 本年新收 is mapped, and 主动公开 counts another thing in the older edition (class C)
    assert [c.applicant_kind for c in cells if c.indicator_code == "req_new"] == ["total"]
    assert not [c for c in cells if c.indicator_code == "fj_open_total"]
    assert {(c.source_form_code, c.form_code) for c in cells} == {
        ("fj_annex_2009", "fj_annex_2017"),
        ("gb_2019", "gb_2021"),
    }


def test_every_select_says_its_grain_and_meaning_and_is_one_select() -> None:
    files = sorted(RULES_SQL.glob("*.sql"))
    assert {rule.select for rule in RULES.values() if rule.select} <= {path.stem for path in files}
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("-- grain: "), path.name
        assert "\n-- meaning: " in text, path.name
        assert ";" not in re.sub(r"--.*|'[^']*'", "", text), path.name
        assert not re.search(r"\bPIVOT\b|\bQUALIFY\b|\bINSERT\b|::", text), path.name
        for ordering in re.findall(r"ORDER BY ((?:[^()]|\([^()]*\))*)", re.sub(r"--.*", "", text)):
            assert re.search(r"\b(ASC|DESC)\b", ordering), (path.name, ordering)


def test_the_catalogue_is_packaged_beside_the_code() -> None:
    assert sorted(path.name for path in RULES_FOLDER.glob("*.yaml")) == [
        "a_documents.yaml",
        "f12_city.yaml",
        "f20_annex_2009.yaml",
        "f_annex.yaml",
        "g_return_2014.yaml",
        "h_roll_up.yaml",
        "m_matrix.yaml",
        "n_prose.yaml",
        "s_supplement.yaml",
        "t_disputes.yaml",
        "v_reading.yaml",
        "x_across_years.yaml",
    ]
