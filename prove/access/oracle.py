"""Who may see what, written from the design and from nothing of the product but its table of roles.

Scope is a prefix: a grant at an area covers what starts with its code. A unit sees a case through an order of its
own, live or finished, or because a whistle called it there, as far as a person holds a duty in it: a post alone gives
none. Whoever took a call down sees its case. A confidential case, or one with a recusal, leaves all of that: it is
seen by the duty *confidential* (by *supervise* where nothing but a recusal restricts it) of the sub-district or above,
and by units with a live order or a part in a whistle that goes on, less whoever keeps away.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from uuid import UUID

from huying.people.roles import ROLES
from huying.registers import declared
from prove.access.world import Made, Secret, Viewer, unit_id

STREET_DIGITS = 9
LIVE = frozenset({"offered", "accepted", "done", "rework"})
FINISHED = frozenset({"completed"})
CALLED = frozenset({"called", "answered", "arrived", "done"})
OVER = frozenset({"rated", "refused", "cancelled"})
WORKS_FOR_A_UNIT = frozenset({"read", "handle", "sign"})


@cache
def duties(role: str) -> frozenset[str]:
    return next((frozenset(map(str, one.duties)) for one in ROLES if one.code == role), frozenset())


@cache
def for_unit(role: str) -> bool:
    return any(one.code == role and one.for_unit for one in ROLES)


def holds(viewer: Viewer, duty: str, cell: str) -> bool:
    """The duty over the place, by the prefix of the grant."""
    return duty in duties(viewer.role) and not for_unit(viewer.role) and cell.startswith(viewer.at)


def any_of(viewer: Viewer, wanted: tuple[str, ...], cell: str) -> bool:
    return any(holds(viewer, one, cell) for one in wanted)


def works_in(viewer: Viewer) -> UUID | None:
    """The unit in whose name the person works: a post there, and a duty that it can be used for."""
    if viewer.posted is None or not duties(viewer.role) & WORKS_FOR_A_UNIT:
        return None
    return viewer.posted


def keeps_away(viewer: Viewer, case: Made) -> bool:
    return viewer.key in case.recused_accounts or viewer.posted in case.recused_units


def sees_by_place(viewer: Viewer, case: Made) -> bool:
    if not case.restricted:
        return holds(viewer, "read", case.cell)
    if len(viewer.at) > STREET_DIGITS or keeps_away(viewer, case):
        return False
    if holds(viewer, "confidential", case.cell):
        return True
    return not case.confidential and holds(viewer, "supervise", case.cell)


def sees(viewer: Viewer, case: Made) -> bool:
    if sees_by_place(viewer, case):
        return True
    if keeps_away(viewer, case):
        return False
    unit = works_in(viewer)
    states = {state for one, state in case.orders if one == unit} if unit is not None else set()
    called = {(part, whistle) for one, part, whistle in case.called if one == unit} if unit is not None else set()
    if any(part in CALLED and (not case.restricted or whistle not in OVER) for part, whistle in called):
        return True
    if states & LIVE or (states & FINISHED and not case.restricted):
        return True
    return not case.restricted and case.taken_by == viewer.key and "report" in duties(viewer.role)


def reads_rows(viewer: Viewer, key: str, cell: str) -> bool:
    """Rows of a register: whoever reads or keeps it over the place; people's ones also those who hand out grants."""
    register = declared.REGISTERS[key]
    readers = [str(register.read), str(register.write)]
    if register.model._meta.app_label == "people" and key != "talent":
        readers.append("admin_people")
    if key in ("organisation", "staff", "appointment"):  # what those look through who watch over accounts and grants
        readers += ["secure", "audit"]
    if any(holds(viewer, duty, cell) for duty in readers):
        return True
    # Everybody may know which units are over a street.
    above = viewer.at.startswith(cell) and viewer.at != cell
    return key == "organisation" and above and any(holds(viewer, duty, viewer.at) for duty in readers)


ASKERS = ("admin_people", "secure", "audit")
"""Who may ask who sees what."""


def _unit(_viewer: Viewer, _secret: Secret) -> bool:
    """Which units there are is known to all staff: they are offered wherever a unit is chosen. Phones are not."""
    return True


def _account(viewer: Viewer, secret: Secret) -> bool:
    """A name to sign in with is for those who keep people, and for those who look after sign-ins."""
    return any_of(viewer, ("keep_people", *ASKERS), secret.cell)


