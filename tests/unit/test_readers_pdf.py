"""PDFs drawn by hand: what stands in which cell, what goes on over a page, and what cannot be read for certain."""

from __future__ import annotations

import pytest

from pipelines.readers.document import Document
from pipelines.readers.grid import Grid, Span
from pipelines.readers.model import Limits
from pipelines.readers.pdf import GARBLED, read_pdf
from pipelines.readers.reject import RejectedError
from tests.unit.pdf_files import drawn, ruled, stream, table, text

HEAD = ["信息内容", "本年处理决定数量"]
NOT_SAID = "\N{REPLACEMENT CHARACTER}"


def read(data: bytes) -> Document:
    return read_pdf(data, Limits())


def one(data: bytes) -> Grid:
    (grid,) = read(data).grids
    return grid


def rows(grid: Grid) -> list[list[str]]:
    """What is printed in each cell, '' for none; of a merged one in its first."""
    cells = [[(row, column) for column in range(grid.width)] for row in range(grid.height)]
    return [[grid.cells[place].text if place in grid.cells else "" for place in line] for line in cells]


def refused(data: bytes) -> tuple[str, str]:
    with pytest.raises(RejectedError) as caught:
        read(data)
    return caught.value.rule_id, caught.value.reason


def figure(*drawing: str, **options: str) -> tuple[str, str]:
    """Text and flag of the cell to the right of 行政许可, into which something is drawn at (220, 666)."""
    grid = one(drawn(table([HEAD, ["行政许可", ""]]) + "".join(drawing), **options))
    printed = grid.at((1, 1))
    return printed.text, printed.flag


def test_a_table_and_the_text_around_it() -> None:
    content = (
        text(180, 780, "某局2024年年度报告", 20)
        + text(60, 720, "第二十条第（五）项")
        + table([HEAD, ["行政许可", "550"]])
    )
    document = read(drawn(content + text(290, 20, "- 1 -")))
    (grid,) = document.grids
    assert (grid.sheet, grid.has_letters, rows(grid)) == ("第1页表1", False, [HEAD, ["行政许可", "550"]])
    assert grid.where((1, 1)) == "第2行第2列"
    assert [tuple(item) for item in document.paragraphs] == [
        ("正文", "第1页", "某局2024年年度报告"),
        ("正文", "第1页", "第二十条第（五）项"),
    ]


def test_cells_over_several_lines_are_spans_and_broken_labels_are_joined_by_line_breaks() -> None:
    lines = (
        ruled([60, 120, 220, 320], [700, 640])
        + "120 670 m 320 670 l S 60 610 m 60 640 l S 320 610 m 320 640 l S 60 610 m 320 610 l S "
    )
    words = [(65, 685, "三"), (65, 673, "、"), (65, 661, "本"), (65, 649, "年"), (125, 690, "不予"), (125, 678, "公开")]
    words += [(225, 680, "12"), (125, 650, "其他"), (225, 650, "7"), (65, 620, "四、结转")]
    grid = one(drawn(lines + "".join(text(*word) for word in words)))
    assert rows(grid) == [["三\n、\n本\n年", "不予\n公开", "12"], ["", "其他", "7"], ["四、结转", "", ""]]
    assert set(grid.spans) == {Span(0, 0, 1, 0), Span(2, 0, 2, 2)}


def test_text_over_a_border_belongs_to_the_cell_in_which_its_middle_lies() -> None:
    # the first digit begins left of the line between the columns at x = 210
    assert figure(text(208, 666, "5"), text(225, 666, "6")) == ("5 6", "")
    grid = one(drawn(table([HEAD, ["行政许可", ""]]) + text(203, 666, "5")))
    assert rows(grid)[1] == ["行政许可 5", ""]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_page_that_is_shown_turned_is_read_as_shown_or_as_its_text_stands(rotation: int) -> None:
    drawing = table([HEAD, ["行政许可", "550"]])
    assert rows(one(drawn(drawing, page=f"/Rotate {rotation}"))) == [HEAD, ["行政许可", "550"]]


