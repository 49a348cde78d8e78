"""Terms of cases, and how each of the three flows names the same states and moves."""

from __future__ import annotations

from huying.kernel.terms import Label, Term, _, pgettext_lazy
from huying.matters.rules import FlowKind
from huying.people.rules import UnitKind


class State(Term):
    RECEIVED = "received", _("待受理")
    VERIFYING = "verifying", _("待核实")
    TRIAGED = "triaged", _("待立案")
    FILED = "filed", _("待派遣")
    IN_HAND = "in_hand", _("办理中")
    REVIEWING = "reviewing", _("待审核")
    CHECKING = "checking", _("待核查")
    CALLING_BACK = "calling_back", _("待回访")
    CLOSED = "closed", _("已办结")
    ANSWERED = "answered", _("直接答复")
    DECLINED = "declined", _("不予受理")
    TRANSFERRED = "transferred", _("已转出")
    WITHDRAWN = "withdrawn", _("已撤诉")
    MERGED = "merged", _("已并入")
    VOIDED = "voided", _("已作废")


ENDS = frozenset(
    {State.CLOSED, State.ANSWERED, State.DECLINED, State.TRANSFERRED, State.WITHDRAWN, State.MERGED, State.VOIDED}
)
OPEN = frozenset(State) - ENDS


class OrderState(Term):
    OFFERED = "offered", _("待签收")
    ACCEPTED = "accepted", _("办理中")
    DONE = "done", _("已处置")
    REWORK = "rework", _("返工")
    COMPLETED = "completed", _("已完成")
    RETURNED = "returned", _("已退回")
    CANCELLED = "cancelled", _("已撤销")


UNFINISHED_ORDERS = frozenset({OrderState.OFFERED, OrderState.ACCEPTED, OrderState.REWORK})
LIVE_ORDERS = frozenset({OrderState.OFFERED, OrderState.ACCEPTED, OrderState.DONE, OrderState.REWORK})


class OrderRole(Term):
    LEAD = "lead", _("主办")
    ASSIST = "assist", _("协办")


class Verb(Term):
    RECEIVE = "receive", _("收到")
    CORRECT = "correct", _("更正")
    PLACE = "place", _("改位置")
    ADD = "add", _("补充")
    ANSWER = "answer", _("直接答复")
    ASK_DECLINE = "ask_decline", _("申请不予受理")
    DECLINE = "decline", _("同意不予受理")
    REFUSE_DECLINE = "refuse_decline", _("不同意，继续受理")
    MERGE = "merge", _("并案")
    UNMERGE = "unmerge", _("撤销并案")
    SEND_TO_VERIFY = "send_to_verify", _("先去核实")
    REPORT_VERIFIED = "report_verified", _("报核实结果")
    REGISTER = "register", _("受理登记")
    SELF_HANDLE = "self_handle", _("自办")
    FILE = "file", _("立案")
    SEND_BACK = "send_back", _("退回受理")
    DISPATCH = "dispatch", _("派单")
    RAISE = "raise", _("上报")
    SIGN_IN = "sign_in", _("签收")
    ASK_RETURN = "ask_return", _("申请退回")
    RETURN = "return", _("同意退回")
    REFUSE_RETURN = "refuse_return", _("不同意退回")
    REASSIGN = "reassign", _("改派")
    ADD_UNIT = "add_unit", _("加协办")
    NAME = "name", _("指定承办")
    FIRST_CONTACT = "first_contact", _("首次联系")
    FINISH = "finish", _("协办完成")
    SUBMIT_RESULT = "submit_result", _("报办理结果")
    SIGN = "sign", _("签发")
    REVIEW = "review", _("审核通过")
    REWORK = "rework", _("退回修改")
    PASS_CHECK = "pass_check", _("核查通过")
    FAIL_CHECK = "fail_check", _("核查不通过")
    CALL_BACK = "call_back", _("记回访")
    TELL_OUTCOME = "tell_outcome", _("评价")
    SECOND_ROUND = "second_round", _("再办一次")
    SPLIT_OFF = "split_off", _("拆成另一件")
    REOPEN = "reopen", _("重新办理")
    LATE_FEEDBACK = "late_feedback", _("补评价")
    OBJECT = "object", _("提出异议")
    TRANSFER = "transfer", _("转出")
    WITHDRAW = "withdraw", _("撤回")
    FINE_NOW = "fine_now", _("现在好了")
    ASK_VOID = "ask_void", _("申请作废")
    VOID = "void", _("同意作废")
    REFUSE_VOID = "refuse_void", _("不同意作废")
    NUDGE = "nudge", _("催办")
    ASK_EXTEND = "ask_extend", _("申请延期")
    EXTEND = "extend", _("同意延期")
    REFUSE_EXTEND = "refuse_extend", _("不同意延期")
    LEAD_EXTEND = "lead_extend", _("领导同意延期")
    REFUSE_LEAD_EXTEND = "refuse_lead_extend", _("领导不同意延期")
    ASK_HOLD = "ask_hold", _("申请挂账")
    HOLD = "hold", _("同意挂账")
    REFUSE_HOLD = "refuse_hold", _("不同意挂账")
    RESUME = "resume", _("结束挂账")
    SUPERVISE = "supervise", _("督办")
    REPORT_BACK = "report_back", _("回报督办")
    PRESS = "press", _("再次督办")
    CLOSE_SUPERVISION = "close_supervision", _("结束督办")
    ASK_REPORTER = "ask_reporter", _("请诉求人补充")
    REPLY = "reply", _("回答补充")
    STOP_WAITING = "stop_waiting", _("不再等补充")
    TAKE_BACK = "take_back", _("收回派单")
    SPLIT = "split", _("拆成几件")
    FINISH_STAGE = "finish_stage", _("分段完成")
    GIVE = "give", _("交给承办人")
    TAKE_ON = "take_on", _("我来办")
    PUT_BACK = "put_back", _("放回本单位")
    TAKE_PART = "take_part", _("负责人参与")
    # of work orders alone; they follow the case
    COMPLETE = "complete", _("完成")
    CANCEL = "cancel", _("撤销")
    RESTORE = "restore", _("恢复")


