"""Guards that are tables: moves, duties of verbs, doors of pages and operations, registers, steps-up."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from prove.guards import switch
from prove.guards.switch import DUTY, INVERTED, OPENED, REMOVED, SCOPE, declare, feel, is_set

Door = tuple[str, Callable[..., Any]]


def wrap() -> None:
    """After Django's set-up: every guard of every table."""
    moves()
    duties()
    doors()
    operations()
    registers()


def flows() -> Iterator[tuple[str, Any]]:
    """Every table of moves of the product, by module and name."""
    import huying
    from huying.kernel.flow import Flow

    seen: set[int] = set()
    for one in pkgutil.walk_packages(huying.__path__, "huying."):
        if one.name.endswith(("rules", "plans")) or ".rules." in one.name:
            module = import_module(one.name)
            for name, value in sorted(vars(module).items()):
                if isinstance(value, Flow) and id(value) not in seen and _home(value, module.__name__):
                    seen.add(id(value))
                    yield f"{module.__name__.removeprefix('huying.')}.{name}", value


def _home(flow: Any, module: str) -> bool:
    """Whether the table is written here: not where it is only handed on."""
    return not (module.endswith(".rules") and module.startswith("huying.cases"))


def moves() -> None:
    from huying.kernel.flow import Flow

    names: dict[int, str] = {}
    for name, flow in flows():
        names[id(flow)] = name
        rows: dict[Any, int] = {}
        for move in flow.moves:
            rows[move.verb] = rows.get(move.verb, 0) + 1
            row = f"flow:{name}:{move.verb.value}.{rows[move.verb]}"
            wrapped = tuple(
                switch.guarded(declare(f"{row}:{one.__name__}", REMOVED, INVERTED), one) for one in move.guards
            )
            object.__setattr__(move, "guards", wrapped)
        if not name.startswith("cases."):
            for verb, held in flow.by_verb.items():
                if held[0].duty is not None:
                    declare(f"duty:{name}:{verb.value}", REMOVED)
    asked = Flow.duty

    def duty(self: Any, verb: Any) -> Any:
        value = asked(self, verb)
        place = f"duty:{names.get(id(self), '')}:{getattr(verb, 'value', verb)}"
        if value is None or place not in switch.known:
            return value
        feel(place, REMOVED)
        return None if is_set(place, REMOVED) else value

    Flow.duty = duty  # type: ignore[method-assign]


def duties() -> None:
    """Of a case's verbs: everybody's duty does, or the duty held anywhere does."""
    from huying.cases.actions.docket import Docket
    from huying.cases.rules import FLOW, By, alternatives
    from huying.kernel.actor import ActorKind

    whole: dict[tuple[Any, Any, Any], str] = {}
    for verb in FLOW.by_verb:
        for by, duty in alternatives(verb):
            ways = (REMOVED,) if duty is None else (DUTY, SCOPE)
            if by != By.ANYBODY:
                whole[verb, by, duty] = declare(f"verb:{verb.value}:{by.value}:{duty.value if duty else ''}", *ways)
    holds = Docket._holds

    def mutated(self: Any, place: str, way: str, by: Any, duty: Any, actor: Any, order_id: Any) -> bool:
        if way == REMOVED:
            return True
        if way == SCOPE:
            return actor.kind == ActorKind.PERSON and actor.has(duty)
        every = {one for grant in actor.grants for one in grant.duties}
        return any(holds(self, by, one, actor, order_id) for one in every)

    def may_walk(self: Any, verb: Any, actor: Any, order_id: Any = None) -> bool:
        if actor.kind in (ActorKind.RULE, ActorKind.SYSTEM):
            return True
        value = any(holds(self, by, duty, actor, order_id) for by, duty in alternatives(verb))
        if value or (switch.active is None and switch.felt is None):
            return value
        for by, duty in alternatives(verb):
            place = whole.get((verb, by, duty))
            if place is None:
                continue
            for way in switch.known[place]:
                if switch.active is None:
                    feel(place, way, mutated(self, place, way, by, duty, actor, order_id))
                elif is_set(place, way):
                    return mutated(self, place, way, by, duty, actor, order_id)
        return value

    Docket.may_walk = may_walk  # type: ignore[method-assign]


