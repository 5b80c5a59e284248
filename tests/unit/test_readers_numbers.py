"""A printed number comes back equal, or with a reason; never different in silence."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.readers.labels import normalise, years_in
from pipelines.readers.numbers import Parsed, parse_number
from pipelines.readers.numerals import numeral

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
    "3.0000000": "3",
    "负24": "-24",
    "﹢24": "24",
    "1，234": "1234",
    "12。": "12",
    "1\u2009234\u2009567": "1234567",
    "-1\u202f234.5": "-1234.5",
}
DATE, TIME, RANGE = "是日期，不是数字", "是时间，不是数字", "是区间，不是一个数"
FRACTION, SHARE, ORDINAL = "是分数，不是一个数", "是比例，不是件数", "像是序号，不是数字"
LETTER, GROUPS = "混有像数字的字母（O、l、I 等），不是数字", "千位分隔的位置不对，无法断定是哪个数"
WORDS, BESIDE = "不是数字", "数字旁还有文字；说明请放在括号里"
NOT_NUMBERS = {
    GROUPS: ("1,2345", "12,34", "0,012", "1,234,56", ",123", "1,,234", "12,", "１２，３４", "12,34件"),
    LETTER: ("1O", "l2", "I2", "1|2", "O", "o", "1,O00", "１Ｏ"),
    DATE: (
        "2024-01-02",
        "2024/1/2",
        "2024.1.2",
        "2024年",
        "2024年1月",
        "1月2日",
        "12月",
        "12日",
        "二〇一七年",
        "1月份",
    ),
    TIME: ("12:30", "12：30：00", "12时30分", "9点"),
    RANGE: ("3-5", "1-2", "3～5", "3~5", "3—5", "3至5", "3件到5件", "三至五", "12-15"),
    FRACTION: ("1/2", "12/15", "三分之一", "½", "1½"),
    SHARE: ("12%", "１２％", "12‰", "60%以上", "三成", "百分之五", "98（%）"),
    ORDINAL: ("第12", "第三", "①"),
    BESIDE: ("22，其中修订16件", "22 含修订", "12件 3", "12;13"),
    "是约数，没有准确的数": ("几十", "数百件", "上百", "百余"),
    "数字超过11位整数": ("100000000000", "-999999999999999", "99999999999.5万", "二千亿"),
    WORDS: (
        *("1_000", "0x10", "inf", "-inf", "NaN", "٣", "𝟏𝟐", "Ⅻ", "12天", "12個", "--5", "+-5", "（二）", ".", "ー"),
        *("12件3", "元12", "12元5角", "12(3", "12)3", "12(a)3", "22(16", "'12", "=1+1", "#DIV/0!", "TRUE", "很多"),
        *("1、234", "1'234", "十分", "千万", "9" * 201, "1" + " " * 300 + "2", "12(" + "字" * 300 + ")", "无（0件）"),
    ),
}
SIGN = "无法断定正负；增加填正数，减少填负数（-）"
UNSEEN, EXPONENT = "夹有看不见的字符，无法断定是哪个数", "是科学记数法，可能已丢失末几位"
GAP = "数字中间有空白，无法断定是一个数还是几个数"
MARK, STOP = "数字后面有注码，无法断定注码是不是数字的一部分", "数字后面有标点，无法断定是否漏了后面的数"
TOO_FINE = "小数超过4位，可能是计算留下的误差，无法断定准确的数"
UNCERTAIN = {
    "无法断定是哪个数": (
        "二三十",
        "三五",
        "三五件",
        "一二三",
        "一千三",
        "一万三",
        "一百二",
        "3万5",
        "13万5千",
        "一百亿万",
        ".5",
        "1.2.3",
        "壹贰叁",
    ),
    "无法断定是数字“一”还是一字线": ("一",),
    "无法断定是零还是圆圈": ("○", "〇〇"),
    GAP: ("1 234", "1\xa0234", "1　234", "1\n2", "12 34", "1, 234", "12 .5", "1. 5", "1 234件", "- 1 234"),
    UNSEEN: ("\u202e12", "1\u200b2", "12\u200f件"),
    EXPONENT: ("1.5E+3", "1e5", "1E5", "１．５Ｅ＋３"),
    SIGN: ("△24", "▲24", "▽ 24", "↓24", "±5", "减24", "增加24件", "5-"),
    "数字前的横线无法断定是不是负号": ("—24", "–24", "——5件"),
    "整个数字在括号里，无法断定是负数还是附注": ("(12)", "（12件）", "〔12〕", "-(5)"),
    MARK: ("12①", "12②", "12²", "12*", "12※", "12注", "12注1", "12❶"),
    STOP: ("12、", "12.", "12；", "12件，", "十二、"),
    TOO_FINE: ("3.0000001", "2.9999999999", "0.30000000000000004", "0.00001", "1." + "0" * 40 + "1"),
    f"附注说的是增减，{SIGN}": ("24（减少）", "24（+）", "24（负）"),
    "附注说是约数，统计表要准确的数": ("22（约）", "22（左右）", "22（估计）"),
    "附注里另有单位，无法断定数字按哪个单位填": ("12（万件）", "3（万）", "3（单位：万件，含税）"),
}
ROUGH_FIGURES = {
    "约22": "约",
    "大约22件": "大约",
    "460余": "余",
    "460余件": "余",
    "460件余": "余",
    "近6458条": "近",
    "13000多条": "多",
    "1.3万多": "多",
    "36万余件": "余",
    "10余万": "余",
    "一千三百余": "余",
    "三十多件": "多",
    "二十几": "几",
    "十几": "几",
    "不足5": "不足",
    "超过100件": "超过",
    "100以上": "以上",
    "100件左右": "左右",
    "约100件（含上年）": "约",
    "≥100": "≥",
    "约1.04万件左右": "约左右",
}
NUMERALS = {
    "三十五": "35",
    "〇": "0",
    "零": "0",
    "二": "2",
    "两": "2",
    "十": "10",
    "十二件": "12",
    "廿": "20",
    "廿五": "25",
    "卅一": "31",
    "一百十五": "115",
    "二百零三": "203",
    "两百零三": "203",
    "一千三百": "1300",
    "一千〇三": "1003",
    "一零五": "105",
    "二〇一七": "2017",
    "二○一七": "2017",
    "一九八四": "1984",
    "一万三千零五": "13005",
    "二十万零三千": "203000",
    "十万": "100000",
    "一千一百万": "11000000",
    "三亿零五": "300000005",
    "壹佰贰拾叁": "123",
    "壹萬貳仟": "12000",
    "负三十五": "-35",
    "⼆⼗五": "25",
    "1千3百": "1300",
    "3万5千": "35000",
    "1.3万": "13000",
    "12 万": "120000",
    "5百": "500",
}
WITH_NOTE = {
    ("251000元", "元"): ("251000", "单位：元"),
    ("25.1万元", "元"): ("251000", "单位：万元，已换算为元"),
    ("25.1 万元", "元"): ("251000", "单位：万元，已换算为元"),
    ("25.1（万元）", "元"): ("251000", "单位：万元，已换算为元"),
    ("25.1(单位：万元)", "元"): ("251000", "单位：万元，已换算为元"),
    ("3亿元", "万元"): ("30000", "单位：亿元，已换算为万元"),
    ("1.04亿元", "万元"): ("10400", "单位：亿元，已换算为万元"),
    ("1234元", "万元"): ("0.1234", "单位：元，已换算为万元"),
    ("5千元", "元"): ("5000", "单位：千元，已换算为元"),
    ("3千万元", "万元"): ("3000", "“3千万元”读作3000万元"),
    ("三十五万元", "元"): ("350000", "“三十五万元”读作35万元，已换算为元"),
    ("壹佰圆整", "元"): ("100", "“壹佰元整”读作100元"),
    ("￥1,234.50", "元"): ("1234.5", "单位：元"),
    ("人民币12元", "元"): ("12", "单位：元"),
    ("12件", "件"): ("12", "单位：件"),
    ("12起", "件"): ("12", "单位：起"),
    ("12（件）", "件"): ("12", "单位：件"),
    ("36 人次", "人次"): ("36", "单位：人次"),
    ("36人次", "件"): ("36", "单位：人次，与表样的“件”不同"),
    ("36件", "人次"): ("36", "单位：件，与表样的“人次”不同"),
    ("36人", "人次"): ("36", "单位：人"),
    ("36人次", ""): ("36", "单位：人次"),
    ("12（含上年结转）", "件"): ("12", "含上年结转"),
    ("22（其中修订16件）", "件"): ("22", "其中修订16件"),
    ("22〔其中修订 16 件〕", "件"): ("22", "其中修订 16 件"),
    ("22（其中修订16件（含废止1件））", "件"): ("22", "其中修订16件（含废止1件）"),
    ("22（其中修订16件）（另附说明）件", "件"): ("22", "其中修订16件；另附说明；单位：件"),
    ("55（含自然失效29件）", "件"): ("55", "含自然失效29件"),
    ("12（见 2023 2024 两年）", "件"): ("12", "见 2023 2024 两年"),
    ("12件（含 ①）", "件"): ("12", "含 ①；单位：件"),
    ("12(其中补贴3万元)", "元"): ("12", "其中补贴3万元"),
    ("三十五件（含2件）", "件"): ("35", "含2件；“三十五件”读作35件"),
    ("98.5%", "%"): ("98.5", "单位：%"),
}
CONTRADICTED = {
    ("12元", "件"): "写的单位是“元”，这一格应为“件”，无法断定数字是否填错了格",
    ("1.5万元", "件"): "写的单位是“万元”，这一格应为“件”，无法断定数字是否填错了格",
    ("12（万元）", "条"): "写的单位是“万元”，这一格应为“条”，无法断定数字是否填错了格",
    ("12件", "元"): "写的单位是“件”，这一格应为“元”，无法断定数字是否填错了格",
    ("12（单位：万元，含税）", "元"): "附注里另有单位，无法断定数字按哪个单位填",
    ("1.5亿", "万元"): "没有写明单位，这一格按“万元”填，无法断定是多少万元",
    ("三万", "万元"): "没有写明单位，这一格按“万元”填，无法断定是多少万元",
    ("1.5元", "万元"): TOO_FINE,
}


@pytest.mark.parametrize("printed", REPORTED)
def test_a_number_is_read_as_printed(printed: str) -> None:
    assert parse_number(printed, "件") == Parsed(Decimal(REPORTED[printed]), "reported")


def each(table: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    return [(printed, message) for message, texts in table.items() for printed in texts]


@pytest.mark.parametrize(("printed", "message"), each(NOT_NUMBERS))
def test_what_is_something_else_is_told_as_what_it_is(printed: str, message: str) -> None:
    assert parse_number(printed, "件") == Parsed(None, "not_a_number", remark="V06", message=message)


@pytest.mark.parametrize(("printed", "message"), each(UNCERTAIN))
def test_what_may_be_read_in_two_ways_is_uncertain(printed: str, message: str) -> None:
    parsed = parse_number(printed, "件")
    assert (parsed.value, parsed.state, parsed.remark, parsed.message) == (None, "uncertain", "V10", message)


@pytest.mark.parametrize("printed", ROUGH_FIGURES)
def test_a_rough_figure_never_passes_for_an_exact_one(printed: str) -> None:
    qualifier = ROUGH_FIGURES[printed]
    message = f"是约数（{qualifier}），统计表要准确的数"
    assert parse_number(printed, "件") == Parsed(None, "uncertain", f"约数：{qualifier}", "V10", message)


@pytest.mark.parametrize("printed", NUMERALS)
def test_chinese_numerals_are_read_and_the_reading_is_told(printed: str) -> None:
    parsed = parse_number(printed, "件")
    assert (parsed.value, parsed.state, parsed.remark) == (Decimal(NUMERALS[printed]), "reported", "V09")
    assert f"读作{NUMERALS[printed].removeprefix('-')}" in parsed.note.replace("-", "")


@pytest.mark.parametrize(("printed", "unit"), CONTRADICTED)
def test_a_unit_that_the_cell_cannot_have_is_asked_about(printed: str, unit: str) -> None:
    parsed = parse_number(printed, unit)
    assert (parsed.value, parsed.state, parsed.remark) == (None, "uncertain", "V10")
    assert parsed.message == CONTRADICTED[printed, unit]


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


def test_nothing_with_a_note_is_not_applicable_and_keeps_it() -> None:
    assert parse_number("—（本机关无此项）", "件") == Parsed(None, "not_applicable", "本机关无此项")


def test_a_converted_number_that_a_cell_cannot_hold_is_not_rounded() -> None:
    parsed = parse_number("99999999999万元", "元")
    assert parsed == Parsed(None, "not_a_number", remark="V06", message="数字超过11位整数")


def test_very_long_digits_are_answered() -> None:
    assert parse_number("9" * 1_000_000, "件").state == "not_a_number"
    assert parse_number("1," + "234," * 100_000, "件").state == "not_a_number"
    assert parse_number("1" + " " * 1_000_000 + "x", "件").state == "not_a_number"


def test_no_text_takes_long() -> None:
    parts = "01,.一零万件约元-()十余% "
    texts = [(a + b) * 98 + end for a in parts for b in parts for end in ("", "x")]
    started = time.process_time()
    for text in texts:
        parse_number(text, "件")
    assert time.process_time() - started < 0.02 * len(texts)


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
        assert parsed.state in {"not_a_number", "uncertain"}
    else:
        assert parsed.value * yuan[unit] == number * yuan[printed_unit]


@given(st.text(alphabet="0123456789０１,，.+-－−eE 　%①²٣(（)）件元/约多至月", max_size=12))
def test_any_other_text_is_its_ascii_digits_or_no_number(text: str) -> None:
    """Whatever is read as a number has exactly the digits that the text prints, in their order."""
    parsed = parse_number(text, "")
    if parsed.value is None:
        return
    half = text.translate(str.maketrans("０１，．＋－−（", "01,.+--("))
    digits = "".join(char for char in half.split("(")[0] if char in "0123456789.-")
    assert parsed.value == Decimal(digits)


DECORATIONS = (
    *(
        "{}",
        "{}件",
        "{}（含上年）",
        "约{}",
        "{}余",
        "{}多件",
        "近{}",
        "{}以上",
        "{}左右",
        "超过{}",
        "不足{}",
        "{}（约）",
    ),
    *("△{}", "▲{}", "—{}", "{}-", "({})", "{}①", "{}²", "{}*", "{}注", "{}、", "{}。", "{}.", "{},", "第{}", "{}号"),
    *(
        "{0}-{0}",
        "{0}～{0}",
        "{0}/{0}",
        "{0} {0}",
        "{}%",
        "{}‰",
        "{}月",
        "{}日",
        "{}年",
        "{}:30",
        "{}E+3",
        "O{}",
        "{}l",
    ),
    *(
        "{}人次",
        "{}元",
        "{}万元",
        "{}（万件）",
        "{}（单位：万元）",
        "\u202e{}",
        "{}\u200b0",
        "{}（",
        "{}）",
        "{}几",
        "数{}",
    ),
)


@given(
    number=numbers,
    sign=st.sampled_from(["", "+", "-", "负"]),
    separators=st.booleans(),
    full_width=st.booleans(),
    decoration=st.sampled_from(DECORATIONS),
    unit=st.sampled_from(["件", "人次", ""]),
)
def test_whatever_stands_around_it_a_number_is_equal_or_not_reported(
    *, number: Decimal, sign: str, separators: bool, full_width: bool, decoration: str, unit: str
) -> None:
    printed = decoration.format(sign + (f"{number:,f}" if separators else f"{number:f}"))
    parsed = parse_number(printed.translate(FULL_WIDTH) if full_width else printed, unit)
    assert (parsed.value is None) == (parsed.state != "reported")
    if parsed.value is not None:
        assert parsed.value == (-number if sign in {"-", "负"} else number)
        assert decoration in {"{}", "{}。"} or parsed.remark == "V09"


# numbers in Chinese characters --------------------------------------------------------------------------------------


def in_characters(number: int) -> str:
    """A number below 10**8 as one writes it."""
    if number == 0:
        return "零"
    high, low = divmod(number, 10_000)
    section = ""
    for power, scale in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = low // power % 10
        if digit:
            gap = "零" if (section or high) and low // power % 100 < 10 else ""
            section += f"{gap}{'零一二三四五六七八九'[digit]}{scale}"
    return (in_characters(high) + "万" if high else "") + section


def test_every_number_to_a_hundred_thousand_comes_back_equal() -> None:
    assert [number for number in range(100_000) if numeral(in_characters(number)) != number] == []
    assert in_characters(10_305) == "一万零三百零五"


@given(st.integers(0, 10**8 - 1))
def test_written_in_any_characters_it_is_the_same_number(number: int) -> None:
    plain = in_characters(number)
    financial = plain.translate(str.maketrans("一二三四五六七八九十百千万", "壹贰叁肆伍陆柒捌玖拾佰仟萬"))
    assert numeral(financial) == number
    assert numeral(plain.replace("零", "〇")) == number
    assert numeral(re.sub("二(?=[百千万])", "两", plain)) == number
    assert numeral(re.sub("^一十", "十", plain)) == number
    positions = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(number))
    assert numeral(positions) in {number, None}


@given(st.text(alphabet="零一二三五十百千万亿两廿0123", min_size=1, max_size=8))
def test_a_numeral_that_reads_says_nothing_else(text: str) -> None:
    """Written out again, the number read has the digits and scales of the text."""
    value = numeral(text)
    if value is None or value >= 10**8:
        return
    plain = text.replace("廿", "二十").replace("两", "二").translate(str.maketrans("0123", "零一二三"))
    again = "".join("零一二三四五六七八九"[int(digit)] for digit in str(value))
    written = in_characters(value)
    assert {plain, plain.replace("零", "")} & {again, *(w.replace("零", "") for w in (written, tens(written)))} or (
        tens(plain).replace("零", "") == tens(written).replace("零", "")
    )


def tens(text: str) -> str:
    """Without the 一 before 十, which may be left out."""
    return text.replace("一十", "十")


# labels and years ---------------------------------------------------------------------------------------------------


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
