"""Webhooks: who may be reached, what is sent, how often, and by whom it can be seen."""

import hmac
import threading
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from huying.audit import feed
from huying.cases.actions import register_case
from huying.channels import actions, outward
from huying.channels.models import Delivery, Webhook
from huying.channels.outward import Refused
from huying.channels.rules import WAITS, Why
from huying.clients.actions import revoke_client
from huying.clients.models import Client
from huying.kernel.signing import signature
from tests.world import KAPOK, NOW


class TestWhoMayBeReached:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
            "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1",
            "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "ff02::1", "2001:db8::1", "fec0::1", "x", "",
            "192.0.0.192", "192.88.99.1", "2002:c000:c0::", "64:ff9b::c000:c0", "64:ff9b:1::1", "100:0:0:1::1", "2001::1",
            "3fff::1", "5f00::1",
        ],
    )  # fmt: skip
    def test_no_address_of_the_house(self, address):
        assert not outward.is_public(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "114.114.114.114"])
    def test_addresses_of_the_open_network(self, address):
        assert outward.is_public(address)

    @pytest.mark.parametrize(
        "url",
        [
            "http://example.org/", "ftp://example.org", "https://", "https://user:pass@example.org/", "https://example.org:0/",
            "https://exa mple.org", "https://example.org\\@10.0.0.1", "https://example.org/#x", "//example.org", "x",
            "https://example.org:99999/", "https://例子.测试/",
        ],
    )  # fmt: skip
    def test_addresses_that_are_none(self, url):
        assert outward.problem_of(url, private=False)

    def test_one_private_address_among_public_ones_is_enough(self, monkeypatch):
        found = [(2, 1, 6, "", ("8.8.8.8", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
        monkeypatch.setattr("socket.getaddrinfo", lambda *args, **options: found)
        with pytest.raises(Refused) as why:
            outward.resolve("https://example.org/", private=False)
        assert why.value.why == Why.FORBIDDEN

    def test_it_connects_to_the_very_address_that_was_looked_at(self, monkeypatch):
        answers = iter([[(2, 1, 6, "", ("8.8.8.8", 443))], [(2, 1, 6, "", ("127.0.0.1", 443))]])
        monkeypatch.setattr("socket.getaddrinfo", lambda *args, **options: next(answers))
        target = outward.resolve("https://example.org/hook?x=1", private=False)
        assert (target.address, target.host) == ("8.8.8.8", "example.org")


class Receiver(BaseHTTPRequestHandler):
    """The other side."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        status, headers, answer = self.server.says
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


@pytest.fixture
def receiver():
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.got, server.says = [], (204, {}, b"")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class TestSending:
    def test_private_addresses_are_refused_unless_a_setting_lets_them(self, receiver):
        with pytest.raises(Refused) as why:
            outward.post(receiver.url, b"{}", {}, private=False)
        assert why.value.why == Why.ADDRESS
        with pytest.raises(Refused) as why:
            outward.post(receiver.url.replace("http:", "https:"), b"{}", {}, private=False)
        assert why.value.why == Why.FORBIDDEN
        assert receiver.got == []
        assert outward.post(receiver.url, b"{}", {}, private=True) == 204

    def test_redirects_are_not_followed(self, receiver):
        receiver.says = 302, {"Location": receiver.url}, b""
        with pytest.raises(Refused) as why:
            outward.post(receiver.url, b"{}", {}, private=True)
        assert (why.value.why, why.value.status, len(receiver.got)) == (Why.ANSWER, 302, 1)

    def test_an_endless_answer_is_cut_off(self, receiver):
        receiver.says = 200, {}, b"x" * 5_000_000
        assert outward.post(receiver.url, b"{}", {}, private=True) == 200

    def test_nobody_there(self):
        with pytest.raises(Refused) as why:
            outward.post("http://127.0.0.1:9/", b"{}", {}, private=True)
        assert why.value.why == Why.CONNECTION


@pytest.fixture
def street(world, settings, monkeypatch, receiver):
    """A webhook of the dispatcher's program, and a test's transaction that counts as finished."""
    settings.WEBHOOK_PRIVATE = True
    monkeypatch.setattr(feed, "_HORIZON", "9223372036854775807")
    return world


def subscribed(one, receiver, **options):
    return one.post("/webhooks", {"url": receiver.url, **options}, status=201)


class TestWebhooks:
    def test_what_happens_is_sent_signed_and_listed(self, street, program, receiver):
        one = program("dispatcher")
        hook = subscribed(one, receiver)
        case = street.call().case
        assert actions.fan_out(now=NOW) == 1
        assert actions.fan_out(now=NOW) == 0
        delivery = Delivery.objects.get()
        assert actions.deliver(delivery_id=delivery.pk, now=NOW) == "sent"
        assert actions.deliver(delivery_id=delivery.pk, now=NOW) == ""  # once
        path, headers, body = receiver.got[0]
        assert (path, headers["Huying-Event"]) == ("/hook", "case.receive")
        stamp, digest = (part.split("=")[1] for part in headers["Huying-Signature"].split(","))
        own = hmac.new(hook["secret"].encode(), f"{stamp}.".encode() + body, sha256).hexdigest()
        assert hmac.compare_digest(own, digest)
        assert str(case.pk) in body.decode()
        assert "垃圾" not in body.decode()
        listed = one.get(f"/webhooks/{hook['webhook_id']}/deliveries")["items"][0]
        assert (listed["state"], listed["answered"], listed["tries"]) == ("sent", 204, 1)
        assert one.get("/webhooks")["items"][0]["url"] == receiver.url

    def test_kinds_and_areas_narrow_it(self, street, program, receiver):
        one = program("dispatcher")
        subscribed(one, receiver, kinds=["case.register"])
        subscribed(one, receiver, area=KAPOK)
        case = street.call().case
        assert actions.fan_out(now=NOW) == 0
        register_case(case.pk, type_code="0103", grade="ordinary", actor=street.dispatcher, now=NOW)
        assert actions.fan_out(now=NOW) == 1

    def test_it_is_tried_again_with_growing_pauses_then_dead_and_replayed(self, street, program, receiver):
        one = program("dispatcher")
        hook = subscribed(one, receiver)
        street.call()
        actions.fan_out(now=NOW)
        receiver.says = 500, {}, b""
        pk, now = Delivery.objects.get().pk, NOW
        for pause in WAITS:
            assert actions.deliver(delivery_id=pk, now=now) == "waiting"
            assert actions.deliver(delivery_id=pk, now=now + pause - timedelta(seconds=1)) == ""
            now += pause
        assert actions.deliver(delivery_id=pk, now=now) == "dead"
        dead = one.get(f"/webhooks/{hook['webhook_id']}/deliveries?state=dead")["items"]
        assert (dead[0]["why"], dead[0]["answered"], dead[0]["tries"]) == ("answer", 500, len(WAITS) + 1)
        receiver.says = 200, {}, b"ok"
        one.post(f"/webhooks/{hook['webhook_id']}/deliveries/{pk}/replay")
        assert actions.deliver(delivery_id=pk, now=now + timedelta(days=1)) == "sent"

    def test_who_lost_the_right_is_sent_nothing_more(self, street, program, receiver):
        one = program("dispatcher")
        subscribed(one, receiver)
        street.call()
        actions.fan_out(now=NOW)
        revoke_client(client_id=Client.objects.get().pk, actor=street.dispatcher, now=NOW)
        assert actions.deliver(delivery_id=Delivery.objects.get().pk, now=NOW) == "dropped"
        street.call()
        assert actions.fan_out(now=NOW) == 0
        assert receiver.got == []

    def test_the_stranger_is_told_nothing_and_finds_nothing(self, street, program, stranger, receiver):
        hook = subscribed(program("dispatcher"), receiver)
        subscribed(stranger, receiver)
        street.call()
        assert actions.fan_out(now=NOW) == 1
        delivery = Delivery.objects.get()
        stranger.get(f"/webhooks/{hook['webhook_id']}/deliveries", status=404)
        stranger.post(f"/webhooks/{hook['webhook_id']}/deliveries/{delivery.pk}/replay", status=404)
        stranger.delete(f"/webhooks/{hook['webhook_id']}", status=404)

    def test_it_is_stopped_once_and_its_secret_is_made_again_not_kept(self, street, program, receiver):
        one = program("dispatcher")
        first = one.post("/webhooks", {"url": receiver.url}, status=201, key="hook-key-1")
        assert one.post("/webhooks", {"url": receiver.url}, status=201, key="hook-key-1") == first
        assert Webhook.objects.count() == 1
        assert first["secret"] not in str(Webhook.objects.values().get())
        assert one.delete(f"/webhooks/{first['webhook_id']}")["stopped_at"]
        street.call()
        assert actions.fan_out(now=NOW) == 0

    def test_bad_addresses_are_refused(self, world, program):
        one = program("dispatcher")
        for body in (
            {"url": "http://example.org/"},
            {"url": "https://u:p@example.org/"},
            {"url": "x"},
            {"kinds": ["x"]},
        ):
            one.post("/webhooks", {"url": "https://example.org/", **body}, status=422)


def test_a_signature_is_of_its_time():
    assert signature("s", 1, b"{}") != signature("s", 2, b"{}")
