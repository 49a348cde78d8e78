"""Who may knock: tokens, programs, what they lose with their owners; and what no door lets through."""

from dataclasses import replace
from datetime import timedelta

import pytest

from huying.access.doors import CONFIRMED, USED
from huying.audit.models import History
from huying.clients import queries
from huying.clients.actions import make_client, renew_client, revoke_client
from huying.clients.models import Client, KeptAnswer
from huying.kernel.actor import ActorKind, resident
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from huying.people.models import RoleGrant
from tests.api.conftest import Program, duties_of
from tests.world import GRID, KAPOK, NEXT_DOOR, NOW, STREET


def made(world, key="dispatcher", **options):
    actor = world.people[key]
    values = {"kind": "personal", "name": "试用程序", "duties": duties_of(actor), "days": 30, **options}
    return make_client(**values, actor=actor, now=NOW)


class TestTokens:
    def test_without_a_token_or_with_a_wrong_one_nothing_opens(self, world, nobody):
        for token in ("", "hyp_x", "hyb_x", "hyp_" + "0" * 32 + "_" + "a" * 43, "x" * 5000):
            problem = Program(token).get("/cases", status=401)
            assert problem["code"] == "sign-in-needed"
        assert nobody.ask("GET", "/cases", status=401)["code"] == "sign-in-needed"
        assert nobody.last["WWW-Authenticate"] == "Bearer"

    def test_the_secret_is_kept_as_a_hash_and_shown_once(self, world):
        shown = made(world)
        row = Client.objects.get()
        assert shown.secret not in str(row.__dict__)
        assert shown.secret not in repr(shown)

    def test_revoked_expired_renewed_or_closed_it_opens_nothing(self, world, monkeypatch):
        one, two, three = made(world), made(world, days=7), made(world)
        for shown in (one, two, three):
            Program(shown.token).get("/me")
        revoke_client(client_id=one.client.pk, actor=world.dispatcher, now=NOW)
        Program(one.token).get("/me", status=401)
        renewed = renew_client(client_id=three.client.pk, actor=world.dispatcher, now=NOW)
        Program(three.token).get("/me", status=401)
        Program(renewed.token).get("/me")
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(days=8))
        Program(two.token).get("/me", status=401)
        world.accounts["dispatcher"].is_active = False
        world.accounts["dispatcher"].save()
        Program(renewed.token).get("/me", status=401)

    def test_what_the_owner_loses_the_token_loses_at_once(self, world):
        call = world.call().case
        one = Program(made(world).token)
        one.get(f"/cases/{call.pk}")
        grant = RoleGrant.objects.get(account=world.accounts["dispatcher"])
        grant.until = NOW
        grant.save()
        one.get(f"/cases/{call.pk}", status=404)
        assert one.get("/me")["grants"] == []

    def test_a_token_has_fewer_duties_and_areas_if_so_said(self, world):
        call = world.call().case
        reader = Program(made(world, duties=["read"]).token)
        assert reader.get("/me")["grants"] == [{"duties": ["read"], "area_code": STREET, "unit_id": None}]
        assert reader.get(f"/cases/{call.pk}/moves")["moves"] == []
        elsewhere = Program(made(world, areas=[KAPOK]).token)
        elsewhere.get(f"/cases/{call.pk}", status=404)
        Program(made(world, areas=[GRID]).token).get(f"/cases/{call.pk}")

    @pytest.mark.parametrize(
        "bad",
        [{"duties": ["lead"]}, {"duties": []}, {"areas": [NEXT_DOOR]}, {"areas": ["99"]}, {"days": 4000}, {"name": ""}, {"kind": "x"}],
    )  # fmt: skip
    def test_nobody_hands_out_more_than_they_have(self, world, bad):
        with pytest.raises(Invalid):
            made(world, **bad)

    def test_only_a_person_makes_one_and_hands_out_what_they_hold(self, world):
        person = world.dispatcher
        program = replace(person, kind=ActorKind.CHANNEL)
        with pytest.raises(NotAllowed):
            make_client(kind="personal", name="巡查", duties=["read"], actor=program, now=NOW)
        held = {duty for grant in person.grants for duty in grant.duties}
        assert {str(duty) for duty in queries.offered_duties(person)} == held
        assert queries.offered_duties(program) == []

    def test_a_stranger_finds_no_client_of_mine(self, world):
        shown = made(world)
        assert queries.own(world.dispatcher) == [shown.client]
        assert queries.own(world.next_dispatcher) == []
        for act in (renew_client, revoke_client):
            with pytest.raises(NotFound):
                act(client_id=shown.client.pk, actor=world.next_dispatcher, now=NOW)

    def test_a_program_changes_its_secret_for_a_short_token(self, world, client, monkeypatch):
        shown = made(world, kind="program")
        asked = {"grant_type": "client_credentials", "client_id": shown.client.pk, "client_secret": shown.secret}
        given = client.post("/oauth/token", asked).json()
        one = Program(given["access_token"])
        assert one.get("/me")["kind"] == "program"
        assert given["expires_in"] == 900
        Program(shown.token).get("/me", status=401)  # a program's secret is no token
        assert client.post("/oauth/token", {**asked, "client_secret": "x"}).status_code == 401
        assert client.post("/oauth/token", {**asked, "client_id": "x\x00"}).status_code == 401
        assert client.post("/oauth/token", {**asked, "grant_type": "password"}).status_code == 400
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(minutes=16))
        one.get("/me", status=401)

    def test_a_browsers_cookie_opens_no_operation(self, world, client):
        client.force_login(world.accounts["dispatcher"])
        assert client.get("/api/v1/cases").status_code == 401

    def test_the_owners_page_shows_the_secret_once_and_revokes(self, world, client):
        client.force_login(world.accounts["dispatcher"])
        given = {"kind": "personal", "name": "巡查", "duties": ["read"], "days": "30"}
        session = client.session
        session[CONFIRMED] = session[USED] = int(NOW.timestamp()) - 24 * 3600
        session.save()
        assert client.post("/desk/clients/", given).status_code == 302  # who it is comes first
        assert not Client.objects.exists()
        session[CONFIRMED] = session[USED] = int(NOW.timestamp())
        session.save()
        page = client.post("/desk/clients/", given)
        token = page.content.decode().split('id="new-secret">')[1].split("<")[0]
        Program(token).get("/cases")
        row = Client.objects.get()
        again = client.get("/desk/clients/").content.decode()
        assert token not in again
        assert row.hint in again
        client.post(f"/desk/clients/{row.pk}/revoke/")
        Program(token).get("/cases", status=401)
        assert client.post("/desk/clients/", {"kind": "personal", "name": "", "duties": ["lead"]}).status_code == 422


