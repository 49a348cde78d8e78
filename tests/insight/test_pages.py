"""The pages and the command: what they show, whom they refuse, and how bad input is answered."""

import json
import re
from datetime import datetime
from html import unescape
from uuid import UUID

import pytest

from huying.cli.commands import assess as command
from huying.cli.contract import CommandRefused, Terminal
from huying.insight import actions
from huying.insight.listeners import case_moved
from huying.insight.models import Fact, Scoring, Statement
from huying.kernel.events import News
from huying.kernel.ids import uuid7
from huying.places.rules import SHANGHAI
from tests.insight.steps import called, closed, handled
from tests.world import BANYAN, NEXT_DOOR, NOW, STREET

pytestmark = pytest.mark.django_db
AFTER = datetime(2026, 11, 10, 9, tzinfo=SHANGHAI)
PAGE = "/desk/assess/"
NOBODY = UUID(int=7)


@pytest.fixture
def counted(world):
    one = closed(world, called(world).case.pk)
    handled(world, called(world).case.pk)
    actions.catch_up()
    return one


def links(response):
    return [unescape(one) for one in re.findall(r'href="([^"]+)"', response.content.decode())]


def bare(response):
    """The page without what is new with every answer (tokens of forms and of the policy) and its own address."""
    return re.sub(r"[A-Za-z0-9]{64}|nonce=\"[^\"]*\"|/desk/assess/[^\"<]*", "", response.content.decode())


class TestPage:
    def test_every_number_is_a_link_that_shows_as_many_rows(self, sign_in, counted):
        client = sign_in("head")
        response = client.get(PAGE, {"area": STREET, "month": "2026-10"})
        assert response.status_code == 200
        behind = [one for one in links(response) if one.startswith("/desk/assess/cases/")]
        assert len(behind) > 20
        for url in behind:
            page = client.get(url)
            assert page.status_code == 200
            found = page.context["found"]
            assert len(re.findall(r"/desk/cases/[0-9a-f-]{36}/", page.content.decode())) == found.cases

    @pytest.mark.parametrize("by", ["unit", "area", "matter", "nonsense"])
    def test_few_are_printed_and_not_ranked(self, sign_in, counted, by):
        response = sign_in("head").get(PAGE, {"area": STREET, "by": by})
        assert [row.place for row in response.context["rows"]] == [""]
        assert "样本少，不排名" in response.content.decode()

    def test_an_empty_month_is_a_page_too(self, sign_in, world):
        response = sign_in("head").get(PAGE, {"area": STREET, "month": "2026-09"})
        assert "这个月还没有可以算的" in response.content.decode()

    def test_what_is_ahead_opens_to_its_rows(self, sign_in, counted):
        client = sign_in("head")
        for show, count in (("asked", 1), ("red", client.get(PAGE).context["ahead"]["found"].red)):
            page = client.get("/desk/assess/ahead/", {"area": STREET, "show": show})
            assert len(page.context["rows"]) == count

    @pytest.mark.parametrize(
        "asked",
        ["area=990101002", "area=990101009", "area=x", "area=%00", "month=2026-13", "version=9", "version=x", "area="],
    )
    def test_what_is_not_there_or_not_theirs_is_answered_alike(self, sign_in, counted, asked):
        client = sign_in("head")
        same = client.get(PAGE, {"area": NEXT_DOOR})
        response = client.get(f"{PAGE}?{asked}")
        assert (response.status_code, bare(response)) == (404, bare(same))

    @pytest.mark.parametrize("path", ["", "cases/", "ahead/", "terms/"])
    def test_a_stranger_learns_nothing(self, sign_in, counted, path):
        client = sign_in("next_dispatcher")
        bodies = {
            bare(client.get(PAGE + path, {"area": area, "measure": "response"})) for area in (STREET, "990101999")
        }
        assert len(bodies) == 1
        assert client.get(PAGE + path, {"area": STREET, "measure": "response"}).status_code == 404

    @pytest.mark.parametrize("path", ["", "cases/", "ahead/", "terms/"])
    def test_who_reads_orders_of_a_unit_alone_has_no_assessment(self, sign_in, counted, path):
        assert sign_in("handler").get(PAGE + path, {"area": STREET}).status_code == 403

    @pytest.mark.parametrize("path", ["freeze/", "correct/", f"{NOBODY}/publish/", f"terms/{NOBODY}/decide/"])
    def test_whoever_is_no_head_anywhere_is_told_so_at_the_door(self, sign_in, counted, path):
        given = {"area": STREET, "month": "2026-10", "reason": "改。", "granted": "yes"}
        assert sign_in("handler").post(PAGE + path, given).status_code == 403


