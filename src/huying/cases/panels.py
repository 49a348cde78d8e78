"""What cases show on the pages of registers below: complaints beside the contract they are about."""

from __future__ import annotations

from django.urls import reverse

from huying.cases.queries.contracts import about_work
from huying.cases.rules import state_label
from huying.kernel.actor import Actor
from huying.kernel.terms import _
from huying.places.models import WorkContract
from huying.registers.declared import Panel, add_panels


def complaints(contract: WorkContract, viewer: Actor) -> list[Panel]:
    """The calls about this work in its area during its term, as far as the viewer sees them."""
    if not contract.matter_codes:
        return []
    found = about_work(
        viewer, areas=contract.reach(), matters=contract.matter_codes, since=contract.since, until=contract.until
    )
    lines = [
        (case.title, reverse("cases:case", args=[case.pk]), state_label(case.state, case.flow)) for case in found.latest
    ]
    context = {"lines": lines, "count": found.count, "open": found.open}
    return [Panel(_("有关诉求"), "cases/_complaints.html", context)]


def register() -> None:
    add_panels("work_contract", complaints)
