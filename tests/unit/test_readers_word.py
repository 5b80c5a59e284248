"""What a Word file prints: text, tables, lists - and what is not there."""

from __future__ import annotations

import pytest

from pipelines.readers.document import Document
from pipelines.readers.grid import Grid, Printed, Span
from pipelines.readers.model import Limits
from pipelines.readers.word.document import read_docx
from tests.unit.reader_files import rejection
from tests.unit.word_files import STRICT, W, p, package, r, tbl, tc, tr


def read(body: str, **options: str) -> Document:
    return read_docx(package(body, **options), Limits())


def grid(body: str, **options: str) -> Grid:
    """The one table."""
    (only,) = read(body, **options).grids
    return only


def lines(body: str, **options: str) -> list[str]:
    """The running text."""
    return [paragraph.text for paragraph in read(body, **options).paragraphs]


def rows(table: Grid) -> list[str]:
    """The rows, their cells parted by |; a cell that is merged into another is empty."""
    texts = {position: printed.text for position, printed in table.cells.items()}
    lines = ("|".join(texts.get((line, column), "") for column in range(table.width)) for line in range(table.height))
    return [line.rstrip("|") for line in lines]


def field(*parts: str) -> str:
    """Runs of a complex field: | stands for each of its marks in order begin, separate, end."""
    marks = iter(["begin", "separate", "end"] if parts.count("|") == 3 else ["begin", "end"])
    return "".join(MARK.format(next(marks)) if part == "|" else part for part in parts)


def code(text: str) -> str:
    return f"<w:r><w:instrText>{text}</w:instrText></w:r>"


def form_field(data: str, *result: str) -> str:
    begin = f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'
    separate, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("separate", "end"))
    return begin + code("FORMTEXT") + separate + "".join(result) + end


def box(*content: str) -> str:
    """A text box as Word writes it: twice, for newer and for older programs."""
    inner = f"<w:txbxContent>{''.join(content)}</w:txbxContent>"
    shape = f"<wps:wsp><wps:txbx>{inner}</wps:txbx></wps:wsp>"
    drawing = f"<w:drawing><a:graphic><a:graphicData>{shape}</a:graphicData></a:graphic></w:drawing>"
    picture = f"<w:pict><v:shape><v:textbox>{inner}</v:textbox></v:shape></w:pict>"
    choice = f'<mc:Choice Requires="wps">{drawing}</mc:Choice><mc:Fallback>{picture}</mc:Fallback>'
    return f"<w:r><mc:AlternateContent>{choice}</mc:AlternateContent></w:r>"


