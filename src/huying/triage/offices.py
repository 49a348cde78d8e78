"""Which office answers for which kind of matter: the name of an office in a reply is a weak label of the message."""

from __future__ import annotations

import re
from collections.abc import Sequence

OFFICES = {
    "城乡建设": (
        "住建局|住房和城乡建设|城乡建设局|规划局|规建局|城管|行政执法|房产局|住房保障|园林局|环卫局|市政局|公积金"
    ),
    "劳动和社会保障": "人社局|人社厅|人力资源|社会保障局|社会保障厅|社保局|劳动监察|医保局|医疗保障局|就业局",
    "教育文体": "教育局|教育厅|教体局|教育体育局|体育局|文化局|文广新",
    "商贸旅游": "商务局|旅游局|工商局|市场监督管理局|市场监管|物价局|食药监|质监局|烟草专卖",
    "环境保护": "环保局|环境保护局|生态环境局|环保分局|生态环境分局",
    "卫生计生": "卫计局|卫计委|卫生局|卫健局|卫健委|卫生健康|卫生和计划生育|计生局|疾控中心",
    "交通运输": "交通局|交通运输局|交通厅|公路局|公路管理|运管|公交公司",
}
BEGINS = 400
"""Characters of a reply within which the answering office is named."""


def label_of(reply: str, labels: Sequence[str]) -> str:
    """The one label whose offices are named at the beginning of a reply; empty where none or several are."""
    start = reply[:BEGINS]
    found = [one for one in labels if one in OFFICES and re.search(OFFICES[one], start)]
    return found[0] if len(found) == 1 else ""
