"""The annual report as a page: self-contained, for the screen and for A4.

Belongs here: what the template ``pages/report.html`` is given. Does not belong here: what the report says
(``document``).
"""

from __future__ import annotations

from typing import Final

from pipelines.answers.page import ENVIRONMENT
from pipelines.report.document import DRAFT, Report
from pipelines.templates.layout import Role

_SCOPES: Final = {
    role.value: scope
    for role, scope in ((Role.CORNER, "col"), (Role.HEADER, "col"), (Role.LABEL, "row"), (Role.CAPTION, "colgroup"))
}


def to_html(report: Report) -> str:
    """The page, with its own style and without script."""
    return ENVIRONMENT.get_template("report.html").render(report=report, DRAFT=DRAFT, SCOPES=_SCOPES)
