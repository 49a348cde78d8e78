"""The demo street as it stands: its people and units by name, its places, moments before the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from huying.cases.actions import NewReport, receive, register_file_dispatch, sign_in_order
from huying.cases.rules import Channel, ReplyBy
from huying.cli.play.world.geography import STREET, Ground, Spot
from huying.cli.play.world.organisations import House
from huying.cli.play.world.pictures import Shelf
from huying.kernel.actor import Actor, resident
from huying.kernel.ids import uuid7
from huying.people import queries as people
from huying.people.rules import Duty

# Who of the demo's people does what; those whom the sign-in page shows see what they wait for.
DISPATCHER, CLERK, HEAD, LEADER, SUPERVISOR = "李示例", "田虚构", "陈样本", "赵演示", "董模拟"
HANDLER, WORKER, SECRETARY = "周试行", "何模拟", "林例文"
SANITATION, ENFORCEMENT, COMMITTEE = "街道环卫站", "综合行政执法队", "榕树社区居委会"


@dataclass
class Stage:
    """What making these things needs."""

    ground: Ground
    house: House
    shelf: Shelf
    until: datetime
    _actors: dict[str, Actor] = field(default_factory=dict)

    # people and units

    def who(self, name: str) -> Actor:
        if name not in self._actors:
            self._actors[name] = people.actor_for(self.house.people[name], self.until)
        return self._actors[name]

    def unit(self, name: str) -> UUID:
        return self.house.units[name].pk

    def of(self, unit: str, duty: Duty = Duty.HANDLE) -> Actor:
        """Somebody of a unit with the duty."""
        found = people.members_of(self.unit(unit), duty, now=self.until)[0]
        return people.actor_for(found, self.until)

    # times and places

    def ago(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        return self.until - timedelta(days=days, hours=hours, minutes=minutes)

    def day(self, ahead: int) -> date:
        """So many days after the last one of the world."""
        return timezone.localdate(self.until) + timedelta(days=ahead)

    def spots(self, community: int) -> list[Spot]:
        """One place in each grid of a community."""
        code = f"{STREET}{community:03d}"
        return [one.spots[0] for one in self.ground.grids if one.community == code]

    # calls

    def call(
        self,
        words: str,
        at: datetime,
        *,
        type_code: str = "",
        community: int = 1,
        place: int = 0,
        channel: Channel = Channel.PORTAL,
    ) -> UUID:
        """A resident's call about a place of a community ({p} in the words); its case."""
        every = self.spots(community)
        spot = every[place % len(every)]
        new = NewReport(
            words=words.format(p=spot.words), area_code=STREET, channel=channel, lng=spot.lng, lat=spot.lat,
            place_words=spot.words, type_code=type_code, reply_by=ReplyBy.PAGE,
        )  # fmt: skip
        return receive(uuid7(int(at.timestamp() * 1000)), new, actor=resident(), now=at).case.pk

    def sent(self, case_id: UUID, unit: str, at: datetime, *, type_code: str = "", grid_code: str = "") -> UUID:
        """The case dispatched to a unit, in one form."""
        register_file_dispatch(
            case_id, lead_id=self.unit(unit), type_code=type_code, grid_code=grid_code,
            instruction="请先联系诉求人，再到现场处理。", actor=self.who(DISPATCHER), now=at,
        )  # fmt: skip
        return case_id

    def with_handler(self, words: str, at: datetime, *, type_code: str = "0107", place: int = 0) -> UUID:
        """A call that the demo's handler has signed in: ten minutes to dispatch, five to sign in."""
        case_id = self.call(words, at, type_code=type_code, place=place)
        self.sent(case_id, SANITATION, at + timedelta(minutes=10))
        sign_in_order(case_id, actor=self.who(HANDLER), now=at + timedelta(minutes=15))
        return case_id