@pytest.mark.parametrize("matrix", ["0 1 -1 0 595 0", "-1 0 0 -1 595 842", "0 -1 1 0 0 842"])
def test_a_table_printed_sideways_is_turned(matrix: str) -> None:
    drawing = table([HEAD, ["行政许可", "550"]], top=300)
    assert rows(one(drawn(f"q {matrix} cm {drawing} Q"))) == [HEAD, ["行政许可", "550"]]


def test_a_table_without_lines_at_its_sides_and_below() -> None:
    lines = (
        "60 700 m 360 700 l S 60 680 m 360 680 l S 60 660 m 360 660 l S 210 640 m 210 700 l S 280 640 m 280 700 l S "
    )
    words = [
        (65, 686, "信息内容"),
        (215, 686, "甲"),
        (285, 686, "乙"),
        (65, 666, "规章"),
        (215, 666, "3"),
        (285, 666, "4"),
    ]
    words += [(65, 646, "合计"), (215, 646, "5"), (285, 646, "6")]
    grid = one(drawn(lines + "".join(text(*word) for word in words)))
    assert rows(grid) == [["信息内容", "甲", "乙"], ["规章", "3", "4"], ["合计", "5", "6"]]


def test_a_frame_inside_a_cell_is_no_cell() -> None:
    assert figure("215 662 40 14 re S ", text(220, 666, "550")) == ("550", "")


# --- page breaks


def broken(
    upper: list[list[str]], lower: list[list[str]], between: str = "", above: str = "", **options: str
) -> Document:
    """A table at the end of a page and one at the beginning of the next, with text between them."""
    first = table(upper, top=60 + 20 * len(upper)) + between + text(290, 20, "- 1 -")
    return read(drawn(first, table(lower, top=760) + above + text(290, 20, "- 2 -"), **options))


def test_a_table_goes_on_over_the_page_break() -> None:
    (grid,) = broken([HEAD, ["行政处罚", "4119"]], [["行政强制", "195"]]).grids
    assert (grid.sheet, rows(grid)) == ("第1页表1", [HEAD, ["行政处罚", "4119"], ["行政强制", "195"]])


def test_heads_that_are_repeated_are_left_out() -> None:
    (grid,) = broken([HEAD, ["行政处罚", "4119"]], [HEAD, ["行政强制", "195"]]).grids
    assert rows(grid) == [HEAD, ["行政处罚", "4119"], ["行政强制", "195"]]


@pytest.mark.parametrize("where", ["between", "above"])
def test_text_between_parts_a_table_and_its_next(where: str) -> None:
    caption = text(60, 45 if where == "between" else 790, "第二十条第（六）项")
    document = broken([HEAD, ["行政许可", "550"]], [HEAD, ["行政处罚", "4119"]], **{where: caption})
    assert [rows(grid) for grid in document.grids] == [[HEAD, ["行政许可", "550"]], [HEAD, ["行政处罚", "4119"]]]
    assert [item.text for item in document.paragraphs] == ["第二十条第（六）项"]


def test_a_header_on_every_page_parts_nothing() -> None:
    first = table([HEAD, ["行政处罚", "4119"]], top=100) + text(60, 800, "政府信息公开年报第一部分 12")
    second = table([["行政强制", "195"]], top=760) + text(60, 800, "政府信息公开年报第一部分 13")
    document = read(drawn(first, second))
    assert [rows(grid) for grid in document.grids] == [[HEAD, ["行政处罚", "4119"], ["行政强制", "195"]]]
    assert document.paragraphs == []


def test_other_columns_are_another_table() -> None:
    first = table([HEAD, ["行政许可", "550"]], top=100)
    second = table([["规章", "1"]], top=760, width=140)
    assert len(read(drawn(first, second)).grids) == 2


GROUP = "三、本年度办理结果"
SPLITS = {
    "the label above, the figures below": (["1.属于国家秘密", "", ""], ["", "3", "0"], ["1.属于国家秘密", "3", "0"]),
    "the figures above, the label below": (["", "3", "0"], ["1.属于国家秘密", "", ""], ["1.属于国家秘密", "3", "0"]),
    "the label goes on": (["1.属于", "3", "0"], ["国家秘密", "", ""], ["1.属于\n国家秘密", "3", "0"]),
}


