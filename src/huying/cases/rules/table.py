"""The table of moves: what pages, API, commands, documentation and tests read."""

from __future__ import annotations

from huying.cases.rules import guards as g
from huying.cases.rules.facts import CaseFacts
from huying.cases.rules.words import LIVE_ORDERS, OPEN, OrderState, State, Verb
from huying.kernel.flow import Flow, Guard, Move, guard
from huying.kernel.terms import Term, _
from huying.matters.rules import Step
from huying.people.rules import Duty


class By(Term):
    """Over what the duty of a move is held."""

    DESK = "desk", _("现在管这件事的一级")
    PLACE = "place", _("所在的网格")
    UNIT = "unit", _("办理单位")
    LEAD = "lead", _("主办单位")
    REPORTER = "reporter", _("诉求人")
    TAKER = "taker", _("代报人")
    ANYBODY = "anybody", _("任何人")


def _was(state: State) -> Guard:
    @guard(_("这件事不是从那个状态并入的。"))
    def was_there(facts: CaseFacts) -> bool:
        return facts.state_before_merge == state

    was_there.__name__ = f"was_{state.value}"
    return was_there


S, V = State, Verb
WITH_A_LEAD = (S.IN_HAND, S.REVIEWING, S.CHECKING, S.CALLING_BACK)
MERGEABLE = (S.RECEIVED, S.TRIAGED, S.FILED, S.IN_HAND)

