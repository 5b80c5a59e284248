"""What the rules found: by year and weight, by rule and by organ, each finding with how to mend it, and the catalogue.

Belongs here: which findings wait for somebody, their order, and what a page lists of them. Does not belong here: an
outcome, a finding's sentence or state (``warehouse/sql``), what a rule says (``schemas/rules``).

A finding waits for somebody unless it was accepted as printed, or its report was followed by one that counts, or by a
later one that is held in its place. A page lists a bounded number, the weightiest first, and says how many there are;
the download has them all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import duckdb

from pipelines.checks import FAMILIES
from pipelines.site.figure import SIGNS, Cell, Column, Table, Value
from pipelines.site.frame import Page, organ_page
from pipelines.site.terms import SEVERITIES, Row, grouped, marked, rule_place
from warehouse.connection import dicts

INDEX: Final = "findings/index.html"
RULES: Final = "findings/rules.html"
MOST_LISTED: Final = 300
"""findings of a page; organs or rules of a table"""
STANDINGS: Final = {
    "open": "待处理",
    "lapsed": "原决定已失效，待处理",
    "waived": "已按原样接受",
    "past": "报表已被后来的替代",
}
WAITING: Final = ("open", "lapsed")
_SEVERITY_ORDER: Final = tuple(SEVERITIES)
_STANDING_ORDER: Final = tuple(STANDINGS)
_PLACEHOLDERS: Final = {
    # what stands in a rule's sentence where a finding has its own labels and figures
    "left": "甲格",
    "right": "乙格",
    "row": "某行",
    "lhs": "甲数",
    "rhs": "乙数",
    "gap": "差额",
    "gaps": "所列各项",
    "figures": "各格的数",
    "measure": "本年或累计",
    "applicant": "某类申请人",
    "when": "某时",
}
_FINDINGS: Final = """
WITH standing AS (
    SELECT
        submission_id,
        receipt_no,
        is_official,
        sequence,
        status,
        max(CASE WHEN is_official THEN sequence END) OVER same AS official,
        max(sequence) OVER same AS last
    FROM core.fct_submission
    WINDOW same AS (PARTITION BY organ_code, report_year, form_code)
)
SELECT
    f.finding_id, f.organ_code, o.name, f.report_year, f.form_code, d.short_title, f.rule_id, f.severity, f.scope,
    f.outcome, f.lhs, f.rhs, f.difference, f.message, f.mend, f.state, f.decision_note, f.first_seen_at, s.receipt_no,
    CASE
        WHEN f.state = 'waived' THEN 'waived'
        WHEN s.submission_id IS NULL OR s.is_official OR (s.sequence = s.last AND s.status = 'held') THEN f.state
        ELSE 'past'
    END AS standing
FROM core.fct_finding AS f
LEFT JOIN core.dim_organ AS o ON o.organ_code = f.organ_code
LEFT JOIN core.dim_form AS d ON d.form_code = f.form_code
LEFT JOIN standing AS s ON s.submission_id = f.submission_id
ORDER BY f.organ_code, f.rule_id, f.scope, f.finding_id"""
_TALLY: Final = """
SELECT t.*, f.short_title
FROM core.rule_tally AS t
LEFT JOIN core.dim_form AS f ON f.form_code = t.form_code
ORDER BY t.rule_id, t.form_code"""
_DOWNLOAD: Final = {
    # column: what it is called, and the words for its values
    "finding_id": ("问题编号", {}),
    "organ_code": ("机构代码", {}),
    "name": ("单位", {}),
    "report_year": ("年度", {}),
    "short_title": ("表样", {}),
    "rule_id": ("规则", {}),
    "severity": ("轻重", {severity: word for severity, (word, _) in SEVERITIES.items()}),
    "standing": ("状态", STANDINGS),
    "outcome": ("判定", {"fail": "不符", "uncertain": "拿不准"}),
    "scope": ("范围", {}),
    "lhs": ("甲数", {}),
    "rhs": ("乙数", {}),
    "difference": ("相差", {}),
    "message": ("问题", {}),
    "mend": ("怎样改", {}),
    "decision_note": ("决定", {}),
    "first_seen_at": ("首次发现", {}),
    "receipt_no": ("回执号", {}),
}
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_OUTCOMES: Final = {
    "submissions_judged": "判定报表",
    "outcomes_pass": "相符",
    "outcomes_fail": "不符",
    "outcomes_uncertain": "拿不准",
    "outcomes_not_assessable": "无法判定",
}
_COUNTED: Final = (
    *(Column(f"{word}待处理", "number") for word, _ in SEVERITIES.values()),
    *(Column(STANDINGS[key], "number") for key in STANDINGS if key not in WAITING),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """The findings that a page lists under one heading. ``total``: how many there are."""

    title: str
    tone: str
    total: int
    shown: Sequence[Row]


@dataclass(frozen=True, slots=True)
class RuleCard:
    """A rule of the catalogue, what the night judged with it by form, and what it found."""

    rule: Row
    sentence: str
    tally: Sequence[Row]
    found: Sequence[Row]

    @property
    def busy(self) -> list[tuple[str, Row]]:
        """The forms of which the night had something in the rule's scope, with the counts."""
        return [(_form_title(line), line) for line in self.tally if any(line[name] for name in _OUTCOMES)]

    @property
    def is_idle(self) -> bool:
        """Whether the night had nothing in its scope."""
        return not self.busy

    @property
    def waiting(self) -> int:
        """Findings that wait for somebody."""
        return sum(row["standing"] in WAITING for row in self.found)


