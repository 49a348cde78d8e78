"""What is measured: every door with its requests, its reference and its goals."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, zip_longest
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from bench.client import plain
from bench.district import COMMUNITIES, DISTRICT, ROLES, SHARES, Ground, grids_of, street_code
from huying.insight.rules import month_of

COMMON, RARE = "垃圾", "鹦鹉"  # as `bench.texts` strews them
ALSO_COMMON = ("路灯", "装修", "单车", "护栏", "油烟", "树枝")  # one call in fifteen says each
CSRF = "b" * 32
POINTS = 500
BOXES = tuple(f"{112.5 + by / 100},22.5,115.5,{25.5 - by / 100}" for by in range(20))
"""Each holds the whole district, which has more open cases than are shown."""
STATES = ("received", "in_hand", "reviewing", "all", "ended")
MATTERS = ("01", "02", "03", "06", "09")
TYPE = "0103"


@dataclass(frozen=True)
class Goal:
    """`ratio >= 0.4` and the like."""

    figure: str
    sign: str
    limit: float

    def reached(self, value: float | None) -> bool:
        return value is not None and (value <= self.limit if self.sign == "<=" else value >= self.limit)

    def __str__(self) -> str:
        return f"{self.figure} {self.sign} {self.limit:g}"


def at_most(figure: str, limit: float) -> Goal:
    return Goal(figure, "<=", limit)


def at_least(figure: str, limit: float) -> Goal:
    return Goal(figure, ">=", limit)


Make = Callable[["Kit"], list[str]]


@dataclass(frozen=True)
class Door:
    """One kind of request. `by`: what the ratio compares, requests or bytes a second."""

    name: str
    what: str
    make: Make
    goals: tuple[Goal, ...] = ()
    reference: str = ""
    by: str = "per_second"
    status: int = 200
    once: bool = False
    keep: tuple[str, ...] = ()
    """Patterns whose first groups are kept of each answer, for doors that go on from there."""
    least: tuple[str, int] | None = None
    """A pattern that the body must hold so often, else the door is not there yet."""

    def missing_in(self, status: int, body: bytes) -> str:
        """Why the answer is not what is to be measured, "" where it is."""
        if status != self.status:
            return f"answers {status}"
        if self.least is not None and (held := len(re.findall(self.least[0].encode(), plain(body)))) < self.least[1]:
            return f"holds {held} of {self.least[1]} {self.least[0]}"
        return ""

    def kept_in(self, body: bytes) -> list[list[str]]:
        """What other doors go on with: one list of groups, or none."""
        found = [re.search(one.encode(), plain(body)) for one in self.keep]
        return [[one[1].decode() for one in found if one]] if found and all(found) else []


@dataclass
class Kit:
    """What the requests are made of."""

    host: str
    ground: Ground
    prepared: dict[str, Any]
    sessions: dict[str, str] = field(default_factory=dict)  # by the person's key
    taken_in: list[list[str]] = field(default_factory=list)
    """Cases that the API made in this run and nobody has moved, each with the last digits of its sub-district."""
    alone: bool = False
    """Whether only people of the first, the fullest sub-district ask: so statements and database time are counted."""
    rng: Random = field(default_factory=lambda: Random(3))

    def get(self, path: str, **headers: str) -> str:
        return _request("GET", path, self.host, headers, "")

    def post(self, path: str, body: str, kind: str, **headers: str) -> str:
        return _request("POST", path, self.host, {**headers, "Content-Type": kind}, body)

    def as_person(self, who: str) -> dict[str, str]:
        return _signed_in(self.sessions[who])

    def as_twins(self, who: str) -> list[tuple[int, dict[str, str]]]:
        """People with the same post in other sub-districts: the number of each, and headers."""
        twins = () if self.alone else self.prepared["twins"].get(who, ())
        return [(number, _signed_in(session)) for number, session in twins]

    def with_token(self, token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    @property
    def token(self) -> str:
        return self.ground.tokens[0]["dispatcher"]


def _signed_in(session: str) -> dict[str, str]:
    return {"Cookie": f"sessionid={session}", "Accept": "text/html"}


def _request(method: str, path: str, host: str, headers: dict[str, str], body: str) -> str:
    data = body.encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    # As every browser does: residents' pages are packed, and what that takes belongs to their figures.
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in {"Accept_Encoding": "gzip", **headers}.items()]
    if method == "POST":
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join(lines) + "\r\n\r\n" + body


def _address(rng: Random) -> str:
    """Another caller each time: what one address may send is limited."""
    return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def _in_turn(mine: Iterable[str], others: Iterable[str]) -> list[str]:
    """One's own requests and others' by turns: half of what is sent comes from the fullest sub-district."""
    own, foreign = list(mine), list(others)
    if not own or not foreign:
        return own + foreign
    longest = max(len(own), len(foreign))
    pairs = ((own[place % len(own)], foreign[place % len(foreign)]) for place in range(longest))
    return [one for pair in pairs for one in pair]


# References: nobody is signed in there, so they would be packed; the pages that are compared with them are not.

PLAIN = {"Accept_Encoding": "identity"}


def _rows(kit: Kit) -> list[str]:
    return [kit.get(f"/bench/rows?area={street_code(0)}{one:03d}", **PLAIN) for one in range(1, 7)]


def _bare(kit: Kit) -> list[str]:
    return [kit.get(f"/bench/page?area={street_code(0)}{one:03d}", **PLAIN) for one in range(1, 7)]


def _inserts(kit: Kit) -> list[str]:
    body = json.dumps({"words": "路灯连着三盏都不亮。" * 14}, ensure_ascii=False)
    return [kit.post("/bench/inserts", body, "application/json", **PLAIN)]


# Writes


def _forms(kit: Kit) -> list[str]:
    made = []
    for place, draft in enumerate(kit.prepared["drafts"]):
        given = {"csrfmiddlewaretoken": CSRF, "key": draft["key"], "seen": draft["seen"], "reply_by": "page"}
        if place % 2:  # every second caller leaves a phone
            given |= {"reply_by": "phone", "phone": "02000000000", "name": "居民甲", "consent": "on"}
        cookie = f"sessionid={draft['session']}; csrftoken={CSRF}; huying_area={street_code(draft['street'])}"
        made.append(
            kit.post(
                "/report/check/",
                urlencode(given),
                "application/x-www-form-urlencoded",
                Cookie=cookie,
                X_Forwarded_For=_address(kit.rng),
            )  # fmt: skip
        )
    return made


def _api_reports(kit: Kit) -> list[str]:
    texts = kit.prepared["words"]
    squares = [list(grids_of(number)) for number in range(kit.ground.streets)]
    shares = SHARES[: kit.ground.streets]
    made = []
    for place in range(len(kit.prepared["drafts"])):
        (number,) = kit.rng.choices(range(kit.ground.streets), shares)
        (west, south), by = kit.rng.choice(squares[number])[1], kit.rng.uniform(0.001, 0.009)
        body = {
            "words": texts[place % len(texts)], "area_code": street_code(number), "lng": round(west + by, 6),
            "lat": round(south + by, 6),
        }  # fmt: skip
        made.append(
            kit.post(
                "/api/v1/reports",
                json.dumps(body, ensure_ascii=False),
                "application/json",
                Accept="application/json",
                Idempotency_Key=str(uuid.UUID(int=kit.rng.getrandbits(128))),
                X_Forwarded_For=_address(kit.rng),
            )  # fmt: skip
        )
    return made


def _moves(kit: Kit) -> list[str]:
    body = json.dumps({"values": {"type_code": TYPE, "grade": "ordinary"}})
    return [
        kit.post(
            f"/api/v1/cases/{one}/moves/register",
            body,
            "application/json",
            Idempotency_Key=str(uuid.UUID(int=kit.rng.getrandbits(128))),
            **kit.with_token(kit.ground.tokens[int(street) - 1]["dispatcher"]),
        )  # fmt: skip
        for one, street in kit.taken_in
    ]


# Reads


def _api_list(kit: Kit) -> list[str]:
    def asked(number: int) -> Iterator[str]:
        headers = kit.with_token(kit.ground.tokens[number]["dispatcher"])
        for one in range(1, COMMUNITIES + 1):
            yield kit.get(f"/api/v1/cases?area={street_code(number)}{one:03d}&state=closed&limit=50", **headers)

    others = () if kit.alone else range(1, kit.ground.streets)
    return _in_turn(asked(0), chain.from_iterable(map(asked, others)))


def _desk_list(kit: Kit) -> list[str]:
    def asked(number: int, headers: dict[str, str]) -> Iterator[str]:
        filters = [
            "",
            *(f"?area={street_code(number)}{one:03d}" for one in range(1, COMMUNITIES + 1)),
            *(f"?state={one}" for one in STATES),
            *(f"?matter={one}" for one in MATTERS),
        ]
        return (kit.get(f"/desk/list/{one}", **headers) for one in filters)

    own = kit.as_person("dispatcher1")
    further = (kit.get(f"/desk/list/?after={one}", **own) for one in kit.prepared["after"])
    mine = [one for pair in zip_longest(asked(0, own), further) for one in pair if one]
    return _in_turn(mine, chain.from_iterable(asked(*twin) for twin in kit.as_twins("dispatcher1")))


def _api_case(kit: Kit) -> list[str]:
    return [kit.get(f"/api/v1/cases/{one}", **kit.with_token(kit.token)) for one in kit.prepared["cases"]]


def _case_page(kit: Kit) -> list[str]:
    return [kit.get(f"/desk/cases/{one}/", **kit.as_person("dispatcher1")) for one in kit.prepared["cases"]]


def _mine(who: str) -> Make:
    def make(kit: Kit) -> list[str]:
        others = (kit.get("/desk/", **headers) for _number, headers in kit.as_twins(who))
        return _in_turn([kit.get("/desk/", **kit.as_person(who))], others)

    return make


def _search(who: str, words: str, *also: str) -> Make:
    def make(kit: Kit) -> list[str]:
        path = f"/desk/search/?q={quote(words)}"
        others = [kit.get(path, **headers) for _number, headers in kit.as_twins(who)]
        if not kit.alone:
            others += [kit.get(f"/desk/search/?q={quote(one)}", **kit.as_person(who)) for one in also]
        return _in_turn([kit.get(path, **kit.as_person(who))], others)

    return make


def _map(kit: Kit) -> list[str]:
    headers = kit.as_person("district-head")
    return [kit.get(f"/desk/list/box.json?box={box}&limit={POINTS}", **headers) for box in BOXES]


def _api_map(kit: Kit) -> list[str]:
    headers = kit.with_token(kit.token)
    return [kit.get(f"/api/v1/cases-in-box?box={box}&limit={POINTS}", **headers) for box in BOXES]


def _board(kit: Kit) -> list[str]:
    headers = kit.as_person("district-head")

    def asked(code: str) -> str:
        return kit.get(f"/desk/board/?area={code}", **headers)

    streets = [street_code(number) for number in range(kit.ground.streets)]
    communities = [f"{street_code(0)}{one:03d}" for one in range(1, COMMUNITIES + 1)]
    return _in_turn([asked(DISTRICT), asked(street_code(0))], map(asked, [*communities, *streets[1:]]))


def _assess(kit: Kit) -> list[str]:
    """A month of a sub-district by unit and by community: this one, with what is ahead, and the two before."""
    headers = kit.as_person("district-head")
    this = month_of(datetime.now(UTC))
    return [
        kit.get(f"/desk/assess/?area={street_code(number)}&month={month}&by={by}", **headers)
        for month in (this.last, this, this.last.last)
        for number in range(kit.ground.streets)
        for by in ("unit", "area")
    ]


def _status(kit: Kit) -> list[str]:
    return [
        kit.get(f"/status/{report}/", Cookie=f"sessionid={session}", Accept="text/html")
        for report, session in kit.prepared["status"]
    ]


MINE = (at_most("p95_ms", 120), at_most("database_ms", 3))
FOUND = (at_most("p95_ms", 80), at_most("database_ms", 15))

REFERENCES: tuple[Door, ...] = (
    Door("ref_rows", "50 rows by raw SQL to JSON", _rows),
    Door("ref_inserts", "two committed inserts", _inserts, status=201),
    Door("ref_page", "a bare template with 50 rows", _bare),
)
DOORS: tuple[Door, ...] = (
    Door(
        "report_form", "a resident sends the form", _forms,
        (at_least("ratio", 0.2), at_most("p95_ms", 120), at_most("statements", 14), at_least("per_second", 150)),
        "ref_inserts", status=302, once=True,
    ),
    Door(
        "report_api", "a program reports without a token", _api_reports,
        (at_least("ratio", 0.2), at_most("p95_ms", 120), at_most("statements", 14), at_least("per_second", 150)),
        "ref_inserts", status=201, once=True,
        keep=('"case_id":"([0-9a-f-]{36})"', r'"number":"\d{8}-(\d{3})-'),
    ),
    Door(
        "move", "a move by the API: register", _moves,
        (at_least("ratio", 0.12), at_most("p95_ms", 120), at_most("statements", 20)), "ref_inserts", once=True,
    ),
    Door(
        "api_list", "API: the newest 50 with area and state", _api_list,
        (at_least("ratio", 0.4), at_most("statements", 6)), "ref_rows",
    ),
    Door(
        "desk_list", "the desk's list page, 25 rows", _desk_list,
        (at_least("ratio", 0.5), at_most("p95_ms", 150)), "ref_page",
    ),
    Door("api_case", "API: one case whole", _api_case, (at_least("ratio", 0.4), at_most("statements", 10)), "ref_rows"),
    Door("case_page", "the page of a case", _case_page, (at_most("p95_ms", 120), at_most("statements", 10))),
    *(Door(f"mine_{who}", f"my work: {words}", _mine(who), MINE) for who, words in ROLES.items()),
    Door(
        "search_common_narrow", "search, a common word, a community",
        _search("committee1-secretary", COMMON, *ALSO_COMMON), FOUND,
    ),
    Door(
        "search_common_wide", "search, a common word, the district",
        _search("district-head", COMMON, *ALSO_COMMON), FOUND,
    ),
    Door("search_rare_narrow", "search, a rare word, a community", _search("committee1-secretary", RARE), FOUND),
    Door("search_rare_wide", "search, a rare word, the district", _search("district-head", RARE), FOUND),
    Door(
        "map_box", "the map: 500 points in a box", _map, (at_least("ratio", 0.4), at_most("database_ms", 3)),
        "ref_rows", by="bytes_per_second", least=('"Point"', POINTS),
    ),
    Door(
        "map_api", "API: open cases of a sub-district in a box", _api_map,
        (at_least("ratio", 0.4), at_most("database_ms", 3)), "ref_rows", by="bytes_per_second",
        least=(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", POINTS),
    ),
    Door("board", "the board: counts from tallies", _board, (at_most("p95_ms", 60), at_most("database_ms", 5))),
    Door("assess", "a sub-district's month: rates from cells", _assess, (at_most("database_ms", 20),)),
    Door("status", "a caller looks at the own report", _status, (at_most("p95_ms", 50),)),
)  # fmt: skip
WRITES = {one.name for one in DOORS if one.once} | {one.reference for one in DOORS if one.once}
"""They fill the world: measured after all others."""
BY_NAME = {one.name: one for one in (*REFERENCES, *DOORS)}
