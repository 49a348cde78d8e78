"""The list of checks, made from the tables of the system, and what each does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from prove.web import tricks
from prove.web.doors import GUESSES, csrf, guess, host, path
from prove.web.fetching import PLACES, ssrf
from prove.web.leaving import DOORS, redirect
from prove.web.pages import crawl, links
from prove.web.served import SERVED, served
from prove.web.sessions import ENDS, SUBJECTS, death

Item = tuple[str, ...]
CHECKS: dict[str, Callable[..., None]] = {
    "crawl": crawl, "links": links, "csrf": csrf, "death": death, "redirect": redirect, "ssrf": ssrf, "guess": guess,
    "path": path, "host": host, "served": served,
}  # fmt: skip
DISTINCT = {"ssrf": len({one for one, _ in tricks.ssrf()}), "redirect": len(set(tricks.redirects("x")))}


def patterns(resolver: Any = None, before: str = "", space: str = "") -> Iterator[tuple[str, str, Any]]:
    """Name, path pattern and view of every address."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            yield from patterns(one, before + str(one.pattern), inner)
        elif isinstance(one, URLPattern):
            yield f"{space}{one.name}", before + str(one.pattern), one.callback


@cache
def roles() -> tuple[str, ...]:
    from huying.people.roles import ROLES

    return ("nobody", *(one.code for one in ROLES))


def full() -> list[Item]:
    found: list[Item] = [("crawl", role, name, path) for role in roles() for name, path, _view in patterns()]
    found += [("links", role) for role in roles()]
    found += [
        ("csrf", name, path, way) for name, path, _view in patterns() for way in ("none", "false", "stale", "other")
    ]
    found += [("death", subject, end) for end in ENDS for subject in SUBJECTS]
    found += [("redirect", door, str(number)) for door in DOORS for number in range(DISTINCT["redirect"])]
    found += [("ssrf", place, str(number)) for place in PLACES for number in range(len(tricks.ssrf()))]
    found += [("guess", one) for one in GUESSES]
    found += [("path", page, str(number)) for page in PAGES for number in range(len(tricks.PATHS))]
    found += [("host", str(number)) for number in range(len(tricks.HOSTS))]
    found += [("served", one) for one in SERVED]
    return found


PAGES = ("desk/", "desk/list/", "desk/people/tree/", "api/v1/cases", "desk/access/", "files/keeping/")


ALWAYS: tuple[Item, ...] = (
    ("csrf", "portal:track", "track/", "none"),
    ("death", "live", "account_closed"),
    ("death", "token", "account_closed"),
)
"""Of the smoke form at any rate."""


def smoke(sizes: dict[str, int]) -> list[Item]:
    """Of every part so many items, spread evenly over it, so that each kind of check is done."""
    parts: dict[str, list[Item]] = {name: [] for name in sizes}
    for one in full():
        if (
            one[0] in parts
            and (one[0] != "guess" or not GUESSES[one[1]][1])
            and not (one[0] == "links" and one[1] not in ("nobody", "centre_head"))
        ):
            parts[one[0]].append(one)
    found: list[Item] = list(ALWAYS)
    for name, most in sizes.items():
        there = parts[name]
        if len(there) <= most:
            found += there
        else:
            found += [there[number * len(there) // most] for number in range(most)]
    return found


CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