class TestForms:
    def send(self, client, path, **given):
        return client.post(PAGE + path, {"area": STREET, "month": "2026-10", **given})

    def test_freeze_publish_and_correct(self, sign_in, counted, at):
        at(AFTER)
        client = sign_in("head")
        assert self.send(client, "freeze/").status_code == 302
        assert self.send(client, "freeze/").status_code == 409
        one = Statement.objects.get()
        assert self.send(client, f"{one.pk}/publish/").status_code == 302
        bad = self.send(client, "correct/")
        assert bad.status_code == 422
        assert "请写明为什么更正" in bad.content.decode()
        assert self.send(client, "correct/", reason="漏算了一件。").status_code == 302
        page = client.get(PAGE, {"area": STREET, "month": "2026-10"}).content.decode()
        assert "第 2 版" in page
        assert "漏算了一件。" in page
        assert client.get(PAGE, {"area": STREET, "month": "2026-10", "version": "1"}).context["found"].statement == one

    def test_a_running_month_or_a_made_up_one_is_refused(self, sign_in, counted):
        client = sign_in("head")
        assert self.send(client, "freeze/").status_code == 422
        assert self.send(client, "freeze/", month="x").status_code == 404
        assert self.send(client, "correct/", month="x", reason="改。").status_code == 404
        assert self.send(client, "freeze/", area=NEXT_DOOR).status_code == 404
        assert self.send(sign_in("clerk"), "freeze/").status_code == 403

    def test_terms_are_proposed_on_the_form_and_approved_by_another(self, sign_in, counted):
        client = sign_in("head")
        page = client.get(PAGE + "terms/", {"area": STREET})
        form = page.context["form"]
        given = {one.html_name: one.value() for one in form if one.value() not in (None, False)}
        given |= {"reason": "街道定的。", "units": "on", "valid_from": "2026-10"}
        bad = client.post(PAGE + "terms/", given | {"unit_closing": "31"})
        assert bad.status_code == 422
        assert "各项权重加起来要等于 100" in bad.content.decode()
        assert client.post(PAGE + "terms/", given).status_code == 302
        one = Scoring.objects.get()
        assert one.terms["units"]
        assert self.send(client, f"terms/{one.pk}/decide/", granted="yes").status_code == 422
        leader = sign_in("leader")
        assert "批准新的一版" in leader.get(PAGE + "terms/", {"area": STREET}).content.decode()
        assert self.send(leader, f"terms/{one.pk}/decide/", granted="no").status_code == 422
        assert self.send(leader, f"terms/{one.pk}/decide/", granted="yes").status_code == 302
        shown = leader.get(PAGE, {"area": STREET}).content.decode()
        assert "评分" in shown


def moved(case):
    """The news of a case's last act, as the worker would hand it over."""
    facts = {"case_id": str(case.pk), "state": case.state, "area_code": case.area_code}
    case_moved(News(uuid7(), "cases.moved", NOW, facts))


class TestNews:
    def test_a_case_that_ended_is_counted_and_an_open_one_is_not(self, world):
        one, other = closed(world, called(world).case.pk), called(world).case
        for case in (one, other, one):
            moved(case)
        assert Fact.objects.filter(subject_id=one.pk).count() == 1
        assert not Fact.objects.filter(case_id=other.pk).exists()

    def test_a_reopened_case_leaves(self, world):
        from huying.cases import actions as a

        one = closed(world, called(world).case.pk)
        moved(one)
        moved(a.reopen_case(one.pk, reason="又坏了。", actor=world.caller, now=NOW.replace(hour=9)))
        assert not Fact.objects.exists()


class TestCommand:
    def run(self, *words):
        from argparse import ArgumentParser

        parser = ArgumentParser()
        command.arguments(parser)
        return command.run(parser.parse_args(words), Terminal())

    def test_it_prints_a_month_and_its_facts(self, counted, at, capsys):
        facts = self.run("--area", STREET, "--month", "2026-10").facts
        assert facts["whole"]["resolution"] == {"hits": "1", "of": 1, "percent": "100.0"}
        assert list(facts["areas"]) == [BANYAN]
        assert "解决率" in capsys.readouterr().out
        json.dumps(facts)

    def test_it_counts_anew(self, counted, at):
        Fact.objects.all().delete()
        assert self.run("--recount").facts == {"counted": 1}
        assert self.run("--area", STREET).facts["whole"]["resolution"]["of"] == 1

    @pytest.mark.parametrize("words", [[], ["--area", STREET, "--month", "2026-13"]])
    def test_it_says_what_is_missing_or_wrong(self, words, counted, at):
        with pytest.raises(CommandRefused):
            self.run(*words)