def _account_name(viewer: Viewer, secret: Secret) -> bool:
    """The directory of posts names its people."""
    return _account(viewer, secret) or holds(viewer, "read", secret.cell)


def _switch(viewer: Viewer, secret: Secret) -> bool:
    """Limits that hold and emergencies are known to all who work in the area, in one around it or inside it."""
    return bool(duties(viewer.role)) and (secret.cell.startswith(viewer.at) or viewer.at.startswith(secret.cell))


def at_a_desk(viewer: Viewer) -> bool:
    """Whoever works at a desk somewhere reads the hand-overs of the own unit."""
    working = {"intake", "file", "dispatch", "review", "call_back", "supervise"}
    return not for_unit(viewer.role) and bool(working & set(duties(viewer.role)))


def _campaign(viewer: Viewer, secret: Secret) -> bool:
    """Whoever reads in the area, in one around it or inside it takes part; and units with a share of the places."""
    reads = "read" in duties(viewer.role) and not for_unit(viewer.role)
    near = secret.cell.startswith(viewer.at) or viewer.at.startswith(secret.cell)
    works = bool(duties(viewer.role) & {"handle", "sign"}) and viewer.posted == unit_id(secret.cell, "on")
    return (reads and near) or works


KINDS: dict[str, Callable[[Viewer, Secret], bool]] = {
    "case": lambda viewer, secret: sees(viewer, secret.thing),
    "voice": lambda viewer, secret: sees(viewer, secret.thing),
    "precedent": lambda viewer, secret: holds(viewer, "read", secret.cell),
    "unit": _unit,
    "unit_phone": lambda viewer, secret: (
        viewer.posted == secret.thing or reads_rows(viewer, "organisation", secret.cell)
    ),
    "account": _account,
    "account_name": _account_name,
    "grant": lambda viewer, secret: any_of(viewer, ASKERS, secret.cell),
    "grant_request": lambda viewer, secret: any_of(viewer, ASKERS, secret.cell),
    "public": lambda _viewer, _secret: True,
    "paper": lambda viewer, secret: any_of(viewer, ("dispatch", "decide"), secret.cell),
    "objection": lambda viewer, secret: any_of(viewer, ("dispatch", "decide"), secret.cell),
    "own": lambda viewer, secret: viewer == secret.thing,
    "sign_in": lambda viewer, secret: viewer == secret.thing or any_of(viewer, ("secure", "audit"), secret.cell),
    "plan": lambda viewer, secret: any_of(viewer, ("read", "admin_places"), secret.cell),
    "review": lambda viewer, secret: any_of(viewer, ASKERS, secret.cell),
    "reset": lambda viewer, secret: any_of(viewer, ASKERS, secret.cell),
    "export": lambda viewer, secret: holds(viewer, "export", secret.cell),
    "switch": _switch,
    "emergency": _switch,
    "shift": _switch,
    "knowledge": lambda viewer, secret: any_of(viewer, ("admin_matters", "approve_matters"), secret.cell),
    "digest": lambda viewer, secret: holds(viewer, "admin_matters", secret.cell),
    "hand_over": lambda viewer, secret: viewer.posted == secret.thing and at_a_desk(viewer),
    "campaign": _campaign,
    "triage_model": lambda viewer, secret: holds(viewer, "read", secret.cell),
    "statement": lambda viewer, secret: holds(viewer, "read", secret.cell),
    "scoring": lambda viewer, secret: holds(viewer, "read", secret.cell),
    "dead": lambda viewer, secret: holds(viewer, "admin_matters", secret.cell),
}


def may(viewer: Viewer | None, secret: Secret, report_id: UUID | None = None) -> bool:
    """Whether what the mark stands for is this viewer's to see; None is anybody at all, or the holder of a code."""
    if secret.kind == "public":
        return True
    if viewer is None:
        if report_id is None or secret.kind not in ("case", "voice"):
            return False
        return bool(secret.thing.report_id == report_id)
    if secret.kind in ("row:appointment", "account_name") and viewer.posted == unit_id(secret.cell, "on"):
        return True  # who holds which post beside one in the own unit
    if secret.kind.startswith("row:"):
        return reads_rows(viewer, secret.kind[4:], secret.cell)
    return KINDS[secret.kind](viewer, secret)


__all__ = ["any_of", "duties", "for_unit", "holds", "may", "reads_rows", "sees", "sees_by_place", "unit_id"]
