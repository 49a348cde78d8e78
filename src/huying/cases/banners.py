"""An emergency that goes on stands on top of every page: of staff by their areas, of residents where it is no drill."""

from __future__ import annotations

from django.urls import reverse

from huying.cases.queries import emergencies
from huying.cases.rules.emergencies import Running
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.registry import Banner
from huying.kernel.terms import _
from huying.places import queries as places


def told_to(actor: Actor) -> list[Banner]:
    """The banners of one who looks at a page."""
    if actor.kind == ActorKind.PERSON:
        return [
            Banner(_words(one), one.drill, reverse("cases:emergency", args=[one.id]))
            for one in emergencies.told_to(actor)
        ]
    return [Banner(_words(one), False, "") for one in emergencies.told_to_all()]


def _words(one: Running) -> str:
    return str(_("%(place)s：%(name)s，已进入应急状态")) % {
        "place": places.own_name_of(one.area_code),
        "name": one.name,
    }
