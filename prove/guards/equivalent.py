"""Mutants that change nothing anybody could see, each with the reason. Everything else has to be killed."""

from __future__ import annotations

_TABLE = "flow:cases.rules.table.FLOW:"
_FIRST = "a row above, alike but for this guard turned round, fits first and is the one that is walked"

EQUIVALENT: dict[tuple[str, str], str] = {
    (f"{_TABLE}fail_check.2:has_no_orders", "removed"): _FIRST,
    (f"{_TABLE}pass_check.2:needs_no_call_back", "removed"): _FIRST,
    (f"{_TABLE}reopen.2:has_no_orders", "removed"): _FIRST,
    (f"{_TABLE}review.2:needs_no_check", "removed"): _FIRST,
    (f"{_TABLE}review.3:needs_no_check", "removed"): _FIRST,
    (f"{_TABLE}review.3:needs_no_call_back", "removed"): _FIRST,
    (f"{_TABLE}second_round.2:has_no_orders", "removed"): _FIRST,
    (f"{_TABLE}take_back.2:somebody_before", "removed"): _FIRST,
    ("door:desk.views.intake.self_handle", "duty"): "the page asks at once for the same duty over an area, which is "
    "stricter, and refuses in the same words",
    ("door:desk.views.board.board", "duty"): "the page asks at once for an area of the same duty, and refuses in the "
    "same words",
    **{
        (f"door:insight.views.{page}", "duty"): "as the board: the page asks at once for an area of the same duty"
        for page in ("assess", "behind", "ahead")
    },
    ("duty:places.plans.FLOW:submit", "removed"): "the act asks `_keeps` for the duty, which is a mutant of its own",
    ("duty:places.plans.FLOW:drop", "removed"): "as `submit`",
    ("cases.queries.outside:seen_among:return:not branches_seen_by(viewer)", "removed"): "saves a statement: without "
    "branches the statement finds nothing",
    ("cases.queries.lists:taken_by:return:viewer.kind != ActorKind.PERSON", "removed"): "only persons have branches, "
    "and without one nothing is found",
    **{
        (f"cases.actions.intake:received:{what}", "removed"): "the move of receiving asks for the same duties again"
        for what in (
            "duty:actor.may(Duty.INTAKE, where)",
            "duty:actor.may(Duty.REPORT, where)",
            "refuse:actor.kind == ActorKind.PERSON and field_find and (not (actor.may(Duty.REPORT, where) or a",
        )
    },
    ("cases.queries.scope:branch_taken:return:inside and inside.startswith(own or ('-',))", "removed"): "saves a "
    "statement: inside the own areas nothing lies outside of them",
    ("cases.queries.outside:seen_among:return:not case_ids", "removed"): "saves a statement: among none there is none",
}
"""(place, way): why no test can tell the mutant from the guard. An entry that names no mutant is a find."""
