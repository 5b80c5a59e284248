"""Drawing: figures into SVG that stands in the page and follows its colours.

Belongs here: the canvas, its colours, and the kinds of charts. Does not belong here: what is drawn (``pages``), the
table under it (``figure``).

A chart is drawn in marker colours that become the style sheet's variables, so that it follows light, dark and paper.
Text stays text, in the page's font; it is laid out with the font that the library brings, so that the same figures give
the same bytes on every machine.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from itertools import pairwise
from typing import Any, Final

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pipelines.answers import wording
from pipelines.site.figure import written

INK: Final = "#010101"
SOFT: Final = "#020202"
GRID: Final = "#030303"
PAPER: Final = "#040404"
COLOURS: Final = ("#050501", "#050502", "#050503", "#050504", "#050505", "#050506")
"""of series, in order; distinct in lightness too"""
_VARIABLES: Final = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    GRID: "var(--grid)",
    PAPER: "var(--paper)",
    **{colour: f"var(--c{number})" for number, colour in enumerate(COLOURS, 1)},
}
_MARKER: Final = re.compile("|".join(_VARIABLES))
_TAG: Final = re.compile(r"<[^<>]*>")
_ID: Final = re.compile(r'(?<=\bid=")|(?<=href="#)|(?<=url\(#)')
_SHAPES: Final = ("o", "s", "^", "D")
_YEAR: Final = 45
"""pixels that the name of a year needs"""
_PAIR: Final = "两年可比的单位"
_STEPS: Final = 4
"""of the upright axis"""
_LABEL: Final = 17
"""characters beside a bar"""
_FAMILY: Final = "'DejaVu Sans'"
_UNUSED: Final = re.compile(
    r"\s*<metadata>.*?</metadata>|\s*<style.*?</style>|(?<=<g) id=\"[^\"]*\"|(?<=\n) +", re.DOTALL
)
"""what the page says once for all charts, and names that nothing refers to"""
_STYLE: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "gongkai",
    "font.family": ["DejaVu Sans"],
    "font.size": 12,
    "text.parse_math": False,
    "axes.edgecolor": GRID,
    "axes.labelcolor": SOFT,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "hatch.linewidth": 1,
}
_DPI: Final = 72
"""points of SVG in an inch: a size is given in pixels"""
WIDTH: Final = 720
NARROW: Final = 540
"""of two charts side by side"""
MOST_BARS: Final = 45
"""of one chart: so many fit on a sheet of A4"""
_BAR: Final = 20
"""pixels from bar to bar"""
_BAR_EDGE: Final = 4
_BAR_START: Final = 230
"""pixels that the labels have"""
_BAR_SHARE: Final = 0.6
"""of the rest for the longest bar: its value stands right of it"""
_IN_A_ROW: Final = 3
"""small drawings side by side"""
_PANEL_HEIGHT: Final = 150
_PANEL_EDGE: Final = 26
_YEAR_WIDTH: Final = 23.0
_DIGIT_WIDTH: Final = 6.5
"""pixels"""
_MOST_VALUES: Final = 60
"""written beside the points of a chart; more are not readable, and the table has them all"""


@dataclass(frozen=True, slots=True)
class Point:
    """One year of a line. ``value`` None: nothing is known. ``is_complete`` False: drawn hollow, joined to nothing."""

    year: int
    value: Decimal | None
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Break:
    """From ``year`` on the figure means something else than the year before: the line stops, a mark says why."""

    year: int
    text: str


@dataclass(frozen=True, slots=True)
class Pair:
    """What the same organs had in ``year`` and in the year before: drawn beside the line, dashed, square."""

    year: int
    prior_value: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Panel:
    """One small drawing: a figure over the years. ``words``: of a year without a figure, why; ``breaks``: see Break."""

    title: str
    points: tuple[Point, ...]
    words: Mapping[int, str]
    breaks: frozenset[int]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. ``value`` None: no bar, the word for it in ``text``. ``is_quiet``: its base is too small to rank it."""

    label: str
    value: Decimal | None
    text: str
    is_quiet: bool = False
    is_whole: bool = False
    """what the others are parts of"""


