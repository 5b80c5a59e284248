"""The annual report as a page: self-contained, for the screen and for A4.

Belongs here: what the template ``pages/report.html`` is given. Does not belong here: what the report says
(``document``).
"""

from __future__ import annotations

from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from pipelines.answers.wording import plain
from pipelines.report.document import DRAFT, Report
from pipelines.templates.layout import Role

_SCOPES: Final = {Role.CORNER: "col", Role.HEADER: "col", Role.LABEL: "row", Role.CAPTION: "colgroup"}


def to_html(report: Report) -> str:
    """The page, with its own style and without script."""
    return _ENVIRONMENT.get_template("report.html").render(report=report)


def _shown(value: Any) -> Any:
    """What the template prints: text with nothing invisible in it; markup of its own as it is."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("pipelines", "pages"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals |= {"DRAFT": DRAFT, "SCOPES": {role.value: scope for role, scope in _SCOPES.items()}}
