"""Keyed writes about a task handed to somebody outside, each played to where it comes next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client as Browser

from huying.cases.actions import errands
from huying.cases.codes import errand_code
from huying.cases.models import Errand
from huying.cases.rules.errands import ErrandVerb
from huying.kernel.ids import uuid7
from prove.race.stage import RACE

PHONE = "phone-1"
BEFORE: dict[str, tuple[ErrandVerb, ...]] = {
    "reply": (), "renew": (), "revoke": (), "say": (), "accept": (), "decline": (),
    "confirm": (ErrandVerb.ACCEPT, ErrandVerb.FINISH), "send_back": (ErrandVerb.ACCEPT, ErrandVerb.FINISH),
}  # fmt: skip
WORDS = "路口已经清好了。"
BODIES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "reply": ({"words": WORDS}, {"words": "换一句话。"}), "send_back": ({"words": WORDS}, {"words": "换一句话。"}),
    "renew": ({"term": "1d"}, {"term": "3d"}), "say": ({"words": WORDS}, {"words": "换一句话。"}),
    "decline": ({"words": WORDS}, {"words": "换一句话。"}),
    "accept": ({"planned_on": f"{RACE:%Y-%m-%d}"}, {"planned_on": f"{RACE:%Y-12-01}"}),
    "confirm": ({}, {}), "revoke": ({}, {}),
}  # fmt: skip


def errand(kinds: Any, name: str, device: str = PHONE) -> Errand:
    """One where this move comes next; the phone has opened it."""
    scene = kinds.stage.scene("accepted")
    kinds.stage.write()
    made = errands.send_errand(
        scene.case.pk, firm="绿叶保洁", words="清运", place="路口", term="7d", actor=kinds.stage.world.handler,
        now=RACE,
    )  # fmt: skip
    errands.open_errand(errand_code(made.pk, 0), device, now=RACE)
    for verb in BEFORE[name]:
        errands.act_on_errand(made.pk, verb, device=device, words=WORDS, planned_on=RACE.date(), now=RACE)
    return made


def move(kinds: Any, name: str) -> Any:
    """A form of the handler."""
    path = f"/desk/cases/errands/{errand(kinds, name).pk}/moves/{name}/"
    return _sent(name, lambda data: kinds.post("handler", path, data), lambda: kinds.browser("handler"))


def task(kinds: Any, name: str) -> Any:
    """A form of the phone that holds the link."""
    from prove.dup.kinds import _address, _page

    made = errand(kinds, name)
    errands.move_errand(made.pk, ErrandVerb.RENEW, term="7d", actor=kinds.stage.world.handler, now=RACE)
    phone = Browser(raise_request_exception=False, REMOTE_ADDR=_address())
    phone.post("/task/", {"code": errand_code(made.pk, 1)})
    path = f"/task/{made.pk}/{name}/"

    def sent(data: dict[str, Any]) -> Any:
        one = Browser(raise_request_exception=False)
        one.cookies = phone.cookies
        return _page(one.post(path, data))

    return _sent(name, sent)


def _sent(name: str, post: Callable[[dict[str, Any]], Any], ready: Callable[[], Any] | None = None) -> Any:
    from prove.dup.kinds import Write

    data, other = BODIES[name]
    key = {"key": str(uuid7())}
    if ready is not None:
        ready()
    return Write(lambda: post({**key, **data}), (lambda: post({**key, **other})) if other != data else None)


FORMS: dict[str, Callable[[Any], Any]] = {
    **{
        f"huying.cases.forms.errands.{form}": (lambda kinds, name=name: move(kinds, name))
        for form, name in (
            ("ReplyForm", "reply"), ("ConfirmForm", "confirm"), ("SendBackForm", "send_back"), ("RenewForm", "renew"),
            ("RevokeForm", "revoke"),
        )
    },
    **{
        f"huying.portal.forms.{form}": (lambda kinds, name=name: task(kinds, name))
        for form, name in (("TaskAcceptForm", "accept"), ("TaskWhyForm", "decline"), ("TaskSayForm", "say"))
    },
}  # fmt: skip


def move_errand(kinds: Any) -> Callable[[str, Any], Any]:
    made = errand(kinds, "reply")
    return lambda words, key: errands.move_errand(
        made.pk, ErrandVerb.REPLY, words=words, key=key, actor=kinds.stage.world.handler, now=RACE
    )
