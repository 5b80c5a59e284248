"""The contract of cells as submitted: pandera, one call over all cells of a night.

Belongs here: what the form allows in a cell - known codes, whole counts, signs, decimals only for money, nothing twice,
nothing missing - and the sentence for each breach. Does not belong here: equations between cells (``schemas/rules``).
What fails is a finding, never an exception; switching pandera off from outside is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

import pandas as pd
import pandera.pandas as pa
import pyarrow
from pandera.config import ValidationDepth, get_config_context

from schemas.form import CellKey, load_forms
from schemas.narrative import label_of, load_narrative_codes

_TEXT: Final = pd.ArrowDtype(pyarrow.string())
_KEY: Final = ["reading", "ordinal", "indicator_code", "applicant_kind", "measure"]
_SHOWN: Final = 60
"""characters of a printed text that a sentence repeats"""
VALUE_STATES: Final = ("reported", "blank", "not_applicable", "not_a_number", "uncertain", "missing_row")
SENTENCES: Final[Mapping[str, str]] = {
    "V04": "表里没有“{label}”这一格；请补上这一行，没有的填0",
    "V05": "表样 {form_code} 没有“{label}”这一格，填的“{printed}”未采用；请删去",
    "V06": "“{label}”应填数字，现填“{printed}”{note}；请只填数字，没有的填0",
    "V07": "“{label}”出现了两次；请删去多余的一处",
    "V08": "“{label}”没有填写；没有的请填0，空白不当作零",
    "M04": "“{label}”填的是 {value}，{demand}；请改正",
}
_DEMANDS: Final = {
    "count": "件数应为非负整数",
    "signed_count": "增减数应为整数",
    "money": "金额不能为负",
}


class ContractSwitchedOffError(RuntimeError):
    """pandera was told not to validate; without it nothing may be read."""


def cell_problems(cells: pd.DataFrame) -> list[dict[str, Any]]:
    """What the contract finds in ``cells``: one dictionary a breach with reading, ordinal and the problem's fields.

    ``cells`` has the columns reading, ordinal, position, form_code, variant, indicator_code, applicant_kind, measure,
    value (decimal128(18,4)), value_state, printed, sheet, address, note, all Arrow types. Blanks are told once a row
    of the form, with the addresses of all its blank cells.
    """
    config = get_config_context()
    if not config.validation_enabled or config.validation_depth == ValidationDepth.SCHEMA_ONLY:
        message = "PANDERA_VALIDATION_ENABLED or _DEPTH switches checks off: unset it, unchecked cells are never read"
        raise ContractSwitchedOffError(message)
    if cells.empty:
        return []
    broken = failures(_judged(cells))
    blank_rows: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
    problems: list[dict[str, Any]] = []
    rows = pyarrow.Table.from_pandas(cells.loc[broken["index"]], preserve_index=False).to_pylist()
    for rule_id, row in zip(broken["rule_id"], rows, strict=True):
        if rule_id == "V08":
            blank_rows.setdefault((row["reading"], row["ordinal"], row["indicator_code"]), []).append(row)
        else:
            problems.append(_problem(rule_id, row))
    problems += [_blank(row_cells) for row_cells in blank_rows.values()]
    return problems


def failures(judged: pd.DataFrame) -> pd.DataFrame:
    """Columns index and rule_id: each breach once, sorted."""
    try:
        _contract().validate(judged, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases: pd.DataFrame = errors.failure_cases[["index", "check"]].rename(columns={"check": "rule_id"})
        # a check over a whole row reports it once a column
        return cases.drop_duplicates().sort_values(["index", "rule_id"]).reset_index(drop=True)
    return pd.DataFrame({"index": [], "rule_id": []})


@cache
def _contract() -> pa.DataFrameSchema:
    """Each check carries the rule it enforces as its error."""
    boolean = pd.ArrowDtype(pyarrow.bool_())
    return pa.DataFrameSchema(
        {
            "value_state": pa.Column(
                _TEXT,
                [
                    pa.Check.isin(VALUE_STATES),
                    pa.Check.ne("missing_row", error="V04"),
                    pa.Check.ne("not_a_number", error="V06"),
                    pa.Check.ne("blank", error="V08"),
                ],
            ),
            "is_known": pa.Column(boolean, pa.Check.eq(True, error="V05")),
            "is_repeated": pa.Column(boolean, pa.Check.eq(False, error="V07")),
            "is_whole": pa.Column(boolean, pa.Check.eq(True, error="M04")),
            "has_fitting_sign": pa.Column(boolean, pa.Check.eq(True, error="M04")),
        },
        index=pa.Index(int, unique=True),
        strict=True,
        name="submitted_cells",
    )


def _judged(cells: pd.DataFrame) -> pd.DataFrame:
    """What the checks look at: the state, and four facts about each cell, computed for whole columns at once.

    What stands in a cell that the form does not have is not judged further.
    """
    kinds = cells.merge(_known_cells(), how="left", on=["form_code", "variant", *_KEY[2:]])["value_kind"]
    kinds = kinds.set_axis(cells.index)
    is_prose = cells["indicator_code"].isin(list(load_narrative_codes())) & (cells["applicant_kind"] == "")
    value = cells["value"]
    is_whole = (value == value.round(0)).fillna(True)
    is_positive = (value >= Decimal(0)).fillna(True)
    is_known = kinds.notna() | is_prose
    flags = {
        "is_known": is_known,
        "is_repeated": cells.duplicated(_KEY, keep="first"),
        "is_whole": is_whole | ~kinds.isin(["count", "signed_count"]),
        "has_fitting_sign": is_positive | ~kinds.isin(["count", "money"]),
    }
    boolean = pd.ArrowDtype(pyarrow.bool_())
    frame = pd.DataFrame({name: flag.astype(boolean) for name, flag in flags.items()}, index=cells.index)
    return frame.assign(value_state=cells["value_state"].where(is_known, "reported"))


@cache
def _known_cells() -> pd.DataFrame:
    rows = [
        (form.form_code, variant, *_parts(key), form.indicators[key.indicator_code].value_kind)
        for form in load_forms().values()
        for variant in form.variants
        for key in form.cells(variant)
    ]
    columns = ["form_code", "variant", *_KEY[2:], "value_kind"]
    return pd.DataFrame(rows, columns=columns, dtype=_TEXT)


def _parts(key: CellKey) -> tuple[str, str, str]:
    return key.indicator_code, key.applicant_kind, key.measure


def _problem(rule_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
    form = load_forms()[row["form_code"]]
    key = CellKey(row["indicator_code"], row["applicant_kind"], row["measure"])
    kind = form.indicators[key.indicator_code].value_kind if key.indicator_code in form.indicators else ""
    message = SENTENCES[rule_id].format(
        label=label_of(form, key),
        form_code=form.form_code,
        printed=row["printed"] if len(row["printed"]) <= _SHOWN else row["printed"][:_SHOWN] + "…",
        value=_plain(row["value"]),
        note=f"（{row['note']}）" if row["note"] else "",
        demand=_DEMANDS.get(kind, ""),
    )
    return _said(row, rule_id, key.scope, message)


def _blank(cells: list[Mapping[str, Any]] | list[dict[str, Any]]) -> dict[str, Any]:
    first = cells[0]
    form = load_forms()[first["form_code"]]
    key = CellKey(first["indicator_code"], first["applicant_kind"], first["measure"])
    label = label_of(form, key if len(cells) == 1 else CellKey(key.indicator_code, "", "annual"))
    where = "、".join(cell["address"] for cell in cells)
    message = SENTENCES["V08"].format(label=label) + (f"（{first['sheet']}：{where}）" if len(cells) > 1 else "")
    scope = key.scope if len(cells) == 1 else f"{key.measure}/{key.indicator_code}"
    return _said(first, "V08", scope, message)


def _said(row: Mapping[str, Any], rule_id: str, scope: str, message: str) -> dict[str, Any]:
    place = {name: row[name] for name in ("reading", "ordinal", "sheet", "address", "printed")}
    return place | {"rule_id": rule_id, "scope": scope, "outcome": "fail", "message": message}


def _plain(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else ""
