"""Named conditions of moves. Each is a pure function over `CaseFacts` and carries the sentence of its refusal.

A guard about the form passes while no form was given yet, so that the page can show the move.
"""

from __future__ import annotations

from datetime import timedelta

from huying.cases.rules.facts import CaseFacts
from huying.cases.rules.words import (
    UNFINISHED_ORDERS,
    CallResult,
    HeadPart,
    OrderRole,
    OrderState,
    Outcome,
    Supervision,
)
from huying.kernel.flow import guard
from huying.kernel.terms import _
from huying.matters.rules import CallBackPolicy, CheckPolicy

REOPEN_WITHIN = timedelta(days=14)
OBJECT_WITHIN = timedelta(days=14)
FEEDBACK_WITHIN = timedelta(days=30)
RETURNS_BEFORE_NAMING = 2
MOST_EXTENSIONS = 2
MOST_QUESTIONS = 2
LONGEST_HOLD = timedelta(days=90)
TAKE_BACK_WITHIN = timedelta(minutes=10)
MOST_PARTS = 5


# what the case must know


@guard(_("还没有选事项类型。请先选好。"))
def type_set(facts: CaseFacts) -> bool:
    return facts.type_set


@guard(_("还没有确定地点。请先在地图上定位，或选好所在网格。"))
def place_set(facts: CaseFacts) -> bool:
    return facts.place_set


@guard(_("还没有定级别。请先选一般、紧急或疑难。"))
def grade_set(facts: CaseFacts) -> bool:
    return facts.grade_set


@guard(_("这类事项没有职责依据。请换事项类型，或请管理员补上依据。"))
def has_clause(facts: CaseFacts) -> bool:
    return facts.has_clause


@guard(_("这类事项不在自办清单里。请上报，由单位办理。"))
def small_matter(facts: CaseFacts) -> bool:
    return facts.small_matter


@guard(_("这一件没有被抽中复查。"))
def sampled(facts: CaseFacts) -> bool:
    return facts.sampled


@guard(_("自办只限自己发现并上报的事。"))
def is_finder(facts: CaseFacts) -> bool:
    return facts.actor_id is not None and any(one.taken_by == facts.actor_id for one in facts.reports)


# what the form must say


@guard(_("请写明原因。"))
def reason_given(facts: CaseFacts) -> bool:
    return facts.given is None or bool(facts.given.reason)


@guard(_("请写给诉求人的答复。"))
def answer_given(facts: CaseFacts) -> bool:
    return facts.given is None or bool(facts.given.words)


@guard(_("请写明依据哪一条。"))
def clause_given(facts: CaseFacts) -> bool:
    return facts.given is None or bool(facts.given.clause)


@guard(_("请写几句看到的情况，或传一张现场照片。"))
def seen_given(facts: CaseFacts) -> bool:
    return facts.given is None or bool(facts.given.words) or facts.given.photos > 0


@guard(_("请选办理结果：已解决、已说明，或待项目解决。"))
def outcome_given(facts: CaseFacts) -> bool:
    return facts.given is None or facts.given.outcome in Outcome.values


@guard(_("自办要有处理前和处理后的照片各一张。"))
def before_and_after(facts: CaseFacts) -> bool:
    return facts.given is None or (facts.given.photos_before > 0 and facts.given.photos_after > 0)


@guard(_("这类事项办完要附现场照片。请补上再报。"))
def has_proof(facts: CaseFacts) -> bool:
    if facts.given is None or not facts.proof_wanted or facts.given.outcome != Outcome.SOLVED:
        return True
    return facts.given.photos > 0


@guard(_("请写明转给谁，并确认对方同意接收。"))
def receiver_confirmed(facts: CaseFacts) -> bool:
    return facts.given is None or (bool(facts.given.receiver) and facts.given.confirmed)


@guard(_("请选联系结果。"))
def result_given(facts: CaseFacts) -> bool:
    return facts.given is None or facts.given.result in CallResult.values


# units


@guard(_("请选一个主办单位，主办单位不能同时是协办。"))
def one_lead_named(facts: CaseFacts) -> bool:
    given = facts.given
    return given is None or (given.lead_id is not None and given.lead_id not in given.assistant_ids)


@guard(_("所选单位在这里没有这项职责。请换单位，或先更正事项类型。"))
def units_have_duty(facts: CaseFacts) -> bool:
    given = facts.given
    return given is None or given.lead_id is None or given.lead_id in given.duty_unit_ids


