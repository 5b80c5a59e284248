"""What a cell says that is no number for certain, and what is told of it.

Belongs here: the tables of dates, ranges, fractions, foot notes and doubtful writings, each with its state and a
Chinese clause; the patterns of a number and of a unit. Does not belong here: reading the number
(``pipelines.readers.numbers``).
"""

from __future__ import annotations

import re
from typing import Final

from pipelines.readers.numerals import NUMERAL

ARABIC: Final = (
    r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]{0,2}(?:[\u2005\u2006\u2009\u202f][0-9]{3})+|[0-9]+)(?:\.[0-9]+)?"
)
"""a thin space between groups of three is a separator (GB/T 15835); an ordinary one may part two numbers"""
UNIT: Final = r"(?:[千万亿]?元整?|人次|件次|[条件项次期篇份场个人宗起例张台页部册名户套位家%])"

_ONE: Final = rf"[+-]?(?:{ARABIC}|[{NUMERAL}]+)(?:{UNIT})?"
_UNSEEN: Final = "\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_CIRCLED: Final = "\u2460-\u2473\u2474-\u249b\u2776-\u277f⁰¹²³⁴-⁹*※#†‡"
_TEXTS: Final = tuple(
    (re.compile(pattern), state, message)
    for pattern, state, message in (
        (
            rf"(?=.*[{_UNSEEN}])(?=.*[0-9])[0-9,.+\s{_UNSEEN}-]+(?:{UNIT})?",
            "uncertain",
            "夹有看不见的字符，无法断定是哪个数",
        ),
        ("一", "uncertain", "无法断定是数字“一”还是一字线"),
        ("[○〇]{2,}|○", "uncertain", "无法断定是零还是圆圈"),
        (rf"[+-]?{ARABIC}[eE][+-]?[0-9]+", "uncertain", "是科学记数法，可能已丢失末几位"),
        ("(?=.*[OoQIl|])[0-9OoQIl|,.]+", "not_a_number", "混有像数字的字母（O、l、I 等），不是数字"),
        (
            (
                r"(?:19|20)[0-9]{2}\s*[-/.年]\s*[0-9]{1,2}(?:\s*[-/.月]\s*[0-9]{1,2}[日号]?|月)?(?:[\sT][0-9:.]+)?"
                r"|[0-9]{1,4}年度?|(?:[0-9]{1,2}月)?[0-9]{1,2}[日号]|[0-9]{1,2}月份?"
                rf"|[{NUMERAL}]+年(?:[{NUMERAL}]+月(?:[{NUMERAL}]+日)?)?|[{NUMERAL}]+月(?:[{NUMERAL}]+日)?"
            ),
            "not_a_number",
            "是日期，不是数字",
        ),
        (r"[0-9]{1,2}(?::[0-9]{1,2}){1,2}|[0-9]{1,2}[时点](?:[0-9]{1,2}分?)?", "not_a_number", "是时间，不是数字"),
        (rf"{_ONE}\s*(?:[-‐‑‒–—―─~〜]+|至|到)\s*{_ONE}", "not_a_number", "是区间，不是一个数"),
        (rf"[+-]?{ARABIC}\s*[%‰]|{_ONE}成|百分之.*", "not_a_number", "是比例，不是件数"),
        (rf"[+-]?{_ONE}\s*/\s*{_ONE}|.*分之.*|[0-9]*\s*[¼-¾⅐-⅞]", "not_a_number", "是分数，不是一个数"),
        (
            rf"(?=.*[0-9].*\s)[+-]?\s?[0-9][0-9\s,.]*[0-9]\s*(?:{UNIT})?",
            "uncertain",
            "数字中间有空白，无法断定是一个数还是几个数",
        ),
        (
            rf"(?=.*[0-9])[+-]?[0-9]*(?:,[0-9]*)+(?:\.[0-9]+)?\s*(?:{UNIT})?",
            "not_a_number",
            "千位分隔的位置不对，无法断定是哪个数",
        ),
        (
            rf"(?:[△▲▽▼↑↓±]|增加?|减少?|上升|下降)\s*{_ONE}|{_ONE}\s*-",
            "uncertain",
            "无法断定正负；增加填正数，减少填负数（-）",
        ),
        (rf"[—–―─‐‑‒]+\s*{_ONE}", "uncertain", "数字前的横线无法断定是不是负号"),
        (rf"[+-]?\(\s*{_ONE}\s*\)", "uncertain", "整个数字在括号里，无法断定是负数还是附注"),
        (rf"{_ONE}\s*(?:[{_CIRCLED}]+|注[0-9]?)", "uncertain", "数字后面有注码，无法断定注码是不是数字的一部分"),
        (rf"[+-]?{_ONE}\s*[,.、;:]+", "uncertain", "数字后面有标点，无法断定是否漏了后面的数"),
        (rf"第.*|{_ONE}号|[{_CIRCLED}]+", "not_a_number", "像是序号，不是数字"),
        (
            rf"(?:(?:[几数上近]|好几)[十百千万亿]+|[十百千万亿]+[余几多])(?:{UNIT})?",
            "not_a_number",
            "是约数，没有准确的数",
        ),
        (
            rf"[+-]?[0-9.]*[{NUMERAL}几]*[一二三四五六七八九壹贰叁肆伍陆柒捌玖0-9][0-9{NUMERAL}几]*(?:{UNIT})?",
            "uncertain",
            "无法断定是哪个数",
        ),
        (rf"{_ONE}[\s,;:].*|.*其中.*", "not_a_number", "数字旁还有文字；说明请放在括号里"),
    )
)
"""what a text is that is no number for certain, the first that fits: state and what is said"""


_NOTES: Final = tuple(
    (re.compile(pattern), message)
    for pattern, message in (
        (r"(?:大?约|左右|上下|余|多|以[上下]|不足|估[计算]?).{0,3}", "附注说是约数，统计表要准确的数"),
        ("[+-]|负数?|[增减升降].{0,2}|上升|下降", "附注说的是增减，无法断定正负；增加填正数，减少填负数（-）"),
        (r"单位:.*|[百千万亿]+(?:元.*|.{0,3})", "附注里另有单位，无法断定数字按哪个单位填"),
    )
)
"""a note that changes what the figure says, and what is said of it"""


def what_else(text: str) -> tuple[str, str]:
    """State and message for a text, narrow and without blanks at its ends, that is no number for certain."""
    for pattern, state, message in _TEXTS:
        if pattern.fullmatch(text):
            return state, message
    return "not_a_number", "不是数字"


def doubt_in_note(note: str) -> str:
    """What is said of a note, narrow, that changes what its figure means; '' for any other."""
    return next((message for pattern, message in _NOTES if pattern.fullmatch(note)), "")
