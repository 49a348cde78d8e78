"""Words and decisions of notices: kinds, channels, when something may be sent, how words are filled in. No Django.

A kind is declared here with the facts its words may name; the words themselves are rows with versions (`shipped`
holds the first). A public notice is another thing: it goes to everybody, for a term, and takes objections.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from huying.clocks.rules import SHANGHAI, Basis, Calendar, Limit, Unit, due_at
from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import Label, Term, _
from huying.people.rules import Duty


class Channel(Term):
    IN_APP = "in_app", _("工作台")
    SMS = "sms", _("短信")
    WECOM = "wecom", _("企业微信")
    EMAIL = "email", _("邮件")
    VOICE = "voice", _("语音电话")


OUTSIDE = (Channel.SMS, Channel.WECOM, Channel.EMAIL)  # what leaves the house and a person may choose
KEPT_UNDER = {Channel.VOICE: Channel.SMS}  # a call rings the number that text messages go to


def address_channel(channel: Channel | str) -> Channel:
    """Under which channel an address is kept and confirmed."""
    return KEPT_UNDER.get(Channel(channel), Channel(channel))


class DeliveryState(Term):
    WAITING = "waiting", _("等待发送")
    SENDING = "sending", _("正在发送")
    SENT = "sent", _("已送出")
    SKIPPED = "skipped", _("没有发")
    DEAD = "dead", _("发送失败")


class Why(Term):
    """Why something was not sent: a closed list, so that no address and no reply of a provider is kept."""

    NO_ADDRESS = "no_address", _("没有可用的地址")
    ERASED = "erased", _("联系方式已经删除")
    NO_CONSENT = "no_consent", _("诉求人撤回了同意")
    NOT_MOBILE = "not_mobile", _("不是手机号，收不到短信")
    NO_CHANNEL = "no_channel", _("这个渠道没有开通")
    NO_WORDS = "no_words", _("这个渠道没有写好的内容")
    CLOSED = "closed", _("收信人的账号已停用")
    EXPIRED = "expired", _("过了有效时间")
    REFUSED = "refused", _("对方服务拒收")
    UNREACHABLE = "unreachable", _("对方服务连不上")
    KEYS = "keys", _("地址打不开")
    TOO_LONG = "too_long", _("内容太长")


# A try again helps with these; the others are settled.
PASSING = frozenset({Why.REFUSED, Why.UNREACHABLE, Why.NO_CHANNEL, Why.KEYS, Why.TOO_LONG, Why.NO_WORDS})


class Audience(Term):
    STAFF = "staff", _("工作人员")
    REPORTER = "reporter", _("诉求人")
    OUTSIDER = "outsider", _("外单位")


class Group(Term):
    """How a person's page of choices is grouped."""

    WORK = "work", _("办理")
    CLOCK = "clock", _("时限")
    HOUSE = "house", _("管理")
    SELF = "self", _("账号安全")
    REPORTER = "reporter", _("给诉求人")
    OUTSIDE = "outside", _("给外单位")


@dataclass(frozen=True)
class Fact:
    """What the words of a kind may name in braces, with a made-up example for the preview."""

    name: str
    label: Label
    example: str
    secret: bool = False  # kept sealed until it is sent, then wiped


@dataclass(frozen=True)
class Kind:
    """One kind of notice. `channels`: where it goes unless the person says otherwise."""

    code: str
    label: Label
    group: Group
    facts: tuple[Fact, ...]
    audience: Audience = Audience.STAFF
    urgent: bool = False  # breaks quiet hours and is never kept for a digest
    channels: tuple[Channel, ...] = (Channel.IN_APP, Channel.WECOM)
    fixed: bool = False  # the person cannot turn it off
    asked_only: bool = False  # to a reporter who asked for it
    lasts: timedelta | None = None  # not sent any more after that