def pages(connection: duckdb.DuckDBPyConnection) -> Iterator[Page]:
    """The overview, the catalogue, and a page for each year with findings."""
    found = read_findings(connection)
    rules = dicts(connection, "SELECT * FROM core.dim_rule ORDER BY rule_id")
    judged = grouped(dicts(connection, _TALLY), "rule_id")
    by_year = dict(sorted(grouped(found, "report_year").items(), key=lambda item: item[0] or 0, reverse=True))
    places = [("总表", INDEX), ("规则目录", RULES), *((_year_title(year), _year_page(year)) for year in by_year)]
    by_rule = grouped(found, "rule_id")
    cards = [
        RuleCard(rule, _general(rule["sentence"]), judged.get(rule["rule_id"], []), by_rule.get(rule["rule_id"], []))
        for rule in rules
    ]
    yield Page(INDEX, "核对问题", "findings.html", _overview(found, by_year, cards) | {"places": marked(places, INDEX)})
    yield Page(RULES, "规则目录", "rules.html", _catalogue(cards) | {"places": marked(places, RULES)})
    for year, mine in by_year.items():
        path, title = _year_page(year), _year_title(year)
        yield Page(
            path,
            f"{title}的核对问题",
            "finding_list.html",
            {
                "places": marked(places, path),
                "counts": count(mine),
                "lists": list_findings(mine),
                "everything": download(f"findings-{year or 'files'}", f"{title}的全部核对问题", mine),
            },
        )