@guard(_("所选单位要回避这件事，不能派给它。请换单位。"))
def none_recused(facts: CaseFacts) -> bool:
    given = facts.given
    if given is None:
        return True
    named = {*given.assistant_ids, *([given.lead_id] if given.lead_id else [])}
    return not named & facts.recused_units


@guard(_("这个单位已经在办这件事了。"))
def not_yet_on_it(facts: CaseFacts) -> bool:
    given = facts.given
    busy = {one.unit_id for one in facts.live}
    return given is None or not busy.intersection(given.assistant_ids)


@guard(_("已有两个单位退回，不能再这样派。请由分管领导指定承办。"))
def not_returned_twice(facts: CaseFacts) -> bool:
    return len(facts.returned_units) < RETURNS_BEFORE_NAMING


@guard(_("两个不同单位退回以后，才由领导指定承办。"))
def returned_twice(facts: CaseFacts) -> bool:
    return len(facts.returned_units) >= RETURNS_BEFORE_NAMING


@guard(_("这个单位退回过，不能再派给它。请换单位，或由领导指定承办。"))
def lead_has_not_returned(facts: CaseFacts) -> bool:
    return facts.given is None or facts.given.lead_id not in facts.returned_units


@guard(_("这件事还没有派过单。请用派单。"))
def dispatched_before(facts: CaseFacts) -> bool:
    return bool(facts.orders)


@guard(_("这件事没有派过单。"))
def has_orders(facts: CaseFacts) -> bool:
    """A unit led this round and may go on: what was only returned, taken away or is recused since does not count."""
    return any(
        one.round == facts.round
        and one.role == OrderRole.LEAD
        and (one.live or one.state == OrderState.COMPLETED)
        and one.unit_id not in facts.recused_units
        for one in facts.orders
    )


@guard(_("这件事派过单，应回到办理单位。"))
def has_no_orders(facts: CaseFacts) -> bool:
    return not has_orders(facts)


@guard(_("只有主办单位能做这一步。"))
def is_lead(facts: CaseFacts) -> bool:
    return facts.order is not None and facts.order.role == OrderRole.LEAD


@guard(_("主办单位请直接报办理结果。"))
def is_assistant(facts: CaseFacts) -> bool:
    return facts.order is not None and facts.order.role == OrderRole.ASSIST


@guard(_("这张工单已经签收过了。"))
def order_offered(facts: CaseFacts) -> bool:
    return facts.order is not None and facts.order.state == OrderState.OFFERED


@guard(_("请先签收，再办这一步。"))
def order_in_work(facts: CaseFacts) -> bool:
    return facts.order is not None and facts.order.state in (OrderState.ACCEPTED, OrderState.REWORK)


@guard(_("还有协办单位没完成。请等它们完成，或请调度中心撤掉。"))
def assistants_done(facts: CaseFacts) -> bool:
    return all(one.state == OrderState.DONE for one in facts.live if one.role == OrderRole.ASSIST)


@guard(_("只能在签收时限内退回。"))
def in_sign_in_window(facts: CaseFacts) -> bool:
    order = facts.order
    return order is not None and order.state in (OrderState.OFFERED, OrderState.ACCEPTED) and order.sign_in_open


@guard(_("领导指定承办的工单不能退回。有困难请向分管领导说明。"))
def order_not_named(facts: CaseFacts) -> bool:
    return facts.order is not None and not facts.order.named


@guard(_("每个单位对一件事只能退回一次。"))
def has_not_returned(facts: CaseFacts) -> bool:
    return facts.order is not None and facts.order.unit_id not in facts.returned_units


@guard(_("退回申请正在等调度中心决定。"))
def return_not_asked(facts: CaseFacts) -> bool:
    return facts.order is not None and not facts.order.asked_return


@guard(_("这张工单没有退回申请。"))
def return_asked(facts: CaseFacts) -> bool:
    if facts.given is None or facts.given.order_id is None:
        return any(one.asked_return for one in facts.live)
    return facts.order is not None and facts.order.live and facts.order.asked_return


@guard(_("退回申请还没有决定，请先决定。"))
def no_return_pending(facts: CaseFacts) -> bool:
    return not any(one.asked_return for one in facts.live)


@guard(_("还有别的单位在办。"))
def last_live_order(facts: CaseFacts) -> bool:
    return len(facts.live) <= 1


@guard(_("主办退回时，请同时在协办单位里指定新的主办。"))
def next_lead_named(facts: CaseFacts) -> bool:
    given, order = facts.given, facts.order
    if given is None or order is None or order.role == OrderRole.ASSIST:
        return True
    return any(one.unit_id == given.lead_id and one.id != order.id for one in facts.live)


