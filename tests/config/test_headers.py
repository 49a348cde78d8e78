"""Every answer says who may keep, embed and read it."""

import pytest

from huying.channels import feed, stream
from tests.journeys.person import Person
from tests.world import build_world


@pytest.mark.django_db
def test_a_page_of_the_staff_is_kept_by_no_cache_and_a_public_one_is_asked_for_again(client):
    build_world()
    assert Person.signed_in("clerk").open("/desk/list/").response["Cache-Control"] == "private, no-store"
    for address in ("/", "/nearby/", "/no/such/page/"):
        answer = client.get(address)
        assert answer["Cache-Control"] in ("private, no-cache", "no-store, private"), address
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=(self)" in answer["Permissions-Policy"]


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.django_db
def test_probes_may_not_be_embedded_either(client, address):
    answer = client.get(address)
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


def test_an_open_stream_looks_within_a_minute_whether_its_person_is_still_there():
    assert stream.CHECK_SECONDS + stream.HEARTBEAT_SECONDS < 60
    assert feed.CHECK_SECONDS + feed.HEARTBEAT_SECONDS < 60
