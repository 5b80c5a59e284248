"""How a message looks in each style, what is cut, and what text from outside cannot do."""

from __future__ import annotations

import pytest

from pipelines.news.message import Message, Part, as_html, one_line, render

MESSAGE = Message(
    subject="日报 1月2日",
    summary="扣留 1 份；缺报 2 家",
    parts=(Part("扣留：1 份", ("甲局：错误 2 处",)), Part("缺报：2 家", ("东区：乙局、丙局",))),
    closing=("以上是第 3 夜的变化。",),
    link="https://pages/index.html",
    link_text="查看全部",
)


def test_text_has_counts_first_and_the_link_last() -> None:
    assert render(MESSAGE, "text", 10_000) == (
        "日报 1月2日\n扣留 1 份；缺报 2 家\n【扣留：1 份】\n・甲局：错误 2 处\n【缺报：2 家】\n・东区：乙局、丙局\n"
        "以上是第 3 夜的变化。\n查看全部：https://pages/index.html"
    )


def test_markdown_is_what_the_two_robots_take() -> None:
    assert render(MESSAGE, "markdown", 10_000).split("\n")[:4] == [
        "**日报 1月2日**", "扣留 1 份；缺报 2 家", "**扣留：1 份**", "> 甲局：错误 2 处",
    ]  # fmt: skip
    assert render(MESSAGE, "spaced_markdown", 10_000).split("\n\n")[0] == "### 日报 1月2日"
    assert render(MESSAGE, "markdown", 10_000).endswith("\n[查看全部](https://pages/index.html)")


@pytest.mark.parametrize("most", [4096, 2048, 700])
@pytest.mark.parametrize("style", ["text", "markdown", "spaced_markdown"])
def test_what_does_not_fit_is_counted_and_every_part_stays(style: str, most: int) -> None:
    parts = tuple(
        Part(f"第{part}部分：50 条", tuple(f"机构{part}之{line}：错误" for line in range(50))) for part in range(3)
    )
    text = render(Message("日报", "150 条", parts, ("以上。",), "https://p/"), style, most)
    assert len(text.encode()) <= most
    shown = text.count("机构0之")
    assert 0 <= shown <= 20
    assert text.count(f"另有 {50 - shown} 条，见网页") == 3
    assert "https://p/" in text
    # one line more of each part would not have fitted, or there are never more
    assert shown == 20 or len(text.encode()) + 3 * len("> 机构0之19：错误\n\n".encode()) > most


def test_one_absurdly_long_line_is_cut_between_characters() -> None:
    text = render(Message("题" * 3000, "要" * 3000), "text", 200)
    assert len(text.encode()) <= 200
    assert text.endswith("…")
    text.encode("utf-8").decode("utf-8")


def test_text_from_outside_is_neither_link_nor_call_nor_markup() -> None:
    evil = 'a\u202eb<at user_id="all"></at>\n# [点我](http://evil/)@所有人 **x**'
    message = Message("s", "", (Part("t", (evil,)),))
    markdown = render(message, "markdown", 10_000)
    assert (
        markdown.split("\n")[2]
        == '> a⟨U+202E⟩b＜at user_id="all"＞＜/at＞ ＃ ［点我］(http：//evil/)＠所有人 ＊＊x＊＊'
    )
    text = render(message, "text", 10_000)
    assert "<" not in text
    assert "@" not in text
    assert "http://" not in text
    assert "&lt;at user_id=&#34;all&#34;&gt;" in as_html(message)


def test_a_line_is_one_line_of_bounded_length() -> None:
    assert one_line(" a\r\n b\tc ") == "a b c"
    assert len(one_line("长" * 500)) == 240


def test_a_message_survives_being_written_down() -> None:
    assert Message.from_json(MESSAGE.to_json()) == MESSAGE