@guard(_("这张工单已经处置完了，不用再交给谁。"))
def order_unfinished(facts: CaseFacts) -> bool:
    return facts.order is not None and facts.order.state in UNFINISHED_ORDERS


@guard(_("请选本单位一位在岗、不用回避的承办人。"))
def handler_there(facts: CaseFacts) -> bool:
    given = facts.given
    return facts.by_rule or given is None or given.handler_id in given.handler_ids


@guard(_("这张工单已经在这位同事手上。"))
def another_handler(facts: CaseFacts) -> bool:
    given, order = facts.given, facts.order
    return given is None or order is None or given.handler_id != order.given_to


@guard(_("这张工单已经交给同事了。要换人，请单位负责人来换。"))
def given_to_nobody(facts: CaseFacts) -> bool:
    return facts.order is not None and facts.order.given_to is None


@guard(_("这张工单不在您手上。"))
def held_by_actor(facts: CaseFacts) -> bool:
    held = facts.order.given_to if facts.order is not None else None
    return held is not None and (facts.by_rule or held == facts.actor_id)


@guard(_("第一轮不用负责人参与，从第二轮起才用。"))
def further_round(facts: CaseFacts) -> bool:
    return facts.round > 1


@guard(_("负责人怎么参与的已经记过了。"))
def not_headed(facts: CaseFacts) -> bool:
    return facts.order is not None and not facts.order.headed


@guard(_("请选负责人是怎么参与的。"))
def part_given(facts: CaseFacts) -> bool:
    return facts.given is None or facts.given.part in HeadPart.values


@guard(_("从第二轮起，单位负责人参与以后才能报结果。请负责人先记下怎么参与的。"))
def head_took_part(facts: CaseFacts) -> bool:
    """As with signing: dropped where the unit has nobody to do it but those who handled."""
    order = facts.order
    return facts.round == 1 or not facts.unit_has_signer or (order is not None and order.headed)


# persons


@guard(_("办理这件事的人不能自己审核或回访。请换一位同事。"))
def not_the_handler(facts: CaseFacts) -> bool:
    return facts.by_rule or facts.actor_id is None or facts.actor_id not in facts.handlers


@guard(_("自己办的事不能自己核查。请换一位网格员。"))
def not_the_finder(facts: CaseFacts) -> bool:
    return facts.by_rule or facts.actor_id is None or all(one.taken_by != facts.actor_id for one in facts.reports)


_ASKED = _("谁申请谁不能批。请换一位值班长决定。")
_ASKED_OF_A_HEAD = _("谁申请谁不能批。请换一位负责人决定。")


def _asked(facts: CaseFacts, kind: str) -> bool:
    return facts.actor_id is not None and (kind, facts.actor_id) in facts.approval_askers


@guard(_ASKED)
def not_who_asked_to_decline(facts: CaseFacts) -> bool:
    return not _asked(facts, "decline")


@guard(_ASKED)
def not_who_asked_to_return(facts: CaseFacts) -> bool:
    return not _asked(facts, "return")


@guard(_ASKED)
def not_who_asked_to_void(facts: CaseFacts) -> bool:
    return not _asked(facts, "void")


@guard(_ASKED_OF_A_HEAD)
def not_who_asked_to_extend(facts: CaseFacts) -> bool:
    return not _asked(facts, "extend")


@guard(_ASKED_OF_A_HEAD)
def not_who_asked_to_hold(facts: CaseFacts) -> bool:
    return not _asked(facts, "hold")


@guard(_ASKED_OF_A_HEAD)
def not_who_asked_to_lead_extend(facts: CaseFacts) -> bool:
    return not _asked(facts, "lead_extend")


@guard(_("上次的答复就是您做的，异议要由别人来定。请换一位同事。"))
def not_objected_against(facts: CaseFacts) -> bool:
    return facts.objected_against is None or facts.actor_id != facts.objected_against


@guard(_("您要回避这件事。请交给同事办。"))
def actor_not_recused(facts: CaseFacts) -> bool:
    return facts.actor_id not in facts.recused_accounts and not facts.recused_units.intersection(facts.actor_bodies)


# approvals


@guard(_("不予受理的申请正在等值班长决定。"))
def decline_not_asked(facts: CaseFacts) -> bool:
    return "decline" not in facts.open_approvals


