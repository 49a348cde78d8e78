"""Made-up data that shows each component in each of its states. Every name, place and number is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms

from huying.kernel.refusals import Unavailable
from huying.kernel.terms import _


@dataclass(frozen=True)
class ShownClock:
    """A clock as the light reads it."""

    started_at: datetime
    due_at: datetime
    yellow_at: datetime | None = None
    paused_at: datetime | None = None


class ShownForm(forms.Form):
    """One field of each layout."""

    phone = forms.CharField(label=_("手机号"), help_text=_("11 位数字，只用来告诉您结果。"), required=False)
    words = forms.CharField(label=_("说说情况"), widget=forms.Textarea(attrs={"rows": 2}))
    unit = forms.ChoiceField(label=_("主办单位"), choices=[("a", "排水养护所"), ("b", "街道环卫站")])
    solved = forms.ChoiceField(
        label=_("解决了吗？"),
        widget=forms.RadioSelect,
        choices=[("yes", "解决了"), ("part", "解决了一部分"), ("no", "没解决")],
    )
    answer_by = forms.ChoiceField(
        label=_("想怎样收到答复"),
        widget=forms.RadioSelect,
        choices=[("sms", "短信"), ("call", "电话"), ("self", "自己查")],
    )
    grade = forms.ChoiceField(
        label=_("级别"), widget=forms.RadioSelect, choices=[("n", "一般"), ("u", "紧急"), ("h", "疑难")]
    )
    seen = forms.MultipleChoiceField(
        label=_("出门前看"), widget=forms.CheckboxSelectMultiple, choices=[("a", "写了做法和原因"), ("b", "承诺有日期")]
    )
    photos = forms.FileField(label=_("照片"), required=False)
    agreed = forms.BooleanField(label=_("同意街道用这个电话联系我"))
    key = forms.CharField(widget=forms.HiddenInput, required=False)


def _typed() -> ShownForm:
    return ShownForm(
        initial={
            "phone": "138 0000 0000", "words": "榕树路 12 号门口的下水口堵了，一下雨水就漫到人行道上，老人和孩子不好走。",
            "unit": "a", "solved": "no", "answer_by": "sms", "grade": "u", "seen": ["a"], "agreed": True,
        },
        prefix="shown",
    )  # fmt: skip


def _faulty() -> ShownForm:
    form = ShownForm({"bad-phone": "138 0000 000", "bad-words": "榕树路", "bad-unit": "a"}, prefix="bad")
    form.is_valid()
    form.errors.clear()
    form.add_error("phone", _("少了 1 位，请写满 11 位数字"))
    form.add_error("agreed", _("留了电话，要您同意才能联系您"))
    return form


def _rows(now: datetime) -> list[dict[str, Any]]:
    def clock(used: int, left: int) -> ShownClock:
        return ShownClock(now - timedelta(minutes=used), now + timedelta(minutes=left))

    told = [
        ("filed", "待派单", "污水从沙井冒出，漫到小区门口", "20261020-101-0042 · 12345 热线 · 3 人反映", "榕树 · 木棉网格",
         "建议 排水养护", clock(300, -65), "受理派单", True),
        ("reviewing", "待审核", "夜间打桩噪声，已责令停工", "20261019-101-0117 · 要求书面答复", "茉莉 · 03 网格",
         "综合行政执法队", clock(240, -12), "审核答复", True),
        ("received", "待受理", "老人独居摔倒后需要上门助浴评估", "20261020-101-0051 · 家属网上提交", "玉兰 · 05 网格",
         "建议 公服办", clock(300, 48), "受理派单", False),
        ("returned", "已退回", "路灯连续三盏不亮", "20261019-101-0098 · 退回：灯杆属小区", "荷塘 · 02 网格", "第 1 次退回",
         clock(500, 80), "重新派单", False),
        ("in_hand", "办理中", "上级工单：餐饮油烟扰民，需延期", "示例-7731 · 延期窗口 12:00 关", "紫荆 · 06 网格",
         "区生态环境分局", clock(900, 138), "向上延期", False),
        ("calling_back", "待回访", "下水道堵塞已疏通", "20261017-101-0039 · 诉求人约 15 点后", "江岸 · 02 网格",
         "排水养护所", clock(300, 348), "打电话", False),
        ("closed", "已办结", "健身器材螺丝松动已加固", "20261017-101-0044 · 首次回访", "书院 · 03 网格", "文体岗",
         ShownClock(now - timedelta(days=1), now + timedelta(days=2), paused_at=now - timedelta(hours=3)), "看答复", False),
    ]  # fmt: skip
    names = ("state", "label", "title", "second", "place", "unit", "clock", "next", "filled")
    return [dict(zip(names, row, strict=True)) for row in told]


def desk(now: datetime) -> dict[str, Any]:
    rows = _rows(now)
    return {
        "now": now,
        "rows": rows,
        "columns": [("state", "状态"), ("matter", "事项"), ("place", "地点"), ("unit", "单位"), ("clock", "办理时限"), ("next", "下一步")],
        "counts": [
            {"label": "已超时", "count": 2, "reason": "最久 1时05分", "url": "#t", "tone": "late", "current": True},
            {"label": "今天变红", "count": 5, "reason": "最早 10:30", "url": "#t", "tone": "soon"},
            {"label": "待派单", "count": 7, "reason": "网上最久 38 分钟", "url": "#t", "tone": "wait"},
            {"label": "待审核", "count": 4, "reason": "单位已签", "url": "#t", "tone": "review"},
            {"label": "待回访", "count": 11, "reason": "今天到期 3", "url": "#t", "tone": "review"},
            {"label": "办理中", "count": 31, "reason": "2 件没联系", "url": "#t", "tone": "doing"},
            {"label": "等上级答复", "count": 2, "reason": "退回 1 · 延期 1", "url": "#t", "icon": "up"},
            {"label": "已退回", "count": 1, "reason": "第 1 次", "url": "#t", "tone": "back"},
        ],
        "tones": [("wait", "待派单"), ("doing", "办理中"), ("review", "待审核"), ("done", "已办结"), ("late", "超时"), ("back", "已退回")],
        "steps": [
            {"word": "待受理", "at": "08:07", "state": "past"}, {"word": "待派单", "at": "09:43", "state": "past"},
            {"word": "待签收", "at": "09:52", "state": "past"}, {"word": "办理中", "at": "09:58", "state": "past"},
            {"word": "待审核", "at": "13:46", "state": "now", "tone": "review"}, {"word": "待回访", "state": "next"},
            {"word": "已办结", "state": "next"},
        ],
        "history": [
            {"at": now - timedelta(minutes=15), "who": "排水养护所 何模拟（所长）", "words": "签字同意送审", "tone": "review"},
            {"at": now - timedelta(minutes=34), "who": "周试行", "words": "提交结果：已解决", "note": "答复 216 字 · 处置前后照片 4 张"},
            {"at": now - timedelta(hours=4), "who": "排水养护所", "words": "到场报到", "note": "应哨 6 分钟，到场 29 分钟"},
            {"at": now - timedelta(hours=5), "who": "周试行", "words": "首次联系诉求人：接通"},
        ],
        "explained": [
            ("起点", "今天 08:07 市热线送达"), ("规则", "紧急，24 小时处置，按自然时间，夜里和节假日不停"),
            ("依据", "清单 2026-3 版 第 48 行"), ("停表", "没有停过"), ("上级", "市热线 10月23日 18:00；内控早于它，以内控为准"),
        ],
        "facts": [("地点", "榕树社区 木棉网格 · 榕树路 18 号南门"), ("事项", "河涌水务 / 污水管网堵塞外溢"), ("诉求", "3 人反映，要求今天疏通并说明原因")],
        "duty": [("值班长", "陈样本"), ("带班领导", "赵演示"), ("应急队", "街道微型消防站")],
        "filters": [
            {"name": "地点", "words": "榕树社区", "set": True, "clear_url": "#t"},
            {"name": "状态", "words": "未办结", "set": True, "clear_url": "#t"},
            {"name": "单位", "words": "全部", "options": [{"words": "全部", "url": "#t", "current": True}, {"words": "排水养护所", "url": "#t"}]},
        ],
        "tabs": [{"words": "全部在办", "url": "#t", "count": 186}, {"words": "榕树未办结", "url": "#t", "count": 12, "current": True},
                 {"words": "今天变红", "url": "#t", "count": 5}, {"words": "两次退回", "url": "#t", "count": 3}],
        "views": [{"words": "列表", "url": "#t", "icon": "list"}, {"words": "列表+地图", "url": "#t", "icon": "map", "current": True}],
        "form": _typed(), "faulty": _faulty(), "page": {"next": "next"},
        "clock_red": rows[0]["clock"], "clock_yellow": rows[2]["clock"], "clock_green": rows[5]["clock"], "clock_paused": rows[6]["clock"],
        "photos": [{"url": "/static/ui/sample-before.svg", "alt": "路灯杆下一片黑"}, {"url": "/static/ui/sample-after.svg", "alt": "路灯亮了"}],
        "hostile": "请看\u202e这里的字\u202c和 <b>标签</b>",
    }  # fmt: skip


def portal(now: datetime) -> dict[str, Any]:
    return {
        "now": now,
        "due": now + timedelta(days=2, minutes=7),
        "late": now - timedelta(hours=2, minutes=10),
        "form": _typed(), "faulty": _faulty(),
        "tones": [("wait", "待派单"), ("doing", "办理中"), ("review", "等您评价"), ("done", "已办结"), ("late", "超时"), ("back", "已退回")],
        "form_steps": [{"word": "什么事", "state": "past", "url": "#t"}, {"word": "在哪里", "state": "now"}, {"word": "核对提交", "state": "next"}],
        "steps": [
            {"word": "已收到", "at": "6月12日 08:42", "words": "街道收到，照片 1 张。", "state": "past"},
            {"word": "已派单", "at": "6月12日 09:05", "words": "示范街道环卫站主办，木棉网格协助。", "state": "past"},
            {"word": "办理中", "at": "6月12日 10:12", "words": "环卫站已给您打过电话，约好今天下午到现场清通。", "state": "now"},
            {"word": "审核答复", "words": "街道看过答复，再发给您。", "state": "next"},
            {"word": "请您评价", "words": "没解决，就再办一次。", "state": "next"}, {"word": "已办结", "state": "next"},
        ],
        "next_steps": [
            {"word": "街道看过，派给办理单位", "limit": "2 小时内", "words": "派给了谁，马上告诉您"},
            {"word": "办理单位联系您", "limit": "24 小时内", "words": "没打通会换时间再打"},
            {"word": "办好，给您答复", "limit": "1 个工作日内", "words": "附上现场前后照片"},
        ],
        "answer": [("时限", "按时，早了 25 分钟"), ("把关", "街道看过答复 · 08:52"), ("公开", "24 小时后公开答复和现场照片，没有您写的话、您的照片。")],
        "others": [("110", "报警"), ("120", "急救")],
        "code": "482617309527",
    }  # fmt: skip


def problem() -> dict[str, Any]:
    return {"problem": Unavailable(), "back_url": "/ui/"}


def areas() -> dict[str, Any]:
    """Six grids side by side, one community around them, as the map component takes them."""
    west, south, wide, high = 113.30, 23.10, 0.004, 0.003
    names = ["榕树网格", "木棉网格", "凤凰网格", "玉兰网格", "石榴网格", "古井网格"]
    shapes: list[dict[str, Any]] = []
    for place, name in enumerate(names):
        x, y = west + wide * (place % 3), south + high * (place // 3)
        lean = 0.0006 * (place % 3)
        ring = [[x + lean, y], [x + wide, y + lean / 2], [x + wide, y + high], [x, y + high], [x + lean, y]]
        shapes.append(_shape(ring, name, f"990101001001{place + 1:03d}", "grid"))
    around = [
        [west, south],
        [west + 3 * wide, south],
        [west + 3 * wide, south + 2 * high],
        [west, south + 2 * high],
        [west, south],
    ]
    shapes.append(_shape(around, "榕树社区", "990101001001", "community"))
    return {"type": "FeatureCollection", "features": shapes}


def _shape(ring: list[list[float]], name: str, code: str, tier: str) -> dict[str, Any]:
    return {
        "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"name": name, "code": code, "tier": tier},
    }  # fmt: skip


def points() -> dict[str, Any]:
    told = [(113.302, 23.1012, 1, "red"), (113.3055, 23.1042, 2, "gold"), (113.3098, 23.1022, 3, "blue")]
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [x, y]},
             "properties": {"number": number, "tone": tone, "name": f"第 {number} 行", "url": f"#row-{number}"}}
            for x, y, number, tone in told
        ],
    }  # fmt: skip