FLOW = Flow(
    [
        Move(V.RECEIVE, {None}, S.RECEIVED, duty=Duty.REPORT),
        # the desk makes the matter clear
        Move(V.CORRECT, OPEN, None, duty=Duty.INTAKE, guards=(g.actor_not_recused,)),
        Move(V.PLACE, OPEN, None, duty=Duty.INTAKE, guards=(g.actor_not_recused,)),
        Move(V.ADD, OPEN, None, guards=(g.voice_still_speaks,)),
        Move(
            V.ANSWER,
            {S.RECEIVED, S.TRIAGED},
            S.ANSWERED,
            duty=Duty.INTAKE,
            guards=(g.actor_not_recused, g.parts_ended, g.not_objected_against, g.decline_not_asked, g.answer_given),
        ),
        Move(
            V.ASK_DECLINE,
            {S.RECEIVED, S.TRIAGED},
            None,
            duty=Duty.INTAKE,
            guards=(g.actor_not_recused, g.not_objected_against, g.decline_not_asked, g.clause_given, g.reason_given),
        ),
        Move(
            V.DECLINE,
            {S.RECEIVED, S.TRIAGED},
            S.DECLINED,
            duty=Duty.FILE,
            guards=(
                g.actor_not_recused,
                g.parts_ended,
                g.decline_asked,
                g.not_who_asked_to_decline,
                g.not_objected_against,
            ),
        ),
        Move(
            V.REFUSE_DECLINE,
            {S.RECEIVED, S.TRIAGED},
            None,
            duty=Duty.FILE,
            guards=(g.actor_not_recused, g.decline_asked, g.not_who_asked_to_decline, g.reason_given),
        ),
        Move(
            V.MERGE,
            MERGEABLE,
            S.MERGED,
            duty=Duty.INTAKE,
            guards=(g.actor_not_recused, g.parts_ended, g.no_return_pending, g.target_open, g.target_like, g.confirmed),
        ),
        *(Move(V.UNMERGE, {S.MERGED}, state, duty=Duty.INTAKE, guards=(_was(state),)) for state in MERGEABLE),
        Move(
            V.SEND_TO_VERIFY,
            {S.RECEIVED},
            S.VERIFYING,
            duty=Duty.INTAKE,
            guards=(g.actor_not_recused, g.decline_not_asked, g.place_set),
        ),
        Move(
            V.REPORT_VERIFIED, {S.VERIFYING}, S.RECEIVED, duty=Duty.VERIFY, guards=(g.actor_not_recused, g.seen_given)
        ),
        Move(
            V.REGISTER,
            {S.RECEIVED},
            S.TRIAGED,
            duty=Duty.INTAKE,
            guards=(g.actor_not_recused, g.decline_not_asked, g.type_set, g.place_set, g.grade_set),
        ),
        Move(
            V.SELF_HANDLE,
            {S.RECEIVED},
            S.CHECKING,
            duty=Duty.REPORT,
            guards=(
                g.is_finder,
                g.parts_ended,
                g.type_set,
                g.place_set,
                g.small_matter,
                g.before_and_after,
                g.sampled,
            ),
        ),
        Move(
            V.SELF_HANDLE,
            {S.RECEIVED},
            S.CLOSED,
            duty=Duty.REPORT,
            guards=(g.is_finder, g.parts_ended, g.type_set, g.place_set, g.small_matter, g.before_and_after),
        ),
        Move(
            V.FILE,
            {S.TRIAGED},
            S.FILED,
            duty=Duty.FILE,
            guards=(g.actor_not_recused, g.decline_not_asked, g.type_set, g.place_set, g.has_clause),
        ),
        Move(
            V.SEND_BACK,
            {S.TRIAGED, S.FILED},
            S.RECEIVED,
            duty=Duty.FILE,
            guards=(g.actor_not_recused, g.decline_not_asked, g.reason_given),
        ),
        # units
        Move(
            V.DISPATCH,
            {S.FILED},
            S.IN_HAND,
            duty=Duty.DISPATCH,
            guards=(
                g.actor_not_recused,
                g.not_returned_twice,
                g.one_lead_named,
                g.lead_has_not_returned,
                g.units_have_duty,
                g.none_recused,
            ),
        ),
        Move(
            V.RAISE,
            {S.RECEIVED},
            None,
            duty=Duty.DISPATCH,
            guards=(g.actor_not_recused, g.desk_can_rise, g.reason_given),
        ),
        Move(
            V.RAISE,
            {S.FILED, S.IN_HAND},
            S.FILED,
            duty=Duty.DISPATCH,
            guards=(g.actor_not_recused, g.desk_can_rise, g.no_return_pending, g.reason_given),
        ),
        Move(V.SIGN_IN, {S.IN_HAND}, None, duty=Duty.HANDLE, guards=(g.actor_not_recused, g.order_offered)),
        Move(
            V.ASK_RETURN,
            {S.IN_HAND},
            None,
            duty=Duty.HANDLE,
            guards=(
                g.order_not_named,
                g.has_not_returned,
                g.return_not_asked,
                g.in_sign_in_window,
                g.clause_given,
                g.reason_given,
            ),
        ),
        Move(
            V.RETURN,
            {S.IN_HAND},
            S.FILED,
            duty=Duty.DISPATCH,
            guards=(g.actor_not_recused, g.return_asked, g.not_who_asked_to_return, g.last_live_order),
        ),
        Move(
            V.RETURN,
            {S.IN_HAND},
            None,
            duty=Duty.DISPATCH,
            guards=(g.actor_not_recused, g.return_asked, g.not_who_asked_to_return, g.next_lead_named),
        ),
        Move(
            V.REFUSE_RETURN,
            {S.IN_HAND},
            None,
            duty=Duty.DISPATCH,
            guards=(g.actor_not_recused, g.return_asked, g.not_who_asked_to_return, g.reason_given),
        ),
        Move(
            V.REASSIGN,
            {S.FILED, S.IN_HAND},
            S.IN_HAND,
            duty=Duty.DISPATCH,
            guards=(
                g.actor_not_recused,
                g.dispatched_before,
                g.no_return_pending,
                g.not_returned_twice,
                g.one_lead_named,
                g.lead_has_not_returned,
                g.units_have_duty,
                g.none_recused,
                g.reason_given,
            ),
        ),
        Move(
            V.ADD_UNIT,
            {S.IN_HAND},
            None,
            duty=Duty.DISPATCH,
            guards=(g.actor_not_recused, g.not_yet_on_it, g.none_recused),
        ),
        Move(
            V.NAME,
            {S.FILED, S.IN_HAND},
            S.IN_HAND,
            duty=Duty.LEAD,
            guards=(
                g.actor_not_recused,
                g.returned_twice,
                g.no_return_pending,
                g.one_lead_named,
                g.none_recused,
                g.reason_given,
            ),
        ),
        Move(
            V.FIRST_CONTACT,
            {S.IN_HAND},
            None,
            duty=Duty.HANDLE,
            guards=(g.actor_not_recused, g.is_lead, g.order_in_work, g.result_given),
        ),
        Move(
            V.FINISH,
            {S.IN_HAND},
            None,
            duty=Duty.HANDLE,
            guards=(g.actor_not_recused, g.is_assistant, g.order_in_work, g.return_not_asked, g.seen_given),
        ),
        Move(
            V.SUBMIT_RESULT,
            {S.IN_HAND},
            S.REVIEWING,
            duty=Duty.HANDLE,
            guards=(
                g.actor_not_recused,
                g.is_lead,
                g.order_in_work,
                g.no_return_pending,
                g.assistants_done,
                g.head_took_part,
                g.outcome_given,
                g.answer_given,
                g.has_proof,
            ),
        ),
        # who of the unit does it, and when its head has to
        Move(
            V.GIVE,
            {S.IN_HAND},
            None,
            duty=Duty.SIGN,
            guards=(g.actor_not_recused, g.order_unfinished, g.handler_there, g.another_handler),
        ),
        Move(
            V.TAKE_ON,
            {S.IN_HAND},
            None,
            duty=Duty.HANDLE,
            guards=(g.actor_not_recused, g.order_unfinished, g.given_to_nobody),
        ),
        Move(V.PUT_BACK, {S.IN_HAND}, None, duty=Duty.HANDLE, guards=(g.order_unfinished, g.held_by_actor)),
        Move(
            V.TAKE_PART,
            {S.IN_HAND},
            None,
            duty=Duty.SIGN,
            guards=(
                g.actor_not_recused,
                g.further_round,
                g.is_lead,
                g.not_headed,
                g.part_given,
                g.reason_given,
            ),
        ),
        Move(
            V.SIGN,
            {S.REVIEWING},
            None,
            duty=Duty.SIGN,
            guards=(g.actor_not_recused, g.is_lead, g.not_signed, g.not_the_handler),
        ),
        # the desk, the place, the caller
        Move(
            V.REVIEW,
            {S.REVIEWING},
            S.CHECKING,
            duty=Duty.REVIEW,
            guards=(g.actor_not_recused, g.parts_ended, g.not_the_handler, g.signed_or_no_signer, g.needs_check),
        ),
        Move(
            V.REVIEW,
            {S.REVIEWING},
            S.CALLING_BACK,
            duty=Duty.REVIEW,
            guards=(
                g.actor_not_recused,
                g.parts_ended,
                g.not_the_handler,
                g.signed_or_no_signer,
                g.needs_no_check,
                g.needs_call_back,
            ),
        ),
        Move(
            V.REVIEW,
            {S.REVIEWING},
            S.CLOSED,
            duty=Duty.REVIEW,
            guards=(
                g.actor_not_recused,
                g.parts_ended,
                g.not_the_handler,
                g.signed_or_no_signer,
                g.needs_no_check,
                g.needs_no_call_back,
            ),
        ),
        Move(
            V.REWORK,
            {S.REVIEWING},
            S.IN_HAND,
            duty=Duty.REVIEW,
            guards=(g.actor_not_recused, g.not_the_handler, g.reason_given),
        ),
        Move(
            V.PASS_CHECK,
            {S.CHECKING},
            S.CALLING_BACK,
            duty=Duty.CHECK,
            guards=(g.actor_not_recused, g.not_the_handler, g.not_the_finder, g.seen_given, g.needs_call_back),
        ),
        Move(
            V.PASS_CHECK,
            {S.CHECKING},
            S.CLOSED,
            duty=Duty.CHECK,
            guards=(g.actor_not_recused, g.not_the_handler, g.not_the_finder, g.seen_given, g.needs_no_call_back),
        ),
        Move(
            V.FAIL_CHECK,
            {S.CHECKING},
            S.IN_HAND,
            duty=Duty.CHECK,
            guards=(g.actor_not_recused, g.not_the_handler, g.not_the_finder, g.reason_given, g.has_orders),
        ),
        Move(
            V.FAIL_CHECK,
            {S.CHECKING},
            S.TRIAGED,
            duty=Duty.CHECK,
            guards=(g.actor_not_recused, g.not_the_handler, g.not_the_finder, g.reason_given, g.has_no_orders),
        ),
        Move(
            V.CALL_BACK,
            {S.CALLING_BACK},
            S.CLOSED,
            duty=Duty.CALL_BACK,
            guards=(g.actor_not_recused, g.not_the_handler, g.result_given, g.everyone_told),
        ),
        Move(
            V.CALL_BACK,
            {S.CALLING_BACK},
            None,
            duty=Duty.CALL_BACK,
            guards=(g.actor_not_recused, g.not_the_handler, g.result_given),
        ),
        Move(V.TELL_OUTCOME, {S.CALLING_BACK}, S.CLOSED, guards=(g.voice_still_speaks, g.everyone_told)),
        Move(V.TELL_OUTCOME, {S.CALLING_BACK}, None, guards=(g.voice_still_speaks,)),
        Move(
            V.SECOND_ROUND, {S.CALLING_BACK}, S.IN_HAND, duty=Duty.CALL_BACK, guards=(g.someone_unsolved, g.has_orders)
        ),
        Move(
            V.SECOND_ROUND,
            {S.CALLING_BACK},
            S.TRIAGED,
            duty=Duty.CALL_BACK,
            guards=(g.someone_unsolved, g.has_no_orders),
        ),
        Move(
            V.SPLIT_OFF,
            {S.CALLING_BACK},
            None,
            duty=Duty.CALL_BACK,
            guards=(g.actor_not_recused, g.not_the_handler, g.several_voices),
        ),
        # after the end
        Move(
            V.REOPEN,
            {S.CLOSED},
            S.IN_HAND,
            duty=Duty.CALL_BACK,
            guards=(g.voice_still_speaks, g.within_reopening, g.reason_given, g.has_orders),
        ),
        Move(
            V.REOPEN,
            {S.CLOSED},
            S.TRIAGED,
            duty=Duty.CALL_BACK,
            guards=(g.voice_still_speaks, g.within_reopening, g.reason_given, g.has_no_orders),
        ),
        Move(
            V.LATE_FEEDBACK,
            {S.CLOSED, S.ANSWERED, S.DECLINED, S.TRANSFERRED},
            None,
            guards=(g.voice_still_speaks, g.within_feedback, g.not_told_late),
        ),
        Move(
            V.OBJECT,
            {S.ANSWERED, S.DECLINED, S.TRANSFERRED},
            S.RECEIVED,
            duty=Duty.INTAKE,
            guards=(g.voice_still_speaks, g.within_objection, g.reason_given),
        ),
        Move(
            V.TRANSFER,
            OPEN,
            S.TRANSFERRED,
            duty=Duty.DISPATCH,
            guards=(g.actor_not_recused, g.parts_ended, g.not_objected_against, g.receiver_confirmed),
        ),
        Move(V.WITHDRAW, OPEN, S.WITHDRAWN, guards=(g.voice_still_speaks, g.last_voice_and_safe)),
        Move(V.WITHDRAW, OPEN, None, guards=(g.voice_still_speaks,)),
        Move(V.FINE_NOW, OPEN, S.WITHDRAWN, guards=(g.voice_still_speaks, g.last_voice_and_safe)),
        Move(V.FINE_NOW, OPEN, None, guards=(g.voice_still_speaks,)),
        Move(
            V.ASK_VOID, OPEN, None, duty=Duty.DISPATCH, guards=(g.actor_not_recused, g.void_not_asked, g.reason_given)
        ),
        Move(
            V.VOID,
            OPEN,
            S.VOIDED,
            duty=Duty.FILE,
            guards=(g.actor_not_recused, g.parts_ended, g.void_asked, g.not_who_asked_to_void),
        ),
        Move(
            V.REFUSE_VOID,
            OPEN,
            None,
            duty=Duty.FILE,
            guards=(g.actor_not_recused, g.void_asked, g.not_who_asked_to_void, g.reason_given),
        ),
        Move(V.NUDGE, OPEN, None, duty=Duty.DISPATCH, guards=(g.not_nudged_today,)),
        # more time
        Move(
            V.ASK_EXTEND,
            {S.IN_HAND},
            None,
            duty=Duty.HANDLE,
            guards=(
                g.actor_not_recused,
                g.is_lead,
                g.order_in_work,
                g.extension_not_asked,
                g.extensions_left,
                g.not_red,
                g.reason_given,
            ),
        ),
        Move(
            V.EXTEND,
            {S.IN_HAND},
            None,
            duty=Duty.SIGN,
            guards=(g.actor_not_recused, g.extension_asked, g.not_who_asked_to_extend),
        ),
        Move(
            V.REFUSE_EXTEND,
            {S.IN_HAND},
            None,
            duty=Duty.SIGN,
            guards=(g.actor_not_recused, g.extension_asked, g.not_who_asked_to_extend, g.reason_given),
        ),
        Move(
            V.LEAD_EXTEND,
            {S.IN_HAND},
            None,
            duty=Duty.LEAD,
            guards=(g.actor_not_recused, g.lead_extension_asked, g.not_who_asked_to_lead_extend),
        ),
        Move(
            V.REFUSE_LEAD_EXTEND,
            {S.IN_HAND},
            None,
            duty=Duty.LEAD,
            guards=(g.actor_not_recused, g.lead_extension_asked, g.not_who_asked_to_lead_extend, g.reason_given),
        ),
        Move(
            V.ASK_HOLD,
            {S.IN_HAND},
            None,
            duty=Duty.HANDLE,
            guards=(g.actor_not_recused, g.hold_not_asked, g.lead_at_work_or_desk, g.reason_given),
        ),
        Move(
            V.HOLD,
            {S.IN_HAND},
            None,
            duty=Duty.LEAD,
            guards=(g.actor_not_recused, g.hold_asked, g.not_who_asked_to_hold, g.review_still_ahead),
        ),
        Move(
            V.REFUSE_HOLD,
            {S.IN_HAND},
            None,
            duty=Duty.LEAD,
            guards=(g.actor_not_recused, g.hold_asked, g.not_who_asked_to_hold, g.reason_given),
        ),
        Move(
            V.SUPERVISE,
            {S.IN_HAND},
            None,
            duty=Duty.SUPERVISE,
            guards=(g.actor_not_recused, g.not_supervised, g.reason_given),
        ),
        Move(
            V.REPORT_BACK,
            WITH_A_LEAD,
            None,
            duty=Duty.HANDLE,
            guards=(g.actor_not_recused, g.is_lead, g.report_awaited, g.reason_given),
        ),
        Move(
            V.PRESS,
            WITH_A_LEAD,
            None,
            duty=Duty.SUPERVISE,
            guards=(g.actor_not_recused, g.reported_back, g.reason_given),
        ),
        Move(V.CLOSE_SUPERVISION, WITH_A_LEAD, None, duty=Duty.SUPERVISE, guards=(g.actor_not_recused, g.supervised)),
        Move(
            V.ASK_REPORTER,
            {S.IN_HAND},
            None,
            duty=Duty.HANDLE,
            guards=(
                g.actor_not_recused,
                g.nobody_asked,
                g.not_held,
                g.lead_at_work_or_desk,
                g.question_left,
                g.voice_named,
                g.reason_given,
            ),
        ),
        Move(
            V.REPLY,
            {S.IN_HAND},
            None,
            guards=(g.actor_not_recused, g.reporter_asked, g.asked_of_this_voice, g.voice_still_speaks, g.seen_given),
        ),
        Move(
            V.STOP_WAITING,
            {S.IN_HAND},
            None,
            duty=Duty.HANDLE,
            guards=(g.actor_not_recused, g.reporter_asked, g.lead_at_work_or_desk),
        ),
        Move(
            V.FINISH_STAGE,
            {S.IN_HAND},
            None,
            duty=Duty.HANDLE,
            guards=(g.actor_not_recused, g.is_lead, g.order_in_work, g.stage_open),
        ),
        Move(V.RESUME, {S.IN_HAND}, None, duty=Duty.DISPATCH, guards=(g.actor_not_recused, g.held)),
        Move(
            V.SPLIT,
            {S.RECEIVED, S.TRIAGED, S.FILED, S.IN_HAND},
            None,
            duty=Duty.INTAKE,
            guards=(g.actor_not_recused, g.no_part_itself, g.parts_given),
        ),
        Move(
            V.TAKE_BACK,
            {S.IN_HAND},
            S.FILED,
            duty=Duty.DISPATCH,
            guards=(g.actor_not_recused, g.just_sent, g.nobody_before),
        ),
        Move(
            V.TAKE_BACK,
            {S.IN_HAND},
            None,
            duty=Duty.DISPATCH,
            guards=(g.actor_not_recused, g.just_sent, g.somebody_before),
        ),
    ]
)

