"""Every refusal in one shape: a document for programs, a page for people, also where no view was reached."""

import errno
import json

import psycopg
import pytest
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, DataError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import include, path
from procrastinate.contrib.django.django_connector import wrap_exceptions
from procrastinate.exceptions import ConnectorException

from huying.kernel import problems, refusals
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.doors import public
from huying.kernel.refusals import Invalid, NotAllowed, NotFound, Refusal, TooLarge, TooMany, Unavailable
from tests.world import STREET, build_world


def _full_database():
    why = OperationalError()
    why.__cause__ = psycopg.errors.DiskFull()
    return why


def _queue_cut_off(why):
    """As putting a job into the queue fails: the driver's error, wrapped by Django, told by the queue's own class."""
    try:
        with wrap_exceptions():
            try:
                raise why
            except type(why) as of_the_driver:
                raise OperationalError from of_the_driver
    except ConnectorException as told:
        return told


RAISED = {
    "not-found": NotFound("case"),
    "not-allowed": NotAllowed(duty="dispatch"),
    "invalid": Invalid({"words": ["写点什么。"]}),
    "too-many": TooMany(retry_after_seconds=60),
    "http404": Http404(),
    "denied": PermissionDenied(),
    "too-big": RequestDataTooBig(),
    "suspicious": SuspiciousOperation(),
    "bad-request": BadRequest(),
    "down": OperationalError(),
    "cut": InterfaceError(),
    "queue-down": _queue_cut_off(psycopg.errors.AdminShutdown()),
    "queue-full": _queue_cut_off(psycopg.errors.DiskFull()),
    "queue-fault": ConnectorException(),
    "odd-value": DataError(),
    "surrogate": UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    "full-disk": OSError(errno.ENOSPC, "secret"),
    "full-quota": OSError(errno.EDQUOT, "secret"),
    "full-database": _full_database(),
    "no-file": FileNotFoundError(errno.ENOENT, "secret"),
    "fault": RuntimeError("secret inside"),
}
STATUS = {
    "not-found": 404, "not-allowed": 403, "invalid": 422, "too-many": 429, "http404": 404, "denied": 403,
    "too-big": 413, "suspicious": 422, "bad-request": 422, "down": 503, "cut": 503, "queue-down": 503, "queue-full": 507,
    "queue-fault": 500, "odd-value": 422,
    "surrogate": 422, "full-disk": 507, "full-quota": 507, "full-database": 507, "no-file": 500, "fault": 500,
}  # fmt: skip


@public
def raising(request, name):
    raise RAISED[name]


urlpatterns = [
    path("api/raise/<name>", raising),
    path("raise/<name>", raising),
    path("", include("huying.config.urls")),
]
handler400 = "huying.kernel.problems.bad_request"
handler403 = "huying.kernel.problems.permission_denied"
handler404 = "huying.kernel.problems.page_not_found"
handler500 = "huying.kernel.problems.server_error"


@pytest.fixture
def visitor(settings, db):
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


class TestDocuments:
    @pytest.mark.parametrize("name", RAISED)
    def test_a_program_gets_a_problem_document(self, visitor, name):
        answer = visitor.get(f"/api/raise/{name}")
        body = json.loads(answer.content)
        assert answer.status_code == body["status"] == STATUS[name]
        assert answer["Content-Type"] == "application/problem+json"
        assert set(body) >= {"type", "title", "status", "detail", "code"}
        assert b"secret" not in answer.content

    def test_it_has_the_facts_the_errors_and_the_address(self, visitor):
        assert json.loads(visitor.get("/api/raise/invalid").content) == {
            "type": "urn:huying:problem:invalid",
            "title": "有几处要改",
            "status": 422,
            "detail": "写点什么。",
            "code": "invalid",
            "instance": "/api/raise/invalid",
            "errors": {"words": ["写点什么。"]},
        }

    def test_numbers_stay_numbers_and_say_when_to_come_back(self, visitor):
        answer = visitor.get("/api/raise/too-many")
        assert json.loads(answer.content)["facts"] == {"retry_after_seconds": 60}
        assert answer["Retry-After"] == "60"

    def test_an_unknown_address_is_a_document_too(self, visitor):
        assert json.loads(visitor.get("/api/nowhere").content)["code"] == "not-found"


