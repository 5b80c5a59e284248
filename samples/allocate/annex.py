"""The annex of 2016-2018 (fj_annex_2017): leaves, districts and the city.

Belongs here: spreading the published figures of 2017, and the two headline figures of 2016 and 2018, over the leaves;
rolling the cumulative column back and forth. Does not belong here: the supplement, the national form.

The opening balance (end of 2015) is what the published cumulative column of 2017 leaves when two years are taken off.
The gaps that the published column inherited are put into it, in the organs named below and in no others: every year
adds closed sums, so those organs miss by the same amount in every year and all others close.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from samples.allocate.apportion import apportion, deal, draw, scatter, wobble
from samples.allocate.model import (
    ANNEX,
    ANNEX_ROWS,
    ANNEX_YEARS,
    CHANNELS,
    CITY,
    MUNICIPAL_OFFICE,
    REPLIES,
    Counts,
    Figure,
    by_district,
    leaf_codes,
    number,
    published,
    published_value,
    total,
)
from samples.allocate.traits import traits_of
from schemas.register import Register

Table = dict[str, Counts]  # row -> organ -> figure

# 92 old requests came by channels that the form no longer has: 办公厅, 公安局, 国土房产局.
LOST_CHANNELS: Final[Mapping[str, int]] = {MUNICIPAL_OFFICE: 38, "XMP00105": 31, "XMP00110": 23}
# One old reply is counted in two kinds: 人社局.
TWICE_SORTED: Final[Mapping[str, int]] = {"XMP00109": 1}

# What the city did not publish of 2016 and 2018, made up. ``own_level`` and ``governments`` split the published totals.
MADE_UP: Final[Mapping[int, Mapping[str, int]]] = {
    2016: {
        "own_level": 28760,
        "governments": 281,
        "fj_open_website": 38355,
        "fj_open_gazette": 541,
        "fj_req_in_person": 281,
        "fj_req_online": 792,
        "fj_req_mail_fax": 392,
        "fj_reply_total": 1462,
        "fj_reply_granted": 561,
        "fj_reply_partial": 79,
        "fj_reply_refused": 141,
        "fj_reply_other": 681,
        "fj_complaints": 0,
        "fj_reviews": 22,
        "fj_suits": 15,
    },
    2018: {
        "own_level": 28902,
        "governments": 238,
        "fj_open_website": 38377,
        "fj_open_gazette": 529,
        "fj_req_in_person": 199,
        "fj_req_online": 762,
        "fj_req_mail_fax": 274,
        "fj_reply_total": 1237,
        "fj_reply_granted": 352,
        "fj_reply_partial": 93,
        "fj_reply_refused": 187,
        "fj_reply_other": 605,
        "fj_complaints": 2,
        "fj_reviews": 27,
        "fj_suits": 21,
    },
}
HULI: Final = "XM02100"


def build_annex(register: Register) -> list[Figure]:
    """All annex figures: every leaf, every district (consolidated) and the city (published), 2016 to 2018."""
    annual, cumulative = leaf_tables(register)
    figures: list[Figure] = []
    for year in ANNEX_YEARS:
        leaves = leaf_codes(register, year)
        for code in leaves:
            figures += _submission(code, year, annual[year], cumulative[year], [code])
        for district, members in by_district(register, leaves).items():
            figures += _submission(district, year, annual[year], cumulative[year], members)
        if year == 2017:
            figures += _city_as_printed()
        else:
            figures += _submission(CITY, year, annual[year], cumulative[year], leaves)
    return figures


def leaf_tables(register: Register) -> tuple[dict[int, Table], dict[int, Table]]:
    """The leaves' annual and cumulative tables by year."""
    spread = _Spread(register)
    annual: dict[int, Table] = {year: spread.year(year) for year in (2016, 2017)}
    opening = spread.opening(annual)
    backlog = _subtract(_add(opening, annual[2016], annual[2017]), "fj_req_total", "fj_reply_total")
    annual[2018] = spread.year(2018, backlog)
    at_end_of_2016 = _add(opening, annual[2016])
    at_end_of_2017 = _add(at_end_of_2016, annual[2017])
    return annual, {2016: at_end_of_2016, 2017: at_end_of_2017, 2018: _add(at_end_of_2017, annual[2018])}


