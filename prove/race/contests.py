"""Races that are not about one case: registers, people and grants, plans, catalogue, notices, programs, unique rows.

A contest makes its thing anew, lets several people act on it at once, and says how many may win. The others must be
refused with 409 and a sentence. What is decided once leaves one line of history.
"""

# ruff: noqa: E731
from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from django.apps import apps
from django.db import IntegrityError, OperationalError, models, transaction

from huying.approvals import actions as approvals
from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import NewReport, emergencies, rehoming
from huying.cases.models import Case, Emergency, WorkOrder
from huying.cases.rules import LIVE_ORDERS, OrderRole, State
from huying.channels import actions as hooks
from huying.clients import actions as clients
from huying.clients.models import Client
from huying.desk import actions as desk
from huying.desk.rules import BatchAct
from huying.files import actions as files
from huying.insight import actions as insight
from huying.insight.models import Scoring, Statement
from huying.insight.rules import SHIPPED, month_of
from huying.kernel.actor import resident, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import Refusal
from huying.matters import actions as matters
from huying.matters.actions import sets as limit_sets
from huying.matters.models import CatalogueVersion, LimitSwitch
from huying.notices.actions import public
from huying.people import actions as people
from huying.people.models import Account, Appointment, RoleGrant
from huying.places import actions as places
from huying.places.models import Area
from huying.portal import actions as portal
from huying.portal.models import KeptPrivate
from huying.registers import actions as registers
from huying.registers import writing
from huying.registers.declared import get
from prove.frame import Run
from prove.race import apart
from prove.race.cases import CHINESE, together
from prove.race.stage import RACE, Stage
from tests.world import BANYAN, GRID, KAPOK, STREET

DAY = timedelta(days=1)
_numbers = itertools.count(1)


@dataclass
class Contest:
    """Who acts, and what may come of it."""

    calls: list[Callable[[], Any]]
    least: int = 1
    most: int = 1
    lines: tuple[str, Any] | None = None  # kind and object of the history: as many new lines as winners
    check: Callable[[list[Any]], str] = field(default=lambda results: "")
    refusals: tuple[int, ...] = (409,)


Maker = Callable[["Contests", random.Random, int], Contest]


