"""Real breaks: each takes one guard of the product away for the rest of the process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.urls import get_resolver

from huying.kernel.refusals import NotFound


def everywhere(old: Any, new: Any) -> None:
    """Every name in the product that stands for a function stands for another from now on."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("huying."):
            continue
        for key, value in list(vars(module).items()):
            if value is old:
                setattr(module, key, new)


def scope_off() -> None:
    """Lists of cases are no longer cut to what the viewer sees."""
    from huying.cases.models import Case
    from huying.cases.queries import scope

    for one in (scope.branches_seen_by, scope.area_branches):
        everywhere(one, lambda viewer: [Case.objects.defer("search").all()])


def recusal_off() -> None:
    """Whoever is to keep away is not subtracted."""
    from huying.cases.queries import scope

    everywhere(scope.not_recused, lambda viewer, case="pk": Q())


def confidential_off() -> None:
    """Confidential cases are seen by place like all others."""
    from huying.cases.models import Case
    from huying.cases.queries import scope
    from huying.people.rules import Duty

    everywhere(
        scope.area_branches,
        lambda viewer: [Case.objects.defer("search").filter(scope.within([one])) for one in viewer.areas(Duty.READ)],
    )


def guard_off() -> None:
    """One page of the desk forgets to ask for its duty."""
    for one in _patterns(get_resolver()):
        view = one.callback
        kind, duty = getattr(view, "door", (None, None))
        if one.name == "exports" and kind == "staff":
            inner = _innermost(view)

            def bare(request: Any, *args: Any, _inner: Callable[..., Any] = inner, **options: Any) -> Any:
                return _inner(request, *args, **options)

            bare.door = (kind, duty)
            one.callback = bare
            return
    raise SystemExit("there is no page of exports any more")


def _innermost(view: Any) -> Any:
    while hasattr(view, "__wrapped__"):
        view = view.__wrapped__
    return view


def _patterns(resolver: Any) -> Any:
    for one in resolver.url_patterns:
        if hasattr(one, "url_patterns"):
            yield from _patterns(one)
        else:
            yield one


def export_off() -> None:
    """A sheet of a register holds every row there is."""
    from huying.registers import queries

    def every(register: Any, viewer: Any, wanted: Any, *, now: Any) -> Any:
        rows = register.rows().filter(queries.narrowed(register, wanted, now=now)).order_by("pk")
        yield from queries.with_links(register, list(rows))

    everywhere(queries.export_rows, every)


class Hidden(NotFound):
    """What is there and not to be seen says so."""

    says = "这件事不归您看。"


def sentence_other() -> None:
    """What is forbidden is refused with another sentence than what is missing."""
    from huying.cases.models import Case
    from huying.cases.queries import outside, page

    def telling(real: Any) -> Any:
        def asked(case_id: Any, viewer: Any) -> Any:
            found = real(case_id, viewer)
            if found is None and Case.objects.filter(pk=case_id).exists():
                raise Hidden("case")
            return found

        return asked

    everywhere(outside.whole, telling(outside.whole))
    everywhere(page.rows_of, telling(page.rows_of))


def cache_shared() -> None:
    """Counts are kept by the filter alone: who comes second reads the first one's."""
    from huying.cases.queries import lists

    real, kept = lists.counts_found, dict[str, Any]()

    def counted(viewer: Any, wanted: Any, **options: Any) -> Any:
        return kept.setdefault(repr(sorted(wanted.items())), real(viewer, wanted, **options))

    everywhere(lists.counts_found, counted)


BREAKS: dict[str, Callable[[], None]] = {
    "scope": scope_off,
    "recusal": recusal_off,
    "confidential": confidential_off,
    "guard": guard_off,
    "export": export_off,
    "sentence": sentence_other,
    "cache": cache_shared,
}
