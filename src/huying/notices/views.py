"""Staff pages: the own notices and how they come; words, outbox and dead list; public notices."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.kernel import registry
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound, Refusal
from huying.kernel.terms import Label, _, listed
from huying.notices import actions, queries
from huying.notices.actions.public import legal_moves
from huying.notices.actions.wordings import LANGUAGES
from huying.notices.forms import (
    AddressForm,
    ApproveForm,
    CodeForm,
    DigestForm,
    PaperForm,
    PreferenceForm,
    WordingForm,
    WordsForm,
    channel_label,
)
from huying.notices.models import Delivery, Notice, PublicNotice, Wording
from huying.notices.rules import (
    KINDS,
    OUTSIDE,
    WORDING_FLOW,
    Channel,
    DeliveryState,
    Group,
    HandsFacts,
    Kind,
    PublicKind,
    PublicState,
    PublicVerb,
    Why,
    WordingState,
    WordingVerb,
    examples,
    filled,
    problems_of,
    sms_parts,
    sms_text,
)
from huying.notices.shipped import LANGUAGE
from huying.people import queries as people
from huying.people.rules import Duty
from huying.places import queries as places
from huying.ui.words import when_words

ON_A_PAGE = 30
MENU_KEY = "news"  # of no entry: the bell leads here
LANGUAGE_NAMES = {"zh-hans": _("简体中文"), "zh-hant": _("繁体中文"), "en": _("英文")}
WORDING_TONES = {
    WordingState.DRAFT: "doing", WordingState.SUBMITTED: "wait", WordingState.APPROVED: "done",
    WordingState.DROPPED: "back",
}  # fmt: skip
PUBLIC_TONES = {
    PublicState.DRAFT: "doing", PublicState.ASKED: "wait", PublicState.PUBLISHED: "review",
    PublicState.CLOSED: "done", PublicState.WITHDRAWN: "back", PublicState.DROPPED: "back",
}  # fmt: skip
DELIVERY_TONES = {
    DeliveryState.WAITING: "wait", DeliveryState.SENDING: "doing", DeliveryState.SENT: "done",
    DeliveryState.SKIPPED: "back", DeliveryState.DEAD: "late",
}  # fmt: skip


def address_of(kind: str, object_id: UUID | None) -> str:
    """The page of an object, as its own app registered it; "" where there is none."""
    found = registry.LINKS.get(kind)
    if found is None or object_id is None:
        return ""
    try:
        return reverse(found.url_name, kwargs=({found.argument: object_id} if found.argument else {}) | found.given)
    except NoReverseMatch:
        return ""


# The bell


@dataclass(frozen=True)
class Line:
    """One notice in the list."""

    notice: Notice
    group: Label
    urgent: bool
    leads: bool


@staff()
@require_safe
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """What the person was told, the newest first; opening one marks it as read."""
    actor, after = actor_of(request), request.GET.get("after", "")
    only_unread = request.GET.get("show") != "all"
    page: Page[Notice] = Page(limit=ON_A_PAGE, after=after)
    rows = queries.mine(actor, only_unread=only_unread, page=page)
    here = reverse("notices:mine")
    context = {
        "menu_key": MENU_KEY,
        "lines": [_line(one) for one in rows],
        "page": page,
        "first": not after,
        "tabs": [
            {"words": _("未读"), "url": here, "count": queries.unread(actor), "current": only_unread},
            {"words": _("全部"), "url": f"{here}?show=all", "count": None, "current": not only_unread},
        ],
        "only_unread": only_unread,
    }
    return render(request, "notices/mine.html", context)


def _line(one: Notice) -> Line:
    kind = KINDS.get(one.kind)
    return Line(
        notice=one,
        group=kind.group.label if kind else "",
        urgent=kind.urgent if kind else False,
        leads=bool(address_of(one.object_kind, one.object_id)),
    )


@staff()
@require_safe
@never_cache
def bell(request: HttpRequest) -> HttpResponse:
    """The bell alone, for pages that heard something."""
    return render(request, "ui/bell.html")


@staff()
@require_POST
def open_notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Read it, and go where it leads."""
    notice = actions.mark_read(notice_id=notice_id, actor=actor_of(request), now=now_of(request))
    return HttpResponseRedirect(address_of(notice.object_kind, notice.object_id) or reverse("notices:mine"))


