"""What a street's desk settles for itself about calling back and about sources above it, as registers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from huying.cases.models import CallScript, CallTimes, CallTreeStep, Source, SourceBuffer, SourceStep
from huying.cases.rules.calling import CallHours, Line
from huying.cases.rules.calltrees import LONGEST, MOST_STEPS, Occasion
from huying.cases.rules.tickets import SHIPPED_STEPS, SourceKind, SourceTier, closing_fields, pattern_is_good
from huying.clocks.rules import Limit
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


class Sources(Register[Source]):
    """Systems and papers that matters come from."""

    key = "ticket_source"
    label = _("上级来源")
    icon = "inbox"
    group = "work"
    order = 62
    write = Duty.ADMIN_MATTERS.value
    ends = True
    end_field = "active"
    about = _("12345、城市管理平台、领导批示、信访转办等：编号怎么写，时限多长，回复表有哪些栏。")
    model = Source
    identity = ("code",)
    searched = ("name", "code")
    columns = (
        Column("code", _("代码"), needed=True, most=40, fixed=True, help=_("小写字母、数字和横线，定了不改。")),
        Column("name", _("名称"), needed=True, most=40),
        _AREA,
        Column("kind", _("种类"), K.CHOICE, needed=True, choices=SourceKind, filtered=True),
        Column("tier", _("层级"), K.CHOICE, needed=True, choices=SourceTier, filtered=True),
        Column("number_pattern", _("编号格式"), most=60, listed=False,
               help=_("# 是一个数字，@ 是一个字母，? 是数字或字母，* 是任意几个。不填就不核对。")),
        Column("limit", _("时限"), most=12, help=_("来件没有写时限时用，像 24h、5wd。不填就没有时限。")),
        Column("return_within", _("几时内可退回"), most=12, listed=False, help=_("从交办算起，像 4wh、1wd。")),
        Column("extend_before", _("到期前多久可申请延期"), most=12, listed=False, help=_("像 1wd。")),
        Column("pauses", _("等上级答复时停表"), K.YES, listed=False),
        Column("upper_calls", _("由上级回访"), K.YES, listed=False, help=_("是：街道不再打电话。")),
        Column("counted", _("计入三率"), K.YES, help=_("信访转办一律不计。")),
        Column("closing", _("回复表的栏"), K.LONG_TEXT, listed=False,
               help=_("一行一栏，写“栏名=来处”，次序就是上级平台的次序。来处有 number、our_number、outcome、answer、"
                      "unit、contacted、finished、true、blank。不填用通用的。")),
    )  # fmt: skip

    def check(self, values: dict[str, object], row: Source | None, *, actor: Actor, now: datetime) -> None:
        if not re.fullmatch(r"[a-z0-9-]{2,40}", str(values.get("code") or "")):
            raise Invalid({"code": [_("代码用 2 到 40 个小写字母、数字和横线。")]})
        if not pattern_is_good(str(values.get("number_pattern") or "")):
            raise Invalid({"number_pattern": [_("* 最多写两个。")]})
        _check_limits(values, "limit", "return_within", "extend_before")
        try:
            closing_fields(str(values.get("closing") or ""))
        except ValueError as why:
            raise Invalid({"closing": [_("这一行不对：%(line)s") % {"line": str(why)}]}) from why
        if values.get("kind") == SourceKind.PETITION and values.get("counted"):
            raise Invalid({"counted": [_("信访转办不计入三率。")]})

    def save(self, row: Source | None, values: dict[str, object], *, actor: Actor, now: datetime) -> Source:
        """Each change is another version; a new source begins with the steps that its kind is shipped with."""
        if row is not None:
            row.version += 1
            return super().save(row, values, actor=actor, now=now)
        kept = super().save(None, values, actor=actor, now=now)
        with override(settings.LANGUAGE_CODE):  # what is stored is in the source language
            SourceStep.objects.bulk_create(
                SourceStep(source=kept, position=place, name=str(one.name), limit=one.limit, clause=str(one.clause))
                for place, one in enumerate(SHIPPED_STEPS[SourceKind(kept.kind)], start=1)
            )
        return kept


def _check_limits(values: dict[str, object], *names: str) -> None:
    for name in names:
        if values.get(name):
            try:
                Limit.parse(str(values[name]))
            except Invalid as why:
                raise Invalid({name: why.errors["limit"]}) from why


class _OfSource(Register[Any]):
    icon = "clock"
    group = "work"
    write = Duty.ADMIN_MATTERS.value
    area_field = "source__area_code"
    listed_apart = False
    searched = ()


class Buffers(_OfSource):
    """How much earlier than above a matter is done here."""

    key = "ticket_buffer"
    label = _("内控提前量")
    order = 63
    about = _("内控时限 = 上级时限减去这里的提前量。写得最细的事项先用；不会晚于上级时限，也不会占掉一半以上的时间。")
    model = SourceBuffer
    listed_apart = True
    columns = (
        Column("source", _("来源"), K.LINK, needed=True, links_to="ticket_source", filtered=True),
        Column("matter_code", _("事项编号"), most=4, help=_("两位是大类，四位是小类，不填是各类事项。")),
        Column("buffer", _("提前量"), needed=True, most=12, help=_("像 4wh、1wd，w 是工作时间。")),
    )
    identity = ("source", "matter_code")

    def check(self, values: dict[str, object], row: SourceBuffer | None, *, actor: Actor, now: datetime) -> None:
        _check_limits(values, "buffer")
        if not re.fullmatch(r"([0-9]{2}|[0-9]{4})?", str(values.get("matter_code") or "")):
            raise Invalid({"matter_code": [_("写两位或四位数字，或者不填。")]})


class Steps(_OfSource):
    """Steps that a source asks for, each with its own limit."""

    key = "ticket_step"
    label = _("来源的办理步骤")
    order = 64
    about = _("信访、批示、建议提案等自己的步骤和时限，从交办那天算起。新来的件照这里，已经来的不变。")
    model = SourceStep
    listed_apart = True
    ends = True
    end_field = "active"
    columns = (
        Column("source", _("来源"), K.LINK, needed=True, links_to="ticket_source", filtered=True),
        Column("position", _("第几步"), K.NUMBER, needed=True, most=20),
        Column("name", _("名称"), needed=True, most=30),
        Column("limit", _("时限"), needed=True, most=12, help=_("像 15d、10wd。")),
        Column("clause", _("依据"), most=120),
    )
    identity = ("source", "position")

    def check(self, values: dict[str, object], row: SourceStep | None, *, actor: Actor, now: datetime) -> None:
        _check_limits(values, "limit")


def declare() -> None:
    declared.add(CallScripts())
    declared.add(Times())
    declared.add(CallTrees())
    declared.add(Sources())
    declared.add(Buffers())
    declared.add(Steps())
