"""Staff pages of people beside the registers: grants and who sees what, hand-over, second steps, one's own post."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, sensitive, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.terms import Label, _, listed
from huying.people import actions, handing, queries, sight
from huying.people.forms import (
    DecideForm,
    DeliverForm,
    ElectForm,
    GrantForm,
    HandOverForm,
    RaiseForm,
    SeersForm,
    SuccessorForm,
    SureForm,
    WordsForm,
    needs_reason,
)
from huying.people.models import Account, Appointment, GrantRequest, Organisation, RoleGrant
from huying.people.rules import Duty, Opened
from huying.people.rules.registers import PARTY_KINDS, SENSITIVE, confirms_with, is_sensitive
from huying.people.sight import Held, Seer
from huying.places import queries as places
from huying.registers import declared
from huying.registers import queries as rows

ON_A_PAGE = 50
MENU = {"menu_key": "registers"}
MOST_IN_TREE = 1500


# The tree


@dataclass
class Node:
    """A unit in the tree."""

    unit: Organisation
    children: list[Node] = field(default_factory=list)
    chosen: bool = False


@require_safe
@staff()
def tree(request: HttpRequest) -> HttpResponse:
    """Units as a tree, party organisations alone or all."""
    viewer = actor_of(request)
    register = declared.get("organisation")
    if not register.may_read(viewer):
        raise NotAllowed
    party = request.GET.get("all") != "1"
    units = queries.tree_under(register.prefixes(viewer), kinds=PARTY_KINDS if party else None)[:MOST_IN_TREE]
    nodes = {one.pk: Node(one, chosen=str(one.pk) == request.GET.get("unit")) for one in units}
    tops: list[Node] = []
    for one in units:
        upper = nodes.get(one.parent_id) if one.parent_id is not None else None
        (upper.children if upper is not None else tops).append(nodes[one.pk])
    names = places.names_of({one.area_code for one in units})
    return render(
        request, "people/tree.html", {"tops": tops, "party": party, "count": len(units), "names": names, **MENU}
    )


# Grants


@require_safe
@staff()
def grants(request: HttpRequest) -> HttpResponse:
    """Requests that wait for a second person, and the grants in force."""
    viewer, now = actor_of(request), now_of(request)
    if not any(viewer.has(duty) for duty in (Duty.ADMIN_PEOPLE, Duty.SECURE, Duty.LEAD, Duty.AUDIT)):
        raise NotAllowed
    page: Page[RoleGrant] = Page(limit=ON_A_PAGE, after=request.GET.get("after", "")[:2000])
    role, words = request.GET.get("role", "")[:40], request.GET.get("q", "").strip()[:60].replace("\0", "")
    found = queries.grants_in(viewer, role_code=role, words=words, now=now, page=page)
    waiting = queries.requests_waiting(viewer)
    names = places.names_of({one.area_code for one in found} | {one.area_code for one in waiting})
    return render(
        request,
        "people/grants.html",
        {
            "grants": [(one, names[one.area_code], is_sensitive(one.role.duties)) for one in found],
            "waiting": [_waiting(one, names[one.area_code], viewer) for one in waiting],
            "page": page,
            "first": "after" not in request.GET,
            "roles": queries.roles(),
            "role": role,
            "q": words,
            "may_grant": viewer.has(Duty.ADMIN_PEOPLE) or viewer.has(Duty.SECURE),
            **MENU,
        },
    )


def _waiting(request: GrantRequest, area: str, viewer: Actor) -> dict[str, Any]:
    duties = confirms_with(request.role.duties)
    mine = viewer.id in (request.asked_by, request.account_id)
    return {
        "request": request,
        "area": area,
        "asked_by": queries.names_of([request.asked_by]).get(request.asked_by, ""),
        "may_decide": not mine and any(viewer.may(duty, request.area_code) for duty in duties),
        "may_withdraw": viewer.id == request.asked_by,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@staff()
@sensitive
def grant(request: HttpRequest) -> HttpResponse:
    """Give a role, or ask for one that takes two persons."""
    viewer, now = actor_of(request), now_of(request)
    if not (viewer.has(Duty.ADMIN_PEOPLE) or viewer.has(Duty.SECURE)):
        raise NotAllowed(duty=Duty.ADMIN_PEOPLE.value)
    initial = {}
    if request.method != "POST" and (asked := request.GET.get("account")):
        known = rows.one(declared.get("staff"), viewer, _uuid(asked))
        initial = {"username": known.username}
    form = GrantForm(request.POST or None, viewer=viewer, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: _granted(form, viewer, now))
        if isinstance(made, GrantRequest):
            messages.success(request, _("已提出申请，等另一位有职责的同事复核。"))
            return redirect("people:grants")
        if made is not None:
            messages.success(request, _("已授权。"))
            return redirect("people:held", account_id=made.account_id)
    sensitive = [one.name for one in queries.roles() if is_sensitive(one.duties)]
    return render(
        request,
        "people/grant.html",
        {"form": form, "sensitive": listed(sensitive), **MENU},
        status=422 if form.errors else 200,
    )


def _granted(form: GrantForm, viewer: Actor, now: Any) -> RoleGrant | GrantRequest:
    values = form.cleaned_data
    account = Account.objects.filter(username=Account.normalize_username(values["username"])).first()
    if account is None:
        raise Invalid({"username": [_("没有找到这个账号。请核对。")]})
    until = values["until"]
    given: dict[str, Any] = {
        "account_id": account.pk,
        "role_code": values["role"],
        "area_code": values["area"],
        "unit_id": UUID(values["unit"]) if values["unit"] else None,
        "until": _moment(until) if until else None,
        "actor": viewer,
        "now": now,
    }
    try:
        if needs_reason(values["role"]):
            return actions.ask_grant(**given, reason=values["reason"])
        return actions.grant_role(**given)
    except NotFound as why:
        raise Invalid({"username": [_("没有找到这个账号。请核对。")]}) from why


def _moment(day: Any) -> Any:
    from huying.people.registers import moment

    return moment(day)


@require_POST
@staff()
@sensitive
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Agree to a sensitive role, refuse it, or take the own request back."""
    viewer, now = actor_of(request), now_of(request)
    form = DecideForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("说明太长了。"))
    act = request.POST.get("act")
    if act == "withdraw":
        actions.withdraw_grant_request(request_id=pk, actor=viewer, now=now)
        messages.success(request, _("已撤回申请。"))
    elif act in ("grant", "refuse"):
        actions.decide_grant(
            request_id=pk, granted=act == "grant", words=form.cleaned_data["words"], actor=viewer, now=now
        )
        messages.success(request, _("已复核。"))
    else:
        raise Invalid(_("请选同意或不同意。"))
    return redirect("people:grants")