def read_findings(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """All findings, those that wait first, errors before warnings; ``standing`` is a key of STANDINGS."""
    found = dicts(connection, _FINDINGS)
    found.sort(key=lambda row: (_rank(row), -(row["report_year"] or 0)))
    return found


def list_findings(found: Sequence[Row], most: int = MOST_LISTED) -> list[Listed]:
    """The findings under headings, the weightiest first, ``most`` of them in all."""
    lists: list[Listed] = []
    left = most
    for (_, weight, place), group in groupby(sorted(found, key=_rank), key=_rank):
        rows = list(group)
        word, tone = SEVERITIES[_SEVERITY_ORDER[weight]]
        standing = _STANDING_ORDER[place]
        lists.append(
            Listed(f"{word}：{STANDINGS[standing]}", tone if standing in WAITING else "past", len(rows), rows[:left])
        )
        left = max(0, left - len(rows))
    return lists


def download(name: str, caption: str, found: Sequence[Row]) -> Table:
    """Every column of these findings, for a spreadsheet."""
    return Table(
        name,
        caption,
        tuple(Column(label) for label, _ in _DOWNLOAD.values()),
        [tuple(words.get(row[key], row[key]) for key, (_, words) in _DOWNLOAD.items()) for row in found],
    )


def count(found: Iterable[Row]) -> list[tuple[str, str, str, int]]:
    """The counts as (word, tone, sign, findings): what waits by weight, then what does not."""
    counted = Counter((row["standing"] in WAITING, row["severity"]) for row in found)
    waiting = [
        (f"{word}待处理", tone, SIGNS[tone], counted[True, severity]) for severity, (word, tone) in SEVERITIES.items()
    ]
    others = Counter(row["standing"] for row in found)
    return [*waiting, *((STANDINGS[key], "", "－", others[key]) for key in STANDINGS if key not in WAITING)]


def _rank(row: Row) -> tuple[int, int, int]:
    """What waits first, then by weight: open errors are on top."""
    standing = _STANDING_ORDER.index(row["standing"])
    return 0 if row["standing"] in WAITING else standing, _SEVERITY_ORDER.index(row["severity"]), standing


def _overview(
    found: Sequence[Row], by_year: Mapping[int | None, Sequence[Row]], cards: Sequence[RuleCard]
) -> dict[str, Any]:
    outcomes = {name: sum(line[name] for card in cards for line in card.tally) for name in _OUTCOMES}
    return {
        "counts": count(found),
        "outcomes": outcomes,
        "judgements": sum(number for name, number in outcomes.items() if name != "submissions_judged"),
        "rules": len(cards),
        "idle": sum(card.is_idle for card in cards),
        "by_year": Table(
            "findings-by-year",
            "按年度",
            (Column("年度", is_head=True), *_COUNTED),
            [(Cell(_year_title(year), page=_year_page(year)), *_counts(mine)) for year, mine in by_year.items()],
        ),
        "by_rule": Table(
            "findings-by-rule",
            "按规则",
            (
                Column("规则", is_head=True),
                Column("查什么"),
                Column("规则轻重"),
                *_COUNTED,
                Column("涉及单位", "number"),
            ),
            [_rule_line(card) for card in cards if card.found],
        ),
        "by_organ": Table(
            "findings-by-organ",
            "按单位，错误最多的在前",
            (Column("单位", is_head=True), Column("机构代码", "short"), *_COUNTED, Column("规则")),
            [_organ_line(code, mine) for code, mine in sorted(grouped(found, "organ_code").items(), key=_most_first)],
            most=MOST_LISTED,
        ),
    }


def _rule_line(card: RuleCard) -> tuple[Value | Cell, ...]:
    word, tone = SEVERITIES[card.rule["severity"]]
    rule_id = card.rule["rule_id"]
    organs = {row["organ_code"] for row in card.found}
    place = Cell(rule_id, page=rule_place(rule_id))
    return place, FAMILIES[rule_id[0]], Cell(word, tone=tone), *_counts(card.found), len(organs)


def _organ_line(code: str, found: Sequence[Row]) -> tuple[Value | Cell, ...]:
    rules = Counter(row["rule_id"] for row in found)
    told = "、".join(f"{rule}×{times}" for rule, times in sorted(rules.items()))
    return Cell(found[0]["name"] or code, page=organ_page(code)), code, *_counts(found), told


def _most_first(item: tuple[str, Sequence[Row]]) -> tuple[list[int], str]:
    code, found = item
    return [-number for *_, number in count(found)], code


def _counts(found: Iterable[Row]) -> tuple[Cell, ...]:
    return tuple(Cell(number, is_quiet=not number) for *_, number in count(found))


def _catalogue(cards: Sequence[RuleCard]) -> dict[str, Any]:
    families = {letter: [card for card in cards if card.rule["rule_id"][0] == letter] for letter in FAMILIES}
    labels = ("规则", "轻重", "表样", "等式", "句式", "怎样改", "判定的表样")
    return {
        "families": [(letter, title, families[letter]) for letter, title in FAMILIES.items() if families[letter]],
        "weights": SEVERITIES,
        "rules": len(cards),
        "idle": sum(card.is_idle for card in cards),
        "everything": Table(
            "rules",
            "规则目录与判定计数",
            (*map(Column, labels), *(Column(label, "number") for label in _OUTCOMES.values())),
            [
                (
                    *(card.rule["rule_id"], SEVERITIES[card.rule["severity"]][0], card.rule["editions"]),
                    *(card.rule["equation"], card.sentence, card.rule["mend"]),
                    *(_form_title(line), *(line[name] for name in _OUTCOMES)),
                )
                for card in cards
                for line in card.tally
            ],
        ),
    }


def _form_title(line: Row) -> str:
    return line["short_title"] or "没有对应表样的文件"


def _general(sentence: str) -> str:
    """A rule's sentence without a finding's labels and figures."""
    return _PLACEHOLDER.sub(lambda hit: f"〔{_PLACEHOLDERS[hit[1]]}〕", sentence)


def _year_title(year: int | None) -> str:
    return "不属于哪一年度的文件" if year is None else f"{year}年度"


def _year_page(year: int | None) -> str:
    return f"findings/{year or 'files'}.html"
