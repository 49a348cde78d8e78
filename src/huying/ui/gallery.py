"""Made-up data that shows each component in each of its states (gallery.json); every name and number is invented."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import forms

from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import Unavailable
from huying.ui.context import Group, Item, Menu
from huying.ui.site import Site


@dataclass(frozen=True)
class ShownClock:
    """A clock as the light reads it."""

    started_at: datetime
    due_at: datetime
    yellow_at: datetime | None = None
    paused_at: datetime | None = None


class Several(forms.FileInput):
    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__({"multiple": True})


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return data


def _told(part: str) -> dict[str, Any]:
    return deepcopy(_read()[part])


def _form_class() -> type[forms.Form]:
    """One field of each layout, labelled from the data."""
    labels: dict[str, str] = _read()["labels"]
    choices = {
        name: [(str(place), word) for place, word in enumerate(words)] for name, words in _read()["choices"].items()
    }
    radio = forms.RadioSelect
    return type(
        "ShownForm",
        (forms.Form,),
        {
            "phone": forms.CharField(label=labels["phone"], help_text=labels["phone_help"], required=False),
            "words": forms.CharField(label=labels["words"], widget=forms.Textarea(attrs={"rows": 2})),
            "unit": forms.ChoiceField(label=labels["unit"], choices=choices["unit"]),
            "solved": forms.ChoiceField(label=labels["solved"], widget=radio, choices=choices["solved"]),
            "answer_by": forms.ChoiceField(label=labels["answer_by"], widget=radio, choices=choices["answer_by"]),
            "grade": forms.ChoiceField(label=labels["grade"], widget=radio, choices=choices["grade"]),
            "seen": forms.MultipleChoiceField(
                label=labels["seen"], widget=forms.CheckboxSelectMultiple, choices=choices["seen"]
            ),
            "photos": forms.FileField(label=labels["photos"], required=False, widget=Several),
            "agreed": forms.BooleanField(label=labels["agreed"]),
            "key": forms.CharField(widget=forms.HiddenInput, required=False),
        },
    )


def _forms() -> dict[str, forms.Form]:
    """A form as it was typed, and one with two faults."""
    shown = _form_class()
    faulty = shown({f"bad-{name}": value for name, value in _read()["mistyped"].items()}, prefix="bad")
    faulty.is_valid()
    faulty.errors.clear()
    for name, sentence in _read()["faults"].items():
        faulty.add_error(name, sentence)
    return {"form": shown(initial=_read()["typed"], prefix="shown"), "faulty": faulty}


def _clock(now: datetime, used: int, left: int, paused: int | None) -> ShownClock:
    clock = ShownClock(now - timedelta(minutes=used), now + timedelta(minutes=left))
    return clock if paused is None else replace(clock, paused_at=now - timedelta(minutes=paused))


def _menu() -> Menu:
    groups = tuple(
        Group(group["key"], group["label"], tuple(Item(url="#t", **item) for item in group["items"]))
        for group in _read()["menu"]
    )
    every = tuple(item for group in groups for item in group.items)
    return Menu(groups, every[:4], every[4:])


def _person() -> dict[str, Any]:
    """A made-up person with menu and search, so that the frame is shown too."""
    return {
        "actor": Actor(kind=ActorKind.PERSON, name=_read()["person"]),
        "person_post": _read()["post"],
        "menu": _menu(),
        "site": Site(**_read()["site"]),
        "search_url": "/ui/",
        "news_url": "#t",
        "bell_url": "",  # the gallery is fed by no stream
        "unread_count": 3,
    }


def desk(now: datetime) -> dict[str, Any]:
    data = _told("desk")
    for row in data["rows"]:
        row["clock"] = _clock(now, *row["clock"])
    for line in data["history"]:
        line["at"] = now - timedelta(minutes=line["at"])
    clocks = {f"clock_{tone}": data["rows"][place]["clock"] for tone, place in data["clocks"].items()}
    return {**data, **clocks, **_forms(), **_person(), "now": now}


def portal(now: datetime) -> dict[str, Any]:
    times = {"due": now + timedelta(days=2, minutes=7), "late": now - timedelta(hours=2, minutes=10)}
    return {**_told("portal"), **times, **_forms(), "site": Site(**_read()["site"]), "now": now}


def problem() -> dict[str, Any]:
    return {"problem": Unavailable(), "back_url": "/ui/", "site": Site(**_read()["site"])}


def areas() -> dict[str, Any]:
    """Six grids side by side, one community around them, as the map component takes them."""
    west, south, wide, high = 113.30, 23.10, 0.004, 0.003
    shapes: list[dict[str, Any]] = []
    for place, name in enumerate(_read()["grids"]):
        x, y = west + wide * (place % 3), south + high * (place // 3)
        lean = 0.0006 * (place % 3)
        ring = [[x + lean, y], [x + wide, y + lean / 2], [x + wide, y + high], [x, y + high], [x + lean, y]]
        shapes.append(_shape(ring, name, f"990101001001{place + 1:03d}", "grid"))
    east, north = west + 3 * wide, south + 2 * high
    around = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    shapes.append(_shape(around, _read()["community"], "990101001001", "community"))
    return {"type": "FeatureCollection", "features": shapes}


def _shape(ring: list[list[float]], name: str, code: str, tier: str) -> dict[str, Any]:
    properties = {"name": name, "code": code, "tier": tier}
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties}


def points() -> dict[str, Any]:
    """Three numbered dots, one of each light."""
    features = []
    for number, (x, y, tone) in enumerate(_read()["points"], start=1):
        properties = {"number": number, "tone": tone, "name": _read()["grids"][number], "url": f"#row-{number}"}
        shape = {"type": "Point", "coordinates": [x, y]}
        features.append({"type": "Feature", "geometry": shape, "properties": properties})
    return {"type": "FeatureCollection", "features": features}
