"""Figures that more than one test holds the software to, as published."""

from __future__ import annotations

ANNEX_2017 = {
    # the annex of 厦门市2017年政府信息公开工作年度报告 as printed: indicator, (annual, cumulative)
    "fj_open_total": (42938, 540432),
    "fj_open_website": (42128, 519003),
    "fj_open_gazette": (558, 9923),
    "fj_req_total": (1370, 6503),
    "fj_req_in_person": (246, 1851),
    "fj_req_online": (797, 3106),
    "fj_req_mail_fax": (327, 1454),
    "fj_reply_total": (1366, 6451),
    "fj_reply_granted": (399, 3183),
    "fj_reply_partial": (88, 385),
    "fj_reply_refused": (199, 551),
    "fj_reply_other": (680, 2333),
    "fj_complaints": (0, 0),
    "fj_reviews": (25, 102),
    "fj_suits": (23, 53),
}
