"""Residents' pages are compressed for browsers that take it; staff pages and pictures are not."""

import gzip

import pytest
from django.urls import reverse

from tests.world import NOW, STREET, build_world

pytestmark = pytest.mark.django_db
TAKES = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def world(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return build_world()


def test_a_residents_page_is_a_third_and_the_same(client, world):
    packed, plain = client.get("/", headers=TAKES), client.get("/")
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert "Content-Encoding" not in plain
    page = gzip.decompress(packed.content)
    assert page.startswith(plain.content[:400].split(b"nonce")[0])
    assert len(packed.content) < len(page) / 2


def test_lengths_do_not_tell(client, world):
    """The same bytes come in answers of different lengths."""
    answers = [client.get(reverse("places:outlines"), {"area": STREET}, headers=TAKES) for _ in range(8)]
    assert len({gzip.decompress(one.content) for one in answers}) == 1
    assert len({len(one.content) for one in answers}) > 1


def test_a_staff_page_goes_as_it_is(client, world):
    client.force_login(world.accounts["head"], backend="django.contrib.auth.backends.ModelBackend")
    response = client.get("/desk/", headers=TAKES)
    assert response.status_code == 200
    assert "Content-Encoding" not in response


def test_residents_pages_bring_no_htmx_and_staff_pages_do(client, world):
    assert b"htmx" not in client.get("/").content
    client.force_login(world.accounts["head"], backend="django.contrib.auth.backends.ModelBackend")
    assert b"htmx.min" in client.get("/desk/").content
