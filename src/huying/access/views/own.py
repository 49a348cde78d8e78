"""One's own sign-in: password, second factors, devices, confirming who it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

import segno
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.access import actions, channels, demo, doors, lockout, queries, webauthn
from huying.access.doors import next_of, while_held
from huying.access.forms import AddressForm, ConfirmPasswordForm, PasskeyForm, PasswordForm, SentCodeForm, TotpForm
from huying.access.rules import EndedBy, Purpose, Way, secret_text, setup_uri
from huying.access.views.entry import WAYS, locked_words, send, take_second, targets_of, ways_of
from huying.kernel.doors import actor_of, attempt, now_of, sensitive, staff
from huying.kernel.refusals import NotFound, Refusal
from huying.kernel.terms import _
from huying.people import actions as people
from huying.people.models import Account
from huying.ui.site import site


def account_of(request: HttpRequest) -> Account:
    return cast(Account, request.user)


@staff()
@while_held
@never_cache
@require_GET
def security(request: HttpRequest) -> HttpResponse:
    """What I sign in with, and where I am signed in."""
    account, now = account_of(request), now_of(request)
    found = queries.security_of(account.pk, now)
    key = request.session.session_key
    failures, last = queries.failures_of(account.username)
    have = {one.channel for one in found.addresses}
    return render(
        request,
        "access/security.html",
        {
            "account": account,
            "security": found,
            "enrol": bool(request.session.get(doors.ENROL)),
            "here": key,
            "sign_ins": queries.open_sign_ins(account.pk, now),
            "past": queries.past_sign_ins(account.pk),
            "failures": failures,
            "failed_at": last,
            "channels": [one for one in channels.CHANNELS.values() if one.key not in have],
            "labels": {one.key: one.label for one in channels.CHANNELS.values()},
            "passkeys_work": webauthn.works_here(request),
            "menu_key": "none",
        },
    )


@staff()
@while_held
@never_cache
@sensitive_post_parameters("old", "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password; other sessions of the account end."""
    account = account_of(request)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and knows_password(request, form, "old"):
        actor, now = actor_of(request), now_of(request)
        changed = attempt(
            form,
            lambda: people.change_password(
                account_id=account.pk, password=form.cleaned_data["password"], actor=actor, now=now
            ),
        )
        if changed is not None:
            before = request.session.session_key or ""
            update_session_auth_hash(request, changed)
            actions.end_others(keep=before, actor=actor, now=now, why=EndedBy.PASSWORD)
            request.session.save()
            actions.moved(before=before, after=request.session.session_key or "", now=now)
            messages.success(request, _("密码改好了。其他设备上的登录已经结束，下次登录请用新密码。"))
            return HttpResponseRedirect(next_of(request))
    status = 422 if form.errors else 200
    facts = {"form": form, "forced": account.must_change_password, "next": next_of(request)}
    return render(request, "access/password.html", facts, status=status)


def knows_password(request: HttpRequest, form: forms.Form, field: str) -> bool:
    """Whether the present password was given; failures count as at sign-in, so a left browser cannot guess."""
    checked = lockout.check(request, account_of(request).username, form.cleaned_data[field])
    if checked.account is not None:
        return True
    wrong = _("现在的密码不对。请重新输入。")
    form.add_error(field, str(wrong) if checked.locked_until is None else locked_words(checked.locked_until))
    return False


