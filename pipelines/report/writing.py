"""Writing the annual report into a folder: ``gongkai report``.

Belongs here: from the published file to the two files, and what is to be said to whoever wrote them - among it whether
the report passes the city's own rules, asked of the very file. Does not belong here: content (``document``), printing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.precheck import check_files
from pipelines.report.document import DRAFT, Report, absent_words, compose, difference_words
from pipelines.report.figures import ReportError, read_figures
from pipelines.report.page import to_html
from pipelines.report.prose import write_prose
from pipelines.report.word import to_docx
from pipelines.settings import Settings
from schemas.report_phrase import PHRASES_FILE, load_report_phrases

_JUDGED: Final = ("N", "F", "M", "T", "S", "G", "A")
"""families of rules that look at a report by itself"""


@dataclass(frozen=True, slots=True)
class Written:
    """The files written, and sentences about them: what was left out, what differs, what the rules say of them."""

    paths: tuple[Path, ...]
    remarks: tuple[str, ...]


def make_report(
    published_file: Path,
    report_year: int,
    form_code: str | None = None,
    *,
    is_draft: bool = False,
    phrases_file: Path | None = None,
) -> tuple[Report, list[str]]:
    """The report of a year, and what is to be said about it.

    Raises ReportError where there is none or it may not be written, PhraseError where the phrase file is wrong.
    """
    phrases = load_report_phrases(phrases_file or PHRASES_FILE)
    figures = read_figures(published_file, report_year, form_code)
    prose = write_prose(figures, phrases)
    report = compose(figures, prose, phrases.moved, is_draft=is_draft)
    remarks = list(prose.left_out)
    if not figures.is_complete:
        remarks.append(f"合计不完整，{absent_words(figures)}")
    remarks += [f"与市政府自己公布的报告不同：{words}" for words in difference_words(figures)]
    return report, remarks


def write_report(
    settings: Settings,
    published_file: Path,
    report_year: int,
    folder: Path,
    form_code: str | None = None,
    *,
    is_draft: bool = False,
    phrases_file: Path | None = None,
) -> Written:
    """Write ``<title>.docx`` and ``.html`` into ``folder``, replacing those of the same name. Raises as make_report."""
    report, remarks = make_report(published_file, report_year, form_code, is_draft=is_draft, phrases_file=phrases_file)
    name = report.title + (f"（{form_code}）" if form_code else "") + (f"（{DRAFT}）" if is_draft else "")
    name = name.translate(dict.fromkeys(map(ord, '/\\:*?"<>|\0'), "_"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = (folder / f"{name}.docx", folder / f"{name}.html")
        paths[0].write_bytes(to_docx(report))
        paths[1].write_text(to_html(report), encoding="utf-8")
    except OSError as error:
        raise ReportError(f"写不进 {folder}（{error.strerror}）；请检查路径和权限") from error
    return Written(paths, (*remarks, *_own_findings(settings, paths[0])))


def _own_findings(settings: Settings, path: Path) -> list[str]:
    """What the rules find in the report itself, as ``gongkai check`` says it: the office may have changed phrases."""
    answers = check_files(settings, [path]).answers
    return [
        f"自查（{finding['rule_id']}）：{finding['message']}"
        for answer in answers
        for finding in answer.findings
        if finding["rule_id"].startswith(_JUDGED)
    ]
