"""The answers to departments: what stands in them, escaped, and rewritten only where it changed."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from pipelines.answers import READS, Written
from tests.unit.answer_world import HEX, ORGAN, RECEIPT, SHA, SUBMISSION, Night, Page, receipt

TAGS_OF_THE_PAGE = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td",
    "br", "small", "header", "main", "section", "article", "div", "strong", "b", "dl", "dt", "dd", "h3", "h4", "span",
    "ul", "li", "a", "caption",
}  # fmt: skip
ATTRIBUTES_OF_THE_PAGE = {
    "lang", "charset", "name", "content", "scope", "class", "http-equiv", "id", "href", "rowspan", "colspan",
}  # fmt: skip


@pytest.fixture
def night() -> Night:
    return Night()


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


def test_the_answer_for_machines_says_everything(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False)
    night.duty(date(2018, 3, 31))
    night.finding(lhs=Decimal(9), rhs=Decimal("6.5"), difference=Decimal("2.5"), decision_note="已说明")
    night.cell(1, value=Decimal(9), role="likelier_wrong", suggested_value=Decimal("6.5"))
    night.explanation("likelier_wrong", "申请总数改为6.5，两边就相等")
    night.cell(2, indicator_code="fj_req_online", address="", printed="", sheet="")
    assert night.write(outbox) == Written(receipts=1, changed=1)
    assert receipt(outbox / ORGAN) == {
        "receipt_no": RECEIPT,
        "submission_id": SUBMISSION,
        "organ_code": ORGAN,
        "organ_name": "厦门市发展和改革委员会",
        "report_year": 2017,
        "form_code": "fj_annex_2017",
        "short_title": "福建省附表2017年版",
        "basis": "own",
        "file": "报表.xlsx",
        "status": "held",
        "is_official": False,
        "is_nil": False,
        "received_at": "2018-01-05 10:00:00",
        "sha256": SHA,
        "cells": 0,
        "due_on": "2018-03-31",
        "next_step": {
            "action": "resubmit",
            "text": "请改正下面标为“错误”的格，把改好的整份文件重新放入收件箱的 XMP00101 文件夹（文件名不限），"
            "当夜会重新核对。若数字确实如此，请在同一文件夹放入 decisions.csv 写明理由，由办公室决定："
            "首行 receipt_no,finding_id,decision,reason,signed_by,signed_on，"
            "以下每行写回执号、问题编号、explain、理由、签署人、日期。",
            "waiting": "在收到改好的一份之前，本单位按缺报计；全市2017年度的合计正在等这份报表。",
            "days_left": 11,
        },
        "findings": [
            {
                "number": 1,
                "finding_id": HEX,
                "rule_id": "F03",
                "severity": "error",
                "outcome": "fail",
                "scope": "annual",
                "message": "各渠道之和不等于申请总数",
                "mend": "请核对",
                # exact decimals, as text
                "lhs": "9.0000",
                "rhs": "6.5000",
                "difference": "2.5000",
                "state": "open",
                "decision_note": "已说明",
                "table": "annex",
                "cells": [
                    {
                        "position": 1,
                        "indicator_code": "fj_req_total",
                        "applicant_kind": "",
                        "measure": "annual",
                        "sheet": "统计表",
                        "address": "D12",
                        "printed": "9",
                        "value": "9.0000",
                        "role": "likelier_wrong",
                        "suggested_value": "6.5000",
                        "label": "受理政府信息公开申请总数",
                    },
                    {
                        "position": 2,
                        "indicator_code": "fj_req_online",
                        "applicant_kind": "",
                        "measure": "annual",
                        "sheet": "",
                        "address": "",
                        "printed": "",
                        "value": None,
                        "role": "operand",
                        "suggested_value": None,
                        "label": "2.网络申请数",
                    },
                ],
                "explanations": [
                    {
                        "position": 1,
                        "explanation_kind": "likelier_wrong",
                        "indicator_code": "fj_req_total",
                        "applicant_kind": "",
                        "measure": "annual",
                        "suggested_value": None,
                        "message": "申请总数改为6.5，两边就相等",
                    }
                ],
            }
        ],
    }


def test_the_page_says_status_finding_and_cell(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False)
    night.finding()
    night.cell(1)
    night.cell(2, indicator_code="fj_req_online", address="", printed="", sheet="")
    night.write(outbox)
    text = Page(outbox / ORGAN / f"{RECEIPT}.html").text
    assert "已扣留：有错误，请改正后重报" in text
    assert "各渠道之和不等于申请总数" in text
    assert "怎样改：请核对" in text
    assert "统计表!D12受理政府信息公开申请总数9" in text
    # a row that is not there has no place to name: its label says where the figure belongs
    assert "表中缺这一行2.网络申请数（空白）" in text
    assert text.count("统计表!") == 1
    assert "是否正式数否" in text
    assert "问题（1）" in text


@pytest.mark.parametrize(
    ("due_on", "mode", "told"),
    [
        (date(2018, 3, 31), "live", "期限：2018年3月31日，截至2018年3月20日还有11天。"),
        (date(2018, 3, 20), "live", "期限：2018年3月20日，截至2018年3月20日还有0天。"),
        (date(2018, 1, 31), "live", "期限：2018年1月31日，截至2018年3月20日已过期48天，请尽快。"),
        (date(2018, 1, 31), "backfill", None),
    ],
)
def test_a_held_report_is_told_by_when(night: Night, outbox: Path, due_on: date, mode: str, told: str | None) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False)
    night.duty(due_on, mode)
    night.write(outbox)
    text = Page(outbox / ORGAN / f"{RECEIPT}.html").text
    assert told in text if told else "期限" not in text
    assert "全市2017年度的合计正在等这份报表。" in text


def test_who_waits_depends_on_what_counts_meanwhile(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False, sequence=2)
    night.submission(submission_id="cccccccccccc", receipt_no="XMP00101-earlier")
    night.write(outbox)
    assert "沿用本单位上一份正式数（XMP00101-earlier）。" in Page(outbox / ORGAN / f"{RECEIPT}.html").text
    assert receipt(outbox / ORGAN, "XMP00101-earlier")["next_step"]["action"] == "none"


def test_a_wrong_report_that_a_better_one_followed_asks_for_nothing(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False)
    night.submission(submission_id="cccccccccccc", receipt_no="XMP00101-later", sequence=2)
    night.duty(date(2018, 3, 31))
    night.write(outbox)
    step = receipt(outbox / ORGAN)["next_step"]
    assert (step["action"], step["days_left"], step["waiting"]) == ("none", None, "")
    assert "后来收到的一份（XMP00101-later）已经采用" in step["text"]
    assert "有错误，未采用；后来报的一份已经采用" in Page(outbox / ORGAN / f"{RECEIPT}.html").text


def test_a_report_that_was_replaced_is_told_so(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(is_official=False)
    night.submission(submission_id="cccccccccccc", receipt_no="XMP00101-later", sequence=2)
    night.write(outbox)
    text = Page(outbox / ORGAN / f"{RECEIPT}.html").text
    assert "已接受，后来又被新的一份替代" in text
    assert "现在采用的是那一份（XMP00101-later）" in text


def test_a_published_report_with_errors_is_accepted_and_told_to_correct(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="accepted_with_warnings", basis="published")
    night.finding()
    night.write(outbox)
    assert receipt(outbox / ORGAN)["next_step"]["action"] == "correct"
    assert "已接受（公布的报告不扣留），但数字有错误" in Page(outbox / ORGAN / f"{RECEIPT}.html").text


def test_what_the_organs_below_contradict_is_told_with_the_report_that_counts(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(basis="consolidated")
    night.finding(
        submission_id=None,
        file_id=None,
        form_code="fj_annex_2017",
        rule_id="H01",
        message="汇总报告为9，各单位之和为7。",
    )
    night.write(outbox)
    told = receipt(outbox / ORGAN)
    assert [finding["rule_id"] for finding in told["findings"]] == ["H01"]
    assert told["next_step"]["action"] == "correct"
    page = Page(outbox / ORGAN / f"{RECEIPT}.html")
    assert "已接受，但与所属单位的数字不一致" in page.text
    assert "汇总报告为9，各单位之和为7。" in page.text


def test_lines_of_a_decisions_file_that_do_not_count_are_answered(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/decisions.csv", "decisions", reason="第3行：理由（reason）没有填")
    night.write(outbox)
    told = receipt(outbox / ORGAN, f"{ORGAN}-F000001-{SHA[:6]}")
    assert (told["status"], told["reason"], told["next_step"]["action"]) == (
        "noted", "第3行：理由（reason）没有填", "correct"
    )  # fmt: skip


def test_what_the_office_accepted_as_printed_says_so(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission()
    night.finding(state="waived", decision_note="办公室 2018-03-01：原报告如此")
    night.write(outbox)
    text = Page(outbox / ORGAN / f"{RECEIPT}.html").text
    assert "错误（办公室已按原样接受）" in text
    assert "决定：办公室 2018-03-01：原报告如此" in text


def test_explanations_stand_with_their_finding(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False)
    night.finding(lhs=Decimal(9), rhs=Decimal(6), difference=Decimal(3))
    night.cell(1, value=Decimal(9), role="likelier_wrong", suggested_value=Decimal(6))
    night.cell(2, indicator_code="fj_req_online", address="D14", printed="6", value=Decimal(6))
    night.cell(3, indicator_code="fj_req_mail_fax", address="D15", printed="0", value=Decimal(0))
    night.explanation("made_this_year", "本年与累计相差相同，是本年造成的")
    night.write(outbox)
    text = Page(outbox / ORGAN / f"{RECEIPT}.html").text
    assert "统计表!D12受理政府信息公开申请总数最可能填错96＋3" in text
    assert "统计表!D142.网络申请数6——" in text
    # a zero of the same sum is named, not listed
    assert "同一算式中另有1格是0或空白：D15。" in text
    assert "看来是：\n\n本年与累计相差相同，是本年造成的" in text
    assert "两边相差 3（9 与 6）。" in text


def test_the_table_as_read_carries_the_marks(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False)
    night.read_cell("fj_open_total", "１２３", Decimal(123))
    night.read_cell("fj_req_total", "9", Decimal(9))
    night.read_cell("fj_req_online", "", None, "missing_row")
    night.read_cell("nar_open_total_own_level", "7", Decimal(7), sheet="正文")
    night.finding()
    night.cell(1, value=Decimal(9))
    night.write(outbox)
    page = Page(outbox / ORGAN / f"{RECEIPT}.html")
    assert "主动公开文件数\n条\n１２３读作123\n" in page.text
    assert "受理政府信息公开申请总数\n件\n9 [1]\n" in page.text
    assert "2.网络申请数\n件\n缺行\n" in page.text
    assert "正文：本级政府及其工作部门主动公开\n本年\n7\n" in page.text
    html = (outbox / ORGAN / f"{RECEIPT}.html").read_text(encoding="utf-8")
    assert '<td class="value marked error">9 <a href="#f1">[1]</a></td>' in html
    assert '<article class="finding error" id="f1">' in html


def test_a_clean_report_is_told_so(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(is_nil=True)
    night.write(outbox)
    text = Page(outbox / ORGAN / f"{RECEIPT}.html").text
    assert "已接受" in text
    assert "福建省附表2017年版（fj_annex_2017），零报告" in text
    assert "没有发现问题。" in text


def test_findings_come_in_order_of_weight(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission()
    for number, (severity, rule) in enumerate(
        [("info", "V23"), ("warning", "F02"), ("error", "M01"), ("error", "F01")]
    ):
        night.finding(f"{number:012x}", severity=severity, rule_id=rule)
    night.write(outbox)
    found = [finding["rule_id"] for finding in receipt(outbox / ORGAN)["findings"]]
    assert found == ["F01", "M01", "F02", "V23"]


def test_within_a_severity_the_named_cell_and_the_larger_gap_come_first(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission()
    night.finding("0" * 12, rule_id="F01", lhs=Decimal(100), rhs=Decimal(99), difference=Decimal(1))
    night.finding("1" * 12, rule_id="F03", lhs=Decimal(2), rhs=Decimal(1), difference=Decimal(1))
    night.finding("2" * 12, rule_id="F05", lhs=Decimal(100), rhs=Decimal(99), difference=Decimal(1))
    night.cell(1, finding_id="2" * 12, role="likelier_wrong", suggested_value=Decimal(1))
    night.finding("3" * 12, rule_id="F07", state="waived")
    night.finding("4" * 12, rule_id="F09", severity="warning", outcome="uncertain")
    night.finding("5" * 12, rule_id="F11", severity="warning")
    night.write(outbox)
    found = receipt(outbox / ORGAN)["findings"]
    assert [finding["rule_id"] for finding in found] == ["F05", "F03", "F01", "F11", "F09", "F07"]
    assert [finding["number"] for finding in found] == [1, 2, 3, 4, 5, 6]


HOSTILE = {
    "file": "<script>alert(1)</script>.xlsx",
    "organ": "厦门市<b>太空</b>局",
    "message": "“<img src=x onerror=alert(2)>”不是数字 & 请改正",
    "printed": "<svg onload='alert(3)'>",
    "sheet": '"><a href="https://example.invalid">表</a>',
    "mend": "{{ 7 * 7 }}{% raw %}</td></table>",
}


def test_text_from_outside_stays_text_in_the_page(night: Night, outbox: Path) -> None:
    night.organ("XMP09999", HOSTILE["organ"])
    night.file("XMP09999/x", count=1)
    night.submission(HOSTILE["file"], organ_code="XMP09999")
    night.finding(message=HOSTILE["message"], mend=HOSTILE["mend"])
    night.cell(1, printed=HOSTILE["printed"], sheet=HOSTILE["sheet"])
    night.write(outbox)
    page = Page(outbox / "XMP09999" / f"{RECEIPT}.html")
    assert page.tags <= TAGS_OF_THE_PAGE
    assert page.attributes <= ATTRIBUTES_OF_THE_PAGE
    for text in HOSTILE.values():
        assert text in page.text
    found = receipt(outbox / "XMP09999")
    assert (found["file"], found["organ_name"]) == (HOSTILE["file"], HOSTILE["organ"])
    assert found["findings"][0]["cells"][0]["printed"] == HOSTILE["printed"]


def test_a_rejected_file_is_answered_with_its_reason_escaped(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/<script>.xlsx", "rejected", reason="文件损坏 <script>alert(1)</script>")
    assert night.write(outbox) == Written(1, 1)
    number = "XMP00101-F000001-012345"
    found = receipt(outbox / ORGAN, number)
    assert (found["status"], found["outcome"], found["file"]) == ("unreadable", "rejected", "<script>.xlsx")
    assert found["reason"] == "文件损坏 <script>alert(1)</script>"
    page = Page(outbox / ORGAN / f"{number}.html")
    assert page.tags <= TAGS_OF_THE_PAGE
    assert "未能读取" in page.text
    assert "文件损坏 <script>alert(1)</script>" in page.text


def test_the_same_bytes_again_are_called_a_repeated_file(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/again.xlsx", "duplicate", reason="内容与以前收到的文件完全相同，不另作一份报表")
    night.write(outbox)
    text = Page(outbox / ORGAN / "XMP00101-F000001-012345.html").text
    assert "重复文件" in text
    assert "未能读取" not in text


def test_a_file_of_an_unknown_folder_is_answered_under_its_hash_only(night: Night, outbox: Path) -> None:
    night.file("..%2f<nobody>/报表.xlsx", "rejected", reason="不是名录中的机构代码")
    night.file("stray.xlsx", "rejected", number=2, sha256="fe" * 32, reason="不在任何机构的文件夹中")
    assert night.write(outbox) == Written(2, 2)
    assert sorted(str(path.relative_to(outbox)) for path in outbox.rglob("*") if path.is_file()) == [
        "_unknown/0123456789ab.html",
        "_unknown/0123456789ab.json",
        "_unknown/fefefefefefe.html",
        "_unknown/fefefefefefe.json",
    ]
    assert "（名录中没有这个文件夹）" in Page(outbox / "_unknown" / "fefefefefefe.html").text


def test_the_same_bytes_in_two_unknown_folders_have_an_answer_each(night: Night, outbox: Path) -> None:
    night.file("nobody/a.xlsx", "rejected", number=1)
    night.file("noone/b.xlsx", "rejected", number=2)
    assert night.write(outbox) == Written(2, 2)
    folder = outbox / "_unknown"
    assert receipt(folder, "0123456789ab")["file"] == "a.xlsx"
    assert receipt(folder, "0123456789ab-F000002")["file"] == "b.xlsx"
    assert night.write(outbox) == Written(2, 0)


def test_what_could_not_be_read_of_a_file_beside_its_reports_is_answered_too(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/两年.csv", count=1)
    night.submission("两年.csv")
    night.finding(submission_id=None, rule_id="V03", message="第32行的 report_year “201七”不是四位年份")
    assert night.write(outbox) == Written(2, 2)
    assert receipt(outbox / ORGAN)["findings"] == []
    number = "XMP00101-F000001-012345"
    (finding,) = receipt(outbox / ORGAN, number)["findings"]
    assert finding["rule_id"] == "V03"
    assert "部分内容未能读取" in Page(outbox / ORGAN / f"{number}.html").text


def test_an_answer_is_rewritten_only_where_it_changed(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.file(f"{ORGAN}/坏.xlsx", "rejected", number=2, sha256="fe" * 32, reason="文件损坏")
    night.submission()
    assert night.write(outbox) == Written(2, 2)
    before = {path: path.stat().st_mtime_ns for path in outbox.rglob("*.*")}
    assert len(before) == 5
    assert night.write(outbox) == Written(2, 0)
    assert {path: path.stat().st_mtime_ns for path in outbox.rglob("*.*")} == before
    night.finding()
    assert night.write(outbox) == Written(2, 1)
    changed = {path.name for path, stamp in before.items() if path.stat().st_mtime_ns != stamp}
    assert changed == {f"{RECEIPT}.html", f"{RECEIPT}.json", f"{RECEIPT}.xlsx"}


def test_days_go_by_on_the_page_and_not_in_the_workbook(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False)
    night.duty(date(2018, 3, 31))
    night.write(outbox)
    before = {path.suffix: path.stat().st_mtime_ns for path in (outbox / ORGAN).iterdir()}
    night.connection.execute("UPDATE meta.build SET built_at = built_at + INTERVAL 1 DAY")
    assert night.write(outbox) == Written(1, 1)
    after = {path.suffix: path.stat().st_mtime_ns for path in (outbox / ORGAN).iterdir()}
    assert {ending for ending in before if before[ending] != after[ending]} == {".html", ".json"}
    assert "还有10天" in Page(outbox / ORGAN / f"{RECEIPT}.html").text


@pytest.mark.parametrize("lost", ["work", "outbox"])
def test_what_is_lost_is_made_again_with_the_same_bytes(night: Night, outbox: Path, lost: str) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission()
    night.read_cell("fj_open_total", "5", Decimal(5))
    night.finding()
    night.cell(1)
    night.write(outbox)
    before = {path: path.read_bytes() for path in outbox.rglob("*.*")}
    shutil.rmtree(outbox.parent / lost)
    assert night.write(outbox) == Written(1, int(lost == "outbox"))
    assert {path: path.read_bytes() for path in outbox.rglob("*.*")} == before


def test_an_answer_that_somebody_changed_is_put_right(night: Night, outbox: Path) -> None:
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission()
    night.write(outbox)
    page = outbox / ORGAN / f"{RECEIPT}.html"
    page.write_text("已接受，免检", encoding="utf-8")
    assert night.write(outbox) == Written(1, 1)
    assert "没有发现问题。" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("table", READS)
def test_every_table_that_is_declared_is_read(night: Night, outbox: Path, table: str) -> None:
    night.connection.execute(f"DROP TABLE {table}")
    with pytest.raises(duckdb.CatalogException, match=table.split(".")[1]):
        night.write(outbox)
