"""The moves of the desk as data: which verbs of the flow a form serves, and the action that it calls.

Moves that only a reporter makes are not here: they are made with the report's code, on the residents' pages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from huying.cases import actions
from huying.cases.actions import Act, confiding, excluding, settling
from huying.cases.forms import closing, desk, leaving_out, sharing, units
from huying.cases.forms.base import MoveForm, NoFields, ReasonForm, Subject
from huying.cases.forms.recategorise import RecategoriseForm
from huying.cases.forms.split import SplitForm
from huying.cases.models import Case
from huying.cases.rules import FLOW, OPEN, State, Verb, move_label
from huying.kernel.actor import Actor
from huying.kernel.refusals import Conflict, KeyReused
from huying.kernel.terms import Label, _
from huying.people.rules import Duty

SIDE = 50  # moves from this rank on are beside the flow: never opened by themselves


class Once:
    """How a form's move is made: one act, once for the form's key."""

    def __init__(self, *acts: Act[Any]) -> None:
        self.acts = acts

    def __call__(self, form: MoveForm, key: UUID | None, case_id: UUID, actor: Actor, now: datetime) -> Case:
        return self.acts[0].once(key, case_id, **form.arguments(), actor=actor, now=now)


class Review(Once):
    """The desk's look at a result: fit to leave the house, or back with words."""

    def __call__(self, form: MoveForm, key: UUID | None, case_id: UUID, actor: Actor, now: datetime) -> Case:
        given, (review, rework) = form.cleaned_data, self.acts
        if given["decision"] == "pass":
            return review.once(key, case_id, actor=actor, now=now)
        return rework.once(key, case_id, reason=given["reason"], actor=actor, now=now)


@dataclass(frozen=True)
class DeskMove:
    """One move of the desk. `done` is what the toast says; `rank` orders the buttons."""

    name: str
    verbs: tuple[Verb, ...]
    form: type[MoveForm]
    call: Once
    rank: int
    icon: str
    done: Label
    label: Label = ""
    submit: Label = ""
    danger: bool = False

    @property
    def alone(self) -> bool:
        """Touches no other case. Else all are locked in one order, and none of them beforehand."""
        return all(one.also is None for one in self.call.acts)

    def words(self, flow: str) -> Label:
        return self.label or move_label(self.verbs[0], flow)

    @property
    def beside(self) -> bool:
        return self.rank >= SIDE


