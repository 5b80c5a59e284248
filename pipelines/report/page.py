"""The annual report as a page: self-contained, for the screen and for A4.

Belongs here: what the template ``pages/report.html`` is given. Does not belong here: what the report says
(``document``).
"""

from __future__ import annotations

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pipelines.report.document import DRAFT, Report
from pipelines.templates.layout import Role

_SCOPES: Final = {Role.CORNER: "col", Role.HEADER: "col", Role.LABEL: "row", Role.CAPTION: "colgroup"}


def to_html(report: Report) -> str:
    """The page, with its own style and without script."""
    return _ENVIRONMENT.get_template("report.html").render(report=report)


_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("pipelines", "pages"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals |= {"DRAFT": DRAFT, "SCOPES": {role.value: scope for role, scope in _SCOPES.items()}}