class Contests:
    def __init__(self, stage: Stage, pool: ThreadPoolExecutor, run: Run, bench: Any) -> None:
        self.stage, self.pool, self.run, self.bench = stage, pool, run, bench
        self.world = stage.world
        self.order = sorted(CONTESTS)
        random.Random(f"contests:{run.seed}").shuffle(self.order)
        if run.smoke:  # what the sabotages break comes first
            first = ["unique order_one_lead", "register edited by many"]
            self.order = [*first, *(one for one in self.order if one not in first)]
        self.unique = unique_indexes()

    def undeclared(self) -> list[tuple[str, dict[str, Any]]]:
        """Actions that no contest races and that are not left apart for a reason."""
        return apart.undeclared([*CONTESTS.values(), *(one for one in vars(Contests).values() if callable(one))])

    def do(self, number: int, rng: random.Random) -> None:
        name = self.order[number % len(self.order)]
        count = rng.choices([2, 3, 4, 6, 8, 16], [30, 25, 20, 12, 8, 5])[0]
        try:
            contest = CONTESTS[name](self, rng, count)
        except Exception as why:
            self._find(name, "it cannot be made ready", error=repr(why)[:300])
            return
        mark = History.objects.order_by("-id").values_list("id", flat=True).first() or 0
        results: list[Any] = [None] * len(contest.calls)

        def called(place: int, call: Callable[[], Any]) -> Callable[[], None]:
            def one() -> None:
                try:
                    results[place] = call()
                except Exception as why:
                    results[place] = why

            return one

        together(self.pool, [called(place, call) for place, call in enumerate(contest.calls)])
        self._judge(name, contest, results, mark)

    def _judge(self, name: str, contest: Contest, results: list[Any], mark: int) -> None:
        run = self.run
        run.count("contests")
        run.count("acts", len(results))
        winners = [one for one in results if not isinstance(one, Exception)]
        for one in results:
            if isinstance(one, Refusal):
                run.count(f"refused_{one.status}")
                if one.status not in contest.refusals:
                    self._find(name, "a loser is told something else than 409", status=one.status, why=str(one))
                elif not CHINESE.search(str(one)) or any(
                    account.name in str(one) for account in self.world.accounts.values()
                ):
                    self._find(name, "a refusal without a sentence, or with a name", why=str(one))
            elif isinstance(one, Exception):
                run.count("server_errors")
                if isinstance(one.__cause__, psycopg.errors.DeadlockDetected) or isinstance(one, OperationalError):
                    run.count("deadlocks")
                self._find(name, "an error instead of a refusal", error=repr(one)[:300])
        run.count("winners", len(winners))
        if not contest.least <= len(winners) <= contest.most:
            self._find(name, "not as many winners as may be", winners=len(winners), of=len(results),
                       may=f"{contest.least} to {contest.most}")  # fmt: skip
        if contest.lines is not None:
            kind, about = contest.lines
            lines = History.objects.filter(id__gt=mark, kind=kind)
            count = (lines.filter(object_id=about) if about is not None else lines).count()
            if count != 1:
                self._find(name, "not one line of history", lines=count)
        wrong = contest.check(results)
        if wrong:
            self._find(name, wrong)

    def _find(self, name: str, words: str, **facts: Any) -> None:
        self.run.find(words, contest=name, **facts)

    # things to fight about

    def facility(self) -> Any:
        kind = str(get("facility").column("kind").offered()[0][0])
        return registers.put(
            register=get("facility"), row_id=None, actor=self.world.keeper, now=RACE,
            values={"name": f"榕树公厕 {next(_numbers)}", "area_code": GRID, "kind": kind},
        )  # fmt: skip

    def account(self) -> Account:
        return people.create_account(
            username=f"race-{next(_numbers)}", name="新同事示例", area_code=STREET, actor=self.world.keeper, now=RACE
        )

    def plan(self) -> Any:
        """A draft of a new grid."""
        number = next(_numbers)
        return places.draw_plan(
            kind="new", given={"parent": KAPOK, "tier": "grid", "name": f"木棉示例网格{number}", "households": 200},
            effective_on=RACE.date(), reason="新建小区。", actor=self.world.keeper, now=RACE,
        )  # fmt: skip

    def version(self) -> CatalogueVersion:
        for one in CatalogueVersion.objects.filter(state__in=("draft", "submitted", "approved")):
            matters.drop_version(version_id=one.pk, actor=self.keeper_of_matters(), now=RACE)
        made = matters.make_draft(actor=self.keeper_of_matters(), now=RACE, reason="调整时限。")
        matters.change_type(
            version_id=made.pk, code="0101", changes={"name": f"垃圾成堆 {next(_numbers)}"},
            actor=self.keeper_of_matters(), now=RACE,
        )  # fmt: skip
        return made

    def keeper_of_matters(self) -> Any:
        return next(one for one in self.world.people.values() if one.may("admin_matters", STREET))

    def approver_of_matters(self) -> Any:
        first = self.keeper_of_matters()
        found = [one for one in self.world.people.values() if one.may("admin_matters", STREET) and one.id != first.id]
        return (found or [self.world.leader])[0]

    def drill_limits(self, season: str, alert: str, **options: Any) -> LimitSwitch:
        """A set of limits that is on for drills alone, so that it touches no other race; what was on has ended."""
        for one in Emergency.objects.filter(area_code=STREET, drill=True, ended_at=None):
            emergencies.end_emergency(emergency_id=one.pk, actor=self.world.leader, now=RACE)
        for row in LimitSwitch.objects.filter(area_code=STREET, season=season, drill=True, ended_at=None):
            limit_sets.switch_back(switch_id=row.pk, actor=self.world.leader, now=RACE)
        return self.switch_on(season, alert, **options)

    def switch_on(self, season: str, alert: str, **options: Any) -> LimitSwitch:
        return limit_sets.switch_on(
            season=season, alert=alert, area_code=STREET, reason="预警。", drill=True, actor=self.world.leader,
            now=RACE, **options,
        )  # fmt: skip

    def paper(self, *, asked: bool = True, up: bool = False) -> Any:
        from huying.notices.rules import PublicKind

        world = self.world
        paper = public.Paper(
            kind=str(next(iter(PublicKind)).value), title="道路临时封闭", body="因施工，夜间封闭。", area_code=STREET,
            issued_by="街道调度中心", days=15, takes_objections=True,
        )  # fmt: skip
        row = public.draft_public(paper=paper, actor=world.head, now=RACE)
        if asked:
            public.ask_public(public_id=row.pk, actor=world.head, now=RACE)
        if up:
            public.decide_public(public_id=row.pk, granted=True, words="同意。", actor=world.leader, now=RACE)
        return row

    def both(self, one: Callable[[], Any], other: Callable[[], Any], count: int) -> list[Callable[[], Any]]:
        return [one if place % 2 == 0 else other for place in range(count)]


