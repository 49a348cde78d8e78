"""Every page in every role: what the resolver knows, filled with what there is, and what its pages link to."""

from __future__ import annotations

import random
import re
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from prove.frame import Run
from prove.web.judge import cookie_faults, faults
from prove.web.world import HOST, Made

LINK = re.compile(r"""(?:href|hx-get|src|action)=["']([^"'#]+)""")
MOST_PAGES, MOST_PAGES_SMOKE = 250, 6
AWAY = ("/sign-out", "/static/", "mailto:", "tel:")


def filled(run: Run, made: Made, pattern: str) -> str | None:
    """The address, each part filled; a part that nobody has declared is a find."""
    from prove.web.items import CONVERTER

    missing = [name for name in CONVERTER.findall(pattern) if name not in made.values]
    if missing:
        run.find("an address has a part that the prover cannot fill: declare it", pattern=pattern, parts=missing)
        return None
    values = dict(made.values)
    if "/grids/" in pattern or pattern.startswith("desk/places/<") or "areas/<" in pattern:
        values["code"] = "990101001001"
    return "/" + CONVERTER.sub(lambda found: quote(str(values[found[1]]), safe=""), pattern)


def is_private(role: str, view: Any) -> bool:
    return role != "nobody" or getattr(view, "door", ("", None))[0] == "staff"


def look(run: Run, response: Any, *, where: str, private: bool) -> None:
    body = b"".join(response) if response.streaming else response.content
    for fault in faults(response.headers, response.status_code, body, private=private):
        run.find(fault, where=where, status=response.status_code)
    for fault in cookie_faults(response.cookies):
        run.find(fault, where=where)
    run.count("answers")


def crawl(run: Run, made: Made, rng: random.Random, role: str, name: str, pattern: str) -> None:
    address = filled(run, made, pattern)
    if address is None or name == "access:sign_out":
        return
    response = made.client(role).get(address)
    view = response.resolver_match.func if response.resolver_match else None
    door = getattr(view, "door", None)
    if door is None and name != "set_language":
        run.find("an address without a door", name=name)
    look(run, response, where=f"{role} GET {address}", private=door is not None and door[0] == "staff")
    if role == "nobody" and door and door[0] == "staff" and response.status_code == 200:
        run.find("a page of the staff is open to everybody", address=address)
    if door and door[0] == "api" and role != "nobody" and response.status_code == 200:
        public = any(getattr(one.view_func, "door", ("",))[0] == "public" for one in view.operations)  # type: ignore[union-attr]
        if not public:
            run.find("the API takes a browser's session", address=address)


def links(run: Run, made: Made, rng: random.Random, role: str) -> None:
    """Follow what pages link to, as far as the form allows."""
    client = made.client(role)
    most = MOST_PAGES_SMOKE if run.smoke else MOST_PAGES
    waiting = ["/" if role == "nobody" else "/desk/", "/", "/desk/help/"]
    seen: set[str] = set()
    while waiting and len(seen) < most:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        response = client.get(address)
        look(run, response, where=f"{role} link {address}", private=address.startswith("/desk/"))
        if 300 <= response.status_code < 400:
            waiting.append(_ours(response["Location"], address))
        if response.status_code == 404:
            run.find("a link leads nowhere", role=role, address=address)
        if "html" in response.headers.get("Content-Type", "") and not response.streaming:
            found = [_ours(one, address) for one in LINK.findall(response.content.decode())]
            new = [one for one in dict.fromkeys(found) if one and one not in seen and not one.startswith(AWAY)]
            # Addresses that differ in their query alone are one page: a few of each.
            waiting += [one for one in new if sum(urlsplit(other).path == urlsplit(one).path for other in seen) < 4]
    run.count("linked_pages", len(seen))


def _ours(address: str, at: str) -> str:
    from html import unescape

    whole = urlsplit(urljoin(f"https://{HOST}{at}", unescape(address)))
    if whole.hostname != HOST:
        return ""
    return whole.path + (f"?{whole.query}" if whole.query else "")