@staff()
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    count = actions.mark_all_read(actor=actor_of(request), now=now_of(request))
    messages.success(request, str(_("%(count)s 条标为已读") % {"count": count}))
    return redirect("notices:mine")


# How they come


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def preferences(request: HttpRequest) -> HttpResponse:
    """Channels by kind, quiet hours, digest; the addresses beside them."""
    actor, now = actor_of(request), now_of(request)
    if actor.id is None:
        raise NotAllowed
    form = PreferenceForm(request.POST or None, preference=queries.preference(actor.id))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        done = attempt(
            form,
            lambda: actions.set_preference(
                channels=form.channels(),
                quiet_from=given["quiet_from"],
                quiet_until=given["quiet_until"],
                digest=given["digest"],
                digest_times=given["digest_times"],
                actor=actor,
                now=now,
            ),
        )
        if done is not None:
            messages.success(request, str(_("存好了")))
            return redirect("notices:preferences")
    return _preferences_page(request, form, status=422 if form.errors else 200)


def _preferences_page(
    request: HttpRequest,
    form: PreferenceForm,
    *,
    address: AddressForm | None = None,
    code: CodeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    assert actor.id is not None
    kept = queries.addresses(actor.id)
    rows = []
    for channel in OUTSIDE:
        one = kept.get(channel)
        wrong = address if address is not None and address.data.get("channel") == channel else None
        wrong_code = code if code is not None and code.data.get("channel") == channel else None
        rows.append(
            {
                "channel": str(channel),
                "label": channel.label,
                "address": one,
                "form": wrong or AddressForm(initial={"channel": str(channel)}, auto_id=f"id_{channel}_%s"),
                "code_form": wrong_code or CodeForm(initial={"channel": str(channel)}, auto_id=f"id_{channel}_%s"),
            }
        )
    context = {"form": form, "rows": rows, "channels": [one.label for one in OUTSIDE], "menu_key": MENU_KEY}
    return render(request, "notices/preferences.html", context, status=status)


@staff()
@require_POST
def keep_address(request: HttpRequest) -> HttpResponse:
    """Keep an address and send it a code."""
    form = AddressForm(request.POST, auto_id=f"id_{request.POST.get('channel', '')[:8]}_%s")
    return _address_step(
        request, form, _("验证码发出去了，收到后填在下面"),
        lambda given: actions.keep_address(
            channel=given["channel"], value=given["value"], actor=actor_of(request), now=now_of(request)
        ),
    )  # fmt: skip


@staff()
@require_POST
def confirm_address(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST, auto_id=f"id_{request.POST.get('channel', '')[:8]}_%s")
    if form.is_valid():
        given = form.cleaned_data
        row = attempt(
            form,
            lambda: actions.confirm_address(
                channel=given["channel"], code=given["code"], actor=actor_of(request), now=now_of(request)
            ),
        )
        if row is not None and row.confirmed_at is not None:
            messages.success(request, str(_("确认好了，通知会发到这里")))
            return redirect("notices:preferences")
        if row is not None:
            form.add_error("code", str(_("验证码不对，请看最后收到的一条。")))
    return _wrong_address(request, code=form)


@staff()
@require_POST
def drop_address(request: HttpRequest) -> HttpResponse:
    actions.drop_address(channel=request.POST.get("channel", ""), actor=actor_of(request), now=now_of(request))
    messages.success(request, str(_("删掉了")))
    return redirect("notices:preferences")


def _address_step(
    request: HttpRequest, form: AddressForm, done: Label, act: Callable[[dict[str, Any]], object]
) -> HttpResponse:
    if form.is_valid() and attempt(form, lambda: act(form.cleaned_data)) is not None:
        messages.success(request, str(done))
        return redirect("notices:preferences")
    return _wrong_address(request, address=form)


def _wrong_address(request: HttpRequest, **forms_: Any) -> HttpResponse:
    actor = actor_of(request)
    assert actor.id is not None
    form = PreferenceForm(preference=queries.preference(actor.id))
    return _preferences_page(request, form, status=422, **forms_)


# Words and outbox


def _keeper(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not (actor.has(Duty.ADMIN_MATTERS) or actor.has(Duty.APPROVE_MATTERS)):
        raise NotAllowed(duty=str(Duty.ADMIN_MATTERS))
    return actor


COMMUNITY_LENGTH = 12


@staff()
@require_safe
def admin(request: HttpRequest) -> HttpResponse:
    """Every kind with its words by channel, what is in work, and how full the outbox is."""
    return _admin_page(request)


@staff(duty=Duty.ADMIN_MATTERS)
@require_POST
def digest_hours(request: HttpRequest) -> HttpResponse:
    """When the people of an area hear in one notice what turns red today."""
    actor = _keeper(request)
    form = DigestForm(request.POST, areas=_digest_areas(actor))
    if form.is_valid():
        done = attempt(
            form,
            lambda: actions.set_digest_hours(
                area_code=form.cleaned_data["area_code"], minutes=form.cleaned_data["times"], actor=actor,
                now=now_of(request),
            ),
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("汇总的时间已存。"))
            return redirect("notices:admin")
    return _admin_page(request, digest_form=form, status=422)


def _digest_areas(actor: Actor) -> list[tuple[str, str]]:
    """The areas of the duty and the communities in them."""
    found: dict[str, str] = {}
    for code in actor.areas(Duty.ADMIN_MATTERS):
        within = sorted(one for one in places.names_within(code) if len(one) <= COMMUNITY_LENGTH)
        found |= {one: places.own_name_of(one) for one in (code, *within)}
    return list(found.items())


def _digest_words(minutes: Iterable[int]) -> str:
    return listed(f"{one // 60:02d}:{one % 60:02d}" for one in minutes) or str(_("不汇总"))


def _admin_page(request: HttpRequest, *, digest_form: DigestForm | None = None, status: int = 200) -> HttpResponse:
    actor, now = _keeper(request), now_of(request)
    areas = _digest_areas(actor)
    there = queries.in_force(now)
    groups: dict[Group, list[dict[str, Any]]] = {}
    for kind in KINDS.values():
        cells = []
        for channel in Channel:
            one = there.get((kind.code, channel, LANGUAGE))
            url = reverse("notices:words", args=[kind.code, channel, LANGUAGE])
            cells.append({"label": channel.label, "wording": one, "url": url, "default": channel in kind.channels})
        groups.setdefault(kind.group, []).append({"kind": kind, "cells": cells})
    work = [
        {
            "wording": one,
            "label": KINDS[one.kind].label if one.kind in KINDS else one.kind,
            "channel": channel_label(one.channel),
            "state": WordingState(one.state).label,
            "tone": WORDING_TONES[WordingState(one.state)],
        }
        for one in queries.in_work()
    ]
    context = {
        "groups": [(group.label, rows) for group, rows in groups.items()],
        "channels": [one.label for one in Channel],
        "work": work,
        "counts": queries.outbox(now),
        "may_replay": actor.has(Duty.ADMIN_MATTERS),
        "ways": [(one.label, _way_words(one)) for one in (*OUTSIDE, Channel.VOICE)],
        "digests": [(places.own_name_of(one.area_code), _digest_words(one.minutes)) for one in queries.digests(actor)],
        "digest_form": (digest_form or DigestForm(areas=areas)) if areas else None,
    }
    return render(request, "notices/admin.html", context, status=status)


def _way_words(channel: Channel) -> Label:
    """How a channel leaves the house, without its address."""
    chosen = settings.NOTICES.get(str(channel), "file")
    if chosen == "off":
        return _("没有开通")
    if chosen == "console":
        return _("显示在后台，不发出去")
    return _("写成文件，不发出去") if chosen == "file" or settings.DEMO else _("发给外部服务")


def _kind(code: str, channel: str, language: str) -> Kind:
    kind = KINDS.get(code)
    if kind is None or channel not in Channel.values or language not in LANGUAGES:
        raise NotFound("wording")
    return kind


@staff()
@require_http_methods(["GET", "HEAD", "POST"])
def words(request: HttpRequest, kind: str, channel: str, language: str) -> HttpResponse:
    """The words of one kind: in force, in work, versions, and a preview with made-up facts."""
    actor, now = _keeper(request), now_of(request)
    known = _kind(kind, channel, language)
    versions = queries.versions(kind, channel, language)
    work = next((one for one in versions if one.state in (WordingState.DRAFT, WordingState.SUBMITTED)), None)
    current = queries.wording(kind, channel, language, now)
    start = work or current
    form = WordingForm(
        request.POST or None, initial={"title": start.title, "body": start.body} if start is not None else {}
    )
    asked = "preview" in request.POST
    if request.method == "POST" and form.is_valid() and not asked:
        given = form.cleaned_data
        done = attempt(
            form,
            lambda: actions.draft_wording(
                kind=kind, channel=channel, language=language, title=given["title"], body=given["body"], actor=actor,
                now=now,
            ),
        )  # fmt: skip
        if done is not None:
            messages.success(request, str(_("存成草稿了")))
            return redirect("notices:words", kind, channel, language)
    elif asked and form.is_valid():
        found = problems_of(known, channel, form.cleaned_data["title"], form.cleaned_data["body"],
                            settings.SMS_SIGNATURE)  # fmt: skip
        for name, sentences in found.items():
            form.add_error(name, str(sentences[0]))
    context = _words_context(request, known, channel, language, versions, work, form)
    return render(request, "notices/words.html", context, status=422 if form.errors else 200)


def _words_context(
    request: HttpRequest,
    kind: Kind,
    channel: str,
    language: str,
    versions: list[Wording],
    work: Wording | None,
    form: WordingForm,
) -> dict[str, Any]:
    actor, now = actor_of(request), now_of(request)
    shown = form.cleaned_data if form.is_bound and form.is_valid() else form.initial
    may = _wording_moves(work, actor) if work is not None else set()
    writes = actor.has(Duty.ADMIN_MATTERS) and (work is None or work.state == WordingState.DRAFT)
    in_force = queries.wording(kind.code, channel, language, now)
    return {
        "menu_key": "notice_admin",
        "kind": kind,
        "channel": channel,
        "channel_label": channel_label(channel),
        "language": language,
        "languages": [
            {
                "words": LANGUAGE_NAMES[one],
                "url": reverse("notices:words", args=[kind.code, channel, one]),
                "current": one == language,
            }
            for one in LANGUAGES
        ],
        "ways": [
            {
                "words": one.label,
                "url": reverse("notices:words", args=[kind.code, one, language]),
                "current": one == channel,
            }
            for one in Channel
        ],
        "facts": [("{" + one.name + "}", one.label) for one in kind.facts],
        "form": form if writes else None,
        "work": work,
        "work_label": WordingState(work.state).label if work else "",
        "work_tone": WORDING_TONES[WordingState(work.state)] if work else "",
        "may": may,
        "approve_form": ApproveForm(),
        "back_form": WordsForm(label=_("要改什么"), auto_id="id_back_%s"),
        "preview": preview_of(kind, channel, str(shown.get("title", "")), str(shown.get("body", ""))),
        "versions": [
            {
                "wording": one,
                "label": _("正在用")
                if in_force is not None and one.pk == in_force.pk
                else WordingState(one.state).label,
                "tone": WORDING_TONES[WordingState(one.state)],
                "who": people.names_of([one.made_by]).get(one.made_by, "") if one.made_by else _("随系统提供"),
            }
            for one in versions
        ],
    }


def preview_of(kind: Kind, channel: str, title: str, body: str) -> dict[str, Any]:
    """The words filled with made-up facts, as they would arrive."""
    made_up = examples(kind)
    told = filled(body, made_up)
    if channel == Channel.SMS:
        text = sms_text(settings.SMS_SIGNATURE, told)
        return {"title": "", "body": text, "length": len(text), "parts": sms_parts(text)}
    return {"title": filled(title, made_up), "body": told, "length": 0, "parts": 0}


def _wording_moves(work: Wording, actor: Actor) -> set[str]:
    facts = HandsFacts(WordingState(work.state), work.made_by, actor.id)
    return {one.verb.value for one in WORDING_FLOW.legal(facts) if one.duty is not None and actor.has(one.duty)}


@staff()
@require_safe
def wording(request: HttpRequest, wording_id: UUID) -> HttpResponse:
    """Where a version stands among those of its kind: what a notice about it leads to."""
    _keeper(request)
    found = Wording.objects.filter(pk=wording_id).first()
    if found is None:
        raise NotFound("wording")
    return redirect("notices:words", found.kind, found.channel, found.language)


@staff()
@require_POST
def wording_move(request: HttpRequest, wording_id: UUID, verb: str) -> HttpResponse:
    """Submit, approve, send back or drop a version."""
    actor, now = _keeper(request), now_of(request)
    found = Wording.objects.filter(pk=wording_id).first()
    if found is None or verb not in ("submit", "approve", "send_back", "drop"):
        raise NotFound("wording")
    form: forms.Form = forms.Form(request.POST)
    if verb == WordingVerb.APPROVE:
        form = ApproveForm(request.POST)
    elif verb == WordingVerb.SEND_BACK:
        form = WordsForm(request.POST, label=_("要改什么"))
    acts: dict[str, Callable[[dict[str, Any]], object]] = {
        "submit": lambda given: actions.submit_wording(wording_id=wording_id, actor=actor, now=now),
        "approve": lambda given: actions.approve_wording(
            wording_id=wording_id, in_force_from=given["in_force_from"], actor=actor, now=now
        ),
        "send_back": lambda given: actions.send_back_wording(
            wording_id=wording_id, words=given["words"], actor=actor, now=now
        ),
        "drop": lambda given: actions.drop_wording(wording_id=wording_id, actor=actor, now=now),
    }
    _settle(request, form, lambda: acts[verb](form.cleaned_data), WordingVerb(verb).label)
    return redirect("notices:words", found.kind, found.channel, found.language)


def _settle(request: HttpRequest, form: forms.Form, act: Callable[[], object], done: Label) -> bool:
    """Do it, or say on the next page why not."""
    if not form.is_valid() or attempt(form, act) is None:
        for sentences in form.errors.values():
            messages.warning(request, str(sentences[0]))
        return False
    messages.success(request, str(_("已%(verb)s") % {"verb": done}))
    return True


@staff(duty=Duty.ADMIN_MATTERS)
@require_safe
@never_cache
def dead(request: HttpRequest) -> HttpResponse:
    """What was given up, with the reason; each can be sent once more."""
    after = request.GET.get("after", "")
    page: Page[Delivery] = Page(limit=ON_A_PAGE, after=after)
    rows = queries.dead(actor_of(request), page=page)
    lines = [
        {
            "delivery": one,
            "kind": KINDS[one.notice.kind].label if one.notice.kind in KINDS else one.notice.kind,
            "who": one.notice.account.name if one.notice.account is not None else _("诉求人"),
            "channel": channel_label(one.channel),
            "why": Why(one.why).label if one.why else "",
        }
        for one in rows
    ]
    return render(
        request, "notices/dead.html", {"lines": lines, "page": page, "first": not after, "menu_key": "notice_admin"}
    )


@staff(duty=Duty.ADMIN_MATTERS)
@require_POST
def replay(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    try:
        actions.replay(delivery_id=delivery_id, actor=actor_of(request), now=now_of(request))
    except Refusal as why:
        if why.status == 404:
            raise
        messages.warning(request, str(why))
    else:
        messages.success(request, str(_("排进去了，马上再发")))
    return redirect("notices:dead")


# Public notices


def _drafter(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    if not (actor.has(Duty.DISPATCH) or actor.has(Duty.DECIDE)):
        raise NotAllowed(duty=str(Duty.DISPATCH))
    return actor


@staff()
@require_safe
def publics(request: HttpRequest) -> HttpResponse:
    """Papers of the own areas, by state."""
    actor, after = _drafter(request), request.GET.get("after", "")
    state = request.GET.get("state", "")
    state = state if state in PublicState.values else ""
    page: Page[PublicNotice] = Page(limit=ON_A_PAGE, after=after)
    rows = queries.publics(actor, state=state, page=page)
    here = reverse("notices:publics")
    tabs = [{"words": _("全部"), "url": here, "count": None, "current": not state}]
    tabs += [
        {"words": one.label, "url": f"{here}?state={one}", "count": None, "current": state == one}
        for one in PublicState
    ]
    context = {
        "lines": [_public_line(one) for one in rows],
        "page": page,
        "first": not after,
        "tabs": tabs,
        "may_draft": actor.has(Duty.DISPATCH),
    }
    return render(request, "notices/publics.html", context)


def _public_line(one: PublicNotice) -> dict[str, Any]:
    return {
        "paper": one,
        "kind": PublicKind(one.kind).label,
        "state": PublicState(one.state).label,
        "tone": PUBLIC_TONES[PublicState(one.state)],
        "place": places.name_of(one.area_code),
    }


def _areas_of(actor: Actor) -> list[tuple[str, str]]:
    """Where this person may put something up: the own areas, and the areas right below."""
    found: dict[str, str] = {}
    for code in actor.areas(Duty.DISPATCH):
        found[code] = places.name_of(code)
        for one in places.children_of(code):
            found[one.code] = places.name_of(one.code)
    return list(found.items())


@staff(duty=Duty.DISPATCH)
@require_http_methods(["GET", "HEAD", "POST"])
def new_public(request: HttpRequest) -> HttpResponse:
    """Begin a paper."""
    actor = actor_of(request)
    form = PaperForm(request.POST or None, areas=_areas_of(actor))
    if request.method != "POST":
        form.initial["issued_by"] = next(
            (one.name for one in people.units(actor.units).values()), ""
        )  # fmt: skip
    elif form.is_valid():
        done = attempt(
            form,
            lambda: actions.draft_public(
                paper=form.paper(), public_id=form.cleaned_data["key"], actor=actor, now=now_of(request)
            ),
        )
        if done is not None:
            messages.success(request, str(_("存成草稿了，看好后送批准")))
            return redirect("notices:public", done.pk)
    return render(
        request, "notices/paper.html", {"form": form, "paper": None}, status=422 if form.errors else 200
    )  # fmt: skip


def _paper(request: HttpRequest, public_id: UUID) -> PublicNotice:
    found = queries.public_for(public_id, _drafter(request))
    if found is None:
        raise NotFound("public_notice")
    return found


@staff(duty=Duty.DISPATCH)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_public(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Change a draft."""
    paper, actor = _paper(request, public_id), actor_of(request)
    areas = dict(_areas_of(actor))
    areas.setdefault(paper.area_code, places.name_of(paper.area_code))
    form = PaperForm(request.POST or None, areas=list(areas.items()), paper=paper)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: actions.change_public(public_id=public_id, paper=form.paper(), actor=actor, now=now_of(request)),
        )
        if done is not None:
            messages.success(request, str(_("改好了")))
            return redirect("notices:public", public_id)
    return render(
        request, "notices/paper.html", {"form": form, "paper": paper}, status=422 if form.errors else 200
    )  # fmt: skip


@staff()
@require_safe
def public(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One paper whole: text, term, objections with answers, and what may be done with it now."""
    paper = _paper(request, public_id)
    return render(request, "notices/public.html", _public_context(request, paper))


def _public_context(request: HttpRequest, paper: PublicNotice) -> dict[str, Any]:
    actor, now = actor_of(request), now_of(request)
    legal = legal_moves(paper, actor, now)
    objections = queries.objections(paper.pk) if paper.begins_at is not None else []
    names = people.names_of(
        [one for one in (paper.made_by, paper.approved_by, *(o.answered_by for o in objections)) if one]
    )
    facts: list[tuple[Label, str]] = [
        (_("范围"), places.name_of(paper.area_code)),
        (_("公示期"), _term_words(paper, now)),
        (_("起草"), names.get(paper.made_by, "") if paper.made_by else ""),
    ]
    if paper.place_words:
        facts.insert(1, (_("张贴地点"), paper.place_words))
    if paper.approved_by:
        facts.append((_("批准"), names.get(paper.approved_by, "")))
    return {
        **_public_line(paper),
        "facts": facts,
        "objections": [
            {
                "objection": one,
                "form": WordsForm(label=_("答复"), auto_id=f"id_{one.pk}_%s"),
                "by": names.get(one.answered_by, "") if one.answered_by else "",
            }
            for one in objections
        ],
        "may": {one.value for one in legal},
        "words_form": WordsForm(label=_("要改什么"), auto_id="id_back_%s"),
        "summary_form": WordsForm(label=_("公示结果"), auto_id="id_close_%s"),
        "withdraw_form": WordsForm(label=_("撤下的原因"), auto_id="id_withdraw_%s"),
        "own_hand": paper.state == PublicState.ASKED and paper.made_by == actor.id,
        "page_url": address_of("public_page", paper.pk) if paper.state in queries.SHOWN else "",
        "sheet_url": address_of("public_sheet", paper.pk) if paper.state in queries.SHOWN else "",
        "files_url": address_of("public_files", paper.pk),
    }


def _term_words(paper: PublicNotice, now: Any) -> str:
    words = {"days": paper.days}
    told = str(_("%(days)s 个工作日") % words if paper.basis == "working" else _("%(days)s 天") % words)
    if paper.begins_at is None or paper.last_moment is None:
        return told
    span = f"{when_words(paper.begins_at, now)} – {when_words(paper.last_moment, now)}"
    told = str(_("%(told)s，%(span)s") % {"told": told, "span": span})
    return f"{told}{_('（暂定）')}" if paper.provisional else told


@staff()
@require_POST
def public_move(request: HttpRequest, public_id: UUID, verb: str) -> HttpResponse:
    """Ask, publish, send back, close, withdraw or drop."""
    _paper(request, public_id)
    actor, now = actor_of(request), now_of(request)
    with_words = {"send_back", "close", "withdraw"}
    acts: dict[str, Callable[[str], object]] = {
        "ask": lambda words: actions.ask_public(public_id=public_id, actor=actor, now=now),
        "publish": lambda words: actions.decide_public(public_id=public_id, granted=True, actor=actor, now=now),
        "send_back": lambda words: actions.decide_public(
            public_id=public_id, granted=False, words=words, actor=actor, now=now
        ),
        "close": lambda words: actions.close_public(public_id=public_id, summary=words, actor=actor, now=now),
        "withdraw": lambda words: actions.withdraw_public(public_id=public_id, words=words, actor=actor, now=now),
        "drop": lambda words: actions.drop_public(public_id=public_id, actor=actor, now=now),
    }
    if verb not in acts:
        raise NotFound("move")
    form: forms.Form = WordsForm(request.POST) if verb in with_words else forms.Form(request.POST)
    _settle(request, form, lambda: acts[verb](form.cleaned_data.get("words", "")), PublicVerb(verb).label)
    return redirect("notices:public", public_id)


@staff()
@require_POST
def answer(request: HttpRequest, public_id: UUID, objection_id: UUID) -> HttpResponse:
    """Answer one objection."""
    _paper(request, public_id)
    form = WordsForm(request.POST, label=_("答复"))
    _settle(
        request, form,
        lambda: actions.answer_objection(
            objection_id=objection_id, answer=form.cleaned_data["words"], actor=actor_of(request), now=now_of(request)
        ),
        PublicVerb.ANSWER.label,
    )  # fmt: skip
    return redirect("notices:public", public_id)