O = OrderState  # noqa: E741
ORDER_FLOW = Flow(
    [
        Move(V.DISPATCH, {None}, O.OFFERED),
        Move(V.SIGN_IN, {O.OFFERED}, O.ACCEPTED),
        Move(V.RETURN, {O.OFFERED, O.ACCEPTED}, O.RETURNED),
        Move(V.FINISH, {O.ACCEPTED, O.REWORK}, O.DONE),
        Move(V.REWORK, {O.DONE}, O.REWORK),
        Move(V.COMPLETE, {O.DONE}, O.COMPLETED),
        Move(V.CANCEL, LIVE_ORDERS, O.CANCELLED),
        *(Move(V.RESTORE, {O.CANCELLED}, state) for state in (O.OFFERED, O.ACCEPTED, O.DONE, O.REWORK)),
    ]
)

# Over what each verb's duty is held. REPORTER verbs ask for the report's code instead of a duty.
BY: dict[Verb, By] = {
    V.RECEIVE: By.PLACE, V.CORRECT: By.DESK, V.PLACE: By.DESK, V.ADD: By.REPORTER, V.ANSWER: By.DESK,
    V.ASK_DECLINE: By.DESK, V.DECLINE: By.DESK, V.REFUSE_DECLINE: By.DESK, V.MERGE: By.DESK, V.UNMERGE: By.DESK,
    V.SEND_TO_VERIFY: By.DESK, V.REPORT_VERIFIED: By.PLACE, V.REGISTER: By.DESK, V.SELF_HANDLE: By.PLACE,
    V.FILE: By.DESK, V.SEND_BACK: By.DESK, V.DISPATCH: By.DESK, V.RAISE: By.DESK, V.SIGN_IN: By.UNIT,
    V.ASK_RETURN: By.UNIT, V.RETURN: By.DESK, V.REFUSE_RETURN: By.DESK, V.REASSIGN: By.DESK, V.ADD_UNIT: By.DESK,
    V.NAME: By.DESK, V.FIRST_CONTACT: By.UNIT, V.FINISH: By.UNIT, V.SUBMIT_RESULT: By.UNIT, V.SIGN: By.UNIT,
    V.REVIEW: By.DESK, V.REWORK: By.DESK, V.PASS_CHECK: By.PLACE, V.FAIL_CHECK: By.PLACE, V.CALL_BACK: By.DESK,
    V.TELL_OUTCOME: By.REPORTER, V.SECOND_ROUND: By.DESK, V.SPLIT_OFF: By.DESK, V.REOPEN: By.DESK,
    V.LATE_FEEDBACK: By.REPORTER, V.OBJECT: By.DESK, V.TRANSFER: By.DESK, V.WITHDRAW: By.REPORTER,
    V.FINE_NOW: By.REPORTER, V.ASK_VOID: By.DESK, V.VOID: By.DESK, V.REFUSE_VOID: By.DESK, V.NUDGE: By.DESK,
    V.ASK_EXTEND: By.UNIT, V.EXTEND: By.LEAD, V.REFUSE_EXTEND: By.LEAD, V.LEAD_EXTEND: By.DESK,
    V.REFUSE_LEAD_EXTEND: By.DESK, V.ASK_HOLD: By.UNIT, V.HOLD: By.DESK, V.REFUSE_HOLD: By.DESK, V.RESUME: By.DESK,
    V.SUPERVISE: By.DESK, V.REPORT_BACK: By.UNIT, V.PRESS: By.DESK, V.CLOSE_SUPERVISION: By.DESK,
    V.ASK_REPORTER: By.UNIT, V.REPLY: By.REPORTER, V.STOP_WAITING: By.UNIT, V.TAKE_BACK: By.DESK,
    V.SPLIT: By.DESK, V.FINISH_STAGE: By.UNIT, V.GIVE: By.UNIT, V.TAKE_ON: By.UNIT, V.PUT_BACK: By.UNIT,
    V.TAKE_PART: By.UNIT,
}  # fmt: skip

