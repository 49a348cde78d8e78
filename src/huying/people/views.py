"""Sign-in, sign-out, password."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import time_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.timezone import localtime
from django.utils.translation import check_for_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from huying.kernel.actor import ActorKind
from huying.kernel.doors import actor_of, attempt, now_of, public, staff
from huying.kernel.refusals import NotFound
from huying.kernel.terms import _
from huying.people import actions, demo, lockout, queries
from huying.people.forms import DemoForm, PasswordForm, SignInForm
from huying.people.models import Account
from huying.people.roles import BY_CODE, DEMO_LINES

BACKEND = "django.contrib.auth.backends.ModelBackend"


@public
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page: account and password; in a demo also one click per role."""
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
        return _enter(request, checked.account, "password")
    if checked.locked_until is not None:
        form.add_error(None, _locked(checked))
        response = _page(request, form, status=429)
        response["Retry-After"] = str(max(1, int((checked.locked_until - now_of(request)).total_seconds())))
        return response
    # One sentence for a wrong name, a wrong password and a closed account: it tells nobody which accounts exist.
    form.add_error(None, _("账号或密码不对。请核对后再试，忘了密码请找本单位的平台管理员。"))
    return _page(request, form, status=422)


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
    account = queries.account(cast(UUID, form.cleaned_data["account"]))
    if account is None or not account.is_active or not account.demo_role:
        raise NotFound("account")
    return _enter(request, account, "demo")


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if actor.kind == ActorKind.PERSON and actor.id is not None:
        actions.note_sign_out(account_id=actor.id, actor=actor, now=now_of(request))
    logout(request)
    return HttpResponseRedirect(reverse("people:sign_in"))


@staff()
@never_cache
@sensitive_post_parameters("old", "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the own password; other sessions of the account end."""
    account = cast(Account, request.user)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _knows_old(request, account, form):
        changed = attempt(
            form,
            lambda: actions.change_password(
                account_id=account.pk,
                password=form.cleaned_data["password"],
                actor=actor_of(request),
                now=now_of(request),
            ),
        )
        if changed is not None:
            update_session_auth_hash(request, changed)
            messages.success(request, _("密码改好了。下次登录请用新密码。"))
            return HttpResponseRedirect(next_of(request))
    status = 422 if form.errors else 200
    return render(
        request,
        "people/password.html",
        {"form": form, "forced": account.must_change_password, "next": next_of(request)},
        status=status,
    )


def next_of(request: HttpRequest) -> str:
    """Where to go after signing in: the page that was asked for, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return str(settings.LOGIN_REDIRECT_URL)


def _enter(request: HttpRequest, account: Account, method: str) -> HttpResponse:
    now = now_of(request)
    login(request, account, backend=BACKEND)  # gives the session a new key
    request.session.set_expiry(None)  # a visitor's session that becomes this one may have been let live longer
    actor = queries.actor_for(account, now)
    actions.note_sign_in(account_id=account.pk, method=method, actor=actor, now=now)
    target = next_of(request)
    if account.must_change_password:
        target = f"{reverse('people:password')}?{urlencode({'next': target})}"
    response = HttpResponseRedirect(target)
    if account.language and check_for_language(account.language):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, account.language, samesite="Lax")
    return response


def _page(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    facts: dict[str, Any] = {"form": form, "next": request.POST.get("next") or request.GET.get("next") or ""}
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
            for number, one in enumerate(queries.demo_accounts(), start=1)
        ]
    return render(request, "people/sign_in.html", facts, status=status)


def _knows_old(request: HttpRequest, account: Account, form: PasswordForm) -> bool:
    """Whether the present password was given; failures count as at sign-in, so a left browser cannot guess."""
    checked = lockout.check(request, account.username, form.cleaned_data["old"])
    if checked.account is not None:
        return True
    says = _("现在的密码不对。请重新输入。") if checked.locked_until is None else _locked(checked)
    form.add_error("old", says)
    return False


def _locked(checked: lockout.Checked) -> str:
    assert checked.locked_until is not None
    clock = time_format(localtime(checked.locked_until), "H:i")
    return str(_("错的次数太多，先停一会儿。请在 %(clock)s 以后再试。") % {"clock": clock})