def _register_edit(c: Contests, rng: random.Random, count: int) -> Contest:
    row, register = c.facility(), get("facility")
    seen = writing.fingerprint(register, row)

    def edit(place: int) -> Callable[[], Any]:
        return lambda: registers.put(
            register=register, row_id=row.pk, values={"name": f"改名 {place} {next(_numbers)}"}, actor=c.world.keeper,
            now=RACE, key=uuid7(), seen=seen,
        )  # fmt: skip

    return Contest([edit(place) for place in range(count)], lines=("facility", row.pk))


def _shift(c: Contests, rng: random.Random, count: int) -> Contest:
    one = desk.leave_shift(
        hand_over_id=uuid7(), unit_id=c.world.units["centre"].pk, words="", facts={}, actor=c.world.leader, now=RACE
    )
    colleagues = [c.world.clerk, c.world.dispatcher, c.world.reviewer, c.world.caller, c.world.head, c.world.head2]

    def take(place: int) -> Callable[[], Any]:
        actor = colleagues[place % len(colleagues)]
        return lambda: desk.take_shift(hand_over_id=one.pk, actor=actor, now=RACE)

    return Contest([take(place) for place in range(count)], most=count, lines=("hand_over", one.pk))


def _filter(c: Contests, rng: random.Random, count: int) -> Contest:
    one = desk.save_filter(
        filter_id=uuid7(), name="超时", query="light=red", unit_id=c.world.units["centre"].pk, actor=c.world.clerk,
        now=RACE,
    )  # fmt: skip
    own = lambda: desk.remove_filter(filter_id=one.pk, actor=c.world.clerk, now=RACE)
    head = lambda: desk.remove_filter(filter_id=one.pk, actor=c.world.head, now=RACE)
    return Contest(c.both(own, head, count), most=count, lines=("saved_filter", one.pk), refusals=(404, 409))


def _batch(c: Contests, rng: random.Random, count: int) -> Contest:
    """The same form of many cases sent at once, with its being taken back."""
    scenes = [c.stage.scene("filed") for _two in range(2)]
    c.stage.write()
    lead = c.world.units["sanitation"].pk
    given: dict[str, Any] = {
        "batch_id": uuid7(), "act": BatchAct.DISPATCH, "chosen": [(one.case.pk, lead) for one in scenes],
        "values": {"instruction": "一起去看。"},
    }  # fmt: skip
    send = lambda: desk.carry_out(**given, actor=c.world.dispatcher, now=RACE)
    back = lambda: desk.take_back(batch_id=given["batch_id"], actor=c.world.dispatcher, now=RACE)
    return Contest(c.both(send, back, count), most=count, lines=("batch", given["batch_id"]), refusals=(404, 409))


def _on_once(season: str) -> Callable[[list[Any]], str]:
    """One is on at the most, and as many lines say "on" and "over" as there are rows of each."""

    def right(_results: list[Any]) -> str:
        rows = LimitSwitch.objects.filter(area_code=STREET, season=season, drill=True)
        ids, ended = list(rows.values_list("pk", flat=True)), rows.exclude(ended_at=None).count()
        lines = History.objects.filter(kind="limit_switch", object_id__in=ids)
        on, over = (lines.filter(to_state=state).count() for state in ("on", "over"))
        if len(ids) - ended > 1 or (on, over) != (len(ids), ended):
            return f"{len(ids)} sets switched on and {ended} ended, by {on} and {over} lines"
        return ""

    return right


def _limits_on(c: Contests, rng: random.Random, count: int) -> Contest:
    c.drill_limits("typhoon", "blue")
    return Contest([lambda: c.switch_on("typhoon", "red")] * count, check=_on_once("typhoon"))


def _limits_turned(c: Contests, rng: random.Random, count: int) -> Contest:
    """Two levels of one storm: each may follow the other, never two at once."""
    c.drill_limits("typhoon", "blue")
    red, orange = (lambda: c.switch_on("typhoon", "red")), (lambda: c.switch_on("typhoon", "orange"))
    return Contest(c.both(red, orange, count), least=2, most=count, check=_on_once("typhoon"))


def _limits_back(c: Contests, rng: random.Random, count: int) -> Contest:
    """Switched back by many, while the next level is switched on."""
    on = c.drill_limits("typhoon", "blue")
    back = lambda: limit_sets.switch_back(switch_id=on.pk, actor=c.world.leader, now=RACE)
    over = lambda: c.switch_on("typhoon", "red")
    return Contest(c.both(back, over, count), most=2, check=_on_once("typhoon"))


