"""The annual report from made-up figures: what is said, what is left out, what a draft is, and both files read back."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path

import docx
import pytest

from pipelines.answers.wording import plain
from pipelines.readers import read_file
from pipelines.report.document import Report, compose
from pipelines.report.figures import Absent, Figure, ReportError, ReportFigures
from pipelines.report.page import to_html
from pipelines.report.prose import Prose, write_prose
from pipelines.report.word import to_docx
from schemas.form import load_forms
from schemas.report_phrase import PHRASES_FILE, load_report_phrases
from tests.rules.rule_world import World, judged
from tests.unit.libreoffice import converted, needs_libreoffice
from tests.unit.report_world import CITY_NAME, figures, key_of, random_cells, report_of

PHRASES = load_report_phrases()
REPLIES = {"fj_reply_total": 9, "fj_reply_granted": 3, "fj_reply_partial": 3, "fj_reply_refused": 3}


def said(world: ReportFigures) -> Prose:
    return write_prose(world, PHRASES)


def text_of(world: ReportFigures) -> str:
    return "\n".join(paragraph.text for paragraph in said(world).paragraphs)


def report(world: ReportFigures, *, is_draft: bool = False) -> Report:
    return compose(world, said(world), PHRASES.moved, is_draft=is_draft)


def test_a_change_is_said_as_it_was_published() -> None:
    published = {
        # value, year before, change, percentage
        "fj_open_total": (42938, 39129, 3809, "9.7345"),
        "fj_req_total": (1370, 1465, -95, "-6.4846"),
        "fj_reply_total": (20, 20, 0, "0"),
        "fj_reviews": (5, 0, 5, None),
        "fj_suits": (5, 9, -4, None),
        "fj_open_website": (10**7, 10**7 - 100, 100, "0.0010"),
    }
    changes = {
        code: Figure(
            Decimal(value),
            prior_value=Decimal(prior),
            change=Decimal(change),
            change_pct=Decimal(percent) if percent else None,
            prior_form_code="fj_annex_2017",
        )
        for code, (value, prior, change, percent) in published.items()
    }
    text = text_of(figures(changes=changes, year=2018))
    assert "主动公开政府信息42938条，比上年增长9.73%；收到政府信息公开申请1370件，比上年下降6.48%；" in text
    assert "答复申请20件，与上年持平。" in text
    assert "行政复议5件，上年为零，行政诉讼5件，上年为9件，基数较小，不计算百分比。" in text
    # what rounds to nothing is not said to be nothing
    assert "通过政府网站公开10000000条，比上年增长0.001%" in text


@pytest.mark.parametrize(
    ("figure", "why"),
    [
        (Figure(Decimal(9), note="上年没有数据，不计算同比"), "上年没有数据，不计算同比"),
        (
            Figure(Decimal(9), comparability="D", prior_form_code="fj_annex_2009", note="上年表样不同，口径不可比"),
            "上年表样不同，口径不可比",
        ),
        (
            Figure(Decimal(9), comparability="A", prior_form_code="fj_annex_2017", note="上年合计不完整，缺3家"),
            "上年合计不完整，缺3家",
        ),
    ],
)
def test_where_no_change_is_published_the_reason_is_said_once(figure: Figure, why: str) -> None:
    text = text_of(figures(changes={"fj_open_total": figure, "fj_req_total": figure}))
    assert "主动公开政府信息9条；收到政府信息公开申请9件；" in text
    assert text.count("未列同比的数字，原因是：") == text.count(why) == 1
    assert "比上年" not in text


def test_the_phrase_file_decides_whether_a_reason_is_said_at_the_figure(tmp_path: Path) -> None:
    changed = PHRASES_FILE.read_text(encoding="utf-8").replace("上年没有: ''", "上年没有: '（{原因}）'")
    (tmp_path / "p.yaml").write_text(changed, encoding="utf-8")
    world = figures(changes={"fj_open_total": Figure(Decimal(9), note="上年没有数据")})
    text = "\n".join(p.text for p in write_prose(world, load_report_phrases(tmp_path / "p.yaml")).paragraphs)
    assert "主动公开政府信息9条，（上年没有数据）；" in text
    assert "原因是" not in text


def test_shares_that_cannot_be_rounded_are_marked_and_the_rule_is_printed() -> None:
    world = figures(REPLIES)
    assert "同意公开3件，占约33.34%；同意部分公开3件，占33.33%；不予公开3件，占33.33%；" in text_of(world)
    assert report(world).notes[0].startswith("各项占比取两位小数；")
    # parts that do not make up the whole, a blank one, and nothing at all
    for other in ({"fj_reply_total": 10}, {"fj_reply_other": None}):
        assert "占" not in text_of(figures(REPLIES | other))
    empty = figures()
    assert "从答复结果看" not in text_of(empty)
    assert report(empty).notes == ()


def test_a_blank_is_no_zero() -> None:
    world = figures({"fj_open_website": None, "fj_req_total": 3})
    prose = said(world)
    assert not [paragraph for paragraph in prose.paragraphs if "政府网站" in paragraph.text]
    assert prose.left_out == (f"第{line_of('从公开渠道看')}行的句子没有写：“其中:1.政府网站公开数”没有数",)
    (table,) = [table for section in report(world).sections for table in section.tables]
    printed = {box.key: box.text for box in table.boxes if box.key}
    assert (printed[key_of("fj_open_website")], printed[key_of("fj_open_gazette")]) == ("", "0")


def line_of(text: str) -> int:
    lines = PHRASES_FILE.read_text(encoding="utf-8").splitlines()
    (number,) = [number for number, line in enumerate(lines, start=1) if text in line]
    return number


def test_what_is_zero_is_said_in_words() -> None:
    assert "全年没有接到行政申诉、举报。" in text_of(figures())
    assert "全年接到行政申诉、举报2件。" in text_of(figures({"fj_complaints": 2}))
    assert "全年没有发生因政府信息公开引起的行政复议和行政诉讼。" in text_of(figures(form_code="gb_2021"))
    assert "办结率" not in text_of(figures(form_code="gb_2021"))


def test_part_of_the_city_counts_only_where_it_is_complete() -> None:
    world = figures({"fj_open_total": 42938})
    parts = {
        (("level", code), key_of("fj_open_total")): Decimal(value) for code, value in (("own", 31776), ("lower", 11162))
    }
    for is_complete in (True, False):
        cells = world.cells | {place: Figure(value, is_complete=is_complete) for place, value in parts.items()}
        text = text_of(report_of(list(world.forms), cells, 2018))
        split = "其中，本级政府及其工作部门主动公开31776条，下级政府及其工作部门主动公开11162条"
        assert (split in text) == is_complete
        assert "全市各级政府及其工作部门主动公开政府信息42938条" in text


def test_an_incomplete_total_is_refused_or_a_draft() -> None:
    absent = (Absent("fj_annex_2017", "某市教育局", "held"), Absent("fj_annex_2017", "某镇", "missing"))
    world = figures({"fj_open_total": 5}, absent=absent, is_complete=False, year=2018)
    with pytest.raises(ReportError) as refusal:
        report(world)
    assert str(refusal.value) == (
        "2018年度的全市合计不完整，没有写报告。尚缺：某市教育局（扣留）、某镇（缺报）；"
        "收齐后再写，或加 --draft 写成标明“草稿”的一份"
    )
    draft = report(world, is_draft=True)
    assert draft.warnings == ("本件是草稿，数字不完整，不得对外公布。尚缺：某市教育局（扣留）、某镇（缺报）。",)
    assert all(section.heading.endswith("（草稿）") for section in draft.sections)
    document = docx.Document(io.BytesIO(to_docx(draft)))
    assert [p.text for p in document.sections[0].header.paragraphs] == ["草稿　不得对外公布"]
    assert document.paragraphs[0].text == draft.warnings[0]
    page = to_html(draft)
    assert draft.warnings[0] in page
    assert 'content: "草稿"; position: fixed' in page
    # complete, it may still be asked for as a draft, and otherwise is none
    assert report(figures(), is_draft=True).warnings == ("本件是草稿，不得对外公布。",)
    complete = report(figures())
    assert "草稿" not in to_html(complete) + "".join(
        p.text for p in docx.Document(io.BytesIO(to_docx(complete))).paragraphs
    )


def test_who_is_missing_of_a_total_that_counts_is_said_too() -> None:
    world = figures(absent=(Absent("fj_annex_2017", "某镇", "missing"),))
    assert report(world).notes == ("合计未含未报单位的数，按规定不影响合计。尚缺：某镇（缺报）。",)


def test_cells_without_a_place_and_blanks_inside_a_total_are_noted() -> None:
    world = figures(
        {"res_other[total]": 4},
        "gb_2021",
        changes={"req_new[total]": Figure(Decimal(7), cells_blank=2)},
    )
    assert report(world).notes[-2:] == (
        "下列各格有单位留空，合计未含其数：一、本年新收政府信息公开申请数量｜总计。",
        "有单位按别的行列填报，下列数字不能分入本表各格，未列入：（六）其他处理。",
    )


def test_a_difference_from_the_published_report_is_noted_in_a_draft() -> None:
    figure = Figure(Decimal(7), reported=Decimal(9), difference=Decimal(2))
    world = figures(changes={"fj_suits": figure})
    assert report(world).notes == ()
    assert report(world, is_draft=True).notes == ("与市政府自己公布的报告不同的数字：行政诉讼数：公布9，汇总7。",)


def test_text_from_outside_is_escaped() -> None:
    name = "<script>alert(1)</script>&某市\u202e\x07人民政府"
    written = report(figures(name=name))
    page = to_html(written)
    assert "<script" not in page.replace(plain("&lt;script&gt;"), "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;某市⟨U+202E⟩⟨U+0007⟩人民政府2018年" in page
    assert (
        docx.Document(io.BytesIO(to_docx(written)))
        .paragraphs[0]
        .text.startswith("<script>alert(1)</script>&某市⟨U+202E⟩⟨U+0007⟩")
    )


def test_the_same_figures_give_the_same_bytes() -> None:
    first, second = (to_docx(report(figures(REPLIES))) for _ in range(2))
    assert first == second
    package = zipfile.ZipFile(io.BytesIO(first))
    assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    core = package.read("docProps/core.xml").decode()
    assert set(re.findall(r"(\d{4})-\d\d-\d\dT", core)) == {"2000"}
    assert first != to_docx(report(figures(REPLIES | {"fj_suits": 1})))


def test_a_word_file_repeats_heads_and_names_its_fonts() -> None:
    document = docx.Document(io.BytesIO(to_docx(report(figures(form_code="gb_2021")))))
    section = document.sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    repeated = [len(table._tbl.xpath("./w:tr[w:trPr/w:tblHeader]")) for table in document.tables]
    assert repeated == [0, 3, 3]
    fonts = {
        style.name: style.element.rPr.rFonts.get(
            "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}eastAsia"
        )
        for style in document.styles
        if style.name in ("Normal", "Title", "Heading 1", "表格文字")
    }
    assert fonts == {"Normal": "仿宋_GB2312", "Title": "宋体", "Heading 1": "黑体", "表格文字": "宋体"}
    foot = "".join(paragraph._p.xml for paragraph in section.footer.paragraphs)
    assert 'w:instr="PAGE"' in foot
    assert "数字取自2025-02-01 02:03发布的全市汇总（第7夜，版本 R0001-abc）" in foot
    headings = [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Heading 1"]
    assert headings == [
        "一、总体情况", "二、主动公开政府信息情况", "三、收到和处理政府信息公开申请情况",
        "四、政府信息公开行政复议、行政诉讼情况",
    ]  # fmt: skip


@pytest.mark.parametrize("form_code", load_forms())
def test_every_edition_is_read_back_figure_by_figure_and_passes_the_rules_on_prose(form_code: str) -> None:
    form = load_forms()[form_code]
    year = form.last_year or 2024
    world = report_of([form], random_cells(form, seed=1), year)
    written = report(world)
    scene = World()
    for name, data in (("报告.docx", to_docx(written)), ("报告.html", to_html(written).encode())):
        (submission,) = read_file(data, name).submissions
        assert (submission.form_code, submission.variant) == (form_code, "")
        assert (submission.organ_name, submission.report_year) == (CITY_NAME, year)
        assert {problem.rule_id for problem in submission.problems} <= {"V09"}
        read = {cell.key: cell.value for cell in submission.cells if cell.key in world.printed}
        assert read == {key: world.at(key).value for key in form.cells()}
        scene.read(submission, organ="CITY", basis="published")
    prose = [o for o in judged(scene).outcomes if o.rule_id.startswith("N")]
    assert [(o.rule_id, o.scope, o.note, o.message) for o in prose if o.outcome in ("fail", "uncertain")] == []
    passed = {o.rule_id for o in prose if o.outcome == "pass"}
    assert {"N05a", "N05b", "N05c"} <= passed
    if form_code != "xm_supplement_2017":
        assert {"N01", "N03", "N06"} <= passed


@needs_libreoffice
def test_another_program_opens_the_word_file_and_reads_the_same() -> None:
    written = report(
        figures(REPLIES, absent=(Absent("fj_annex_2017", "某镇", "missing"),), is_complete=False), is_draft=True
    )
    done = converted({"报告.docx": to_docx(written)}, "txt:Text (encoded):UTF8")
    text = done["报告"].decode("utf-8-sig")
    for section in written.sections:
        assert section.heading in text
        for paragraph in section.paragraphs:
            assert paragraph in text
    assert written.title in text
    assert written.warnings[0] in text
