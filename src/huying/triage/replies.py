"""Advice on an answer before it goes out: what it leaves open, and where in its words. Pure; never a block.

It reads forms, not truth: whether a question has an answer of its kind (a day for "when", an office for "who"), whether
something was done or a reason is given, whether a rule is cited by name, whether a promise has a day, whether a
sentence says nothing, whether somebody else's data stand in it. Who writes decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from huying.triage.masking import names


class Mark(StrEnum):
    """What an answer leaves open."""

    UNANSWERED = "unanswered"
    NOTHING_DONE = "nothing_done"
    NO_BASIS = "no_basis"
    NO_DATE = "no_date"
    EMPTY = "empty"
    OTHER_PERSON = "other_person"


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing to look at again. `start` and `end` are places in the reply, or in the question where it is open."""

    mark: Mark
    start: int
    end: int
    words: str

    @property
    def in_question(self) -> bool:
        return self.mark == Mark.UNANSWERED


def checked(questions: str, reply: str) -> list[Advice]:
    """What to look at again in a reply to these words of a caller, in reading order by mark.

    Of `UNANSWERED` there is one for each open question; of the others one for each place. `NOTHING_DONE` and `NO_BASIS`
    concern the whole and mark nothing (0, 0). An empty reply has no advice.
    """
    if not reply.strip():
        return []
    found = [Advice(Mark.UNANSWERED, *span, questions[slice(*span)]) for span in _left_open(questions, reply)]
    if not says_done_or_why(reply):
        found.append(Advice(Mark.NOTHING_DONE, 0, 0, ""))
    if not cites(reply):
        found.append(Advice(Mark.NO_BASIS, 0, 0, ""))
    for mark, spans in (
        (Mark.NO_DATE, undated(reply)),
        (Mark.EMPTY, empty(reply)),
        (Mark.OTHER_PERSON, others(questions, reply)),
    ):
        found += [Advice(mark, start, end, reply[start:end]) for start, end in spans]
    return found


# What is asked

_SENTENCES = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_ASKS = re.compile(
    r"吗|呢|什么|怎么|怎样|如何|哪|谁|多少|多久|几[时点号天]|何时|为何|为什么|是否|能否|可否|(?P<verb>[能可会是有要管该算行])不(?P=verb)|可不可以|有没有|行不行"
    r"|凭啥|咋|啥"
)
_WISHES = re.compile(r"希望|请求|要求|恳请|建议|请(?!问)|能够|尽快|麻烦")


def asked(questions: str) -> list[tuple[int, int]]:
    """The places of the questions: sentences that ask, else those that wish, else the whole."""
    spans = [_trimmed(questions, one.start(), one.end()) for one in _SENTENCES.finditer(questions)]
    asking = [
        span for span in spans if questions[span[1] - 1 : span[1]] in "？?" or _ASKS.search(questions[slice(*span)])
    ]
    asking = [span for span in asking if span[1] - span[0] >= 3]
    wishing = [span for span in spans if _WISHES.search(questions[slice(*span)])]
    return asking or wishing[:3] or ([(0, len(questions))] if questions.strip() else [])


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    return start, end