_NUMBER = Fact("number", _("案件编号"), "20261020-001-0042K")
_TITLE = Fact("title", _("事由"), "垃圾桶满溢")
_PLACE = Fact("place", _("地点"), "榕树社区 · 榕树第一网格")
_DUE = Fact("due", _("期限"), "今天 17:00")
_STAGE = Fact("stage", _("哪一段"), "停工")
_UNIT = Fact("unit", _("单位"), "街道环卫站")
_COUNT = Fact("count", _("次数"), "2")
_WHEN = Fact("when", _("时间"), "今天 09:30")
_PURPOSE = Fact("purpose", _("用途"), "联系办理")
_DAYS = Fact("days", _("天数"), "15")
_WHAT = Fact("what", _("申请什么"), "延期")
_STEP = Fact("step", _("步骤"), "告知是否受理")
_CASE = (_NUMBER, _TITLE, _PLACE)
_ALL_WAYS = (Channel.IN_APP, Channel.WECOM, Channel.SMS)

KINDS: dict[str, Kind] = {
    one.code: one
    for one in (
        Kind("order_offered", _("派给本单位"), Group.WORK, (*_CASE, _DUE)),
        Kind("order_given", _("交给您办"), Group.WORK, _CASE),
        Kind("order_returned", _("有单位申请退回"), Group.WORK, (*_CASE, _UNIT)),
        Kind("return_decided", _("退回有了决定"), Group.WORK, (*_CASE, Fact("decision", _("决定"), "同意退回"))),
        Kind("request_asked", _("有申请等您决定"), Group.WORK, (*_CASE, _WHAT)),
        Kind("request_decided", _("申请有了决定"), Group.WORK, (*_CASE, _WHAT, Fact("decision", _("决定"), "已同意"))),
        Kind("export_ready", _("要的导出做好了"), Group.HOUSE, ()),
        Kind("reported_back", _("督办有了回报"), Group.WORK, _CASE),
        Kind("went_on", _("诉求人的补充到了，或不再等"), Group.WORK, _CASE),
        Kind("resumed", _("挂账结束"), Group.WORK, _CASE),
        Kind("nudged", _("被催办"), Group.WORK, (*_CASE, _COUNT), channels=_ALL_WAYS),
        Kind("supervised", _("被督办"), Group.WORK, (*_CASE, _DUE), channels=_ALL_WAYS, urgent=True),
        Kind("reworked", _("答复被退回修改"), Group.WORK, _CASE),
        Kind("reopened", _("重新办理"), Group.WORK, _CASE),
        Kind("second_round", _("再办一轮"), Group.WORK, (*_CASE, Fact("round", _("第几轮"), "2"))),
        Kind("whistle_asked", _("吹哨等您同意"), Group.WORK, (*_CASE, _UNIT)),
        Kind("whistle_called", _("有人吹哨叫本单位"), Group.WORK, (*_CASE, _UNIT, _DUE), channels=_ALL_WAYS),
        Kind(
            "whistle_urgent", _("应急吹哨叫本单位"), Group.WORK, (*_CASE, _UNIT, _DUE), channels=_ALL_WAYS, urgent=True
        ),
        Kind("whistle_objected", _("被叫单位有异议"), Group.WORK, (*_CASE, _UNIT)),
        Kind("whistle_decided", _("吹哨有了决定"), Group.WORK, (*_CASE, Fact("decision", _("决定"), "同意吹哨"))),
        Kind("whistle_done", _("报到的单位都处置完了"), Group.WORK, _CASE),
        Kind("whistle_ended", _("吹哨结束"), Group.WORK, (*_CASE, Fact("decision", _("结果"), "已销哨"))),
        Kind("whistle_late", _("应哨或报到超时"), Group.CLOCK, (*_CASE, _UNIT, _DUE), channels=_ALL_WAYS),
        Kind("errand_news", _("外单位有了回音"), Group.WORK, (_NUMBER, _TITLE, Fact("what", _("做了什么"), "接下"))),
        Kind(
            "campaign_shared", _("专项整治分到点位"), Group.WORK,
            (_TITLE, _COUNT, Fact("until", _("到哪天"), "2026-11-20")),
        ),
        Kind("sign_in_soon", _("快到签收时限"), Group.CLOCK, (*_CASE, _DUE)),
        Kind("sign_in_late", _("签收超时"), Group.CLOCK, (*_CASE, _DUE), channels=_ALL_WAYS),
        Kind("due_soon", _("快到办理时限"), Group.CLOCK, (*_CASE, _DUE)),
        Kind("overdue", _("办理超时"), Group.CLOCK, (*_CASE, _DUE), channels=_ALL_WAYS),
        Kind("step_soon", _("上级要的步骤快到时限"), Group.CLOCK, (*_CASE, _STEP, _DUE)),
        Kind("step_late", _("上级要的步骤超时"), Group.CLOCK, (*_CASE, _STEP, _DUE), channels=_ALL_WAYS),
        Kind("stage_soon", _("快到一段时限"), Group.CLOCK, (*_CASE, _DUE, _STAGE)),
        Kind("stage_late", _("一段时限超时"), Group.CLOCK, (*_CASE, _DUE, _STAGE), channels=_ALL_WAYS),
        Kind(
            "urgent_call", _("紧急事项呼叫"), Group.CLOCK,
            (*_CASE, Fact("link", _("应答链接"), "K7M29QXT4HFAK7M2", secret=True)),
            urgent=True, channels=(*_ALL_WAYS, Channel.VOICE), fixed=True, lasts=timedelta(hours=6),
        ),
        Kind("late_sum", _("超时汇总"), Group.CLOCK, (_COUNT, _PLACE)),
        Kind(
            "red_today", _("今天到期汇总"), Group.CLOCK,
            (_COUNT, _DUE, Fact("numbers", _("案件编号"), "20261020-001-0042K")),
        ),
        Kind("public_asked", _("公示等您批准"), Group.HOUSE, (_TITLE, _PLACE)),
        Kind("public_decided", _("公示有了决定"), Group.HOUSE, (_TITLE, Fact("decision", _("决定"), "批准"))),
        Kind("objection_received", _("公示收到异议"), Group.HOUSE, (_TITLE, _COUNT)),
        Kind("public_ended", _("公示期满"), Group.HOUSE, (_TITLE, _COUNT)),
        Kind("wording_asked", _("通知内容等您批准"), Group.HOUSE, (_TITLE,)),
        Kind("knowledge_asked", _("知识库内容等您批准"), Group.HOUSE, (_TITLE,)),
        Kind("knowledge_due", _("知识库内容要复核"), Group.HOUSE, (_TITLE, _WHEN)),
        Kind("rule_asked", _("街道规则等您批准"), Group.HOUSE, (_TITLE,)),
        Kind("grant_reviewed", _("权限复核"), Group.HOUSE, (Fact("decision", _("结果"), "保留"), _WHEN), fixed=True),
        Kind(
            "identity_opened", _("查看了受保护诉求人的身份"), Group.HOUSE, (_UNIT, _PURPOSE, _WHEN, _PLACE),
            urgent=True, channels=_ALL_WAYS, fixed=True,
        ),
        Kind(
            "password_changed", _("密码改了"), Group.SELF, (_WHEN,), urgent=True,
            channels=(Channel.IN_APP, *OUTSIDE), fixed=True,
        ),
        Kind(
            "factor_changed", _("登录验证方式改了"), Group.SELF, (_WHEN, Fact("factor", _("验证方式"), "动态口令")),
            urgent=True, channels=(Channel.IN_APP, *OUTSIDE), fixed=True,
        ),
        Kind(
            "one_time_code", _("验证码"), Group.SELF,
            (Fact("code", _("验证码"), "246810", secret=True), Fact("minutes", _("有效分钟"), "10")),
            urgent=True, channels=OUTSIDE, fixed=True, lasts=timedelta(minutes=10),
        ),
        Kind(
            "receipt", _("收到诉求"), Group.REPORTER,
            (_NUMBER, Fact("code", _("查询码"), "1234 5678 9012", secret=True)),
            audience=Audience.REPORTER, channels=(Channel.SMS,), lasts=timedelta(days=2),
        ),
        Kind(
            "answered", _("有了答复"), Group.REPORTER, (_NUMBER, _UNIT),
            audience=Audience.REPORTER, channels=(Channel.SMS,), lasts=timedelta(days=7),
        ),
        Kind(
            "rate_us", _("请评价"), Group.REPORTER, (_NUMBER, _DAYS),
            audience=Audience.REPORTER, channels=(Channel.SMS,), lasts=timedelta(days=7),
        ),
        Kind(
            "asked_you", _("请您补充"), Group.REPORTER, (_NUMBER,),
            audience=Audience.REPORTER, channels=(Channel.SMS,), lasts=timedelta(days=2),
        ),
        Kind(
            "set_aside", _("不计入考核（告诉诉求人）"), Group.REPORTER,
            (_NUMBER, Fact("why", _("原因"), "到现场核实，情况和反映的不一样。")),
            audience=Audience.REPORTER, channels=(Channel.SMS,), lasts=timedelta(days=7),
        ),
        Kind(
            "incident_told", _("群体事件的情况"), Group.REPORTER,
            (
                _NUMBER, Fact("title", _("事件"), "榕树路一带停水"),
                Fact("words", _("情况"), "水管挖断，正在抢修，预计今天 18:00 前恢复。"),
            ),
            audience=Audience.REPORTER, channels=(Channel.SMS,), lasts=timedelta(days=1),
        ),
        Kind(
            "reopened_for_you", _("重新办理（告诉诉求人）"), Group.REPORTER, (_NUMBER,),
            audience=Audience.REPORTER, channels=(Channel.SMS,), lasts=timedelta(days=7),
        ),
        Kind(
            "errand_link", _("外单位任务码"), Group.OUTSIDE,
            (_UNIT, Fact("page", _("网址"), "https://huying.example/task/"),
             Fact("code", _("任务码"), "1234 5678 9012", secret=True)),
            audience=Audience.OUTSIDER, channels=(Channel.SMS,), lasts=timedelta(days=2),
        ),
        Kind(
            "contact_opened", _("有人看了联系方式"), Group.REPORTER, (_NUMBER, _UNIT, _PURPOSE, _WHEN),
            audience=Audience.REPORTER, channels=(Channel.SMS,), asked_only=True, lasts=timedelta(days=7),
        ),
    )
}  # fmt: skip


