"""The table of witnesses and the table of phrases: well-formed, and in agreement with the codes that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.form import load_forms
from schemas.narrative import load_narrative_codes, load_phrases, share_codes
from schemas.rule import load_rules
from schemas.witness import RELATIONS, WitnessError, load_witnesses

TABLE = load_witnesses()
HEAD = "rule_id,row,forms,left,relation,right,base,note\n"


def _load(folder: Path, *lines: str) -> None:
    path = folder / "w.csv"
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    load_witnesses(path)


def test_every_row_belongs_to_a_rule_of_its_editions() -> None:
    rules = {rule.rule_id: rule for rule in load_rules()}
    assert [w for w in TABLE.witnesses if not rules[w.rule_id].applies_to(w.form_code)] == []
    judged_by_it = {rule_id for rule_id in rules if rule_id.startswith("N")}
    assert {w.rule_id for w in TABLE.witnesses} == judged_by_it
    assert {w.relation for w in TABLE.witnesses} == RELATIONS


def test_a_row_becomes_terms() -> None:
    (witness,) = [w for w in TABLE.witnesses if (w.form_code, w.scope) == ("fj_annex_2017", "annual/nar_req_received")]
    terms = [t for t in TABLE.terms if t.witness_id == witness.witness_id]
    assert [(t.side, t.choice, t.indicator_code, t.label) for t in terms] == [
        ("left", 1, "nar_req_received", "正文“收到/受理申请数”"),
        ("right", 1, "fj_req_total", "表内“受理政府信息公开申请总数”"),
        ("right", 2, "fj_reply_total", "表内“对申请的答复总数”"),
    ]


def test_what_the_codes_say_of_each_other_is_judged() -> None:
    by_id = {w.witness_id: w for w in TABLE.witnesses}
    facing: dict[str, set[str]] = {}
    for term in TABLE.terms:
        if by_id[term.witness_id].relation == "percent" and term.side == "right":
            (left,) = (t for t in TABLE.terms if t.witness_id == term.witness_id and t.side == "left")
            facing.setdefault(left.indicator_code, set()).add(term.indicator_code)
    for part, share in share_codes().items():
        assert part in facing[share], share
    supplement = {w.scope for w in TABLE.witnesses if (w.rule_id, w.form_code) == ("N06", "xm_supplement_2017")}
    same = {code.code for code in load_narrative_codes().values() if code.same_as}
    assert {f"annual/{code}" for code in same} <= supplement


@pytest.mark.parametrize(
    "line",
    [
        "N06,a,fj_annex_2017,nar_open_total,about,fj_open_total,,",
        "N06,a,fj_annex_1999,nar_open_total,equal,fj_open_total,,",
        "N06,a,fj_annex_2017,nar_open_total,equal,fj_open_totals,,",
        "N06,a,fj_annex_2017,nar_open_total,equal,req_new[total],,",
        "N06,a,fj_annex_2017,nar_open_total + 5,equal,fj_open_total,,",
        "N06,a,fj_annex_2017,prior(fj_open_total),equal,fj_open_total,,",
    ],
)
def test_a_row_that_means_nothing_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(WitnessError):
        _load(tmp_path, line)


def test_two_rows_at_one_scope_are_refused(tmp_path: Path) -> None:
    line = "N06,a,fj_annex_2017,nar_open_total,equal,fj_open_total,,"
    with pytest.raises(WitnessError, match="two rows of N06"):
        _load(tmp_path, line, line)


def test_phrases_name_known_codes_units_and_editions(tmp_path: Path) -> None:
    phrases = load_phrases()
    assert [p for p in phrases if not p.units or "" in p.units] == []
    assert [p for p in phrases if p.forms and not any(p.fits(form_code) for form_code in load_forms())] == []
    assert len(set(phrases)) == len(phrases)
    foreign = tmp_path / "p.csv"
    foreign.write_text("code,before,after,context,without,units,forms\nnar_own,自己加的,,,,件,\n", encoding="utf-8")
    with pytest.raises(ValueError, match="nar_own"):
        load_phrases(foreign)