_TIME = re.compile(
    r"\d{1,2}月(?:\d{1,2}[日号]|[上中下]旬|底|初)|\d{1,2}[日号](?!楼)|\d{1,2}[:：点时]\d{0,2}|[一二三四五六七八九十两\d]个?(?:工作日|小时|天|周|星期|个月|年内|日内|分钟)"
    r"|周[一二三四五六日天末]|星期[一二三四五六日天]|今[天日晚]|明[天日早]|昨[天日晚]|本周|下周|上周|下月|本月|月底|年底前|年前|全天|随时|当[天日场]|次日|第二天|每[天日周月]"
    r"|\d{4}年|目前|现在|已经?|即日"
)
_WHEN = re.compile(r"什么时候|何时|几时|几点|几号|多久|多长时间|哪天|啥时候|时间")
_WHO = re.compile(r"谁|哪个部门|哪家|哪里|哪儿|去哪|在哪|找哪")
_WHO_SAID = re.compile(
    r"[局所科队站]|中心|街道|社区|物业|公司|部门|大厅|窗口|医院|学校|业主|房东|我们|本人|责任|负责|承担|出资|列支|电话|号|平台|公众号|隐?企业|您|由"
)
_MUCH = re.compile(r"多少|几[个位次元块名]|多[大高远贵]")
_MUCH_SAID = re.compile(r"\d|[一二三四五六七八九十百千两][元位名个户次辆倍成]|免费|不收|全额|没有")
_WHY = re.compile(r"为什么|为何|凭什么|凭啥|怎么回事|原因|怎么就|怎么还|怎么[^办样]{0,6}(?:了|不|没)|为啥")
_WHY_SAID = re.compile(
    r"因|由于|原因|经[查核测]|为了|不符|超过|低于|高于|违反|属于|没有|未|需|要求|故障|暂停|错|正在|规定|依据|个人信息|保密|等"
)
_HOW = re.compile(r"怎么|如何|怎样|咋")
_HOW_SAID = re.compile(
    r"可以?|请[^您]|到|凭|拨打|向|申请|携带|带|登录|预约|提交|联系|已|从|将|由|协商|调解|办理|申诉|投诉|修|换|清|不能|无法|在\d|恢复"
)
_WHAT = re.compile(r"什么|哪些|啥")
_WHAT_SAID = re.compile(r"、|和|包括|为|是|凭|带|需|《|：|:|及|证|表|簿|书|\d")
_YES_SAID = re.compile(
    r"可以|不可|不能|能[^力否]|无法|不行|不需|无需|需要|不用|必须|应当|不应|可[^能]|不是|是|有|没|无|未|已|合法|违[反法规]|符合|不符|合格|同意|不予|予以|属于|不会|不再|恢复"
    r"|取消|批准|停止|责令|安排|增[加设]|改为|从|拆|清|换|修|查|调|发|到|免|收|管|退|撤|开放|签"
)
_VAGUE = re.compile(
    r"高度重视|认真研究|予以考虑|积极|进一步|切实|统筹|适时|持续|久久为功|逐步|尽快|及时|耐心等待|敬请期待|有关规定|相关规定|相关部门|有关部门|关注|理解|支持|会修|会查|会处理"
)
_CONCRETE = re.compile(
    r"已|\d|《|可以|不能|不可|因|由于|没有|不是|无法|不予|超过|属于|合格|同意|责令|凭|带|需|免费|未|不会|不需|不用|协商|从|在"
)


def _left_open(questions: str, reply: str) -> list[tuple[int, int]]:
    """The questions for which the reply has no piece in the form of an answer; each takes a piece of its own."""
    spans = asked(questions)
    pieces = [one for one in _pieces(_thanks(reply)) if not _VAGUE.search(one) or _CONCRETE.search(_VAGUE.sub("", one))]
    fits = [
        sorted(
            (at for at, piece in enumerate(pieces) if _answers(questions[slice(*span)], piece)),
            key=lambda at: -_shared(questions[slice(*span)], pieces[at]),
        )
        for span in spans
    ]
    taken: dict[int, int] = {}

    def settled(at: int, tried: set[int]) -> bool:
        for piece in fits[at]:
            if piece not in tried:
                tried.add(piece)
                if piece not in taken or settled(taken[piece], tried):
                    taken[piece] = at
                    return True
        return False

    return [span for at, span in enumerate(spans) if not settled(at, set())]


def _answers(question: str, piece: str) -> bool:
    wanted = next((said for ask, said in _KINDS if ask.search(question)), _YES_SAID)
    return wanted.search(piece) is not None


_KINDS = (
    (_WHY, _WHY_SAID), (_WHEN, _TIME), (_MUCH, _MUCH_SAID), (_WHO, _WHO_SAID), (_HOW, _HOW_SAID), (_WHAT, _WHAT_SAID),
)  # fmt: skip
_COMMON = re.compile(r"[的了吗呢什么时候怎么谁哪多久少几有没不能可以是要我你您们这那就都还在到会吧啊，。？！；：、\s]")


def _pieces(reply: str) -> list[str]:
    return [one for one in re.split(r"[。；;！!\n，,]", reply) if len(one) >= 3]


def _shared(question: str, piece: str) -> float:
    """The part of a question's own letters that stand in a piece of the reply."""
    own = set(_COMMON.sub("", question))
    return len(own & set(piece)) / len(own) if own else 1.0


def _thanks(reply: str) -> str:
    """The reply without greeting, thanks and good wishes."""
    return re.sub(
        r"(?:您好|你好|网友|市民|尊敬的)[^，。,！!]{0,12}[，。,！!：:]|(?:非常)?感谢[^。！!，,；]{0,40}[。！!，,；]?|祝[^。]{0,20}。?",
        "",
        reply,
    ).strip()


# What was done, or why not