class _Parts(NamedTuple):
    """The leaves' totals, and how many requests have a channel and how many replies a kind."""

    opened: Counts
    requests: Counts
    replies: Counts
    by_channel: Counts
    by_kind: Counts


class _Spread:
    """Spreads the totals of a year, or of the opening balance, over the leaves."""

    def __init__(self, register: Register) -> None:
        self.leaves = leaf_codes(register, 2017)
        traits = {code: traits_of(register.organs[code]) for code in self.leaves}
        self.opened = {code: traits[code].opened for code in self.leaves}
        self.requests = {code: traits[code].requests for code in self.leaves}
        self.own = [code for code in self.leaves if register.level_of(code) == "own"]
        self.lower = [code for code in self.leaves if register.level_of(code) == "lower"]
        self.huli = by_district(register, self.leaves)[HULI]
        self.governments = [code for code in self.leaves if register.slice_kind_of(code) == "government"]
        self.departments = [code for code in self.leaves if register.slice_kind_of(code) == "department"]
        kinds = {code: register.organs[code].kind for code in self.leaves}
        self.gazettes = {
            code: {"municipal_office": 60.0, "district_office": 7.0}.get(kind, 0.0) for code, kind in kinds.items()
        }

    def year(self, year: int, backlog: Counts | None = None) -> Table:
        """The annual column of every leaf. ``backlog``: unanswered requests at the start, needed where it shrinks."""
        targets = annual_targets(year)
        opened = self._opened(targets, year)
        requests = self._requests(targets["governments"], targets["fj_req_total"], year)
        unanswered = self._unanswered(targets, requests, backlog, year)
        replies = {code: requests[code] - unanswered[code] for code in self.leaves}
        return self._table(targets, _Parts(opened, requests, replies, requests, replies), year)

    def opening(self, annual: Mapping[int, Table]) -> Table:
        """Every leaf's balance at the end of 2015."""
        city = {row: sum(annual[2016][row].values()) for row in ANNEX_ROWS}
        targets = {
            row: published_value(CITY, 2017, row, "cumulative") - published_value(CITY, 2017, row) - city[row]
            for row in ANNEX_ROWS
        }
        own = published_value(CITY, 2017, "nar_open_total_own_level", "cumulative")
        targets["own_level"] = own - sum(total(annual[year]["fj_open_total"], self.own) for year in annual)
        governments = published_value(CITY, 2017, "nar_req_by_governments", "cumulative")
        taken = sum(total(annual[year]["fj_req_total"], self.governments) for year in annual)
        opened = self._opened(targets, "opening")
        requests = self._requests(governments - taken, targets["fj_req_total"], "opening")
        still_open = targets["fj_req_total"] - targets["fj_reply_total"]
        unanswered = apportion(still_open, {code: float(requests[code]) for code in self.leaves}, requests)
        replies = {code: requests[code] - unanswered[code] for code in self.leaves}
        by_channel = {code: requests[code] - LOST_CHANNELS.get(code, 0) for code in self.leaves}
        by_kind = {code: replies[code] + TWICE_SORTED.get(code, 0) for code in self.leaves}
        return self._table(targets, _Parts(opened, requests, replies, by_channel, by_kind), "opening")

    def _table(self, targets: Mapping[str, int], parts: _Parts, about: object) -> Table:
        opened = parts.opened
        off_the_web = targets["fj_open_total"] - targets["fj_open_website"]
        weights = {code: opened[code] * wobble("web", code, about, spread=0.7) for code in self.leaves}
        unposted = apportion(off_the_web, weights, opened)
        channels = deal(parts.by_channel, {row: targets[row] for row in CHANNELS}, "channels", about)
        kinds = deal(parts.by_kind, {row: targets[row] for row in REPLIES}, "replies", about)
        table: Table = {
            "fj_open_total": opened,
            "fj_open_website": {code: opened[code] - unposted[code] for code in self.leaves},
            "fj_open_gazette": apportion(targets["fj_open_gazette"], self.gazettes, opened),
            "fj_req_total": parts.requests,
            "fj_reply_total": parts.replies,
        }
        table |= {row: {code: channels[code][row] for code in self.leaves} for row in CHANNELS}
        table |= {row: {code: kinds[code][row] for code in self.leaves} for row in REPLIES}
        for row in ("fj_complaints", "fj_reviews", "fj_suits"):
            table[row] = scatter(targets[row], self.requests, row, about)
        return {row: table[row] for row in ANNEX_ROWS}

    def _opened(self, targets: Mapping[str, int], about: object) -> Counts:
        blocks = [(self.own, targets["own_level"])]
        lower = targets["fj_open_total"] - targets["own_level"]
        if about == 2018:  # 湖里区 published its own figure for that year
            huli = published_value(HULI, 2018, "nar_open_total")
            rest = [code for code in self.lower if code not in self.huli]
            blocks += [(self.huli, huli), (rest, lower - huli)]
        else:
            blocks += [(self.lower, lower)]
        weights = {code: self.opened[code] * wobble("opened", code, about) for code in self.leaves}
        opened: Counts = {}
        for members, whole in blocks:
            opened |= apportion(whole, {code: weights[code] for code in members})
        return {code: opened[code] for code in self.leaves}

    def _requests(self, by_governments: int, whole: int, about: object) -> Counts:
        weights = {code: self.requests[code] * wobble("requests", code, about) for code in self.leaves}
        requests = apportion(by_governments, {code: weights[code] for code in self.governments})
        requests |= apportion(whole - by_governments, {code: weights[code] for code in self.departments})
        return {code: requests[code] for code in self.leaves}

    def _unanswered(
        self, targets: Mapping[str, int], requests: Counts, backlog: Counts | None, year: int
    ) -> Mapping[str, int]:
        """By how much each leaf's pile of open requests grows; below zero where it answers old ones."""
        growth = targets["fj_req_total"] - targets["fj_reply_total"]
        piles = requests if growth >= 0 else backlog
        if piles is None:
            raise ValueError(f"more answers than requests in {year}, and no backlog to take them from")
        able = sorted(code for code in self.leaves if piles[code] > 0)
        chosen = draw("unanswered", year).sample(able, abs(growth))
        step = 1 if growth >= 0 else -1
        return {code: step if code in chosen else 0 for code in self.leaves}


