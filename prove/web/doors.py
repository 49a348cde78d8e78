"""Forged forms, guessing, paths and hosts."""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

from prove.frame import Run
from prove.web import tricks
from prove.web.judge import faults
from prove.web.pages import filled
from prove.web.world import HOST, PASSWORD, Made

TOKENLESS = {
    "oauth_token": "a program shows its secret in the request itself, no browser's cookie is read",
    "portal:dialled": "the dialling provider signs its body, no browser's cookie is read",
    "portal:pressed": "the voice service signs its body, no browser's cookie is read",
}
"""Addresses outside the API that take unsafe requests without a form's token, and why."""
OPEN_OPERATIONS = {"create_report", "suggest_types", "locate_point"}
"""Operations that anybody may call; what they do is done in nobody's name."""
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def csrf(run: Run, made: Made, rng: random.Random, name: str, pattern: str, way: str) -> None:
    """Every address, each unsafe method, as somebody with many rights, from a page that is not ours."""
    address = filled(run, made, pattern)
    if address is None:
        return
    from django.conf import settings

    client = made.client("centre_head")
    good = "a" * 32
    for method in UNSAFE if way == "none" else ("POST",):
        options: dict[str, Any] = {"HTTP_ORIGIN": f"https://{HOST}"}
        body: dict[str, str] = {}
        if way == "false":
            body["csrfmiddlewaretoken"] = good
        elif way == "stale":
            options["HTTP_X_CSRFTOKEN"] = good[::-1]
        elif way == "other":  # the right token, from another site
            options["HTTP_ORIGIN"] = "https://evil.example"
            kept = client.cookies.get(settings.CSRF_COOKIE_NAME)
            body["csrfmiddlewaretoken"] = kept.value if kept is not None else good
        if method == "POST":
            response = client.post(address, body, **options)
        else:
            response = client.generic(method, address, "", "application/x-www-form-urlencoded", **options)
        view = response.resolver_match.func if response.resolver_match else None
        run.count("forged")
        if response.status_code == 403 and not getattr(view, "csrf_exempt", False):
            continue
        if getattr(view, "csrf_exempt", False) and _refuses_session(view, response):
            continue
        if name in TOKENLESS and getattr(view, "csrf_exempt", True) and response.status_code in (400, 401, 403, 405):
            continue
        run.find("an unsafe request without its token was not refused", name=name, method=method, way=way,
                 status=response.status_code)  # fmt: skip


def _refuses_session(view: Any, response: Any) -> bool:
    """An operation that reads no cookie: without a token it is nobody's, 401, unless it is open to all."""
    operations = getattr(view, "operations", None)
    if operations is None:
        return False
    if response.status_code in (401, 405):
        return True
    return response.status_code < 500 and any(one.operation_id in OPEN_OPERATIONS for one in operations)


# Guessing


def _try(made: Made, name: str, password: str, address: str = "203.0.113.7") -> tuple[int, str, float]:
    client = made.fresh(HTTP_X_FORWARDED_FOR=address)
    client.handler.enforce_csrf_checks = False
    began = time.perf_counter()
    answer = client.post("/sign-in/", {"username": name, "password": password})
    seconds = time.perf_counter() - began
    body = answer.content.decode().replace(name, "NAME")
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|\d\d:\d\d|X-CSRFToken[^}]+', "", body)
    return answer.status_code, body, seconds


def _same_answer(run: Run, made: Made) -> None:
    from huying.kernel.actor import system
    from huying.people import actions as people

    closed = made.accounts["supervisor"]
    people.close_account(account_id=closed.pk, actor=system(), now=made.now)
    known = made.accounts["reviewer"].username
    right = {
        "unknown": _try(made, "w-nobody-here", "wrong-pass-000", "203.0.113.20"),
        "wrong": _try(made, known, "wrong-pass-000", "203.0.113.21"),
        "closed": _try(made, closed.username, PASSWORD, "203.0.113.22"),
        "empty": _try(made, "w-nobody-else", "x", "203.0.113.23"),
    }
    for name, (status, body, _seconds) in right.items():
        if (status, body) != right["unknown"][:2]:
            run.find("the sign-in page tells who exists", case=name, status=status)


