"""隐号拨打: neither number is shown, one call is asked for once, and what came of it is an attempt at contact."""

import json
import logging
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection

from huying.audit.models import History
from huying.cases import actions as a
from huying.cases.actions import dialling as acts
from huying.cases.actions import errands
from huying.cases.codes import errand_code
from huying.cases.models import ContactAttempt, Dial, Feedback
from huying.cases.rules.dialling import COUNTS_AS, OUTCOMES, DialState
from huying.cases.rules.errands import ErrandVerb
from huying.kernel.actor import resident
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.kernel.signing import HEADER, is_signed, signature
from huying.notices.actions import keep_address
from huying.notices.models import Address
from huying.people.actions import erase_contact, keep_contact
from tests.world import NOW, build_world

MINUTE = timedelta(minutes=1)
SECRET = "a-secret-of-the-provider-of-forty-characters"
THEIRS, OURS, OUTSIDE = "13900000001", "13800000002", "13700000003"
NUMBERS = (THEIRS, OURS, OUTSIDE)


@pytest.fixture
def provider(settings):
    """A provider on this machine: keeps what it was asked, and answers with what the test says."""
    asked, answer = [], {"status": 200}

    class Provider(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.headers[HEADER], body))
            self.send_response(answer["status"])
            self.end_headers()

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.DIAL = {"url": f"http://127.0.0.1:{server.server_port}/bridge", "secret": SECRET}
    settings.CSRF_TRUSTED_ORIGINS = ["https://huying.example"]
    yield asked, answer
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def world(db, settings, tmp_path):
    settings.DATA = tmp_path
    world = build_world()
    for who in ("handler", "caller", "firm_handler"):
        keep_address(channel="sms", value=OURS, actor=world.people[who], now=NOW)
    Address.objects.update(confirmed_at=NOW)
    contact = keep_contact(name="李示例", phone=THEIRS, address="", consent_text_version=1, actor=resident(), now=NOW)
    world.receipt = world.call(contact_id=contact.pk, reply_by="phone")
    world.contact = contact
    return world


def in_hand(world, lead="sanitation", who="handler"):
    case = a.register_file_dispatch(
        world.receipt.case.pk, lead_id=world.units[lead].pk, type_code="0104", grade="ordinary",
        actor=world.dispatcher if lead != "firm" else world.dispatcher, now=NOW,
    )  # fmt: skip
    return a.sign_in_order(case.pk, actor=world.people[who], now=NOW)


def ask(world, who="handler", now=NOW + MINUTE):
    return acts.ask_dial(world.receipt.case.pk, report_id=world.receipt.report.pk, actor=world.people[who], now=now)


def dialled(client, body, secret=SECRET, stamp=None):
    sent = json.dumps(body).encode()
    header = signature(secret, int((NOW + 3 * MINUTE).timestamp()) if stamp is None else stamp, sent)
    return client.post("/dialled/", sent, content_type="application/json", headers={HEADER: header})