@pytest.mark.parametrize("name", SPLITS)
def test_a_row_that_the_break_goes_through_is_one_row(name: str) -> None:
    upper, lower, whole = SPLITS[name]
    head, last = ["行名", "自然人", "总计"], ["2.重复申请", "4", "5"]
    (grid,) = broken([head, upper], [lower, last]).grids
    assert rows(grid) == [head, whole, last]


NOT_ONE = {
    "two rows": (["1.属于国家秘密", "", ""], ["2.重复申请", "3", "0"]),
    "a label that nobody knows": (["1.属于", "3", "0"], ["什么", "", ""]),
    "figures in both parts": (["1.属于国家秘密", "3", ""], ["", "", "0"]),
    "figures over figures": (["1.属于国家秘密", "3", "1"], ["", "4", "0"]),
    "a row without figures": (["1.属于国家秘密", "3", "1"], ["2.重复申请", "", ""]),
}


@pytest.mark.parametrize("name", NOT_ONE)
def test_rows_that_may_be_two_stay_two(name: str) -> None:
    upper, lower = NOT_ONE[name]
    (grid,) = broken([["行名", "自然人", "总计"], upper], [lower, ["3.其他", "5", "6"]]).grids
    assert rows(grid)[1:3] == [upper, lower]


def test_a_group_label_stands_for_the_rows_on_both_pages() -> None:
    upper = [["组", "行名", "总计"], ["（三）不予公开", "1.属于国家秘密", "3"]]
    (grid,) = broken(upper, [["", "8.属于行政查询事项", "4"], ["（七）总计", "", "7"]]).grids
    assert grid.text(2, 0) == "（三）不予公开"
    assert Span(1, 0, 2, 0) in grid.spans
    assert grid.text(3, 0) == "（七）总计"


def test_an_empty_figure_below_is_not_the_figure_above() -> None:
    (grid,) = broken([["行名", "自然人", "总计"], ["1.属于国家秘密", "3", "3"]], [["2.重复申请", "", "5"]]).grids
    assert rows(grid)[2] == ["2.重复申请", "", "5"]


# --- characters


def test_digits_in_pieces_keep_their_order_and_wide_ones_stay_wide() -> None:
    assert figure(text(231.12, 666, "3"), text(220, 666, "1"), text(225.56, 666, "2")) == ("123", "")
    assert figure(text(220, 666, "１２３")) == ("１２３", "")


def test_bold_made_by_printing_twice_is_read_once() -> None:
    assert figure(text(220, 666, "122"), text(220.3, 666, "122")) == ("122", "")
    assert figure(text(220, 666, "11"), text(220.2, 666.2, "11"), text(220.4, 666, "11")) == ("11", "")


def test_a_font_without_widths_doubles_no_digit_and_loses_none() -> None:
    font = "/Font<</F1 100 0 R/F2 4 0 R>>"
    widths = b"<</Type/Font/Subtype/TrueType/BaseFont/Own/FirstChar 0/Widths[]/Encoding/WinAnsiEncoding>>"
    drawing = table([HEAD, ["行政许可", ""]]) + text(220, 666, "1122")
    grid = one(drawn(drawing, resources=font, objects={100: widths}))
    assert grid.at((1, 1)).text == "1122"


def test_numbers_over_each_other_are_uncertain() -> None:
    assert figure(text(220, 666, "12"), text(221.5, 666, "57"))[1] == GARBLED
    assert figure(text(220, 666, "12"), text(223, 666, "57"))[1] == GARBLED


def test_two_numbers_side_by_side_stay_two() -> None:
    assert figure(text(220, 666, "12"), text(240, 666, "57")) == ("12 57", "")


def test_a_notes_mark_is_no_digit() -> None:
    assert figure(text(220, 666, "12"), text(231, 670, "3", 6)) == (f"123{NOT_SAID}", GARBLED)


