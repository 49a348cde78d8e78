"""Sixty days of calls: who says what, where and when, how it goes on, and where it stands at the end.

Every case is told by the same stories as a rehearsal and built by the one builder. Stories stop at the end of the
world, so its last days are open work. A few cases are placed by hand, so that each open state is seen with each light.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from huying.approvals.rules import ApprovalKind
from huying.cases.actions import Docket, NewReport, self_handle_case
from huying.cases.actions.building import Builder
from huying.cases.rules import Channel, OrderState, ReplyBy, State
from huying.cli.play.cast import Cast
from huying.cli.play.hands import BulkHand, play
from huying.cli.play.story import Plan, Step, Story, draw_plan
from huying.cli.play.world.geography import STREET, Grid, Ground, Spot
from huying.cli.play.world.pictures import Shelf, scene_of, shown_by
from huying.cli.play.world.sentences import THEMES, Kind, WorldWords, caller, kinds, told
from huying.clocks.rules import SHANGHAI, marks
from huying.kernel.actor import Actor, resident
from huying.kernel.ids import uuid7
from huying.matters import queries as matters
from huying.matters.models import MatterType
from huying.matters.rules import Step as ClockStep
from huying.people import actions as people
from huying.people.rules import Duty

DAYS, CASES = 60, 2950
HOURS = (1, 0.5, 0.3, 0.2, 0.3, 0.8, 2, 5, 9, 11, 10, 8, 5, 6, 8, 9, 8, 7, 6, 7, 8, 6, 4, 2)
WEEKDAYS = (1.15, 1.05, 1.0, 1.0, 1.0, 0.75, 0.65)
DOORS: tuple[tuple[Channel, int], ...] = (
    (Channel.HOTLINE, 31), (Channel.PORTAL, 27), (Channel.WECHAT, 18), (Channel.PATROL, 13), (Channel.WINDOW, 6),
    (Channel.ON_BEHALF, 4), (Channel.LETTER, 1),
)  # fmt: skip
DESK_DOORS = frozenset({Channel.HOTLINE, Channel.WINDOW, Channel.LETTER})
FOUND_OUTSIDE = ("01", "02", "04", "05", "06", "10")  # classes that a patrol finds
ASKED = ("12", "13", "14", "15", "17", "20", "21")  # classes of which half are questions, answered at once
STEP = timedelta(minutes=4)  # between two acts of a case placed by hand


@dataclass
class Teller:
    """What telling the calls of one world needs, and what it has told."""

    ground: Ground
    shelf: Shelf
    builder: Builder
    cast: Cast
    rng: Random
    until: datetime
    types: dict[str, MatterType] = field(default_factory=dict)
    contacts: list[people.NewContact] = field(default_factory=list)
    _kinds: Sequence[Kind] = ()

    def __post_init__(self) -> None:
        self.hand = BulkHand(self.builder)
        self.types = {one.code: one for one in matters.active_types()}
        first = self.ground.grids[0].code
        self._kinds = [one for one in kinds() if one.code in self.types and self.cast.units_for(one.code, first)]

    # what is said

    def kind(self, channel: Channel) -> Kind:
        found = self._kinds
        if channel == Channel.PATROL:
            found = [one for one in found if one.code[:2] in FOUND_OUTSIDE and not self.types[one.code].confidential]
            weights = [one.weight * (3 if self.types[one.code].self_handle else 1) for one in found]
            return self.rng.choices(found, weights)[0]
        if channel == Channel.ON_BEHALF:
            found = [one for one in found if not self.types[one.code].confidential]
        return self.rng.choices(found, [one.weight for one in found])[0]

    def contact(self, area_code: str, at: datetime) -> UUID:
        name, phone = caller(len(self.contacts))
        contact_id = uuid7(int(at.timestamp() * 1000), self.rng.getrandbits(80))
        self.contacts.append(people.NewContact(name, phone, "", at, area_code, contact_id))
        return contact_id

    def near(self, spot: Spot) -> tuple[float, float]:
        return (
            round(spot.lng + self.rng.uniform(-0.00008, 0.00008), 6),
            round(spot.lat + self.rng.uniform(-0.00008, 0.00008), 6),
        )

    def receive(
        self,
        kind: Kind,
        spot: Spot,
        home: str,
        channel: Channel,
        now: datetime,
        *,
        line: str = "",
        **options: Any,
    ) -> Docket | None:
        """One call through one door; None where nobody of that door works there. A given `line` comes from somebody
        who leaves a number."""
        rng, actor = self.rng, resident()
        area = STREET
        if channel == Channel.PATROL:
            found = self.cast.who(Duty.VERIFY, home)
            area = home
        elif channel == Channel.ON_BEHALF:
            found = self._building_head(home)
            area = home
        else:
            found = self.cast.who(Duty.INTAKE, STREET) if channel in DESK_DOORS else resident()
        if found is None:
            return None
        actor = found
        outdoors = channel == Channel.PATROL
        named = not outdoors and (bool(line) or rng.random() < 0.7)
        where: dict[str, Any] = dict(zip(("lng", "lat"), self.near(spot), strict=True))
        luck = rng.random()
        if not outdoors and channel != Channel.ON_BEHALF:
            if luck < 0.04:
                where = {}
            elif luck < 0.05:
                where = {"lng": 113.36 + rng.random() / 100, "lat": 22.95}
            elif luck < 0.25:
                where = {"grid_code": home}
        typed = outdoors or (channel in (Channel.PORTAL, Channel.WECHAT) and rng.random() < 0.45)
        new = NewReport(
            words=told(line or rng.choice(kind.lines), spot, rng),
            area_code=area,
            channel=channel,
            place_words=spot.words if rng.random() < 0.6 else "",
            type_code=kind.code if typed else "",
            reply_by=ReplyBy.NONE if outdoors else ReplyBy.PHONE if named else ReplyBy.PAGE,
            contact_id=self.contact(home[:12], now) if named else None,
            **{**where, **options},
        )
        shown = (outdoors and scene_of(kind.code) != "site") or (
            channel in (Channel.PORTAL, Channel.WECHAT) and shown_by(rng, kind.code)
        )
        pictures = [self.shelf.before(kind.code)] if shown and not new.about_staff else []
        return self.builder.receive(new, actor=actor, now=now, images=pictures)

    def _building_head(self, grid_code: str) -> Actor | None:
        """A building head reports for people of the own grid only."""
        heads = [
            one for one in self.cast.actors
            if one.may(Duty.REPORT, grid_code) and self.cast.roles.get(one.id or UUID(int=0)) == "building_head"
        ]  # fmt: skip
        return heads[0] if heads else None

    # how it goes on

    def plan(self, kind: Kind, docket: Docket, grid_code: str) -> Plan:
        rng, one = self.rng, self.types[kind.code]
        plan = draw_plan(rng, type_codes=[kind.code], grids=[grid_code])
        plan.grade = docket.case.grade or one.grade
        plan.pace = min(plan.pace, 0.62) if rng.random() < 0.97 else plan.pace
        if kind.code[:2] in ASKED:
            plan.ending = rng.choices(("answered", "closed", "transferred", "withdrawn"), (52, 42, 4, 2))[0]
        elif plan.ending != "closed" and rng.random() < 0.6:
            plan.ending = "closed"
        if docket.case.danger or docket.case.channel == Channel.PATROL or docket.case.restricted:
            plan.ending = "closed"
        if one.confidential or docket.case.restricted:
            plan.verify = plan.raise_up = plan.reopen = False
        if docket.case.channel == Channel.PATROL:
            plan.nudges, plan.reopen, plan.late, plan.verify = 0, False, False, False
        return plan

    def story(self, docket: Docket, plan: Plan, spot: Spot) -> Story:
        return Story(self.cast, plan, WorldWords(spot, plan.type_code, self.shelf, self.rng))

    def tell(self, now: datetime) -> None:
        """One call and all that follows from it, to its end or to the end of the world."""
        rng = self.rng
        channel = rng.choices([one for one, _weight in DOORS], [weight for _one, weight in DOORS])[0]
        grid = rng.choice(self.ground.grids)
        if channel == Channel.ON_BEHALF:
            grid = rng.choice([one for one in self.ground.grids if self._building_head(one.code)])
        spot, kind = rng.choice(grid.spots), self.kind(channel)
        about = kind.code == "2008" or (kind.code in ("2002", "0901") and rng.random() < 0.06)
        docket = self.receive(kind, spot, grid.code, channel, now, about_staff=about)
        if docket is None:
            return
        if channel == Channel.PATROL and self.types[kind.code].self_handle and rng.random() < 0.6:
            if self._settle(docket, kind, now):
                return
        elif rng.random() < 0.03 and not docket.case.restricted:
            now = self._doubled(docket, kind, spot, grid.code, now)
        self._go_on(docket, kind, spot, grid.code, now)

    def _go_on(self, docket: Docket, kind: Kind, spot: Spot, grid_code: str, now: datetime) -> None:
        plan = self.plan(kind, docket, grid_code)
        play(self.hand, docket, self.story(docket, plan, spot), self.cast, now=now, until=self.until)

    def tell_of(self, theme: Kind, spot: Spot, grid_code: str) -> None:
        """What several people call about at one place, every few days until the world's last week."""
        for number, line in enumerate(reversed(theme.lines)):
            now = self.until - timedelta(days=3 + 6 * number, hours=self.rng.randint(1, 8))
            where: dict[str, Any] = {"grid_code": "", **dict(zip(("lng", "lat"), self.near(spot), strict=True))}
            docket = self.receive(theme, spot, grid_code, Channel.HOTLINE, now, line=line, **where)
            if docket is not None:
                self._go_on(docket, theme, spot, grid_code, now)

    def _settle(self, docket: Docket, kind: Kind, now: datetime) -> bool:
        """即办: the finder clears it away within the hour; some of these are looked at again by somebody else."""
        at = now + timedelta(minutes=self.rng.randint(2, 40))
        finder = next((one for one in self.cast.actors if one.id == docket.reports[0].taken_by_id), None)
        if at > self.until or finder is None:
            return False
        before, after = self.shelf.pair(kind.code)
        given = {"words": "当场处理好了，前后各拍一张。", "before": (before,), "after": (after,)}
        self.hand.walk(docket, Step(self_handle_case, finder, at, given))
        self.cast.note("self_handle_case", finder)
        plan = Plan(type_code=kind.code, grid_code=docket.case.area_code)
        spot = Spot(0.0, 0.0, "现场", "附近", "小区")
        play(self.hand, docket, self.story(docket, plan, spot), self.cast, now=at, until=self.until)
        return True

    def _doubled(self, docket: Docket, kind: Kind, spot: Spot, grid_code: str, now: datetime) -> datetime:
        """Somebody else calls about the same thing, and the desk merges the two; says when that was done."""
        again = now + timedelta(minutes=self.rng.randint(5, 90))
        merged = again + timedelta(minutes=self.rng.randint(5, 30))
        clerk = self.cast.who(Duty.INTAKE, STREET)
        if merged > self.until or clerk is None or docket.case.lng is None or docket.case.unplaced:
            return now
        lng, lat = self.near(spot)
        where: dict[str, Any] = {"lng": lng, "lat": lat, "grid_code": ""}
        other = self.receive(kind, spot, grid_code, Channel.WECHAT, again, **where)
        if other is None:
            return now
        if other.case.restricted or other.case.outside or other.case.unplaced:
            self._go_on(other, kind, spot, grid_code, again)
            return now
        self.builder.merge(other, docket, actor=clerk, now=merged)
        self.cast.note("merge_case", clerk)
        return merged

    # placed by hand

    def place(self, scene: Scene, light: str) -> None:
        """A case that stands in one open state at the end of the world, its clock green, yellow or red."""
        for _try in range(12):
            if self._placed(scene, light):
                return

    def _placed(self, scene: Scene, light: str) -> bool:
        rng = self.rng
        code = rng.choice(scene.types)
        kind = next(one for one in self._kinds if one.code == code)
        grid = rng.choice([one for one in self.ground.grids if one.code.startswith(STREET + scene.community)])
        spot = rng.choice(grid.spots)
        # Told once to learn how many acts lead there, then again from the moment that makes its clock so.
        state, kept = rng.getstate(), len(self.contacts)
        began = self._told_to(scene, light, kind, spot, grid.code, self.until - timedelta(days=1))
        self.builder.waiting.pop()
        del self.contacts[kept:]
        if began is None:
            return False
        rng.setstate(state)
        self._told_to(scene, light, kind, spot, grid.code, began)
        return True

    def _told_to(
        self, scene: Scene, light: str, kind: Kind, spot: Spot, grid_code: str, began: datetime
    ) -> datetime | None:
        """Tell a case up to the scene; when it should have begun for this light, None where it does not come there."""
        docket = self.receive(kind, spot, grid_code, Channel.PORTAL, began)
        assert docket is not None
        acts = self._until(docket, kind, spot, grid_code, scene, began)
        moment = self._entered(docket, scene, light) if acts is not None else None
        return moment - acts * STEP if moment is not None and acts is not None else None

    def _until(self, docket: Docket, kind: Kind, spot: Spot, grid_code: str, scene: Scene, now: datetime) -> int | None:
        """Walk the story to the scene, an act every few minutes; how many acts it took, None where it never comes."""
        plan = Plan(
            type_code=kind.code,
            grade=docket.case.grade or self.types[kind.code].grade,
            grid_code=grid_code,
            one_form=scene.state not in (State.TRIAGED, State.FILED),
            **scene.plan,
        )
        story = self.story(docket, plan, spot)
        acts = 0
        while not scene.there(docket):
            step = story.next(docket, now)
            if step is None or acts > 15:
                return None
            now += STEP
            self.hand.walk(docket, Step(step.act, step.actor, now, step.given))
            self.cast.note(step.act.verb, step.actor)
            acts += 1
        return acts

    def _entered(self, docket: Docket, scene: Scene, light: str) -> datetime | None:
        """The latest hour of work at which the scene's clock could begin and show this light at the end."""
        case, knowledge = docket.case, docket.knowledge
        limit = knowledge.limit_of(case, scene.step, at=self.until).limit
        moment = self.until - timedelta(minutes=1)
        while moment > self.until - timedelta(days=40):
            local = moment.astimezone(SHANGHAI)
            if 8 <= local.hour < 19 or case.grade == "urgent":
                found = marks(moment, limit, knowledge.calendar)
                shows = "red" if found.due_at <= self.until else "yellow" if found.yellow_at <= self.until else "green"
                if shows == light and (light != "green" or self.rng.random() < 0.1):
                    return moment
            moment -= timedelta(minutes=3 if self.until - moment < timedelta(days=3) else 40)
        return None