def _same_time(run: Run, made: Made) -> None:
    """With the hasher that is shipped, unknown and known names take as long."""
    from django.contrib.auth.hashers import make_password
    from django.test import override_settings

    hasher = "django.contrib.auth.hashers.Argon2PasswordHasher"
    with override_settings(PASSWORD_HASHERS=[hasher]):
        account = made.accounts["call_back_clerk"]
        account.password = make_password(PASSWORD)
        account.save(update_fields=["password"])
        times: dict[str, list[float]] = {"known": [], "unknown": []}
        for number in range(10 if run.smoke else 24):
            for name, who in (("known", account.username), ("unknown", f"w-nobody-{number}")):
                times[name].append(_try(made, who, "wrong-pass-000", f"198.51.{100 + number}.{len(name)}")[2])
    known, unknown = (statistics.median(times[name]) for name in ("known", "unknown"))
    run.put("sign_in_time_ratio", round(max(known, unknown) / min(known, unknown), 2))
    if max(known, unknown) > 1.6 * min(known, unknown):
        run.find("the time of an answer tells who exists", known=round(known, 4), unknown=round(unknown, 4))


def _same_lock(run: Run, made: Made) -> None:
    """After some wrong passwords both a known and an unknown name are shut, with the same answer."""
    seen: dict[str, list[int]] = {}
    bodies = {}
    for kind, name in (("known", made.accounts["leader_in_charge"].username), ("unknown", "w-nobody-locked")):
        for number in range(8):
            status, bodies[kind], _seconds = _try(made, name, f"wrong-pass-{number}", "203.0.113.30")
            seen.setdefault(kind, []).append(status)
    if seen["known"] != seen["unknown"] or bodies["known"] != bodies["unknown"]:
        run.find("the lock tells who exists", **{kind: str(one) for kind, one in seen.items()})
    if 429 not in seen["known"][:6]:
        run.find("passwords may be guessed without end", statuses=str(seen["known"]))
    account = made.accounts["leader_in_charge"]
    if _try(made, account.username, PASSWORD, "203.0.113.30")[0] != 429:
        run.find("the lock opens for the right password")


def _codes(run: Run, made: Made) -> None:
    """Tracking codes: a handful of wrong ones from one place, then a pause."""
    client = made.fresh(HTTP_X_FORWARDED_FOR="198.51.100.77")
    client.handler.enforce_csrf_checks = False
    answers = [client.post("/track/", {"code": f"{number:012d}"}).status_code for number in range(15)]
    if 429 not in answers[:12]:
        run.find("tracking codes may be guessed without end", statuses=str(answers))
    if 429 in answers:
        again = client.post("/track/", {"code": "999999999999"})
        if int(again.headers.get("Retry-After", 0)) < 60:
            run.find("a pause after guessing that does not say how long")


def _second_step(run: Run, made: Made) -> None:
    """One-time codes: wrong ones are counted and then shut for a while."""
    from huying.access import actions
    from huying.access.rules import Purpose, Way
    from huying.people.queries import actor_for

    account = made.accounts["intake_clerk"]
    actor = actor_for(account, made.now)
    actions.start_totp(actor=actor, now=made.now)
    locked = None
    for number in range(12):
        checked = actions.check_second(
            account_id=account.pk, way=Way.TOTP, code=f"{number:06d}", purpose=Purpose.SIGN_IN, now=made.now
        )
        if checked.locked_until is not None:
            locked = number
            break
    if locked is None or locked > 9:
        run.find("one-time codes may be guessed without end", tries=str(locked))


def _nameless_reports(run: Run, made: Made) -> None:
    """Reports of programs without a token are counted by address."""
    client = made.fresh(HTTP_X_FORWARDED_FOR="198.51.100.78", HTTP_ACCEPT="application/json")
    answers = []
    for number in range(26):
        body = {"words": "路灯坏了，晚上看不见路。", "area": "990101001"}
        answers.append(
            client.post(
                "/api/v1/reports", body, "application/json", HTTP_IDEMPOTENCY_KEY=f"web-{number}-key"
            ).status_code
        )
    if 429 not in answers and 201 in answers:
        run.find("nameless programs may send without end", statuses=str(answers[-4:]))


def _flooding(run: Run, made: Made) -> None:
    """The router refuses a source that sends without end, and nobody else, whatever it writes of itself."""
    import asyncio

    from django.conf import settings

    from huying.config.asgi import Router
    from huying.config.flood import Sources

    handed: list[str] = []

    async def pages(scope: Any, _receive: Any, _send: Any) -> None:
        handed.append(scope["path"])

    async def quiet(_message: Any) -> None:
        return None

    router = Router(None, pages, sources=Sources(settings.RATE), proxies=settings.PROXIES)

    async def all_at_once() -> None:
        for number in range(1200):
            told = f"10.0.{number % 250}.{number % 9}, 203.0.113.9"
            for address, times in ((told, 1), (f"198.51.100.{number % 8}", 1 if number % 20 == 0 else 0)):
                for _time in range(times):
                    scope = {
                        "type": "http", "path": "/flood" if address == told else "/honest", "method": "GET",
                        "query_string": b"", "client": ("192.0.2.1", 1),
                        "headers": [(b"x-forwarded-for", address.encode())],
                    }  # fmt: skip
                    await router(scope, None, quiet)  # type: ignore[arg-type]

    with mock.patch("huying.config.flood.PAUSE_SECONDS", 0):
        asyncio.run(all_at_once())
    run.put("flood_let_through", handed.count("/flood"))
    if handed.count("/flood") > settings.RATE * 10 + 60 or not settings.RATE:
        run.find("a flooding source is not held back", let_through=handed.count("/flood"))
    if handed.count("/honest") != 60:
        run.find("a flood shuts out others", let_through=handed.count("/honest"))


