"""What a sabotaged run breaks, and the clock that stands still at the time of the race."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prove.frame import Run
from prove.race.breaking import patched


def clock_stands() -> Callable[[], None]:
    """Doors ask `timezone.now`: it says the same to all, so that the windows of the scenes are open."""
    from django.conf import settings
    from django.utils import timezone

    from prove.race.stage import RACE

    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    return patched(timezone, "now", lambda: RACE)


def broken(run: Run, bench: Any) -> Callable[[], None]:
    from huying.audit import queries as audit
    from huying.clients import keeping

    if run.broken("index"):
        with bench.connect(bench.name) as owner:
            owner.execute("DROP INDEX audit_history_key")
        one, two = patched(audit, "hold", lambda key: None), patched(keeping, "_lock", lambda key_hash: None)
        return lambda: (one(), two(), None)[-1]
    if run.broken("kept"):
        return patched(keeping, "KeptAnswer", _Forgetful(keeping.KeptAnswer))
    if run.broken("hash"):
        one = patched(keeping, "body_hash_of", lambda request: "same")
        two = patched(audit, "body_hash", lambda body: "same")
        from huying.cases.actions import acting, intake

        three, four = (
            patched(acting, "body_hash", lambda body: "same"),
            patched(intake, "body_hash", lambda body: "same"),
        )
        return lambda: (one(), two(), three(), four(), None)[-1]
    return lambda: None


class _Forgetful:
    """The table of kept answers, in which nothing is ever found."""

    def __init__(self, model: Any) -> None:
        self.objects = self
        self.model = model

    def filter(self, **_wanted: Any) -> Any:
        return self.model.objects.none()

    def create(self, **values: Any) -> Any:
        return self.model(**values)
