"""Behind proxies of the house each caller has an own address, and nobody can make one up."""

import pytest
from django.http import HttpResponse

from huying.config.addresses import CallerAddress


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first one is what the caller said
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (2, "203.0.113.9", "10.0.0.1"),  # came past the outer proxy
        (1, "", "10.0.0.1"),
        (1, "unknown", "10.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "<script>", "10.0.0.1"),
    ],
)
def test_the_address_is_the_one_that_our_proxy_wrote(rf, settings, proxies, forwarded, seen):
    settings.PROXIES = proxies
    request = rf.get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded)

    CallerAddress(lambda _request: HttpResponse())(request)

    assert request.META["REMOTE_ADDR"] == seen


@pytest.mark.django_db
def test_behind_a_proxy_one_caller_does_not_use_up_the_tries_of_another(client, settings):
    settings.PROXIES = 1
    codes = [{"code": f"{number:012d}"} for number in range(12)]

    answers = [client.post("/track/", one, HTTP_X_FORWARDED_FOR="203.0.113.9").status_code for one in codes]

    assert answers[-1] == 429
    assert client.post("/track/", {"code": "9" * 12}, HTTP_X_FORWARDED_FOR="203.0.113.10").status_code == 422
