"""A mark on a journey is believed only for what the journey saw."""

from types import SimpleNamespace

from tests.mechanisms import Evidence


def _request(who="", method="GET", name="desk:mine"):
    user = SimpleNamespace(pk=who, is_authenticated=bool(who))
    return SimpleNamespace(user=user, method=method, resolver_match=SimpleNamespace(view_name=name))


def _whole():
    seen = Evidence(signed_in={"a"}, actors={"person a", "resident resident"}, rows=3)
    seen.see(_request("a", "POST", "cases:dispatch"), 302)
    seen.see(_request("b"), 404)
    return seen


def test_a_whole_journey_is_believed():
    seen = _whole()
    assert seen.lacks() == []
    assert seen.doors == ["POST cases:dispatch"]


def test_a_session_made_by_hand_is_no_sign_in():
    seen = _whole()
    seen.entered.clear()
    seen.signed_in.clear()
    seen.see(_request("a", "POST"), 200)
    assert len(seen.lacks()) == 1


def test_one_actor_is_not_enough():
    seen = _whole()
    seen.actors = {"person a"}
    assert seen.lacks() == ["two actors (it saw 1)"]


def test_somebody_not_signed_in_is_no_stranger():
    seen = _whole()
    seen.refused.clear()
    seen.see(_request(""), 404)
    assert seen.lacks() == ["a signed-in stranger who was refused"]


def test_without_a_row_of_history_nothing_happened():
    seen = _whole()
    seen.rows = 0
    assert seen.lacks() == ["a row of history"]
