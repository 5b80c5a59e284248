"""The phrase file of the annual report: what it may say, and that every fault is told with its line."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from schemas.form import CellKey, load_forms
from schemas.report_phrase import CHANGES, PHRASES_FILE, Ask, PhraseError, Placeholder, Term, load_report_phrases

SMALL = """\
标题: '{机构}{年}年政府信息公开工作年度报告'
调整的份额: '约'
同比: {增: 多, 减: 少, 平: '', 上年为零: '', 基数小: '', 上年没有: '', 表样不同: '', 其他: ''}
简称:
  - 表样: [gb_2021]
    名称: 收办
    各格: 'req_new[total] + req_carried_in[total]'
份额:
  - 表样: [fj_annex_2017]
    合计: fj_reply_total
    各项: [fj_reply_granted, fj_reply_partial]
句子:
  - 表样: [gb_2021]
    标题: 一、总体情况
    写法: '收办{收办}件【，占{比率 res_total[total] / 收办}%】。'
  - 表样: [fj_annex_2017]
    标题: 一、概述
    写法: '同意{fj_reply_granted}件【，占{占比 fj_reply_granted}%】。'
"""


def load(folder: Path, text: str | bytes) -> None:
    path = folder / "句子.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    load_report_phrases(path)


def test_the_file_of_the_house_is_well_formed_and_speaks_of_every_edition() -> None:
    phrases = load_report_phrases()
    assert {sentence.form_code for sentence in phrases.sentences} == set(load_forms())
    assert tuple(phrases.changes) == CHANGES
    # a code, its sentence's line, as the office finds it in the file
    lines = PHRASES_FILE.read_text(encoding="utf-8").splitlines()
    assert all("写法" in lines[sentence.line - 1] for sentence in phrases.sentences)


def test_a_short_name_stands_for_its_cells_and_a_part_in_brackets_is_optional(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    first, _ = load_report_phrases(tmp_path / "句子.yaml").sentences
    both = tuple(Term(Decimal(1), CellKey(code, "total", "annual")) for code in ("req_new", "req_carried_in"))
    asked = list(first.placeholders)
    assert asked[0] == Placeholder(Ask.FIGURE, terms=both)
    assert (asked[1].ask, asked[1].divisor) == (Ask.RATE, both)
    assert [segment.is_optional for segment in first.segments] == [False, True, False]


@pytest.mark.parametrize(
    ("good", "bad", "line", "said"),
    [
        (
            "收办{收办}件",
            "收办{收件}件",
            15,
            "没有占位符 {收件}；gb_2021 可用：{年}、{机构}、{单位数}、{同比说明}、{收办}",
        ),
        ("收办{收办}件", "收办{req_newer[total]}件", 15, "表样 gb_2021 没有这一格：req_newer[total]"),
        ("收办{收办}件", "收办{req_new}件", 15, "表样 gb_2021 没有这一格：req_new"),
        ("收办{收办}件", "收办{req_new[total] * 2}件", 15, "不是指标代码"),
        ("收办{收办}件", "收办{3}件", 15, "只能有指标代码"),
        ("收办{收办}件", "收办{prior(req_new[total])}件", 15, "只能有指标代码"),
        ("收办{收办}件", "收办{收办件", 15, "{ 与 } 没有成对"),
        ("%】。'\n  - 表样", "%。'\n  - 表样", 15, "【 与 】没有成对"),
        ("收办{收办}件", "【收办】{收办}件", 15, "没有占位符，永远不会省去"),
        ("收办{收办}件", "{同比 收办}", 15, "“同比”只能用于表里的一格"),
        ("res_total[total] / 收办", "res_total[total]", 15, "“比率”要写成"),
        ("{占比 fj_reply_granted}", "{占比 fj_reply_refused}", 18, "不在 fj_annex_2017 的任何一组“份额”里"),
        ("  - 表样: [gb_2021]\n    标题", "  - 表样: [gb_2020]\n    标题", 13, "没有名为“gb_2020”的表样"),
        ("    标题: 一、概述", "    题目: 一、概述", 17, "没有“题目”这一项"),
        ("    标题: 一、概述\n", "", 16, "缺少“标题”"),
        ("    标题: 一、概述", "    标题: [一, 概述]", 17, "“标题”应是一句话"),
        ("    标题: 一、概述", "    标题: 一、概述\n    标题: 二", 18, "写法有误"),
        ("标题: '{机构}{年}", "标题: '{机构}{fj_req_total}", 1, "标题里只能用 {机构} 和 {年}"),
        ("标题: '{机构}{年}", "标题: '{机构}", 1, "标题里要有 {机构} 和 {年}"),
        ("增: 多", "增: '多{几成}'", 3, "“同比”里没有 {几成}；可用：{百分比}、{上年数}、{单位}、{原因}"),
        ("其他: ''}", "其它: ''}", 3, "没有“其它”这一项"),
        ("各项: [fj_reply_granted, fj_reply_partial]", "各项: [fj_reply_granted]", 9, "至少要有两项"),
        ("名称: 收办", "名称: 同比", 6, "不能是占位符自己的词"),
        ("句子:", "句子: 无\n旧句子:", 13, "没有“旧句子”这一项"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, good: str, bad: str, line: int, said: str) -> None:
    assert SMALL.count(good) == 1
    with pytest.raises(PhraseError) as error:
        load(tmp_path, SMALL.replace(good, bad))
    assert str(error.value).startswith(f"句子.yaml 第{line}行：") or f"第{line}行：写法有误" in str(error.value)
    assert said in str(error.value)


def test_a_part_has_one_share(tmp_path: Path) -> None:
    again = "份额:\n  - {表样: [fj_annex_2017], 合计: fj_req_total, 各项: [fj_reply_granted, fj_req_online]}\n"
    with pytest.raises(PhraseError, match="第10行：有一项在第9行的份额里已经有了"):
        load(tmp_path, SMALL.replace("份额:\n", again))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("标题: '没有完".encode(), "写法有误"),
        ("标题：全角".encode("gb18030"), "不是 UTF-8"),
        (b"- a\n- b\n", "这里应有：标题"),
        (b"", "这里应有：标题"),
        (b"!!python/object/apply:os.system ['true']", "写法有误"),
    ],
)
def test_what_is_no_phrase_file_is_said(tmp_path: Path, text: bytes, said: str) -> None:
    with pytest.raises(PhraseError, match=said):
        load(tmp_path, text)
    with pytest.raises(PhraseError, match="读不了"):
        load_report_phrases(tmp_path / "没有.yaml")