def _limits_over(c: Contests, rng: random.Random, count: int) -> Contest:
    """Two sets come to their end by themselves while they are switched back."""
    rows = [c.drill_limits(one, "blue", until=RACE + DAY) for one in ("rainstorm", "typhoon")]
    later = RACE + 2 * DAY
    backs = [
        lambda row=row: limit_sets.switch_back(switch_id=row.pk, actor=c.world.leader, now=later)  # type: ignore[misc]
        for row in reversed(rows)
    ]
    sweep = lambda: limit_sets.end_switches(actor=system(), now=later)
    right = lambda results: _on_once("typhoon")(results) or _on_once("rainstorm")(results)
    return Contest([sweep, *(backs[place % 2] for place in range(count - 1))], most=3, check=right)


def _emergency(c: Contests, rng: random.Random, count: int) -> Contest:
    """A drill of an emergency ends while another one is declared, and is declared by many."""
    c.drill_limits("typhoon", "blue")
    declare = lambda season, alert: emergencies.declare_emergency(
        season=season, alert=alert, area_code=STREET, reason="演练。", drill=True, actor=c.world.leader, now=RACE
    )
    here = declare("typhoon", "red")
    end = lambda: emergencies.end_emergency(emergency_id=here.pk, actor=c.world.leader, now=RACE)
    again = lambda: declare("rainstorm", "orange")

    def right(results: list[Any]) -> str:
        on = Emergency.objects.filter(area_code=STREET, drill=True, ended_at=None).count()
        if on > 1:
            return f"{on} emergencies at once"
        return _on_once("typhoon")(results) or _on_once("rainstorm")(results)

    return Contest(c.both(end, again, count), most=2, check=right)


def _register_end(c: Contests, rng: random.Random, count: int) -> Contest:
    row = c.facility()
    call = lambda: registers.end_row(
        register=get("facility"), row_id=row.pk, on=RACE.date(), actor=c.world.keeper, now=RACE, key=uuid7()
    )
    return Contest([call] * count, lines=("facility", row.pk))


def _register_edit_end(c: Contests, rng: random.Random, count: int) -> Contest:
    row, register = c.facility(), get("facility")
    end = lambda: registers.end_row(register=register, row_id=row.pk, on=RACE.date(), actor=c.world.keeper, now=RACE)
    edit = lambda: registers.put(
        register=register, row_id=row.pk, values={"name": f"改名 {next(_numbers)}"}, actor=c.world.keeper, now=RACE
    )
    return Contest(c.both(end, edit, count), most=count)


def _same_username(c: Contests, rng: random.Random, count: int) -> Contest:
    name = f"twin-{next(_numbers)}"
    call = lambda: people.create_account(
        username=name, name="新同事示例", area_code=STREET, actor=c.world.keeper, now=RACE
    )
    return Contest(  # the loser's form says which field is wrong, as it would a minute later
        [call] * count, refusals=(422,),
        check=lambda _: "" if Account.objects.filter(username=name).count() == 1 else "not one account",
    )  # fmt: skip


def _grant(c: Contests, rng: random.Random, count: int) -> Contest:
    account = c.account()
    call = lambda: people.grant_role(
        account_id=account.pk, role_code="grid_worker", area_code=BANYAN, since=RACE, actor=system(), now=RACE
    )
    return Contest(
        [call] * count, most=count,
        check=lambda _: "" if RoleGrant.objects.filter(account=account).count() == 1 else "not one grant",
    )  # fmt: skip


def _revoke(c: Contests, rng: random.Random, count: int) -> Contest:
    account = c.account()
    grant = people.grant_role(
        account_id=account.pk, role_code="grid_worker", area_code=BANYAN, since=RACE, actor=system(), now=RACE
    )
    call = lambda: people.revoke_role(grant_id=grant.pk, actor=c.world.keeper, now=RACE)
    return Contest([call] * count, most=count, lines=("role_grant", grant.pk))


def _ask_grant(c: Contests, rng: random.Random, count: int) -> Contest:
    account = c.account()
    call = lambda: people.ask_grant(
        account_id=account.pk, role_code="centre_head", area_code=STREET, reason="接替值班。", actor=c.world.keeper,
        now=RACE,
    )  # fmt: skip
    return Contest([call] * count)


def _decide_grant(c: Contests, rng: random.Random, count: int) -> Contest:
    account = c.account()
    asked = people.ask_grant(
        account_id=account.pk, role_code="centre_head", area_code=STREET, reason="接替值班。", actor=c.world.keeper,
        now=RACE,
    )  # fmt: skip
    say = lambda granted: (
        lambda: people.decide_grant(
            request_id=asked.pk, granted=granted, words="看过了。", actor=c.world.leader, now=RACE
        )
    )
    return Contest(c.both(say(True), say(False), count))


def _appoint(c: Contests, rng: random.Random, count: int) -> Contest:
    account, unit = c.account(), c.world.units["centre"]
    call = lambda: people.appoint(
        account_id=account.pk, organisation_id=unit.pk, post="dispatcher", since=RACE, actor=system(), now=RACE
    )
    return Contest([call] * count, most=count, check=lambda _: "" if _posts(account) == 1 else "one post, two rows")