_DONE = re.compile(
    r"已(?!收悉|收到|知悉|知晓|阅|加大|加强|[^，。；]{0,8}(?:相关|有关)(?:部门|单位)|[^，。；]{0,12}反馈给|列入|按照?(?:有关|相关)规定)(?:经|于|在|由|将|向|与|对|组织|安排|联系|转)?[^，。；]{0,24}?"
    r"(?:修|换|清|拆|立案|送达|责令|查|处|办|转|发|退|领|封|堵|装|贴|装|调|移|签|约|请|登记|检|测|更正|完成|恢复|停|罚|整改|停止|告知|通知|协调|沟通|列入|纳入|报|启|建|划|增|补|联系|带|安排|要求|同意|立|填|加|解决|审|受理|派|上门|到场|拨|移交|督促)"
    r"|(?:于|在)?\d{1,2}月\d{1,2}日[^，。；]{0,30}?(?:修|换|清|拆|查|检|测|取|送|开|签|调|移|带|到场|上门|踏勘|核|复查|组织|办|发|退|贴|装|启|恢复|公布|完成|停|改|审|给|登记|封|封堵|约|量|议|处|通|补|两次|派|打|冲洗|更换)"
    r"|经(?:查|核|测|现场|调查|实地|走访|鉴定|检测|了解|核实|核算|测绘|我)"
    r"|(?:今天|昨天|昨晚|昨日|上周|本周|当天|当场|现场)[^，。；]{0,20}?(?:修|换|清|拆|查|检|测|送|签|调|移|劝|处|到|看|办|完|罚|封|约)"
    r"|责令|立案|整改通知|去看过|现场(?:查看|核实|检查|勘查|踏勘)|联合[^，。]{0,10}(?:检查|执法|整治)|更换了|修好|修复|清走|清理了|拆除了|调解|(?:您的?|该)?(?:建议|问题|诉求|投诉)已?转|受理"
)
_WHY_NOT = re.compile(
    r"因(?:为|此前|[^，。此而]{2,})|由于|所以(?:不|暂|没|无)|原因是|系因|属于(?!实)|不符合|不在[^，。]{0,10}范围|违反|超过|没有发现|未发现|不存在|不具备|低于|高于|达不到|尚未(?:达|满|办)|无权|不属于|故不|需经|须经|冲突|产权|不予"
)
_DATED_DEED = re.compile(
    r"(?:将|会|拟|计划|预计|定于|定在)[^。；]{0,20}(?:\d|周[一二三四五六日]|月底|年底|本周|下周|明天)[^。；]{0,24}(?:完成|修|换|清|拆|开工|启动|恢复|公布|答复|检|查|装|退|发|建|投|整|通|复|到|议|补|改)|(?:在|于)?\d{1,2}月[^。；]{0,6}前[^。；]{0,16}(?:修|换|清|拆|完|装|退|公布|改|重做|加装|恢复|建|补|办|发)|从\d{1,2}月\d{1,2}日起|即日起|今后每|每[天日周][^。；]{0,8}(?:次|巡|值守|保洁|清)|改为"
)


def says_done_or_why(reply: str) -> bool:
    """Whether it says what was or will be done and on what, or why not."""
    plain = _thanks(reply)
    return any(one.search(plain) is not None for one in (_DONE, _WHY_NOT, _DATED_DEED))


# The basis

_BASIS = re.compile(
    r"《[^》]{2,60}(?:法|条例|办法|规定|规范|标准|意见|细则|通则|方案|规则|指引|规程|准则|合同|协议|公约|目录|清单|规划|导则|制度|要求|解释|通知|政策|指南|章程)"
    r"(?:（[^）]{1,20}）|\([^)]{1,20}\))?》|GB\s?/?T?\s?\d{3,}|第[一二三四五六七八九十百\d]{1,8}条|[〔\[（(]\d{4}[〕\])）]\s?\d+号"
)


def cites(reply: str) -> bool:
    """Whether a rule, standard, contract or document is named."""
    return _BASIS.search(reply) is not None


# Promises

_PROMISE = re.compile(
    r"(?<![不机社])(?:将(?!军|来)|会(?![议计员同场所]|不会)(?=[^，。]{1,30})|拟|届时|后续|持续|继续|尽快|尽早|及时(?!雨)|适时|逐步|今后|以后|近期|择日|陆续|抓紧|下一步|下一批|计划|预计|准备|争取|快了|待定|已请|已约|再协商|责令[^，。]{0,12}在|后由|力争|力求|努力|年底前开|待[^，。]{2,16}后|同意在|期限到|补测|研究后|复查(?=。|$)|(?:日|月|底|周)[前内](?=[^，。]{0,12}(?:完|修|清|退|装|开|做|补|恢复|交|公布|改|拆|支付|腾|加装))|下月(?!起))"
)
_LIMIT = re.compile(
    r"\d{1,2}月(?:\d{1,2}[日号]|[上中下]旬|底|初)?|\d{1,2}[日号](?:前|起|之前)?|[一二三四五六七八九十两\d]{1,4}个?(?:工作日|小时|天|周|个月|日)(?:内|之内|后)?|周[一二三四五六日天]|星期[一二三四五六日天]"
    r"|今[天日晚]|明[天日早]|本周|下周|下月|本月|月底|当[天日]|次日|第二天|每[天日周月]|\d{1,2}[时点:：]|年底|季度|暑假|寒假|国庆|春节"
)


def promised(reply: str) -> list[tuple[int, int]]:
    """Where something is said still to happen."""
    return [(one.start(), one.end()) for one in _SENTENCES.finditer(reply) if _PROMISE.search(one[0])]