# Words

_PLACEHOLDER = re.compile(r"\{([a-z_]*)\}")
TITLE_LIMIT = 60
BODY_LIMIT = 600
SMS_ONE = 70  # characters of a message that goes whole; longer ones are cut in parts of SMS_PART
SMS_PART = 67
SMS_PARTS = 3


def named_in(words: str) -> list[str]:
    """What stands in braces in the words, in order."""
    return _PLACEHOLDER.findall(words)


def filled(words: str, facts: Mapping[str, str]) -> str:
    """The words with their facts; one that is not known stays blank, a fact with braces in it stays as it is."""
    return _PLACEHOLDER.sub(lambda found: facts.get(found[1], ""), words)


DRILL = "drill"  # a fact that no words name: what is told belongs to a drill


def marked(words: str, facts: Mapping[str, str]) -> str:
    """As `filled`; what belongs to a drill begins with it."""
    told = filled(words, facts)
    return str(_("【演练】%(words)s")) % {"words": told} if DRILL in facts else told


def blanks_wrong(words: str, known: Collection[str]) -> Label | None:
    """What is wrong with the blanks in words; None where each is known and its braces are a pair."""
    unknown = [one for one in named_in(words) if one not in known]
    if unknown:
        return _("这里没有“%(name)s”可填。") % {"name": "{" + unknown[0] + "}"}
    bare = _PLACEHOLDER.sub("", words)
    return _("花括号要成对，里面写列出的名字。") if "{" in bare or "}" in bare else None


