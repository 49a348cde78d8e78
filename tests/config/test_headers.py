"""Every answer says who may keep, embed and read it."""

import os
import subprocess
import sys

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


@pytest.mark.parametrize(("https", "prefix"), [("1", "__Host-"), ("0", "")])
def test_behind_https_every_cookie_belongs_to_this_host_alone(tmp_path, https, prefix):
    code = (
        "import huying.config.settings as s; from django.conf import global_settings as g\n"
        "print(*(getattr(s, f'{n}_COOKIE_NAME', getattr(g, f'{n}_COOKIE_NAME')) for n in ('SESSION', 'CSRF', 'LANGUAGE')))"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUYING_", "DJANGO_"))}
    asked = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60,
        env={**kept, "HUYING_DATA": str(tmp_path), "HUYING_HTTPS": https},
    )  # fmt: skip
    names = asked.stdout.split()
    assert len(set(names)) == 3
    assert [name.startswith("__Host-") for name in names] == [bool(prefix)] * 3