@require_http_methods(["GET", "HEAD", "POST"])
@staff()
@sensitive
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a grant, after one look at what it opens."""
    viewer, now = actor_of(request), now_of(request)
    found = RoleGrant.objects.filter(pk=pk).select_related("account", "role", "unit").first()
    if found is None or not sight.may_ask(viewer, found.area_code):
        raise NotFound("role_grant")
    form = SureForm(request.POST or None)
    if request.method == "POST":
        actions.revoke_role(grant_id=pk, actor=viewer, now=now)
        messages.success(request, _("已收回授权。"))
        return redirect("people:held", account_id=found.account_id)
    return render(
        request,
        "people/step.html",
        {
            "title": _("收回授权"),
            "name": found.account.name,
            "lines": [
                (_("人员"), found.account.name),
                (_("角色"), found.role.name),
                (_("区域"), places.name_of(found.area_code)),
                (_("单位"), found.unit.name if found.unit is not None else _("不限单位")),
                (_("职责"), listed(Duty(one).label for one in found.role.duties)),
            ],
            "form": form,
            "words": _("收回以后，这个人从下一次打开页面起就看不到了。"),
            "button": _("收回"),
            "danger": True,
            "back_url": reverse("people:held", args=[found.account_id]),
            **MENU,
        },
    )


# Who sees what


@require_safe
@staff()
def seers(request: HttpRequest) -> HttpResponse:
    """Who can see this area, or this case: which people by which grant."""
    viewer, now = actor_of(request), now_of(request)
    codes = tuple(dict.fromkeys(code for duty in sight.ASKERS for code in viewer.areas(duty)))
    area, number = request.GET.get("area", "")[:24], request.GET.get("number", "").strip()[:60].replace("\0", "")
    if not codes and not number:
        raise NotAllowed(duty=Duty.ADMIN_PEOPLE.value)
    form = SeersForm(initial={"area": area, "number": number}, codes=codes)
    facts: dict[str, Any] = {"form": form, "form_area": bool(codes), **MENU}
    if number:
        find = sight.SIGHTS.get("case")
        found = find(viewer, number) if find is not None else None
        if found is None:
            raise NotFound("case")
        people = sight.who_sees(found, now=now)
        facts |= {"title": found.title, "groups": [(_("能看到的人"), "", _named(people))], "asked": True}
    elif area:
        if not places.is_known(area):
            raise NotFound("area")
        seen = sight.who_sees_area(area, viewer=viewer, now=now)
        facts |= {
            "title": places.name_of(area),
            "asked": True,
            "groups": [
                (_("看到整个区域"), _("诉求、场所和台账"), _named(seen.whole)),
                (_("看到其中一部分"), _("只看自己负责的下级区域"), _named(seen.part)),
                (_("只看交给本单位的工单"), _("看不到别的诉求"), _named(seen.orders)),
            ],
        }
    return render(request, "people/seers.html", facts)


def _named(people: list[Seer]) -> list[dict[str, Any]]:
    names = places.names_of({way.area_code for one in people for way in one.ways})
    return [
        {"account": one.account, "post": one.post, "ways": [(way, names[way.area_code]) for way in one.ways]}
        for one in people
    ]


@require_safe
@staff()
def held(request: HttpRequest, account_id: UUID) -> HttpResponse:
    """What this person can see, and by what."""
    viewer, now = actor_of(request), now_of(request)
    found: Held = sight.held_by(account_id, viewer=viewer, now=now)
    every: list[RoleGrant | GrantRequest | Appointment] = [
        *found.grants, *found.idle, *found.waiting, *found.ended, *found.posts
    ]  # fmt: skip
    names = places.names_of({one.area_code for one in every})
    return render(
        request,
        "people/held.html",
        {
            "held": found,
            "posts": [(one, names[one.area_code]) for one in found.posts],
            "grants": [(one, names[one.area_code], is_sensitive(one.role.duties)) for one in found.grants],
            "idle": [(one, names[one.area_code]) for one in found.idle],
            "waiting": [(one, names[one.area_code]) for one in found.waiting],
            "ended": [(one, names[one.area_code]) for one in found.ended],
            "duties": [
                (duty.label, listed(names[code] for code in codes), duty in SENSITIVE) for duty, codes in found.duties
            ],
            "may_change": viewer.id != account_id
            and (viewer.has(Duty.ADMIN_PEOPLE) or viewer.has(Duty.SECURE))
            and sight.may_ask(viewer, found.account.area_code),
            **MENU,
        },
    )


# Posts


@require_http_methods(["GET", "HEAD", "POST"])
@staff()
@sensitive
def hand_over(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A post goes over: name the successor, look at what moves, do it in one act."""
    viewer, now = actor_of(request), now_of(request)
    register = declared.get("appointment")
    post: Appointment = rows.one(register, viewer, pk)
    if not register.may_write(viewer, post):
        raise NotAllowed(duty=register.write)
    asked = (request.POST if request.method == "POST" else request.GET).get("to", "")
    pick = SuccessorForm({"to": asked} if asked else None)
    successor = _successor(pick, viewer)
    if successor is not None and successor.pk == post.account_id:
        pick.add_error("to", _("接任的要是另一位同事。"))
        successor = None
    held_grants = queries.grants_with_post(post, now=now)
    names = places.names_of({one.area_code for one in held_grants} | {post.area_code})
    choices = [
        (
            str(one.pk),
            _("%(role)s · %(area)s%(two)s")
            % {
                "role": one.role.name,
                "area": one.unit.name if one.unit is not None else names[one.area_code],
                "two": _("（要另一位同事复核）") if is_sensitive(one.role.duties) else "",
            },
        )
        for one in held_grants
    ]
    form = HandOverForm(request.POST if request.method == "POST" else None, grants=choices)
    if request.method == "POST" and successor is not None and form.is_valid():
        done = attempt(
            form,
            lambda: actions.hand_over(
                appointment_id=pk,
                successor_id=successor.pk,
                grant_ids=[UUID(one) for one in form.cleaned_data["grants"]],
                reason=form.cleaned_data["reason"],
                actor=viewer,
                now=now,
            ),
        )
        if done is not None:
            messages.success(request, _("交接办好了：%(name)s 已经接任。") % {"name": successor.name})
            return redirect("registers:row", key="appointment", row_id=done.appointment.pk)
    carried = [(one.label, one.count(post.account_id, post.area_code)) for one in handing.CARRIED.values()]
    return render(
        request,
        "people/hand_over.html",
        {
            "post": post,
            "title": register.title_of(post),
            "area": names[post.area_code],
            "pick": pick,
            "successor": successor,
            "form": form,
            "grants": choices,
            "carried": [*carried, (_("负责的购买服务项目"), queries.projects_led(post))],
            **MENU,
        },
        status=422 if form.errors or (asked and successor is None) else 200,
    )