class Channel(Term):
    """The door a report came through."""

    PORTAL = "portal", _("网上")
    HOTLINE = "hotline", _("热线")
    WECHAT = "wechat", _("微信")
    WINDOW = "window", _("来访")
    LETTER = "letter", _("来信")
    ON_BEHALF = "on_behalf", _("代报")
    PATROL = "patrol", _("巡查")
    SENSOR = "sensor", _("感知设备")
    API = "api", _("接口")
    UPPER = "upper", _("上级工单")
    IMPORT = "import", _("导入")


class ReplyBy(Term):
    """How the caller wants to hear the outcome."""

    PHONE = "phone", _("打电话")
    PAGE = "page", _("自己查进度")
    NONE = "none", _("不用回复")


class Outcome(Term):
    SOLVED = "solved", _("已解决")
    EXPLAINED = "explained", _("已说明")
    PROJECT = "project", _("待项目解决")


class Satisfaction(Term):
    SATISFIED = "satisfied", _("满意")
    FAIR = "fair", _("基本满意")
    DISSATISFIED = "dissatisfied", _("不满意")


class CallResult(Term):
    """What came of one attempt to reach the caller."""

    REACHED = "reached", _("接通了")
    MISSED = "missed", _("没接通")
    REFUSED = "refused", _("不愿接听")
    WRONG = "wrong", _("号码不对")


class ContactKind(Term):
    FIRST = "first", _("首次联系")
    CALL_BACK = "call_back", _("回访")


class VisitKind(Term):
    VERIFY = "verify", _("核实")
    CHECK = "check", _("核查")


class Supervision(Term):
    """How a supervision stands; none where it is over."""

    SET = "set", _("待回报")
    REPORTED = "reported", _("已回报")


class OwnStep(Term):
    """A clock beside the steps of the flow, with a limit that a person sets."""

    SUPERVISE = "supervise", _("督办")
    REPLY = "reply", _("等诉求人补充")


class HeadPart(Term):
    """How a unit's head took part in a further round."""

    MET = "met", _("见了诉求人")
    LOOKED = "looked", _("到了现场")
    LED = "led", _("带队处置")
    PLANNED = "planned", _("定了办理方案")