class TestWriteOnce:
    def test_a_write_without_a_key_is_refused(self, world, program):
        call = world.call().case
        for key in ("", "short", "a b c d e f g h", "x" * 101):
            problem = program("dispatcher").post(f"/cases/{call.pk}/moves/nudge", {}, key=key, status=422)
            assert "Idempotency-Key" in problem["errors"]

    def test_the_same_key_acts_once_and_another_body_is_refused(self, world, program):
        call, dispatcher = world.call().case, program("dispatcher")
        path, body = f"/cases/{call.pk}/moves/register", {"values": {"type_code": "0103", "grade": "ordinary"}}
        first = dispatcher.post(path, body, key="one-write-1")
        assert "Idempotency-Replayed" not in dispatcher.last
        assert dispatcher.post(path, body, key="one-write-1") == first
        assert dispatcher.last["Idempotency-Replayed"] == "true"
        other = {"values": {"type_code": "0103", "grade": "urgent"}}
        assert dispatcher.post(path, other, key="one-write-1", status=422)["code"] == "key-reused"
        assert KeptAnswer.objects.count() == 1

    def test_a_refused_write_leaves_its_key_free(self, world, program):
        call, dispatcher = world.call().case, program("dispatcher")
        dispatcher.post(f"/cases/{call.pk}/moves/dispatch", {}, key="refused-1", status=409)
        assert not KeptAnswer.objects.exists()

    def test_keys_are_each_programs_own(self, world, program):
        call = world.call().case
        body = {"values": {"type_code": "0103", "grade": "ordinary"}}
        program("dispatcher").post(f"/cases/{call.pk}/moves/register", body, key="shared-key")
        assert program("head").post(f"/cases/{call.pk}/moves/register", body, key="shared-key", status=409)

    def test_kept_answers_hold_no_code_and_no_words(self, world, nobody):
        made = nobody.post(
            "/reports", {"words": "路灯不亮，李示例说的。", "area_code": STREET}, status=201, key="kept-key-1"
        )
        kept = KeptAnswer.objects.get()
        assert made["code"] not in str(kept.__dict__)
        assert "路灯" not in str(kept.__dict__)
        assert "kept-key-1" not in str(kept.__dict__)