def control(content: str, properties: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def embedded(program: str) -> str:
    picture = '<v:shape><v:imagedata r:id="r9"/></v:shape>'
    return f'<w:r><w:object>{picture}<o:OLEObject Type="Embed" ProgID="{program}"/></w:object></w:r>'


MARK = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
RAISED = '<w:vertAlign w:val="superscript"/>'
PROMPT = "<w:showingPlcHdr/>"
SYMBOL = '<w:r><w:sym w:font="{}" w:char="{}"/></w:r>'

CELLS = {
    "plain": (p("12"), "12", ""),
    "split over runs": (p("1", "2", "5"), "125", ""),
    "two paragraphs": (p("一、") + p("12"), "一、\n12", ""),
    "tab, break, hyphens": (
        p("<w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>24</w:t></w:r>")
        + p("<w:r><w:t>12\u00ad3</w:t><w:softHyphen/><w:t>4</w:t></w:r>"),
        "a\tb\nc-24\n1234",
        "",
    ),
    "inserted": (p("1", f"<w:ins>{r('2')}</w:ins>", f"<w:moveTo>{r('3')}</w:moveTo>"), "123", ""),
    "deleted": (
        p("1", "<w:del><w:r><w:delText>2</w:delText></w:r></w:del>", f"<w:moveFrom>{r('3')}</w:moveFrom>"),
        "1",
        "",
    ),
    "deleted paragraph end": (p("12", properties="<w:rPr><w:del/></w:rPr>") + p("5"), "125", ""),
    "hidden": (p("12", r("3", "<w:vanish/>"), r("4", '<w:vanish w:val="0"/>')), "124", ""),
    "hidden by style": (p("12", r("3", '<w:rStyle w:val="Hidden"/>')), "12", ""),
    "shown though its style hides": (p("12", r("3", '<w:rStyle w:val="Hidden"/><w:vanish w:val="false"/>')), "123", ""),
    "raised mark": (p("12", r("3", RAISED)), "12（3）", ""),
    "raised mark by style": (p("12", r("①", '<w:rStyle w:val="Mark"/>')), "12（①）", ""),
    "raised mark in brackets": (p("12", r("[3]", RAISED), "件"), "12（3）件", ""),
    "raised by hand": (p("12", r("3", '<w:position w:val="8"/>')), "12（3）", ""),
    "raised as a whole": (p(r("1", RAISED), r("2", RAISED)), "12", ""),
    "struck out and written anew": (p(r("15"), r("12", "<w:strike/>")), "15（划去：12）", ""),
    "struck out": (p(r("12", "<w:dstrike/>")), "（划去：12）", ""),
    "a mark before": (p(r("1", RAISED), "25"), "（1）25", ""),
    "mark of a note": (
        p("12", '<w:r><w:rPr><w:rStyle w:val="Mark"/></w:rPr><w:footnoteReference w:id="2"/></w:r>'),
        "12",
        "",
    ),
    "formula with its result": (p(field("|", code("=SUM(ABOVE)"), "|", r("125"), "|")), "125", ""),
    "formula without a result": (p(field("|", code("=SUM(ABOVE)"), "|")), "", "formula"),
    "formula with an empty result": (p(field("|", code(" =SUM(ABOVE)"), "|", r(" "), "|")), " ", "formula"),
    "simple field": (p(f'<w:fldSimple w:instr="=A1">{r("7")}</w:fldSimple>'), "7", ""),
    "simple field without a result": (p('<w:fldSimple w:instr="=A1"/>'), "", "formula"),
    "field in the code of a field": (
        p(field("|", code("IF "), field("|", code("REF a"), "|", r("8"), "|"), code(" = 8"), "|", r("9"), "|")),
        "9",
        "",
    ),
    "field in the result of a field": (
        p(field("|", code("QUOTE"), "|", r("1"), field("|", code("REF a"), "|", r("2"), "|"), r("3"), "|")),
        "123",
        "",
    ),
    "composed of a code": (p("12", field("|", code(r"EQ \o\ac(○,1)"), "|")), "12", "formula"),
    "a link": (
        p(field("|", code("HYPERLINK a"), "|", r("12"), "|"), f"<w:hyperlink>{r('3')}</w:hyperlink>"),
        "123",
        "",
    ),
    "a lone mark of a field": (p('<w:r><w:fldChar w:fldCharType="begin"/></w:r>', "12"), "12", ""),
    "form field": (p(form_field("<w:textInput/>", r("12"))), "12", ""),
    "form field not filled": (p(form_field("<w:textInput/>", r("\u2002\u2002"))), None, ""),
    "checked box": (p(form_field("<w:checkBox><w:checked/></w:checkBox>"), "是"), "☑是", ""),
    "box not checked": (p(form_field('<w:checkBox><w:default w:val="0"/></w:checkBox>'), "否"), "☐否", ""),
    "list": (
        p(form_field('<w:ddList><w:result w:val="1"/><w:listEntry w:val="否"/><w:listEntry w:val="是"/></w:ddList>')),
        "是",
        "",
    ),
    "ruby": (p(f"<w:r><w:ruby><w:rt>{r('shí')}</w:rt><w:rubyBase>{r('十')}</w:rubyBase></w:ruby></w:r>"), "十", ""),
    "full width": (p("１２３"), "１２３", ""),
    "signs": (
        p(SYMBOL.format("Wingdings", "F0FE"), SYMBOL.format("Symbol", "F031"), SYMBOL.format("宋体", "2605")),
        "☑1★",
        "",
    ),
    "a sign that nobody knows": (p("12", SYMBOL.format("Webdings", "F031")), "12\ufffd", ""),
    "content control": (p(control(r("12"))), "12", ""),
    "content control round paragraphs": (control(p("1") + p("2")), "1\n2", ""),
    "content control not filled": (p(control(r("单击此处输入文字。"), PROMPT)), None, ""),
    "equation": (
        p(
            "<m:oMath><m:r><m:t>12</m:t></m:r><m:sSup><m:e><m:r><m:t>5</m:t></m:r></m:e>"
            "<m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>"
        ),
        "125（2）",
        "",
    ),
    "fraction": (
        p("<m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:d><m:r><m:t>2</m:t></m:r></m:d></m:den></m:f>"),
        "1/(2)",
        "",
    ),
    "text box over an empty cell": (p(box(p("12"))), "12", ""),
    "frame": (tbl(tr("12")), "12", ""),
    "white space": (p(" \u3000"), None, ""),
    "names of smart tags": (p(f"<w:smartTag>{r('12')}</w:smartTag><w:bookmarkStart/><w:proofErr/>"), "12", ""),
}
STYLES = (
    '<w:style w:type="character" w:styleId="Hidden"><w:rPr><w:vanish/></w:rPr></w:style>'
    f'<w:style w:type="character" w:styleId="Raised"><w:rPr>{RAISED}</w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="Mark"><w:basedOn w:val="Raised"/></w:style>'
    '<w:style w:type="character" w:styleId="Loop"><w:basedOn w:val="Loop"/></w:style>'
)


@pytest.mark.parametrize(("content", "text", "flag"), CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("namespace", [W, STRICT], ids=["transitional", "strict"])
def test_a_cell_is_what_it_prints(content: str, text: str | None, flag: str, namespace: str) -> None:
    table = grid(tbl(tr("是"), tr(tc(content))), styles=STYLES, namespace=namespace)
    expected = {} if text is None else {(1, 0): Printed(text, flag)}
    assert table.cells == {(0, 0): Printed("是"), **expected}


def test_all_of_it_in_one_file() -> None:
    lines_of = "".join(tr(name, tc(content)) for name, (content, _, _) in CELLS.items())
    assert grid(tbl(lines_of), styles=STYLES).cells == {
        **{(line, 0): Printed(name) for line, name in enumerate(CELLS)},
        **{(line, 1): Printed(text, flag) for line, (_, text, flag) in enumerate(CELLS.values()) if text is not None},
    }


def test_cells_stand_where_they_are_printed() -> None:
    table = grid(
        tbl(
            tr(tc("事项", down="restart"), tc("申请人", span=2), tc("总计", down="restart")),
            tr(tc(down="continue"), "自然人", "法人", tc("不印", down="continue")),
            tr(tc("旧式", properties='<w:hMerge w:val="restart"/>'), tc("不印", properties="<w:hMerge/>"), "3", "4"),
            tr("5", "6", properties='<w:gridBefore w:val="1"/><w:gridAfter w:val="1"/>'),
            tr(control(tc("7"))),
            control(tr("8", tc("9", span=3))),
            tr(control(tc("单击此处"), PROMPT), "10"),
        )
    )
    assert rows(table) == ["事项|申请人||总计", "|自然人|法人", "旧式||3|4", "|5|6", "7", "8|9", "|10"]
    assert sorted(table.spans, key=lambda span: (span.top, span.left)) == [
        *(Span(0, 0, 1, 0), Span(0, 1, 0, 2), Span(0, 3, 1, 3)),
        *(Span(2, 0, 2, 1), Span(5, 1, 5, 3)),
    ]
    assert (table.sheet, table.where((5, 2))) == ("表1", "第6行第2列")


def test_a_cell_that_goes_on_from_nothing_is_a_cell_of_its_own() -> None:
    table = grid(
        tbl(
            tr(tc("1", down="continue"), "2"),
            tr(tc("不印", down="continue"), "3"),
            tr(tc("4", span=2, down="continue")),
            tr("5", tc("6", down="continue")),
        )
    )
    assert rows(table) == ["1|2", "|3", "4", "5|6"]
    assert sorted(table.spans, key=lambda span: span.top) == [Span(0, 0, 1, 0), Span(2, 0, 2, 1)]


def test_rows_and_cells_that_are_deleted_or_hidden_are_gone() -> None:
    hidden = r("3", "<w:vanish/>")
    table = grid(
        tbl(
            tr(tc("甲", down="restart"), "1"),
            tr(tc(down="continue"), "2", properties="<w:del/>"),
            tr(tc(down="continue"), tc(p(hidden)), properties="<w:hidden/>"),
            tr(tc(down="continue"), "4", properties="<w:ins/>"),
            tr(
                tc("不要", properties="<w:cellDel/>"),
                tc("乙", properties="<w:cellIns/>"),
                "5",
                properties="<w:hidden/>",
            ),
            tr(tc("丙", properties='<w:cellMerge w:vMerge="rest"/>'), "6"),
            tr(tc("不印", properties='<w:cellMerge w:vMerge="cont"/>'), "7"),
        )
    )
    assert rows(table) == ["甲|1", "|4", "乙|5", "丙|6", "|7"]
    assert table.spans == [Span(0, 0, 1, 0), Span(3, 0, 4, 0)]


def test_tables_in_cells_text_boxes_and_controls_are_tables_of_their_own() -> None:
    document = read(
        p("标题", box(p("框中的话"), tbl(tr("框", "1"))))
        + tbl(tr("外", tc(p("说明"), tbl(tr("内", "2"), tr("内", "3")))), tr(tc(p("有字", box(p("旁注")))), "4"))
        + control(tbl(tr("控", "5")))
        + p("完")
    )
    assert [(table.sheet, *rows(table)) for table in document.grids] == [
        ("表1", "框|1"),
        ("表2", "外|说明", "有字|4"),
        ("表3", "内|2", "内|3"),
        ("表4", "控|5"),
    ]
    assert list(document.paragraphs) == [
        ("正文", "第1段", "标题"),
        ("正文", "第2段", "框中的话"),
        ("正文", "第3段", "旁注"),
        ("正文", "第4段", "完"),
    ]


def test_running_text_as_it_stands_after_all_changes() -> None:
    body = (
        p("2024年，本机关", properties='<w:rPr><w:del w:id="1"/></w:rPr>')
        + p("主动公开")
        + p()
        + control(p("此处填写"), PROMPT)
        + f"<w:moveFrom>{p('移走')}</w:moveFrom><w:ins>{p('加入')}</w:ins>"
        # a field that begins in one paragraph and ends in another
        + p(MARK.format("begin"), code("TOC"), MARK.format("separate"), "一、总体")
        + p("二、", MARK.format("end"))
    )
    assert lines(body) == ["2024年，本机关主动公开", "加入", "一、总体", "二、"]


LEVEL = '<w:lvl w:ilvl="{}"><w:start w:val="{}"/><w:numFmt w:val="{}"/><w:lvlText w:val="{}"/>{}</w:lvl>'
NUMBERING = (
    '<w:abstractNum w:abstractNumId="1">'
    + LEVEL.format(0, 1, "chineseCounting", "%1、", "")
    + LEVEL.format(1, 1, "chineseCountingThousand", "（%2）", '<w:pStyle w:val="Second"/>')
    + LEVEL.format(2, 1, "decimal", "%3.", "")
    + LEVEL.format(3, 1, "decimal", "%1.%3.%4", "<w:isLgl/>")
    + LEVEL.format(4, 1, "bullet", "\uf0b7", "")
    + '</w:abstractNum><w:abstractNum w:abstractNumId="2">'
    + LEVEL.format(0, 3, "decimalEnclosedCircle", "%1", '<w:lvlRestart w:val="0"/>')
    + '</w:abstractNum><w:abstractNum w:abstractNumId="3"><w:numStyleLink w:val="Linked"/></w:abstractNum>'
    + '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num>'
    + '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    + '<w:num w:numId="3"><w:abstractNumId w:val="1"/>'
    + '<w:lvlOverride w:ilvl="2"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    + '<w:num w:numId="4"><w:abstractNumId w:val="2"/></w:num>'
    + '<w:num w:numId="5"><w:abstractNumId w:val="3"/></w:num>'
)
NUMBERED = (
    '<w:style w:type="paragraph" w:styleId="Second"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    '<w:style w:type="numbering" w:styleId="Linked"><w:pPr><w:numPr><w:numId w:val="4"/></w:numPr></w:pPr></w:style>'
)


def item(text: str, level: int, list_id: int = 1, more: str = "") -> str:
    return p(text, properties=f'{more}<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>')


def test_numbers_that_lists_print_are_there() -> None:
    second = '<w:pStyle w:val="Second"/>'
    body = (
        item("新收", 0)
        + item("结转", 0)
        + item("办理结果", 0)
        + p("予以公开", properties=second)
        + tbl(
            tr(tc(p("不予公开", properties=second)), tc(item("国家秘密", 2)), "1"),
            tr("", tc(item("法律禁止", 2, 2)), "2"),
            tr(tc(p("不予处理", properties=second)), tc(item("信访", 2)), "3", properties="<w:del/>"),
            tr(tc(p("不予处理", properties=second)), tc(item("信访", 2)), tc(item("4", 2))),
            tr(tc(item("重新", 2, 3)), tc(item("下级", 3)), tc(item("点", 4))),
        )
        + item("", 0, more="<w:rPr><w:del/></w:rPr>")
        + item("已删的段，与下一段相连；", 0, more="<w:rPr><w:del/></w:rPr>")
        + item("不编号", 0, 0)
        + item("", 0, more="<w:rPr><w:vanish/></w:rPr>")
        + p("不编号", properties=second + '<w:numPr><w:numId w:val="0"/></w:numPr>')
        + item("不存在的编号", 0, 77)
        + item("圈", 0, 4)
        + item("圈", 0, 5)
    )
    document = read(body, styles=NUMBERED, numbering=NUMBERING)
    assert [paragraph.text for paragraph in document.paragraphs] == [
        *("一、 新收", "二、 结转", "三、 办理结果", "（一） 予以公开"),
        *("已删的段，与下一段相连；不编号", "不编号", "不存在的编号", "③ 圈", "④ 圈"),
    ]
    assert rows(document.grids[0]) == [
        "（二） 不予公开|1. 国家秘密|1",
        "|2. 法律禁止|2",
        "（三） 不予处理|1. 信访|2. 4",
        "1. 重新|3.1.1 下级|点",
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (tbl(tr("1")) + p(embedded("Excel.Sheet.12")), "嵌有 Excel 表格对象"),
        (tbl(tr(tc(p(embedded("Excel.SheetMacroEnabled.12"))))), "嵌有 Excel 表格对象"),
        (p(embedded("Word.Document.12")), "嵌有另一个 Word 文件的对象"),
        (p("正文") + '<w:altChunk r:id="r1"/>', "插入了另一个文件"),
        (p("<w:r><w:drawing><pic:pic/></w:drawing></w:r>"), "只有图片"),
        (p("<w:r><w:pict><v:shape><v:imagedata/></v:shape></w:pict></w:r>") + tbl(tr("", "")), "只有图片"),
        (p() + tbl(tr("")), "是空的"),
    ],
)
def test_what_cannot_be_read_is_said_instead_of_missed(body: str, said: str) -> None:
    rule, message = rejection(package(body), "年报.docx")
    assert rule == "V01"
    assert said in message
