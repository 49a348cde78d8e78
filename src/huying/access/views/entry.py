"""Coming in: password, passkey, another directory, the second step; and going out."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import check_for_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.access import actions, channels, demo, doors, lockout, oidc, queries, webauthn
from huying.access.doors import next_of
from huying.access.forms import CredentialForm, DemoForm, RecoveryForm, SentCodeForm, SignInForm, TotpForm
from huying.access.models import CodeAddress
from huying.access.rules import Method, Purpose, Way
from huying.kernel.actor import ActorKind
from huying.kernel.doors import actor_of, attempt, now_of, public
from huying.kernel.refusals import Invalid, NotFound, TooMany
from huying.kernel.terms import _
from huying.people import queries as people
from huying.people.models import Account
from huying.people.roles import BY_CODE, DEMO_LINES

logger = logging.getLogger(__name__)
BACKEND = "django.contrib.auth.backends.ModelBackend"
OIDC_ASKED = "access.oidc"
OIDC_SECONDS = 600
WAYS: dict[Way, type[forms.Form]] = {
    Way.TOTP: TotpForm,
    Way.PASSKEY: CredentialForm,
    Way.CODE: SentCodeForm,
    Way.RECOVERY: RecoveryForm,
}


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page: account and password, passkey, another directory; in a demo also one click per role."""
    if request.method != "POST":
        if actor_of(request).kind == ActorKind.PERSON:
            return HttpResponseRedirect(next_of(request))
        return _page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    username = Account.normalize_username(form.cleaned_data["username"])
    checked = lockout.check(request, username, form.cleaned_data["password"])
    if checked.account is not None:
        return _first_step_done(request, checked.account, Method.PASSWORD)
    if checked.locked_until is not None:
        form.add_error(None, locked_words(checked.locked_until))
        response = _page(request, form, status=429)
        response["Retry-After"] = str(max(1, int((checked.locked_until - now_of(request)).total_seconds())))
        return response
    # One sentence for a wrong name, a wrong password and a closed account: it tells nobody which accounts exist.
    form.add_error(None, _("账号或密码不对。请核对后再试，忘了密码请找本单位的平台管理员。"))
    return _page(request, form, status=422)


@public
@never_cache
@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """What the browser needs to show a passkey: any on the sign-in page, the person's own at the second step."""
    known = None
    pending = doors.pending_of(request)
    if "second" in request.POST:
        if pending is None:
            raise NotFound("sign_in")
        known = queries.security_of(pending[0], now_of(request)).passkeys
    return JsonResponse(webauthn.asking(request, known))


@public
@never_cache
@require_POST
def passkey(request: HttpRequest) -> HttpResponse:
    """Sign in with a passkey alone: the device holds it and has looked who opens it, so both factors are there."""
    form = CredentialForm(request.POST)
    account = attempt(form, lambda: _passkey_account(request, form)) if form.is_valid() else None
    if account is None:
        trouble = _("通行密钥没有验证成功。请再试一次，或者用账号密码登录。")
        return _page(request, SignInForm(), status=422, trouble=trouble)
    return _enter(request, account, Method.PASSKEY, Way.PASSKEY)


def _passkey_account(request: HttpRequest, form: forms.Form) -> Account:
    answer = form.cleaned_data["credential"]
    account = queries.passkey_owner(webauthn.credential_id_of(answer))
    known = queries.security_of(account.pk, now_of(request)).passkeys if account is not None else ()
    shown = webauthn.shown(request, answer, known)  # raises for an unknown one too, in the same words
    assert account is not None
    if not actions.note_passkey(
        account_id=account.pk, credential_id=shown.credential_id, sign_count=shown.sign_count, now=now_of(request)
    ):
        raise Invalid({"credential": [_("这个通行密钥不能用了。请换一种方式登录，并告诉安全保密员。")]})
    return account


@public
@never_cache
@require_GET
def oidc_begin(request: HttpRequest) -> HttpResponse:
    """Over to the other directory."""
    one = oidc.provider()
    if one is None:
        raise NotFound("provider")
    asked = oidc.ask(int(now_of(request).timestamp()))
    try:
        address = oidc.address_to_ask(one, asked, _way_back(request))
    except oidc.OidcTrouble as why:
        return _oidc_failed(request, str(why))
    request.session[OIDC_ASKED] = {**asdict(asked), "next": next_of(request)}
    return HttpResponseRedirect(address)


