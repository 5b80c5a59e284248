"""The views on a small city: what a wide row shows, what it leaves NULL, and that it adds up to the totals."""

from __future__ import annotations

import re
from decimal import Decimal

import duckdb
import pytest

from schemas.form import load_forms
from schemas.views import View, quote, views
from tests.unit.city import OPEN, City
from tests.unit.explained import explained

SITE = "fj_open_website"
ANNEX = 'view."福建省附表2017年版"'
MATRIX = "年度报告2021年格式_收到和处理政府信息公开申请情况"


@pytest.fixture(scope="module")
def annex() -> duckdb.DuckDBPyConnection:
    """2017: printed, derived, blank, nil, held, consolidated."""
    city = City().expect("OFFICE", "DEPT", "DEPT2", "EASTDEPT", "EASTTOWN", "EAST", "WESTDEPT")
    city.file("OFFICE", {OPEN: 10, f"{OPEN}[cumulative]": 100, SITE: 4})
    city.file("DEPT", {OPEN: "=7", SITE: None})
    city.file("DEPT2", {OPEN: 0, SITE: "/"})
    city.file("EASTDEPT", nil=True)
    city.file("EASTTOWN", {OPEN: 50}, held=True)
    city.file("EAST", {OPEN: 99})
    return explained(city)


def test_a_wide_row_has_what_was_printed_or_derived_and_a_blank_stays_null(annex: duckdb.DuckDBPyConnection) -> None:
    found = annex.sql(
        f"SELECT organ_code, basis, used_as, is_nil, {OPEN}, {OPEN}_cumulative, {SITE}, cells_derived, cells_blank"
        " FROM view.fj_annex_2017 ORDER BY organ_code"
    ).fetchall()
    assert found == [
        ("DEPT", "own", "summed", False, 7, None, None, 1, 1),
        ("DEPT2", "own", "summed", False, 0, None, None, 0, 0),
        ("EAST", "consolidated", "compared", False, 99, None, None, 0, 0),
        ("EASTDEPT", "own", "nil", True, None, None, None, None, None),
        ("OFFICE", "own", "summed", False, 10, 100, 4, 0, 0),
    ]


def test_the_summed_rows_add_up_to_the_city(annex: duckdb.DuckDBPyConnection) -> None:
    total = annex.sql(f"SELECT sum({OPEN}) FROM view.fj_annex_2017 WHERE used_as = 'summed'").fetchall()
    assert total == [(17,)]
    assert (
        total
        == annex.sql(
            "SELECT value FROM mart.city_rollup"
            f" WHERE slice_kind = 'city' AND indicator_code = '{OPEN}' AND measure = 'annual'"
        ).fetchall()
    )


def test_the_chinese_twin_has_the_labels_as_printed_and_words_for_codes(annex: duckdb.DuckDBPyConnection) -> None:
    found = annex.sql(
        "SELECT 机构代码, 机构名称, 报告年度, 口径, 用途, 层级, 所属区名称, 零报告, 主动公开文件数,"
        f' "主动公开文件数｜历年累计", "其中:1.政府网站公开数" FROM {ANNEX} ORDER BY 机构代码'
    ).fetchall()
    assert found[0] == ("DEPT", "DEPT", 2017, "本单位", "计入合计", "市本级", None, False, 7, None, None)
    assert found[2] == ("EAST", "EAST", 2017, "本级及下属汇总", "只作核对", "区及以下", "EAST", False, 99, None, None)
    assert found[3][4:] == ("零报告（加零）", "区及以下", "EAST", True, None, None, None)


def test_an_organ_is_shown_as_it_was_in_the_year() -> None:
    city = City().expect("DEPT", year=2016).file("DEPT", {OPEN: 3}, year=2016)
    shown = "SELECT name, level, district_code, district_name FROM view.fj_annex_2017"
    with explained(city) as connection:
        connection.execute("UPDATE core.dim_organ SET name = '后来', level = 'lower', district_code = 'EAST'")
        assert connection.sql(shown).fetchall() == [("DEPT", "own", None, None)]
        connection.execute("DELETE FROM core.dim_organ_year")
        assert connection.sql(shown).fetchall() == [("后来", "lower", "EAST", "后来")]


