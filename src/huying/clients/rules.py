"""What a program may do: never more than its owner, over fewer duties and areas if so said. No Django."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from huying.kernel.actor import Actor, Granted
from huying.kernel.terms import Term, _
from huying.people.rules import Duty


class ClientKind(Term):
    PERSONAL = "personal", _("个人令牌")
    PROGRAM = "program", _("对接程序")


class ClientVerb(Term):
    """Lines of a client's history."""

    MADE = "made", _("新建")
    RENEWED = "renewed", _("换密钥")
    REVOKED = "revoked", _("停用")


LIVES: dict[int, object] = {7: _("7 天"), 30: _("30 天"), 90: _("90 天"), 365: _("一年")}
BEARER_FOR = timedelta(minutes=15)  # what /oauth/token gives lives no longer
USE_GRAIN = timedelta(minutes=5)  # the last use is noted at most this often
MOST_CLIENTS = 20  # in use at once, of one owner
MOST_AREAS = 20
# Duties by which a member of a unit works on the unit's orders: without one of them a token is of no unit.
UNIT_DUTIES = frozenset({Duty.HANDLE, Duty.SIGN})


def cut(owner: Actor, duties: Collection[str], areas: Collection[str], *, label: str) -> Actor:
    """The owner as a program of theirs: grants cut down to these duties and, where named, to these areas."""
    grants: list[Granted] = []
    for grant in owner.grants:
        kept = grant.duties & frozenset(duties)
        if not kept:
            continue
        for code in _common(grant.area_code, areas):
            grants.append(Granted(kept, code, grant.unit_id))
    works = any(UNIT_DUTIES & grant.duties for grant in grants)
    units, idle = (owner.units, ()) if works else ((), owner.units)
    return replace(owner, grants=tuple(grants), units=units, idle_units=idle, label=label)


def _common(code: str, areas: Collection[str]) -> list[str]:
    """The parts of an area that lie within the named ones; all of it where none is named."""
    if not areas:
        return [code]
    return sorted({max(code, area, key=len) for area in areas if code.startswith(area) or area.startswith(code)})