V = Verb
_EVERY = [
    # what comes next in the flow
    DeskMove("take_in", (), units.TakeInForm, Once(actions.register_file_dispatch), 10, "send", _("已受理并派单。"),
             _("受理派单"), _("受理并派单")),
    DeskMove("register", (V.REGISTER,), desk.RegisterForm, Once(actions.register_case), 12, "check",
             _("已受理登记。")),
    DeskMove("self_handle", (V.SELF_HANDLE,), desk.SelfHandleForm, Once(actions.self_handle_case), 11, "check-circle",
             _("已记自办。")),
    DeskMove("report_verified", (V.REPORT_VERIFIED,), desk.VerifyForm, Once(actions.report_verified), 10, "eye",
             _("核实结果已报。")),
    DeskMove("decide_decline", (V.DECLINE, V.REFUSE_DECLINE), desk.DecideDeclineForm, Once(actions.decide_decline), 1,
             "scale", _("已决定。"), _("决定不予受理")),
    DeskMove("decide_void", (V.VOID, V.REFUSE_VOID), desk.DecideVoidForm, Once(actions.decide_void), 2, "scale",
             _("已决定。"), _("决定作废")),
    DeskMove("decide_return", (V.RETURN, V.REFUSE_RETURN), units.DecideReturnForm, Once(actions.decide_return), 3,
             "scale", _("已决定。"), _("决定退回")),
    DeskMove("decide_extend", (V.EXTEND, V.REFUSE_EXTEND, V.LEAD_EXTEND, V.REFUSE_LEAD_EXTEND),
             desk.DecideExtensionForm, Once(actions.decide_extension), 4, "scale", _("已决定。"), _("决定延期")),
    DeskMove("decide_hold", (V.HOLD, V.REFUSE_HOLD), desk.DecideHoldForm, Once(actions.decide_hold), 5, "scale",
             _("已决定。"), _("决定挂账")),
    DeskMove("decide_exclusion", (), leaving_out.DecideExclusionForm, Once(excluding.decide_exclusion), 6, "scale",
             _("已决定。"), _("审定剔除")),
    DeskMove("decide_confidential", (), leaving_out.DecideConfidentialForm, Once(confiding.decide_confidential), 7,
             "scale", _("已决定。"), _("决定保密")),
    DeskMove("report_back", (V.REPORT_BACK,), units.ReportBackForm, Once(actions.report_back), 23, "message",
             _("回报已送出。")),
    DeskMove("press", (V.PRESS,), desk.SuperviseForm, Once(actions.press_again), 15, "bell-ring", _("已再次督办。")),
    DeskMove("close_supervision", (V.CLOSE_SUPERVISION,), desk.CloseSupervisionForm,
             Once(actions.close_supervision), 52, "check", _("督办已结束。")),
    DeskMove("file", (V.FILE,), desk.FileForm, Once(actions.file_case), 13, "badge-check", _("已立案。")),
    DeskMove("dispatch", (V.DISPATCH,), units.DispatchForm, Once(actions.dispatch_case), 11, "send", _("已派单。")),
    DeskMove("name", (V.NAME,), units.NameForm, Once(actions.name_unit), 12, "users", _("已指定承办。")),
    DeskMove("council", (), units.CouncilForm, Once(settling.record_council), 13, "users",
             _("会商已记下，等分管领导指定。"), _("记会商")),
    DeskMove("sign_in", (V.SIGN_IN,), units.SignInForm, Once(actions.sign_in_order), 10, "check", _("已签收。")),
    DeskMove("first_contact", (V.FIRST_CONTACT,), units.FirstContactForm, Once(actions.contact_reporter), 22, "phone",
             _("联系已记下。")),
    DeskMove("finish_stage", (V.FINISH_STAGE,), units.FinishStageForm, Once(actions.finish_stage), 23, "check",
             _("这一段记了完成。")),
    DeskMove("submit_result", (V.SUBMIT_RESULT,), units.SubmitResultForm, Once(actions.submit_result), 20, "send",
             _("结果已报，等审核。"), submit=_("报结果")),
    DeskMove("finish", (V.FINISH,), units.FinishForm, Once(actions.finish_order), 21, "check", _("协办已完成。")),
    DeskMove("sign", (V.SIGN,), units.SignForm, Once(actions.sign_result), 10, "signature", _("已签发。")),
    DeskMove("take_part", (V.TAKE_PART,), sharing.TakePartForm, Once(actions.take_part), 15, "users",
             _("负责人的参与已记下。")),
    DeskMove("take_on", (V.TAKE_ON,), sharing.TakeOnForm, Once(actions.take_on_order), 25, "check",
             _("好，这件由您来办。")),
    DeskMove("give", (V.GIVE,), sharing.GiveForm, Once(actions.give_order), 30, "user", _("已交给承办人。")),
    DeskMove("put_back", (V.PUT_BACK,), sharing.PutBackForm, Once(actions.put_back_order), 50, "undo",
             _("已放回本单位。")),
    DeskMove("review", (V.REVIEW, V.REWORK), closing.ReviewForm,
             Review(actions.review_result, actions.send_for_rework), 10, "check", _("审核已记下。"), _("审核答复"),
             _("提交审核")),
    DeskMove("check", (V.PASS_CHECK, V.FAIL_CHECK), closing.CheckForm, Once(actions.check_place), 10, "search-check",
             _("核查已记下。"), _("核查"), _("提交核查")),
    DeskMove("call_back", (V.CALL_BACK,), closing.CallBackForm, Once(actions.record_call_back), 10, "phone",
             _("回访已记下。"), submit=_("保存回访")),
    DeskMove("second_round", (V.SECOND_ROUND,), closing.SecondRoundForm, Once(actions.second_round), 12, "redo",
             _("已开始新一轮。")),
    # beside the flow
    DeskMove("ask_return", (V.ASK_RETURN,), units.AskReturnForm, Once(actions.ask_return), 50, "undo",
             _("退回申请已送出，等调度中心决定。")),
    DeskMove("ask_extend", (V.ASK_EXTEND,), units.AskExtensionForm, Once(actions.ask_extension), 50, "clock",
             _("延期申请已送出，等决定。")),
    DeskMove("answer_question", (V.REPLY,), units.AnswerQuestionForm, Once(actions.answer_question), 24, "phone",
             _("回答已记下，办理时限接着走。"), _("记诉求人的回答")),
    DeskMove("ask_reporter", (V.ASK_REPORTER,), units.AskReporterForm, Once(actions.ask_reporter), 51, "message",
             _("问题已送给诉求人。")),
    DeskMove("stop_waiting", (V.STOP_WAITING,), NoFields, Once(actions.stop_waiting), 52, "redo",
             _("不再等了，办理时限接着走。")),
    DeskMove("supervise", (V.SUPERVISE,), desk.SuperviseForm, Once(actions.supervise_case), 51, "bell-ring",
             _("已督办。")),
    DeskMove("ask_hold", (V.ASK_HOLD,), units.AskHoldForm, Once(actions.ask_hold), 50, "pause",
             _("挂账申请已送出，等分管领导决定。")),
    DeskMove("resume", (V.RESUME,), units.ResumeForm, Once(actions.resume_case), 50, "redo",
             _("挂账已结束，接着办。")),
    DeskMove("nudge", (V.NUDGE,), NoFields, Once(actions.nudge_case), 51, "bell", _("已催办。")),
    DeskMove("add", (V.ADD,), desk.AddForm, Once(actions.add_to_report), 52, "plus", _("已补充。"), _("补充信息")),
    DeskMove("answer", (V.ANSWER,), desk.AnswerForm, Once(actions.answer_case), 53, "message", _("已直接答复。")),
    DeskMove("send_to_verify", (V.SEND_TO_VERIFY,), NoFields, Once(actions.send_to_verify), 54, "eye",
             _("已请网格去核实。")),
    DeskMove("recategorise", (V.CORRECT,), RecategoriseForm, Once(actions.recategorise_case), 54, "tag",
             _("事项类型改好了。"), _("改事项类型"), _("改事项类型")),
    DeskMove("correct", (V.CORRECT,), desk.CorrectForm, Once(actions.correct_case), 55, "edit", _("已更正。"),
             submit=_("保存")),
    DeskMove("place", (V.PLACE,), desk.PlaceForm, Once(actions.place_case), 56, "pin", _("位置已改。"),
             submit=_("保存")),
    DeskMove("add_unit", (V.ADD_UNIT,), units.AddUnitForm, Once(actions.add_units), 57, "users", _("已加协办。")),
    DeskMove("reassign", (V.REASSIGN,), units.ReassignArguments, Once(actions.reassign_case), 58, "swap",
             _("已改派。")),
    DeskMove("split", (V.SPLIT,), SplitForm, Once(actions.split_case), 61, "split", _("拆好了，各办各的。")),
    DeskMove("take_back", (V.TAKE_BACK,), NoFields, Once(actions.take_back_dispatch), 58, "undo", _("派单收回了。")),
    DeskMove("raise", (V.RAISE,), ReasonForm, Once(actions.raise_case), 59, "up", _("已上报。")),
    DeskMove("merge", (V.MERGE,), desk.MergeForm, Once(actions.merge_case), 60, "merge", _("已并案。")),
    DeskMove("unmerge", (V.UNMERGE,), NoFields, Once(actions.unmerge_case), 61, "split", _("并案已撤销。")),
    DeskMove("split_off", (V.SPLIT_OFF,), closing.SplitOffForm, Once(actions.split_off_report), 62, "split",
             _("已拆成另一件。")),
    DeskMove("reopen", (V.REOPEN,), ReasonForm, Once(actions.reopen_case), 63, "redo", _("已重新办理。")),
    DeskMove("object", (V.OBJECT,), ReasonForm, Once(actions.object_to_end), 64, "flag",
             _("异议已记下，由别人来定。")),
    DeskMove("send_back", (V.SEND_BACK,), ReasonForm, Once(actions.send_back_case), 65, "back", _("已退回受理。")),
    DeskMove("ask_decline", (V.ASK_DECLINE,), desk.AskDeclineForm, Once(actions.ask_decline), 66, "close",
             _("申请已送出，等值班长决定。")),
    DeskMove("transfer", (V.TRANSFER,), desk.TransferForm, Once(actions.transfer_case), 67, "external", _("已转出。"),
             danger=True),
    DeskMove("ask_exclusion", (), leaving_out.AskExclusionForm, Once(excluding.ask_exclusion), 67, "scale",
             _("剔除申请已送出，等审定。"), _("申请剔除")),
    DeskMove("ask_confidential", (), leaving_out.AskConfidentialForm, Once(confiding.ask_confidential), 67, "lock",
             _("保密申请已送出，等分管领导决定。"), _("申请改保密")),
    DeskMove("recuse", (), desk.RecuseForm, Once(actions.recuse_unit), 68, "shield", _("回避已设好。"), _("设回避")),
    DeskMove("ask_void", (V.ASK_VOID,), desk.AskVoidForm, Once(actions.ask_void), 69, "trash",
             _("作废申请已送出，等值班长决定。"), danger=True),
]  # fmt: skip
MOVES: dict[str, DeskMove] = {one.name: one for one in sorted(_EVERY, key=lambda one: one.rank)}
# A verb of the flow leads to the form that serves it, so that lists may link by verb.
BY_VERB: dict[str, str] = {str(verb): one.name for one in MOVES.values() for verb in one.verbs}


