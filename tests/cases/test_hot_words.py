"""What a clerk says of hot issues: it shows at once, holds against the night, can be undone, and nobody else may."""

import re
from datetime import timedelta

import pytest

from huying.audit.models import History
from huying.cases.actions import heating, hot
from huying.cases.actions.blanking import BLANK, blank_words
from huying.cases.actions.heating import find_hot_issues
from huying.cases.models import Case, HotApart, HotIssue, HotIssueCase
from huying.cases.queries import hot as reads
from huying.cases.rules.hot import MOST_WORDS, WINDOW, HotVerb
from huying.kernel.ids import uuid7
from huying.kernel.paging import Page
from huying.kernel.refusals import Invalid, KeyReused, NotAllowed, NotFound
from huying.triage.hot_child import found_apart
from tests.cases.test_hot import DAY, LIFT, OTHERS, shown
from tests.cases.test_incidents import call
from tests.kept import kept
from tests.world import GRID, KAPOK, NEXT_DOOR, NOW, OTHER_GRID, STREET, build_world, middle

BARS = (
    "清莉路夜宵店半夜油烟大，熏得睡不着",
    "清莉路夜宵店油烟直排，窗户不敢开",
    "清莉路的夜宵店半夜还在炒菜，油烟熏人",
    "清莉路夜宵店油烟太大，说了也不改",
    "清莉路夜宵店油烟熏得头晕，没人管",
)
NAME = "榕景花园电梯老出毛病"


@pytest.fixture
def said(db):
    return kept("hot words", _said)


@pytest.fixture
def world(said):
    return said[0]


@pytest.fixture
def calls(said):
    return said[1]


def _said():
    """Six callers about one lift, five about one kitchen, and thirty calls about other things; grouped once."""
    world = build_world()
    for number, words in enumerate(OTHERS):
        lng, lat = middle((GRID, OTHER_GRID, KAPOK + "001")[number % 3])
        world.call(words=words, lng=lng, lat=lat, now=NOW - number % 20 * DAY)
    made = {}
    for name, told, digit in (("lift", LIFT, 0), ("bar", BARS, 1)):
        made[name] = [
            call(world, phone=f"138001380{digit}{number}", words=words, now=NOW - 4 * number * DAY).case.pk
            for number, words in enumerate(told)
        ]
    find_hot_issues(STREET, now=NOW)
    return world, made


@pytest.fixture
def lift(calls):
    return HotIssueCase.objects.get(case=calls["lift"][0]).issue


@pytest.fixture
def bar(calls):
    return HotIssueCase.objects.get(case=calls["bar"][0]).issue


def members(row):
    return set(HotIssueCase.objects.filter(issue=row).values_list("case_id", flat=True))


def say(act, row, world, *, actor=None, key=None, now=NOW, **given):
    return act(row.pk, actor=actor or world.clerk, now=now, key=key, **given)


def rows():
    """Everything that the tables hold, to compare."""
    tables = (HotIssue.objects.order_by("pk"), HotIssueCase.objects.order_by("pk"), HotApart.objects.order_by("pk"))
    return [list(one.values()) for one in tables]