def _posts(account: Account) -> int:
    return Appointment.objects.filter(account=account, until=None).count()


def _end_post(c: Contests, rng: random.Random, count: int) -> Contest:
    account, unit = c.account(), c.world.units["centre"]
    post = people.appoint(
        account_id=account.pk, organisation_id=unit.pk, post="dispatcher", since=RACE - DAY, actor=system(),
        now=RACE - DAY,
    )  # fmt: skip
    call = lambda: people.end_appointment(appointment_id=post.pk, actor=system(), now=RACE)
    return Contest([call] * count, most=count, lines=("appointment", post.pk))


def _close_account(c: Contests, rng: random.Random, count: int) -> Contest:
    account = c.account()
    close = lambda: people.close_account(account_id=account.pk, actor=c.world.keeper, now=RACE)
    grant = lambda: people.grant_role(
        account_id=account.pk, role_code="grid_worker", area_code=BANYAN, since=RACE, actor=system(), now=RACE
    )

    def right(_results: list[Any]) -> str:
        lines = History.objects.filter(object_id=account.pk, verb="closed").values_list("id", flat=True)
        grants = RoleGrant.objects.filter(account=account).values_list("pk", flat=True)
        after = History.objects.filter(kind="role_grant", verb="granted", object_id__in=grants, id__gt=min(lines))
        return "a closed account was given a role" if after.exists() else ""

    return Contest(c.both(close, grant, count), most=count, check=right, refusals=(404, 409))


def _responsibility(c: Contests, rng: random.Random, count: int) -> Contest:
    code = f"{next(_numbers) % 9000 + 1000}"
    call = lambda: people.assign_responsibility(
        unit_id=c.world.units["kapok"].pk, area_code=KAPOK, matter_code=code, order=3, actor=system(), now=RACE
    )
    return Contest([call] * count, most=count)


def _end_responsibility(c: Contests, rng: random.Random, count: int) -> Contest:
    row = people.assign_responsibility(
        unit_id=c.world.units["kapok"].pk, area_code=KAPOK, matter_code=f"{next(_numbers) % 9000 + 1000}", order=3,
        actor=system(), now=RACE,
    )  # fmt: skip
    key = row.pk
    call = lambda: people.end_responsibility(responsibility_id=key, actor=system(), now=RACE)
    return Contest([call] * count, lines=("responsibility", key), refusals=(404, 409))


def _recuse(c: Contests, rng: random.Random, count: int) -> Contest:
    about = uuid7()
    call = lambda: people.recuse(
        object_id=about, account_id=c.world.accounts["clerk"].pk, reason_code="about_person", area_code=STREET,
        actor=system(), now=RACE,
    )  # fmt: skip
    return Contest([call] * count, most=count, lines=("recusal", None))


def _plan_submit(c: Contests, rng: random.Random, count: int) -> Contest:
    plan = c.plan()
    submit = lambda: places.submit_plan(plan_id=plan.pk, actor=c.world.keeper, now=RACE)
    drop = lambda: places.drop_plan(plan_id=plan.pk, actor=c.world.keeper, now=RACE)
    return Contest(c.both(submit, drop if rng.random() < 0.5 else submit, count), most=2)


def _plan_decide(c: Contests, rng: random.Random, count: int) -> Contest:
    plan = c.plan()
    places.submit_plan(plan_id=plan.pk, actor=c.world.keeper, now=RACE)
    approve = lambda: places.approve_plan(plan_id=plan.pk, actor=c.world.leader, now=RACE)
    back = lambda: places.send_plan_back(plan_id=plan.pk, words="再看看。", actor=c.world.leader, now=RACE)
    effect = lambda: places.effect_plan(plan_id=plan.pk, actor=system(), now=RACE)
    calls = c.both(approve, back if rng.random() < 0.5 else effect, count)
    return Contest(calls, most=2)


def _version_make(c: Contests, rng: random.Random, count: int) -> Contest:
    c.version()
    for one in CatalogueVersion.objects.filter(state="draft"):
        matters.drop_version(version_id=one.pk, actor=c.keeper_of_matters(), now=RACE)
    call = lambda: matters.make_draft(actor=c.keeper_of_matters(), now=RACE, reason="调整。")
    return Contest([call] * count)


def _version_edit(c: Contests, rng: random.Random, count: int) -> Contest:
    version = c.version()
    revision = CatalogueVersion.objects.get(pk=version.pk).revision

    def edit(place: int) -> Callable[[], Any]:
        return lambda: matters.change_type(
            version_id=version.pk, code="0102", changes={"name": f"道路不净 {place}"}, revision=revision,
            actor=c.keeper_of_matters(), now=RACE,
        )  # fmt: skip

    return Contest([edit(place) for place in range(count)])