def examples(kind: Kind) -> dict[str, str]:
    return {one.name: one.example for one in kind.facts}


def problems_of(
    kind: Kind, channel: Channel | str, title: str, body: str, signature: str = ""
) -> dict[str, list[Label]]:
    """What is wrong with the words of a kind, by field."""
    known = {one.name for one in kind.facts}
    found: dict[str, list[Label]] = {}
    for field, words in (("title", title), ("body", body)):
        wrong = blanks_wrong(words, known)
        if wrong is not None:
            found[field] = [wrong]
    secret = [one.name for one in kind.facts if one.secret]
    if any(one in named_in(title) for one in secret):
        found.setdefault("title", []).append(_("标题里不能写验证码或查询码。"))
    if channel == Channel.SMS and not found:
        parts = sms_parts(sms_text(signature, filled(body, examples(kind))))
        if parts > SMS_PARTS:
            found["body"] = [
                _("短信太长：要拆成 %(parts)s 条，最多 %(most)s 条。") % {"parts": parts, "most": SMS_PARTS}
            ]
    return found


def sms_text(signature: str, body: str) -> str:
    """A text message as it goes out: signature first, on one line."""
    line = " ".join(body.split())
    return f"【{signature}】{line}" if signature else line


def sms_parts(text: str) -> int:
    """How many parts a message is cut into."""
    return 1 if len(text) <= SMS_ONE else -(-len(text) // SMS_PART)


_MOBILE = re.compile(r"(\+?86)?1[3-9]\d{9}")
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,120}\.[A-Za-z]{2,24}")
_WECOM = re.compile(r"[A-Za-z0-9_.@\-]{1,64}")


