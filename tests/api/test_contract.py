"""The description and the doors say the same: the committed file, generated requests, and what is listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from huying.cases.forms import MOVES
from huying.config import api
from huying.kernel.api import KEY_HEADER, Written
from huying.registers.declared import REGISTERS
from tests.files.pictures import photo
from tests.world import GRID, STREET

REAL = {"area_code": STREET, "grid_code": GRID, "url": "https://example.org/hook", "type_code": "0103", "area": STREET}
COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


def operations():
    return [
        (method.upper(), path, one)
        for path, methods in api.openapi()["paths"].items()
        for method, one in methods.items()
    ]


def test_the_committed_description_is_that_of_the_code():
    assert COMMITTED.read_text(encoding="utf-8") == api.openapi_text(), "write it anew: make docs"


def test_it_is_served_to_everybody(client, db):
    assert client.get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")


def test_every_operation_says_what_it_is_what_it_refuses_and_who_may_call_it():
    wrong = []
    for method, path, one in operations():
        name = f"{method} {path}"
        codes = {int(status) for status in one["responses"]}
        if not (one["summary"] and one["description"] and one["tags"] and one["security"]):
            wrong.append(f"{name}: says too little")
        if not {422, 503} <= codes or ({} not in one["security"] and 401 not in codes):
            wrong.append(f"{name}: misses a refusal, has {sorted(codes)}")
        if "{" in path and not path.startswith("/api/v1/catalogue") and 404 not in codes:
            wrong.append(f"{name}: can be missing")
        for status, said in one["responses"].items():
            if int(status) >= 400 and "example" not in said["content"].get("application/problem+json", {}):
                wrong.append(f"{name}: {status} has no example")
        keyed = KEY_HEADER in [each["name"] for each in one["parameters"]]
        if keyed != (method != "GET"):
            wrong.append(f"{name}: writes take a key, reads do not")
    assert len(operations()) > 30
    assert wrong == []


def test_a_misspelt_name_in_the_query_is_refused_everywhere(world, program):
    """Before anything else but who asks: dropped, it would answer with everything, or write without what was meant."""
    one = program("dispatcher")
    let_through = []
    for method, path, said in operations():
        address = path
        for each in said["parameters"]:
            address = address.replace("{" + each["name"] + "}", str(world.units["centre"].pk))
        told = one.ask(method, f"{address}?stat=closed", {} if method != "GET" else None, key="test-key-1", status=None)
        refused = one.last.status_code == 422 and "stat" in told.get("errors", {})
        if not (refused or one.last.status_code == 403):
            let_through.append((method, path, one.last.status_code))
    assert let_through == []


def test_the_answers_of_writes_can_be_kept_for_ever():
    """Ids, codes, numbers, times: no free words, whatever the model may hold."""
    free = {"code", "secret"}
    for one in api.operations():
        if one.methods == ["GET"]:
            continue
        model = next(iter(one.response_models.values())).model_fields["response"].annotation
        assert issubclass(model, Written)
        assert set(model.derived) <= free
        for name, field in model.model_fields.items():
            assert field.annotation is not dict, (one.operation_id, name)


def generated(world, program, most: int):
    """Every operation with made-up requests, right and wrong ones; the ids of this street now and then."""
    call = world.call().case
    world.call()
    one = program("dispatcher")
    known = {
        "case_id": str(call.pk), "verb": list(MOVES), "code": STREET, "area": STREET, "grid_code": GRID,
        "key": sorted(REGISTERS), "organisation_id": str(world.units["centre"].pk), "report_id": str(call.pk),
    }  # fmt: skip
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCHEMATHESIS_HOOKS", "")
        schema = schemathesis.openapi.from_dict(api.openapi())
        for found in schema.get_all_operations():
            operation = found.ok()
            documented = {int(status) for status in operation.definition.raw["responses"]}
            modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
            strategy = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))
            told += attempts(one, operation, strategy, documented, known, most)
    return told


def attempts(one, operation, strategy, documented, known, most) -> list[str]:
    told: list[str] = []

    @settings(
        max_examples=most, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy, real=st.integers(0, 999))
    def tried(case, real):
        parameters = {**(case.path_parameters or {})}
        if real % 2:  # what this street really has
            for name in set(parameters) & set(known):
                some = known[name]
                parameters[name] = some[real // 2 % len(some)] if isinstance(some, list) else some
            if isinstance(case.body, dict):
                case.body |= {name: value for name, value in REAL.items() if name in case.body}
        case.path_parameters = parameters
        headers = {f"HTTP_{name.upper().replace('-', '_')}": str(value) for name, value in (case.headers or {}).items()}
        headers = {name: value for name, value in headers.items() if value.isprintable()}
        headers |= {"HTTP_AUTHORIZATION": f"Bearer {one.token}", "QUERY_STRING": query_of(case)}
        body, content_type = body_of(case, real)
        response = one.browser.generic(case.method, case.formatted_path, body, content_type=content_type, **headers)
        if response.status_code >= 500 or response.status_code not in documented | {404, 405, 400}:
            told.append(f"{case.method} {case.formatted_path}: {response.status_code} {response.content[:300]!r}")
        if response.status_code >= 400 and response["Content-Type"] != "application/problem+json":
            told.append(f"{case.method} {case.formatted_path}: {response.status_code} is no problem document")

    tried()
    return told


def query_of(case) -> str:
    from urllib.parse import urlencode

    query = case.query if isinstance(case.query, dict) else {}
    return urlencode([(str(name), str(value).encode("utf-8", "replace")) for name, value in query.items()])


def body_of(case, real: int) -> tuple[bytes, str]:
    if case.method == "GET" or case.media_type is None:
        return b"", "application/octet-stream"
    if case.media_type == "multipart/form-data":
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        return head + (photo() if real % 3 else b"x") + b"\r\n--x--\r\n", "multipart/form-data; boundary=x"
    try:
        return json.dumps(case.body).encode("utf-8", "replace"), "application/json"
    except TypeError:
        return b"{", "application/json"


@pytest.mark.slow
def test_a_few_made_up_requests_to_every_operation_are_no_fault_of_ours(world, program):
    assert generated(world, program, 3) == []


@pytest.mark.slow
def test_fifty_made_up_requests_to_every_operation_are_no_fault_of_ours(world, program):
    assert generated(world, program, 50) == []
