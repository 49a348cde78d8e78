"""What a street decides for itself about exclusions and whistles, as registers whose versions a second person approves.

A version that waits may be changed; one that was decided is not: another is made, also to end a rule.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from huying.cases.models import ExclusionKind, TriageLimit, WhistleBand, WhistleKind
from huying.cases.models.base import StreetRule
from huying.cases.rules.street_rules import RuleState
from huying.cases.rules.triage import LEAST_LIMIT
from huying.cases.rules.whistles import Caller, Size
from huying.clocks.rules import Limit
from huying.kernel.actor import Actor
from huying.kernel.refusals import IllegalMove, Invalid
from huying.kernel.registry import add_link
from huying.kernel.terms import Label, _
from huying.matters import queries as matters
from huying.notices.actions import Recipient, notify
from huying.people.rules import Duty
from huying.registers import declared
from huying.registers.declared import Column, Register, RowAction
from huying.registers.declared import ColumnKind as K

_CODE = Column("code", _("代码"), needed=True, most=16, fixed=True, help=_("小写字母和横线。改一类，写它原来的代码。"))
_NAME = Column("name", _("名称"), needed=True)
_RULE = (
    Column("area_code", _("区域"), K.AREA, needed=True, filtered=True,
           help=_("在哪里用。下级区域另定的，用下级的。没有另定的，用系统自带的。")),
    Column("valid_from", _("从哪天起"), K.DATE, needed=True, help=_("今天或以后。到那天还没有批准的，不启用。")),
    Column("state", _("状态"), K.CHOICE, choices=RuleState, derived=True, filtered=True),
    Column("ended", _("停用"), K.YES, help=_("勾上：从那天起不再用这一项。")),
    Column("version", _("版本"), K.NUMBER, derived=True),
    Column("decided_at", _("审批时间"), K.DATE, derived=True, listed=False),
    Column("sent_back_words", _("没有同意的原因"), derived=True, listed=False),
)  # fmt: skip


class _Rules(Register[Any]):
    group = "work"
    write = Duty.ADMIN_MATTERS.value
    searched: ClassVar[tuple[str, ...]] = ()

    def branches(self, viewer: Actor) -> list[QuerySet[Any]]:
        """Rules of the viewer's areas, and those that come with the system."""
        rows = self.rows()
        return [rows.filter(self.in_area(one) | Q(area_code="")) if one else rows for one in self.prefixes(viewer)]

    def title_of(self, row: StreetRule) -> str:
        return str(_("%(name)s（第 %(number)s 版）")) % {"name": self.name_of(row), "number": row.version}

    def name_of(self, row: Any) -> Label:
        return str(row.name)

    def words_of(self, row: StreetRule, column: Column) -> str:
        if column.name == "area_code" and not row.area_code:
            return str(_("随系统提供"))
        return super().words_of(row, column)

    def check(self, values: dict[str, object], row: StreetRule | None, *, actor: Actor, now: datetime) -> None:
        since = values.get("valid_from")
        if row is not None and row.state != RuleState.WAITING:
            raise IllegalMove(_("已经审批的不改，免得说不清当时用的是哪一版。请另加一版。"), state=row.state)
        if isinstance(since, date) and since < timezone.localdate(now):
            raise Invalid({"valid_from": [_("请选今天或以后的日子，不能往前算。")]})

    def save(self, row: StreetRule | None, values: dict[str, object], *, actor: Actor, now: datetime) -> StreetRule:
        """Whoever writes in a version does not approve it."""
        kept = row if row is not None else self._next(values)
        if actor.id is not None and actor.id not in kept.hands:
            kept.hands = [*kept.hands, actor.id]
        return super().save(kept, values, actor=actor, now=now)  # type: ignore[no-any-return]

    def _next(self, values: dict[str, object]) -> StreetRule:
        which = self.identity[1]
        earlier = self.model._default_manager.filter(
            **{"area_code": values.get("area_code") or "", which: values[which]}
        )
        found: StreetRule = self.model(version=(earlier.aggregate(last=Max("version"))["last"] or 0) + 1)
        return found

    def after(self, row: StreetRule, *, actor: Actor, now: datetime) -> None:
        """The area's leaders hear once of a version that waits for them; who wrote in it is none of them."""
        notify(
            template="rule_asked", to=Recipient.holders(Duty.LEAD, row.area_code),
            facts={"title": f"{self.label} {self.title_of(row)}"}, area_code=row.area_code, object_kind=self.key,
            object_id=row.pk, now=now, once=f"rule:{row.pk}", without=row.hands,
        )  # fmt: skip

    def row_actions(self, row: StreetRule, viewer: Actor) -> list[RowAction]:
        if row.state == RuleState.WAITING:
            may = viewer.may(Duty.LEAD, row.area_code)
            url = reverse("cases:decide_rule", args=[self.key, row.pk])
            return [RowAction(_("审批这一版"), url, "check", main=True)] if may else []
        if not viewer.has(self.write):
            return []
        told = {
            one.name: self.value_of(row, one) for one in self.columns
            if one.kind not in (K.DATE, K.AREA) and not one.derived and self.value_of(row, one)
        }  # fmt: skip
        told["area_code"] = row.area_code if viewer.may(self.write, row.area_code) else viewer.areas(self.write)[0]
        url = f"{reverse('registers:new', args=[self.key])}?{urlencode(told, doseq=True)}"
        return [RowAction(_("另定一版"), url, "edit")]