def is_mobile(phone: str) -> bool:
    return _MOBILE.fullmatch(phone) is not None


def plain_address(channel: Channel | str, value: str) -> str:
    """An address as it is kept, or ValueError."""
    plain = re.sub(r"[\s\-]", "", value) if channel == Channel.SMS else value.strip()
    fits = {Channel.SMS: _MOBILE, Channel.EMAIL: _EMAIL, Channel.WECOM: _WECOM}[Channel(channel)].fullmatch(plain)
    if fits is None:
        raise ValueError("not an address")
    return plain.removeprefix("+").removeprefix("86") if channel == Channel.SMS else plain


def mask(channel: Channel | str, value: str) -> str:
    """An address as pages show it: enough to know one's own, too little to reach anybody."""
    if channel == Channel.SMS:
        return f"*{value[-4:]}"
    if channel == Channel.EMAIL:
        name, _at, house = value.partition("@")
        return f"{name[:1]}***@{house}"
    return f"{value[:1]}***"


# When


@dataclass(frozen=True)
class Habit:
    """How a person wants to hear: quiet from one time of the day to another, each by itself or collected."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    digest: bool = False
    digest_hours: tuple[int, ...] = ()  # minutes of the day


DIGEST_TIMES = (8 * 60 + 30, 16 * 60 + 30)
CHOICES_OF_TIMES = tuple(range(7 * 60, 21 * 60 + 1, 30))


def may_go_at(habit: Habit, kind: Kind, now: datetime) -> datetime:
    """The first moment at which an outside message of this kind may go to the person."""
    if kind.urgent:
        return now
    moment = now
    if habit.digest and habit.digest_hours:
        moment = _next_digest(habit.digest_hours, now)
    return _after_quiet(habit, moment)


def collected(habit: Habit, kind: Kind) -> bool:
    """Whether it waits for the person's next digest."""
    return habit.digest and bool(habit.digest_hours) and not kind.urgent


def _next_digest(minutes: Sequence[int], now: datetime) -> datetime:
    there = now.astimezone(SHANGHAI)
    day = there.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [day + timedelta(days=days, minutes=one) for days in (0, 1) for one in sorted(minutes)]
    return next(one for one in moments if one >= there).astimezone(now.tzinfo)


def is_quiet(habit: Habit, now: datetime) -> bool:
    """Quiet from the first time on until the second, also past midnight; no times or twice the same: never."""
    begins, ends = habit.quiet_from, habit.quiet_until
    if begins is None or ends is None or begins == ends:
        return False
    at = now.astimezone(SHANGHAI).time()
    return begins <= at < ends if begins < ends else at >= begins or at < ends


def _after_quiet(habit: Habit, moment: datetime) -> datetime:
    if not is_quiet(habit, moment) or habit.quiet_until is None:
        return moment
    there = moment.astimezone(SHANGHAI)
    ends = there.replace(hour=habit.quiet_until.hour, minute=habit.quiet_until.minute, second=0, microsecond=0)
    if ends <= there:
        ends += timedelta(days=1)
    return ends.astimezone(moment.tzinfo)