def test_what_is_struck_out_is_uncertain_and_what_is_underlined_is_not() -> None:
    assert figure(text(220, 666, "12"), "218 669 m 233 669 l S ") == (f"12{NOT_SAID}", GARBLED)
    assert figure(text(220, 666, "12"), "218 665 m 233 665 l S ") == ("12", "")


def test_a_number_broken_in_a_cell_that_is_too_narrow_is_one_number() -> None:
    lines = ruled([60, 82, 260], [700, 670])
    narrow = one(drawn(lines + text(65, 688, "28") + text(65, 676, "6") + text(90, 688, "28") + text(90, 676, "6")))
    assert rows(narrow) == [["286", "28\n6"]]


HIDDEN = {
    "invisible": {"words": text(220, 666, "7", before="3 Tr")},
    "clipping only": {"words": text(220, 666, "7", before="7 Tr")},
    "white": {"words": text(220, 666, "7", before="1 1 1 rg")},
    "white in print": {"words": text(220, 666, "7", before="0 0 0 0 k")},
    "tiny": {"words": text(220, 666, "7", 0.3)},
    "clipped": {"words": "q 0 0 100 100 re W n " + text(220, 666, "7") + " Q "},
    "outside": {"words": text(220, 866, "7")},
    "covered": {"words": text(220, 666, "7") + "q 1 1 1 rg 215 662 40 14 re f Q "},
    "transparent": {"words": "q /G gs " + text(220, 666, "7") + "Q ", "resources": "/ExtGState<</G<</ca 0>>>>"},
    "in a layer that is off": {
        "words": "/OC /L BDC " + text(220, 666, "7") + "EMC ",
        "resources": "/Properties<</L 100 0 R>>",
        "catalog": "/OCProperties<</OCGs[100 0 R]/D<</OFF[100 0 R]>>>>",
    },
}


@pytest.mark.parametrize("name", HIDDEN)
def test_what_nobody_sees_is_not_read(name: str) -> None:
    options = dict(HIDDEN[name])
    words = options.pop("words")
    objects = {100: b"<</Type/OCG/Name(old)>>"}
    grid = one(drawn(table([HEAD, ["行政许可", ""]]) + words + text(240, 666, "5"), objects=objects, **options))
    assert grid.at((1, 1)).text == "5"


def test_what_is_seen_is_read() -> None:
    white = "0 0 0.5 rg 215 662 40 14 re f " + text(220, 666, "7", before="1 g")
    assert figure(white) == ("7", "")
    layer = {"resources": "/Properties<</L 100 0 R>>", "catalog": "/OCProperties<</OCGs[100 0 R]/D<</ON[100 0 R]>>>>"}
    grid = one(
        drawn(
            table([HEAD, ["行政许可", ""]]) + "/OC /L BDC " + text(220, 666, "7") + "EMC ",
            objects={100: b"<</Type/OCG/Name(new)>>"},
            **layer,
        )
    )
    assert grid.at((1, 1)).text == "7"
    marker = "q /G gs 1 1 0 rg 215 662 40 14 re f Q "
    assert figure(text(220, 666, "7"), marker, resources="/ExtGState<</G<</ca 0.4>>>>") == ("7", "")


def test_a_covered_number_does_not_mix_with_the_one_over_it() -> None:
    assert figure(text(220, 666, "12"), "1 g 215 662 40 14 re f 0 g ", text(221, 666, "57")) == ("57", "")


def own_font(to_unicode: bytes | None, entries: bytes = b"") -> dict[int, bytes]:
    """A font of glyph numbers, with a map to characters or without one."""
    head = b"<</Type/Font/Subtype/Type0/BaseFont/Own/Encoding/Identity-H/DescendantFonts[101 0 R]" + entries
    known = b"/ToUnicode 102 0 R>>" if to_unicode is not None else b">>"
    descendant = (
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Own/DW 500/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/FontDescriptor<</Type/FontDescriptor/FontName/Own/Flags 4>>>>"
    )
    return {100: head + known, 101: descendant, 102: stream(to_unicode or b"")}


