"""What a number format prints beside the digits: a person reads 12.5% where the file says 0.125."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipelines.readers.sheets.number_formats import plain, shown


@pytest.mark.parametrize(
    ("code", "stored", "printed"),
    [
        ("0%", "0.125", "12.5%"),
        ("0.00%", "1", "100%"),
        ("#,##0.0%;[Red]-#,##0.0%", "-0.05", "-5%"),
        ('0"件"', "12", "12件"),
        ('0.00"万元"', "110.25", "110.25万元"),
        ("0件", "12", "12件"),
        ("0\\件", "12", "12件"),
        ('General"元"', "0.5", "0.5元"),
        ('G/通用格式"人次"', "36", "36人次"),
        ('"约"0', "7", "约7"),
        ('"共 "0" 件"', "7", "共7件"),
        ("#,##0,", "12345", "12.345"),
        ('#,##0,,"百万"', "2500000", "2.5百万"),
        ('0!.0,"万"', "12345", "1.2345万"),
        ('0\\.0,"万元"', "251000", "25.1万元"),
        ('[DBNum2][$-804]0"元"', "5", "5元"),
    ],
)
def test_what_changes_the_meaning_is_printed_and_no_digit_lost(code: str, stored: str, printed: str) -> None:
    said = shown(code)
    assert said is not None
    assert said.text(Decimal(stored)) == printed


@pytest.mark.parametrize(
    "code",
    [
        *("", "General", "0", "0.00", "#,##0", "#,##0.00_);(#,##0.00)", "@", "[Red]0", "??/??", "0.00E+00"),
        *('_ * #,##0_ ;_ * -#,##0_ ;_ * "-"_ ;_ @_ ', "[$¥-804]#,##0.00", '"$"#,##0', "0 ", '"件"', "%"),
        *("yyyy-mm-dd", 'm"月"d"日"', "h:mm:ss", "[h]:mm", '0"x' + "件" * 300),
    ],
)
def test_a_format_that_only_paints_the_number_says_nothing(code: str) -> None:
    assert shown(code) is None


def test_plain_digits() -> None:
    assert [plain(Decimal(text)) for text in ("1E+5", "0.30", "12.000", "-0.5", "100")] == [
        "100000",
        "0.3",
        "12",
        "-0.5",
        "100",
    ]