def _successor(pick: SuccessorForm, viewer: Actor) -> Account | None:
    if not pick.is_bound or not pick.is_valid():
        return None
    name = Account.normalize_username(pick.cleaned_data["to"])
    account = Account.objects.filter(username=name, is_active=True).first()
    try:
        if account is not None:
            return cast(Account, rows.one(declared.get("staff"), viewer, account.pk))
    except NotFound:
        pass
    pick.add_error("to", _("没有找到这个账号。请先登记继任者的账号。"))
    return None


@require_http_methods(["GET", "HEAD", "POST"])
@staff(Duty.ADMIN_PEOPLE)
@never_cache
@sensitive
def let_in(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give a first password, shown once."""
    viewer, now = actor_of(request), now_of(request)
    account: Account = rows.one(declared.get("staff"), viewer, pk)
    password = actions.let_in(account_id=pk, actor=viewer, now=now) if request.method == "POST" else ""
    return render(request, "people/let_in.html", {"account": account, "password": password, **MENU})


@require_safe
@staff()
def my_post(request: HttpRequest) -> HttpResponse:
    """One's own posts, and what came with them."""
    viewer, now = actor_of(request), now_of(request)
    assert viewer.id is not None
    posts = queries.posts_of(viewer.id, now)
    names = places.names_of({one.area_code for one in posts})
    return render(
        request,
        "people/my_post.html",
        {
            "posts": [(one, names[one.area_code], listed(_duty_words(one))) for one in posts],
            "recognitions": queries.recognitions_of(viewer.id),
            "account_id": viewer.id,
        },
    )


def _duty_words(post: Appointment) -> list[Label]:
    from huying.people.rules.registers import HeadDuty

    return [HeadDuty(one).label for one in post.duties]


@require_POST
@staff()
def acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.acknowledge_recognition(recognition_id=pk, actor=actor_of(request), now=now_of(request))
    messages.success(request, _("已确认收到。"))
    return redirect("people:my_post")


# Second steps of register rows


@dataclass(frozen=True)
class Step:
    """One further act on a row: its words, its form, and the one call that does it."""

    title: Label
    button: Label
    form: type[forms.Form]
    act: Callable[[UUID, Any, Actor, Any], Any]
    words: Label = ""
    danger: bool = False


STEPS: dict[tuple[str, str], Step] = {
    ("organisation", "raise"): Step(
        _("党组织升格"), _("升格"), RaiseForm,
        lambda pk, form, actor, now: actions.raise_rank(organisation_id=pk, actor=actor, now=now, **form.cleaned_data),
    ),
    ("responsibility", "end"): Step(
        _("结束这项职责"), _("结束"), SureForm,
        lambda pk, form, actor, now: actions.end_responsibility(responsibility_id=pk, actor=actor, now=now),
        _("以后这类事项不再派给这个单位。已经派出的工单不受影响。"), True,
    ),
    ("reserve", "list"): Step(
        _("审定入库"), _("同意入库"), SureForm,
        lambda pk, form, actor, now: actions.list_reserve(reserve_id=pk, actor=actor, now=now),
    ),
    ("reserve", "appointed"): Step(
        _("已经任用"), _("登记任用"), SureForm,
        lambda pk, form, actor, now: actions.leave_reserve(reserve_id=pk, appointed=True, actor=actor, now=now),
        _("后备人选已经到岗，从后备库里移出。岗位请在“岗位与任职”里登记。"),
    ),
    ("nomination", "elect"): Step(
        _("登记选举结果"), _("登记"), ElectForm,
        lambda pk, form, actor, now: actions.record_election(
            nomination_id=pk, form=form.cleaned_data["form"], held_on=form.cleaned_data["held_on"],
            paper=form.cleaned_data["paper"], tally=form.tally(), eligible=form.cleaned_data["eligible"],
            actor=actor, now=now,
        ),
        _("照会议记录填数字。是不是当选，由法定的比例算出来。"),
    ),
    ("nomination", "appoint"): Step(
        _("任职"), _("任职"), SureForm,
        lambda pk, form, actor, now: actions.appoint_nominated(nomination_id=pk, actor=actor, now=now),
        _("从现在起任职，到任期结束那天为止。提名的人不能自己办这一步。"),
    ),
    ("nomination", "refuse"): Step(
        _("不通过"), _("不通过"), WordsForm,
        lambda pk, form, actor, now: actions.refuse_nomination(
            nomination_id=pk, words=form.cleaned_data["words"], actor=actor, now=now
        ),
        danger=True,
    ),
    ("nomination", "withdraw"): Step(
        _("撤回提名"), _("撤回"), SureForm,
        lambda pk, form, actor, now: actions.withdraw_nomination(nomination_id=pk, actor=actor, now=now),
    ),
    ("talent", "open"): Step(
        _("查看联系方式"), _("查看"), SureForm,
        lambda pk, form, actor, now: actions.open_talent(talent_id=pk, actor=actor, now=now),
        _("只用来邀请参加议事调解。这次查看会记下来，本人可以问到。"),
    ),
    ("help_project", "deliver"): Step(
        _("登记交付"), _("登记"), DeliverForm,
        lambda pk, form, actor, now: actions.deliver_help(
            project_id=pk, sessions_done=form.cleaned_data["sessions_done"], actor=actor, now=now
        ),
    ),
    ("help_project", "accept"): Step(
        _("验收"), _("验收通过"), SureForm,
        lambda pk, form, actor, now: actions.accept_help(project_id=pk, actor=actor, now=now),
        _("登记交付的人不能自己验收。"),
    ),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@staff()
@never_cache
def step(request: HttpRequest, kind: str, pk: UUID, verb: str) -> HttpResponse:
    """One further step of a register's row."""
    viewer, now = actor_of(request), now_of(request)
    told = STEPS.get((kind, verb))
    if told is None:
        raise NotFound
    register = declared.get(kind)
    row = rows.one(register, viewer, pk)
    options: dict[str, Any] = {"row": row} if told.form is ElectForm else {}
    back = reverse("registers:row", args=[kind, pk])
    if request.method == "POST":
        form = told.form(request.POST, **options)
        if form.is_valid():
            done = attempt(form, lambda: told.act(pk, form, viewer, now) or True)
            if isinstance(done, Opened):
                return render(request, "people/opened.html", {"opened": done, "back_url": back, **MENU})
            if done is not None:
                messages.success(request, _("办好了。"))
                return redirect("registers:list", key=kind) if kind == "responsibility" else redirect(back)
    else:
        if not any(one.url == request.path for one in register.row_actions(row, viewer)):
            raise IllegalMove
        form = told.form(**options)
    return render(
        request,
        "people/step.html",
        {
            "title": told.title,
            "name": register.title_of(row),
            "lines": [
                (one.label, words)
                for one in register.columns
                if (words := register.words_of(row, one)) and one.name not in ("phone",)
            ],
            "form": form,
            "words": told.words,
            "button": told.button,
            "danger": told.danger,
            "back_url": back,
            **MENU,
        },
        status=422 if form.errors else 200,
    )


# Opening how to reach a resident asks once more who it is, as on a case's page.
step.sensitive = lambda request, options: (options["kind"], options["verb"]) == ("talent", "open")  # type: ignore[attr-defined]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as why:
        raise NotFound("account") from why
