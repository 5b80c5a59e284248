"""A flow: what came in, where it went, drawn as bands whose widths are the figures.

Belongs here: layout and drawing of nodes in columns. Does not belong here: which figures flow where (``pages``). A band
is as wide as its figure and nothing is added or lost in a node: what does not add up is refused, not drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from pipelines.answers import wording
from pipelines.site.charts import COLOURS, INK, draw

WIDTH: Final = 960
_PLACES: Final = {2: (150, 480), 3: (150, 400, 690), 4: (120, 260, 420, 690)}
"""pixels from the left to each column, by how many there are; names stand left of the first and right of the others"""
_NODE: Final = 12
_GAP: Final = 17
"""pixels between two nodes: a label needs that much"""
_TALL: Final = 300
"""pixels of all that flows"""


class FlowError(ValueError):
    """A node gives on other than it got."""


@dataclass(frozen=True, slots=True)
class Node:
    """A stop, in a column from 0; ``colour``: index into COLOURS, of the node and what flows into it."""

    label: str
    column: int
    colour: int = 4


@dataclass(frozen=True, slots=True)
class Band:
    """What flows from one node to another."""

    source: str
    target: str
    value: Decimal


def flow(name: str, title: str, description: str, nodes: Mapping[str, Node], bands: Sequence[Band]) -> Markup:
    """The bands between ``nodes``, as an ``<svg>``; nodes of a column from top to bottom as given.

    Raises FlowError where what goes out of a node is not what came in.
    """
    sizes = sizes_of(nodes, bands)
    columns = [
        [key for key, node in nodes.items() if node.column == column and sizes[key]]
        for column in range(1 + max(node.column for node in nodes.values()))
    ]
    total = max(sum(sizes[key] for key in column) for column in columns)
    scale = _TALL / float(total or 1)
    tall = [sum(float(sizes[key]) * scale for key in column) + _GAP * (len(column) - 1) for column in columns]
    height = round(max(tall) + 2 * _GAP)

    def paint(axes: Axes) -> None:
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(height, 0)
        places = _PLACES[len(columns)]
        tops: dict[str, float] = {}
        for column, used in zip(columns, tall, strict=True):
            top = (height - used) / 2
            for key in column:
                tops[key] = top
                top += float(sizes[key]) * scale + _GAP
        given, got = dict(tops), dict(tops)
        for band in bands:
            if band.value:
                width = float(band.value) * scale
                start = (places[nodes[band.source].column] + _NODE, given[band.source])
                end = (places[nodes[band.target].column], got[band.target])
                axes.add_patch(_ribbon(start, end, width, COLOURS[nodes[band.target].colour]))
                given[band.source] += width
                got[band.target] += width
        for key, top in tops.items():
            node, size = nodes[key], float(sizes[key]) * scale
            left = places[node.column]
            axes.add_patch(Rectangle((left, top), _NODE, size, color=COLOURS[node.colour], linewidth=0))
            is_first = node.column == 0
            axes.annotate(
                wording.plain(node.label), (left + (0 if is_first else _NODE), top + size / 2),
                (-6 if is_first else 6, 0), textcoords="offset points", va="center",
                ha="right" if is_first else "left", color=INK,
            )  # fmt: skip

    return draw(name, title, description, paint, height, width=WIDTH, margins=(0, 0, 0, 0))


def sizes_of(nodes: Mapping[str, Node], bands: Sequence[Band]) -> dict[str, Decimal]:
    """Node -> what flows through it. Raises FlowError where it gives on other than it got, or something is negative."""
    came = {key: sum((band.value for band in bands if band.target == key), Decimal(0)) for key in nodes}
    went = {key: sum((band.value for band in bands if band.source == key), Decimal(0)) for key in nodes}
    for key in nodes:
        if came[key] and went[key] and came[key] != went[key]:
            raise FlowError(f"{key} gets {came[key]} and gives {went[key]}")
    if any(band.value < 0 for band in bands):
        raise FlowError("less than nothing cannot flow")
    return {key: max(came[key], went[key]) for key in nodes}


def _ribbon(start: tuple[float, float], end: tuple[float, float], width: float, colour: str) -> PathPatch:
    """A band of that width; ``start`` and ``end``: its upper corners."""
    (left, upper), (right, lower) = start, end
    middle = (left + right) / 2
    vertices = [
        (left, upper), (middle, upper), (middle, lower), (right, lower),
        (right, lower + width), (middle, lower + width), (middle, upper + width), (left, upper + width), (left, upper),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return PathPatch(Path(vertices, codes), facecolor=colour, alpha=0.35, linewidth=0)
