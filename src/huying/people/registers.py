"""The registers of people: units, posts, accounts, and what a street sets up beside them.

A register's key is the kind under which its rows stand in history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Model, Prefetch, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed
from huying.kernel.terms import Label, _, listed
from huying.people.actions.accounts import close_account, new_account
from huying.people.actions.nominations import new_nomination
from huying.people.actions.posts import (
    begin_post,
    check_post,
    check_unit,
    may_keep_post,
    require_unit_keeper,
)
from huying.people.actions.talents import new_talent, withdraw_talent
from huying.people.models import (
    Account,
    Appointment,
    HelpProject,
    HubHousehold,
    MemberFiling,
    Nomination,
    Organisation,
    Recognition,
    Reserve,
    Responsibility,
    Talent,
    UnitLink,
)
from huying.people.queries import households_in, masked_of
from huying.people.rules import Duty, Post, UnitKind, prefixes
from huying.people.rules.registers import (
    ALL_FOUR,
    HEADS,
    LINKS_TO_AREA,
    TWO_HEADS_ONE_WORKER,
    Arrangement,
    CareerStep,
    DrawnFrom,
    HeadDuty,
    HelpKind,
    HelpState,
    HubKind,
    KeepKind,
    LinkKind,
    NominationState,
    PartyRank,
    ReserveState,
    Skill,
    coarse_count,
)
from huying.people.sight import may_ask
from huying.people.talent_codes import code_of
from huying.places import queries as places
from huying.places.rules import community_of, tier_of
from huying.registers import declared
from huying.registers.declared import Column, ColumnKind, M, Panel, Register, RowAction

K = ColumnKind
_AREA = Column("area_code", _("区域"), K.AREA, needed=True, filtered=True)
_KNOWN = _("先在“人员账号”里登记，这里才找得到；有同名的用账号。")
_SINCE = Column("since", _("开始"), K.DATE, needed=True)
_UNTIL = Column("until", _("结束"), K.DATE, bulk=True, help=_("从这一天起不再有效。没有期限的不填。"))


class PeopleRegister(Register[M]):
    """Kept by the communities for themselves and by the street's administrators for all."""

    group = "people"
    read = Duty.KEEP_PEOPLE.value
    write = Duty.KEEP_PEOPLE.value

    def prefixes(self, viewer: Actor) -> tuple[str, ...]:
        if viewer.kind == ActorKind.SYSTEM:
            return ("",)
        found = sorted({code for duty in self.readers() for code in viewer.areas(duty)})
        return tuple(one for one in found if not any(one != above and one.startswith(above) for above in found))

    def readers(self) -> tuple[str, ...]:
        return (self.read, self.write, Duty.ADMIN_PEOPLE)


def _checked_term(values: Mapping[str, object]) -> None:
    since, until = values.get("since"), values.get("until")
    if isinstance(since, date) and isinstance(until, date) and until <= since:
        raise Invalid({"until": [_("结束日期要晚于开始日期。")]})


def _unit(values: Mapping[str, object], name: str) -> Organisation | None:
    found = values.get(name)
    return Organisation.objects.filter(pk=found).first() if isinstance(found, UUID) else None


def _text(values: Mapping[str, object], name: str) -> str:
    return str(values.get(name) or "")


def _number(values: Mapping[str, object], name: str) -> int:
    found = values.get(name)
    return found if isinstance(found, int) else 0


def moment(day: date) -> datetime:
    """The first instant of a day."""
    return timezone.make_aware(datetime.combine(day, time()))