class _Kinds(_Rules):
    identity = ("area_code", "code", "valid_from")
    searched = ("name", "code")

    def check(self, values: dict[str, object], row: StreetRule | None, *, actor: Actor, now: datetime) -> None:
        super().check(values, row, actor=actor, now=now)
        if not re.fullmatch(r"[a-z][a-z_-]{1,15}", str(values.get("code") or "")):
            raise Invalid({"code": [_("代码用 2 到 16 个小写字母、横线或下划线。")]})


class ExclusionKinds(_Kinds):
    """Kinds of exclusions from scores: what each needs, and what the caller reads."""

    key = "exclusion_kind"
    label = _("剔除种类")
    icon = "scale"
    order = 65
    about = _("哪些情况可以剔除，要有什么证据，怎样告诉诉求人。只写事，不写是谁反映的。由另一位分管领导批准。")
    model = ExclusionKind
    columns = (
        _NAME,
        _CODE,
        Column("needs", _("要有的证据"), K.LONG_TEXT, needed=True, listed=False),
        Column("told", _("告诉诉求人的话"), K.LONG_TEXT, needed=True, listed=False),
        *_RULE,
    )


class WhistleKinds(_Kinds):
    """Kinds of whistles: their clocks, and who may call whom."""

    key = "whistle_kind"
    label = _("吹哨种类")
    icon = "whistle"
    order = 66
    about = _("分哪几类吹哨，几时应哨、几时到场，哪几级可以吹。已经吹的哨照当时的一版。由另一位分管领导批准。")
    model = WhistleKind
    columns = (
        _NAME,
        _CODE,
        Column("answer_limit", _("应哨时限"), needed=True, help=_("像 15m、2wh、1wd，w 是工作时间。")),
        Column("arrive_limit", _("到场时限"), needed=True, help=_("像 30m、1wd、3wd。")),
        Column("callers", _("哪几级可以吹"), K.CHOICES, choices=Caller, needed=True, help=_("每一级叫它的上一级。")),
        Column("phoned_first", _("先打电话，后补记"), K.YES, listed=False, help=_("只给应急用。")),
        *_RULE,
    )

    def words_of(self, row: Any, column: Column) -> str:
        if column.name in ("answer_limit", "arrive_limit"):
            return Limit.parse(self.value_of(row, column)).words()
        return super().words_of(row, column)

    def value_of(self, row: WhistleKind, column: Column) -> Any:
        return list(map(str, row.callers)) if column.name == "callers" else super().value_of(row, column)

    def assign(self, row: WhistleKind, column: Column, value: Any) -> None:
        super().assign(row, column, list(map(int, value)) if column.name == "callers" else value)

    def check(self, values: dict[str, object], row: StreetRule | None, *, actor: Actor, now: datetime) -> None:
        super().check(values, row, actor=actor, now=now)
        for name in ("answer_limit", "arrive_limit"):
            try:
                Limit.parse(str(values.get(name) or ""))
            except Invalid as why:
                raise Invalid({name: why.errors["limit"]}) from why