class SettledBy(Term):
    """How it was settled who leads, after two units gave it back."""

    NAMED = "named", _("分管领导指定承办")
    FIRST = "first", _("到时限没有定，首接单位主办")


class HoldReason(Term):
    """Why nothing can be done for now: what the public list says of it."""

    PROJECT = "project", _("等工程立项或施工")
    FUNDS = "funds", _("等资金到位")
    UPPER = "upper", _("等上级或别的部门")
    OWNERS = "owners", _("等业主共同决定")
    LAW = "law", _("等诉讼或仲裁结果")
    SEASON = "season", _("等季节或天气")


FIELD_CHANNELS = frozenset({Channel.PATROL, Channel.SENSOR})

# Units from outside the administration never see who called.
OUTSIDERS = frozenset(
    {
        UnitKind.CONTRACTOR,
        UnitKind.PROPERTY_FIRM,
        UnitKind.OWNERS_COMMITTEE,
        UnitKind.BUSINESS_OPERATOR,
        UnitKind.PARTNER,
        UnitKind.SOCIAL_ORGANISATION,
    }
)

# Types of the shipped catalogue that complain about staff, a community or a property firm: who made such a call is
# looked at with a second pair of eyes. Beside these it is the caller's own mark and recusal that say so.
ABOUT_BODIES = frozenset({"2007", "2008", "0901", "0902", "0903", "0904", "0906"})

_STATES: dict[FlowKind, dict[State, Label]] = {
    FlowKind.APPEAL: {State.TRIAGED: _("待派单"), State.FILED: _("待派单")},
    FlowKind.CITY: {
        State.IN_HAND: pgettext_lazy("city flow", "处置中"),
        State.CLOSED: pgettext_lazy("city flow", "已结案"),
    },
    FlowKind.SELF: {State.RECEIVED: pgettext_lazy("self flow", "自办中")},
}
_MOVES: dict[FlowKind, dict[Verb, Label]] = {
    FlowKind.CITY: {
        Verb.DISPATCH: pgettext_lazy("city flow", "派遣"),
        Verb.REVIEW: pgettext_lazy("city flow", "审核结果"),
    },
}


def state_label(state: State | str, flow: FlowKind | str, *, lead_offered: bool = False) -> Label:
    """The word of the trade for a state: each flow has its own; an unsigned lead order reads 待签收."""
    state, flow = State(state), FlowKind(flow)
    if state == State.IN_HAND and lead_offered:
        return OrderState.OFFERED.label
    return _STATES.get(flow, {}).get(state, state.label)


def move_label(verb: Verb | str, flow: FlowKind | str) -> Label:
    verb = Verb(verb)
    return _MOVES.get(FlowKind(flow), {}).get(verb, verb.label)


def flow_for(channel: Channel | str, type_flow: FlowKind | str | None, *, self_handled: bool = False) -> FlowKind:
    """Which flow a case takes: by who found it first, then by its matter type."""
    if self_handled:
        return FlowKind.SELF
    if Channel(channel) in FIELD_CHANNELS:
        return FlowKind.CITY
    return FlowKind(type_flow) if type_flow and FlowKind(type_flow) != FlowKind.SELF else FlowKind.APPEAL


# Why a clock stood still, as it is stored, in words.
PAUSES: dict[str, Label] = {
    "reviewing": _("街道审核期间"),
    "held": _("挂账"),
    "asked": _("等诉求人补充"),
    "upper": _("等上级答复"),
}


def steps_of_flow(flow: FlowKind | str, *, checked: bool, called_back: bool) -> list[State]:
    """The states a case of this flow passes, in order, for the row of steps on its page."""
    flow = FlowKind(flow)
    if flow == FlowKind.SELF:
        return [State.RECEIVED, *([State.CHECKING] if checked else []), State.CLOSED]
    early = [State.RECEIVED, State.FILED] if flow == FlowKind.APPEAL else [State.RECEIVED, State.TRIAGED, State.FILED]
    late = [*([State.CHECKING] if checked else []), *([State.CALLING_BACK] if called_back else [])]
    return [*early, State.IN_HAND, State.REVIEWING, *late, State.CLOSED]
