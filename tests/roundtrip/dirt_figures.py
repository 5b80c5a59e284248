"""What people and programs do to single figures.

Belongs here: one small function for each row of the list of dirt that is about what stands in a cell. Each changes the
text of some boxes and says what must come back. Does not belong here: labels and tables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Final

from tests.roundtrip.model import LOST, Box, Expected, Page, expected, put_text

_FULL_WIDTH: Final = str.maketrans("0123456789.,-+", "０１２３４５６７８９．，－＋")
_UNITS: Final = ("件", "条", "次", "期", "篇", "份", "起", "个")
_NUMERALS: Final = "零一二三四五六七八九"
_SMALL: Final = 100_000


def figures_of(page: Page) -> list[Box]:
    """The boxes that still hold a plain number."""
    return [box for box in page.figures if box.stored is not None and not isinstance(box.stored, str | dt.date)]


def number(box: Box) -> Decimal:
    return Decimal(box.text)


def some(page: Page, rng: Random, fits: Callable[[Decimal], bool] = lambda _: True, most: int = 12) -> list[Box]:
    """Some of the boxes whose number fits."""
    boxes = [box for box in figures_of(page) if fits(number(box))]
    return rng.sample(boxes, min(len(boxes), rng.randint(1, most)))


def _is_whole(value: Decimal) -> bool:
    return value == int(value) and value >= 0


def _reprint(boxes: list[Box], change: Callable[[str], str]) -> bool:
    """The same number in other characters."""
    for box in boxes:
        put_text(box, change(box.text))
    return bool(boxes)


def full_width_digits(page: Page, rng: Random) -> bool:
    return _reprint(some(page, rng), lambda text: text.translate(_FULL_WIDTH))


def thousands_separators(page: Page, rng: Random) -> bool:
    mark = rng.choice([",", "，"])
    boxes = some(page, rng, lambda value: abs(value) >= 1000)
    return _reprint(boxes, lambda text: f"{Decimal(text):,}".replace(",", mark))


def stray_spaces(page: Page, rng: Random) -> bool:
    before, after = rng.choice(["", " ", "　", "\u00a0"]), rng.choice([" ", "　", "\u00a0", "\n"])
    return _reprint(some(page, rng), lambda text: f"{before}{text}{after}")


def number_as_text(page: Page, rng: Random) -> bool:
    return _reprint(some(page, rng, most=60), lambda text: text)


def plus_sign(page: Page, rng: Random) -> bool:
    return _reprint(some(page, rng, lambda value: value > 0), lambda text: f"+{text}")


def blank(page: Page, rng: Random) -> bool:
    boxes = some(page, rng, most=40)
    for box in boxes:
        put_text(box, "")
        _expect(page, box, None, "blank")
    return bool(boxes)


def marks_for_nothing(page: Page, rng: Random) -> bool:
    """Blank as /, -, —, 无, 不适用."""
    boxes = some(page, rng, most=40)
    for box in boxes:
        put_text(box, rng.choice(["/", "-", "—", "——", "－", "无", "不适用"]))
        _expect(page, box, None, "not_applicable")
    return bool(boxes)


def unit_in_cell(page: Page, rng: Random) -> bool:
    boxes = some(page, rng, lambda value: value >= 0)
    for box in boxes:
        unit = _unit(page, box)
        if unit not in ("元", "万元"):
            put_text(box, f"{box.text}{rng.choice(_UNITS)}")
            continue
        yuan = number(box) * (10_000 if unit == "万元" else 1)
        named, factor = rng.choice([("元", 1), ("万元", 10_000), ("亿元", 100_000_000)])
        put_text(box, f"{(yuan / factor).normalize():f}{named}")
    return bool(boxes)


def _unit(page: Page, box: Box) -> str:
    return page.form.indicators[box.key.indicator_code].unit if box.key else ""


def notes_in_brackets(page: Page, rng: Random) -> bool:
    notes = ["（其中修订16件）", "（含自然失效 29 件）", "(其中2件为上年结转)", "（见说明）"]
    return _reprint(some(page, rng, _is_whole), lambda text: text + rng.choice(notes))


def chinese_numerals(page: Page, rng: Random) -> bool:
    boxes = some(page, rng, lambda value: _is_whole(value) and value < _SMALL)
    # 一 by itself may be a dash
    _doubt(page, [box for box in boxes if number(box) == 1])
    return _reprint(boxes, _in_chinese)


def _in_chinese(text: str) -> str:
    """12345 -> 一万二千三百四十五; 0 -> 零."""
    value = int(text)
    if value == 0:
        return "零"
    words = ""
    for power, name in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // power % 10
        if digit:
            words += _NUMERALS[digit] + name
        elif words and not words.endswith("零"):
            words += "零"
    words = words.rstrip("零")
    return words.removeprefix("一") if words.startswith("一十") else words


def chinese_digits(page: Page, rng: Random) -> bool:
    """〇 for 0, where that is the whole figure."""
    return _reprint(some(page, rng, lambda value: value == 0), lambda _: "〇")


def qualifiers(page: Page, rng: Random) -> bool:
    """约, 余, 多, 近, 以上: the number is read with its qualifier, or put to the department."""
    ways: list[Callable[[str], str]] = [
        lambda text: f"约{text}",
        lambda text: f"近{text}",
        lambda text: f"{text}余",
        lambda text: f"{text}余件",
        lambda text: f"{text}多条",
        lambda text: f"{text}以上",
        lambda text: f"逾{text}",
        lambda text: f"{_in_chinese(text)}余" if int(text) < _SMALL else f"{text}余",
    ]
    boxes = some(page, rng, lambda value: _is_whole(value) and value > 0)
    _doubt(page, boxes)
    return _reprint(boxes, rng.choice(ways))


def footnote_marks(page: Page, rng: Random) -> bool:
    boxes = some(page, rng, _is_whole)
    _doubt(page, boxes)
    return _reprint(boxes, lambda text: text + rng.choice(["①", "②", "*", "注1", "[1]", "²"]))


def words_in_a_cell(page: Page, rng: Random) -> bool:
    """What is no number must not become one."""
    texts = [
        "见附件",
        "已公开3次、5件",
        "3-5",
        "3/5",
        "2024.1.2",
        "12、13",
        "12件15条",
        "共计3项其中2项",
        "O",
        "l2",
        "1,2,3",
    ]
    return _lose(page, some(page, rng), lambda _: rng.choice(texts))


def percent(page: Page, rng: Random) -> bool:
    return _lose(page, some(page, rng), lambda text: f"{text}%")


def template_hints(page: Page, rng: Random) -> bool:
    """The hint of the template left where the figure should stand."""
    hints = ["（请填数字）", "请填写，没有填0", "填数字", "＿＿", "XX", "[填写1至999的整数]"]
    return _lose(page, some(page, rng), lambda _: rng.choice(hints))


def number_over_lines(page: Page, rng: Random) -> bool:
    """A narrow cell: the number goes on in the next line."""
    boxes = some(page, rng, lambda value: value >= 10_000)
    _doubt(page, boxes)
    return _reprint(boxes, lambda text: f"{text[:2]}\n{text[2:]}")


def space_in_number(page: Page, rng: Random) -> bool:
    boxes = some(page, rng, lambda value: abs(value) >= 1000)
    _doubt(page, boxes)
    return _reprint(boxes, lambda text: f"{text[:1]} {text[1:]}")


def number_over_tags(page: Page, rng: Random) -> bool:
    """20｜23: one span, or run, for each fragment."""
    boxes = some(page, rng, lambda value: abs(value) >= 10, most=30)
    for box in boxes:
        cut = rng.randrange(1, len(box.text))
        box.pieces = (box.text[:cut], box.text[cut:])
    return bool(boxes)


def float_noise(page: Page, rng: Random) -> bool:
    """0.1 + 0.2: the digits that the sheet does not show."""
    boxes = [box for box in some(page, rng) if 0 < abs(number(box)) < _SMALL]
    for box in boxes:
        # the nearest double but a few: what sums of fractions leave
        box.stored = float(number(box)) * (1 + 2**-52)
    return bool(boxes)


def odd_fraction(page: Page, rng: Random) -> bool:
    """3.0000001 is not 3, and nobody rounds it in silence."""
    boxes = some(page, rng, lambda value: _is_whole(value) and 0 < value < _SMALL, most=4)
    for box in boxes:
        put_text(box, f"{box.text}.0000001")
        box.stored = float(box.text)
        _expect(page, box, Decimal(box.text), "reported")
    _doubt(page, boxes)
    return bool(boxes)


def negative_or_fractional_count(page: Page, rng: Random) -> bool:
    """Kept as printed: the contract finds it."""
    boxes = some(page, rng, lambda value: _is_whole(value) and value > 0, most=4)
    for box in boxes:
        value = rng.choice([-number(box), number(box) + Decimal("0.5")])
        put_text(box, f"{value:f}")
        box.stored = float(value) if value != int(value) else int(value)
        _expect(page, box, value, "reported")
    return bool(boxes)


def formula_without_value(page: Page, rng: Random) -> bool:
    """A program that does not calculate has written the formula; one that calculates shows the figure."""
    boxes = some(page, rng)
    for box in boxes:
        box.stored = f"={box.text}+0"
    _doubt(page, boxes)
    return bool(boxes)


def error_value(page: Page, rng: Random) -> bool:
    return _lose(page, some(page, rng, most=5), lambda _: rng.choice(["#DIV/0!", "#REF!", "#VALUE!", "#NAME?"]))


def ordinal_as_date(page: Page, rng: Random) -> bool:
    """1-2 became the second of January."""
    boxes = some(page, rng, most=5)
    for box in boxes:
        day = dt.date(page.year, rng.randint(1, 12), rng.randint(1, 28))
        put_text(box, f"{day.month}月{day.day}日")
        box.stored = day
        _expect_lost(page, box)
    return bool(boxes)


def _lose(page: Page, boxes: list[Box], change: Callable[[str], str]) -> bool:
    """A text that says no number of the form."""
    for box in boxes:
        put_text(box, change(box.text))
        _expect_lost(page, box)
    return bool(boxes)


def _expect(page: Page, box: Box, value: Decimal | None, *states: str) -> None:
    if box.key:
        page.expected[box.key] = expected(value, *states)


def _expect_lost(page: Page, box: Box) -> None:
    if box.key:
        page.expected[box.key] = Expected(None, LOST)


def _doubt(page: Page, boxes: list[Box]) -> None:
    page.may_flag |= {box.key for box in boxes if box.key}
