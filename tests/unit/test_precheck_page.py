"""What a check prints of a finding: the likelier wrong cell first with the value that mends it. Figures are made up."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Console

from pipelines.precheck import CLEAN, ERRORS, Answer, Precheck
from pipelines.precheck_page import print_precheck
from warehouse.history import PublishedNight


def cell(address: str, printed: str, role: str = "operand", suggested: str | None = None) -> dict[str, Any]:
    value = Decimal(printed) if printed else None
    mended = Decimal(suggested) if suggested else None
    return {
        "sheet": "统计表", "address": address, "printed": printed, "value": value, "role": role,
        "suggested_value": mended,
    }  # fmt: skip


def finding(rule_id: str, severity: str, *cells: dict[str, Any], state: str = "open", **more: Any) -> dict[str, Any]:
    words = {"message": f"{rule_id}不符", "mend": "请核对", "explanations": []}
    return {"rule_id": rule_id, "severity": severity, "state": state, "cells": list(cells)} | words | more


def answer(*findings: dict[str, Any]) -> Answer:
    return Answer("年报.xlsx", "gb_2021", "2021年格式", "XMP00103", "某局", 2024, "held", False, 200, "", findings)


def page(*answers: Answer) -> list[str]:
    out = io.StringIO()
    night = PublishedNight(3, datetime(2025, 2, 1, 2, 5), 9)
    print_precheck(Console(file=out, width=80, markup=False, highlight=False), Precheck(answers, night, ""))
    return [" ".join(line.replace("│", " ").split()) for line in out.getvalue().splitlines()]


def test_the_likelier_wrong_cell_is_named_with_its_value_and_zeros_are_counted() -> None:
    zeros = [cell(f"{column}26", "0") for column in "FGHI"]
    explained = [{"message": "改这一格，两处都平"}]
    suspect = cell("D26", "9", "likelier_wrong", "6.5000")
    lines = page(answer(finding("M03", "error", suspect, cell("J26", ""), *zeros, explanations=explained)))
    assert lines[0] == "需改正 年报.xlsx"
    text = "\n".join(lines)
    for words in ("D26 9 → 6.5（更可能有误）", "J26 空白", "其余 4 格为 0", "改这一格，两处都平", "怎样改：请核对"):
        assert words in text
    assert "F26" not in text
    assert lines[-1].startswith("对照的历史数据：第3夜（2025-02-01 02:05）发布。")


def test_an_error_that_the_office_accepted_is_shown_and_is_none() -> None:
    accepted = answer(finding("M03", "error", state="waived"), finding("V08", "warning"))
    assert accepted.exit_code == CLEAN
    lines = page(accepted)
    assert lines[0] == "有提示 年报.xlsx"
    assert "（已按原样接受）" in "\n".join(lines)
    lapsed = answer(finding("M03", "error", state="lapsed"))
    assert lapsed.exit_code == ERRORS
    assert Precheck([accepted, lapsed], None, "").exit_code == ERRORS