class Units(PeopleRegister[Organisation]):
    """Organisations and groups of every kind, as a tree."""

    key = "organisation"
    label = _("单位与组织")
    icon = "building"
    order = 10
    about = _("单位、党组织和各类组织，一级管一级。党员人数只登记本人同意的备案数，不登记名单。")
    model = Organisation
    columns = (
        Column("kind", _("类别"), K.CHOICE, needed=True, choices=UnitKind, filtered=True, fixed=True),
        Column("name", _("名称"), needed=True),
        Column("short_name", _("简称"), listed=False, help=_("不填就用名称的前 20 个字。")),
        _AREA,
        Column("parent", _("上级组织"), K.LINK, links_to="organisation"),
        Column("phone", _("办公电话"), help=_("只写办公室的电话，不写个人的。")),
        Column(
            "party_form", _("党组织形式"), K.CHOICE, choices=PartyRank, filtered=True, fixed=True,
            help=_("以后升格，请在这个组织的页面上办。"),
        ),
        Column("raised_on", _("升格日期"), K.DATE, derived=True, listed=False),
        Column(
            "arrangement", _("组建方式"), K.CHOICE, choices=Arrangement, filtered=True, listed=False,
            help=_("只有两新党支部写：单独组建，或者几家联合组建。"),
        ),
        Column("firms_covered", _("覆盖企业数"), K.NUMBER, most=10_000),
        Column("members", _("备案党员数"), derived=True),
    )  # fmt: skip
    read = Duty.READ.value
    searched = ("name", "short_name")
    ends = True
    end_field = "active"

    def rows(self) -> QuerySet[Organisation]:
        present = MemberFiling.objects.filter(until=None).order_by("since", "pk")
        return super().rows().prefetch_related(Prefetch("filings", queryset=present, to_attr="present_filings"))

    def readers(self) -> tuple[str, ...]:
        return (*super().readers(), Duty.SECURE, Duty.AUDIT)

    def branches(self, viewer: Actor) -> list[QuerySet[Organisation]]:
        """The units of the viewer's areas, and those above them: everybody may know who is over a street."""
        found = super().branches(viewer)
        above = {code for one in self.prefixes(viewer) for code in prefixes(one)[:-1] if code}
        return [*found, self.rows().filter(area_code__in=sorted(above))] if found and above else found

    def title_of(self, row: Organisation) -> str:
        return row.name

    def value_of(self, row: Organisation, column: Column) -> Any:
        if column.name == "members":
            filings = getattr(row, "present_filings", None)
            if filings is None:
                filings = list(row.filings.filter(until=None).order_by("since", "pk"))
            return coarse_count(filings[-1].counted) if filings else ""
        return super().value_of(row, column)

    def words_of(self, row: Organisation, column: Column) -> str:
        if column.name == "firms_covered" and row.kind != UnitKind.FIRM_BRANCH:
            return ""
        return super().words_of(row, column)

    def check(self, values: dict[str, object], row: Organisation | None, *, actor: Actor, now: datetime) -> None:
        kind, area = _text(values, "kind"), _text(values, "area_code")
        require_unit_keeper(kind, area, actor=actor)
        if row is not None:
            require_unit_keeper(row.kind, row.area_code, actor=actor)
        check_unit(
            kind, area, _unit(values, "parent"), party_form=_text(values, "party_form"),
            arrangement=_text(values, "arrangement"), firms=_number(values, "firms_covered"),
            unit_id=row.pk if row is not None else None,
        )  # fmt: skip
        if row is not None and area != row.area_code:
            posts = Appointment.objects.filter(organisation=row, until=None).exclude(area_code__startswith=area)
            if posts.exists() or row.children.exclude(area_code__startswith=area).exists():
                raise Invalid({"area_code": [_("还有岗位或下级组织在新的区域之外。请先移动它们。")]})

    def save(self, row: Organisation | None, values: dict[str, object], *, actor: Actor, now: datetime) -> Organisation:
        if row is None and not values.get("short_name"):
            values = {**values, "short_name": _text(values, "name")[:20]}
        if "area_code" in values:
            unit = row if row is not None else Organisation()
            unit.tier = tier_of(_text(values, "area_code"))
            return super().save(unit, values, actor=actor, now=now)
        return super().save(row, values, actor=actor, now=now)

    def end(self, row: Organisation, *, on: date, actor: Actor, now: datetime) -> None:
        require_unit_keeper(row.kind, row.area_code, actor=actor)
        if row.children.filter(active=True).exists():
            raise IllegalMove(_("它还有下级组织。请先停用下级组织，或把它们移到别处。"))
        if Appointment.objects.filter(organisation=row).filter(Q(until=None) | Q(until__gt=now)).exists():
            raise IllegalMove(_("还有人在这个单位任职。请先办交接或结束岗位。"))
        super().end(row, on=on, actor=actor, now=now)

    def panels(self, row: Organisation, viewer: Actor) -> list[Panel]:
        above: list[Organisation] = []
        upper = row.parent
        while upper is not None and len(above) < 20:
            above.insert(0, upper)
            upper = upper.parent
        now = timezone.now()
        running = Q(until=None) | Q(until__gt=now)
        keeps = self.may_write(viewer, row)
        posts = Appointment.objects.filter(running, organisation=row, account__is_active=True).select_related("account")
        return [
            Panel(
                _("组织关系"),
                "people/unit_panel.html",
                {
                    "unit": row,
                    "above": above,
                    "children": list(row.children.filter(active=True).order_by("area_code", "name", "pk")[:200]),
                    "links": [
                        (one, places.name_of(one.area_code) if one.other_id is None else "")
                        for one in row.links.filter(until=None).select_related("other").order_by("kind", "pk")[:100]
                    ],
                    "linked_from": list(
                        row.linked_from.filter(until=None).select_related("unit").order_by("kind", "pk")[:100]
                    ),
                    "posts": list(posts.order_by("post", "account__name", "pk")[:100]),
                    "responsibilities": [
                        (one, places.name_of(one.area_code))
                        for one in row.responsibilities.order_by("area_code", "matter_code", "order", "pk")[:50]
                    ],
                    "count": row.responsibilities.count(),
                    "keeps": keeps,
                },
            )
        ]

    def row_actions(self, row: Organisation, viewer: Actor) -> list[RowAction]:
        found = [RowAction(_("看组织树"), f"{reverse('people:tree')}?unit={row.pk}", "layers")]
        if row.party_form in (PartyRank.BRANCH, PartyRank.GENERAL) and viewer.may(Duty.ADMIN_PEOPLE, row.area_code):
            found.append(RowAction(_("升格"), reverse("people:step", args=["organisation", row.pk, "raise"]), "up"))
        return found


def _posts_told(posts: Iterable[Appointment]) -> str:
    return listed(
        _("%(name)s（%(more)s）") % {"name": one.get_post_display(), "more": one.organisation.short_name}
        for one in posts
    )


