"""A report being written: kept in the session from step to step, so that nothing typed is lost. No contact data."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from huying.cases.actions import NewReport
from huying.cases.queries.said import line_of
from huying.cases.rules import Channel, ReplyBy
from huying.kernel.actor import ActorKind
from huying.kernel.doors import actor_of
from huying.kernel.ids import uuid7
from huying.matters import queries as matters
from huying.places import queries as places
from huying.places.rules import street_of
from huying.portal.rules import DRAFT_FOR, UNSURE

KEY = "portal.draft"


@dataclass
class Draft:
    """What was said so far. `key` makes the sending idempotent; `follows` is the matter that this one is tied to."""

    key: str
    street: str
    words: str = ""
    photos: list[str] = field(default_factory=list)  # tokens of held uploads
    papers: list[str] = field(default_factory=list)
    voice: list[str] = field(default_factory=list)
    kind: str = ""  # a type's code, or UNSURE; "" where nothing was asked yet
    calmed: str = ""  # the number that was shown for words of danger, once the person went on
    lng: float | None = None
    lat: float | None = None
    grid: str = ""
    estate: str = ""
    place_words: str = ""
    placed: bool = False  # the second step is done, be it with "not sure"
    outside_meant: bool = False
    asked_likely: bool = False
    follows: str = ""
    asked_known: bool = False  # whether it is one of the known incidents there
    incident: str = ""  # the known incident that the person says it is
    about_staff: bool = False

    @property
    def type_code(self) -> str:
        return "" if self.kind == UNSURE else self.kind

    @property
    def type_name(self) -> str:
        return matters.name_of(self.type_code) if self.type_code else ""

    @property
    def place_line(self) -> str:
        """The estate and how to find it, as one line."""
        return line_of(self.estate, self.place_words)

    def mark(self) -> str:
        """Changes with whatever will be sent: a page that shows something older is not sent."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def located(self) -> tuple[str, bool]:
        """The area of the point or the chosen grid, and whether the point lies outside the sub-district."""
        if self.lng is not None and self.lat is not None:
            found = places.locate(self.lng, self.lat)
            if found is None or not found.area_code.startswith(self.street):
                return "", True
            return found.area_code, False
        return self.grid, False

    def new_report(self, *, reply_by: str, about_staff: bool) -> NewReport:
        return NewReport(
            words=self.words,
            area_code=self.street,
            channel=Channel.PORTAL,
            lng=self.lng,
            lat=self.lat,
            grid_code=self.grid,
            place_words=self.place_line,
            type_code=self.type_code,
            reply_by=ReplyBy(reply_by),
            about_staff=about_staff,
            follows_id=UUID(self.follows) if self.follows else None,
        )

    def set_point(self, lng: float | None, lat: float | None) -> None:
        """Take the point; one that lies in another sub-district of this house goes to that one's desk."""
        self.lng, self.lat = lng, lat
        if lng is None or lat is None:
            return
        found = places.locate(lng, lat)
        there = street_of(found.area_code) if found is not None else ""
        if there and there != self.street:
            self.street, self.grid, self.follows, self.asked_likely = there, "", "", False
            self.asked_known, self.incident = False, ""


def load(request: HttpRequest) -> Draft | None:
    """The draft of this session, or None where there is none (or an older version's)."""
    found: Any = request.session.get(KEY)
    try:
        return Draft(**found) if isinstance(found, dict) else None
    except TypeError:
        return None


def start(street: str) -> Draft:
    return Draft(key=str(uuid7()), street=street)


def save(request: HttpRequest, draft: Draft) -> None:
    request.session[KEY] = asdict(draft)
    if actor_of(request).kind != ActorKind.PERSON:
        # As long as held photos live. A member of staff keeps the short session, which is theirs for other reasons.
        request.session.set_expiry(int(DRAFT_FOR.total_seconds()))


def drop(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
