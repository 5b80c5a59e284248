"""A printed number comes back equal, or with a reason; never different in silence."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.readers.labels import normalise, years_in
from pipelines.readers.numbers import Parsed, parse_number

REPORTED = {
    "0": "0",
    "-0": "0",
    "12": "12",
    "0012": "12",
    "+1036": "1036",
    "-24": "-24",
    "−24": "-24",
    "－24": "-24",
    "- 24": "-24",
    "1,234": "1234",
    "12,345,678": "12345678",
    "１２３": "123",
    "１，２３４．５": "1234.5",
    "12.0": "12",
    "12.3400": "12.34",
    " \t12\n": "12",
    "\u3000\xa012\u200b\ufeff": "12",
    "99999999999": "99999999999",
    "99999999999.9999": "99999999999.9999",
    "0.0001": "0.0001",
}
NOT_NUMBERS = (
    *("1,2345", "12,34", "0,012", "1,234,56", ",123", "1,,234"),
    *("1 234", "1, 234", "1\n2", "1\u2009234", "12 .5", "1. 5"),
    *("1e5", "1E5", "inf", "-inf", "NaN", "0x10", "1_000", "12%", "½", "٣", "𝟏𝟐", "Ⅻ", "十二", "〇", "零"),
    *("12①", "12²", "①", "约12", "12多", "12-15", "12/15", "--5", "+-5", "5-", "(12)", "-(5)", "12.", ".5", "."),
    *("12件3", "元12", "12元5角", "12(3", "12)3", "12(a)(b)", "12((a))", "'12", "=1+1", "#DIV/0!", "TRUE"),
    *("\u202e12", "1\u200b2", "9" * 201, "1" + " " * 300 + "2", "12(" + "字" * 300 + ")"),
)
WITH_NOTE = {
    ("251000元", "元"): ("251000", "单位：元"),
    ("25.1万元", "元"): ("251000", "单位：万元，已换算为元"),
    ("25.1 万元", "元"): ("251000", "单位：万元，已换算为元"),
    ("25.1（万元）", "元"): ("251000", "单位：万元，已换算为元"),
    ("25.1(单位：万元)", "元"): ("251000", "单位：万元，已换算为元"),
    ("3亿元", "万元"): ("30000", "单位：亿元，已换算为万元"),
    ("1234元", "万元"): ("0.1234", "单位：元，已换算为万元"),
    ("12件", "件"): ("12", "单位：件"),
    ("12元", "件"): ("12", "单位：元"),
    ("36 人次", "人次"): ("36", "单位：人次"),
    ("12（含上年结转）", "件"): ("12", "含上年结转"),
    ("12（见 2023 2024 两年）", "件"): ("12", "见 2023 2024 两年"),
    ("12件（含 ①）", "件"): ("12", "含 ①；单位：件"),
    ("98.5%", "%"): ("98.5", "单位：%"),
}


@pytest.mark.parametrize("printed", REPORTED)
def test_a_number_is_read_as_printed(printed: str) -> None:
    assert parse_number(printed, "件") == Parsed(Decimal(REPORTED[printed]), "reported")


@pytest.mark.parametrize("printed", NOT_NUMBERS)
def test_what_does_not_parse_as_a_whole_is_no_number(printed: str) -> None:
    assert parse_number(printed, "件") == Parsed(None, "not_a_number", remark="V06", message="不是数字")


@pytest.mark.parametrize(("printed", "unit"), WITH_NOTE)
def test_unit_and_note_are_kept_apart(printed: str, unit: str) -> None:
    value, note = WITH_NOTE[printed, unit]
    message = f"数字旁另有文字（{note}），已分开保存"
    assert parse_number(printed, unit) == Parsed(Decimal(value), "reported", note, "V09", message)


@pytest.mark.parametrize("printed", ["", " ", "\n\t", "\u3000", "\xa0", "\u200b", "\ufeff \u2003", " " * 100_000])
def test_nothing_printed_is_blank(printed: str) -> None:
    assert parse_number(printed, "件") == Parsed(None, "blank")


@pytest.mark.parametrize(
    "printed",
    ["/", "//", "／", "-", "－", "—", "——", "———", "--", "–", "―", "─", "无", "不适用", "不 适 用", "N/A", "n/a", "NA"],
)
def test_a_stroke_says_not_applicable(printed: str) -> None:
    assert parse_number(printed, "件") == Parsed(None, "not_applicable")


@pytest.mark.parametrize(
    ("printed", "unit"),
    [
        ("100000000000", "件"),
        ("-999999999999999", "件"),
        ("0.00001", "件"),
        ("1." + "0" * 40 + "1", "件"),
        ("1.5元", "万元"),
        ("99999999999万元", "元"),
    ],
)
def test_a_number_that_a_cell_cannot_hold_is_not_rounded(printed: str, unit: str) -> None:
    message = "数字超过11位整数或4位小数"
    assert parse_number(printed, unit) == Parsed(None, "not_a_number", remark="V06", message=message)


def test_very_long_digits_are_answered() -> None:
    assert parse_number("9" * 1_000_000, "件").state == "not_a_number"
    assert parse_number("1," + "234," * 100_000, "件").state == "not_a_number"
    assert parse_number("1" + " " * 1_000_000 + "x", "件").state == "not_a_number"


FULL_WIDTH = str.maketrans("0123456789,.+-()", "０１２３４５６７８９，．＋－（）")
numbers = st.builds(
    lambda whole, fraction, places: Decimal(whole) + Decimal(fraction % 10**places).scaleb(-places),
    st.integers(0, 10**11 - 1),
    st.integers(0, 9999),
    st.integers(0, 4),
)


@given(
    number=numbers,
    sign=st.sampled_from(["", "+", "-"]),
    separators=st.booleans(),
    zeros=st.integers(0, 3),
    full_width=st.booleans(),
    unit=st.sampled_from(["", "件", "条", "人次"]),
    note=st.sampled_from(["", "（含上年）", "(注 1)"]),
    space=st.sampled_from(["", " ", "\n", "\u3000"]),
)
def test_any_number_comes_back_equal(
    *, number: Decimal, sign: str, separators: bool, zeros: int, full_width: bool, unit: str, note: str, space: str
) -> None:
    printed = f"{number:,f}" if separators else f"{number:f}"
    printed += "0" * zeros if "." in printed else ""
    text = space + sign + printed + unit + space + note
    parsed = parse_number(text.translate(FULL_WIDTH) if full_width else text, "件")
    assert parsed.value == (-number if sign == "-" else number)
    assert parsed.state == "reported"
    assert parsed.remark == ("V09" if unit or note else "")


@given(number=numbers, printed_unit=st.sampled_from(["元", "万元", "亿元"]), unit=st.sampled_from(["元", "万元"]))
def test_money_is_converted_exactly_or_not_at_all(number: Decimal, printed_unit: str, unit: str) -> None:
    yuan = {"元": 1, "万元": 10_000, "亿元": 100_000_000}
    parsed = parse_number(f"{number:f}{printed_unit}", unit)
    if parsed.value is None:
        assert parsed.state == "not_a_number"
    else:
        assert parsed.value * yuan[unit] == number * yuan[printed_unit]


@given(st.text(alphabet="0123456789０１,，.．+-－−eE 　%①²٣(（)）件万元/", max_size=12))
def test_any_other_text_is_its_ascii_digits_or_no_number(text: str) -> None:
    """Whatever is read as a number has exactly the digits that the text prints, in their order."""
    parsed = parse_number(text, "件")
    if parsed.value is None:
        return
    half = text.translate(str.maketrans("０１，．＋－−（", "01,.+--("))
    digits = "".join(char for char in half.split("(")[0] if char in "0123456789.-")
    assert parsed.value == Decimal(digits)


def test_labels_are_equal_whatever_their_width_breaks_and_brackets() -> None:
    printed = "（一）主动公开\n政府 信息数（不同渠道和方式公开相同信息计１条）"
    assert normalise(printed) == "(一)主动公开政府信息数(不同渠道和方式公开相同信息计1条)"
    assert normalise("3.危及“三安全一稳定”") == normalise('３．危及"三安全一稳定"') == "3危及三安全一稳定"
    assert normalise("〔一〕【二】｛三｝") == "(一)(二)(三)"
    assert normalise("⺠⻅⻔⻓") == "民见门长"
    assert normalise("规\u200b章\ufeff") == "规章"
    assert normalise("、，。：；·") == ""


def test_prose_is_not_remembered_as_a_label() -> None:
    prose = "本 年 " * 200
    assert normalise(prose) == prose


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2024年", [2024]),
        ("２０２４年度", [2024]),
        ("2023-2024", [2023, 2024]),
        ("20240115", []),
        ("120245", []),
        ("1999年", []),
        ("二〇二四年", []),
        ("", []),
    ],
)
def test_years_in_a_text(text: str, years: list[int]) -> None:
    assert years_in(text) == years