class WhistleBands(_Rules):
    """How many whistles a month are healthy."""

    key = "whistle_band"
    label = _("吹哨正常范围")
    icon = "chart"
    order = 67
    about = _("一个月吹多少次哨算正常：太少，事情压在下面；太多，哨子代替了日常。由另一位分管领导批准。")
    model = WhistleBand
    identity = ("area_code", "digits", "valid_from")
    columns = (
        Column("digits", _("哪一级的区域"), K.CHOICE, choices=Size, needed=True, fixed=True),
        Column("least", _("每月最少"), K.NUMBER, needed=True, most=9999),
        Column("most", _("每月最多"), K.NUMBER, needed=True, most=9999),
        *_RULE,
    )

    def name_of(self, row: WhistleBand) -> Label:
        size = Size(str(row.digits)).label if str(row.digits) in Size.values else row.digits
        return str(_("%(size)s每月 %(least)s 到 %(most)s 次")) % {"size": size, "least": row.least, "most": row.most}

    def value_of(self, row: WhistleBand, column: Column) -> Any:
        return str(row.digits) if column.name == "digits" else super().value_of(row, column)

    def assign(self, row: WhistleBand, column: Column, value: Any) -> None:
        super().assign(row, column, int(value) if column.name == "digits" else value)

    def check(self, values: dict[str, object], row: StreetRule | None, *, actor: Actor, now: datetime) -> None:
        super().check(values, row, actor=actor, now=now)
        least, most = values.get("least"), values.get("most")
        if isinstance(least, int) and isinstance(most, int) and least > most:
            raise Invalid({"most": [_("最多不能少于最少。")]})


class TriageLimits(_Rules):
    """Where triage may dispatch alone: from which confidence on, type by type. Without a row it never does."""

    key = "triage_limit"
    label = _("自动派单门槛")
    icon = "branch"
    order = 68
    about = _("哪些事项、有多大把握时，系统可以不等人就受理派单。没有写的一律不自动。由另一位分管领导批准。")
    model = TriageLimit
    identity = ("area_code", "type_code", "valid_from")
    columns = (
        Column(
            "type_code", _("事项代码"), needed=True, most=8, fixed=True,
            help=_("像 0103。先看“分派建议”里的准确率。"),
        ),
        Column("percent", _("把握不低于（%）"), K.NUMBER, needed=True, most=100, help=_("80 到 100。")),
        *_RULE,
    )  # fmt: skip

    def name_of(self, row: TriageLimit) -> Label:
        told = {"name": matters.name_of(str(row.type_code)), "percent": row.percent}
        return str(_("%(name)s：%(percent)s%% 以上自动派单") % told)

    def words_of(self, row: Any, column: Column) -> str:
        if column.name == "type_code":
            return f"{row.type_code} {matters.name_of(row.type_code)}"
        return super().words_of(row, column)

    def check(self, values: dict[str, object], row: StreetRule | None, *, actor: Actor, now: datetime) -> None:
        super().check(values, row, actor=actor, now=now)
        kind = matters.type_of(str(values.get("type_code") or ""))
        if kind is None or not kind.active:
            raise Invalid({"type_code": [_("没有这类事项。请写清单里的代码。")]})
        if kind.confidential or kind.danger:
            raise Invalid({"type_code": [_("保密和危及人身安全的事项不能自动派单。")]})
        percent = values.get("percent")
        if isinstance(percent, int) and not LEAST_LIMIT <= percent <= 100:
            raise Invalid({"percent": [_("请写 80 到 100。")]})


def declare() -> None:
    for one in (ExclusionKinds(), WhistleKinds(), WhistleBands(), TriageLimits()):
        declared.add(one)
        add_link(one.key, "registers:row", "row_id", key=one.key)