class Accounts(PeopleRegister[Account]):
    """Members of the staff and heads: a name under which to sign in; no phone, no number, no file."""

    key = "staff"  # not "account": under that word stand sign-ins, which are the person's own to see
    label = _("人员账号")
    icon = "user"
    order = 20
    about = _("在这里任职的人。只登记称呼和账号，不建个人档案。停用账号要由管理员来办。")
    model = Account
    columns = (
        Column("username", _("账号"), needed=True, fixed=True, help=_("2 到 60 个字母、数字或汉字，不要有空格。")),
        Column("name", _("姓名"), needed=True),
        Column(
            "area_code", _("管理区域"), K.AREA, needed=True, filtered=True, help=_("由哪个区域的管理员管这个账号。")
        ),
        Column("posts", _("岗位"), derived=True),
    )
    identity = ("username",)
    named_by = ("username", "name")
    searched = ("name", "username")
    ends = True
    end_field = "is_active"

    def readers(self) -> tuple[str, ...]:
        return (*super().readers(), Duty.SECURE, Duty.AUDIT)

    def rows(self) -> QuerySet[Account]:
        now = timezone.now()
        posts = (
            Appointment.objects.filter(Q(until=None) | Q(until__gt=now), organisation__active=True)
            .select_related("organisation")
            .order_by("since", "pk")
        )
        return super().rows().prefetch_related(Prefetch("appointments", queryset=posts, to_attr="present_posts"))

    def title_of(self, row: Account) -> str:
        """With the posts where they were read along, which tell two of one name apart; never the sign-in name."""
        posts = _posts_told(getattr(row, "present_posts", ()))
        return " ".join(filter(None, (row.name, posts)))

    def value_of(self, row: Account, column: Column) -> Any:
        if column.name == "posts":
            posts = getattr(row, "present_posts", None)
            if posts is None:
                posts = list(row.appointments.filter(until=None).select_related("organisation").order_by("since", "pk"))
            return _posts_told(posts)
        return super().value_of(row, column)

    def check(self, values: dict[str, object], row: Account | None, *, actor: Actor, now: datetime) -> None:
        if row is not None and row.pk == actor.id:
            raise NotAllowed(_("自己的账号资料，请让另一位管理员来改。"))

    def save(self, row: Account | None, values: dict[str, object], *, actor: Actor, now: datetime) -> Account:
        if row is not None:
            return super().save(row, values, actor=actor, now=now)
        account = new_account(
            username=_text(values, "username"), name=_text(values, "name"), area_code=_text(values, "area_code"),
            now=now,
        )  # fmt: skip
        account.save(force_insert=True)
        return account

    def end(self, row: Account, *, on: date, actor: Actor, now: datetime) -> None:
        if on > timezone.localdate(now):
            raise Invalid({"on": [_("账号从今天起停用，不能先约日子。")]})
        close_account(account_id=row.pk, actor=actor, now=now)
        row.refresh_from_db()

    def row_actions(self, row: Account, viewer: Actor) -> list[RowAction]:
        found = []
        if may_ask(viewer, row.area_code) or viewer.id == row.pk:
            found.append(RowAction(_("这个人能看到什么？"), reverse("people:held", args=[row.pk]), "eye"))
        if viewer.may(Duty.ADMIN_PEOPLE, row.area_code) and row.is_active and viewer.id != row.pk:
            found.append(RowAction(_("开通登录"), reverse("people:let_in", args=[row.pk]), "key"))
            found.append(RowAction(_("授权"), f"{reverse('people:grant')}?account={row.pk}", "shield", main=True))
        return found


