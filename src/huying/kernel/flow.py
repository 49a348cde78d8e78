"""A state machine as data: moves with sources, target, duty and guards.

Buttons, permissions, API errors, tests and the published diagram read one table. No Django here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from huying.kernel.refusals import IllegalMove
from huying.kernel.terms import Label, _


class Facts(Protocol):
    """What guards look at; `state` is the present state, None before the first move."""

    @property
    def state(self) -> Any: ...


Guard = Callable[[Any], bool]


def guard(says: Label) -> Callable[[Guard], Guard]:
    """Name a guard's refusal: the sentence a person reads when it says no."""

    def wrap(function: Guard) -> Guard:
        function.says = says  # type: ignore[attr-defined]
        return function

    return wrap


def says_of(one: Guard) -> Label:
    return getattr(one, "says", IllegalMove.says)


@dataclass(frozen=True)
class Move:
    """One row: from any of `sources` by `verb` to `target` (None: the state stays)."""

    verb: Any
    sources: frozenset[Any]
    target: Any | None
    duty: Any | None = None
    guards: tuple[Guard, ...] = ()

    def __init__(
        self,
        verb: Any,
        sources: Iterable[Any],
        target: Any | None,
        *,
        duty: Any | None = None,
        guards: Sequence[Guard] = (),
    ) -> None:
        object.__setattr__(self, "verb", verb)
        object.__setattr__(self, "sources", frozenset(sources))
        object.__setattr__(self, "target", target)
        object.__setattr__(self, "duty", duty)
        object.__setattr__(self, "guards", tuple(guards))

    def lands(self, state: Any) -> Any:
        return state if self.target is None else self.target


@dataclass
class Flow:
    """The table of moves of one kind of thing."""

    moves: Sequence[Move]
    by_verb: dict[Any, list[Move]] = field(init=False)

    def __post_init__(self) -> None:
        self.by_verb = {}
        for move in self.moves:
            self.by_verb.setdefault(move.verb, []).append(move)

    def __iter__(self) -> Iterator[Move]:
        return iter(self.moves)

    def duty(self, verb: Any) -> Any | None:
        """The duty a verb asks for: one for all its rows (held by a test)."""
        return self.by_verb[verb][0].duty

    def refusal(self, verb: Any, facts: Facts) -> IllegalMove | None:
        """Why the verb is refused now, or None where exactly one row fits."""
        try:
            self.move(verb, facts)
        except IllegalMove as why:
            return why
        return None

    def move(self, verb: Any, facts: Facts) -> Move:
        """The first row whose source and guards fit; raises IllegalMove naming the guard that refused."""
        refused: Guard | None = None
        furthest = -1
        for move in self.by_verb.get(verb, []):
            if facts.state not in move.sources:
                continue
            passed, failing = next(
                ((place, one) for place, one in enumerate(move.guards) if not one(facts)), (len(move.guards), None)
            )
            if failing is None:
                return move
            # The row that came furthest says best what is still missing.
            if passed >= furthest:
                furthest, refused = passed, failing
        state = _stored(facts.state)
        if refused is None:
            raise IllegalMove(
                _("这件事现在的状态不能走这一步。请刷新看看它到了哪一步。"), state=state, verb=_stored(verb)
            )
        raise IllegalMove(says_of(refused), state=state, verb=_stored(verb), guard=getattr(refused, "__name__", ""))

    def legal(self, facts: Facts) -> list[Move]:
        """Every row that could be walked now, one a verb, in table order."""
        found: dict[Any, Move] = {}
        for move in self.moves:
            fits = facts.state in move.sources and all(one(facts) for one in move.guards)
            if fits and move.verb not in found:
                found[move.verb] = move
        return list(found.values())

    def mermaid(self) -> str:
        """The table as a mermaid state diagram; moves that stay are left out."""
        lines = ["stateDiagram-v2"]
        for move in self.moves:
            if move.target is None:
                continue
            for source in sorted(move.sources, key=_stored):
                lines.append(f"    {_stored(source) or '[*]'} --> {_stored(move.target)}: {_stored(move.verb)}")
        return "\n".join(dict.fromkeys(lines)) + "\n"


def _stored(word: Any) -> str:
    return "" if word is None else str(word.value) if isinstance(word, Enum) else str(word)
