"""What a sabotaged run breaks, and how every run keeps its files to itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from prove.frame import Run


def settle_down(folder: Path) -> None:
    """Files and keys of this run stand in its own folder."""
    from django.conf import settings

    settings.DATA = folder


def broken(run: Run, bench: Any) -> Callable[[], None]:
    """Break what the run is to break; says how to undo it."""
    from huying.audit import queries as audit
    from huying.cases import queries
    from huying.cases.models import Case
    from huying.registers import actions as registers
    from huying.registers import writing

    if run.broken("lock"):

        def unlocked(case_id: Any, viewer: Any) -> Any:
            case = Case.objects.defer("search").filter(pk=case_id).first()
            return None if case is None or queries.one(case_id, viewer) is None else case

        return patched(queries, "locked", unlocked)
    if run.broken("key"):
        return patched(audit, "by_key", lambda key: None)
    if run.broken("seen"):
        assert registers.writing is writing
        return patched(writing, "fingerprint", lambda register, row: "same")
    if run.broken("index"):
        with bench.connect(bench.name) as owner:
            owner.execute("DROP INDEX order_one_lead")
    return lambda: None


def patched(owner: Any, name: str, value: Any) -> Callable[[], None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    return lambda: setattr(owner, name, before)