@staff()
@while_held
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Show once more who it is, before an act that matters."""
    account, now = account_of(request), now_of(request)
    found = queries.security_of(account.pk, now)
    # A recovery code is for coming in; with a factor, the password alone is not enough.
    ways = [one for one in found.ways if one != Way.RECOVERY]
    told = request.POST.get("way") or request.GET.get("way") or ""
    way = Way(told) if told in Way.values and Way(told) in ways else (ways[0] if ways else None)
    one_click = demo.offered(request) and bool(account.demo_role)
    form: forms.Form = (WAYS[way] if way else ConfirmPasswordForm)(request.POST if request.method == "POST" else None)
    sent, trouble = None, ""
    if request.method == "POST":
        if "send" in request.POST:
            form = SentCodeForm()
            sent, trouble = send(request, account, Purpose.CONFIRM)
            way = Way.CODE
        elif (one_click and "demo" in request.POST) or (form.is_valid() and _shown(request, account, way, form)):
            doors.confirm(request)
            return HttpResponseRedirect(next_of(request))
    return render(
        request,
        "access/confirm.html",
        {
            "form": form,
            "way": way.value if way else "",
            "ways": ways_of(ways, way, reverse("access:confirm"), next_of(request)) if way else [],
            "targets": targets_of(found),
            "sent": sent,
            "trouble": trouble,
            "one_click": one_click,
            "next": next_of(request),
            "passkeys_work": webauthn.works_here(request),
            "menu_key": "none",
        },
        status=422 if form.errors else 429 if trouble else 200,
    )


def _shown(request: HttpRequest, account: Account, way: Way | None, form: forms.Form) -> bool:
    if way is None:
        return knows_password(request, form, "password")
    return take_second(request, account, way, form, Purpose.CONFIRM)


@staff()
@while_held
@never_cache
@require_POST
def confirm_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to show one of the own passkeys."""
    known = queries.security_of(account_of(request).pk, now_of(request)).passkeys
    return JsonResponse(webauthn.asking(request, known))


# ---- an authenticator app