def test_kinds_of_applicant_are_columns_of_a_row_of_the_matrix() -> None:
    city = City().expect("DEPT", "DEPT2", year=2021, form="gb_2021")
    city.file(
        "DEPT",
        {
            "req_new[natural_person]": 3,
            "req_new[business]": 2,
            "req_new[total]": "=5",
            "res_other[total]": 1,
            "rev_total": 8,
            "a20_fees_amount": Decimal("1.25"),
        },
        year=2021,
        form="gb_2021",
    )
    city.file("DEPT2", nil=True, year=2021, form="gb_2021")
    with explained(city) as connection:
        assert connection.sql(
            "SELECT organ_code, position, indicator_code, natural_person, business, research, total, cells_derived"
            " FROM view.gb_2021_requests ORDER BY position"
        ).fetchall() == [
            ("DEPT", 11, "req_new", 3, 2, None, 5, 1),
            ("DEPT", 34, "res_other", None, None, None, 1, 0),
        ]
        assert connection.sql(
            f"SELECT 机构代码, 指标名称, 自然人, 商业企业, 总计 FROM view.\"{MATRIX}\" WHERE 指标代码 = 'req_new'"
        ).fetchall() == [("DEPT", "一、本年新收政府信息公开申请数量", 3, 2, 5)]
        assert connection.sql(
            'SELECT 机构代码, "一、本年新收政府信息公开申请数量｜总计", "（六）其他处理｜总计", "行政复议｜总计",'
            ' "行政事业性收费｜本年收费金额（单位：万元）", 推得格数 FROM view."年度报告2021年格式" ORDER BY 1'
        ).fetchall() == [
            ("DEPT", 5, 1, 8, Decimal("1.25"), 1),
            ("DEPT2", None, None, None, None, None),
        ]


def test_tables_have_a_chinese_twin_with_names_beside_codes() -> None:
    city = City()
    for year, opened in ((2016, 10), (2017, 14)):
        city.expect("DEPT", "EASTDEPT", year=year)
        city.file("DEPT", {OPEN: opened}, year=year).file("EASTDEPT", {OPEN: 20}, year=year)
    with explained(city) as connection:
        assert connection.sql(
            "SELECT 报告年度, 分组, 分组名称, 指标名称, 期间, 表样简称, 数值, 上年数值, 增减, 可比性"
            " FROM view.同比 WHERE 报告年度 = 2017 AND 分组 IN ('全市', '区', '层级') AND 期间 = '本年度'"
            f" AND 指标代码 = '{OPEN}' ORDER BY 分组代码"
        ).fetchall() == [
            (2017, "区", "EAST", "主动公开文件数", "本年度", "福建省附表2017年版", 20, 20, 0, "A 口径相同"),
            (2017, "全市", "全市", "主动公开文件数", "本年度", "福建省附表2017年版", 34, 30, 4, "A 口径相同"),
            (2017, "层级", "区及以下", "主动公开文件数", "本年度", "福建省附表2017年版", 20, 20, 0, "A 口径相同"),
            (2017, "层级", "市本级", "主动公开文件数", "本年度", "福建省附表2017年版", 14, 10, 4, "A 口径相同"),
        ]
        # its key has no form: the label is the latest edition's
        assert connection.sql(
            "SELECT 机构名称, 指标名称, 增减部分, 贡献 FROM view.同比贡献 WHERE 分组 = '全市'"
        ).fetchall() == [("DEPT", "主动公开文件数", "两年都报的单位", 4)]


def test_every_view_has_as_many_rows_as_what_it_turns(annex: duckdb.DuckDBPyConnection) -> None:
    turned = [view for view in views().values() if view.of]
    for view in turned:
        (counts,) = annex.sql(
            f"SELECT (SELECT count(*) FROM {view.relation}), (SELECT count(*) FROM {view.of})"
        ).fetchall()
        assert counts[0] == counts[1], view.relation
    assert {"view.gb_2014", "mart.city_rollup", "core.fct_finding"} <= {view.of for view in turned}


@pytest.mark.parametrize("form_code", load_forms())
def test_every_cell_of_a_form_is_somewhere_in_its_views(form_code: str) -> None:
    form = load_forms()[form_code]
    wide = {column.name for column in views()[f"view.{form_code}"].columns}
    shown = set()
    for key in {key for variant in form.variants for key in form.cells(variant)}:
        name = key.indicator_code if key.measure == "annual" else f"{key.indicator_code}_cumulative"
        if key.applicant_kind in ("", "total"):
            assert name in wide, key
        else:
            shown.add(key.applicant_kind)
    assert shown <= {
        column.name for column in views().get(f"view.{form_code}_requests", views()[f"view.{form_code}"]).columns
    }


def test_two_rows_with_one_label_are_told_apart_by_what_they_stand_under() -> None:
    labels = {column.name: column.label for column in views()["view.gb_2014"].columns}
    assert labels["g14_rev_corrected"] == "四、行政复议数量｜（二）被依法纠错数"
    assert labels["g14_suit_corrected"] == "五、行政诉讼数量｜（二）被依法纠错数"
    assert labels["g14_open_norms"] == "其中：主动公开规范性文件数"


def test_a_name_is_quoted_where_it_must_be() -> None:
    assert [quote(name) for name in ("req_new", "at", "同比", '一"二')] == ["req_new", '"at"', '"同比"', '"一""二"']


def test_views_are_plain_selects() -> None:
    for view in views().values():
        assert isinstance(view, View)
        assert re.findall(r"\b(PIVOT|QUALIFY|EXCLUDE|COLUMNS)\b|::", view.select.upper()) == [], view.relation