def undated(reply: str) -> list[tuple[int, int]]:
    """The promising clauses of sentences that promise without a day, a limit or fixed hours."""
    found = []
    for start, end in promised(reply):
        promise = _PROMISE.search(reply, start, end)
        if promise is not None and not _LIMIT.search(reply, start, end):
            stop = _STOP.search(reply, promise.end(), end)
            found.append((promise.start(), stop.start() if stop is not None else end))
    return found


_STOP = re.compile(r"[，,。；;！!？?\n]")


# Empty phrases

_EMPTY = re.compile(
    r"高度重视|非常重视|十分重视|认真研究|认真对待|积极(?:推[动进]|协调|配合|争取|探索)|统筹(?:推进|考虑|安排|谋划)|切实(?:维护|加强|做好|解决|保障|履行)|持续(?:发力|关注|推进|加大|跟进|优化|改善)|久久为功|进一步(?:加强|加大|完善|优化|提升|规范|做好)"
    r"|加大[^，。；]{0,8}力度|妥善(?:处理|解决)|(?:按照?|根据|依照|不符合|符合)(?:国家)?(?:有关|相关)(?:规定|政策|要求|文件)|予以考虑|适时(?:考虑|启动|安排|推进|研究|予以)|敬请期待|请?耐心等[待候]|全力(?:以赴|做好|推进|保障)|不断(?:提升|完善|提高|优化|加强)"
    r"|共同努力|为民服务|以人为本|群众(?:利益|满意)|落到实处|抓实抓细|常抓不懈|高质量|多措并举|综合施策|标本兼治|举一反三|压实责任|形成合力|长效机制|常态化|会?(?:尽快|及时|尽力|努力)(?:处理|解决|办理|推进|落实|协调)|深入(?:开展|推进|研究)|严肃处理|严格(?:落实|把关)|敬请谅解|请(?:您)?理解|请放心|争取早日|快了|走程序|待定|总体上|长期工程|保障[^，。]{0,8}安全|意见反馈给|价格实惠|系统原因|会?持续关注|密切关注|广泛(?:宣传|征求)|结合实际|因地制宜"
)


def empty(reply: str) -> list[tuple[int, int]]:
    """Phrases that claim or promise without act, object or date; one that stands beside a day or a rule is let pass."""
    found = []
    for one in _SENTENCES.finditer(reply):
        if _LIMIT.search(one[0]) or _BASIS.search(one[0]) or _DEED.search(one[0]):
            continue
        found += [(one.start() + hit.start(), one.start() + hit.end()) for hit in _EMPTY.finditer(one[0])]
    return found


_DEED = re.compile(r"已(?:于|经?[^，。按]{0,6}(?:修|换|清|拆|立案|责令|送达|退|装|发))|因[^，。]{3,}，|由于")

# Other persons' data

_FAMILY = re.compile(
    r"(?:其|他|她|该户|对方|邻居|举报人|投诉人)的?(?:妻|丈夫|母亲|父亲|儿子|女儿|老伴|家人|孩子|老婆|老公|婆婆|爱人|配偶)|家里就[他她]|[他她]家|[他她](?:患|有|得了?)[^，。]{0,8}[病症癌]"
    r"|(?:患|确诊|身患)[^，。您]{0,10}(?:病|症|癌|炎|残疾)|尿毒症|透析|精神(?:病|障碍|分裂)|抑郁症|艾滋|刑满|离异|离婚|怀孕|吸毒"
    r"|[一二三四五六七八九十\d]岁的|是您\d+|举报人是|投诉人是|来电人是"
)
_DOOR = re.compile(
    r"(?:楼上|楼下|隔壁|对门|(?<!\d)\d{1,4}栋)的?\d{3,4}室?|\d{3,4}(?:室|房)(?:的|住户|业主|租户|户主)"
    r"|(?<!\d)\d{1,4}栋的"
)
_STAFF = re.compile(
    r"(?:科员|经办人|联系人|工作人员|负责人|民警|社工|网格员|站长|主任|书记|所长|科长|局长|队长|律师|医生|法官|调解员|接待)[^，。]{0,4}$"
)


def others(questions: str, reply: str) -> list[tuple[int, int]]:
    """Names, homes, numbers, health and family of somebody who is not the caller: staff and offices are left out."""
    found: list[tuple[int, int]] = []
    for pattern in (_FAMILY, _DOOR, _MOBILE):
        found += [(one.start(), one.end()) for one in pattern.finditer(reply) if one[0] not in questions]
    for start, end in names(reply):
        if reply[start:end] not in questions and not _STAFF.search(reply[max(0, start - 8) : start]):
            found.append((start, end))
    return _joined(found)


_MOBILE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<!\d)\d{17}[\dXx]")


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The places in reading order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
