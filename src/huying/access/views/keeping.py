"""What the three who keep watch see and do: accounts, the log of sign-ins, which roles need a second step."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huying.access import actions, oidc, queries
from huying.access.forms import ReasonForm, SubjectForm
from huying.access.models import SignIn
from huying.access.rules import WATCHERS, Act
from huying.access.views.own import told
from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, sensitive, staff
from huying.kernel.paging import Page
from huying.kernel.refusals import NotAllowed, NotFound
from huying.kernel.terms import _
from huying.kernel.text import problem_of
from huying.people import queries as people
from huying.people.models import Account

FILTERS = {"": _("全部"), "bare": _("还没有第二种验证"), "locked": _("正锁着"), "never": _("近半年没登录")}


def require_watcher(actor: Actor) -> None:
    """The pages of the three are not there for others: no duty, no page."""
    if not any(actor.has(duty) for duty in WATCHERS):
        raise NotAllowed


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """The pages of sign-in security that this person may see."""
    actor = actor_of(request)
    pages = [
        ("accounts", _("账号"), Act.SEE_ACCOUNTS),
        ("sign_ins", _("登录记录"), Act.SEE_SIGN_INS),
        ("forced", _("二次验证"), Act.SEE_ACCOUNTS),
        ("reviews", _("授权复核"), Act.SEE_REVIEWS),
    ]
    return [
        {"words": words, "url": reverse(f"access:{name}"), "count": None, "current": name == current}
        for name, words, act in pages
        if queries.watched(actor, act)
    ]


@staff()
@never_cache
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Accounts of my areas: second step, last seen, locked; and resets that wait for a second person."""
    actor, now = actor_of(request), now_of(request)
    require_watcher(actor)
    search = request.GET.get("q", "").strip()
    if problem_of(search, limit=60, line=True) is not None:
        search = ""
    only = request.GET.get("which", "") if request.GET.get("which", "") in FILTERS else ""
    page: Page[Account] = Page(limit=50, after=request.GET.get("after", ""))
    lines = queries.accounts(actor, now=now, search=search, only=only, page=page)
    resets = queries.open_resets(actor)
    names = people.names_of(one.asked_by for one in resets)
    return render(
        request,
        "access/accounts.html",
        {
            "tabs": tabs(request, "accounts"),
            "lines": lines,
            "page": page,
            "first": not request.GET.get("after"),
            "search": search,
            "only": only,
            "filters": [{"key": key, "words": words, "current": key == only} for key, words in FILTERS.items()],
            "resets": [
                {"reset": one, "asker": names.get(one.asked_by, ""), "mine": actor.id in (one.asked_by, one.account_id)}
                for one in resets
            ],
            "menu_key": "access",
        },
    )


@staff()
@never_cache
@require_safe
def account(request: HttpRequest, account_id: UUID) -> HttpResponse:
    return _account_page(request, account_id)