class TestBadInput:
    @pytest.mark.parametrize(
        "path",
        [
            "/cases?limit=-1", "/cases?limit=0", "/cases?limit=99999999999999999999", "/cases?limit=x", "/cases?after=x",
            "/cases?after=%00", "/cases?q=%00", "/cases?q=%ED%A0%80", "/cases?area=x", "/cases?area=1%00", "/cases?state=no",
            "/cases?since=0001-01-01T00:00:00Z", "/cases?since=2026-01-01", "/cases?unit=1", "/cases/x", "/cases/%00",
            "/cases?after=" + "A" * 5000, "/orders?after=W10", "/organisations?after=W10", "/areas/x", "/areas/9%EF%BC%99",
            "/areas/locate?lng=nan&lat=1", "/areas/locate?lng=inf&lat=1", "/areas/locate?lng=500&lat=1",
            "/catalogue/types/1", "/cases?matter=1", "/reports?limit=201",
        ],
    )  # fmt: skip
    def test_it_is_named_and_never_a_fault_of_ours(self, program, path):
        one = program("dispatcher")
        problem = one.get(path, status=None)
        assert one.last.status_code in (200, 404, 422), one.last.content
        if one.last.status_code != 200:
            assert one.last["Content-Type"] == "application/problem+json"
            assert problem["code"] in ("invalid", "not-found")

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"words": "\\ud800"}', b"[" * 3000])
    def test_bodies_that_are_none(self, program, body):
        one = program("dispatcher")
        one.last = one.browser.generic(
            "POST", "/api/v1/reports", body, content_type="application/json", **one._headers(None, "POST")
        )
        assert one.last.status_code in (400, 422), one.last.content
        assert one.last["Content-Type"] == "application/problem+json"

    def test_a_wrong_method_and_an_unknown_address(self, program):
        one = program("dispatcher")
        assert one.ask("PUT", "/cases", {}, status=405)["code"] == "wrong-method"
        assert one.last["Allow"] == "GET"
        assert one.get("/nowhere", status=404)["code"] == "not-found"


def test_a_uses_time_is_noted(world):
    shown = made(world)
    Program(shown.token).get("/me")
    assert Client.objects.get().used_at == NOW


class TestMaking:
    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"name": " "}, "name"),
            ({"kind": "spy"}, "kind"),
            ({"duties": []}, "duties"),
            ({"areas": [NEXT_DOOR]}, "areas"),
            ({"areas": ["x"]}, "areas"),
            ({"days": 4000}, "days"),
        ],
    )
    def test_what_does_not_fit_is_named(self, world, given, field):
        with pytest.raises(Invalid) as why:
            made(world, **given)
        assert list(why.value.errors) == [field]

    def test_nobody_but_a_person_makes_one_and_not_without_end(self, world, monkeypatch):
        with pytest.raises(NotAllowed):
            make_client(kind="personal", name="无", duties=["read"], days=30, actor=resident(), now=NOW)
        monkeypatch.setattr("huying.clients.actions.MOST_CLIENTS", 1)
        made(world)
        with pytest.raises(Invalid):
            made(world)

    def test_an_ended_one_is_not_renewed_and_ended_once(self, world):
        shown = made(world)
        for _time in range(2):
            revoke_client(client_id=shown.client.pk, actor=world.dispatcher, now=NOW)
        assert History.objects.filter(object_id=shown.client.pk, verb="revoked").count() == 1
        with pytest.raises(Invalid):
            renew_client(client_id=shown.client.pk, actor=world.dispatcher, now=NOW)

    def test_one_reads_ones_own_alone(self, world):
        shown = made(world)
        assert queries.one(shown.client.pk, world.dispatcher) == shown.client
        assert queries.own(world.dispatcher) == [shown.client]
        assert queries.own(resident()) == []
        for viewer in (world.next_dispatcher, resident()):
            with pytest.raises(NotFound):
                queries.one(shown.client.pk, viewer)