class TestPages:
    @pytest.mark.parametrize("name", RAISED)
    def test_a_person_gets_a_page_with_the_sentence(self, visitor, name):
        answer = visitor.get(f"/raise/{name}")
        assert answer.status_code == STATUS[name]
        assert answer["Content-Type"].startswith("text/html")
        assert "secret" not in answer.content.decode()

    def test_an_unknown_address_is_a_page(self, visitor):
        answer = visitor.get("/nowhere/")
        assert answer.status_code == 404
        assert str(NotFound.title) in answer.content.decode()

    def test_a_page_whose_frame_is_broken_still_says_so(self, rf, monkeypatch, caplog):
        def broken(*_given, **_named):
            raise RuntimeError("template")

        monkeypatch.setattr(problems, "render", broken)
        answer = problems.server_error(rf.get("/"))
        assert (answer.status_code, answer["Content-Type"]) == (500, "text/plain; charset=utf-8")

    @pytest.mark.parametrize(("why", "status"), [(OperationalError(), 503), (OSError(errno.ENOSPC, "x"), 507)])
    def test_what_a_middleware_raises_is_no_fault_of_ours_either(self, visitor, monkeypatch, why, status):
        def broken(_request):
            raise why

        monkeypatch.setattr("huying.people.middleware.now_of", broken)
        visitor.cookies["sessionid"] = "x" * 32
        monkeypatch.setattr("django.contrib.sessions.backends.base.SessionBase.__contains__", lambda _self, _key: True)
        answer = visitor.get("/")
        assert (answer.status_code, "Retry-After" in answer) == (status, True)

    def test_a_page_that_cannot_ask_what_waits_is_shown_without(self, rf, monkeypatch):
        frames = []

        def rendered(request, template, facts, status):
            frames.append(request.actor.kind)
            if request.actor.kind == "person":
                raise OperationalError
            return HttpResponse(status=status)

        monkeypatch.setattr(problems, "render", rendered)
        request = rf.get("/")
        request.actor = Actor(kind=ActorKind.PERSON, label="x")
        assert problems.response_to(request, Unavailable()).status_code == 503
        assert frames == ["person", "resident"]

    def test_a_forged_form_is_answered_in_our_words(self, settings, db):
        answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"a": 1})
        assert answer.status_code == 403
        assert str(problems.Forged.says) in answer.content.decode()

    def test_a_page_that_is_only_posted_to_says_so_when_it_is_opened(self, db):
        answer = Client().get("/sign-in/passkey/")
        assert (answer.status_code, answer["Allow"]) == (405, "POST")
        assert str(problems.WrongWay.says) in answer.content.decode()

    def test_the_csrf_answer_says_what_to_do(self, rf, db):
        answer = problems.csrf_failure(_with_session(rf.post("/api/x")), reason="no cookie")
        assert json.loads(answer.content)["code"] == "forged"


def _with_session(request):
    request.session = {}
    return request


def test_the_root_names_the_handlers():
    from huying.config import urls

    for code in (400, 403, 404, 500):
        assert getattr(urls, f"handler{code}").startswith("huying.kernel.problems.")


def test_every_refusal_has_its_own_code_a_title_and_a_sentence():
    kinds = [one for one in vars(refusals).values() if isinstance(one, type) and issubclass(one, Refusal)]
    kinds += [problems.Broken, problems.Forged, problems.WrongWay]
    assert len({one.code for one in kinds}) == len(kinds)
    for one in kinds:
        assert str(one.title)
        assert str(one.says).endswith("。")
        assert 400 <= one.status < 600


def test_a_page_is_for_those_who_ask_for_html():
    ask = RequestFactory()
    assert not problems.wants_document(ask.get("/x", headers={"Accept": "text/html,application/json"}))
    assert problems.wants_document(ask.get("/x", headers={"Accept": "application/json"}))
    assert problems.wants_document(ask.get("/api/x", headers={"Accept": "text/html"}))


def test_odd_values_are_told_to_us_as_well(caplog):
    assert isinstance(problems.refusal_for(DataError("value too long")), Invalid)
    assert "refused a value" in caplog.text
    assert isinstance(problems.refusal_for(OperationalError()), Unavailable)
    assert isinstance(problems.refusal_for(RequestDataTooBig()), TooLarge)
    assert problems.refusal_for(KeyError()) is None


@pytest.mark.django_db
@pytest.mark.parametrize(("why", "status"), [(OperationalError, 503), (InterfaceError, 503), (DatabaseError, 422)])
def test_a_session_that_cannot_be_kept_is_told_from_one_that_is_gone(monkeypatch, why, status):
    def broken(*args, **options):
        raise why

    browser = Client(raise_request_exception=False)
    build_world()
    browser.cookies["huying_area"] = STREET
    assert browser.post("/report/", {"words": "楼道灯不亮"}).status_code == 302
    monkeypatch.setattr("django.contrib.sessions.models.Session.save", broken)
    answer = browser.post("/report/", {"words": "楼道的灯一直不亮"})
    assert answer.status_code == status
    assert ("Retry-After" in answer) == (status == 503)