def _version_submit(c: Contests, rng: random.Random, count: int) -> Contest:
    version = c.version()
    submit = lambda: matters.submit_version(version_id=version.pk, actor=c.keeper_of_matters(), now=RACE)
    drop = lambda: matters.drop_version(version_id=version.pk, actor=c.keeper_of_matters(), now=RACE)
    return Contest(c.both(submit, drop if rng.random() < 0.5 else submit, count), most=2)


def _paper_decide(c: Contests, rng: random.Random, count: int) -> Contest:
    row = c.paper()
    say = lambda granted: (
        lambda: public.decide_public(
            public_id=row.pk, granted=granted, words="看过了。", actor=c.world.leader, now=RACE
        )
    )
    return Contest(c.both(say(True), say(False), count), lines=("public_notice", row.pk))


def _paper_ask(c: Contests, rng: random.Random, count: int) -> Contest:
    row = c.paper(asked=False)
    ask = lambda: public.ask_public(public_id=row.pk, actor=c.world.head, now=RACE)
    drop = lambda: public.drop_public(public_id=row.pk, actor=c.world.head, now=RACE)
    return Contest(c.both(ask, drop if rng.random() < 0.5 else ask, count), most=2, refusals=(404, 409))


def _paper_withdraw(c: Contests, rng: random.Random, count: int) -> Contest:
    row = c.paper(up=True)
    call = lambda: public.withdraw_public(public_id=row.pk, words="时间改了。", actor=c.world.leader, now=RACE)
    return Contest([call] * count, lines=("public_notice", row.pk))


def _objections(c: Contests, rng: random.Random, count: int) -> Contest:
    row = c.paper(up=True)
    made = public.object_to_public(public_id=row.pk, words="希望改期。", key=uuid7(), actor=resident(), now=RACE)[0]
    call = lambda: public.answer_objection(
        objection_id=made.pk, answer="已经改期，谢谢。", actor=c.world.head, now=RACE
    )
    return Contest([call] * count)


def _approval(c: Contests, rng: random.Random, count: int) -> Contest:
    asked = approvals.ask(
        kind="void", object_kind="case", object_id=uuid7(), area_code=STREET, reason="误登记。", facts={},
        actor=c.world.head, now=RACE,
    )  # fmt: skip
    say = lambda granted: (
        lambda: approvals.decide(approval_id=asked.pk, granted=granted, words="看过。", actor=c.world.head2, now=RACE)
    )
    return Contest(c.both(say(True), say(False), count), lines=("approval", asked.pk))


def _approval_ask(c: Contests, rng: random.Random, count: int) -> Contest:
    about = uuid7()
    call = lambda: approvals.ask(
        kind="void", object_kind="case", object_id=about, area_code=STREET, reason="误登记。", facts={},
        actor=c.world.head, now=RACE,
    )  # fmt: skip
    return Contest([call] * count)


def _client(c: Contests, rng: random.Random, count: int) -> Contest:
    Client.objects.filter(revoked_at=None).update(revoked_at=RACE)
    made = clients.make_client(
        kind="personal", name="试用程序", duties=["read"], days=30, actor=c.world.head, now=RACE
    ).client  # fmt: skip
    renew = lambda: clients.renew_client(client_id=made.pk, actor=c.world.head, now=RACE)
    revoke = lambda: clients.revoke_client(client_id=made.pk, actor=c.world.head, now=RACE)

    def right(_results: list[Any]) -> str:
        return "" if Client.objects.get(pk=made.pk).revoked_at is not None else "a revoked program lives"

    return Contest(c.both(revoke, renew, count), most=count, check=right, refusals=(409, 422))


def _freeze(c: Contests, rng: random.Random, count: int) -> Contest:
    Statement.objects.filter(area_code=STREET, facts=None).delete()
    month = month_of(RACE).last
    call = lambda: insight.freeze_month(code=STREET, month=month, actor=c.world.head, now=RACE)

    def right(_results: list[Any]) -> str:
        kept = Statement.objects.filter(area_code=STREET, month=month.number).count()
        return "" if kept == 1 else f"{kept} versions of a month that was frozen once"

    return Contest([call] * count, check=right)


def _propose_terms(c: Contests, rng: random.Random, count: int) -> Contest:
    Scoring.objects.filter(state="proposed").update(state="refused")
    call = lambda: insight.propose_terms(
        code=STREET, terms=SHIPPED, valid_from=month_of(RACE), reason="街道定的。", actor=c.world.head, now=RACE
    )
    return Contest([call] * count)


