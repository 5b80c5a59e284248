"""What a precheck says at a terminal, in Chinese, readable at 80 columns.

Belongs here: layout only. Text from files is shown as it is: no markup, control characters escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.answers.wording import SEVERITY
from pipelines.intake import shown
from pipelines.precheck import CLEAN, ERRORS, UNREADABLE, Answer, Precheck

_VERDICT: Final = {CLEAN: ("可报送", "bold green"), ERRORS: ("需改正", "bold red"), UNREADABLE: ("读不了", "bold red")}
_REMARKED: Final = ("有提示", "bold yellow")
_COLOURS: Final = {"error": "red", "warning": "yellow", "info": "cyan"}
_MOST_ZEROS: Final = 3
_ROLE: Final = {"likelier_wrong": "（更可能有误）", "tied": "（可能有误）"}


def print_precheck(console: Console, result: Precheck) -> None:
    """Print every answer, its findings in order of importance, and last which history was used."""
    for answer in result.answers:
        _print_answer(console, answer)
        console.print()
    if result.history:
        built_at = f"{result.history.built_at:%Y-%m-%d %H:%M}"
        console.print(f"对照的历史数据：第{result.history.night}夜（{built_at}）发布。本次核对没有保存任何内容。")
    else:
        console.print(f"{shown(result.no_history)}，跨年规则未核对。本次核对没有保存任何内容。")


def _print_answer(console: Console, answer: Answer) -> None:
    word, style = _VERDICT[answer.exit_code]
    if answer.exit_code == CLEAN and any(item["severity"] == "warning" for item in answer.findings):
        word, style = _REMARKED
    console.print(Text.assemble((word, style), "  ", (shown(answer.file), "bold")), soft_wrap=True)
    if answer.report_year is not None:
        who = f"{answer.organ_name}（{answer.organ_code}）" if answer.organ_name else answer.organ_code or "机构未写明"
        size = "零报告" if answer.is_nil else f"{answer.cells} 格"
        console.print(
            f"{shown(who)}，{answer.report_year}年度，{answer.form_title}（{answer.form_code}），{size}", soft_wrap=True
        )
    if answer.received_as:
        console.print(f"这份文件以前收到过，编号 {answer.received_as}。")
    if answer.findings:
        console.print(_table(answer))
    counts = {name: sum(item["severity"] == name for item in answer.findings) for name in SEVERITY}
    told = "，".join(f"{SEVERITY[name]} {count}" for name, count in counts.items() if count)
    console.print(told or "没有发现问题。")


def _table(answer: Answer) -> Table:
    table = Table(show_lines=True)
    for heading in ("等级", "规则"):
        table.add_column(heading, no_wrap=True)
    table.add_column("单元格", overflow="fold", max_width=30)
    table.add_column("说明与怎样改", overflow="fold", ratio=1)
    for finding in answer.findings:
        word, style = SEVERITY[finding["severity"]], _COLOURS[finding["severity"]]
        accepted = "\n（已按原样接受）" if finding["state"] == "waived" else ""
        table.add_row(
            Text(word, style), finding["rule_id"], Text("\n".join(_cells(finding))), _said(finding) + accepted
        )
    return table


def _cells(finding: Mapping[str, Any]) -> Iterator[str]:
    """The sheet once, then its cells: address, printed text, and the value that would close the equations.

    Of a long sum the parts that are zero are only counted.
    """
    plain = [cell for cell in finding["cells"] if cell["value"] == 0 and cell["role"] not in _ROLE]
    left_out = plain if len(plain) > _MOST_ZEROS else []
    told = [cell for cell in finding["cells"] if cell not in left_out]
    for sheet, cells in groupby(told, key=lambda cell: cell["sheet"]):
        yield f"{shown(sheet)}!"
        for cell in cells:
            printed = shown(cell["printed"]) or "空白"
            mended = "" if cell["suggested_value"] is None else f" → {_figure(cell['suggested_value'])}"
            yield f" {shown(cell['address'])} {printed}{mended}{_ROLE.get(cell['role'], '')}"
    if left_out:
        yield f" 其余 {len(left_out)} 格为 0"


def _said(finding: Mapping[str, Any]) -> str:
    explained = [shown(item["message"]) for item in finding["explanations"] if item["message"]]
    mend = f"怎样改：{finding['mend']}" if finding["mend"] else ""
    return "\n".join(line for line in (shown(finding["message"]), *explained, mend) if line)


def _figure(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
