"""A page, and what surrounds it: navigation, the way back, the footer that says which night this is.

Belongs here: rendering a page into HTML, with links that work from any folder, also without a web server. Does not
belong here: what a page says (``pages``), writing files (``build``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.runtime import Context
from jinja2.utils import pass_context
from markupsafe import Markup

from pipelines.answers import wording
from pipelines.site.figure import SIGNS, Figure, Table, written
from pipelines.site.terms import receipt_file, rule_place

SECTIONS: Final = {
    "index.html": "总览",
    "trends/index.html": "历年趋势",
    "results/index.html": "申请办理结果",
    "districts/index.html": "地区与部门",
    "status/index.html": "报送进度",
    "findings/index.html": "核对问题",
    "organs/index.html": "各单位",
    "releases/index.html": "历次发布",
}
"""What the navigation leads to, in order; a section without a page is not shown."""
HOME: Final = "index.html"
STYLE: Final = "style.css"
_HOME_ABOVE: Final = len(("site", "current", "published"))
"""folders from the site's root up to the home"""
_PATH: Final = re.compile(r"(?:[\w-]+/)*[\w-]+\.html", re.ASCII)


@dataclass(frozen=True, slots=True)
class Night:
    """Which night's figures these are."""

    night: int
    built_at: datetime
    code_version: str
    release_id: str
    released_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A page. ``path``: from the site's root, ASCII; ``template``: in ``templates``, extends ``base.html``."""

    path: str
    title: str
    template: str
    context: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not _PATH.fullmatch(self.path):
            raise ValueError(f"{self.path!r} is no path of a page: letters, digits, _, - and / only, then .html")

    @property
    def section(self) -> str:
        """Path of the page that its folder opens with."""
        folder = self.path.partition("/")[0] if "/" in self.path else ""
        return posixpath.join(folder, HOME)


class Frame:
    """Renders the pages of one site; ``downloads`` grows by the file of each table that a page shows."""

    def __init__(self, night: Night, pages: Sequence[Page]) -> None:
        self._night = night
        self._titles = {page.path: page.title for page in pages}
        self.downloads: dict[str, bytes] = {}
        self._environment = Environment(
            loader=PackageLoader("pipelines", "site/templates"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_shown,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {"written": written}
        self._environment.globals |= {
            "url": _url,
            "home_url": _home_url,
            "has_page": lambda path: path.partition("#")[0] in self._titles,
            "show": self._show,
            "offer": self._offer,
            "organ_page": organ_page,
            "rule_place": rule_place,
            "receipt_file": receipt_file,
            "SIGNS": SIGNS,
            "SECTIONS": {path: title for path, title in SECTIONS.items() if path in self._titles},
            "night": night,
            "style": STYLE,
        }

    def render(self, page: Page) -> str:
        """The page as HTML."""
        return self._environment.get_template(page.template).render(page.context, page=page, trail=self._trail(page))

    def _trail(self, page: Page) -> list[tuple[str, str]]:
        """The pages above this one, as (path, title)."""
        above = dict.fromkeys((HOME, page.section))
        return [
            (path, SECTIONS.get(path, self._titles[path]))
            for path in above
            if path in self._titles and path != page.path
        ]

    @pass_context
    def _show(self, context: Context, item: Table | Figure, level: int = 3, *, is_part: bool = False) -> Markup:
        """``show(table)``, ``show(figure)``: the one way to put figures on a page; their download comes along.

        ``is_part``: without one, because the page offers a download of the whole of which this is a part.
        """
        table = item if isinstance(item, Table) else item.table
        if not is_part:
            self._keep(table)
        template = self._environment.get_template("table.html" if item is table else "figure.html")
        shown = template.render(item=item, table=table, level=level, is_part=is_part, page=context["page"])
        return Markup(shown)  # noqa: S704 - rendered with everything escaped

    @pass_context
    def _offer(self, context: Context, table: Table) -> Markup:
        """``offer(table)``: the download of a table of which the page shows the parts."""
        self._keep(table)
        shown = self._environment.get_template("download.html").render(table=table, page=context["page"])
        return Markup(shown)  # noqa: S704 - rendered with everything escaped

    def _keep(self, table: Table) -> None:
        file = table.to_csv()
        if self.downloads.setdefault(table.file, file) != file:
            raise ValueError(f"two different tables are both called {table.name}")


def organ_page(organ_code: str) -> str:
    """Path of an organ's page; a cell or link to one that the site lacks is plain text."""
    return f"organs/{organ_code}.html"


@pass_context
def _url(context: Context, path: str) -> str:
    """``path``, from the site's root, as the page that shows it must say it."""
    page: Page = context["page"]
    return posixpath.relpath(path, posixpath.dirname(page.path) or ".")


@pass_context
def _home_url(context: Context, path: str) -> str:
    """``path``, from the home, as the page says it when it is opened in ``published/current/site``."""
    page: Page = context["page"]
    return "../" * (page.path.count("/") + _HOME_ABOVE) + quote(path)


def _shown(value: Any) -> Any:
    """What a template prints: text from outside with nothing invisible in it; markup of its own as it is."""
    return wording.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
