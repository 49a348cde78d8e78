"""Emergency mode: what it may be for, the hazards that are reported in it, who is on duty. Nothing about persons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huying.kernel.terms import Label, Term, _
from huying.matters.rules.seasons import Season, set_name

KINDS = (Season.TYPHOON, Season.RAINSTORM, Season.HEAT, Season.SUDDEN)
NUMBERS: tuple[tuple[str, Label], ...] = (("110", _("报警")), ("119", _("火警")), ("120", _("急救")))


class Hazard(Term):
    """What may be reported: hazards and events, a closed list."""

    WATER = "water", _("内涝积水")
    TREE = "tree", _("树木倒伏")
    FALLING = "falling", _("高处坠落物")
    GROUND = "ground", _("地面塌陷")
    ELECTRIC = "electric", _("漏电")
    GAS = "gas", _("燃气泄漏")
    FIRE = "fire", _("火情与冒烟")
    LIFT = "lift", _("电梯困人")
    ESCAPE = "escape", _("疏散通道被堵")
    OTHER = "other", _("其他险情")


# The matter type of the shipped catalogue; a street whose list has none of it settles the type by hand.
TYPES: dict[Hazard, str] = {
    Hazard.WATER: "0605", Hazard.TREE: "0503", Hazard.FALLING: "0405", Hazard.GROUND: "0202",
    Hazard.ELECTRIC: "0206", Hazard.GAS: "0807", Hazard.FIRE: "0801", Hazard.LIFT: "0812", Hazard.ESCAPE: "0406",
}  # fmt: skip


DRILL_MARK = "【演练】"
TITLE_LIMIT = 60


def marked(title: str, *, drill: bool) -> str:
    """The title of a case as it is kept: that of a drill begins with it, on every page and paper and in every list."""
    if not drill or title.startswith(DRILL_MARK):
        return title
    return f"{DRILL_MARK}{title}"[:TITLE_LIMIT]


@dataclass(frozen=True)
class Running:
    """An emergency that goes on."""

    id: UUID
    season: str
    alert: str
    area_code: str
    drill: bool
    since: datetime

    @property
    def name(self) -> Label:
        return set_name(self.season, self.alert)


def covering(every: Iterable[Running], area_code: str, *, drill: bool) -> Running | None:
    """The emergency that a place lies in: of the smallest area, then the latest."""
    found = [one for one in every if area_code.startswith(one.area_code) and one.drill == drill]
    return max(found, key=lambda one: (len(one.area_code), one.since), default=None)