class Posts(PeopleRegister[Appointment]):
    """Who holds which post, where, with which duties, until when."""

    key = "appointment"
    label = _("岗位与任职")
    icon = "badge-check"
    order = 30
    about = _("街长、楼栋长、网格员等岗位：谁、在哪里、负责什么、任期到哪天。换人请用“交接”。")
    model = Appointment
    columns = (
        Column("account", _("人员"), K.LINK, needed=True, links_to="staff", fixed=True, listed=False, help=_KNOWN),
        Column("post", _("岗位"), K.CHOICE, needed=True, choices=Post, filtered=True, fixed=True, listed=False),
        Column("organisation", _("单位"), K.LINK, needed=True, links_to="organisation", filtered=True, fixed=True),
        Column("area_code", _("负责区域"), K.AREA, needed=True, filtered=True),
        Column("scope", _("负责范围"), help=_("写到街巷、楼栋，例如：榕荫路 1 到 25 号。不写人名。")),
        Column("duties", _("职责"), K.CHOICES, choices=HeadDuty, filtered=True, bulk=True),
        Column("since", _("开始"), K.DATE, needed=True),
        _UNTIL,
        Column("drawn_from", _("来源"), K.CHOICE, choices=DrawnFrom, filtered=True, listed=False, bulk=True),
        Column("career", _("职级"), K.CHOICE, choices=CareerStep, filtered=True, listed=False, bulk=True),
        Column("concurrent", _("兼任"), K.YES, filtered=True, bulk=True),
        Column("from_unit", _("派出单位"), K.LINK, links_to="organisation", listed=False),
    )
    read = Duty.READ.value
    identity = ("account", "organisation", "post", "area_code")
    searched = ("account__name", "scope")
    ends = True

    def readers(self) -> tuple[str, ...]:
        return (*super().readers(), Duty.SECURE, Duty.AUDIT)

    def rows(self) -> QuerySet[Appointment]:
        return super().rows().filter(account__is_active=True)

    def title_of(self, row: Appointment) -> str:
        return f"{row.account.name} · {row.get_post_display()}"

    def words_of(self, row: Appointment, column: Column) -> str:
        return "" if column.name == "concurrent" and not row.concurrent else super().words_of(row, column)

    def value_of(self, row: Appointment, column: Column) -> Any:
        found = super().value_of(row, column)
        return timezone.localdate(found) if column.name in ("since", "until") and found is not None else found

    def assign(self, row: Appointment, column: Column, value: Any) -> None:
        if column.name in ("since", "until") and isinstance(value, date):
            value = moment(value)
        super().assign(row, column, value)

    def check(self, values: dict[str, object], row: Appointment | None, *, actor: Actor, now: datetime) -> None:
        unit = _unit(values, "organisation")
        assert unit is not None
        post, area = _text(values, "post"), _text(values, "area_code")
        may_keep_post(post, unit, area, actor=actor)
        if values.get("account") == actor.id:
            raise NotAllowed(_("不能给自己安排岗位。请让另一位管理员来办。"))
        _checked_term(values)
        if not area.startswith(unit.area_code):
            raise Invalid({"area_code": [_("岗位的区域要在单位的区域之内。")]})
        if post in HEADS and not (values.get("scope") or len(area) > len(unit.area_code)):
            raise Invalid({"scope": [_("请写明负责哪条街巷、哪些楼栋，或把区域选到网格。")]})

    def save(self, row: Appointment | None, values: dict[str, object], *, actor: Actor, now: datetime) -> Appointment:
        if row is not None:
            for name, value in values.items():
                self.assign(row, self.column(name), value)
            if row.post in HEADS and not row.duties:
                row.duties = list(ALL_FOUR)  # a head without duties is none
            check_post(row)
            row.save()
            return row
        appointment = Appointment()
        if _text(values, "post") in HEADS and not values.get("duties"):
            values = {**values, "duties": list(ALL_FOUR)}
        for name, value in values.items():
            self.assign(appointment, self.column(name), value)
        begin_post(appointment, actor=actor)
        return appointment

    def end(self, row: Appointment, *, on: date, actor: Actor, now: datetime) -> None:
        may_keep_post(row.post, row.organisation, row.area_code, actor=actor)
        row.until = max(moment(on), row.since) if on > timezone.localdate(now) else max(now, row.since)
        row.save(update_fields=["until"])

    def row_actions(self, row: Appointment, viewer: Actor) -> list[RowAction]:
        found = []
        if self.may_write(viewer, row):
            found.append(
                RowAction(_("交接给继任者"), reverse("people:hand_over", args=[row.pk]), "arrow-right", main=True)
            )
            new = reverse("registers:new", args=["recognition"])
            found.append(RowAction(_("登记激励"), f"{new}?appointment={row.pk}", "star"))
        if may_ask(viewer, row.account.area_code):
            found.append(RowAction(_("这个人能看到什么？"), reverse("people:held", args=[row.account_id]), "eye"))
        return found

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        """The two heads and one worker, and heads with all four duties, in the viewer's areas."""
        now = timezone.now()
        counts: dict[str, int] = {}
        four = 0
        for branch in self.branches(viewer):
            rows = branch.filter(self.present(now=now)).order_by()
            for post, count in rows.filter(post__in=TWO_HEADS_ONE_WORKER).values_list("post").annotate(Count("pk")):
                counts[post] = counts.get(post, 0) + count
            four += rows.filter(post__in=HEADS, duties__contains=list(ALL_FOUR)).count()
        found: list[tuple[Label, str]] = [
            (Post(post).label, str(counts[post])) for post in TWO_HEADS_ONE_WORKER if post in counts
        ]
        return [*found, (_("担四项职责的街巷楼长"), str(four))] if four else found


class Links(PeopleRegister[UnitLink]):
    """What ties organisations to grids and to each other beside the tree."""

    key = "unit_link"
    label = _("组织联系")
    icon = "link"
    order = 12
    about = _("党组织联系哪些网格，联盟有哪些成员单位，谁和谁结对共建。")
    model = UnitLink
    columns = (
        Column("unit", _("组织"), K.LINK, needed=True, links_to="organisation", fixed=True, listed=False),
        Column("kind", _("联系方式"), K.CHOICE, needed=True, choices=LinkKind, filtered=True, fixed=True),
        Column(
            "area_code", _("联系的网格"), K.AREA, filtered=True, fixed=True, listed=False, help=_("“联系网格”时选。")
        ),
        Column(
            "other", _("另一个组织"), K.LINK, links_to="organisation", fixed=True, listed=False,
            help=_("成员单位、结对共建、指导时选。"),
        ),
        _SINCE,
        _UNTIL,
    )  # fmt: skip
    read = Duty.READ.value
    identity = ("unit", "kind", "area_code", "other")
    searched = ("unit__name", "other__name")
    ends = True

    def title_of(self, row: UnitLink) -> str:
        other = row.other.name if row.other is not None else places.name_of(row.area_code)
        return f"{row.unit.name} · {row.get_kind_display()} · {other}"

    def area_of_values(self, values: Mapping[str, object]) -> str:
        unit = _unit(values, "unit")
        return _text(values, "area_code") or (unit.area_code if unit is not None else "")

    def check(self, values: dict[str, object], row: UnitLink | None, *, actor: Actor, now: datetime) -> None:
        unit, other, area = _unit(values, "unit"), _unit(values, "other"), _text(values, "area_code")
        assert unit is not None
        _checked_term(values)
        if _text(values, "kind") in LINKS_TO_AREA:
            if other is not None:
                raise Invalid({"other": [_("联系网格时只选网格，不选另一个组织。")]})
            if not area:
                raise Invalid({"area_code": [_("请选联系的网格。")]})
            home = community_of(unit.area_code) or unit.area_code
            if not area.startswith(home):
                raise Invalid({"area_code": [_("网格要在组织所在的社区之内。")]})
        elif other is None or other.pk == unit.pk:
            raise Invalid({"other": [_("请选另一个组织。")]})

    def save(self, row: UnitLink | None, values: dict[str, object], *, actor: Actor, now: datetime) -> UnitLink:
        if row is None:
            values = {**values, "area_code": self.area_of_values(values)}
        return super().save(row, values, actor=actor, now=now)


