"""The words that page, workbook and JSON share: states, what comes next, text from outside with nothing hidden in it.

Belongs here: sentences that depend on what became of a file, not on a rule. Does not belong here: the sentences of
rules (``schemas/rules``), escaping for one medium (the templating engine and openpyxl do that).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from schemas.chinese import WORDS

STATUS: Final = {
    "accepted": "已接受",
    "accepted_with_warnings": "已接受，有提示",
    "held": "已扣留：有错误，请改正后重报",
    "unreadable": "未能读取",
    "superseded": "已接受，后来又被新的一份替代",
    "overtaken": "有错误，未采用；后来报的一份已经采用",
    "published": "已接受（公布的报告不扣留），但数字有错误",
    "differs": "已接受，但与所属单位的数字不一致",
    "duplicate": "重复文件",
    "read": "部分内容未能读取",
    "noted": "已收到说明，有几行没有采用",
}
SEVERITY: Final = WORDS["severity"]
STATE: Final = {"open": "", "waived": "办公室已按原样接受", "lapsed": "原来的决定已失效"}
ROLE: Final = {"likelier_wrong": "最可能填错", "tied": "可能填错（之一）", "operand": ""}

_RESEND: Final = "把改好的整份文件重新放入收件箱的 {folder} 文件夹（文件名不限），当夜会重新核对。"
_EXPLAIN: Final = """若数字确实如此，请在同一文件夹放入 decisions.csv 写明理由，由办公室决定：\
首行 receipt_no,finding_id,decision,reason,signed_by,signed_on，\
以下每行写回执号、问题编号、explain、理由、签署人、日期。"""
_STEPS: Final = {
    "accepted": ("none", "数字已经采用，不需要再做什么。谢谢！"),
    "accepted_with_warnings": (
        "review",
        "数字已经采用，不必重报。请看一遍下面的提示：确有错误的，改正后{resend}确实如此的，不用再做什么。",
    ),
    "held": (
        "resubmit",
        "请改正下面标为“错误”的格，{resend}{explain}",
    ),
    "published": (
        "correct",
        "请对照下面的问题核对原报告；确有错误的，发布更正，并{resend}问题随数字一起公布，不影响采用。",
    ),
    "differs": (
        "correct",
        "数字已经采用。请与所属各单位逐格核对下面标为“错误”的问题；是本表填错的，改正后{resend}是所属单位填错的，请它重报。",
    ),
    "superseded": ("none", "同一年度后来又收到一份，现在采用的是那一份{other}。这一份不用再做什么。"),
    "overtaken": ("none", "后来收到的一份{other}已经采用，这一份的错误不用再改，留着备查。"),
    "unreadable": ("resubmit", "这个文件没有采用。请按上面的原因处理，{resend}"),
    "duplicate": ("none", "内容与以前收到的文件完全相同，不用再做什么；以前的回执仍然有效。"),
    "read": ("resubmit", "文件中的报表另有回执；下面所列的内容没有读到，请改正后{resend}"),
    "noted": (
        "correct",
        "其余各行已经记下。没有采用的几行请按上面的原因改正，再把 decisions.csv 放回原处；已采用的行可以留着。",
    ),
}
"""status -> what the submitter does next, as a word for machines and as a sentence"""

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""control characters, what turns the direction of writing, half characters: nobody sees them, or sees them wrongly"""


@dataclass(frozen=True, slots=True)
class NextStep:
    """What the submitter does next. ``action``: none, review, correct or resubmit; ``waiting``: who waits for what."""

    action: str
    text: str
    waiting: str = ""
    days_left: int | None = None
    """days until the deadline as of the night, negative when it is over; None where nothing is due"""


def plain(text: str) -> str:
    """``text`` with every invisible or direction-changing character made visible; line breaks and tabs stay."""
    return _HIDDEN.sub(lambda hit: f"⟨U+{ord(hit[0]):04X}⟩", text.replace("\r\n", "\n").replace("\r", "\n"))


def shortened(text: str, most: int) -> str:
    """``text``, cut off after ``most`` characters, saying so."""
    return text if len(text) <= most else f"{text[:most]}……（共{len(text)}字，全文见 .json）"


def number(value: Decimal | None) -> str:
    """A figure as people write it: 9, 12.5, -3; — where there is none."""
    return "—" if value is None else f"{value.normalize():f}"


def day(value: date) -> str:
    """2025年1月31日."""
    return f"{value.year}年{value.month}月{value.day}日"


def status_key(about: Mapping[str, Any], *, has_errors: bool) -> str:
    """The key of STATUS that tells what became of a submission or file."""
    if about["status"] == "unreadable":
        return about["outcome"] if about["outcome"] in STATUS else "unreadable"
    if about["status"] == "noted":
        return "noted"
    if about["status"] == "held":
        return "overtaken" if about["is_overtaken"] else "held"
    if not about["is_official"]:
        return "superseded"
    if has_errors:
        # what is not held has no error of its own: only the organs below say otherwise (family H)
        return "published" if about["basis"] == "published" else "differs"
    return str(about["status"])


def next_step(about: Mapping[str, Any], status: str, night: date) -> NextStep:
    """What follows from ``status`` (a key of STATUS) for the submission or file ``about``, as of ``night``."""
    action, text = _STEPS[status]
    resend = _RESEND.format(folder=about["organ_code"] or "本单位")
    other = about.get("official_receipt_no") or ""
    told = text.format(resend=resend, explain=_EXPLAIN, other=f"（{other}）" if other else "")
    if status != "held":
        return NextStep(action, told)
    due = about["due_on"] if about["mode"] == "live" else None
    return NextStep(action, told, _waiting(about), (due - night).days if due else None)


def _waiting(about: Mapping[str, Any]) -> str:
    if about["official_receipt_no"]:
        return f"在收到改好的一份之前，沿用本单位上一份正式数（{about['official_receipt_no']}）。"
    if about["gates_total"]:
        return f"在收到改好的一份之前，本单位按缺报计；全市{about['report_year']}年度的合计正在等这份报表。"
    return "在收到改好的一份之前，这些数字不采用。"
