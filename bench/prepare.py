"""In a process of the measured house: what clients need to send requests, written to one file.

Cases to ask for, reports whose callers look again, reports that are written and only need to be sent (drafts in
sessions, as the residents' pages keep them), and sessions: of people with the same post in all sub-districts, and of
the whole staff, who visit every page once and hold the live streams.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import get_random_string

from bench.district import PEOPLE, SHARES, Ground, grids_of, street_code, username_of
from bench.texts import words_for
from huying.cases.models import Case, Report
from huying.cases.queries.lists import Wanted, cases_found
from huying.kernel.paging import Page
from huying.people.models import Account
from huying.people.queries import actor_for
from huying.people.rules import Duty
from huying.portal import drafts
from huying.portal.mine import OPENED
from huying.portal.rules import UNSURE
from prove.server import WORLD

CASES = 1000
STATUS = 200
FURTHER = 40
"""Pages of the desk's list that are asked for behind the first one."""
ON_A_PAGE = 25


def prepare(target: str, *, forms: int, streams: int, seed: int = 7) -> None:
    ground = Ground.load((Path(settings.DATA) / WORLD).read_text(encoding="utf-8"))
    found = gathered(ground, forms=forms, streams=streams, rng=Random(seed))
    Path(target).write_text(json.dumps(found), encoding="utf-8")


def gathered(ground: Ground, *, forms: int, streams: int, rng: Random) -> dict[str, Any]:
    return {
        "cases": _cases(street_code(0), rng),
        "after": _after(username_of("dispatcher1")),
        "status": _status(rng),
        "drafts": _drafts(forms, ground.streets, rng),
        "twins": _twins(ground),
        **_staff(streams),
        "words": [words_for(number, rng) for number in range(300)],
    }


def _cases(area: str, rng: Random) -> list[str]:
    """Cases of an area that its staff may see: half of them open, which is what people look at."""
    seen = Case.objects.filter(area_code__gte=area, area_code__lt=area + ":", restricted=False)
    still = [
        str(one) for one in seen.filter(ended_at=None).order_by("-received_at").values_list("pk", flat=True)[:2000]
    ]
    past = [
        str(one) for one in seen.exclude(ended_at=None).order_by("-received_at").values_list("pk", flat=True)[:5000]
    ]
    every = rng.sample(still, min(CASES // 2, len(still))) + rng.sample(past, min(CASES // 2, len(past)))
    rng.shuffle(every)
    return every


def _after(username: str) -> list[str]:
    """Marks of the pages that this person comes to behind the first one of the list."""
    now = timezone.now()
    viewer, marks = actor_for(Account.objects.get(username=username), now), [""]
    while len(marks) <= FURTHER:
        page: Page[Case] = Page(limit=ON_A_PAGE, after=marks[-1])
        cases_found(viewer, Wanted(), now=now, page=page)
        if not page.next:
            break
        marks.append(page.next)
    return marks[1:]


def _status(rng: Random) -> list[list[str]]:
    """Reports and a session each in which the code was given."""
    newest = list(
        Report.objects.filter(withdrawn_at=None)
        .order_by("-received_at", "-pk")
        .values_list("pk", flat=True)[: STATUS * 10]
    )
    some = rng.sample(newest, min(STATUS, len(newest)))
    return [
        [str(one), key] for one, key in zip(some, kept_sessions([{OPENED: [str(one)]} for one in some]), strict=True)
    ]


def _drafts(count: int, number_of_streets: int, rng: Random) -> list[dict[str, Any]]:
    squares = [list(grids_of(number)) for number in range(number_of_streets)]
    made, kept = [], []
    streets = rng.choices(range(number_of_streets), SHARES[:number_of_streets], k=count)
    for number, street in enumerate(streets):
        draft = drafts.start(street_code(street))
        west, south = rng.choice(squares[street])[1]
        draft.words = words_for(number, rng)
        draft.kind, draft.placed, draft.asked_likely = UNSURE, True, True
        draft.lng, draft.lat = round(west + rng.uniform(0.001, 0.009), 6), round(south + rng.uniform(0.001, 0.009), 6)
        made.append(draft)
        kept.append({drafts.KEY: asdict(draft)})
    keys = kept_sessions(kept)
    return [
        {"session": key, "key": one.key, "seen": one.mark(), "street": street}
        for one, key, street in zip(made, keys, streets, strict=True)
    ]


def _twins(ground: Ground) -> dict[str, list[tuple[int, str]]]:
    """By measured person: number and session of whoever has the same post in each other sub-district."""
    found = {}
    for who in PEOPLE:
        numbers = [number for number in range(1, ground.streets) if who in ground.accounts[number]]
        there = Account.objects.in_bulk([ground.accounts[number][who] for number in numbers], field_name="id")
        keys = sessions_of(there[UUID(ground.accounts[number][who])] for number in numbers)
        found[who] = list(zip(numbers, keys, strict=True))
    return found


def _staff(streams: int) -> dict[str, list[Any]]:
    """A session of each, and for each stream a session with the grids of the first sub-district that concern it.

    Where there are more streams than people some hold two.
    """
    accounts, now = list(Account.objects.filter(is_active=True).order_by("username")), timezone.now()
    grids = [code for code, _corner in grids_of(0)]
    actors = [actor_for(account, now) for account in accounts]
    heard = [[code for code in grids if actor.may(Duty.READ, code)] for actor in actors]
    places = [place % len(accounts) for place in range(streams)]
    held = sessions_of(accounts[place] for place in places)
    return {
        "staff": sessions_of(accounts),
        "streams": [[key, heard[place]] for key, place in zip(held, places, strict=True)],
    }


def sessions_of(accounts: Iterable[Account]) -> list[str]:
    """A session each, as it is after signing in."""
    backend = "django.contrib.auth.backends.ModelBackend"
    return kept_sessions(
        [
            {SESSION_KEY: str(one.pk), BACKEND_SESSION_KEY: backend, HASH_SESSION_KEY: one.get_session_auth_hash()}
            for one in accounts
        ]
    )


def kept_sessions(rows: list[dict[str, Any]]) -> list[str]:
    """Sessions with these contents; their keys."""
    until, store = timezone.now() + timedelta(hours=6), SessionStore()
    keys = [get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789") for _row in rows]
    Session.objects.bulk_create(
        [
            Session(session_key=key, session_data=store.encode(row), expire_date=until)
            for key, row in zip(keys, rows, strict=True)
        ],
        batch_size=2000,
    )
    return keys