@guard(_("没有等待决定的不予受理申请。"))
def decline_asked(facts: CaseFacts) -> bool:
    return "decline" in facts.open_approvals


@guard(_("作废申请正在等值班长决定。"))
def void_not_asked(facts: CaseFacts) -> bool:
    return "void" not in facts.open_approvals


@guard(_("没有等待决定的作废申请。"))
def void_asked(facts: CaseFacts) -> bool:
    return "void" in facts.open_approvals


@guard(_("延期申请正在等决定。"))
def extension_not_asked(facts: CaseFacts) -> bool:
    return not {"extend", "lead_extend"} & facts.open_approvals


@guard(_("没有等单位负责人决定的延期申请。"))
def extension_asked(facts: CaseFacts) -> bool:
    return "extend" in facts.open_approvals


@guard(_("没有等分管领导决定的延期申请。"))
def lead_extension_asked(facts: CaseFacts) -> bool:
    return "lead_extend" in facts.open_approvals


@guard(_("办理时限停着，或已经超时，不能再申请延期。"))
def not_red(facts: CaseFacts) -> bool:
    return facts.handling


@guard(_("挂账申请正在等分管领导决定。"))
def hold_not_asked(facts: CaseFacts) -> bool:
    return "hold" not in facts.open_approvals


@guard(_("没有等待决定的挂账申请。"))
def hold_asked(facts: CaseFacts) -> bool:
    return "hold" in facts.open_approvals


@guard(_("申请的复核日期已经过了。请不同意，再重新申请。"))
def review_still_ahead(facts: CaseFacts) -> bool:
    return facts.review_ahead


@guard(_("这件事没有挂账。"))
def held(facts: CaseFacts) -> bool:
    return facts.held


@guard(_("请由主办单位签收后申请，或由调度中心申请。"))
def lead_at_work_or_desk(facts: CaseFacts) -> bool:
    return facts.order is None or (is_lead(facts) and order_in_work(facts))


@guard(_("这件事正在督办。请先看回报，或再次督办。"))
def not_supervised(facts: CaseFacts) -> bool:
    return not facts.supervision


@guard(_("这件事没有督办。"))
def supervised(facts: CaseFacts) -> bool:
    return bool(facts.supervision)


@guard(_("没有等回报的督办。"))
def report_awaited(facts: CaseFacts) -> bool:
    return facts.supervision == Supervision.SET


@guard(_("单位还没有回报。"))
def reported_back(facts: CaseFacts) -> bool:
    return facts.supervision == Supervision.REPORTED


@guard(_("正在等诉求人补充。"))
def nobody_asked(facts: CaseFacts) -> bool:
    return facts.asked_report is None


@guard(_("没有等诉求人补充的问题。"))
def reporter_asked(facts: CaseFacts) -> bool:
    return facts.asked_report is not None


@guard(_("问的不是这一条诉求。"))
def asked_of_this_voice(facts: CaseFacts) -> bool:
    return facts.actor_report_id is None or facts.actor_report_id == facts.asked_report


@guard(_("这件事正在挂账，办理时限已经停着。"))
def not_held(facts: CaseFacts) -> bool:
    return not facts.held


@guard(_("这一轮问过了。要再问一次，请由调度中心问。"))
def question_left(facts: CaseFacts) -> bool:
    return facts.questions == 0 or (facts.order is None and facts.questions < MOST_QUESTIONS)


@guard(_("请选问哪一位诉求人。"))
def voice_named(facts: CaseFacts) -> bool:
    return facts.given is None or any(one.id == facts.given.report_id for one in facts.voices)


@guard(_("没有这一段，或已经记了完成。请刷新看看。"))
def stage_open(facts: CaseFacts) -> bool:
    return bool(facts.stages) if facts.given is None else facts.given.stage in facts.stages


@guard(_("每一轮最多申请两次延期。"))
def extensions_left(facts: CaseFacts) -> bool:
    return facts.extensions < MOST_EXTENSIONS


# signing, review, check, call-back


@guard(_("答复还没有签发。请先由单位负责人签发。"))
def signed_or_no_signer(facts: CaseFacts) -> bool:
    return facts.signed or not facts.unit_has_signer


@guard(_("这份答复已经签发过了。"))
def not_signed(facts: CaseFacts) -> bool:
    return not facts.signed


def _check_wanted(facts: CaseFacts) -> bool:
    if facts.confidential:
        return False
    if facts.check_policy == CheckPolicy.PATROL:
        return facts.found_by_field
    return facts.check_policy == CheckPolicy.ALWAYS