def _decide_terms(c: Contests, rng: random.Random, count: int) -> Contest:
    Scoring.objects.filter(state="proposed").update(state="refused")
    row = insight.propose_terms(
        code=STREET, terms=SHIPPED, valid_from=month_of(RACE), reason="街道定的。", actor=c.world.head, now=RACE
    )
    say = lambda granted: (
        lambda: insight.decide_terms(
            scoring_id=row.pk, granted=granted, words="看过了。", actor=c.world.leader, now=RACE
        )
    )
    return Contest(c.both(say(True), say(False), count))


def _hook(c: Contests, rng: random.Random, count: int) -> Contest:
    Client.objects.filter(revoked_at=None).update(revoked_at=RACE)
    client = clients.make_client(
        kind="personal", name="试用程序", duties=["read"], days=30, actor=c.world.head, now=RACE
    ).client  # fmt: skip
    hook = hooks.make_webhook(
        client=client, url="https://example.org/hook", kinds=["case.dispatch"], area_code="", actor=c.world.head,
        now=RACE,
    )  # fmt: skip
    call = lambda: hooks.stop_webhook(webhook_id=hook.pk, client=client, actor=c.world.head, now=RACE)
    return Contest([call] * count, most=count, lines=("webhook", hook.pk))


def _private(c: Contests, rng: random.Random, count: int) -> Contest:
    made = a.receive(uuid7(), NewReport(words="路灯不亮了。", area_code=STREET), actor=resident(), now=RACE)
    me = resident(made.report.pk)
    call = lambda: portal.keep_private(made.report.pk, wanted=True, actor=me, now=RACE)
    return Contest(
        [call] * count, most=count, lines=("report", made.report.pk),
        check=lambda _: "" if KeptPrivate.objects.filter(pk=made.report.pk).exists() else "not kept private",
    )  # fmt: skip


def _held(c: Contests, rng: random.Random, count: int) -> Contest:
    """Two forms take the same waiting photo: nobody loses it, nothing fails."""
    session = f"race-{next(_numbers)}"
    held = files.hold_image(c.stage.pictures[0], session_key=session, now=RACE)
    scene = c.stage.scene("received")
    c.stage.write()
    report = scene.docket.reports[0].pk

    def call() -> Any:
        from huying.files import queries

        picture = queries.held_of(session, [held.token], now=RACE)[held.token]
        return a.add_to_report(
            scene.case.pk, report_id=report, words="", images=[picture], actor=resident(report), now=RACE
        )

    return Contest([call] * count, most=count, least=count)


def _merge_both_ways(c: Contests, rng: random.Random, count: int) -> Contest:
    scene = c.stage.scene("received")
    c.stage.write()
    one, two = scene.case.pk, scene.other.case.pk
    merge = lambda source, target: (
        lambda: a.merge_case(source, into_id=target, confirmed=True, actor=c.world.clerk, now=RACE)
    )

    def right(_results: list[Any]) -> str:
        open_cases = Case.objects.filter(pk__in=[one, two]).exclude(state=State.MERGED).count()
        return "" if open_cases == 1 else f"{open_cases} of two cases stay open"

    return Contest(c.both(merge(one, two), merge(two, one), count), check=right)


def _moved_grid(c: Contests, rng: random.Random, count: int) -> Contest:
    """A grid gets another code while its cases are being moved."""
    from huying.people.actions import areas as rights

    # Splitting takes the next code by itself: two that are free beside each other.
    taken = set(Area.objects.filter(code__startswith=KAPOK, tier="grid").values_list("code", flat=True))
    number = next(n for n in range(100, 998) if not taken & {f"{KAPOK}{n:03d}", f"{KAPOK}{n + 1:03d}"})
    grid = Area.objects.create(
        code=f"{KAPOK}{number:03d}", name=f"木棉改编网格{number}", short_name="木棉", tier="grid", parent_code=KAPOK,
        households=10, valid_from=(RACE - 700 * DAY).date(),
    )  # fmt: skip
    places.changed()
    new = f"{KAPOK}{number + 1:03d}"
    made = [
        a.receive(
            uuid7(),
            NewReport(words="路灯不亮了。", area_code=STREET, grid_code=grid.code, channel=a_channel()),
            actor=c.world.clerk, now=RACE,
        ).case.pk
        for _ in range(3)
    ]  # fmt: skip
    plan = places.draw_plan(
        kind="recode", given={"code": grid.code, "new_code": new}, effective_on=RACE.date(), reason="调整。",
        actor=c.world.keeper, now=RACE,
    )  # fmt: skip
    places.submit_plan(plan_id=plan.pk, actor=c.world.keeper, now=RACE)

    def effect() -> Any:
        places.approve_plan(plan_id=plan.pk, actor=c.world.leader, now=RACE)
        rights.follow_areas(plan_id=plan.pk, actor=system(), now=RACE)
        return rehoming.follow_areas(plan_id=plan.pk, actor=system(), now=RACE)

    def dispatch(case_id: Any) -> Callable[[], Any]:
        return lambda: a.register_file_dispatch(
            case_id, type_code="0101", grade="ordinary", lead_id=c.world.units["sanitation"].pk, actor=c.world.head,
            now=RACE,
        )  # fmt: skip

    def right(_results: list[Any]) -> str:
        rehoming.follow_areas(plan_id=plan.pk, actor=system(), now=RACE)
        left = Case.objects.filter(pk__in=made).exclude(area_code__startswith=new).values_list("area_code", flat=True)
        return f"cases stay in a grid that is no more: {list(left)}" if left else ""

    acts = [dispatch(one) for one in made]
    return Contest([effect, *acts], least=1, most=4, check=right, refusals=(409, 422))