@staff()
@while_held
@sensitive
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def totp(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: a picture to scan, and a code of it to show that it works."""
    account, actor, now = account_of(request), actor_of(request), now_of(request)
    if request.method != "POST" or "begin" in request.POST:
        if queries.security_of(account.pk, now).totp is not None:
            return redirect("access:security")
        if queries.pending_totp(account.pk) is None or "begin" in request.POST:
            actions.start_totp(actor=actor, now=now)
        return _totp_page(request, TotpForm())
    form = TotpForm(request.POST)
    if form.is_valid():
        code = form.cleaned_data["code"]
        if attempt(form, lambda: actions.confirm_totp(code=code, actor=actor, now=now)) is not None:
            return _factor_added(request, _("动态口令设好了。下次登录会用到它。"))
    return _totp_page(request, form, status=422)


def _totp_page(request: HttpRequest, form: TotpForm, status: int = 200) -> HttpResponse:
    account = account_of(request)
    found = queries.pending_totp(account.pk)
    if found is None:
        raise NotFound("factor")
    _factor, secret = found
    picture = segno.make(setup_uri(secret, account.username, str(site().name)), error="m", micro=False)
    facts = {
        "form": form,
        "picture": picture.svg_data_uri(scale=5, border=2, dark="#1f2329", light="#ffffff"),
        "secret": secret_text(secret),
        "menu_key": "none",
    }
    return render(request, "access/totp.html", facts, status=status)


def _factor_added(request: HttpRequest, words: Any) -> HttpResponse:
    """After the first factor come the recovery codes, once."""
    messages.success(request, words)
    request.session.pop(doors.ENROL, None)
    if not queries.security_of(account_of(request).pk, now_of(request)).recovery_left:
        return redirect("access:recovery")
    return redirect("access:security")


# ---- passkeys


@staff()
@while_held
@sensitive
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkeys(request: HttpRequest) -> HttpResponse:
    """Make a passkey on this device."""
    form = PasskeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: webauthn.made(request, form.cleaned_data["credential"]))
        if made is not None:
            kept = attempt(
                form,
                lambda: actions.add_passkey(
                    name=form.cleaned_data["name"],
                    credential_id=made.credential_id,
                    credential=made.credential,
                    sign_count=made.sign_count,
                    actor=actor_of(request),
                    now=now_of(request),
                ),
            )
            if kept is not None:
                return _factor_added(request, _("通行密钥设好了。下次登录可以直接用它，不用输密码。"))
    facts = {"form": form, "passkeys_work": webauthn.works_here(request), "menu_key": "none"}
    return render(request, "access/passkey.html", facts, status=422 if form.errors else 200)


@staff()
@while_held
@sensitive
@never_cache
@require_POST
def passkey_new_options(request: HttpRequest) -> HttpResponse:
    account = account_of(request)
    known = queries.security_of(account.pk, now_of(request)).passkeys
    return JsonResponse(webauthn.making(request, account, known))


@staff()
@while_held
@sensitive
@require_POST
def remove_factor(request: HttpRequest, factor_id: UUID) -> HttpResponse:
    return told(
        request,
        lambda: actions.remove_factor(factor_id=factor_id, actor=actor_of(request), now=now_of(request)),
        _("已删掉。"),
        reverse("access:security"),
    )


# ---- codes that are sent


@staff()
@while_held
@sensitive
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest, channel: str) -> HttpResponse:
    """Say where codes are to go, then type in the code that arrived there."""
    way = channels.CHANNELS.get(channel)
    if way is None:
        raise NotFound("channel")
    actor, now = actor_of(request), now_of(request)
    form, code_form = AddressForm(), SentCodeForm()
    form.fields["address"].label = str(way.address_label)
    waiting = next((one for one in queries.pending_addresses(account_of(request).pk) if one.channel == channel), None)
    status = 200
    if request.method == "POST" and "address" in request.POST:
        form = AddressForm(request.POST)
        form.fields["address"].label = str(way.address_label)
        if form.is_valid():
            told = form.cleaned_data["address"]
            kept = attempt(form, lambda: actions.keep_code_address(channel=channel, address=told, actor=actor, now=now))
            waiting = kept or waiting
        status = 422 if form.errors else 200
    elif request.method == "POST":
        code_form = SentCodeForm(request.POST)
        if code_form.is_valid():
            code = code_form.cleaned_data["code"]
            kept = attempt(
                code_form, lambda: actions.confirm_code_address(channel=channel, code=code, actor=actor, now=now)
            )
            if kept is not None:
                return _factor_added(request, _("设好了。登录时可以收验证码。"))
            if not code_form.errors:
                code_form.add_error("code", _("不对，或者已经过期了。请核对后再试，或者重新获取。"))
        status = 422
    facts = {"form": form, "code_form": code_form, "channel": way, "waiting": waiting, "menu_key": "none"}
    return render(request, "access/address.html", facts, status=status)


@staff()
@while_held
@sensitive
@require_POST
def drop_address(request: HttpRequest, address_id: UUID) -> HttpResponse:
    return told(
        request,
        lambda: actions.drop_code_address(address_id=address_id, actor=actor_of(request), now=now_of(request)),
        _("已删掉。"),
        reverse("access:security"),
    )


# ---- recovery codes


@staff()
@while_held
@sensitive
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recovery(request: HttpRequest) -> HttpResponse:
    """Ten codes for the day the phone is lost: shown once, as the answer to asking for them."""
    codes: list[str] = []
    if request.method == "POST":
        codes = actions.make_recovery_codes(actor=actor_of(request), now=now_of(request))
    left = queries.security_of(account_of(request).pk, now_of(request)).recovery_left
    return render(request, "access/recovery.html", {"codes": codes, "left": left, "menu_key": "none"})


# ---- where I am signed in


@staff()
@while_held
@never_cache
@require_GET
def here(request: HttpRequest) -> HttpResponse:
    """Somebody types: the request itself keeps the session open (`people.middleware`)."""
    return HttpResponse(status=204)


@staff()
@while_held
@require_POST
def end_sign_in(request: HttpRequest, sign_in_id: UUID) -> HttpResponse:
    """End one of the own sign-ins on another device. Others' are ended on the keepers' page."""
    own = {one.pk for one in queries.open_sign_ins(account_of(request).pk, now_of(request))}
    if sign_in_id not in own:
        raise NotFound("sign_in")
    return told(
        request,
        lambda: actions.end_sign_in(sign_in_id=sign_in_id, actor=actor_of(request), now=now_of(request)),
        _("那台设备已经退出。"),
        reverse("access:security"),
    )


@staff()
@while_held
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    count = actions.end_others(keep=request.session.session_key or "", actor=actor_of(request), now=now_of(request))
    messages.success(request, _("已退出其他 %(count)s 台设备。") % {"count": count})
    return redirect("access:security")


def told(request: HttpRequest, act: Callable[[], object], words: Any, page: str) -> HttpResponse:
    """Do it and say so on a page; a refusal is said there too."""
    try:
        act()
    except Refusal as why:
        if why.status in (401, 404):
            raise
        messages.error(request, str(why))
    else:
        messages.success(request, words)
    return HttpResponseRedirect(page)