def pages() -> Iterator[Door]:
    from django.urls import get_resolver

    seen: set[int] = set()

    def walk(patterns: Any) -> Iterator[Door]:
        for one in patterns:
            if hasattr(one, "url_patterns"):
                yield from walk(one.url_patterns)
            elif id(one.callback) not in seen:
                seen.add(id(one.callback))
                yield f"{one.callback.__module__.removeprefix('huying.')}.{one.callback.__qualname__}", one.callback

    return walk(get_resolver().url_patterns)


def doors() -> None:
    """`@staff` of every page: open to all, or its duty dropped; `@sensitive`: not asked."""
    from huying.kernel import doors as kernel

    plain: dict[Any, Callable[..., Any]] = {}

    def shaped(duty: Any, view: Any) -> Callable[..., Any]:
        def guarded(request: Any, *args: Any, **options: Any) -> Any:
            return _at_the_door(duty, view, request, args, options)  # type: ignore[name-defined]  # noqa: F821

        return guarded

    def at_the_door(duty: Any, view: Any, request: Any, args: Any, options: Any) -> Any:
        place = f"door:{view.__module__.removeprefix('huying.')}.{view.__qualname__}"
        actor = kernel.actor_of(request)
        person = actor.kind == "person"
        feel(place, OPENED, not person)
        feel(place, DUTY, person and duty is not None and not actor.has(duty))
        if is_set(place, OPENED) or (is_set(place, DUTY) and person):
            return view(request, *args, **options)
        if view not in plain:
            plain[view] = kernel.staff(duty)(view)
        return plain[view](request, *args, **options)

    kernel._at_the_door = at_the_door  # type: ignore[attr-defined]
    code = shaped(None, None).__code__
    for name, view in pages():
        kind, duty = getattr(view, "door", (None, None))
        if kind == "staff":
            inner = _guarded(view)
            declare(f"door:{name}", *((OPENED, DUTY) if duty else (OPENED,)))
            assert inner.__code__.co_freevars == code.co_freevars, name
            inner.__code__ = code
        if getattr(view, "sensitive", False):
            _sensitive(declare(f"sensitive:{name}", REMOVED), view)


def _guarded(view: Any) -> Any:
    """The function that `staff` made, perhaps under other decorators."""
    while view.__code__.co_name != "guarded":
        view = view.__wrapped__
    return view


def _sensitive(place: str, view: Any) -> None:
    before = view.sensitive

    def asked(request: Any, options: Any) -> bool:
        value = bool(before(request, options) if callable(before) else before)
        feel(place, REMOVED, value)
        return value and not is_set(place, REMOVED)

    view.sensitive = asked


def operations() -> None:
    from huying.config.api import operations as every
    from huying.kernel.api import Door

    for one in every():
        for door in one.auth_callbacks:
            if isinstance(door, Door) and not door.public:
                ways = (OPENED, DUTY) if door.duty else (OPENED,)
                door.place = declare(f"operation:{one.operation_id}", *ways)  # type: ignore[attr-defined]
    knock = Door.__call__

    def call(self: Any, request: Any) -> bool:
        place = getattr(self, "place", "")
        if place and (is_set(place, OPENED) or is_set(place, DUTY)):
            try:
                return knock(self, request)
            except Exception:
                if is_set(place, OPENED) or _person(request):
                    return True
                raise
        try:
            return knock(self, request)
        except Exception:
            if place and switch.felt is not None:
                feel(place, DUTY if _person(request) else OPENED)
            raise

    Door.__call__ = call  # type: ignore[method-assign]


def _person(request: Any) -> bool:
    """Nobody at all, where a wrong token was refused before anybody was put on the request."""
    return getattr(getattr(request, "actor", None), "kind", "") == "person"


def registers() -> None:
    """Every register's rows: all of them, whoever looks; and who may write."""
    from huying.registers import declared

    for key, register in sorted(declared.REGISTERS.items()):
        place = declare(f"register:{key}:branches", REMOVED)
        register.branches = _all_rows(place, register, register.branches)


def _all_rows(place: str, register: Any, branches: Any) -> Any:
    def mutated(viewer: Any) -> Any:
        feel(place, REMOVED)
        return [register.rows()] if is_set(place, REMOVED) else branches(viewer)

    return mutated