GLYPHS = "/Font<</F1 3 0 R/F2 4 0 R/F3 100 0 R>>"
MAP = b"begincmap 3 beginbfchar <0001> <0031> <0002> <0032> <0004> <E012> endbfchar endcmap"


def glyphs(codes: str, to_unicode: bytes | None = MAP) -> tuple[str, str]:
    words = f"BT /F3 10 Tf 1 0 0 1 220 666 Tm <{codes}> Tj ET "
    grid = one(drawn(table([HEAD, ["行政许可", ""]]) + words, resources=GLYPHS, objects=own_font(to_unicode)))
    return grid.at((1, 1)).text, grid.at((1, 1)).flag


def test_glyphs_without_a_character_are_uncertain_and_lose_no_digit() -> None:
    assert glyphs("00010002") == ("12", "")
    assert glyphs("000100030002") == (f"1{NOT_SAID}2", GARBLED)
    assert glyphs("000100040002") == (f"1{NOT_SAID}2", GARBLED)
    assert glyphs("00010002", None) == (NOT_SAID * 2, GARBLED)
    # a digit that the map turns into nothing, and half a code
    assert glyphs("00010002", b"begincmap 2 beginbfchar <0001> <31> <0002> <0032> endbfchar endcmap")[1] == GARBLED
    text_of, flag = glyphs("0001000200")
    assert (NOT_SAID in text_of, flag) == (True, GARBLED)


def test_a_code_that_the_fonts_map_does_not_have_is_told() -> None:
    # in UniGB-UCS2-H there is nothing at FFFE: pdfminer passes over it in silence
    words = "BT /F2 10 Tf 1 0 0 1 220 666 Tm <0031FFFE0032> Tj ET "
    assert figure(words)[1] == GARBLED


def test_a_font_whose_map_nobody_has_is_told() -> None:
    font = b"<</Type/Font/Subtype/Type0/BaseFont/Own/Encoding/Nobody-H/DescendantFonts[101 0 R]>>"
    objects = own_font(None) | {100: font}
    words = text(220, 666, "1") + "BT /F3 10 Tf 1 0 0 1 226 666 Tm <0032> Tj ET "
    grid = one(drawn(table([HEAD, ["行政许可", ""]]) + words, resources=GLYPHS, objects=objects))
    assert grid.at((1, 1)).flag == GARBLED


def test_look_alike_radicals_become_what_they_look_like() -> None:
    radicals = "⼈⺠⻔⼾⽹站⼀"
    entries = "".join(f"<{index:04x}><{ord(char):04x}>" for index, char in enumerate(radicals, start=1))
    codes = "".join(f"{index:04x}" for index in range(1, len(radicals) + 1))
    known = f"begincmap {len(radicals)} beginbfchar {entries} endbfchar endcmap"
    assert glyphs(codes, known.encode()) == ("人民门户网站一", "")


# --- form fields


def widget(kind: str, value: str, more: str = "") -> bytes:
    return f"<</Type/Annot/Subtype/Widget/FT/{kind}/V{value}/Rect[215 662 255 678]{more}>>".encode()


FIELDS = {
    "text": (widget("Tx", "(550)"), "550"),
    "chosen": (widget("Ch", "(551)"), "551"),
    "unicode": (widget("Tx", "<FEFF003500350032>"), "552"),
    "hidden": (widget("Tx", "(553)", "/F 2"), ""),
    "button": (widget("Btn", "/Yes"), ""),
    "above": (b"<</Type/Annot/Subtype/Widget/Parent 101 0 R/Rect[215 662 255 678]>>", "554"),
    "typed": (b"<</Type/Annot/Subtype/FreeText/Contents(555)/Rect[215 662 255 678]>>", "555"),
    "link": (b"<</Type/Annot/Subtype/Link/A<</S/URI/URI(http://x)>>/Contents(556)/Rect[215 662 255 678]>>", ""),
}