class Filings(PeopleRegister[MemberFiling]):
    """Members as counts: who is one is nobody's to see here."""

    key = "filing"
    label = _("党员备案")
    icon = "document"
    order = 14
    about = _("只登记备案编号和本人同意计入的人数，不登记姓名。人数少于 5 时不显示确数。")
    model = MemberFiling
    columns = (
        Column("unit", _("党组织"), K.LINK, needed=True, links_to="organisation", fixed=True, listed=False),
        Column("reference", _("备案编号"), needed=True, fixed=True, listed=False),
        Column("counted", _("同意计入的党员数"), K.NUMBER, needed=True, most=100_000),
        Column("consented", _("计入的每一位都同意"), K.YES, needed=True, listed=False),
        _SINCE,
        _UNTIL,
    )
    identity = ("unit", "reference")
    searched = ("unit__name", "reference")
    ends = True

    def title_of(self, row: MemberFiling) -> str:
        return f"{row.unit.name} · {row.reference}"

    def words_of(self, row: MemberFiling, column: Column) -> str:
        return coarse_count(row.counted) if column.name == "counted" else super().words_of(row, column)

    def area_of_values(self, values: Mapping[str, object]) -> str:
        unit = _unit(values, "unit")
        return unit.area_code if unit is not None else ""

    def check(self, values: dict[str, object], row: MemberFiling | None, *, actor: Actor, now: datetime) -> None:
        unit = _unit(values, "unit")
        assert unit is not None
        require_unit_keeper(unit.kind, unit.area_code, actor=actor)
        _checked_term(values)
        if not unit.party_form and unit.kind not in (UnitKind.BUILDING_GROUP, UnitKind.LANE_GROUP):
            raise Invalid({"unit": [_("只有党组织办党员备案。请另选一个组织。")]})
        if values.get("consented") is not True:
            raise Invalid({"consented": [_("没有同意的党员不能计入。请只计入同意的。")]})

    def save(self, row: MemberFiling | None, values: dict[str, object], *, actor: Actor, now: datetime) -> MemberFiling:
        if row is not None:
            return super().save(row, values, actor=actor, now=now)
        filing = MemberFiling(area_code=self.area_of_values(values))
        # The unit's earlier filing ends where the new one begins.
        since = values["since"]
        MemberFiling.objects.filter(unit=_unit(values, "unit"), until=None, since__lt=since).update(until=since)
        return super().save(filing, values, actor=actor, now=now)


class Responsibilities(PeopleRegister[Responsibility]):
    """Which unit answers for which matters where, in which order."""

    key = "responsibility"
    label = _("单位职责")
    icon = "list"
    order = 16
    about = _("哪个单位、在哪里、负责哪些事项。事项代码可以只写开头；不写就是全部。顺序小的在前。")
    model = Responsibility
    write = Duty.ADMIN_PEOPLE.value
    columns = (
        Column(
            "unit", _("单位"), K.LINK, needed=True, links_to="organisation", filtered=True, fixed=True, listed=False
        ),
        Column("area_code", _("区域"), K.AREA, needed=True, filtered=True, fixed=True),
        Column("matter_code", _("事项代码的开头"), most=24, fixed=True, listed=False),
        Column("order", _("顺序"), K.NUMBER, most=1000, bulk=True),
    )
    read = Duty.READ.value
    identity = ("unit", "area_code", "matter_code")
    searched = ("unit__name", "matter_code")

    def title_of(self, row: Responsibility) -> str:
        return f"{row.unit.name} · {row.matter_code or _('全部事项')}"

    def check(self, values: dict[str, object], row: Responsibility | None, *, actor: Actor, now: datetime) -> None:
        code = _text(values, "matter_code")
        if code and not (code.isascii() and code.isdigit()):
            raise Invalid({"matter_code": [_("没有这样的事项代码。请从列表里选。")]})

    def row_actions(self, row: Responsibility, viewer: Actor) -> list[RowAction]:
        if not self.may_write(viewer, row):
            return []
        return [RowAction(_("结束这项职责"), reverse("people:step", args=["responsibility", row.pk, "end"]), "close")]


class _Money(PeopleRegister[M]):
    """An amount is written in yuan and kept in fen."""

    def value_of(self, row: M, column: Column) -> Any:
        if column.name == "yuan":
            fen = getattr(row, "amount_fen", None)
            return None if fen is None else _yuan(fen)
        return super().value_of(row, column)

    def assign(self, row: M, column: Column, value: Any) -> None:
        if column.name == "yuan":
            fen = None if value is None else int(value * 100)
            if fen is None and not self.model._meta.get_field("amount_fen").null:
                fen = 0
            row.amount_fen = fen  # type: ignore[attr-defined]
            return
        super().assign(row, column, value)


def _yuan(fen: int) -> Any:
    from decimal import Decimal

    return Decimal(fen) / 100