@guard(_("这类事项不用到场核查。"))
def needs_check(facts: CaseFacts) -> bool:
    return _check_wanted(facts)


@guard(_("这类事项要先到场核查。"))
def needs_no_check(facts: CaseFacts) -> bool:
    return not _check_wanted(facts)


@guard(_("没有人要回访。"))
def needs_call_back(facts: CaseFacts) -> bool:
    return facts.call_back_policy != CallBackPolicy.NOBODY and any(one.wants_answer for one in facts.voices)


@guard(_("还有人等着回访。"))
def needs_no_call_back(facts: CaseFacts) -> bool:
    return not needs_call_back(facts)


@guard(_("还有诉求人没有回访到。"))
def everyone_told(facts: CaseFacts) -> bool:
    return all(one.told for one in facts.voices if one.wants_answer) and not someone_unsolved(facts)


@guard(_("没有人说没解决。"))
def someone_unsolved(facts: CaseFacts) -> bool:
    return any(one.unsolved for one in facts.voices)


@guard(_("这件事只有一条诉求，不能拆。"))
def several_voices(facts: CaseFacts) -> bool:
    return len(facts.voices) > 1


# reporters and ends


@guard(_("办结超过 14 天了。请重新反映，我们会和这件事连在一起。"))
def within_reopening(facts: CaseFacts) -> bool:
    """The upper system's own result comes when it comes: the rule that follows it knows no term."""
    return facts.by_rule or facts.ended_at is not None and facts.now - facts.ended_at <= REOPEN_WITHIN


@guard(_("超过 14 天，不能再提异议。请重新反映。"))
def within_objection(facts: CaseFacts) -> bool:
    return facts.by_rule or facts.ended_at is not None and facts.now - facts.ended_at <= OBJECT_WITHIN


@guard(_("超过 30 天，不能再补评价。"))
def within_feedback(facts: CaseFacts) -> bool:
    return facts.ended_at is not None and facts.now - facts.ended_at <= FEEDBACK_WITHIN


@guard(_("您已经补过评价了。"))
def not_told_late(facts: CaseFacts) -> bool:
    return not facts.late_told


@guard(_("这条诉求已经撤回了。"))
def voice_still_speaks(facts: CaseFacts) -> bool:
    return facts.actor_report_id is None or any(one.id == facts.actor_report_id for one in facts.voices)


@guard(_("还有别的诉求人，或危险还没有排除。"))
def last_voice_and_safe(facts: CaseFacts) -> bool:
    others = [one for one in facts.voices if one.id != facts.actor_report_id]
    return not others and not facts.danger_open


@guard(_("今天催过了，明天可以再催。"))
def not_nudged_today(facts: CaseFacts) -> bool:
    return not facts.nudged_today


@guard(_("已经在最上一级，不能再上报。"))
def desk_can_rise(facts: CaseFacts) -> bool:
    return facts.desk_can_rise


@guard(_("要并入的那件已经结束，或您看不到它。请换一件。"))
def target_open(facts: CaseFacts) -> bool:
    return facts.given is None or facts.given.target_open


@guard(_("两件事的地点、类型或时间对不上，不能并。请核对。"))
def target_like(facts: CaseFacts) -> bool:
    return facts.given is None or facts.given.target_like


@guard(_("请确认两件是同一件事。"))
def confirmed(facts: CaseFacts) -> bool:
    return facts.given is None or facts.given.confirmed


# sent by mistake


@guard(_("派出后 10 分钟内、单位还没签收、别人也没动过的，才能收回。请改派。"))
def just_sent(facts: CaseFacts) -> bool:
    return facts.just_sent


@guard(_("派出以前有别的单位在办。"))
def nobody_before(facts: CaseFacts) -> bool:
    return not facts.sent_over


@guard(_("派出以前没有单位在办。"))
def somebody_before(facts: CaseFacts) -> bool:
    return facts.sent_over


# parts


@guard(_("拆出去的还没有全部办完。全部办完以后，这一件再办结、一起回访。"))
def parts_ended(facts: CaseFacts) -> bool:
    return not facts.parts_open


@guard(_("这一件是拆出来的，不能再拆。请在原来那件上拆。"))
def no_part_itself(facts: CaseFacts) -> bool:
    return not facts.is_part


@guard(_("请写明拆出来的是什么事，最多五件。"))
def parts_given(facts: CaseFacts) -> bool:
    return facts.given is None or 1 <= facts.given.parts <= MOST_PARTS