def lines(
    name: str,
    title: str,
    description: str,
    series: Mapping[str, Sequence[Point]],
    *,
    breaks: Sequence[Break] = (),
    pairs: Sequence[Pair] = (),
    height: int = 300,
    width: int = WIDTH,
) -> Markup:
    """Lines over years: interrupted where a year is absent, where the form changed and where a total is incomplete."""
    years = sorted({point.year for points in series.values() for point in points})

    def paint(axes: Axes) -> None:
        if not years:
            axes.set_axis_off()
            axes.text(0.5, 0.5, "没有数据", ha="center", va="center", color=SOFT)
            return
        for number, (label, points) in enumerate(series.items()):
            _line(axes, number, label, points, {item.year for item in breaks})
        for pair in pairs:
            axes.plot(
                [pair.year - 1, pair.year], [float(pair.prior_value), float(pair.value)], color=COLOURS[1], linewidth=2,
                linestyle=(0, (3, 2)), marker="s", markersize=8, zorder=1.9, label=_PAIR if pair is pairs[0] else None,
            )  # fmt: skip
        for year in range(min(years), max(years)):
            if year not in years:
                axes.axvspan(year - 0.5, year + 0.5, color=GRID, alpha=0.35, linewidth=0)
        for item in breaks:
            axes.axvline(item.year - 0.5, color=COLOURS[5], linewidth=1.2, linestyle=(0, (4, 3)))
            axes.annotate(
                wording.plain(item.text), (item.year - 0.5, 1), (4, -2), xycoords=("data", "axes fraction"),
                textcoords="offset points", va="top", color=COLOURS[5],
            )  # fmt: skip
        axes.set_xlim(min(years) - 0.6, max(years) + 0.6)
        axes.set_xticks(range(min(years), max(years) + 1, 1 + (max(years) - min(years)) * _YEAR // width))
        top = max((point.value for points in series.values() for point in points if point.value is not None), default=0)
        axes.set_ylim(0, float(top) * 1.22 or 1)
        axes.yaxis.set_major_locator(MaxNLocator(_STEPS, integer=top >= _STEPS))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        if axes.get_legend_handles_labels()[1] and (len(series) > 1 or pairs):
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=len(series) + 1, frameon=False)

    return draw(name, title, description, paint, height, width=width)


def bars(name: str, title: str, description: str, items: Sequence[Bar]) -> Markup:
    """Bars from the left, in the order given, each with its value in words; at most MOST_BARS and a few."""
    height = _BAR * len(items) + 2 * _BAR_EDGE
    longest = max((float(item.value) for item in items if item.value is not None), default=0) or 1
    scale = (WIDTH - _BAR_START) * _BAR_SHARE / longest

    def paint(axes: Axes) -> None:
        # in pixels and without axes, which cost more than all the bars
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(height, 0)
        for row, item in enumerate(items):
            middle = _BAR_EDGE + (row + 0.5) * _BAR
            long = max(float(item.value or 0), 0) * scale
            if item.value is not None:
                colour = COLOURS[4] if item.is_quiet or item.is_whole else COLOURS[0]
                box = Rectangle(
                    (_BAR_START, middle - _BAR / 3), long, _BAR * 2 / 3, facecolor="none" if item.is_quiet else colour,
                    edgecolor=colour, hatch="///" if item.is_quiet else None,
                )  # fmt: skip
                axes.add_patch(box)
            label = wording.plain(shortened(item.label))
            axes.text(_BAR_START - 5, middle, label, ha="right", va="center", color=INK)
            tone = SOFT if item.is_quiet or item.value is None else INK
            axes.text(_BAR_START + long + 5, middle, wording.plain(item.text), va="center", color=tone)
        axes.plot((_BAR_START, _BAR_START), (_BAR_EDGE, height - _BAR_EDGE), color=SOFT, linewidth=1)

    return draw(name, title, description, paint, height, margins=(0, 0, 0, 0))


def panels(name: str, title: str, description: str, items: Sequence[Panel], years: Sequence[int]) -> Markup:
    """Small drawings of one figure each, side by side, over the same ``years``; what was not collected is grey.

    There is one for each organ: they are drawn without axes, which cost more than all that stands in them.
    """
    height = -(-len(items) // _IN_A_ROW) * _PANEL_HEIGHT
    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(WIDTH / _DPI, height / _DPI), dpi=_DPI)
        for place, item in enumerate(items):
            corner = place % _IN_A_ROW * WIDTH / _IN_A_ROW, height - place // _IN_A_ROW * _PANEL_HEIGHT
            _panel(canvas, item, years, corner)
    return _svg(canvas, name, title, description, (WIDTH, height))


def _panel(canvas: Canvas, item: Panel, years: Sequence[int], corner: tuple[float, float]) -> None:
    left, top = corner
    base, ceiling = top - _PANEL_HEIGHT + 30, top - 42
    highest = max((point.value for point in item.points if point.value is not None), default=Decimal(0)) or 1
    step = (WIDTH / _IN_A_ROW - 2 * _PANEL_EDGE) / max(years[-1] - years[0], 1)

    def across(year: float) -> float:
        return left + _PANEL_EDGE + (year - years[0]) * step

    def up(point: Point) -> float:
        return base + float((point.value or 0) / highest) * (ceiling - base)

    def draw_line(xs: Sequence[float], ys: Sequence[float], **how: Any) -> None:
        canvas.add_artist(Line2D(xs, ys, transform=None, **how))

    def write(x: float, y: float, text: str, **how: Any) -> None:
        canvas.text(x, y, wording.plain(text), transform=None, **how)

    write(left + 6, top - 14, item.title, va="center", weight="bold")
    for before, after in pairwise(years):
        if after - before > 1:
            start, end = across(before + 0.5), across(after - 0.5)
            box = Rectangle((start, base), end - start, ceiling + 16 - base, transform=None, color=GRID, alpha=0.45)
            canvas.add_artist(box)
    draw_line((across(years[0] - 0.4), across(years[-1] + 0.4)), (base, base), color=GRID, linewidth=1)
    for year in item.breaks:
        at = across(year - 0.5)
        draw_line((at, at), (base, ceiling + 16), color=COLOURS[5], linewidth=1.2, linestyle=(0, (4, 3)))
    for run in _runs(item.points, item.breaks):
        xs = [across(point.year) for point in run]
        draw_line(xs, list(map(up, run)), color=COLOURS[0], linewidth=2, marker="o", markersize=5)
    # from the latest back, what fits beside it; the table has them all
    free = across(years[-1]) + WIDTH
    for point in reversed([point for point in item.points if point.value is not None]):
        text = written(point.value, "number")
        half = len(text) * _DIGIT_WIDTH / 2
        if across(point.year) + half < free:
            free = across(point.year) - half
            write(across(point.year), up(point) + 7, text, ha="center", va="bottom", size=10)
    for year, word in item.words.items():
        write(across(year), base + 4, "\n".join(word), ha="center", va="bottom", color=SOFT, size=9)
    shown = -_YEAR_WIDTH
    for year in years:
        if across(year) - shown >= _YEAR_WIDTH:
            shown = across(year)
            write(shown, base - 6, str(year), ha="center", va="top", color=SOFT, size=9)


def shortened(label: str) -> str:
    """A label that fits beside a bar; the table has it whole."""
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"


def draw(
    name: str,
    title: str,
    description: str,
    paint: Callable[[Axes], None],
    height: int,
    *,
    width: int = WIDTH,
    margins: tuple[int, int, int, int] = (26, 12, 26, 64),
) -> Markup:
    """What ``paint`` draws, as an ``<svg>`` of that many pixels with role, title and description.

    ``name``: one of a kind on its page, ASCII; ``margins``: around the axes, as top, right, bottom, left.
    """
    top, right, bottom, left = margins
    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
        axes = canvas.add_axes(
            (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
        )
        paint(axes)
    return _svg(canvas, name, title, description, (width, height))


def _svg(canvas: Canvas, name: str, title: str, description: str, size: tuple[int, int]) -> Markup:
    width, height = size
    out = io.StringIO()
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # text is written, not drawn: the reader's font has the characters
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        FigureCanvasSVG(canvas)
        canvas.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    body = _UNUSED.sub("", text[text.index(">", text.index("<svg ")) + 1 :])
    body = _TAG.sub(lambda tag: _themed(tag[0], name), body).strip()
    return Markup(  # noqa: S704 - our own drawing; the library escapes the text in it
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img"'
        f' style="min-width:{width * 4 // 5}px;max-width:{width * 4 // 3}px"'
        f' aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{escape(wording.plain(title))}</title>'
        f'<desc id="{name}-desc">{escape(wording.plain(description))}</desc>{body}'
    )


def _themed(tag: str, name: str) -> str:
    """A tag with the page's colours and font, and with ids that no other chart of the page has."""
    tag = _MARKER.sub(lambda hit: _VARIABLES[hit[0]], tag)
    tag = tag.replace(_FAMILY, "var(--sans)")
    return _ID.sub(rf"\g<0>{name}-", tag)


def _runs(points: Sequence[Point], broken: Collection[int]) -> list[list[Point]]:
    """The points that are joined: of successive years, complete, with no break of the form between them."""
    runs: list[list[Point]] = []
    for point in points:
        if point.value is None:
            continue
        joined = runs and runs[-1][-1].year == point.year - 1 and runs[-1][-1].is_complete and point.is_complete
        if joined and point.year not in broken:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _line(axes: Axes, number: int, label: str, points: Sequence[Point], broken: set[int]) -> None:
    colour = COLOURS[number % len(COLOURS)]
    runs = _runs(points, broken)
    known = sum(map(len, runs))
    for run in runs:
        hollow = not run[0].is_complete
        axes.plot(
            [point.year for point in run], [float(point.value or 0) for point in run], color=colour, linewidth=2.2,
            marker=_SHAPES[number % len(_SHAPES)], markersize=6.5, markeredgewidth=2, clip_on=False,
            markerfacecolor=PAPER if hollow else colour, label=wording.plain(label) if run is runs[0] else None,
        )  # fmt: skip
        for point in run:
            if known * len(axes.lines) <= _MOST_VALUES:
                axes.annotate(
                    written(point.value, "number") + ("" if point.is_complete else "\n不完整"),
                    (point.year, float(point.value or 0)), (0, 9), textcoords="offset points", ha="center", color=INK,
                )  # fmt: skip
