"""The contract of cells as submitted: each rule passing and failing, its sentence, and where it says that it failed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow
import pytest
from pandera.config import ValidationDepth, config_context

from pipelines.parse_cache import tabulate
from pipelines.readers import read_file
from pipelines.readers.model import FileReading, ReadCell, ReadSubmission
from schemas.cells import ContractSwitchedOffError, cell_problems, failures
from schemas.form import CellKey, load_forms
from tests.unit.reader_files import FORMS, LONG_HEADER, template

G21, G19, ANNEX = FORMS["gb_2021"], FORMS["gb_2019"], FORMS["fj_annex_2017"]
FEES = CellKey("a20_fees_amount", "", "annual")
TOTAL = CellKey("res_total", "total", "annual")
DELTA = CellKey("g19_license_items_delta", "", "annual")
Change = Mapping[CellKey, ReadCell | None]


def cell(
    key: CellKey, value: object, *, state: str = "reported", printed: str | None = None, note: str = ""
) -> ReadCell:
    """A cell at Sheet1!D12."""
    number = None if value is None else Decimal(str(value))
    return ReadCell(key, str(value or "") if printed is None else printed, number, state, "Sheet1", "D12", note)


def submission(form_code: str, variant: str = "", changed: Change | None = None) -> ReadSubmission:
    """A whole form of zeros with some cells changed, added, or (None) left out."""
    form = load_forms()[form_code]
    cells: dict[CellKey, ReadCell | None] = {key: cell(key, 0) for key in form.cells(variant)}
    cells.update(changed or {})
    kept = tuple(item for item in cells.values() if item is not None)
    return ReadSubmission("X", "", form.last_year or 2024, form_code, variant, False, kept)


def problems(*submissions: ReadSubmission) -> list[dict[str, Any]]:
    """What the contract alone says of one file with these submissions."""
    return tabulate([("file", FileReading(tuple(submissions)))])["problem"].to_pylist()


def said(*submissions: ReadSubmission) -> list[tuple[str, str, str]]:
    return [(problem["rule_id"], problem["scope"], problem["message"]) for problem in problems(*submissions)]


@pytest.mark.parametrize(("form_code", "variant"), [(code, v) for code, form in FORMS.items() for v in form.variants])
def test_a_whole_form_of_zeros_is_clean(form_code: str, variant: str) -> None:
    assert problems(submission(form_code, variant)) == []


PASSING = {
    "large count": ("gb_2021", cell(TOTAL, 99999999999999)),
    "whole with decimals printed": ("gb_2021", cell(TOTAL, "12.0000")),
    "money with decimals": ("gb_2021", cell(FEES, "12.3456")),
    "no money": ("gb_2021", cell(FEES, 0)),
    "fewer than last year": ("gb_2019", cell(DELTA, -24)),
    "more than last year": ("gb_2019", cell(DELTA, 1036)),
    "not applicable": ("gb_2021", cell(TOTAL, None, state="not_applicable", printed="/")),
    "uncertain": ("gb_2021", cell(TOTAL, None, state="uncertain", printed="2024-01-05")),
    "prose": ("gb_2021", cell(CellKey("nar_req_accepted", "", "annual"), 7)),
    "prose of all years": ("fj_annex_2017", cell(CellKey("nar_open_total", "", "cumulative"), 540432)),
    "a share in prose": ("fj_annex_2017", cell(CellKey("nar_open_rate", "", "annual"), "98.5")),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_the_form_allows_passes(name: str) -> None:
    form_code, allowed = PASSING[name]
    assert problems(submission(form_code, changed={allowed.key: allowed})) == []


LABEL = "（七）总计｜总计"
FAILING = {
    "missing": (
        *("gb_2021", cell(TOTAL, None, state="missing_row"), "V04", "annual/total/res_total"),
        f"表里没有“{LABEL}”这一格；请补上这一行，没有的填0",
    ),
    "unknown code": (
        *("gb_2021", cell(CellKey("res_best", "total", "annual"), 7), "V05", "annual/total/res_best"),
        "表样 gb_2021 没有“res_best”这一格，填的“7”未采用；请删去",
    ),
    "another edition's code": (
        *("gb_2021", cell(DELTA, -24), "V05", "annual/g19_license_items_delta"),
        "表样 gb_2021 没有“g19_license_items_delta”这一格，填的“-24”未采用；请删去",
    ),
    "another applicant": (
        *("fj_annex_2017", cell(CellKey("fj_reviews", "total", "annual"), 7), "V05", "annual/total/fj_reviews"),
        "表样 fj_annex_2017 没有“行政复议数｜总计”这一格，填的“7”未采用；请删去",
    ),
    "another measure": (
        *("gb_2021", cell(CellKey("res_total", "total", "cumulative"), 7), "V05", "cumulative/total/res_total"),
        f"表样 gb_2021 没有“{LABEL}”这一格，填的“7”未采用；请删去",
    ),
    "prose of an applicant": (
        *("gb_2021", cell(CellKey("nar_req_fax", "total", "annual"), 7), "V05", "annual/total/nar_req_fax"),
        "表样 gb_2021 没有“正文：传真申请”这一格，填的“7”未采用；请删去",
    ),
    "unknown and blank": (
        *("gb_2021", cell(CellKey("res_best", "total", "annual"), None, state="blank"), "V05", "annual/total/res_best"),
        "表样 gb_2021 没有“res_best”这一格，填的“”未采用；请删去",
    ),
    "words": (
        *("gb_2021", cell(TOTAL, None, state="not_a_number", printed="很多", note="不是数字"), "V06"),
        *("annual/total/res_total", f"“{LABEL}”应填数字，现填“很多”（不是数字）；请只填数字，没有的填0"),
    ),
    "an error": (
        *("gb_2021", cell(TOTAL, None, state="not_a_number", printed="#DIV/0!"), "V06", "annual/total/res_total"),
        f"“{LABEL}”应填数字，现填“#DIV/0!”；请只填数字，没有的填0",
    ),
    "a long text": (
        *("gb_2021", cell(TOTAL, None, state="not_a_number", printed="很" * 3000), "V06", "annual/total/res_total"),
        f"“{LABEL}”应填数字，现填“{'很' * 60}…”；请只填数字，没有的填0",
    ),
    "blank": (
        *("gb_2021", cell(TOTAL, None, state="blank"), "V08", "annual/total/res_total"),
        f"“{LABEL}”没有填写；没有的请填0，空白不当作零",
    ),
    "blank in prose": (
        *("gb_2021", cell(CellKey("nar_req_fax", "", "annual"), None, state="blank"), "V08", "annual/nar_req_fax"),
        "“正文：传真申请”没有填写；没有的请填0，空白不当作零",
    ),
    "part of a case": (
        *("gb_2021", cell(TOTAL, "12.5"), "M04", "annual/total/res_total"),
        f"“{LABEL}”填的是 12.5，件数应为非负整数；请改正",
    ),
    "fewer than none": (
        *("gb_2021", cell(TOTAL, -1), "M04", "annual/total/res_total"),
        f"“{LABEL}”填的是 -1，件数应为非负整数；请改正",
    ),
    "both at once": (
        *("gb_2021", cell(TOTAL, "-0.5"), "M04", "annual/total/res_total"),
        f"“{LABEL}”填的是 -0.5，件数应为非负整数；请改正",
    ),
    "part of a change": (
        *("gb_2019", cell(DELTA, "-24.5"), "M04", "annual/g19_license_items_delta"),
        "“行政许可｜本年增/减”填的是 -24.5，增减数应为整数；请改正",
    ),
    "negative money": (
        *("gb_2021", cell(FEES, "-12.5"), "M04", "annual/a20_fees_amount"),
        "“行政事业性收费｜本年收费金额（单位：万元）”填的是 -12.5，金额不能为负；请改正",
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_breach_is_one_sentence_with_its_place(name: str) -> None:
    form_code, broken, rule_id, scope, message = FAILING[name]
    (problem,) = problems(submission(form_code, changed={broken.key: broken}))
    assert problem == {
        "reading": "file",
        "ordinal": 0,
        "rule_id": rule_id,
        "scope": scope,
        "outcome": "fail",
        "message": message,
        "sheet": "Sheet1",
        "address": "D12",
        "printed": broken.printed,
    }


def test_what_one_variant_prints_the_other_does_not_have() -> None:
    other = CellKey("res_other", "total", "annual")
    misc = CellKey("res_other_misc", "total", "annual")
    assert [rule for rule, _, _ in said(submission("gb_2021", changed={other: cell(other, 1)}))] == ["V05"]
    assert said(submission("gb_2021", "one_row_other", {other: cell(other, 1)})) == []
    assert [rule for rule, _, _ in said(submission("gb_2021", "one_row_other", {misc: cell(misc, 1)}))] == ["V05"]


def test_a_cell_told_twice() -> None:
    whole = submission("gb_2021")
    twice = ReadSubmission("X", "", 2024, "gb_2021", "", False, (*whole.cells, cell(TOTAL, 7), cell(TOTAL, 8)))
    sentence = f"“{LABEL}”出现了两次；请删去多余的一处"
    assert said(twice) == [("V07", "annual/total/res_total", sentence)] * 2
    assert [problem["printed"] for problem in problems(twice)] == ["7", "8"]
    # the same cell of another submission is another cell
    assert said(whole, whole) == []


def test_the_blanks_of_a_row_are_told_together() -> None:
    kinds = ["natural_person", "business", "total"]
    keys = [CellKey("req_new", kind, "annual") for kind in kinds]
    blanks = {
        key: ReadCell(key, "", None, "blank", "Sheet1", where)
        for key, where in zip(keys, ("D20", "E20", "J20"), strict=True)
    }
    alone = CellKey("res_total", "total", "annual")
    broken = submission("gb_2021", changed={**blanks, alone: cell(alone, None, state="blank")})
    assert said(broken) == [
        (
            "V08",
            "annual/req_new",
            "“一、本年新收政府信息公开申请数量”没有填写；没有的请填0，空白不当作零（Sheet1：D20、E20、J20）",
        ),
        ("V08", "annual/total/res_total", f"“{LABEL}”没有填写；没有的请填0，空白不当作零"),
    ]
    # a blank row of another submission is told by itself
    assert len(said(broken, broken)) == 4


def test_blanks_of_both_measures_and_of_prose() -> None:
    keys = [
        CellKey(code, "", measure) for code in ("fj_reviews", "nar_open_total") for measure in ("annual", "cumulative")
    ]
    broken = submission("fj_annex_2017", changed={key: cell(key, None, state="blank") for key in keys})
    assert said(broken) == [
        ("V08", "annual/fj_reviews", "“行政复议数”没有填写；没有的请填0，空白不当作零（Sheet1：D12、D12）"),
        (
            "V08",
            "annual/nar_open_total",
            "“正文：主动公开政府信息（总）数”没有填写；没有的请填0，空白不当作零（Sheet1：D12、D12）",
        ),
    ]


def test_an_empty_form_has_one_sentence_a_row() -> None:
    reading = read_file(template(G21, values={}), "年报.xlsx")
    found = tabulate([("file", reading)])["problem"].to_pylist()
    assert {problem["rule_id"] for problem in found} == {"V08"}
    codes = {key.indicator_code for key in G21.cells()}
    assert len(found) == len(codes) == 50


def test_all_submissions_of_a_night_in_one_call() -> None:
    """Failures stand at the position of their cell, whatever stands around them."""
    readings = []
    for number in range(40):
        changed: Change = {}
        if number % 10 == 3:
            changed = {TOTAL: cell(TOTAL, -number), FEES: cell(FEES, None, state="blank")}
        first = submission("gb_2021", changed=changed)
        second = submission(
            "fj_annex_2017", changed={CellKey("fj_new", "", "annual"): cell(CellKey("fj_new", "", "annual"), 1)}
        )
        readings.append((f"file{number:02}", FileReading((first, second) if number == 17 else (first,))))
    tables = tabulate(readings)
    assert tables["cell"].num_rows == 40 * 200 + 31
    found = tables["problem"].to_pylist()
    assert [(p["reading"], p["ordinal"], p["rule_id"], p["scope"]) for p in found] == [
        *((f"file{number:02}", 0, "M04", "annual/total/res_total") for number in (3, 13)),
        ("file17", 1, "V05", "annual/fj_new"),
        *((f"file{number:02}", 0, "M04", "annual/total/res_total") for number in (23, 33)),
        *((f"file{number:02}", 0, "V08", "annual/a20_fees_amount") for number in (3, 13, 23, 33)),
    ]
    messages = [p["message"] for p in found if p["rule_id"] == "M04"]
    assert [message.split("填的是 ")[1].split("，")[0] for message in messages] == ["-3", "-13", "-23", "-33"]


def test_failures_name_index_and_rule_once() -> None:
    judged = pd.DataFrame(
        {
            "is_known": [True, False, True, True],
            "is_repeated": [False, False, True, False],
            "is_whole": [True, True, False, True],
            "has_fitting_sign": [True, True, False, True],
        },
        index=[10, 20, 30, 40],
        dtype="bool[pyarrow]",
    ).assign(
        value_state=pd.Series(["reported", "blank", "reported", "missing_row"], [10, 20, 30, 40], "string[pyarrow]")
    )
    judged["value_state"] = judged["value_state"].astype(pd.ArrowDtype(pyarrow.string()))
    assert failures(judged).to_numpy().tolist() == [
        [20, "V05"],
        [20, "V08"],
        [30, "M04"],
        [30, "V07"],
        [40, "V04"],
    ]


def test_no_cells_no_problems() -> None:
    assert tabulate([("file", FileReading())])["problem"].num_rows == 0


def test_an_unknown_code_of_a_long_csv_is_a_finding() -> None:
    lines = [f"X,2024,gb_2021,res_best,{kind},annual," for kind in ("total", "business")]
    reading = read_file("\n".join((LONG_HEADER, *lines)).encode(), "年报.csv")
    found = tabulate([("file", reading)])["problem"].to_pylist()
    assert [p["scope"] for p in found if p["rule_id"] == "V05"] == ["annual/total/res_best", "annual/business/res_best"]
    assert {p["rule_id"] for p in found} == {"V04", "V05"}
    assert len(found) == 202


@pytest.mark.parametrize("setting", [{"validation_enabled": False}, {"validation_depth": ValidationDepth.SCHEMA_ONLY}])
def test_validation_switched_off_is_refused(setting: dict[str, Any]) -> None:
    cells = tabulate([("file", FileReading((submission("fj_annex_2017"),)))])["cell"].to_pandas()
    with config_context(**setting), pytest.raises(ContractSwitchedOffError, match="unchecked cells are never read"):
        cell_problems(cells)


@pytest.mark.parametrize("variable", ["PANDERA_VALIDATION_ENABLED=False", "PANDERA_VALIDATION_DEPTH=SCHEMA_ONLY"])
def test_the_environment_cannot_switch_it_off(variable: str) -> None:
    name, value = variable.split("=")
    code = "import pandas as pd; from schemas.cells import cell_problems; cell_problems(pd.DataFrame())"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root, env={name: value}
    )
    assert done.returncode == 1
    assert "ContractSwitchedOffError" in done.stderr
