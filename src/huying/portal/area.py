"""Where a resident is: the only sub-district, or what this phone chose; and the texts of the house."""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.http import HttpRequest

from huying.kernel.refusals import NotFound
from huying.people import queries as people
from huying.people.rules import UnitKind
from huying.places import queries as places
from huying.places.models import Area
from huying.places.rules import is_code, street_of
from huying.ui.site import Site

logger = logging.getLogger(__name__)
AREA_COOKIE = "huying_area"
SITE_SECONDS = 60
_OFFICES = (UnitKind.STREET_SECTION, UnitKind.STREET_CENTRE)


def known(code: str) -> bool:
    """Whether a code names a sub-district of this house or a community in one."""
    return is_code(code) and len(code) in (9, 12) and code in places.names_within(street_of(code))


def chosen(request: HttpRequest) -> str:
    """The area this phone chose, else the first sub-district; "" where the house has none yet."""
    asked = request.COOKIES.get(AREA_COOKIE, "")
    if asked and known(asked):
        return asked
    streets = _streets(request)
    return streets[0].code if streets else ""


def _streets(request: HttpRequest) -> list[Area]:
    """Every sub-district, asked once a request."""
    if not hasattr(request, "_streets"):
        request._streets = places.streets()  # type: ignore[attr-defined]
    return request._streets  # type: ignore[attr-defined,no-any-return]


def must_choose(request: HttpRequest) -> bool:
    """Whether there are several sub-districts and this phone named none."""
    return not known(request.COOKIES.get(AREA_COOKIE, "")) and len(_streets(request)) > 1


def street(request: HttpRequest) -> str:
    """The sub-district of the chosen area. Raises NotFound where the house has no area yet."""
    code = street_of(chosen(request))
    if not code:
        raise NotFound("area")
    return code


def name(code: str) -> str:
    """`示范街道 · 榕树社区`."""
    own = places.own_name_of(code)
    return own if len(code) <= 9 else f"{places.own_name_of(street_of(code))} · {own}"


def choices() -> list[tuple[Area, list[Area]]]:
    """Every sub-district with its communities."""
    return [(one, places.children_of(one.code)) for one in places.streets()]


def office_phone(street_code: str) -> tuple[str, str]:
    """Name and number of the sub-district's own office: the first of its sections that has a number."""
    for unit in people.units_in(street_code):
        if unit.area_code == street_code and unit.kind in _OFFICES and unit.phone:
            return unit.name, unit.phone
    return "", ""


def site_texts() -> Site:
    """What frames and footers say about the house. A footer never breaks a page, least of all that of a fault."""
    found: Site | None = cache.get("portal.site")
    if found is None:
        try:
            found = _read_site()
        except Exception:
            logger.exception("the house's texts cannot be read")
            return Site()
        cache.set("portal.site", found, SITE_SECONDS)
    return found


def _read_site() -> Site:
    streets = places.streets()
    if len(streets) != 1:
        return Site()
    office, phone = office_phone(streets[0].code)
    return Site(street=streets[0].name, office=office or streets[0].name, phone=phone)
