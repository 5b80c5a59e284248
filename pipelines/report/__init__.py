"""The statutory annual report's statistical parts, as Word file and web page: ``gongkai report``.

Belongs here: everything between the published figures and the two files. ``ReportFigures`` (``figures``) is the one
source of both sentences (``prose``) and tables (``document``); ``word`` and ``page`` only print. Does not belong here:
any figure that is not in the published file, and the sentences themselves (``schemas/report_phrases.yaml``).
"""

from __future__ import annotations

from pipelines.report.figures import ReportError
from pipelines.report.writing import Written, make_report, write_report

__all__ = ["ReportError", "Written", "make_report", "write_report"]
