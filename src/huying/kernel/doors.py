"""Doors: who may knock at a view. Every URL is declared with one of these; a test walks them all."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from huying.kernel.actor import Actor, ActorKind, resident
from huying.kernel.problems import wants_document
from huying.kernel.refusals import Invalid, NotAllowed, Refusal, SignInNeeded

View = Callable[..., HttpResponse]
R = TypeVar("R")


def actor_of(request: HttpRequest) -> Actor:
    """The actor that the people app's middleware put on the request; a nameless resident otherwise."""
    return cast(Actor, getattr(request, "actor", None) or resident())


def staff(duty: str | None = None) -> Callable[[View], View]:
    """A page for signed-in staff; with a duty, for holders of it anywhere (the action checks where)."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
            actor = actor_of(request)
            if actor.kind != ActorKind.PERSON:
                if request.method in ("GET", "HEAD") and not wants_document(request):
                    return _to_sign_in(request)
                raise SignInNeeded
            if duty is not None and not actor.has(duty):
                raise NotAllowed(duty=str(duty))
            return view(request, *args, **options)

        guarded.door = ("staff", duty)  # type: ignore[attr-defined]
        return guarded

    return wrap


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        # A part of a page asks: a redirect would put the sign-in page inside it, so the whole page goes there.
        try:
            whole = urlsplit(request.headers.get("HX-Current-URL", ""))
        except ValueError:  # no address at all
            whole = urlsplit("")
        back = (
            whole.path + (f"?{whole.query}" if whole.query else "") if whole.path[:1] == "/" != whole.path[1:2] else "/"
        )
        response = HttpResponse(status=200)
        response["HX-Redirect"] = redirect_to_login(back).url
        return response
    return redirect_to_login(request.get_full_path())


def public(view: View) -> View:
    """A page for everybody: what it shows comes from an allow-list of fields."""
    view.door = ("public", None)  # type: ignore[attr-defined]
    return view


def sensitive(view: View) -> View:
    """A page or an act before which the person confirms once more who it is, unless that was lately.

    Set `view.sensitive` to a function of request and arguments where only some addresses of a view are; the
    sign-in app's middleware asks.
    """
    view.sensitive = True  # type: ignore[attr-defined]
    return view


def attempt(form: forms.Form, act: Callable[[], R]) -> R | None:
    """Run one action for a valid form; a refusal becomes the form's error, and what was typed stays."""
    try:
        return act()
    except Invalid as why:
        told = [(name, sentence) for name, sentences in why.errors.items() for sentence in sentences]
        for name, sentence in told or [("", why.sentence)]:
            form.add_error(name if name in form.fields else None, str(sentence))
    except Refusal as why:
        if why.status in (401, 404):
            raise
        form.add_error(None, str(why))
    return None


def now_of(request: HttpRequest) -> Any:
    """The time of a request: taken once at the door and handed down."""
    if not hasattr(request, "_now"):
        request._now = timezone.now()  # type: ignore[attr-defined]
    return request._now  # type: ignore[attr-defined]
