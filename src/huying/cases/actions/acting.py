"""How a step becomes an act: one transaction, scope and lock first, the step on a docket, one flush.

`@act` turns `def dispatch_case(docket, *, ..., actor, now)` into an action called as
`dispatch_case(case_id, ..., actor=actor, now=now)`. `.once(key, case_id, ...)` makes it idempotent by a
client key; `.step` is the step itself, which the bulk builder walks. `@act_with` names further cases that the act
touches: all are locked in one order, and their dockets are `docket.others`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Concatenate, Generic, ParamSpec, cast
from uuid import UUID

from django.db import transaction

from huying.audit import queries as audit
from huying.audit.models import History
from huying.audit.queries import body_hash
from huying.cases import queries
from huying.cases.actions.docket import Docket, Knowledge, flush
from huying.cases.models import Case
from huying.kernel.actor import Actor
from huying.kernel.refusals import KeyReused, NotFound

P = ParamSpec("P")
Also = Callable[[UUID, dict[str, Any]], Iterable[UUID]]


_sent_as: ContextVar[str] = ContextVar("sent_as", default="")


@contextmanager
def sent_as(mark: str) -> Iterator[None]:
    """Inside, the body of an act is known by this mark of what was sent, not by what was understood of it.

    A form that comes once more may no longer be understood, because the case has moved on: its mark is the same.
    """
    before = _sent_as.set(mark)
    try:
        yield
    finally:
        _sent_as.reset(before)


_at_hand: ContextVar[Docket | None] = ContextVar("at_hand", default=None)


@contextmanager
def at_hand(docket: Docket) -> Iterator[None]:
    """Inside, an act on this case goes on from this docket, opened in the same transaction and not yet walked on."""
    before = _at_hand.set(docket)
    try:
        yield
    finally:
        _at_hand.reset(before)


def opened(case_id: UUID, *, actor: Actor, knowledge: Knowledge | None = None) -> Docket:
    """The docket of a case that the actor may see, its row locked; NotFound otherwise, whatever the reason."""
    ready = _at_hand.get()
    if ready is not None and ready.case.pk == case_id and ready.opened_for == actor:
        _at_hand.set(None)  # it serves one act: what that one leaves of it is no fresh reading
        return ready
    case = queries.locked(case_id, actor)
    if case is None:
        raise NotFound("case")
    docket = Docket.of(case, knowledge)
    docket.opened_for = actor
    return docket


class Act(Generic[P]):
    """One action on a case."""

    def __init__(self, step: Callable[Concatenate[Docket, P], object], also: Also | None = None) -> None:
        self.step = step
        self.also = also
        self.verb = step.__name__
        self.__doc__ = step.__doc__

    def __call__(self, case_id: UUID, *args: P.args, **kwargs: P.kwargs) -> Case:
        return self._run(None, case_id, *args, **kwargs)

    def walk(self, case_id: UUID, *args: P.args, **kwargs: P.kwargs) -> Docket:
        """As calling it, for whoever goes on at once: the docket as the act has left it."""
        with transaction.atomic():
            found = self._walked(None, False, case_id, *args, **kwargs)
        assert isinstance(found, Docket)  # without a key nothing was done before
        return found

    def once(self, key: UUID | None, case_id: UUID, *args: P.args, **kwargs: P.kwargs) -> Case:
        """The same key and body acts once and answers the same; another body is refused (KeyReused)."""
        return self._run(key, case_id, *args, **kwargs)

    def _run(self, key: UUID | None, case_id: UUID, *args: P.args, **kwargs: P.kwargs) -> Case:
        unused = key is not None and audit.take_unused(key)
        with transaction.atomic(savepoint=not unused):  # who found the key unused ends with what is refused here
            found = self._walked(key, unused, case_id, *args, **kwargs)
        return found.case if isinstance(found, Docket) else found

    def _walked(
        self, key: UUID | None, unused: bool, case_id: UUID, *args: P.args, **kwargs: P.kwargs
    ) -> Docket | Case:
        """The docket after the act, or the case of an act that was done before."""
        actor, now = cast(Actor, kwargs["actor"]), cast(datetime, kwargs["now"])
        checked, earlier = "", None
        if key is not None:
            checked = _sent_as.get() or body_hash(_canonical(self.verb, case_id, kwargs))
        if key is not None and not unused:
            audit.hold(key)  # before any row: the same key may come for another case
            earlier = audit.by_key(key)
            if earlier is not None and actor.id is not None and earlier.actor_id == actor.id:
                # What this person did may have taken the case out of their sight: the answer stays the same.
                return _again(earlier, checked, case_id)
        others = set(self.also(case_id, kwargs)) if self.also is not None else set()
        dockets = {one: opened(one, actor=actor) for one in sorted({case_id, *others})}  # locks in one order
        docket = dockets.pop(case_id)
        docket.others = list(dockets.values())
        if earlier is not None:
            return _again(earlier, checked, case_id)
        docket.key, docket.body_hash = key, checked
        self.step(docket, *args, **kwargs)
        flush([docket], verb=self.verb, now=now)
        return docket


def _again(earlier: History, checked: str, case_id: UUID) -> Case:
    """The case of an act that was done already."""
    if earlier.body_hash != checked:
        raise KeyReused
    return Case.objects.defer("search").get(pk=case_id)


def done_before(verb: str, object_id: UUID, given: dict[str, Any], key: UUID | None) -> tuple[str, History | None]:
    """For acts without a docket: the mark of what was sent, and the line of the act that this key did before.

    Nobody else uses the key until the transaction ends. Raises KeyReused where it came with another body.
    """
    if key is None:
        return "", None
    hashed = body_hash([verb, str(object_id), given])
    audit.hold(key)
    earlier = audit.by_key(key)
    if earlier is not None and earlier.body_hash != hashed:
        raise KeyReused
    return hashed, earlier


def act(step: Callable[Concatenate[Docket, P], object]) -> Act[P]:
    return Act(step)


def act_with(also: Also) -> Callable[[Callable[Concatenate[Docket, P], object]], Act[P]]:
    return lambda step: Act(step, also)


def _canonical(verb: str, case_id: UUID, kwargs: dict[str, Any]) -> str:
    body = {name: value for name, value in kwargs.items() if name not in ("actor", "now")}
    return json.dumps([verb, str(case_id), body], sort_keys=True, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset | tuple):
        return sorted(str(one) for one in value)
    digest = getattr(value, "sha256", None)  # a prepared picture is known by what it holds
    return digest if digest is not None else str(value)