class TestNaming:
    def test_its_own_name_is_shown_and_stays_until_it_is_emptied(self, world, lift):
        taken = reads.issue(lift.pk, world.clerk).words
        say(hot.name_issue, lift, world, words=f"  {NAME} ")
        find_hot_issues(STREET, now=NOW + DAY)
        assert reads.issue(lift.pk, world.clerk).words == NAME
        assert NAME in {one.words for one in reads.listed(world.grid_worker, page=Page())}
        say(hot.name_issue, lift, world, words="")
        assert reads.issue(lift.pk, world.clerk).words == taken

    @pytest.mark.parametrize(
        "words",
        ["张先生家电梯", "电梯，找 13812345678", "粤A12345 乱停", "3栋502漏水", "微信号 abcd1234"],
        ids=["name", "phone", "plate", "door", "chat"],
    )
    def test_what_points_to_a_person_is_refused_with_a_reason(self, world, lift, words):
        with pytest.raises(Invalid, match="认出人"):
            say(hot.name_issue, lift, world, words=words)

    @pytest.mark.parametrize("words", ["长" * (MOST_WORDS + 1), "两\n行", "\u202e反"], ids=["long", "lines", "turned"])
    def test_what_is_no_name_is_refused(self, world, lift, words):
        with pytest.raises(Invalid):
            say(hot.name_issue, lift, world, words=words)

    def test_words_blanked_in_a_case_are_blanked_in_the_name_of_its_issue(self, world, calls, lift):
        say(hot.name_issue, lift, world, words="榕景花园何宝家电梯")
        blank_words(calls["lift"][1], passages=["何宝"], actor=world.head, now=NOW)
        assert reads.issue(lift.pk, world.clerk).words == f"榕景花园{BLANK}家电梯"

    def test_the_history_has_no_words(self, world, lift):
        say(hot.name_issue, lift, world, words=NAME)
        line = History.objects.get(kind="hot_issue")
        assert (line.verb, line.object_id, line.actor_id) == ("name", lift.pk, world.clerk.id)
        assert NAME not in str(line.facts)


class TestTakingOut:
    def test_a_call_taken_out_is_gone_at_once_and_no_night_puts_it_back(self, world, calls, lift):
        one = lift.typical_id
        before = members(lift)
        row = say(hot.take_out, lift, world, case_id=one)
        assert members(lift) == before - {one}
        assert (row.callers, row.typical_id != one) == (len(before) - 1, True)
        assert [case.pk for case in reads.taken_out(row, world.clerk)] == [one]
        for night in (1, 2):
            find_hot_issues(STREET, now=NOW + night * DAY)
            assert one not in members(lift)
            assert not HotIssueCase.objects.filter(case=one, issue__members__case__in=before - {one}).exists()

    def test_with_fewer_than_five_callers_it_is_hidden_from_others_at_once(self, world, calls, lift):
        others = sorted(members(lift))
        assert lift.pk in shown(world.grid_worker)
        for one in others[: len(others) - 4]:
            say(hot.take_out, lift, world, case_id=one)
        assert lift.pk not in shown(world.grid_worker)
        assert lift.pk in shown(world.clerk)

    def test_it_stays_apart_also_where_the_issue_is_gone(self, world, calls, lift):
        left, *others = sorted(members(lift))
        for one in others:
            say(hot.take_out, lift, world, case_id=one)
        for night in (1, 2):
            find_hot_issues(STREET, now=NOW + night * DAY)
            home = HotIssueCase.objects.filter(case=left).first()
            assert home is None or not members(home.issue) & set(others)
        lift.refresh_from_db()
        assert lift.gone_at is not None
        together = HotIssueCase.objects.filter(case__in=others).values_list("issue", flat=True)
        assert len(set(together)) == 1  # what was taken out of one may be one other thing

    def test_put_back_it_is_there_again_as_before(self, world, calls, lift):
        before = rows()
        one = sorted(members(lift) - {lift.typical_id})[0]
        say(hot.take_out, lift, world, case_id=one)
        say(hot.put_back, lift, world, case_id=one)
        assert rows() == before
        find_hot_issues(STREET, now=NOW)
        assert rows() == before

    def test_put_back_it_stays_where_a_night_has_put_it(self, world, calls, lift, bar):
        one = sorted(members(lift))[0]
        say(hot.take_out, lift, world, case_id=one)
        HotIssueCase.objects.create(case_id=one, issue=bar)
        say(hot.put_back, lift, world, case_id=one)
        assert HotIssueCase.objects.get(case=one).issue == bar

    def test_only_what_is_there_goes_out_and_only_what_went_out_comes_back(self, world, calls, lift):
        for act, one in ((hot.take_out, calls["bar"][0]), (hot.put_back, calls["lift"][0]), (hot.take_out, uuid7())):
            with pytest.raises(NotFound):
                say(act, lift, world, case_id=one)

    def test_a_call_that_became_confidential_is_no_more_to_be_told_of(self, world, calls, lift):
        one, two = sorted(members(lift) - {lift.typical_id})[:2]
        say(hot.take_out, lift, world, case_id=one)
        Case.objects.filter(pk__in=[one, two]).update(confidential=True, restricted=True)
        assert reads.taken_out(lift, world.clerk) == []
        for act, case_id in ((hot.put_back, one), (hot.take_out, two)):
            with pytest.raises(NotFound):
                say(act, lift, world, case_id=case_id)

    def test_after_the_time_that_is_looked_at_nothing_is_kept_of_it(self, world, calls, lift):
        say(hot.take_out, lift, world, case_id=calls["lift"][0])
        find_hot_issues(STREET, now=NOW + WINDOW + DAY)
        assert not HotApart.objects.exists()