@public
@never_cache
@require_GET
def oidc_back(request: HttpRequest) -> HttpResponse:
    """Back from the other directory: only somebody whom an administrator has bound to an account comes in."""
    one = oidc.provider()
    told = request.session.pop(OIDC_ASKED, None)
    if one is None:
        raise NotFound("provider")
    if told is None or request.GET.get("state") != told["state"]:
        return _oidc_failed(request, "no sign-in was begun, or it is another one")
    asked = oidc.Asked(told["state"], told["nonce"], told["verifier"], told["at"])
    now = int(now_of(request).timestamp())
    code = request.GET.get("code", "")
    if not code or len(code) > 4000 or now - asked.at > OIDC_SECONDS:
        return _oidc_failed(request, "no code, or too late")
    try:
        subject = oidc.subject_of(one, asked, code, _way_back(request), now)
    except oidc.OidcTrouble as why:
        return _oidc_failed(request, str(why))
    account = queries.account_of_subject(one.issuer, subject)
    if account is None:
        return _page(
            request,
            SignInForm(),
            status=403,
            trouble=_("您在统一身份认证里登录成功了，但还没有绑定这里的账号。请找本单位的平台管理员绑定。"),
        )
    return _first_step_done(request, account, Method.OIDC, wanted=told["next"])


def _oidc_failed(request: HttpRequest, why: str) -> HttpResponse:
    logger.warning("signing in through the other directory failed: %s", why)
    trouble = _("统一身份认证没有成功。请再试一次，或者用账号密码登录。")
    return _page(request, SignInForm(), status=422, trouble=trouble)


def _way_back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("access:oidc_back"))


@public
@never_cache
@require_POST
def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """One click in a demo on this machine; anywhere else this door does not exist."""
    if not demo.offered(request):
        raise NotFound
    form = DemoForm(request.POST)
    if not form.is_valid():
        raise NotFound("account")
    account = people.account(cast(UUID, form.cleaned_data["account"]))
    if account is None or not account.is_active or not account.demo_role:
        raise NotFound("account")
    return _enter(request, account, Method.DEMO, "")


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    """The second step of somebody whose first was right."""
    pending = doors.pending_of(request)
    if pending is None:
        return HttpResponseRedirect(f"{reverse('access:sign_in')}?{urlencode({'next': next_of(request)})}")
    account_id, method = pending
    account = people.account(account_id)
    security = queries.security_of(account_id, now_of(request))
    if account is None or not account.is_active or not security.ways:
        request.session.pop(doors.PENDING, None)
        return HttpResponseRedirect(reverse("access:sign_in"))
    told = request.POST.get("way") or request.GET.get("way") or ""
    way = Way(told) if told in Way.values and Way(told) in security.ways else security.ways[0]
    if request.method != "POST":
        return _second_page(request, security, way, WAYS[way]())
    if "send" in request.POST:
        return _send(request, account, security)
    form = WAYS[way](request.POST)
    if form.is_valid() and take_second(request, account, way, form, Purpose.SIGN_IN):
        return _enter(request, account, Method(method), way)
    return _second_page(request, security, way, form, status=422)


def _send(request: HttpRequest, account: Account, security: queries.Security) -> HttpResponse:
    sent, trouble = send(request, account, Purpose.SIGN_IN)
    status = 429 if trouble else 200
    return _second_page(request, security, Way.CODE, SentCodeForm(), sent=sent, trouble=trouble, status=status)


def send(request: HttpRequest, account: Account, purpose: Purpose) -> tuple[CodeAddress | None, str]:
    """Send the code that the button asks for: where it went, or why not yet."""
    try:
        channel = request.POST["send"]
        sent = actions.send_code(account_id=account.pk, channel=channel, purpose=purpose, now=now_of(request))
    except TooMany as why:
        return None, str(why)
    return sent, ""


def take_second(request: HttpRequest, account: Account, way: Way, form: forms.Form, purpose: Purpose) -> bool:
    """Whether the second step was right; else the form says what was wrong."""
    now = now_of(request)
    if way == Way.PASSKEY:
        known = queries.security_of(account.pk, now).passkeys
        shown = attempt(form, lambda: webauthn.shown(request, form.cleaned_data["credential"], known))
        if shown is None:
            return False
        if actions.note_passkey(
            account_id=account.pk, credential_id=shown.credential_id, sign_count=shown.sign_count, now=now
        ):
            return True
        form.add_error(None, _("这个通行密钥不能用了。请换一种方式，并告诉安全保密员。"))
        return False
    checked = actions.check_second(
        account_id=account.pk, way=way, code=form.cleaned_data["code"], purpose=purpose, now=now
    )
    if checked.locked_until is not None:
        form.add_error(None, locked_words(checked.locked_until))
    elif not checked.right:
        form.add_error("code", _("不对，或者已经用过、过期了。请核对后再试。"))
    return checked.right