@pytest.mark.parametrize("name", FIELDS)
def test_values_of_form_fields_stand_where_the_field_lies(name: str) -> None:
    annotation, value = FIELDS[name]
    objects = {100: annotation, 101: b"<</FT/Tx/V(554)>>"}
    for rotation in (0, 90):
        data = drawn(table([HEAD, ["行政许可", ""]]), page=f"/Annots[100 0 R]/Rotate {rotation}", objects=objects)
        assert one(data).at((1, 1)).text == value


# --- what is answered


IMAGE = {100: stream(b"\x00", "/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8")}
PICTURE = "q 595 0 0 842 0 0 cm /I Do Q "
WORDS = "".join(text(60, 700 - 15 * line, "收到政府信息公开申请一千三百七十件") for line in range(5))


def scanned(*contents: str) -> tuple[str, str]:
    return refused(drawn(*contents, resources="/XObject<</I 100 0 R>>", objects=IMAGE))


def test_scans_are_told_as_what_they_are() -> None:
    told = (
        "V01",
        "这是扫描件（PDF 里只有图片，没有文字），不能读取；请改交由 Word 或 Excel 直接导出的 PDF，或改交 .xlsx",
    )
    assert scanned(PICTURE) == told
    # the text of an OCR: invisible, or under the picture
    assert scanned(PICTURE + WORDS.replace("BT ", "BT 3 Tr ")) == told
    assert scanned(WORDS + PICTURE) == told


def test_a_scanned_page_among_others_is_named() -> None:
    rule, reason = scanned(WORDS, WORDS, PICTURE)
    assert (rule, "第3页是图片" in reason) == ("V01", True)


def test_a_picture_behind_the_text_is_no_scan() -> None:
    document = read(drawn(PICTURE + WORDS, resources="/XObject<</I 100 0 R>>", objects=IMAGE))
    assert document.paragraphs[0].text.count("一千三百七十件") == 5


def test_a_table_without_lines_is_not_guessed() -> None:
    lines = [text(60 + 60 * column, 700 - 20 * line, str(column + line)) for line in range(4) for column in range(7)]
    rule, reason = refused(drawn(WORDS + "".join(lines)))
    assert (rule, reason.startswith("PDF 里的表格没有实线框，无法断定数字属于哪一格")) == ("V01", True)


def test_drawn_text_no_text_and_fonts_without_characters_are_told() -> None:
    curves = "".join(f"{x} 700 m {x + 3} 703 {x + 5} 700 {x + 6} 705 c S " for x in range(50, 400))
    assert "转曲" in refused(drawn(curves))[1]
    assert "没有文字" in refused(drawn(""))[1]
    words = "BT /F3 10 Tf 1 0 0 1 60 700 Tm <" + "0003" * 40 + "> Tj ET "
    assert "乱码" in refused(drawn(words, resources=GLYPHS, objects=own_font(MAP)))[1]


# --- running text


def test_lines_that_go_on_are_one_paragraph_and_sentences_end_it() -> None:
    lines = [
        "某某局二〇二四年共收到政府信息公开申请",
        "七十件，均已办结。",
        "第二段从这里开始另起一行的文字写满一行",
        "12",
        "34件。",
    ]
    content = "".join(text(60, 700 - 15 * index, line) for index, line in enumerate(lines))
    found = [item.text for item in read(drawn(content)).paragraphs]
    assert found == [lines[0] + lines[1], lines[2] + lines[3], lines[4]]


def test_a_number_broken_over_two_lines_is_not_put_together() -> None:
    first = "某某局二〇二四年共收到政府信息公开申请１３"
    content = text(60, 700, first) + text(60, 685, "７０件，均已办结。")
    assert [item.text for item in read(drawn(content)).paragraphs] == [first + "\n７０件，均已办结。"]


def test_a_title_over_two_lines_is_one() -> None:
    content = text(120, 780, "某某市某某局二〇二四年政府信息", 20) + text(180, 750, "公开工作年度报告", 20) + WORDS
    assert read(drawn(content)).paragraphs[0].text == "某某市某某局二〇二四年政府信息公开工作年度报告"
