"""What the words of a call point to. Everything that asks triage for types asks here.

It helps and never stands in the way: whatever goes wrong, the catalogue's words are asked alone, and where they fail,
nothing is suggested. What is kept is kept for the process: no request pays a statement for it, but one a minute.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from uuid import UUID

from huying.cases.models import TriageModel
from huying.cases.queries import triage_files
from huying.cases.rules.masking import masked
from huying.cases.rules.triage import ModelState
from huying.matters import queries as matters
from huying.matters.queries import Suggestion
from huying.places.rules import street_of
from huying.triage.blend import Together
from huying.triage.cold import Cold
from huying.triage.model import Model
from huying.triage.suggestion import Suggests

SUGGESTED: Final = 3
READ: Final = 4000
"""So many characters are read; nobody says more before the point."""
SLOW_SECONDS: Final = 0.25
"""Longer than this and a suggestion is no help while somebody talks."""
REST_SECONDS: Final = 300.0
LOOK_AGAIN_SECONDS: Final = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pointing:
    """The best types, best first, and the street's model that said so; None where the catalogue's words spoke alone."""

    types: list[Suggestion]
    model_id: UUID | None = None
    model: int = 0
    known: float | None = None  # how much of the call the model had met; None without a model


@dataclass(frozen=True)
class _Asked:
    """Who suggests for an area."""

    suggests: Suggests
    learned: Model | None = None
    model_id: UUID | None = None
    number: int = 0


class _Kept:
    """What this process has read: the catalogue's words of the version in force, and the models in use."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.forget()

    def forget(self) -> None:
        self._cold: tuple[int, Suggests] | None = None
        self._rows: dict[str, tuple[UUID, int, str, dict[str, Any]]] = {}
        self._looked = 0.0
        self._asked: dict[str, _Asked] = {}
        self.rests_until = 0.0

    def of(self, area_code: str) -> _Asked | None:
        """Who suggests for an area; None before there is a catalogue."""
        types = matters.active_types()
        if not types:
            return None
        with self._lock:
            if self._cold is None or self._cold[0] != matters.counter():
                self._cold, self._asked = (matters.counter(), Cold.of(types)), {}
            if not self._looked or time.monotonic() - self._looked > LOOK_AGAIN_SECONDS:
                self._look()
            street = street_of(area_code) or ""
            if street not in self._rows:
                return _Asked(self._cold[1])
            if street not in self._asked:
                pk, number, sha256, learned_with = self._rows[street]
                learned = triage_files.load(pk, sha256)
                both = joined(self._cold[1], learned, learned_with)
                self._asked[street] = _Asked(both, learned, pk, number)
            return self._asked[street]

    def _look(self) -> None:
        used = TriageModel.objects.filter(state=ModelState.IN_USE)
        rows = used.values_list("area_code", "pk", "number", "sha256", "learned_with")
        fresh = {area: (pk, number, sha256, with_) for area, pk, number, sha256, with_ in rows}
        if fresh != self._rows:
            self._asked = {}
        self._rows, self._looked = fresh, time.monotonic()


def joined(cold: Suggests, learned: Model, learned_with: Mapping[str, Any]) -> Suggests:
    """The catalogue's words and a model as one: `learned_with` has the cases of each type and the temperature."""
    return Together(cold, learned, learned_with["examples"], learned_with["temperature"])


_KEPT = _Kept()


def forget() -> None:
    """Look anew which models there are: after one came into use, and between tests."""
    _KEPT.forget()


def types_for(words: str, area_code: str, *, top: int = SUGGESTED) -> Pointing:
    """The types that the words of a call in this area point to. It never raises, and soon gives up where it is slow."""
    text = masked(words[:READ])
    began = time.monotonic()
    if began < _KEPT.rests_until:
        return _by_words(text, top)
    try:
        found = _pointed(text, area_code, top)
    except Exception:  # whatever it is: the form goes on without it
        _log.exception("triage failed; the catalogue's words are asked alone for %.0f s", REST_SECONDS)
        _KEPT.rests_until = began + REST_SECONDS
        return _by_words(text, top)
    if time.monotonic() - began > SLOW_SECONDS and found.model_id is not None:
        _log.warning("triage took longer than %.2f s and rests for %.0f s", SLOW_SECONDS, REST_SECONDS)
        _KEPT.rests_until = began + REST_SECONDS
    return found


def _pointed(text: str, area_code: str, top: int) -> Pointing:
    asked = _KEPT.of(area_code)
    if asked is None or not text.strip():
        return Pointing([])
    kinds = {one.code: one for one in matters.active_types()}
    found = [one for one in asked.suggests.suggest(text, top=top) if one.code in kinds]
    known = triage_files.known_share(asked.learned, text) if asked.learned is not None else None
    types = [Suggestion(kinds[one.code], one.confidence, one.words) for one in found]
    return Pointing(types, asked.model_id, asked.number, known)


def _by_words(text: str, top: int) -> Pointing:
    try:
        return Pointing(matters.suggest(text, top, near=True))
    except Exception:
        _log.exception("the catalogue's words could not be asked either")
        return Pointing([])