@dataclass(frozen=True)
class Scene:
    """One open state that the end of the world shows, and the step whose clock runs there."""

    state: State
    step: ClockStep
    there: Callable[[Docket], bool]
    lights: tuple[str, ...]
    types: tuple[str, ...] = ("0103", "0205", "0604", "1001", "0702", "0903")
    community: str = ""
    plan: dict[str, Any] = field(default_factory=dict)


def _in(state: State) -> Callable[[Docket], bool]:
    return lambda docket: docket.case.state == state


def _lead(state: OrderState) -> Callable[[Docket], bool]:
    return lambda docket: docket.case.state == State.IN_HAND and docket.lead is not None and docket.lead.state == state


def _asked(kind: ApprovalKind) -> Callable[[Docket], bool]:
    return lambda docket: any(one.kind == kind and one.state == "asked" for one in docket.approvals)


CLEANED = ("0101", "0107", "0101")  # the demo's handler works for the sanitation station
STREET_WIDE = ("0201", "0101", "0102", "0401")  # types that a grid worker looks at afterwards
SCENES: tuple[Scene, ...] = (
    Scene(State.RECEIVED, ClockStep.INTAKE, _in(State.RECEIVED), ("green", "green", "yellow", "red")),
    Scene(State.RECEIVED, ClockStep.INTAKE, _in(State.RECEIVED), ("green", "yellow"), community="001"),
    Scene(
        State.RECEIVED, ClockStep.INTAKE, _asked(ApprovalKind.DECLINE), ("green",), ("0302", "0304"),
        plan={"ending": "declined"},
    ),
    Scene(
        State.VERIFYING, ClockStep.VERIFY, _in(State.VERIFYING), ("green", "yellow", "red"), STREET_WIDE, "001",
        {"verify": True},
    ),
    Scene(State.VERIFYING, ClockStep.VERIFY, _in(State.VERIFYING), ("green",), STREET_WIDE, "002", {"verify": True}),
    Scene(State.TRIAGED, ClockStep.FILE, _in(State.TRIAGED), ("green", "yellow", "red")),
    Scene(State.FILED, ClockStep.DISPATCH, _in(State.FILED), ("green", "yellow", "red")),
    Scene(
        State.IN_HAND, ClockStep.SIGN_IN, _lead(OrderState.OFFERED), ("green", "green", "yellow", "red"), CLEANED,
    ),
    Scene(
        State.IN_HAND, ClockStep.HANDLE, _lead(OrderState.ACCEPTED), ("green", "green", "yellow", "yellow", "red"),
        CLEANED,
    ),
    Scene(
        State.IN_HAND, ClockStep.HANDLE, _lead(OrderState.REWORK), ("green",), CLEANED, plan={"reworks": 1},
    ),
    Scene(
        State.IN_HAND, ClockStep.SIGN_IN, _asked(ApprovalKind.RETURN), ("green",), ("0205", "0604"),
        plan={"returns": 1},
    ),
    Scene(
        State.IN_HAND, ClockStep.HANDLE, _asked(ApprovalKind.VOID), ("green",), ("0103",), plan={"ending": "voided"},
    ),
    Scene(
        State.IN_HAND, ClockStep.SIGN_IN, _lead(OrderState.OFFERED), ("green", "yellow"), ("0702", "1101"), "001",
    ),
    Scene(
        State.REVIEWING, ClockStep.SIGN,
        lambda docket: docket.case.state == State.REVIEWING and not docket.case.signed and docket.step_now() == "sign",
        ("green", "yellow"), CLEANED,
    ),
    Scene(
        State.REVIEWING, ClockStep.REVIEW,
        lambda docket: docket.case.state == State.REVIEWING and docket.step_now() == "review",
        ("green", "green", "yellow", "red"), CLEANED,
    ),
    Scene(State.CHECKING, ClockStep.CHECK, _in(State.CHECKING), ("green", "yellow", "red"), STREET_WIDE, "001"),
    Scene(State.CHECKING, ClockStep.CHECK, _in(State.CHECKING), ("green",), STREET_WIDE, "002"),
    Scene(
        State.CALLING_BACK, ClockStep.CALL_BACK, _in(State.CALLING_BACK), ("green", "green", "yellow", "red"),
        ("0702", "0903", "1002", "0905"),
    ),
)  # fmt: skip