class TestJoining:
    def test_joined_issues_are_one_and_no_night_parts_them(self, world, calls, lift, bar):
        both = members(lift) | members(bar)
        row = say(hot.join_issues, lift, world, other_id=bar.pk)
        assert members(lift) == both
        assert row.callers == len(both)
        assert shown(world.clerk) & {lift.pk, bar.pk} == {lift.pk}
        assert reads.issue(bar.pk, world.clerk) is None
        assert [one.pk for one in reads.joined(row, world.clerk)] == [bar.pk]
        new = call(world, phone="13800138099", words=BARS[0] + "，又来了", now=NOW + DAY).case.pk
        for night in (1, 2):
            find_hot_issues(STREET, now=NOW + night * DAY)
            assert both <= members(lift)
        assert new in members(lift)

    def test_parted_again_everything_is_as_before(self, world, calls, lift, bar):
        before = rows()
        say(hot.join_issues, lift, world, other_id=bar.pk)
        say(hot.part_issues, lift, world, other_id=bar.pk)
        assert rows() == before
        find_hot_issues(STREET, now=NOW)
        assert rows() == before

    def test_joined_once_more_each_can_still_be_parted(self, world, calls, lift, bar):
        third = HotIssue.objects.exclude(pk__in=[lift.pk, bar.pk]).first()
        if third is None:
            case = HotIssueCase.objects.filter(issue=bar).first()
            third = HotIssue.objects.create(
                street_code=STREET, number=99, area_code=GRID, typical_id=case.case_id, heat=1, callers=1,
                first_on=NOW.date(), last_on=NOW.date(), trend="rising", found_at=NOW,
            )  # fmt: skip
            HotIssueCase.objects.filter(pk=case.pk).update(issue=third)
        mine = {one.pk: members(one) for one in (lift, bar, third)}
        say(hot.join_issues, lift, world, other_id=bar.pk)
        say(hot.join_issues, third, world, other_id=lift.pk)
        assert members(third) == set.union(*mine.values())
        say(hot.part_issues, third, world, other_id=lift.pk)
        assert (members(lift), members(third)) == (mine[lift.pk], mine[third.pk] | mine[bar.pk])
        say(hot.part_issues, third, world, other_id=bar.pk)
        assert members(bar) == mine[bar.pk]

    def test_what_was_joined_leads_to_where_its_calls_are_and_on_from_there(self, world, calls, lift, bar):
        third = HotIssue.objects.create(
            street_code=STREET, number=99, area_code=GRID, typical_id=calls["lift"][0], heat=1, callers=5,
            first_on=NOW.date(), last_on=NOW.date(), trend="rising", found_at=NOW,
        )  # fmt: skip
        assert reads.leads_to(bar.pk, world.clerk) is None
        say(hot.join_issues, lift, world, other_id=bar.pk)
        HotIssue.objects.filter(pk=third.pk).update(joined_into=bar, gone_at=NOW)  # joined before, as no act leaves it
        for one, viewer in ((bar, world.clerk), (third, world.clerk), (bar, world.grid_worker)):
            assert reads.leads_to(one.pk, viewer).issue.pk == lift.pk
        assert reads.leads_to(lift.pk, world.clerk) is None
        for viewer in (world.next_dispatcher, world.handler, world.kapok_worker):
            assert reads.leads_to(bar.pk, viewer) is None

    def test_a_circle_leads_nowhere(self, world, calls, lift, bar):
        for one, into in ((lift, bar), (bar, lift)):
            HotIssue.objects.filter(pk=one.pk).update(joined_into=into, gone_at=NOW)
        assert reads.leads_to(bar.pk, world.clerk) is reads.leads_to(lift.pk, world.clerk) is None

    @pytest.mark.parametrize("hidden", ["few", "confidential", "gone"])
    def test_what_was_never_shown_to_others_or_is_shown_no_more_leads_nowhere(self, world, calls, lift, bar, hidden):
        say(hot.join_issues, lift, world, other_id=bar.pk)
        if hidden == "few":
            HotIssue.objects.filter(pk=bar.pk).update(callers=4)
        elif hidden == "confidential":
            Case.objects.filter(pk=calls["bar"][0]).update(confidential=True, restricted=True)
        else:
            HotIssue.objects.filter(pk=lift.pk).update(gone_at=NOW)
        assert reads.leads_to(bar.pk, world.grid_worker) is None
        clerk = reads.leads_to(bar.pk, world.clerk)
        assert (clerk is None) == (hidden == "gone" or bar.typical_id == calls["bar"][0] and hidden == "confidential")

    def test_what_was_taken_out_of_it_does_not_come_with_the_other(self, world, calls, lift, bar):
        one = sorted(members(lift))[0]
        say(hot.take_out, lift, world, case_id=one)
        HotIssueCase.objects.create(case_id=one, issue=bar)  # as a night may find
        say(hot.join_issues, lift, world, other_id=bar.pk)
        assert one not in members(lift)
        find_hot_issues(STREET, now=NOW + DAY)
        assert one not in members(lift)
        say(hot.put_back, lift, world, case_id=one)
        assert one in members(lift)

    def test_what_came_with_the_other_and_went_out_comes_back_to_it(self, world, calls, lift, bar):
        one = sorted(members(bar))[0]
        say(hot.take_out, bar, world, case_id=one)
        say(hot.join_issues, lift, world, other_id=bar.pk)
        assert [case.pk for case in reads.taken_out(lift, world.clerk)] == [one]
        say(hot.put_back, lift, world, case_id=one)
        say(hot.part_issues, lift, world, other_id=bar.pk)
        assert one in members(bar)

    def test_what_cannot_be_joined(self, world, calls, lift, bar):
        with pytest.raises(Invalid):
            say(hot.join_issues, lift, world, other_id=lift.pk)
        with pytest.raises(NotFound):
            say(hot.join_issues, lift, world, other_id=uuid7())
        with pytest.raises(NotFound):
            say(hot.part_issues, lift, world, other_id=bar.pk)
        HotIssue.objects.filter(pk=bar.pk).update(gone_at=NOW)
        with pytest.raises(NotFound):
            say(hot.join_issues, lift, world, other_id=bar.pk)

    def test_one_of_another_street_is_not_joined(self, world, calls, lift, bar):
        HotIssue.objects.filter(pk=bar.pk).update(street_code=NEXT_DOOR[:9])
        with pytest.raises(Invalid, match="同一个街道"):
            say(hot.join_issues, lift, world, other_id=bar.pk)