def annual_targets(year: int) -> dict[str, int]:
    """The city's annual totals of a year, with the share of its own level and of governments.

    Of the printed pairs that do not add up, the total and the city's own level (or the governments) are kept; the
    districts (or the departments) get the rest.
    """
    if year == 2017:
        targets = {row: published_value(CITY, year, row) for row in ANNEX_ROWS}
        targets["own_level"] = published_value(CITY, year, "nar_open_total_own_level")
        targets["governments"] = published_value(CITY, year, "nar_req_by_governments")
        return targets
    headline = {
        "fj_open_total": published_value(CITY, year, "nar_open_total"),
        "fj_req_total": published_value(CITY, year, "nar_req_received"),
    }
    return headline | dict(MADE_UP[year])


def _add(*tables: Table) -> Table:
    return {row: {code: sum(table[row][code] for table in tables) for code in tables[0][row]} for row in ANNEX_ROWS}


def _subtract(table: Table, row: str, less: str) -> Counts:
    return {code: table[row][code] - table[less][code] for code in table[row]}


def _submission(code: str, year: int, annual: Table, cumulative: Table, members: Iterable[str]) -> list[Figure]:
    members = list(members)
    return [
        Figure(code, year, ANNEX, row, "", measure, total(table[row], members))
        for row in ANNEX_ROWS
        for measure, table in (("annual", annual), ("cumulative", cumulative))
    ]


def _city_as_printed() -> list[Figure]:
    """The city's own report for 2017, the table and the figures of its prose, slips included."""
    return [
        Figure(CITY, 2017, ANNEX, row.indicator_code, "", row.measure, number(row.value))
        for row in published()
        if (row.organ_code, row.report_year, row.form_code) == (CITY, 2017, ANNEX)
    ]