def nowhere_in_the_database():
    """No table has one of the numbers in the clear."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            for number in NUMBERS:
                cursor.execute(f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE %s', [f"%{number}%"])
                if cursor.fetchone()[0]:
                    return table
    return ""


class TestCalling:
    def test_the_provider_gets_both_numbers_signed_and_nobody_else_does(self, world, provider, caplog, client):
        asked, _answer = provider
        caplog.set_level(logging.DEBUG)
        in_hand(world)
        row = ask(world)
        assert acts.connect_asked(row.pk, now=NOW + 2 * MINUTE)
        assert not acts.connect_asked(row.pk, now=NOW + 2 * MINUTE)  # twice asks once
        ((header, body),) = asked
        assert is_signed(header, SECRET, body, now=int((NOW + 2 * MINUTE).timestamp()))
        assert json.loads(body) == {
            "id": str(row.pk), "first": OURS, "second": THEIRS, "answer_url": "https://huying.example/dialled/",
        }  # fmt: skip
        assert not any(number in record.getMessage() for record in caplog.records for number in NUMBERS)
        assert nowhere_in_the_database() == ""
        client.force_login(world.accounts["handler"], backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(f"/desk/cases/{world.receipt.case.pk}/?history").content.decode()
        assert not any(number in page for number in NUMBERS)

    @pytest.mark.parametrize("outcome", sorted(OUTCOMES))
    def test_what_came_of_it_is_an_attempt(self, world, provider, client, at, outcome):
        in_hand(world)
        row = ask(world)
        acts.connect_asked(row.pk, now=NOW + 2 * MINUTE)
        at(NOW + 3 * MINUTE)
        for _ in range(2):  # the provider may say it twice
            assert dialled(client, {"id": str(row.pk), "outcome": outcome}).status_code == 204
        row.refresh_from_db()
        assert (row.state, row.ended_at) == (outcome, NOW + 3 * MINUTE)
        found = [(one.kind, one.result, one.made_by) for one in ContactAttempt.objects.all()]
        counts = COUNTS_AS.get(DialState(outcome))
        assert found == ([("first", counts, world.handler.id)] if counts else [])
        world.receipt.case.refresh_from_db()
        assert (world.receipt.case.contacted_at is not None) == (outcome == "reached")

    def test_another_word_after_the_first_is_refused(self, world, provider, client, at):
        in_hand(world)
        row = ask(world)
        acts.connect_asked(row.pk, now=NOW + 2 * MINUTE)
        at(NOW + 3 * MINUTE)
        assert dialled(client, {"id": str(row.pk), "outcome": "busy"}).status_code == 204
        assert dialled(client, {"id": str(row.pk), "outcome": "reached"}).status_code == 409
        assert ContactAttempt.objects.count() == 1

    def test_unsigned_old_unknown_and_senseless_words_do_nothing(self, world, provider, client, at):
        in_hand(world)
        row = ask(world)
        at(NOW + 3 * MINUTE)
        good = {"id": str(row.pk), "outcome": "reached"}
        old = int((NOW - 10 * MINUTE).timestamp())
        unsigned = [
            client.post("/dialled/", json.dumps(good).encode(), content_type="application/json"),
            dialled(client, good, secret="another-secret-of-at-least-forty-letters"),
            dialled(client, good, stamp=old),
            dialled(client, good | {"id": str(world.receipt.case.pk)}, stamp=old),
        ]
        assert {one.status_code for one in unsigned} == {403}
        senseless = [
            dialled(client, {"id": str(world.receipt.case.pk), "outcome": "reached"}),
            dialled(client, {"id": "x", "outcome": "reached"}),
            dialled(client, ["no"]),
        ]
        assert {one.status_code for one in senseless} == {404}
        assert not ContactAttempt.objects.exists()

    def test_a_provider_that_fails_is_on_record_and_counts_as_no_attempt(self, world, provider):
        provider[1]["status"] = 500
        in_hand(world)
        row = ask(world)
        acts.connect_asked(row.pk, now=NOW + 2 * MINUTE)
        row.refresh_from_db()
        assert row.state == "failed"
        assert not ContactAttempt.objects.exists()
        ask(world, now=NOW + 3 * MINUTE)  # and another may be asked for at once

    def test_one_at_a_time(self, world, provider):
        in_hand(world)
        ask(world)
        with pytest.raises(IllegalMove):
            ask(world, now=NOW + 2 * MINUTE)
        ask(world, now=NOW + 12 * MINUTE)

    def test_who_has_no_number_on_record_is_told_so(self, world, provider):
        in_hand(world)
        Address.objects.all().delete()
        with pytest.raises(IllegalMove):
            ask(world)

    def test_only_whom_it_concerns(self, world, provider):
        in_hand(world)
        for stranger in ("next_handler", "enforcer", "next_dispatcher"):
            with pytest.raises(NotFound):
                ask(world, who=stranger)
        with pytest.raises(NotAllowed):
            ask(world, who="reviewer")

    def test_an_erased_number_is_not_dialled(self, world, provider):
        in_hand(world)
        row = ask(world)
        erase_contact(contact_id=world.contact.pk, actor=resident(), now=NOW + MINUTE)
        acts.connect_asked(row.pk, now=NOW + 2 * MINUTE)
        assert provider[0] == []
        row.refresh_from_db()
        assert row.state == "failed"

    def test_the_history_has_ids_and_the_contact_says_that_it_was_dialled(self, world, provider):
        in_hand(world)
        row = ask(world)
        acts.connect_asked(row.pk, now=NOW + 2 * MINUTE)
        lines = History.objects.filter(kind="dial", object_id=row.pk).order_by("pk")
        assert [one.verb for one in lines] == ["ask"]
        assert lines[0].facts == {"case": str(world.receipt.case.pk), "report": str(world.receipt.report.pk)}
        assert History.objects.filter(kind="contact", object_id=world.contact.pk, verb="dialled").count() == 1


class TestCallBack:
    def calling_back(self, world):
        case = in_hand(world)
        a.submit_result(case.pk, outcome="explained", answer="已经说明。", actor=world.handler, now=NOW)
        a.sign_result(case.pk, actor=world.unit_head, now=NOW)
        a.review_result(case.pk, actor=world.reviewer, now=NOW)
        return case

    def test_missed_it_is_a_try_and_reached_the_clerk_writes_it_down(self, world, provider):
        self.calling_back(world)
        row = ask(world, who="caller")
        assert row.kind == "call_back"
        acts.record_outcome(row.pk, outcome="refused", now=NOW + 3 * MINUTE)
        (attempt,) = ContactAttempt.objects.all()
        assert (attempt.kind, attempt.result, attempt.words) == ("call_back", "missed", "隐号拨打：对方挂断")
        again = ask(world, who="caller", now=NOW + timedelta(hours=3))
        acts.record_outcome(again.pk, outcome="reached", now=NOW + timedelta(hours=3, minutes=1))
        assert ContactAttempt.objects.count() == 1
        assert not Feedback.objects.exists()
        world.receipt.case.refresh_from_db()
        assert world.receipt.case.state == "calling_back"  # a line that rings ends nobody's say

    def test_on_the_desk(self, world, provider, client, at):
        self.calling_back(world)
        at(NOW + MINUTE)
        client.force_login(world.accounts["caller"], backend="django.contrib.auth.backends.ModelBackend")
        assert "隐号拨打" in client.get("/desk/call-back/").content.decode()
        address = f"/desk/call-back/{world.receipt.case.pk}/dial/"
        answer = client.post(address, {"caller": str(world.receipt.report.pk)})
        assert answer.status_code == 302
        assert Dial.objects.get().kind == "call_back"


class TestOutside:
    def taken_on(self, world):
        case = in_hand(world)
        errand = errands.send_errand(
            case.pk, firm="绿叶保洁", words="清运垃圾桶", place="榕树路口", term="3d", actor=world.handler, now=NOW
        )
        errands.open_errand(errand_code(errand.pk, 0), "phone-1", now=NOW)
        errands.act_on_errand(errand.pk, ErrandVerb.ACCEPT, device="phone-1", planned_on=NOW.date(), now=NOW)
        return errand

    def test_the_one_who_took_it_on_rings_without_seeing_a_number(self, world, provider):
        errand = self.taken_on(world)
        row = acts.ask_dial_for_errand(errand.pk, device="phone-1", phone=OUTSIDE, now=NOW + MINUTE)
        assert row.own_sealed is not None
        assert nowhere_in_the_database() == ""
        acts.connect_asked(row.pk, now=NOW + 2 * MINUTE)
        assert json.loads(provider[0][0][1])["first"] == OUTSIDE
        row.refresh_from_db()
        assert row.own_sealed is None
        acts.record_outcome(row.pk, outcome="reached", now=NOW + 3 * MINUTE)
        assert [(one.result, one.made_by) for one in ContactAttempt.objects.all()] == [("reached", None)]
        world.receipt.case.refresh_from_db()
        assert world.receipt.case.contacted_at is None  # the unit's own first contact is still to come

    def test_another_phone_and_no_number_get_nothing(self, world, provider):
        errand = self.taken_on(world)
        with pytest.raises(NotFound):
            acts.ask_dial_for_errand(errand.pk, device="phone-2", phone=OUTSIDE, now=NOW)
        with pytest.raises(Invalid):
            acts.ask_dial_for_errand(errand.pk, device="phone-1", phone="1", now=NOW)


class TestSettings:
    def test_without_a_provider_there_is_no_button_and_no_call(self, world, client):
        in_hand(world)
        client.force_login(world.accounts["handler"], backend="django.contrib.auth.backends.ModelBackend")
        assert "隐号拨打" not in client.get(f"/desk/cases/{world.receipt.case.pk}/").content.decode()
        with pytest.raises(NotFound):
            ask(world)

    def test_an_address_without_a_secret_is_none(self, world, settings):
        settings.DIAL = {"url": "https://provider.example/", "secret": ""}
        in_hand(world)
        with pytest.raises(NotFound):
            ask(world)

    def test_the_played_provider_reaches_everybody(self, world, settings, client, at):
        settings.DIAL = {"url": "local", "secret": ""}
        in_hand(world)
        at(NOW + MINUTE)
        client.force_login(world.accounts["handler"], backend="django.contrib.auth.backends.ModelBackend")
        assert "隐号拨打" in client.get(f"/desk/cases/{world.receipt.case.pk}/").content.decode()
        client.post(f"/desk/cases/{world.receipt.case.pk}/dial/{world.receipt.report.pk}/")
        acts.connect_asked(Dial.objects.get().pk, now=NOW + 2 * MINUTE)
        assert ContactAttempt.objects.get().result == "reached"
        body = json.dumps({"id": str(Dial.objects.get().pk), "outcome": "busy"}).encode()
        answer = client.post("/dialled/", body, content_type="application/json",
                             headers={HEADER: signature("", int(NOW.timestamp()), body)})  # fmt: skip
        assert answer.status_code == 403  # nobody else speaks for it

    def test_a_word_that_is_none(self, world, provider):
        in_hand(world)
        row = ask(world)
        with pytest.raises(Invalid):
            acts.record_outcome(row.pk, outcome="asked", now=NOW)
        acts.record_outcome(row.pk, outcome="busy", now=NOW)
        with pytest.raises(Conflict):
            acts.record_outcome(row.pk, outcome="reached", now=NOW)


@pytest.fixture
def at(monkeypatch):
    def set_clock(moment):
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    return set_clock