# Others who may walk the same move.
ALSO: dict[Verb, tuple[tuple[By, Duty | None], ...]] = {
    V.RECEIVE: ((By.ANYBODY, None), (By.DESK, Duty.INTAKE)),
    V.ADD: ((By.TAKER, None),),
    V.SEND_BACK: ((By.DESK, Duty.DISPATCH),),
    V.RAISE: ((By.DESK, Duty.INTAKE), (By.LEAD, Duty.SIGN)),
    V.REOPEN: ((By.REPORTER, None),),
    V.OBJECT: ((By.REPORTER, None),),
    V.ASK_HOLD: ((By.DESK, Duty.DISPATCH),),
    V.SPLIT: ((By.DESK, Duty.DISPATCH),),
    V.ASK_REPORTER: ((By.DESK, Duty.DISPATCH),),
    V.REPLY: ((By.DESK, Duty.INTAKE), (By.DESK, Duty.CALL_BACK), (By.LEAD, Duty.HANDLE)),
    V.STOP_WAITING: ((By.DESK, Duty.DISPATCH),),
    V.NUDGE: ((By.REPORTER, None), (By.TAKER, None), (By.DESK, Duty.INTAKE), (By.DESK, Duty.SUPERVISE)),
}


def alternatives(verb: Verb) -> tuple[tuple[By, Duty | None], ...]:
    """Everyone who may walk a verb: (over what, duty) pairs, the usual one first."""
    return ((BY[verb], FLOW.duty(verb)), *ALSO.get(verb, ()))


# The step whose clock runs while a case is in a state.
STEP_OF_STATE: dict[State, Step] = {
    S.RECEIVED: Step.INTAKE,
    S.VERIFYING: Step.VERIFY,
    S.TRIAGED: Step.FILE,
    S.FILED: Step.DISPATCH,
    S.IN_HAND: Step.HANDLE,
    S.REVIEWING: Step.REVIEW,
    S.CHECKING: Step.CHECK,
    S.CALLING_BACK: Step.CALL_BACK,
}