ACTS = {
    "name": (hot.name_issue, lambda calls, bar: {"words": NAME}),
    "take_out": (hot.take_out, lambda calls, bar: {"case_id": calls["lift"][1]}),
    "join": (hot.join_issues, lambda calls, bar: {"other_id": bar.pk}),
}


class TestWho:
    @pytest.mark.parametrize("name", ACTS)
    def test_who_does_not_triage_there_may_not_and_a_stranger_learns_nothing(
        self,
        world,
        calls,
        lift,
        bar,
        name,
    ):
        act, given = ACTS[name]
        before = rows()
        for viewer in (world.grid_worker, world.leader):
            with pytest.raises(NotAllowed):
                say(act, lift, world, actor=viewer, **given(calls, bar))
        for viewer in (world.next_dispatcher, world.handler, world.kapok_worker):
            with pytest.raises(NotFound):
                say(act, lift, world, actor=viewer, **given(calls, bar))
        assert rows() == before
        assert not History.objects.filter(kind="hot_issue").exists()

    def test_others_read_neither_what_was_taken_out_nor_what_was_joined(self, world, calls, lift, bar):
        say(hot.take_out, lift, world, case_id=calls["lift"][1])
        say(hot.join_issues, lift, world, other_id=bar.pk)
        lift.refresh_from_db()
        assert reads.joined(lift, world.clerk)
        for viewer in (world.grid_worker, world.leader, world.next_dispatcher):
            assert reads.taken_out(lift, viewer) == reads.joined(lift, viewer) == []

    @pytest.mark.parametrize("name", ACTS)
    def test_the_same_key_says_it_once_and_another_body_is_refused(
        self,
        world,
        calls,
        lift,
        bar,
        name,
    ):
        act, given = ACTS[name]
        key = uuid7()
        for _time in range(2):
            assert say(act, lift, world, key=key, **given(calls, bar)).pk == lift.pk
        assert History.objects.filter(kind="hot_issue").count() == 1
        other = {one: "别的" if one == "words" else uuid7() for one in given(calls, bar)}
        with pytest.raises(KeyReused):
            say(act, lift, world, key=key, **other)

    def test_every_act_writes_one_line_of_ids_and_numbers(self, world, calls, lift, bar):
        one = calls["lift"][1]
        say(hot.name_issue, lift, world, words=NAME)
        say(hot.take_out, lift, world, case_id=one)
        say(hot.put_back, lift, world, case_id=one)
        say(hot.join_issues, lift, world, other_id=bar.pk)
        say(hot.part_issues, lift, world, other_id=bar.pk)
        lines = list(History.objects.filter(kind="hot_issue").order_by("id"))
        assert {line.verb for line in lines} == {str(verb) for verb in HotVerb}
        for line in lines:
            assert line.object_id == lift.pk
            assert not re.search("[\u4e00-\u9fff]", str(line.facts))


