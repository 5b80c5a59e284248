"""How big an organ is, roughly: the weights by which totals are spread over organs.

Belongs here: one table of rough sizes, all made up. Does not belong here: any total.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.register import Organ


class Traits(NamedTuple):
    """Rough yearly sizes: documents opened, requests, decisions of three kinds (件), fees (万元), norms in force."""

    opened: float
    requests: float
    licences: float = 0
    penalties: float = 0
    coercions: float = 0
    fees: float = 0
    norms: float = 0


# The first key word that is in the organ's latest name decides.
BY_NAME: Final[tuple[tuple[str, Traits], ...]] = (
    ("征收事务中心", Traits(250, 25)),
    ("行政服务中心", Traits(900, 3)),
    ("档案馆", Traits(300, 4)),
    ("图书馆", Traits(180, 0.4)),
    ("环境卫生中心", Traits(120, 1)),
    ("质量站", Traits(60, 0)),
    ("湖里区市场监督", Traits(700, 25, 42000, 900, 60)),
    ("市场监督", Traits(3800, 90, 121000, 3100, 260, 1200, 22)),
    ("公安", Traits(2600, 150, 185000, 96000, 5200, 9800, 24)),
    ("国土资源", Traits(2900, 190)),
    ("规划委", Traits(1700, 150)),
    ("自然资源", Traits(2900, 240, 3100, 12, 3, 2100, 46)),
    ("住房保障", Traits(900, 60, 900, 30, 0, 0, 25)),
    ("建设", Traits(2200, 70, 5400, 380, 6, 0, 58)),
    ("交通", Traits(1900, 40, 28000, 5200, 310, 0, 31)),
    ("教育", Traits(1300, 45, 1500, 3, 0, 3200, 34)),
    ("卫生", Traits(1300, 50, 9800, 640, 4, 45, 21)),
    ("人力资源", Traits(1700, 60, 1300, 55, 2, 310, 48)),
    ("生态环境", Traits(2100, 60, 420, 260, 21, 0, 17)),
    ("财政", Traits(900, 25, 60, 4, 0, 0, 29)),
    ("发展和改革", Traits(1200, 40, 160, 2, 0, 0, 33)),
    ("信息化", Traits(900, 15, 60, 1, 0, 0, 26)),
    ("宗教", Traits(260, 4, 40, 0, 0, 0, 5)),
    ("民政局", Traits(800, 20, 320, 15, 0, 0, 27)),
    ("司法", Traits(420, 12, 1900, 22, 0, 0, 9)),
    ("农业", Traits(800, 20, 700, 35, 2, 18, 19)),
    ("文化", Traits(900, 12, 1100, 90, 3, 0, 15)),
    ("审计", Traits(300, 6, 0, 0, 0, 0, 4)),
    ("安全生产", Traits(1400, 15)),
    ("应急", Traits(1400, 15, 1200, 120, 6, 0, 12)),
    ("统计", Traits(650, 14, 0, 8, 0, 0, 3)),
    ("法制", Traits(350, 18)),
    ("外事", Traits(320, 3, 0, 0, 0, 0, 4)),
    ("国有资产", Traits(420, 12, 0, 0, 0, 0, 16)),
    ("市政园林", Traits(1100, 35, 1500, 0, 0, 260, 23)),
    ("医疗保障", Traits(500, 15, 0, 12, 0, 0, 20)),
    ("数据管理", Traits(700, 8, 2600, 0, 0, 0, 0)),
    ("行政审批", Traits(300, 20, 9000, 0, 0, 0, 2)),
    ("信访", Traits(200, 25)),
    ("高技术产业", Traits(700, 12, 900, 40, 0, 0, 18)),
)
BY_KIND: Final[dict[str, Traits]] = {
    "municipal_office": Traits(1000, 120, 0, 0, 0, 0, 128),
    "district_office": Traits(650, 40, 0, 0, 0, 0, 42),
    "subdistrict": Traits(130, 8, 0, 45, 7, 0, 1),
    "town": Traits(160, 12, 6, 60, 14, 0, 2),
}
# A district bureau beside the municipal bureau of the same trade.
DISTRICT_SHARE: Final = Traits(0.28, 0.14, 0.11, 0.22, 0.2, 0.04, 0.3)


def traits_of(organ: Organ) -> Traits:
    """The rough sizes of an organ; LookupError for an organ that the tables do not know."""
    if organ.kind in BY_KIND:
        return BY_KIND[organ.kind]
    for word, traits in BY_NAME:
        if word in organ.name:
            if organ.kind != "district_department":
                return traits
            return Traits(*(size * share for size, share in zip(traits, DISTRICT_SHARE, strict=True)))
    raise LookupError(f"no rough size for {organ.organ_code} {organ.name}")
