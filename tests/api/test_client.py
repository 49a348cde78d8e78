"""A typed client, generated from the committed description, walks a call from its report to its end.

It is generated here and not committed: 150 files that nobody writes would stand in every review, and a client that
is made anew each time cannot lag behind the description. `docs/how-to/api.md` says how others make theirs.
"""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from huying.cases.models import Case
from huying.config.wsgi import application
from tests.files.pictures import photo
from tests.world import GRID, STREET, middle

DESCRIPTION = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
PACKAGE = "huying_generated_client"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The generated package: its operations by name, and its models."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "config.yml").write_text(f"package_name_override: {PACKAGE}\npost_hooks: []\n", encoding="utf-8")
    made = subprocess.run(
        [
            Path(sys.executable).parent / "openapi-python-client", "generate", "--path", DESCRIPTION, "--meta", "none",
            "--config", folder / "config.yml", "--output-path", folder / PACKAGE,
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout[-2000:]
    sys.path.insert(0, str(folder))
    try:
        operations = {}
        for path in sorted((folder / PACKAGE / "api").glob("*/*.py")):
            if path.stem != "__init__":
                operations[path.stem] = importlib.import_module(f"{PACKAGE}.api.{path.parent.name}.{path.stem}")
        yield SimpleNamespace(
            models=importlib.import_module(f"{PACKAGE}.models"),
            types=importlib.import_module(f"{PACKAGE}.types"),
            client=importlib.import_module(f"{PACKAGE}.client"),
            operations=operations,
        )
    finally:
        sys.path.remove(str(folder))


class Typed:
    """A program of one person, written with the generated client."""

    def __init__(self, library, token: str) -> None:
        self.library = library
        transport = httpx.WSGITransport(app=application)
        self.client = library.client.AuthenticatedClient(
            base_url="http://testserver", token=token, httpx_args={"transport": transport}
        )

    def call(self, operation: str, *path, expect: int = 200, **options):
        answer = self.library.operations[operation].sync_detailed(*path, client=self.client, **options)
        assert answer.status_code == expect, (operation, answer.status_code, answer.content[:500])
        return answer.parsed

    def verbs(self, case_id) -> list[str]:
        return [one.verb for one in self.call("list_moves", case_id).moves]

    def move(self, case_id, verb: str, expect: int = 200, key: str = "", **values):
        models = self.library.models
        body = models.MoveIn(values=models.MoveInValues.from_dict(values))
        return self.call("make_move", case_id, verb, body=body, idempotency_key=key or f"move-{uuid4()}", expect=expect)

    def photo(self) -> str:
        models, types = self.library.models, self.library.types
        file = types.File(payload=io.BytesIO(photo()), file_name="现场.jpg", mime_type="image/jpeg")
        body = models.UploadFileFileParams(file=file)
        return self.call("upload_file", body=body, idempotency_key=f"file-{uuid4()}", expect=201).token


@pytest.fixture
def typed(library, program):
    """Requests of a server close their connections; a test's transaction lives on its own."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield lambda key: Typed(library, program(key).token)
    for signal in signals:
        signal.connect(close_old_connections)


def test_a_call_from_its_report_to_its_end_and_the_next_street_sees_none_of_it(world, typed, library):
    clerk, dispatcher, handler, stranger = (typed(key) for key in ("clerk", "dispatcher", "handler", "next_dispatcher"))
    models = library.models

    # The clerk's program takes the call in; sent twice, it is one case with one code.
    lng, lat = middle(GRID)
    body = models.ReportIn(
        words="榕树路口的垃圾桶满了，没有人来收。", area_code=STREET, lng=lng, lat=lat,
        channel=models.ReportInChannel.HOTLINE,
    )  # fmt: skip
    receipt = clerk.call("create_report", body=body, idempotency_key="journey-report-1", expect=201)
    assert clerk.call("create_report", body=body, idempotency_key="journey-report-1", expect=201) == receipt
    assert Case.objects.count() == 1
    case_id = receipt.case_id

    # The dispatcher's finds it, asks for the legal moves, and hands it to the unit that the form offers.
    found = dispatcher.call("list_cases", state="received")
    assert [one.number for one in found.items] == [receipt.number]
    assert dispatcher.verbs(case_id)[0] == "take_in"
    form = dispatcher.call("read_move", case_id, "take_in", type_code="0103", grid_code=GRID).values.to_dict()
    leads = {one["title"]: one["const"] for one in form["properties"]["lead"]["oneOf"]}
    moved = dispatcher.move(
        case_id, "take_in", type_code="0103", grade="ordinary", grid_code=GRID, lead=leads["街道环卫站"]
    )
    assert moved.state == "in_hand"

    # The unit's: signs in, uploads what it saw, reports the result.
    order = handler.call("list_orders").items[0]
    assert (order.case_id, order.state) == (case_id, "offered")
    handler.move(case_id, "sign_in")
    before, after = handler.photo(), handler.photo()
    answer = "已清空并冲洗，今后每天两次。"
    handler.move(case_id, "submit_result", outcome="solved", answer=answer, before=[before], after=[after])
    assert len(handler.call("list_files", case_id).items) == 2

    # Head of the unit, reviewer, call-back: whoever may take the next step finds it among the moves.
    for key in ("unit_head", "reviewer", "grid_worker2", "caller"):
        person, given = typed(key), {}
        verb = next((one for one in person.verbs(case_id) if one in ("sign", "review", "check", "call_back")), "")
        if verb == "review":
            form = person.call("read_move", case_id, verb).values.to_dict()
            given = {"decision": "pass", "seen": [one["const"] for one in form["properties"]["seen"]["items"]["oneOf"]]}
        if verb == "check":
            given = {"passed": "yes", "words": "看过，办好了。"}
        if verb:
            person.move(case_id, verb, **given)
    case = dispatcher.call("read_case", case_id)
    assert case.state == "closed"
    assert case.answer == answer
    assert case.lead_unit == "街道环卫站"

    # The next street: not in its list, not by its id, no move, no event, no clock; and its own program may not report here.
    assert stranger.call("list_cases", state="all").items == []
    for operation in ("read_case", "list_moves", "list_clocks", "read_history", "list_files"):
        assert stranger.call(operation, case_id, expect=404).code == "not-found"
    stranger.move(case_id, "reopen", expect=404, reason="看看")
    stranger.call("read_order", order.id, expect=404)
    assert (
        stranger.call("create_report", body=body, idempotency_key="journey-report-1", expect=403).code == "not-allowed"
    )

    # The history shows each step under the programs' own labels.
    verbs = [one.verb for one in dispatcher.call("read_history", case_id).items if one.kind == "case"]
    assert verbs[0] == "receive"
    assert {"register", "file", "dispatch", "submit_result", "review"} <= set(verbs)
