"""Words that lower apps store about matters: flows, steps, grades, policies. No Django."""

from __future__ import annotations

from collections.abc import Sequence

from huying.kernel.terms import Term, _


class FlowKind(Term):
    """Which of the three labelled flows a case takes."""

    APPEAL = "appeal", _("诉求流")
    CITY = "city", _("案件流")
    SELF = "self", _("即办流")


class Grade(Term):
    ORDINARY = "ordinary", _("一般")
    URGENT = "urgent", _("紧急")
    HARD = "hard", _("疑难")


class Step(Term):
    """A step with a clock of its own; HANDLE is the whole handling by the unit."""

    INTAKE = "intake", _("受理")
    VERIFY = "verify", _("核实")
    FILE = "file", _("立案")
    DISPATCH = "dispatch", _("派单")
    SIGN_IN = "sign_in", _("签收")
    FIRST_CONTACT = "first_contact", _("首次联系")
    HANDLE = "handle", _("办理")
    SIGN = "sign", _("签发")
    REVIEW = "review", _("审核")
    CHECK = "check", _("核查")
    CALL_BACK = "call_back", _("回访")
    DECIDE = "decide", _("审批")


class CheckPolicy(Term):
    """Whether somebody must look at the place after review."""

    NEVER = "never", _("不核查")
    ALWAYS = "always", _("到场核查")
    PATROL = "patrol", _("巡查发现的要核查")


class CallBackPolicy(Term):
    """Who asks the reporter whether it is solved."""

    DESK = "desk", _("街道回访")
    NOBODY = "nobody", _("不回访")


class DutyKind(Term):
    """What kind of entry of the sub-district's duty list (履职事项清单) a matter rests on."""

    BASIC = "basic", _("基本履职")
    COOPERATING = "cooperating", _("配合履职")
    TAKEN_BACK = "taken_back", _("上级收回")


class LowestTier(Term):
    """The lowest tier that can solve a matter: its desk gets the call first. Same stored words as places' tiers."""

    GRID = "grid", _("网格")
    COMMUNITY = "community", _("社区")
    STREET = "street", _("街道")
    DISTRICT = "district", _("区级部门")


_TIERS = tuple(LowestTier)


def beyond(lowest: LowestTier | str, tier: str) -> bool:
    """Whether a desk of this tier (a stored word of places) is too low to solve the matter."""
    return tier in LowestTier.values and _TIERS.index(LowestTier(tier)) < _TIERS.index(LowestTier(lowest))


def place_in(named: Sequence[str], *names: str) -> int:
    """Where the catalogue names a unit: by its own name, or by its kind as in 社区居委会; past the end if nowhere."""
    for place, word in enumerate(named):
        if any(name == word or name.endswith(word) for name in names if name):
            return place
    return len(named)


class VersionState(Term):
    """Where a version of the catalogue stands."""

    DRAFT = "draft", _("起草中")
    SUBMITTED = "submitted", _("待审定")
    APPROVED = "approved", _("待执行")
    IN_FORCE = "in_force", _("执行中")
    RETIRED = "retired", _("已停用")
    DROPPED = "dropped", _("已作废")


class VersionVerb(Term):
    MAKE = "make", _("起草")
    CHANGE = "change", _("修改")
    IMPORT = "import", _("导入")
    SUBMIT = "submit", _("送审")
    SEND_BACK = "send_back", _("退回修改")
    APPROVE = "approve", _("审定")
    DROP = "drop", _("作废")
    BRING_INTO_FORCE = "bring_into_force", _("执行")
    RETIRE = "retire", _("停用")


DANGER_NUMBERS = ("", "110", "119", "120")

# Limits of steps where neither the type nor the street says otherwise: Limit.parse reads them (clocks.rules).
DEFAULT_LIMITS: dict[tuple[Step, Grade], str] = {
    (Step.INTAKE, Grade.ORDINARY): "1wh",
    (Step.INTAKE, Grade.URGENT): "15m",
    (Step.INTAKE, Grade.HARD): "1wh",
    (Step.VERIFY, Grade.ORDINARY): "4wh",
    (Step.VERIFY, Grade.URGENT): "30m",
    (Step.VERIFY, Grade.HARD): "4wh",
    (Step.FILE, Grade.ORDINARY): "1wh",
    (Step.FILE, Grade.URGENT): "15m",
    (Step.FILE, Grade.HARD): "1wh",
    (Step.DISPATCH, Grade.ORDINARY): "1wh",
    (Step.DISPATCH, Grade.URGENT): "15m",
    (Step.DISPATCH, Grade.HARD): "1wh",
    (Step.SIGN_IN, Grade.ORDINARY): "2wh",
    (Step.SIGN_IN, Grade.URGENT): "30m",
    (Step.SIGN_IN, Grade.HARD): "2wh",
    (Step.FIRST_CONTACT, Grade.ORDINARY): "24h",
    (Step.FIRST_CONTACT, Grade.URGENT): "2h",
    (Step.FIRST_CONTACT, Grade.HARD): "24h",
    (Step.HANDLE, Grade.ORDINARY): "7d",
    (Step.HANDLE, Grade.URGENT): "24h",
    (Step.HANDLE, Grade.HARD): "15d",
    (Step.SIGN, Grade.ORDINARY): "2wh",
    (Step.SIGN, Grade.URGENT): "1h",
    (Step.SIGN, Grade.HARD): "2wh",
    (Step.REVIEW, Grade.ORDINARY): "4wh",
    (Step.REVIEW, Grade.URGENT): "2h",
    (Step.REVIEW, Grade.HARD): "4wh",
    (Step.CHECK, Grade.ORDINARY): "1wd",
    (Step.CHECK, Grade.URGENT): "4h",
    (Step.CHECK, Grade.HARD): "1wd",
    (Step.CALL_BACK, Grade.ORDINARY): "2wd",
    (Step.CALL_BACK, Grade.URGENT): "1wd",
    (Step.CALL_BACK, Grade.HARD): "2wd",
    (Step.DECIDE, Grade.ORDINARY): "1wd",
    (Step.DECIDE, Grade.URGENT): "4h",
    (Step.DECIDE, Grade.HARD): "1wd",
}