class TestTheNight:
    def test_what_is_said_while_it_groups_is_not_written_over(self, world, calls, lift, monkeypatch):
        one, asked = calls["lift"][1], []

        def meanwhile(*args, **given):
            found = found_apart(*args, **given)
            if not asked:
                say(hot.take_out, lift, world, case_id=one)
            asked.append(len(found))
            return found

        monkeypatch.setattr(heating, "found_apart", meanwhile)
        find_hot_issues(STREET, now=NOW + DAY)
        assert len(asked) == 2
        assert one not in members(lift)

    def test_where_persons_go_on_it_leaves_everything_to_the_next_night(
        self,
        world,
        calls,
        lift,
        monkeypatch,
        caplog,
    ):
        left = iter(sorted(members(lift)))

        def meanwhile(*args, **given):
            found = found_apart(*args, **given)
            say(hot.take_out, lift, world, case_id=next(left))
            return found

        monkeypatch.setattr(heating, "found_apart", meanwhile)
        find_hot_issues(STREET, now=NOW + timedelta(days=400))
        lift.refresh_from_db()
        assert lift.gone_at is None
        assert "corrected meanwhile" in caplog.text


def told(answer, issue_id):
    """The page without what every page has of its own: the address that was asked for, and tokens."""
    html = answer.content.decode().replace(str(issue_id), "")
    return re.sub(r'\b[A-Za-z0-9]{64}\b|(datetime|nonce)="[^"]*"', "", html)