# The day's digest of an area: what turns red today, in one notice at set hours instead of a reminder for each

MOST_DIGESTS = 6
DIGEST_LATE = timedelta(hours=2)  # after a stop of the jobs a digest still goes out so long after its hour


def digest_moments(minutes: Iterable[int], at: datetime) -> list[datetime]:
    """The moments of the digests on the day of a moment, in order."""
    day = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return [(day + timedelta(minutes=one)).astimezone(at.tzinfo) for one in sorted(minutes)]


def stands_in_digest(minutes: Iterable[int], started_at: datetime, due_at: datetime) -> bool:
    """Whether what started then and is due then stands in a digest of the day on which it turns red."""
    return any(started_at <= one < due_at for one in digest_moments(minutes, due_at))


# Nobody is woken for a notice about a call: reporters have no page of habits, so this one is for them.
REPORTERS_HABIT = Habit(time(21, 0), time(8, 0))

TRIES = (60, 5 * 60, 15 * 60, 3600, 3 * 3600, 6 * 3600)  # seconds after the first, second … failure
STALE_AFTER = timedelta(minutes=5)  # a delivery taken up so long ago belongs to a worker that was killed


def try_again_at(attempts: int, now: datetime) -> datetime | None:
    """When a failed delivery goes again; None where it has been tried enough."""
    return now + timedelta(seconds=TRIES[attempts - 1]) if attempts <= len(TRIES) else None


@dataclass(frozen=True)
class Rate:
    """At most so many messages to one address within a time."""

    most: int
    within: timedelta


RATES: dict[str, tuple[Rate, ...]] = {
    Channel.SMS: (Rate(5, timedelta(minutes=10)), Rate(30, timedelta(days=1))),
    Channel.WECOM: (Rate(20, timedelta(minutes=10)), Rate(200, timedelta(days=1))),
    Channel.EMAIL: (Rate(20, timedelta(minutes=10)), Rate(200, timedelta(days=1))),
    Channel.VOICE: (Rate(5, timedelta(minutes=10)), Rate(30, timedelta(days=1))),
}
CODE_RATE = Rate(5, timedelta(minutes=15))
RATE_WINDOW = timedelta(days=1)  # longer ago nothing is known of an address


def free_at(rates: Iterable[Rate], sent: Sequence[datetime], now: datetime) -> datetime:
    """When the next message to an address may go, given when the earlier ones went."""
    moment = now
    for rate in rates:
        recent = sorted(one for one in sent if one > now - rate.within)
        if len(recent) >= rate.most:
            moment = max(moment, recent[len(recent) - rate.most] + rate.within)
    return moment


# The words' versions


class WordingState(Term):
    DRAFT = "draft", _("草稿")
    SUBMITTED = "submitted", _("待批准")
    APPROVED = "approved", _("已批准")
    DROPPED = "dropped", _("不用了")


class WordingVerb(Term):
    CHANGE = "change", _("修改")
    SUBMIT = "submit", _("提交")
    SEND_BACK = "send_back", _("退回")
    APPROVE = "approve", _("批准")
    DROP = "drop", _("不用了")


@dataclass(frozen=True)
class HandsFacts:
    """What the guards of a two-person paper look at: its state, who made it, who acts; what is still missing."""

    state: Term
    made_by: UUID | None
    actor_id: UUID | None
    complete: bool = True
    unanswered: int = 0
    open_now: bool = False
    over: bool = False


@guard(_("自己写的不能自己批准，请另一位有职责的同事来看。"))
def another_person(facts: HandsFacts) -> bool:
    return facts.actor_id is not None and facts.actor_id != facts.made_by


WORDING_FLOW = Flow(
    [
        Move(WordingVerb.CHANGE, {WordingState.DRAFT}, None, duty=Duty.ADMIN_MATTERS),
        Move(WordingVerb.SUBMIT, {WordingState.DRAFT}, WordingState.SUBMITTED, duty=Duty.ADMIN_MATTERS),
        Move(WordingVerb.SEND_BACK, {WordingState.SUBMITTED}, WordingState.DRAFT, duty=Duty.APPROVE_MATTERS),
        Move(
            WordingVerb.APPROVE, {WordingState.SUBMITTED}, WordingState.APPROVED, duty=Duty.APPROVE_MATTERS,
            guards=(another_person,),
        ),
        Move(
            WordingVerb.DROP, {WordingState.DRAFT, WordingState.SUBMITTED}, WordingState.DROPPED,
            duty=Duty.ADMIN_MATTERS,
        ),
    ]
)  # fmt: skip


