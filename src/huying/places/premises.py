"""Words and rules of the registers of places: what stands in a street, its devices, rooms, contracts. No database."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from huying.kernel.terms import Term, _

# A word of people.rules.Duty, which lies a floor above; a test compares it.
KEEP_PLACES: Final = "keep_places"

# Kinds of facilities that are devices: they have a register of their own and are counted there once.
DEVICE_FACILITIES: Final = ("camera", "access_door")


class Condition(Term):
    """How a thing stands."""

    IN_USE = "in_use", _("在用")
    REPAIR = "repair", _("待修")
    CLOSED = "closed", _("停用待处理")


class ComponentKind(Term):
    """City components (部件): fixed things outdoors, each with a number, an owner and a unit that keeps it in order."""

    MANHOLE = "manhole", _("井盖")
    GULLY = "gully", _("雨水口")
    LAMP = "lamp", _("路灯")
    HYDRANT = "hydrant", _("消火栓")
    BIN = "bin", _("垃圾桶")
    POLE = "pole", _("杆线")
    SIGN = "sign", _("标志牌")
    RAILING = "railing", _("护栏")
    SEAT = "seat", _("座椅")
    TREE = "tree", _("行道树")


class DeviceKind(Term):
    """Devices as assets: what they are and where, never what they saw or who went through."""

    CAMERA = "camera", _("摄像头")
    CARD_DOOR = "card_door", _("刷卡门禁")
    GATE = "gate", _("围院大门")
    WALL = "wall", _("围墙围栏")
    BARRIER = "barrier", _("车辆道闸")
    ALARM = "alarm", _("一键报警")
    SMOKE = "smoke", _("烟感")
    WATER_GAUGE = "water_gauge", _("水位计")


class ServiceLevel(Term):
    """Whose tier a service place is of."""

    DISTRICT = "district", _("区级")
    STREET = "street", _("街道")
    COMMUNITY = "community", _("社区")
    GRID = "grid", _("网格（小区）")
    TRADE = "trade", _("商圈楼宇（两新）")
    OTHER = "other", _("延伸点")


class ServiceKind(Term):
    PARTY_CENTRE = "party_centre", _("党群服务中心（站）")
    NEIGHBOURS = "neighbours", _("邻里驿站")
    CLINIC = "clinic", _("卫生服务站")
    ELDER_CARE = "elder_care", _("养老服务站")
    PRACTICE = "practice", _("文明实践站")
    CULTURE = "culture", _("文化活动站")
    CHILDREN = "children", _("儿童之家")
    LEGAL = "legal", _("法律服务站")
    REST = "rest", _("户外劳动者驿站")


class RoomUse(Term):
    MEETING = "meeting", _("会议议事")
    COUNTER = "counter", _("窗口服务")
    ACTIVITY = "activity", _("活动")
    READING = "reading", _("阅览自习")
    TABLE_TENNIS = "table_tennis", _("乒乓球室")
    SHOP = "shop", _("积分超市")
    MEDIATION = "mediation", _("调解")
    HEALTH = "health", _("健康")
    CHILD = "child", _("亲子")
    OUTDOOR = "outdoor", _("室外场地")
    OTHER = "other", _("其他")


class TradeKind(Term):
    TOWER = "tower", _("商务楼宇")
    DISTRICT = "district", _("商圈")
    PARK = "park", _("产业园")
    MARKET = "market", _("专业市场")
    OLD_PLANT = "old_plant", _("集体旧物业改造")


class Trade(Term):
    """Kinds of tenants, counted."""

    OFFICE = "office", _("办公商务")
    RETAIL = "retail", _("零售")
    CATERING = "catering", _("餐饮")
    TECH = "tech", _("科技信息")
    MAKING = "making", _("生产加工")
    CULTURE = "culture", _("文化教育")
    LOGISTICS = "logistics", _("物流仓储")
    OTHER = "other", _("其他")


class RescueKind(Term):
    TEAM = "team", _("抢险队伍")
    STORE = "store", _("物资仓库")
    SHELTER = "shelter", _("避护场所")
    VEHICLE = "vehicle", _("车辆机具")


class Emergency(Term):
    FLOOD = "flood", _("内涝排水")
    FIRE = "fire", _("火灾")
    TYPHOON = "typhoon", _("台风暴雨")
    COLLAPSE = "collapse", _("坍塌险情")
    OUTAGE = "outage", _("停水停电停气")
    TREE = "tree", _("树木倒伏")
    DRILL = "drill", _("演练")


class HolderKind(Term):
    """Who bears the duty for a rented home."""

    ORGANISATION = "organisation", _("单位出租")
    PERSON = "person", _("个人出租")


class SafetyItem(Term):
    """What a rented home must have."""

    EXTINGUISHER = "extinguisher", _("灭火器")
    SMOKE_ALARM = "smoke_alarm", _("烟感报警")
    EMERGENCY_LIGHT = "emergency_light", _("应急照明")
    ESCAPE_WINDOW = "escape_window", _("逃生窗口")
    CLEAR_STAIRS = "clear_stairs", _("楼道畅通")
    SAFE_WIRES = "safe_wires", _("电线套管")
    GAS_SAFE = "gas_safe", _("燃气安全")
    NO_BIKES = "no_bikes", _("电动车不进楼")


class WorkKind(Term):
    GREEN = "green", _("绿化养护")
    CLEANING = "cleaning", _("环卫保洁")
    WASTE = "waste", _("垃圾收运")
    DRAIN = "drain", _("排水养护")
    ROAD = "road", _("道路养护")
    LAMP = "lamp", _("路灯养护")
    TOILET = "toilet", _("公厕管养")
    OTHER = "other", _("其他作业")


class FacilityMore(Term):
    """How a facility came about."""

    BUILT = "built", _("原有")
    ADDED = "added", _("增设")


DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_LABELS: Final = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
CHECK_EVERY: Final = timedelta(days=182)  # a rented home that passed is looked at again after half a year
_SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~至]\s*(\d{1,2})[:：](\d{2})")
_FILING = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-]{3,29}")
_PHONE = re.compile(r"1[3-9]\d{9}")
_IDENTITY = re.compile(r"[1-9]\d{16}[\dXx]")


def spans_of(text: str) -> list[tuple[time, time]]:
    """Opening hours of one day: `08:30-12:00 14:30-17:30`; nothing means closed. ValueError where it is neither."""
    written = text.strip()
    if not written:
        return []
    spans = []
    rest = _SPAN.sub(lambda found: spans.append(_span(found)) or "", written)  # type: ignore[func-returns-value]
    if re.sub(r"[\s,，;；、]", "", rest) or not spans:
        raise ValueError(text)
    spans.sort()
    if any(begin >= end for begin, end in spans) or any(
        early[1] > late[0] for early, late in zip(spans, spans[1:], strict=False)
    ):
        raise ValueError(text)
    return spans


def _span(found: re.Match[str]) -> tuple[time, time]:
    return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))


def written_spans(text: str) -> str:
    """Opening hours in their one form: `08:30-12:00 14:30-17:30`."""
    return " ".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in spans_of(text))


def is_open(hours: list[str], moment: datetime) -> bool:
    """Whether a place with these hours (Monday first) is open at a local moment."""
    return any(begin <= moment.time() < end for begin, end in spans_of(hours[moment.weekday()]))


def is_filing_number(text: str) -> bool:
    """Whether this is a reference number: letters, digits, dashes, and no phone or identity number."""
    return bool(_FILING.fullmatch(text)) and not _PHONE.search(text) and not _IDENTITY.fullmatch(text)


def next_check(on: date, passed: bool, mend_by: date | None) -> date:
    """When a rented home is looked at next: after half a year, or on the day by which it must be mended."""
    return on + CHECK_EVERY if passed or mend_by is None else mend_by