def arrivals(count: int, until: datetime, rng: Random) -> list[datetime]:
    """When people call: more on Mondays, before noon and after supper; rainy days bring more."""
    start = until - timedelta(days=DAYS)
    days = [start + timedelta(days=number) for number in range(DAYS + 1)]
    weights = [WEEKDAYS[day.astimezone(SHANGHAI).weekday()] * rng.choice((0.8, 0.9, 1, 1, 1.1, 1.5)) for day in days]
    found: list[datetime] = []
    while len(found) < count:
        day = rng.choices(days, weights)[0].astimezone(SHANGHAI)
        hour = rng.choices(range(24), HOURS)[0]
        moment = day.replace(hour=hour, minute=rng.randrange(60), second=rng.randrange(60), microsecond=0)
        moment = moment.astimezone(until.tzinfo)
        if start <= moment <= until:
            found.append(moment)
    return sorted(found)


def theme_grids(ground: Ground) -> list[Grid]:
    """Where the things happen that people call about for weeks."""
    return ground.grids[3::20][: len(THEMES)]


def tell_all(
    ground: Ground, shelf: Shelf, *, seed: int, until: datetime, scale: float, told: Callable[[int, int], None]
) -> int:
    """Tell and write all calls of the world; how many cases there are."""
    rng = Random(seed)
    builder = Builder(seed=seed)
    teller = Teller(ground, shelf, builder, Cast.of(STREET, now=until, rng=rng), rng, until)
    placed = sum(len(scene.lights) for scene in SCENES)
    count = max(round(CASES * scale) - placed, 40)
    for number, moment in enumerate(arrivals(count, until, rng)):
        teller.tell(moment)
        if number % 50 == 0:
            told(min(len(builder.waiting), count), count)
    for scene in SCENES:
        for light in scene.lights:
            teller.place(scene, light)
    for theme, grid in zip(THEMES, theme_grids(ground), strict=True):
        teller.tell_of(theme, grid.spots[0], grid.code)
    builder.waiting.sort(key=lambda docket: (docket.case.received_at, docket.case.pk))
    people.keep_contacts(teller.contacts, consent_text_version=1, actor=resident(), now=until)
    told(count, count)
    return builder.write()
