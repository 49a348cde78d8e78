"""What a street's desk settles for itself about calling back, as registers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from huying.cases.models import CallScript, CallTimes, CallTreeStep
from huying.cases.rules.calling import CallHours, Line
from huying.cases.rules.calltrees import LONGEST, MOST_STEPS, Occasion
from huying.kernel.actor import Actor
from huying.kernel.refusals import IllegalMove, Invalid
from huying.kernel.terms import _
from huying.matters import queries as matters
from huying.matters.rules import FlowKind, Grade
from huying.people.models import InTerm
from huying.people.rules import Duty, Post
from huying.registers import declared
from huying.registers.declared import Column, Register
from huying.registers.declared import ColumnKind as K

_AREA = Column("area_code", _("区域"), K.AREA, needed=True, filtered=True)
_SINCE = Column("since", _("开始"), K.DATE, needed=True)
_UNTIL = Column("until", _("结束"), K.DATE, help=_("从这一天起不再有效。没有期限的不填。"))


class _Settled(Register[Any]):
    """Rows that hold from a day on; what is in force is not changed but ended, and another one made."""

    icon = "phone"
    group = "work"
    write = Duty.ADMIN_MATTERS.value
    ends = True

    def check(self, values: dict[str, object], row: InTerm | None, *, actor: Actor, now: datetime) -> None:
        since, until = values.get("since"), values.get("until")
        if isinstance(since, date) and isinstance(until, date) and until <= since:
            raise Invalid({"until": [_("结束日期要晚于开始日期。")]})
        if row is not None and row.since <= timezone.localdate(now):
            raise IllegalMove(_("已经启用的不改，免得说不清当时用的是哪一版。请停用它，再另加一版。"))


class CallScripts(_Settled):
    """What is said in a call-back."""

    key = "call_script"
    label = _("回访话术")
    order = 60
    about = _("回访时照着说的话。没有另定的，用系统自带的。不同流程、不同事项可以各有一版。")
    model = CallScript
    columns = (
        Column("version", _("版本"), needed=True, most=20),
        _AREA,
        Column("flow", _("流程"), K.CHOICE, choices=FlowKind, filtered=True, help=_("不选就是各种流程都用。")),
        Column("class_code", _("事项大类编号"), most=2, help=_("两位数字，例如 01。不填就是各类事项都用。")),
        *(
            Column(str(one), one.label, K.LONG_TEXT, needed=one != Line.ELSE, listed=one == Line.GREETING, most=300)
            for one in Line
        ),
        _SINCE,
        _UNTIL,
    )
    identity = ("area_code", "flow", "class_code", "version")
    searched = ("version", "greeting")

    def check(self, values: dict[str, object], row: InTerm | None, *, actor: Actor, now: datetime) -> None:
        super().check(values, row, actor=actor, now=now)
        code = str(values.get("class_code") or "")
        if code and all(one.code != code for one in matters.classes()):
            raise Invalid({"class_code": [_("清单里没有这个大类。")]})


class Times(_Settled):
    """When callers may be rung."""

    key = "call_times"
    label = _("回访时段")
    order = 61
    about = _("几点到几点可以回访，一天分哪四段。同一段里没接通两次，只算试过一次。")
    model = CallTimes
    columns = (
        _AREA,
        Column("opens", _("最早"), K.TIME, needed=True),
        Column("noon", _("中午从"), K.TIME, needed=True),
        Column("afternoon", _("下午从"), K.TIME, needed=True),
        Column("evening", _("晚上从"), K.TIME, needed=True),
        Column("closes", _("最晚"), K.TIME, needed=True),
        _SINCE,
        _UNTIL,
    )
    identity = ("area_code", "since")
    searched = ()

    def check(self, values: dict[str, object], row: InTerm | None, *, actor: Actor, now: datetime) -> None:
        super().check(values, row, actor=actor, now=now)
        if not _hours_of(values).in_order:
            raise Invalid({"closes": [_("时段要一段接一段，最晚在最后。")]})


class CallTrees(_Settled):
    """Who is called about urgent matters, step by step."""

    key = "call_tree"
    label = _("呼叫树")
    order = 62
    about = _("紧急事项按这里的先后叫人，一步没有人应答，过几分钟叫下一步。下级区域另定的，用下级的。")
    model = CallTreeStep
    columns = (
        _AREA,
        Column("occasion", _("什么时候叫"), K.CHOICE, choices=Occasion, needed=True, filtered=True),
        Column("grade", _("级别"), K.CHOICE, choices=Grade, needed=True, filtered=True),
        Column("number", _("第几步"), K.NUMBER, needed=True, most=MOST_STEPS),
        Column("post", _("岗位"), K.CHOICE, choices=Post, needed=True),
        Column("minutes", _("等几分钟叫下一步"), K.NUMBER, needed=True, most=LONGEST),
        _SINCE,
        _UNTIL,
    )
    identity = ("area_code", "occasion", "grade", "number", "since")
    searched = ()
    sorted_by = ("area_code", "occasion", "grade", "number", "id")

    def check(self, values: dict[str, object], row: InTerm | None, *, actor: Actor, now: datetime) -> None:
        super().check(values, row, actor=actor, now=now)
        for name in ("number", "minutes"):
            found = values.get(name)
            if isinstance(found, int) and found < 1:
                raise Invalid({name: [_("至少填 1。")]})

    def title_of(self, row: CallTreeStep) -> str:
        return f"{row.number} {Post(row.post).label}"


def _hours_of(values: Mapping[str, Any]) -> CallHours:
    return CallHours(**{name: values[name] for name in ("opens", "noon", "afternoon", "evening", "closes")})


def declare() -> None:
    declared.add(CallScripts())
    declared.add(Times())
    declared.add(CallTrees())
