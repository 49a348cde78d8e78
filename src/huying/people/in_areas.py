"""What people keep in areas: shown before borders change, moved when they have; how grids are staffed."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.urls import reverse

from huying.kernel.actor import Actor, system
from huying.kernel.events import News
from huying.kernel.lying import PAGES, STAFF_OF, STAFF_PAGE, InAreas, lies_in_areas
from huying.kernel.terms import _
from huying.people.actions import areas
from huying.people.models import Appointment, Organisation, Responsibility
from huying.people.rules import Duty
from huying.places import events
from huying.places.lying import register_page


def register() -> None:
    goes_on = _("拆分后每一部分都有，合并后归一")
    lies_in_areas(InAreas("organisation", _("单位"), _("归第一部分"), 30, rows=areas.units_in))
    lies_in_areas(InAreas("appointment", _("岗位"), goes_on, 31, rows=areas.posts_in, spreads=True))
    lies_in_areas(InAreas("role_grant", _("授权"), goes_on, 32, rows=areas.grants_in, spreads=True))
    lies_in_areas(InAreas("responsibility", _("单位职责"), goes_on, 33, rows=areas.responsibilities_in, spreads=True))
    for key, model in (
        ("organisation", Organisation),
        ("appointment", Appointment),
        ("responsibility", Responsibility),
    ):
        PAGES[key] = partial(register_page, model)
    goes_home = _("归第一部分")
    lies_in_areas(InAreas("hub", _("党员中心户"), goes_home, 34, rows=areas.hubs_in))
    lies_in_areas(InAreas("unit_link", _("组织联系"), goes_home, 35, rows=areas.links_in))
    lies_in_areas(InAreas("help_project", _("购买服务项目"), goes_home, 36, rows=areas.projects_in))
    STAFF_OF.append(areas.staff_of)
    STAFF_PAGE.append(_post_page)

    @events.redrawn.listen
    def redrawn(news: News) -> None:
        areas.follow_areas(plan_id=UUID(news.facts["plan_id"]), actor=system("places"), now=news.at)


def _post_page(viewer: Actor, code: str) -> str:
    """The form of a new post, with the grid filled in."""
    if not viewer.may(Duty.ADMIN_PEOPLE, code):
        return ""
    return f"{reverse('registers:new', args=['appointment'])}?area_code={code}"