def _account_page(
    request: HttpRequest,
    account_id: UUID,
    *,
    reason: ReasonForm | None = None,
    subject: SubjectForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """One account: what it signs in with (kinds, never values), where, and what may be done about it."""
    actor, now = actor_of(request), now_of(request)
    found = queries.watched_account(actor, account_id)
    if found is None:
        raise NotFound("account")
    provider = oidc.provider()
    may = {act.value: queries.may(actor, act, found.area_code) for act in Act}
    resets = queries.resets_of(found.pk)
    names = people.names_of(one.asked_by for one in resets)
    return render(
        request,
        "access/account.html",
        {
            "account": found,
            "line": queries.lines_of([found], now)[0],
            "security": queries.security_of(found.pk, now),
            "sign_ins": queries.open_sign_ins(found.pk, now) if may[Act.END_SIGN_IN] or may[Act.SEE_SIGN_INS] else [],
            "past": queries.past_sign_ins(found.pk) if may[Act.SEE_SIGN_INS] else [],
            "provider": provider,
            "link": queries.link_of(found.pk, provider.issuer) if provider is not None else None,
            "may": may,
            "own": found.pk == actor.id,
            "resets": [(one, names.get(one.asked_by, "")) for one in resets],
            "waiting": any(one.state == "asked" for one in resets),
            "reason_form": reason or ReasonForm(),
            "subject_form": subject or SubjectForm(),
            "menu_key": "access",
        },
        status=status,
    )


@staff()
@sensitive
@never_cache
@require_POST
def ask_reset(request: HttpRequest, account_id: UUID) -> HttpResponse:
    form = ReasonForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        done = attempt(
            form,
            lambda: actions.ask_reset(
                account_id=account_id, reason=reason, actor=actor_of(request), now=now_of(request)
            ),
        )
        if done is not None:
            words = _("已重置，这位同事下次登录要重新添加。") if done.state == "done" else _("已提出，等另一人同意。")
            messages.success(request, words)
            return redirect("access:account", account_id=account_id)
    return _account_page(request, account_id, reason=form, status=422)


@staff()
@sensitive
@never_cache
@require_POST
def decide_reset(request: HttpRequest, reset_id: UUID) -> HttpResponse:
    granted = "grant" in request.POST
    return told(
        request,
        lambda: actions.decide_reset(reset_id=reset_id, granted=granted, actor=actor_of(request), now=now_of(request)),
        _("已同意，验证方式重置了。") if granted else _("已回绝。"),
        reverse("access:accounts"),
    )


@staff()
@sensitive
@require_POST
def unlock(request: HttpRequest, account_id: UUID) -> HttpResponse:
    return told(
        request,
        lambda: actions.unlock(account_id=account_id, actor=actor_of(request), now=now_of(request)),
        _("已解锁，可以马上再试。"),
        reverse("access:account", args=[account_id]),
    )


@staff()
@sensitive
@never_cache
@require_POST
def link(request: HttpRequest, account_id: UUID) -> HttpResponse:
    provider = oidc.provider()
    if provider is None:
        raise NotFound("provider")
    form = SubjectForm(request.POST)
    if form.is_valid():
        subject = form.cleaned_data["subject"]
        done = attempt(
            form,
            lambda: actions.link_account(
                account_id=account_id,
                issuer=provider.issuer,
                subject=subject,
                actor=actor_of(request),
                now=now_of(request),
            ),
        )
        if done is not None:
            messages.success(request, _("已绑定。这位同事可以用统一身份登录，职责不变。"))
            return redirect("access:account", account_id=account_id)
    return _account_page(request, account_id, subject=form, status=422)


@staff()
@sensitive
@require_POST
def unlink(request: HttpRequest, account_id: UUID) -> HttpResponse:
    provider = oidc.provider()
    if provider is None:
        raise NotFound("provider")
    issuer = provider.issuer
    return told(
        request,
        lambda: actions.unlink_account(
            account_id=account_id, issuer=issuer, actor=actor_of(request), now=now_of(request)
        ),
        _("已解除绑定。"),
        reverse("access:account", args=[account_id]),
    )


@staff()
@never_cache
@require_safe
def sign_ins(request: HttpRequest) -> HttpResponse:
    """The log of sign-ins, for security officer and auditor: devices in two words, times by the hour."""
    actor = actor_of(request)
    if not queries.watched(actor, Act.SEE_SIGN_INS):
        raise NotAllowed(_("登录记录由安全保密员和审计员查看。"))
    page: Page[SignIn] = Page(limit=50, after=request.GET.get("after", ""))
    rows = queries.sign_ins(actor, page=page)
    facts = {
        "tabs": tabs(request, "sign_ins"),
        "rows": rows,
        "page": page,
        "first": not request.GET.get("after"),
        "menu_key": "access",
    }
    return render(request, "access/sign_ins.html", facts)


@staff()
@require_POST
def end_sign_in(request: HttpRequest, sign_in_id: UUID) -> HttpResponse:
    """End a sign-in of somebody whom I watch over."""
    done = actions.end_sign_in(sign_in_id=sign_in_id, actor=actor_of(request), now=now_of(request))
    messages.success(request, _("那台设备已经退出。"))
    return redirect("access:account", account_id=done.account_id)


@staff()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forced(request: HttpRequest) -> HttpResponse:
    """Which roles need a second step; the security officer sets it, the others see it."""
    actor, now = actor_of(request), now_of(request)
    require_watcher(actor)
    if request.method == "POST":
        code = request.POST.get("role", "")
        act = actions.unforce_role if "off" in request.POST else actions.force_role
        act(role_code=code, actor=actor, now=now)
        messages.success(request, _("已改。对下一次登录起作用。"))
        return redirect("access:forced")
    on = queries.forced_codes()
    facts = {
        "tabs": tabs(request, "forced"),
        "roles": [{"role": one, "on": one.code in on} for one in people.roles()],
        "may_set": bool(queries.watched(actor, Act.SET_FORCED)),
        "menu_key": "access",
    }
    return render(request, "access/forced.html", facts)


forced.sensitive = lambda request, _options: request.method == "POST"  # type: ignore[attr-defined]