class Recognitions(_Money[Recognition]):
    """The four ways of keeping good heads: rules, pay, ceremony, affection."""

    key = "recognition"
    label = _("四留激励")
    icon = "star"
    order = 34
    about = _("制度、待遇、礼遇、感情四种留人办法，落到每一次津贴、表彰和看望。本人能看到自己的。")
    model = Recognition
    columns = (
        Column("appointment", _("岗位"), K.LINK, needed=True, links_to="appointment", fixed=True, listed=False),
        Column("kind", _("办法"), K.CHOICE, needed=True, choices=KeepKind, filtered=True),
        Column("title", _("事由"), needed=True, listed=False, help=_("例如：第三季度津贴、优秀楼栋长表彰、节日看望。")),
        Column("on", _("日期"), K.DATE, needed=True),
        Column("yuan", _("金额（元）"), K.DECIMAL, most=100_000, help=_("只有待遇留人才写。")),
        Column("acknowledged_at", _("本人已确认"), K.DATE, derived=True),
    )
    identity = ("appointment", "title", "on")
    searched = ("title", "appointment__account__name")

    def rows(self) -> QuerySet[Recognition]:
        return super().rows().select_related("appointment__account", "appointment__organisation")

    def title_of(self, row: Recognition) -> str:
        return f"{row.appointment.account.name} · {row.title}"

    def area_of_values(self, values: Mapping[str, object]) -> str:
        post = Appointment.objects.filter(pk=str(values.get("appointment"))).first()
        return post.area_code if post is not None else ""

    def check(self, values: dict[str, object], row: Recognition | None, *, actor: Actor, now: datetime) -> None:
        post = Appointment.objects.filter(pk=str(values.get("appointment"))).first()
        if post is not None and post.account_id == actor.id:
            raise NotAllowed(_("不能给自己登记激励。请让另一位同事来办。"))
        if values.get("yuan") is not None and values.get("kind") != KeepKind.PAY:
            raise Invalid({"yuan": [_("只有待遇留人才写金额。")]})
        if values.get("kind") == KeepKind.PAY and values.get("yuan") is None:
            raise Invalid({"yuan": [_("请写津贴的金额。")]})
        if row is not None and row.acknowledged_at is not None:
            raise IllegalMove(_("本人已经确认过，不能再改。"))

    def save(self, row: Recognition | None, values: dict[str, object], *, actor: Actor, now: datetime) -> Recognition:
        if row is None:
            row = Recognition(area_code=self.area_of_values(values), recorded_by=actor.id)
        return super().save(row, values, actor=actor, now=now)


class Reserves(PeopleRegister[Reserve]):
    """Who is being prepared for which post."""

    key = "reserve"
    label = _("后备干部")
    icon = "users"
    order = 36
    about = _("社区推荐、街道审定，两个人办。只有本人愿意的才进库，随时可以退出。")
    model = Reserve
    columns = (
        Column("account", _("人员"), K.LINK, needed=True, links_to="staff", fixed=True, listed=False, help=_KNOWN),
        Column("post", _("培养的岗位"), K.CHOICE, needed=True, choices=Post, filtered=True, fixed=True, listed=False),
        _AREA,
        Column("agreed", _("本人愿意"), K.YES, needed=True, listed=False, fixed=True),
        Column("lead_goose", _("头雁工程"), K.YES, filtered=True, bulk=True),
        Column("trained_hours", _("培训学时"), K.NUMBER, most=2000, bulk=True),
        Column("state", _("状态"), K.CHOICE, choices=ReserveState, derived=True, filtered=True),
        _SINCE,
        _UNTIL,
    )
    identity = ("account", "post", "area_code")
    searched = ("account__name",)
    ends = True

    def title_of(self, row: Reserve) -> str:
        return f"{row.account.name} · {row.get_post_display()}"

    def check(self, values: dict[str, object], row: Reserve | None, *, actor: Actor, now: datetime) -> None:
        _checked_term(values)
        if values.get("agreed") is not True:
            raise Invalid({"agreed": [_("本人愿意才能推荐。")]})
        if values.get("account") == actor.id:
            raise NotAllowed(_("不能推荐自己。请由别的同事推荐。"))

    def save(self, row: Reserve | None, values: dict[str, object], *, actor: Actor, now: datetime) -> Reserve:
        return super().save(row or Reserve(proposed_by=actor.id), values, actor=actor, now=now)

    def end(self, row: Reserve, *, on: date, actor: Actor, now: datetime) -> None:
        row.state = ReserveState.LEFT
        row.until = max(on, row.since)
        row.save(update_fields=["state", "until"])

    def row_actions(self, row: Reserve, viewer: Actor) -> list[RowAction]:
        found = []
        if row.state == ReserveState.PROPOSED and viewer.may(Duty.ADMIN_PEOPLE, row.area_code):
            found.append(RowAction(_("审定入库"), _step(row, "reserve", "list"), "check", main=True))
        if row.state == ReserveState.LISTED and self.may_write(viewer, row):
            found.append(RowAction(_("已经任用"), _step(row, "reserve", "appointed"), "check-circle"))
        return found


