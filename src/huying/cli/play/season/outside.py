"""Errands in a season: the handler hands a task to somebody outside by a link, who does it or does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from huying.cases.actions import Docket, errands
from huying.cases.codes import errand_code
from huying.cases.models import Errand
from huying.cases.rules import State
from huying.cases.rules.errands import OUTSIDER, ErrandState, ErrandVerb
from huying.cli.play.season.deeds import step
from huying.cli.play.story import Deed, Step
from huying.kernel.actor import Actor, ActorKind

if TYPE_CHECKING:
    from huying.cli.play.season.story import SeasonStory

DEVICE = "season-outsider"
SENT = "errand_sent"  # among the turns of a story whose errand goes on


def send(story: SeasonStory, docket: Docket, now: datetime) -> Step | None:
    if docket.case.restricted:
        return None
    story.turns.add(SENT)
    given = {"firm": "示例维修服务部", "words": "请到现场修好，拍照给我。", "place": "小区东门旁", "term": "3d"}
    return step(errands.send_errand, docket.case.pk, story.handler(docket), story.soon(docket, now), **given)


def next_step(story: SeasonStory, docket: Docket, now: datetime) -> Step | None:
    """The next move of an errand that goes on, by the outsider or the handler."""
    going = docket.case.state == State.IN_HAND and SENT in story.turns
    found = Errand.objects.filter(case=docket.case).order_by("-serial").first() if going else None
    if found is None:
        return None
    at = now + timedelta(minutes=story.rng.randint(10, 240))
    if found.state == ErrandState.SENT and found.opened_at is None:
        do = partial(errands.open_errand, errand_code(found.pk, 0), DEVICE)
        return Step(Deed("open_errand", do, nobody=True), _outsider(), at)
    if found.state == ErrandState.SENT:
        if story.rng.random() < 0.1:
            return _theirs(found, ErrandVerb.DECLINE, at, words="没有人手，请找别家。")
        return _theirs(found, ErrandVerb.ACCEPT, at, planned_on=timezone.localdate(at))
    if found.state == ErrandState.ACCEPTED:
        return _theirs(found, ErrandVerb.FINISH, at, words="修好了，试过。")
    if found.state == ErrandState.DONE:
        again = story.rng.random() < 0.15 and at < found.expires_at - timedelta(days=1)
        verb = ErrandVerb.SEND_BACK if again else ErrandVerb.CONFIRM
        handler = story.handler(docket)
        deed = Deed(str(verb), partial(errands.move_errand, found.pk, verb))
        return Step(deed, handler, at, {"words": story.words.rework if again else ""}) if handler is not None else None
    story.turns.remove(SENT)
    return None


def _outsider() -> Actor:
    return Actor(kind=ActorKind.CHANNEL, label=OUTSIDER)


def _theirs(found: Errand, verb: ErrandVerb, at: datetime, **given: Any) -> Step:
    do = partial(errands.act_on_errand, found.pk, verb, device=DEVICE)
    return Step(Deed(str(verb), do, nobody=True), _outsider(), at, given)
