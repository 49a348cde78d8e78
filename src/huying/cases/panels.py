"""What cases show on the pages of registers below: complaints beside a contract, matters beside a shopping quarter."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.urls import reverse
from django.utils import timezone

from huying.cases.models import Case
from huying.cases.queries.contracts import about_work, open_in
from huying.cases.rules import state_label
from huying.kernel.actor import Actor
from huying.kernel.terms import Label, _
from huying.places.models import TradePlace, WorkContract
from huying.places.premises import TradeKind
from huying.registers.declared import Panel, add_panels

# What a shopping quarter is about, by classes of the catalogue.
QUARTER: Final[tuple[tuple[Label, tuple[str, ...]], ...]] = (
    (_("市容"), ("01", "04")), (_("劳资"), ("12",)), (_("消费"), ("16",)), (_("安全"), ("08", "19")),
    (_("环保"), ("06", "07")),
)  # fmt: skip
A_YEAR: Final = timedelta(days=365)


def complaints(contract: WorkContract, viewer: Actor) -> list[Panel]:
    """The calls about this work in its area during its term, as far as the viewer sees them."""
    if not contract.matter_codes:
        return []
    found = about_work(
        viewer, areas=contract.reach(), matters=contract.matter_codes, since=contract.since, until=contract.until
    )
    context = {"lines": _lines(found.latest), "count": found.count, "open": found.open}
    return [Panel(_("有关诉求"), "cases/_complaints.html", context)]


def quarter(place: TradePlace, viewer: Actor) -> list[Panel]:
    """Of a shopping quarter: what is to be done in its grids, by the five kinds that it is about."""
    if place.kind != TradeKind.DISTRICT:
        return []
    since = timezone.localdate() - A_YEAR
    found = open_in(viewer, areas=place.reach(), kinds=[codes for _name, codes in QUARTER], since=since)
    kinds = [
        {"name": name, "lines": _lines(one.latest), "count": one.count, "open": one.open}
        for (name, _codes), one in zip(QUARTER, found, strict=True)
    ]
    return [Panel(_("商圈里的事"), "cases/_quarter.html", {"kinds": kinds})]


def _lines(cases: list[Case]) -> list[tuple[str, str, Label]]:
    return [(one.title, reverse("cases:case", args=[one.pk]), state_label(one.state, one.flow)) for one in cases]


def register() -> None:
    add_panels("work_contract", complaints)
    add_panels("trade_place", quarter)
