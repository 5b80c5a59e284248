"""The board, the findings, the organs and the releases of the samples' night: figures and links."""

from __future__ import annotations

import csv
import html
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Browser

from pipelines.settings import PROJECT, Settings
from tests.browser.chromium import needs_chromium
from tests.browser.test_office_pages import download, text_of
from tests.integration.night import rows

HELD, MISSING, LATE, NIL, CORRECTED, ENDED = (
    *("XMP03104", "XMP07902", "XMP06901", "XMP00406", "XMP02103", "XMP00110"),
)  # fmt: skip


# the status board


def test_the_board_tells_every_organ_of_the_year_as_the_samples_filed(site: Path) -> None:
    found = {row["机构代码"]: row for row in download(site, "status-2024")}
    assert Counter(row["状态"] for row in found.values()) == {
        "已接受": 80, "迟报": 1, "零报告": 1, "扣留": 1, "缺报": 1, "不应报": 1,
    }  # fmt: skip
    assert [found[code]["状态"] for code in (HELD, MISSING, LATE, NIL)] == ["扣留", "缺报", "迟报", "零报告"]
    assert (found[LATE]["逾期天数"], found[LATE]["收到时间"]) == ("11", "2025-02-11 09:30:00")
    # whoever has a file of the year in the manifest has been heard of, and nobody else
    with (PROJECT / "samples" / "manifest.csv").open(encoding="utf-8") as lines:
        filed = {row["path"].split("/")[0] for row in csv.DictReader(lines) if "2024" in row["path"].split("/")[1]}
    assert filed == {code for code, row in found.items() if row["状态"] not in ("缺报", "不应报")}


def test_the_board_says_whom_to_call_and_what_the_held_wait_for(site: Path) -> None:
    said = re.sub(r"\s+", " ", text_of(site / "status" / "index.html"))
    assert "年度报告2021年格式 应报 84 家，已报 82 家，未报 2 家" in said.replace("　", " ")
    assert re.search(
        r"需要联系（1） .*? 厦门市同安区莲花镇人民政府 ：2024年度报表（年度报告2021年格式，"
        r"2025年1月31日截止，已逾期\d+天）尚未收到",
        said,
    )
    assert re.search(r"等待改正（1） 厦门市集美区教育局 ：.*?有2处错误待改正：“自然人”一列：.*?。请改正后重报。", said)
    assert "厦门市集美区人民政府：应报7家，已报6家" in said
    assert "厦门市同安区人民政府：应报10家，已报9家" in said
    rows = {row["由谁报"]: row for row in download(site, "deadlines-2024")}
    told = {who: [row[name] for name in ("法定截止", "应报", "已报", "未报")] for who, row in rows.items()}
    assert told == {
        "各单位报本单位的": ["2025-01-31", "77", "75", "2"],
        "区政府报全区汇总": ["2025-03-31", "6", "6", "0"],
        "市政府公布的报告": ["2025-03-31", "1", "1", "0"],
    }
    backfill = text_of(site / "status" / "2018.html")
    assert "本年度是补录，不计逾期" in backfill
    assert "没有需要催报的单位。" in backfill
    # the year with two forms has both
    assert {"厦门市补充表2017年版", "福建省附表2017年版"} == {row["表样"] for row in download(site, "status-2017")}


# findings


def test_findings_are_counted_by_year_rule_and_organ(samples_night: Settings, site: Path) -> None:
    by_year = {row["年度"]: row for row in download(site, "findings-by-year")}
    labels = ("错误待处理", "提示待处理", "说明待处理", "已按原样接受", "报表已被后来的替代")
    assert [by_year["2024年度"][name] for name in labels] == ["2", "2", "0", "0", "3"]
    assert [by_year["2017年度"][name] for name in labels] == ["3", "22", "3", "0", "0"]
    (total,) = rows(samples_night, "SELECT count(*) FROM core.fct_finding")[0]
    for name in ("findings-by-year", "findings-by-rule", "findings-by-organ"):
        assert sum(int(row[label]) for row in download(site, name) for label in labels) == total
    first, second = download(site, "findings-by-organ")[:2]
    assert (first["单位"], first["错误待处理"], second["单位"], second["规则"]) == (
        "厦门市人民政府", "3", "厦门市集美区教育局", "M01×1、M03×1",
    )  # fmt: skip
    listed = sum(len(download(site, path.stem)) for path in site.glob("data/findings-2*.csv"))
    assert listed == total


def test_a_year_lists_open_errors_first_each_with_its_organ_rule_and_receipt(site: Path) -> None:
    page = (site / "findings" / "2024.html").read_text(encoding="utf-8")
    articles = re.findall(r'<article class="finding (\w+)">(.*?)</article>', page, re.DOTALL)
    assert [tone for tone, _ in articles] == ["error", "error", "warning", "warning", "past", "past", "past"]
    assert [re.search(r"rules\.html#(\w+)", body).group(1) for _, body in articles[:2]] == ["M01", "M03"]  # type: ignore[union-attr]  # a finding has a rule
    assert f'<a href="../organs/{HELD}.html">厦门市集美区教育局</a>' in articles[0][1]
    assert f"../../../../outbox/{HELD}/{HELD}-2024-gb_2021-" in articles[0][1]
    assert "怎样改：" in articles[0][1]


