"""Where a door sends a browser afterwards: never to somebody else's site, whatever it was asked."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from prove.frame import Run
from prove.web import tricks
from prove.web.world import HOST, PASSWORD, Made

CONTROLS = re.compile(r"[\t\n\r]")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def leads_away(address: str) -> bool:
    """As browsers read it, in the worst reading: control characters dropped, backslashes as slashes."""
    plain = CONTROLS.sub("", address).strip("".join(map(chr, range(33)))).replace("\\", "/")
    if SCHEME.match(plain):
        return not re.match(rf"https?://{re.escape(HOST)}(?:[/?#]|$)", plain)
    return plain.startswith("//")


def _plain(made: Made, role: str = "nobody") -> Any:
    """A browser without the check of forms: what is asked here is only where it is sent."""
    from django.test import Client

    one = Client(
        raise_request_exception=False,
        HTTP_HOST=HOST,
        HTTP_X_FORWARDED_PROTO="https",
        HTTP_X_FORWARDED_FOR="203.0.113.7",
    )
    if role != "nobody":
        one.force_login(made.accounts[role], "django.contrib.auth.backends.ModelBackend")
    return one


def _kept(made: Made, name: str, make: Callable[[], Any]) -> Any:
    return made.kept.setdefault(name, None) or made.kept.__setitem__(name, make()) or made.kept[name]


def _sign_in(made: Made, to: str) -> Any:
    account = made.accounts["centre_head"]
    answer = _plain(made).post("/sign-in/", {"username": account.username, "password": PASSWORD, "next": to})
    assert answer.status_code == 302, answer.status_code
    return answer


def _signed_in(made: Made, to: str) -> Any:
    one = _kept(made, "signed_in", lambda: _plain(made, "centre_head"))
    return one.get("/sign-in/", {"next": to})


def _type(made: Made, to: str) -> Any:
    return _kept(made, "stranger", lambda: _plain(made)).post("/ui/type/", {"type": "large", "next": to})


def _language(made: Made, to: str) -> Any:
    return _kept(made, "stranger", lambda: _plain(made)).post("/i18n/setlang/", {"language": "en", "next": to})


def _language_referer(made: Made, to: str) -> Any:
    stranger = _kept(made, "stranger", lambda: _plain(made))
    return stranger.post("/i18n/setlang/", {"language": "en"}, HTTP_REFERER=_line(to))


def _confirm(made: Made, to: str) -> Any:
    one = _kept(made, "signed_in", lambda: _plain(made, "centre_head"))
    return one.post("/account/confirm/", {"way": "password", "password": PASSWORD, "next": to})


def _asked_page(made: Made, to: str) -> Any:
    """A page that needs signing in first, asked for by a part of another page."""
    return _kept(made, "stranger", lambda: _plain(made)).get(
        "/desk/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=_line(to)
    )


def _sensitive(made: Made, to: str) -> Any:
    """An act that asks first who one is; it remembers where one came from."""
    from django.contrib.sessions.models import Session

    def stale() -> Any:
        one = _plain(made, "system_admin")
        session = one.session
        session.pop("access.confirmed", None)
        session.save()
        assert Session.objects.filter(pk=session.session_key).exists()
        return one

    one = _kept(made, "stale", stale)
    return one.post(f"/desk/people/accounts/{made.accounts['reviewer'].pk}/let-in/", HTTP_REFERER=_line(to))


def _other_directory(made: Made, to: str) -> Any:
    from django.test import override_settings

    from huying.access import oidc

    told = {"issuer": "https://id.example", "client_id": "x", "client_secret": "y", "name": "z"}
    with (
        override_settings(OIDC=told),
        mock.patch.object(oidc, "_described", return_value={"authorization_endpoint": "https://id.example/authorize"}),
    ):
        one = _plain(made)
        answer = one.get("/sign-in/other/", {"next": to})
        assert urlsplit(answer["Location"]).hostname == "id.example"
        from django.utils.encoding import iri_to_uri

        answer["Location"] = iri_to_uri(one.session["access.oidc"]["next"])  # as it will be sent
    return answer


def _path(made: Made, to: str) -> Any:
    """The page asked for, itself written as a trick."""
    return _kept(made, "stranger", lambda: _plain(made)).generic("GET", "/desk/", QUERY_STRING="", PATH_INFO=_line(to))


def _line(text: str) -> str:
    """As a header can carry it."""
    return (
        text.encode("utf-8", "surrogatepass").decode("latin1").replace("\r", "").replace("\n", "").replace("\x00", "")
    )


DOORS: dict[str, Callable[[Made, str], Any]] = {
    "sign_in": _sign_in, "signed_in": _signed_in, "type": _type, "language": _language,
    "language_referer": _language_referer, "confirm": _confirm, "part": _asked_page, "sensitive": _sensitive,
    "other_directory": _other_directory, "path": _path,
}  # fmt: skip


def redirect(run: Run, made: Made, rng: random.Random, door: str, number: str) -> None:
    trick = sorted(set(tricks.redirects(HOST)))[int(number)]
    answer = DOORS[door](made, trick)
    if answer.status_code >= 500:
        run.find("a redirect trick broke a page", door=door, trick=trick)
    places = [answer[name] for name in ("Location", "HX-Redirect", "HX-Location", "Refresh") if name in answer]
    for place in list(places):
        # What it hands on in its own address is looked at as it would be used: by the sign-in page.
        for inner in parse_qs(urlsplit(place).query).get("next", []):
            places.append(_signed_in(made, inner).headers.get("Location", ""))
    run.count("redirects", len(places))
    for place in places:
        if leads_away(place):
            run.find("a door sends people to another site", door=door, trick=trick, place=place)
        if "\n" in place or "\r" in place:
            run.find("a header was broken in two", door=door, trick=trick)