class Nominations(PeopleRegister[Nomination]):
    """Cross appointments and part-time members on their way: nominated, elected, appointed."""

    key = "nomination"
    label = _("交叉任职与兼职委员")
    icon = "swap"
    order = 38
    about = _("先提名，需要选举的依法选举，再由另一位同事任职。兼职委员不用选举，但都有任期。")
    model = Nomination
    columns = (
        Column("account", _("人选"), K.LINK, needed=True, links_to="staff", fixed=True, listed=False, help=_KNOWN),
        Column("from_unit", _("派出单位"), K.LINK, needed=True, links_to="organisation", fixed=True),
        Column("organisation", _("任职组织"), K.LINK, needed=True, links_to="organisation", fixed=True),
        Column("post", _("岗位"), K.CHOICE, needed=True, choices=Post, filtered=True, fixed=True),
        Column("until", _("任期到"), K.DATE, needed=True, fixed=True),
        Column("state", _("进展"), K.CHOICE, choices=NominationState, derived=True, filtered=True),
        Column("held_on", _("选举日期"), K.DATE, derived=True, listed=False),
        Column("paper", _("记录编号"), derived=True, listed=False),
        Column("words", _("不通过的原因"), derived=True, listed=False),
    )
    identity = ("account", "organisation", "post")
    searched = ("account__name", "organisation__name")

    def may_write(self, viewer: Actor, row: Nomination | None = None) -> bool:
        """What was nominated is not rewritten: it goes on by its steps, or is taken back."""
        return row is None and super().may_write(viewer)

    def title_of(self, row: Nomination) -> str:
        return f"{row.account.name} · {row.get_post_display()}"

    def area_of_values(self, values: Mapping[str, object]) -> str:
        unit = _unit(values, "organisation")
        return unit.area_code if unit is not None else ""

    def save(self, row: Nomination | None, values: dict[str, object], *, actor: Actor, now: datetime) -> Nomination:
        if row is not None:
            return super().save(row, values, actor=actor, now=now)
        given: dict[str, Any] = {f"{name}_id": values[name] for name in ("account", "from_unit", "organisation")}
        return new_nomination(**given, post=_text(values, "post"), until=values["until"], actor=actor, now=now)  # type: ignore[arg-type]

    def row_actions(self, row: Nomination, viewer: Actor) -> list[RowAction]:
        from huying.people.actions.nominations import facts_of
        from huying.people.rules.registers import NOMINATION

        found = []
        for move in NOMINATION.legal(facts_of(row, viewer)):
            allowed = viewer.may(move.duty or self.write, row.area_code)
            if allowed:
                found.append(RowAction(move.verb.label, _step(row, "nomination", move.verb.value)))
        return found


class Talents(PeopleRegister[Talent]):
    """Residents with a skill who agreed to be asked: for organisers of deliberation and mediation alone."""

    key = "talent"
    label = _("人才库")
    icon = "book"
    order = 40
    about = _("本人看过同意书、同意之后才登记，最多两年。只有组织议事调解的人能看到。")
    model = Talent
    columns = (
        Column("name", _("称呼"), needed=True, fixed=True, most=60, listed=False),
        Column("phone", _("电话"), needed=True, fixed=True, most=30),
        Column("skill", _("专长"), K.CHOICE, needed=True, choices=Skill, filtered=True),
        Column("offers", _("愿意帮什么"), help=_("例如：周末可以参加物业纠纷调解。不写个人经历。")),
        Column("area_code", _("区域"), K.AREA, needed=True, filtered=True, fixed=True),
        Column("until", _("同意到哪天"), K.DATE, needed=True, fixed=True),
        Column("agreed", _("本人看过同意书并同意"), K.YES, needed=True, listed=False, fixed=True),
    )
    read = Duty.ORGANISE.value
    write = Duty.ORGANISE.value
    identity = ()
    searched = ("offers",)
    ends = True
    exported = False

    def readers(self) -> tuple[str, ...]:
        return (Duty.ORGANISE,)

    def rows(self) -> QuerySet[Talent]:
        return super().rows().select_related("contact")

    def title_of(self, row: Talent) -> str:
        return f"{row.get_skill_display()} · {masked_of(row.contact).name}"

    def value_of(self, row: Talent, column: Column) -> Any:
        match column.name:
            case "name":
                return masked_of(row.contact).name
            case "phone":
                return masked_of(row.contact).phone
            case "agreed":
                return row.withdrawn_at is None
        return super().value_of(row, column)

    def save(self, row: Talent | None, values: dict[str, object], *, actor: Actor, now: datetime) -> Talent:
        if row is not None:
            return super().save(row, values, actor=actor, now=now)
        until = values["until"]
        assert isinstance(until, date)
        return new_talent(
            name=_text(values, "name"), phone=_text(values, "phone"), area_code=_text(values, "area_code"),
            skill=_text(values, "skill"), offers=_text(values, "offers"), until=until,
            agreed=values.get("agreed") is True, actor=actor, now=now,
        )  # fmt: skip

    def present(self, *, now: datetime) -> Q:
        return Q(withdrawn_at=None, until__gt=timezone.localdate(now))

    def has_ended(self, row: Talent, *, now: datetime) -> bool:
        return row.withdrawn_at is not None or (row.until is not None and row.until <= timezone.localdate(now))

    def end(self, row: Talent, *, on: date, actor: Actor, now: datetime) -> None:
        withdraw_talent(talent_id=row.pk, actor=actor, now=now)

    def panels(self, row: Talent, viewer: Actor) -> list[Panel]:
        fresh = row.withdrawn_at is None and timezone.localdate() == row.since
        return [Panel(_("本人的同意"), "people/talent_panel.html", {"code": code_of(row.pk) if fresh else ""})]

    def row_actions(self, row: Talent, viewer: Actor) -> list[RowAction]:
        if not viewer.may(Duty.OPEN_CONTACT, row.area_code) or self.has_ended(row, now=timezone.now()):
            return []
        return [RowAction(_("查看联系方式"), _step(row, "talent", "open"), "phone", main=True)]