def test_the_catalogue_tells_what_was_judged_and_what_had_nothing_to_judge(samples_night: Settings, site: Path) -> None:
    page = (site / "findings" / "rules.html").read_text(encoding="utf-8")
    cards = dict(re.findall(r'<section class="rule" id="(\w+)".*?>(.*?)</section>', page, re.DOTALL))
    assert len(cards) == rows(samples_night, "SELECT count(*) FROM core.dim_rule")[0][0]
    idle = rows(
        samples_night,
        "SELECT rule_id FROM core.rule_tally GROUP BY rule_id HAVING sum(outcomes_pass + outcomes_fail"
        " + outcomes_uncertain + outcomes_not_assessable) = 0 AND sum(submissions_judged) = 0",
    )
    assert {rule_id for rule_id, body in cards.items() if "本夜没有可判定的内容" in body} == {rule for (rule,) in idle}
    assert "G01" in {rule for (rule,) in idle}
    assert "相符 240，不符 0" in cards["F01"]
    assert "{" not in html.unescape(cards["F01"])


# organs


def test_every_organ_has_a_page_with_its_reports_and_findings(samples_night: Settings, site: Path) -> None:
    organs = {code for (code,) in rows(samples_night, "SELECT organ_code FROM core.dim_organ")}
    assert {page.stem for page in (site / "organs").glob("*.html")} == organs | {"index"}
    assert {row["机构代码"] for row in download(site, "organs")} == organs
    for table, name in (("core.fct_submission", "submissions"), ("core.fct_finding", "findings")):
        expected = dict(rows(samples_night, f"SELECT organ_code, count(*) FROM {table} GROUP BY organ_code"))
        for code in organs:
            file = site / "data" / f"organ-{code}-{name}.csv"
            assert (len(download(site, file.stem)) if file.exists() else 0) == expected.get(code, 0), (code, name)


def test_a_corrected_report_shows_both_versions(site: Path) -> None:
    later, earlier = [row for row in download(site, f"organ-{CORRECTED}-submissions") if row["年度"] == "2024"]
    assert [later[name] for name in ("第几份", "判定", "是否正式数", "改动格数", "重报原因")] == [
        "2", "已接受，有提示", "是", "1", "自然人一列的予以公开填错，现已更正",
    ]  # fmt: skip
    assert [earlier[name] for name in ("第几份", "判定", "是否正式数")] == ["1", "扣留", "否"]


def test_history_names_what_is_not_there(site: Path) -> None:
    found = {
        code: {row["指标"]: row for row in download(site, f"organ-{code}-history")} for code in (MISSING, HELD, ENDED)
    }
    assert found[MISSING]["新收申请（件）"]["2024年"] == "缺报"
    assert found[HELD]["新收申请（件）"]["2024年"] == "扣留"
    assert found[ENDED]["新收申请（件）"]["2023年"] == "不应报"
    assert found[HELD]["予以公开（件）"]["2023年（说明）"] == "2019年起换表样，口径不同"
    said = text_of(site / "organs" / f"{ENDED}.html")
    assert "厦门市国土资源与房产管理局自2019年度起拆分，由厦门市自然资源和规划局承接其一部分" in said
    assert said.count("灰色是没有收集的年度（2019、2020、2021、2022）。") == 1


def test_contributions_of_all_organs_add_up_to_the_citys_change(site: Path) -> None:
    summed: Counter[tuple[str, str]] = Counter()
    changes: dict[tuple[str, str], Decimal] = {}
    for path in site.glob("data/organ-*-contributions.csv"):
        for row in download(site, path.stem):
            key = row["年度"], row["指标"]
            summed[key] += Decimal(row["本单位"])  # type: ignore[assignment]  # exact sums
            changes[key] = Decimal(row["全市增减"])
    assert summed == changes
    assert changes["2018", "新收申请（件）"] == 1235 - 1370
    assert changes["2017", "主动公开（条）"] == 42938 - 39129
    assert all(year in ("2017", "2018") for year, _ in changes)


def test_the_assessment_is_told_with_its_evidence_and_as_made_up(site: Path) -> None:
    (lost,) = download(site, f"organ-{LATE}-deductions")
    assert [lost[name] for name in ("年度", "扣分项", "数量", "扣分")] == ["2024", "迟报", "11", "5"]
    assert "逾期11天" in lost["原因"]
    assert f"{LATE}-2024-gb_2021-" in lost["依据"]
    rate = download(site, f"organ-{LATE}-rates")[0]
    assert [rate[name] for name in ("年度", "指标率", "分子", "分母", "率")] == [
        "2024", "依申请答复公开率", "3", "14", "0.2143",
    ]  # fmt: skip
    said = text_of(site / "organs" / f"{LATE}.html")
    assert "得分（示例分值）" in said
    assert "这里用的是编造的示例" in said


# releases


def test_the_first_release_says_that_it_is_the_first(samples_night: Settings, site: Path) -> None:
    ((release_id, content),) = rows(samples_night, "SELECT release_id, content_hash FROM meta.release")
    said = text_of(site / "releases" / f"{release_id}.html")
    assert "这是第一次发布，没有可以比较的上一次。" in said
    assert content in said
    assert [row["发布"] for row in download(site, "releases")] == [release_id]


@needs_chromium
def test_a_receipt_opens_from_the_page_that_names_it(browser: Browser, samples_night: Settings) -> None:
    # through the link published/current, as people open it
    page = browser.new_context().new_page()
    page.goto((samples_night.published / "current" / "site" / "status" / "index.html").as_uri())
    page.get_by_role("link", name="回执 XMP03104-2024").click()
    assert page.title().startswith(f"回执 {HELD}-2024-gb_2021-")
    page.context.close()
