"""Makes the sample files from the sample figures: ``python -m samples.build`` rewrites ``inbox/`` and ``manifest.csv``.

Belongs here: which organ sends which kind of file, under what name and when. Does not belong here: the figures and what
goes wrong with them (``samples.allocate``), and what a workbook looks like (``pipelines.templates``).

The same code gives the same files, so that regenerating them changes nothing in version control. ``manifest.csv``
tells for each file when it is said to have been received (Asia/Shanghai wall time, made up): a checkout does not keep
file times.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Final

from pipelines.readers.sheets.delimited import REQUIRED
from pipelines.templates import write_statutory, write_template
from samples.allocate import STORY, Figure, build_figures, wrong_version
from samples.allocate.model import ANNEX, CITY, NATIONAL, SUPPLEMENT
from schemas.form import CellKey, load_forms
from schemas.register import Register, basis_of, load_register

SAMPLES_FOLDER: Final = Path(__file__).parent
_PROSE_FILE: Final = SAMPLES_FOLDER / "xiamen_2017_prose.txt"
CSV_HEADER: Final = (*REQUIRED, "note")
MANIFEST_HEADER: Final = ("path", "received_at", "note")

MADE_UP: Final = "样例数据：分解到本单位的数字为虚构，仅供演示"
MADE_UP_CITY: Final = "样例数据：市政府已公布的数字照录，其余数字为虚构，仅供演示"
AS_PRINTED: Final = "数字照录厦门市2017年政府信息公开工作年度报告附表，正文所列数字见“正文”表（文字系改写）"

TEMPLATE: Final = "填报模板"
STATUTORY: Final = "按法定表样手工录入"
CSV_UTF8: Final = "长表CSV（UTF-8）"
CSV_BOM: Final = "长表CSV（UTF-8带BOM）"
CSV_GB18030: Final = "长表CSV（GB18030）"
CSV_ENCODINGS: Final = {CSV_UTF8: "utf-8", CSV_BOM: "utf-8-sig", CSV_GB18030: "gb18030"}

Submission = tuple[str, int, str]  # organ_code, report_year, form_code
CITY_REPORT: Final[Submission] = (CITY, 2017, ANNEX)

# who sends something other than the template; what the live collection needs of this is told by STORY
SENT_AS: Final[Mapping[Submission, str]] = {
    ("XMP00102", 2016, ANNEX): STATUTORY,
    ("XMP00118", 2016, ANNEX): STATUTORY,
    ("XM02901", 2016, ANNEX): STATUTORY,
    ("XM06904", 2016, ANNEX): CSV_GB18030,
    ("XMP00104", 2017, ANNEX): STATUTORY,
    ("XMP00118", 2017, ANNEX): STATUTORY,
    ("XM03103", 2017, ANNEX): CSV_BOM,
    ("XMP00102", 2018, ANNEX): CSV_UTF8,
    ("XMP00118", 2018, ANNEX): STATUTORY,
    ("XM06104", 2018, ANNEX): STATUTORY,
    ("XMP00102", 2017, SUPPLEMENT): STATUTORY,
    ("XM06904", 2017, SUPPLEMENT): CSV_UTF8,
    ("XMP00104", 2023, NATIONAL): STATUTORY,
    ("XM06104", 2023, NATIONAL): STATUTORY,
    ("XM03103", 2023, NATIONAL): CSV_BOM,
    (STORY.gb18030_csv, STORY.report_year, STORY.form_code): CSV_GB18030,
    (STORY.typed_by_hand, STORY.report_year, STORY.form_code): STATUTORY,
}

_FILE_NAMES: Final = {
    ANNEX: "{year}年度政府信息公开统计表",
    SUPPLEMENT: "{year}年度政府信息公开补充统计表",
    NATIONAL: "{year}年政府信息公开工作年度报告统计表",
}
_TYPED_NAME: Final = "{organ}{year}年政府信息公开工作年度报告{part}"
_PARTS: Final = {ANNEX: "附表", SUPPLEMENT: "补充表", NATIONAL: ""}

# first day and number of days over which the files of a basis come in, in the year after the report year
_ARRIVAL: Final = {"own": ((1, 6), 20), "consolidated": ((1, 30), 6), "published": ((2, 20), 1)}
# the days on which the city's reports were really published
_PUBLISHED_ON: Final = {2016: (2, 8), 2017: (2, 8), 2023: (2, 23)}
_OFFICE_OPENS: Final = time(8, 30)
_MINUTES_OPEN: Final = 480
_CORRECTION_AFTER: Final = timedelta(days=8, hours=1)
_LATE_AT: Final = time(9, 30)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class SampleFile:
    """One file of the inbox: its path below ``inbox/``, its bytes, when it came and what is remarkable about it."""

    path: str
    content: bytes
    received_at: datetime
    note: str = ""


def build(target: Path) -> list[SampleFile]:
    """Write ``inbox/`` and ``manifest.csv`` below ``target``, replacing what was there; the files in order of path."""
    files = sorted(sample_files(build_figures(), load_register()), key=lambda file: file.path)
    inbox = target / "inbox"
    if inbox.exists():
        shutil.rmtree(inbox)
    for file in files:
        path = inbox / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    rows = [(file.path, file.received_at.isoformat(" "), file.note) for file in files]
    (target / "manifest.csv").write_bytes(_csv_bytes([MANIFEST_HEADER, *rows], "utf-8"))
    return files


def sample_files(figures: Sequence[Figure], register: Register) -> Iterator[SampleFile]:
    """Every file of the inbox, from the complete figures and what STORY does with them."""
    live = (STORY.report_year, STORY.form_code)
    for submission, group in groupby(figures, key=lambda figure: figure[:3]):
        organ, *rest = submission
        right = list(group)
        draft = _Draft(register, submission, right)
        if tuple(rest) != live:
            yield draft.file()
        elif organ == STORY.held.organ_code:
            yield draft.file(wrong_version(right, STORY.held), note="一格填错，至今未更正：应暂存待改")
        elif organ == STORY.resubmitted.organ_code:
            wrong = draft.file(wrong_version(right, STORY.resubmitted), note="一格填错，后来更正")
            yield wrong
            yield draft.file(
                stem_ending="（更正）",
                received_at=wrong.received_at + _CORRECTION_AFTER,
                note="更正后重报",
                reason="自然人一列的予以公开填错，现已更正",
            )
        elif organ == STORY.late:
            yield draft.file(received_at=datetime.combine(STORY.late_received_on, _LATE_AT), note="逾期报送")
        elif organ != STORY.missing:
            yield draft.file()
    yield from _nil_files(register)


@dataclass(frozen=True, slots=True)
class _Draft:
    """One submission on its way to a file."""

    register: Register
    submission: Submission
    figures: Sequence[Figure]

    def file(
        self,
        figures: Sequence[Figure] | None = None,
        *,
        stem_ending: str = "",
        received_at: datetime | None = None,
        note: str = "",
        reason: str | None = None,
    ) -> SampleFile:
        """The file of the submission, with other ``figures`` where it was filed wrongly.

        A ``reason`` for filing again stands in the template; the other samples came before it asked for one.
        """
        organ, year, form_code = self.submission
        sent_as = SENT_AS.get(self.submission, _usual_kind(self.register, organ))
        ending = "csv" if sent_as in CSV_ENCODINGS else "xlsx"
        pattern = _TYPED_NAME if sent_as == STATUTORY else _FILE_NAMES[form_code]
        stem = pattern.format(year=year, organ=self.register.name_in(organ, year), part=_PARTS[form_code])
        remarks = [note] if note else []
        if sent_as != TEMPLATE:
            remarks.append(sent_as)
        return SampleFile(
            path=f"{organ}/{stem}{stem_ending}.{ending}",
            content=self._content(sent_as, self.figures if figures is None else figures, reason),
            received_at=received_at or arrival(self.register, organ, year),
            note="；".join(remarks),
        )

    def _content(self, sent_as: str, figures: Sequence[Figure], reason: str | None) -> bytes:
        organ, year, form_code = self.submission
        note = _origin(self.submission)
        if sent_as in CSV_ENCODINGS:
            rows = ((*figure[:-1], "" if figure.value is None else figure.value, note) for figure in figures)
            return _csv_bytes([CSV_HEADER, *rows], CSV_ENCODINGS[sent_as])
        form = load_forms()[form_code]
        name = self.register.name_in(organ, year)
        values = {
            CellKey(figure.indicator_code, figure.applicant_kind, figure.measure): figure.value
            for figure in figures
            if figure.value is not None and figure.indicator_code in form.indicators
        }
        if sent_as == STATUTORY:
            return write_statutory(form, organ_name=name, report_year=year, values=values, note=note)
        return write_template(
            form,
            organ_code=organ,
            organ_name=name,
            report_year=year,
            values=values,
            resubmission_reason=reason,
            note=note,
            prose=_prose(self.submission),
        )


def _usual_kind(register: Register, organ: str) -> str:
    """A district's consolidated figures come out of its own system as a list of cells; all others fill in the form."""
    return CSV_BOM if register.organs[organ].kind == "district_government" else TEMPLATE