def a_channel() -> Any:
    from huying.cases.rules import Channel

    return Channel.HOTLINE


def _two_leads(c: Contests, rng: random.Random, count: int) -> Contest:
    """The database itself refuses a second live lead, whoever writes around the acts."""
    scene = c.stage.scene("accepted")
    c.stage.write()
    lead = WorkOrder.objects.get(
        case_id=scene.case.pk, role=OrderRole.LEAD, state__in=[str(one) for one in LIVE_ORDERS]
    )
    return _twins(lead, count, unit_id=c.world.units["kapok"].pk)


def _twins(row: models.Model, count: int, **other: Any) -> Contest:
    """Copies of a row under new ids: the unique index must refuse every one of them."""
    made: list[Any] = []

    def insert() -> Any:
        twin = type(row)._default_manager.get(pk=row.pk)
        twin.pk = uuid7()
        twin._state.adding = True
        for name, value in other.items():
            setattr(twin, name, value)
        try:
            with transaction.atomic():
                twin.save(force_insert=True)
                made.append(twin.pk)
        except IntegrityError:
            return "refused"
        return "taken"

    def right(results: list[Any]) -> str:
        return "a row that may be there once is there twice" if "taken" in results else ""

    return Contest([insert] * count, least=count, most=count, check=right)


def unique_indexes() -> dict[str, tuple[type[models.Model], models.UniqueConstraint]]:
    """Every unique constraint of our own models, by name."""
    found = {}
    for model in apps.get_models():
        if model.__module__.startswith("huying."):
            for one in model._meta.constraints:
                if isinstance(one, models.UniqueConstraint):
                    found[one.name] = (model, one)
    return found


CONTESTS: dict[str, Maker] = {
    "register edited by many": _register_edit,
    "register row ended by many": _register_end,
    "register row ended while edited": _register_edit_end,
    "account of the same name": _same_username,
    "role granted by many": _grant,
    "role revoked by many": _revoke,
    "role asked for by many": _ask_grant,
    "role decided by two": _decide_grant,
    "post given by many": _appoint,
    "post ended by many": _end_post,
    "account closed while granted": _close_account,
    "responsibility given by many": _responsibility,
    "responsibility ended by many": _end_responsibility,
    "recusal set by many": _recuse,
    "plan submitted or dropped": _plan_submit,
    "plan decided by two, or carried out": _plan_decide,
    "catalogue begun by many": _version_make,
    "catalogue edited by many": _version_edit,
    "catalogue submitted or dropped": _version_submit,
    "notice decided by two": _paper_decide,
    "notice asked for or dropped": _paper_ask,
    "notice withdrawn by many": _paper_withdraw,
    "objection answered by many": _objections,
    "approval decided by two": _approval,
    "approval asked by many": _approval_ask,
    "program renewed while revoked": _client,
    "webhook stopped by many": _hook,
    "month frozen by many": _freeze,
    "terms of scoring proposed by many": _propose_terms,
    "terms of scoring decided by two": _decide_terms,
    "end kept private by many": _private,
    "waiting photo taken by many": _held,
    "two cases merged into each other": _merge_both_ways,
    "grid recoded while cases move": _moved_grid,
    "unique order_one_lead": _two_leads,
    "shift taken over by many": _shift,
    "filter removed by its maker and the head": _filter,
    "many cases sent and taken back": _batch,
    "set of limits switched on by many": _limits_on,
    "two levels of a storm switched on": _limits_turned,
    "set of limits switched back while another comes": _limits_back,
    "sets of limits over while switched back": _limits_over,
    "emergency ended while another is declared": _emergency,
}