def _second_page(
    request: HttpRequest,
    security: queries.Security,
    way: Way,
    form: forms.Form,
    *,
    sent: CodeAddress | None = None,
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "access/second.html",
        {
            "form": form,
            "way": way.value,
            "ways": ways_of(security.ways, way, reverse("access:second"), next_of(request)),
            "targets": targets_of(security),
            "sent": sent,
            "trouble": trouble,
            "next": next_of(request),
            "passkeys_work": webauthn.works_here(request),
        },
        status=status,
    )


def ways_of(ways: Sequence[Way], way: Way, address: str, wanted: str) -> list[dict[str, Any]]:
    """The ways as tabs."""
    return [
        {"words": one.label, "url": f"{address}?{urlencode({'way': one.value, 'next': wanted})}", "current": one == way}
        for one in ways
    ]


def targets_of(security: queries.Security) -> list[dict[str, Any]]:
    """Where a code can be sent: 短信（尾号 0042）."""
    return [
        {"channel": one.channel, "label": channels.CHANNELS[one.channel].label, "tail": one.tail}
        for one in security.addresses
    ]


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    _leave(request)
    logout(request)
    return HttpResponseRedirect(reverse("access:sign_in"))


def _leave(request: HttpRequest) -> None:
    """Who is still signed in here goes first: one session is one sign-in."""
    actor = actor_of(request)
    if actor.kind == ActorKind.PERSON and actor.id is not None:
        actions.sign_out(session_key=request.session.session_key or "", actor=actor, now=now_of(request))
        logout(request)


def locked_words(until: Any) -> str:
    clock = time_format(localtime(until), "H:i")
    return str(_("错的次数太多，先停一会儿。请在 %(clock)s 以后再试。") % {"clock": clock})


def _first_step_done(request: HttpRequest, account: Account, method: Method, wanted: str = "") -> HttpResponse:
    """On to the second step where the person has one; else in, with the set-up to follow where a role asks for it."""
    security = queries.security_of(account.pk, now_of(request))
    _leave(request)
    if not security.ways:
        return _enter(request, account, method, "", enrol=security.forced, wanted=wanted)
    doors.remember_pending(request, account.pk, method.value)
    query = urlencode({"next": wanted or next_of(request)})
    return HttpResponseRedirect(f"{reverse('access:second')}?{query}")


def _enter(
    request: HttpRequest, account: Account, method: Method, second: str, *, enrol: bool = False, wanted: str = ""
) -> HttpResponse:
    now = now_of(request)
    if method in (Method.PASSKEY, Method.DEMO):
        _leave(request)
    for left in (doors.PENDING, OIDC_ASKED):
        request.session.pop(left, None)
    login(request, account, backend=BACKEND)  # gives the session a new key
    request.session.set_expiry(None)  # a visitor's session that becomes this one may have been let live longer
    if enrol:
        request.session[doors.ENROL] = True
    request.session.save()
    actions.begin(
        account_id=account.pk,
        session_key=request.session.session_key or "",
        method=method.value,
        second=str(second),
        user_agent=request.headers.get("User-Agent", ""),
        address=request.META.get("REMOTE_ADDR", ""),
        actor=people.actor_for(account, now),
        now=now,
    )
    target = wanted or next_of(request)
    if account.must_change_password:
        target = f"{reverse('access:password')}?{urlencode({'next': target})}"
    response = HttpResponseRedirect(target)
    if account.language and check_for_language(account.language):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, account.language, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    return response


def _page(request: HttpRequest, form: SignInForm, status: int = 200, trouble: Any = "") -> HttpResponse:
    facts: dict[str, Any] = {
        "form": form,
        "next": request.POST.get("next") or request.GET.get("next") or "",
        "trouble": trouble,
        "provider": oidc.provider(),
        "passkeys_work": webauthn.works_here(request),
    }
    if not demo.offered(request):
        form.fields["username"].widget.attrs["autofocus"] = True
    else:
        # No field has the focus here, so that the number keys reach the roles.
        facts["roles"] = [
            {
                "account": one,
                "key": number if number <= 9 else None,
                "name": BY_CODE[one.demo_role].name if one.demo_role in BY_CODE else one.demo_role,
                "line": DEMO_LINES.get(one.demo_role, ("", ""))[1],
                "icon": DEMO_LINES.get(one.demo_role, ("user", ""))[0],
            }
            for number, one in enumerate(people.demo_accounts(), start=1)
        ]
    return render(request, "access/sign_in.html", facts, status=status)