def _origin(submission: Submission) -> str:
    """What every sample file says of itself: which of its figures are made up."""
    if submission == CITY_REPORT:
        return AS_PRINTED
    return MADE_UP_CITY if submission[0] == CITY else MADE_UP


def _prose(submission: Submission) -> list[str]:
    """The paragraphs of the report's prose: the city's of 2017, in our words with the published figures."""
    return _PROSE_FILE.read_text(encoding="utf-8").splitlines() if submission == CITY_REPORT else []


def _nil_files(register: Register) -> Iterator[SampleFile]:
    """零报告 in both ways: the year before by a file that only has the name, the live year in the template."""
    organ = STORY.nil
    for year in STORY.nil_years:
        received_at = arrival(register, organ, year)
        if year == STORY.report_year:
            content = write_template(
                load_forms()[STORY.form_code],
                organ_code=organ,
                organ_name=register.name_in(organ, year),
                report_year=year,
                is_nil=True,
                note=MADE_UP,
            )
            stem = _FILE_NAMES[STORY.form_code].format(year=year)
            yield SampleFile(f"{organ}/{stem}.xlsx", content, received_at, "零报告")
        else:
            content = _csv_bytes([CSV_HEADER], "utf-8")
            yield SampleFile(f"{organ}/nil_{year}_{STORY.form_code}.csv", content, received_at, "零报告")


def arrival(register: Register, organ: str, report_year: int) -> datetime:
    """When an organ's file of a report year is said to have come: on a weekday, in office hours, before it was due."""
    order = sorted(register.organs).index(organ)
    basis = basis_of(register.organs[organ].kind)
    (month, day), days = _ARRIVAL[basis]
    if basis == "published":
        month, day = _PUBLISHED_ON.get(report_year, (month, day))
    on = date(report_year + 1, month, day) + timedelta(days=(order + report_year) % days)
    while on.weekday() >= _SATURDAY:
        on -= timedelta(days=1)
    return datetime.combine(on, _OFFICE_OPENS) + timedelta(minutes=(order * 37 + report_year) % _MINUTES_OPEN)


def _csv_bytes(rows: Iterable[Sequence[object]], encoding: str) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode(encoding)


if __name__ == "__main__":
    written = build(SAMPLES_FOLDER)
    print(f"{len(written)} files, {sum(len(file.content) for file in written) / 1024**2:.1f} MB")