class Hubs(PeopleRegister[HubHousehold]):
    """Members' households to which neighbours turn: doors and counts of homes, no persons."""

    key = "hub"
    label = _("党员中心户")
    icon = "home"
    order = 42
    about = _("挂牌的中心户、示范户，联系哪些楼、多少户。只登记门牌和户数，不登记人。")
    model = HubHousehold
    columns = (
        Column("kind", _("类别"), K.CHOICE, needed=True, choices=HubKind, filtered=True),
        Column("name", _("户牌名称"), needed=True, help=_("写门牌上的名称，不写人名。")),
        _AREA,
        Column("unit", _("所属党组织"), K.LINK, links_to="organisation"),
        Column("linked_codes", _("联系的网格或楼栋"), K.AREAS, listed=False),
        Column("linked_households", _("联系户数"), K.NUMBER, most=2000, bulk=True),
        _SINCE,
        _UNTIL,
    )
    read = Duty.READ.value
    searched = ("name",)
    ends = True

    def check(self, values: dict[str, object], row: HubHousehold | None, *, actor: Actor, now: datetime) -> None:
        _checked_term(values)
        area, linked = _text(values, "area_code"), values.get("linked_codes")
        codes = [str(one) for one in linked] if isinstance(linked, list) else []
        home = community_of(area)
        if any(home and not code.startswith(home) for code in codes):
            raise Invalid({"linked_codes": [_("只联系同一个社区的网格和楼栋。")]})
        count = _number(values, "linked_households")
        if count and not codes:
            raise Invalid({"linked_codes": [_("请选联系哪些网格或楼栋。")]})
        there = households_in(codes)
        if there is not None and count > there:
            raise Invalid({"linked_households": [_("这些地方一共只有 %(count)s 户。") % {"count": there}]})

    def summary(self, viewer: Actor) -> list[tuple[Label, str]]:
        now = timezone.now()
        total = sum(
            branch.filter(self.present(now=now)).order_by().aggregate(total=Sum("linked_households"))["total"] or 0
            for branch in self.branches(viewer)
        )
        return [(_("联系户数合计"), str(total))] if total else []


class HelpProjects(_Money[HelpProject]):
    """Help that is bought in: from whom, what for, for how much, and whether it came."""

    key = "help_project"
    label = _("购买服务项目")
    icon = "smile"
    order = 44
    about = _("向社工机构购买的服务：谁做、做什么、多少场、验收没有。只登记项目，不登记受助的人。")
    model = HelpProject
    columns = (
        Column("name", _("项目名称"), needed=True),
        Column("kind", _("服务类别"), K.CHOICE, needed=True, choices=HelpKind, filtered=True),
        _AREA,
        Column("provider", _("承接机构"), K.LINK, needed=True, links_to="organisation"),
        Column("station", _("社工站"), K.LINK, links_to="organisation", listed=False),
        Column("lead", _("负责社工"), K.LINK, links_to="staff"),
        Column("yuan", _("合同金额（元）"), K.DECIMAL, most=100_000_000, listed=False),
        Column("sessions_due", _("约定场次"), K.NUMBER, most=30_000),
        Column("sessions_done", _("完成场次"), K.NUMBER, derived=True),
        Column("state", _("状态"), K.CHOICE, choices=HelpState, derived=True, filtered=True),
        _SINCE,
        _UNTIL,
    )
    identity = ("area_code", "name", "since")
    searched = ("name", "provider__name")
    ends = True

    def check(self, values: dict[str, object], row: HelpProject | None, *, actor: Actor, now: datetime) -> None:
        _checked_term(values)
        provider, station = _unit(values, "provider"), _unit(values, "station")
        helps = (UnitKind.SOCIAL_ORGANISATION, UnitKind.SOCIAL_WORK_STATION, UnitKind.MEDIATION_LEGAL)
        if provider is not None and provider.kind not in helps:
            raise Invalid({"provider": [_("承接机构要是社会组织、社工站或调解法律服务组织。")]})
        if station is not None and station.kind != UnitKind.SOCIAL_WORK_STATION:
            raise Invalid({"station": [_("请选一个社工站。")]})
        if row is not None and row.state == HelpState.ACCEPTED:
            raise IllegalMove(_("已经验收的项目不能再改。"))

    def save(self, row: HelpProject | None, values: dict[str, object], *, actor: Actor, now: datetime) -> HelpProject:
        return super().save(row or HelpProject(kept_by=actor.id), values, actor=actor, now=now)

    def end(self, row: HelpProject, *, on: date, actor: Actor, now: datetime) -> None:
        if row.state in (HelpState.RUNNING, HelpState.DELIVERED):
            row.state = HelpState.STOPPED
        row.until = max(on, row.since + timedelta(days=1))
        row.save(update_fields=["state", "until"])

    def row_actions(self, row: HelpProject, viewer: Actor) -> list[RowAction]:
        found = []
        if row.state == HelpState.RUNNING and self.may_write(viewer, row):
            found.append(RowAction(_("登记交付"), _step(row, "help_project", "deliver"), "check"))
        if row.state == HelpState.DELIVERED and viewer.may(Duty.ADMIN_PEOPLE, row.area_code):
            found.append(RowAction(_("验收"), _step(row, "help_project", "accept"), "check-circle", main=True))
        return found


def _step(row: Model, kind: str, verb: str) -> str:
    return reverse("people:step", args=[kind, row.pk, verb])


ALL: tuple[Register[Any], ...] = (
    Units(), Links(), Filings(), Responsibilities(), Accounts(), Posts(), Recognitions(), Reserves(), Nominations(),
    Talents(), Hubs(), HelpProjects(),
)  # fmt: skip


def declare() -> None:
    """Make the registers known, and the pages about grants a card of the overview."""
    from huying.people.queries import names_of

    for one in ALL:
        declared.add(one)
    declared.use_people(names_of)
    declared.add_card(
        "grants", _("角色与授权"), "people:grants", "shield", "people", 32,
        lambda viewer: any(viewer.has(duty) for duty in (Duty.ADMIN_PEOPLE, Duty.SECURE, Duty.LEAD, Duty.AUDIT)),
    )  # fmt: skip