def _methods(run: Run, made: Made) -> None:
    """No header or field turns a method into another, and methods that nobody needs are refused."""
    client = made.client("centre_head")
    page = f"/desk/cases/{made.values['case_id']}/moves/nudge/"
    for name in ("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_HTTP_METHOD", "HTTP_X_METHOD_OVERRIDE"):
        with mock.patch("huying.cases.views.move", side_effect=AssertionError):
            response = client.get(page, {"_method": "POST"}, **{name: "POST"})
        if response.status_code not in (200, 302, 403, 404, 405):
            run.find("a header turns a method into another", header=name, status=response.status_code)
    for method in ("TRACE", "CONNECT", "TRACK", "PROPFIND", "FOO", "get"):
        for address in ("/", "/desk/", "/api/v1/cases", "/track/"):
            response = client.generic(method, address)
            if (
                response.status_code == 200
                and method in ("TRACE", "CONNECT", "TRACK")
                and b"Cookie" in response.content
            ):
                run.find("a method echoes the request", method=method, address=address)
            if response.status_code >= 500:
                run.find("a method broke a page", method=method, address=address)


def _proxies_ship_tls(run: Run, made: Made) -> None:
    """Strict transport is the proxy's to send: both examples that are shipped do, for a year at least."""
    from prove.frame import ROOT

    for name in ("nginx.conf", "Caddyfile"):
        text = (ROOT / "deploy" / "proxy" / name).read_text(encoding="utf-8")
        found = re.search(r"Strict-Transport-Security[^\n]*max-age=(\d+)", text)
        if found is None or int(found[1]) < 31536000:
            run.find("an example proxy sends no strict transport", file=name)


GUESSES: dict[str, tuple[Callable[[Run, Made], None], bool]] = {
    "same_answer": (_same_answer, False), "flooding": (_flooding, False), "codes": (_codes, False),
    "same_lock": (_same_lock, False), "same_time": (_same_time, True), "second_step": (_second_step, True),
    "nameless": (_nameless_reports, True), "methods": (_methods, True), "strict_transport": (_proxies_ship_tls, True),
}  # fmt: skip
"""Each with whether it is left to the full form."""


def guess(run: Run, made: Made, rng: random.Random, name: str) -> None:
    GUESSES[name][0](run, made)
    run.count("guesses")


# Paths and hosts


def path(run: Run, made: Made, rng: random.Random, page: str, number: str) -> None:
    """Somebody without rights writes a page's path in another way, and so does somebody of the next street."""
    address = tricks.PATHS[int(number)].format(page)
    client = made.client("nobody")
    response = client.generic("GET", "/", PATH_INFO=_unquoted(address))
    body = b"".join(response) if response.streaming else response.content
    if response.status_code == 200 and (b"data-desk" in body or b'"items"' in body):
        run.find("a path trick opens a page of the staff", address=address)
    for fault in faults(response.headers, response.status_code, body, private=False):
        run.find(fault, where=address, status=response.status_code)


def _unquoted(address: str) -> str:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(address.partition("?")[0]).decode("latin1")


def host(run: Run, made: Made, rng: random.Random, number: str) -> None:
    """A host name that is not ours makes no page, and other headers that name one are not believed."""
    evil = tricks.HOSTS[int(number)]
    client = made.fresh()
    sent = evil.encode().decode("latin1")
    for address in ("/", "/sign-in/", "/track/"):
        response = client.get(address, HTTP_HOST=sent)
        if response.status_code == 200 and evil.strip():
            run.find("a page for another host", host=evil, address=address)
    for name in ("HTTP_X_FORWARDED_HOST", "HTTP_X_HOST", "HTTP_FORWARDED", "HTTP_X_ORIGINAL_URL", "HTTP_X_REWRITE_URL"):
        for address in ("/desk/", "/sign-in/", "/"):
            response = client.get(address, **{name: f"host={sent}" if name == "HTTP_FORWARDED" else sent or "x"})
            told = response.headers.get("Location", "") + response.content.decode("utf-8", "replace")
            if "evil.example" in told:
                run.find("a header names the host", header=name, address=address)