class TestPages:
    @pytest.fixture
    def ask(self, client, world):
        def asked(who, path, **sent):
            client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
            return client.post(path, sent) if sent else client.get(path)

        return asked

    def test_a_clerk_names_takes_out_joins_and_undoes_it_on_the_page(self, ask, calls, lift, bar):
        path = f"/desk/cases/hot/{lift.pk}/"
        one = calls["lift"][1]
        assert "不是一回事" in ask("clerk", path).content.decode()
        for verb, sent in (("name", {"words": NAME}), ("take_out", {"thing": one}), ("join", {"thing": bar.pk})):
            answer = ask("clerk", f"{path}moves/{verb}/", key=str(uuid7()), **sent)
            assert (answer.status_code, answer["Location"]) == (302, path), verb
        html = ask("clerk", path).content.decode()
        assert NAME in html
        assert NAME in ask("clerk", "/desk/cases/hot/").content.decode()
        assert 'id="taken-out"' in html
        assert "分开" in html
        assert html.count('name="csrfmiddlewaretoken"') >= html.count('method="post"')
        old = ask("clerk", f"/desk/cases/hot/{bar.pk}/")
        assert (old.status_code, old["Location"]) == (302, path)
        for verb, sent in (("put_back", {"thing": one}), ("part", {"thing": bar.pk}), ("name", {"words": ""})):
            assert ask("clerk", f"{path}moves/{verb}/", key=str(uuid7()), **sent).status_code == 302, verb
        html = ask("clerk", path).content.decode()
        assert NAME not in html
        assert 'id="taken-out"' not in html

    def test_what_is_refused_is_said_and_what_was_typed_stays(self, ask, lift):
        path = f"/desk/cases/hot/{lift.pk}/moves/name/"
        answer = ask("clerk", path, words="张先生家电梯")
        assert answer.status_code == 422
        html = answer.content.decode()
        assert "认出人" in html
        assert 'value="张先生家电梯"' in html
        assert ask("clerk", path.replace("name", "join"), thing="").status_code == 422
        for verb, sent in (("join", {"thing": str(uuid7())}), ("take_out", {"thing": str(uuid7())}), ("fly", {"a": 1})):
            assert ask("clerk", path.replace("name", verb), **sent).status_code == 404

    def test_the_old_address_of_what_was_joined_answers_a_stranger_as_one_that_never_was(self, ask, world, lift, bar):
        say(hot.join_issues, lift, world, other_id=bar.pk)
        never = uuid7()
        old, missing = (ask("next_dispatcher", f"/desk/cases/hot/{one}/") for one in (bar.pk, never))
        assert (old.status_code, missing.status_code) == (404, 404)
        assert told(old, bar.pk) == told(missing, never)

    def test_the_same_form_sent_twice_acts_once(self, ask, lift, bar):
        sent = {"thing": bar.pk, "key": str(uuid7())}
        for _time in range(2):
            assert ask("clerk", f"/desk/cases/hot/{lift.pk}/moves/join/", **sent).status_code == 302
        assert History.objects.filter(kind="hot_issue").count() == 1

    def test_others_have_no_buttons_and_a_stranger_meets_nothing(self, ask, calls, lift):
        path = f"/desk/cases/hot/{lift.pk}/"
        html = ask("grid_worker", path).content.decode()
        assert "moves/" not in html.split("<main")[1].split("</main")[0]
        refused = ask("grid_worker", f"{path}moves/take_out/", thing=calls["lift"][1])
        assert refused.status_code == 422
        assert not HotApart.objects.exists()
        strange = ask("next_dispatcher", f"{path}moves/take_out/", thing=calls["lift"][1])
        missing = ask("next_dispatcher", f"/desk/cases/hot/{uuid7()}/moves/take_out/", thing=calls["lift"][1])
        assert (strange.status_code, missing.status_code) == (404, 404)