# Public notices


class PublicKind(Term):
    """What is put up for everybody to see."""

    PLAN = "plan", _("方案公示")
    DECISION = "decision", _("决定公示")
    RESULT = "result", _("结果公示")
    FINANCE = "finance", _("收支公示")
    PEOPLE = "people", _("人选公示")
    OTHER = "other", _("其他公示")


class PublicState(Term):
    DRAFT = "draft", _("草稿")
    ASKED = "asked", _("待批准")
    PUBLISHED = "published", _("已发布")
    CLOSED = "closed", _("已结束")
    WITHDRAWN = "withdrawn", _("已撤下")
    DROPPED = "dropped", _("不发了")


class PublicVerb(Term):
    DRAFT = "draft", _("起草")
    CHANGE = "change", _("修改")
    ASK = "ask", _("送批准")
    SEND_BACK = "send_back", _("退回修改")
    PUBLISH = "publish", _("批准发布")
    ANSWER = "answer", _("答复异议")
    CLOSE = "close", _("写结果，结束")
    WITHDRAW = "withdraw", _("撤下")
    DROP = "drop", _("不发了")
    OBJECT = "object", _("提异议")


@guard(_("还没有写完整：标题、正文、地点和期限都要有。"))
def is_complete(facts: HandsFacts) -> bool:
    return facts.complete


@guard(_("公示期还没有结束。"))
def term_is_over(facts: HandsFacts) -> bool:
    return facts.over


@guard(_("还有异议没有答复。每一条都答复了，才能结束。"))
def all_answered(facts: HandsFacts) -> bool:
    return facts.unanswered == 0


@guard(_("公示期间才能提异议。"))
def term_runs(facts: HandsFacts) -> bool:
    return facts.open_now


PUBLIC_FLOW = Flow(
    [
        Move(PublicVerb.CHANGE, {PublicState.DRAFT}, None, duty=Duty.DISPATCH),
        Move(PublicVerb.ASK, {PublicState.DRAFT}, PublicState.ASKED, duty=Duty.DISPATCH, guards=(is_complete,)),
        Move(PublicVerb.SEND_BACK, {PublicState.ASKED}, PublicState.DRAFT, duty=Duty.DECIDE),
        Move(
            PublicVerb.PUBLISH, {PublicState.ASKED}, PublicState.PUBLISHED, duty=Duty.DECIDE,
            guards=(is_complete, another_person),
        ),
        Move(PublicVerb.OBJECT, {PublicState.PUBLISHED}, None, guards=(term_runs,)),
        Move(PublicVerb.ANSWER, {PublicState.PUBLISHED}, None, duty=Duty.DISPATCH),
        Move(
            PublicVerb.CLOSE, {PublicState.PUBLISHED}, PublicState.CLOSED, duty=Duty.DISPATCH,
            guards=(term_is_over, all_answered),
        ),
        Move(PublicVerb.WITHDRAW, {PublicState.PUBLISHED}, PublicState.WITHDRAWN, duty=Duty.DECIDE),
        Move(PublicVerb.DROP, {PublicState.DRAFT, PublicState.ASKED}, PublicState.DROPPED, duty=Duty.DISPATCH),
    ]
)  # fmt: skip

SHORTEST_TERM, LONGEST_TERM = 1, 180  # days


def term_of(start: datetime, days: int, basis: Basis | str, calendar: Calendar) -> tuple[datetime, bool]:
    """When a term ends, and whether a year on the way has no calendar yet.

    The day of publication is not counted, and the last day counts to its midnight: nobody gets less than was said.
    """
    due = due_at(start, Limit(days, Unit.DAY, Basis(basis)), calendar)
    last = due.at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return (last + timedelta(days=1)).astimezone(UTC), due.provisional