def move_named(word: str) -> DeskMove | None:
    """The move of an address word: its own name, or a verb that it serves."""
    return MOVES.get(word) or MOVES.get(BY_VERB.get(word, ""))


def legal_moves(subject: Subject) -> list[DeskMove]:
    """The moves that this person may make now, the next of the flow first; no others."""
    docket, actor = subject.docket, subject.actor
    facts = docket.facts(actor=actor, now=subject.now)
    legal = {move.verb for move in FLOW.legal(facts)}
    # The form of registering brings what its guards ask for, so they are taken as given here.
    known = replace(facts, type_set=True, place_set=True, grade_set=True, has_clause=True)
    if FLOW.refusal(Verb.REGISTER, known) is None:
        legal.add(Verb.REGISTER)
    mine = {verb for verb in legal if docket.may_walk(verb, actor)}
    found = [one for one in MOVES.values() if mine.intersection(one.verbs)]
    if _may_take_in(subject, known):
        found.insert(0, MOVES["take_in"])
    recusable = subject.case.state in OPEN and actor.may(Duty.DISPATCH, subject.case.desk_code)
    if recusable and FLOW.refusal(Verb.ASK_VOID, replace(facts, open_approvals=frozenset())) is None:
        found.append(MOVES["recuse"])
    found += [MOVES[name] for name in leaving_out.moves_beside(subject)]
    return sorted(found, key=lambda one: one.rank)


def _may_take_in(subject: Subject, known: Any) -> bool:
    """Whether register, file and dispatch are all this person's and would go through one after the other."""
    steps = {
        State.RECEIVED: (Verb.REGISTER, Verb.FILE, Verb.DISPATCH),
        State.TRIAGED: (Verb.FILE, Verb.DISPATCH),
    }.get(State(subject.case.state), ())
    before = {Verb.REGISTER: State.RECEIVED, Verb.FILE: State.TRIAGED, Verb.DISPATCH: State.FILED}
    return bool(steps) and all(
        subject.docket.may_walk(verb, subject.actor) and FLOW.refusal(verb, replace(known, state=before[verb])) is None
        for verb in steps
    )


SENT_OTHERWISE = _("这张表已经交过一次，内容不一样。请先看经过，再决定要不要重填。")


def walk(move: DeskMove, form: MoveForm, *, case_id: UUID, actor: Actor, now: datetime) -> Case:
    """Make the move of a valid form. The same form sent twice acts once."""
    try:
        return move.call(form, form.cleaned_data.get("key"), case_id, actor, now)
    except KeyReused as why:
        raise Conflict(SENT_OTHERWISE) from why
