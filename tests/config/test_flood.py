"""One source that sends without end is refused before threads and database are asked; everybody else is not."""

import pytest

from huying.config.flood import Gate, Sources, source_of
from tests.waiting import in_a_thread


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_a_source_gets_ten_seconds_at_once_and_then_its_rate():
    clock = Clock()
    sources = Sources(5, clock)

    taken = [sources.wait("203.0.113.9") for _time in range(60)]

    assert taken[:50] == [0] * 50
    assert taken[50] == 1
    clock.now = 1.0
    assert [sources.wait("203.0.113.9") for _time in range(6)] == [0, 0, 0, 0, 0, 1]
    assert sources.wait("203.0.113.10") == 0


def test_nothing_is_counted_of_this_machine_or_at_rate_nought():
    sources, none = Sources(1, Clock()), Sources(0, Clock())

    assert not any(sources.wait(one) for one in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "") for _time in range(50))
    assert not any(none.wait("203.0.113.9") for _time in range(50))


def test_the_addresses_of_one_line_count_as_one():
    assert source_of("2001:db8:1:2::1") == source_of("2001:db8:1:2:ffff::9") != source_of("2001:db8:1:3::1")
    assert source_of("::ffff:203.0.113.9") == "203.0.113.9"


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr("huying.config.flood.MOST_SOURCES", 10)
    sources = Sources(1, Clock())
    for number in range(100):
        sources.wait(f"203.0.113.{number}")

    assert len(sources._left) == 10


@pytest.mark.parametrize(
    ("forwarded", "proxies", "limited"),
    [
        ("198.51.100.{n}, 203.0.113.9", 1, True),  # what the caller writes is not believed
        ("203.0.113.{n}", 1, False),
        ("203.0.113.{n}", 0, True),
    ],
)
def test_it_counts_whom_our_proxy_names(forwarded, proxies, limited):
    gate = Gate(lambda _environ, _start: [b"page"], Sources(1, Clock()), proxies)
    answered = []
    for number in range(30):
        environ = {"PATH_INFO": "/", "REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": forwarded.format(n=number)}
        body = gate(environ, lambda status, headers: answered.append((status, dict(headers))))
        assert body == [b"page"] or answered[-1][0].startswith("429")

    assert bool(answered) == limited
    if limited:
        assert len(answered) == 20
        assert int(answered[0][1]["Retry-After"]) >= 1
        assert answered[0][1]["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_the_router_refuses_before_it_hands_on_and_still_says_that_it_lives(monkeypatch):
    monkeypatch.setattr("huying.config.flood.PAUSE_SECONDS", 0)
    from huying.config.asgi import Router

    handed, sent = [], []

    async def pages(scope, receive, send):
        handed.append(scope["path"])

    async def send(message):
        sent.append(message)

    router = Router(None, pages, sources=Sources(1, Clock()), proxies=0)

    def ask(path):
        scope = {
            "type": "http", "path": path, "method": "GET", "headers": [], "query_string": b"",
            "client": ("203.0.113.9", 5),
        }  # fmt: skip
        in_a_thread(router(scope, None, send))

    for _time in range(15):
        ask("/api/v1/areas")
    ask("/healthz")

    assert len(handed) == 10
    starts = [one for one in sent if one["type"] == "http.response.start"]
    assert [one["status"] for one in starts] == [429] * 5 + [200]
    assert dict(starts[0]["headers"])[b"content-type"] == b"application/problem+json"
