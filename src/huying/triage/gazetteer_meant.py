"""Of several places in one call, those that the matter is about: not the caller's home, hearsay, or what is denied.

Nothing here knows a name: it reads what stands around the names. Where that leaves it open, all of them stay, and the
caller is asked. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import IntEnum

DENIED = re.compile(r"(?<!是)(?:不是|不在|没在|并非)[^,，。;；!！?？]*")
_CLAUSE = re.compile(r"[,，。.！!？?；;\n]")
_SAME = re.compile(r"^(?:的|和|跟|与|同|及|以及|还有|或者?|、|还是)?$")
_NOT = re.compile(
    r"(?<!是)(?:不是|不在|没在|并非|而非|不属于|不关)(?:我们?|在|说|指|问|反映|讲|报)?的?(?:是|那个|什么)?$"
)
_TAKEN_BACK = re.compile(
    r"^[?？,，。!！ ]{0,2}[哦啊噢呃嗯]{0,2}(?:不对|不是(?=[,，。!！ ]|$)|[说搞记写]?错了)(?!.{0,12}吧)"
)
_MISSAID = re.compile(r"(?:[说写听看]成|当成|误以为是|误报)(?:了|是)?$")
_FINE = re.compile(
    r"^[这那]?[边里]?(?:倒|都|是|早就?|已经)*(?:没事|没问题|正常|没坏|好好的|好的|[修装弄换通]好)(?!吗|了吗)|"
    r"^的?(?:路上|途中)|^搬"
)
_ASKED = re.compile(r"^[^,，。;；!！?？]{0,6}[吗么]")  # "isn't it X?" denies nothing
_EITHER = re.compile(r"^[^,，。;；]{0,4}就是")  # nor does "if not X, then Y"
_PAST = re.compile(
    r"(?:听说|据说|听讲|上次|上回|以前|之前|原来|原先|去年|前年|曾经|本来|老家|小时候|人家|不像|像)[^,，。]{0,8}$"
)
_FOLK = re.compile(r"^的?人(?!行)")
_LIVES = re.compile(
    r"(?:住在?|(?:家|单位|公司|店|户口|房子|租)在|搬到|搬来|我们?是|"
    r"我(?:们)?在(?=.{2,8}(?:上班|工作|打工|上学|读书|开店|住)))(?:了|的是|的)?$"
)
_PEOPLE = re.compile(r"^[里的这那边]{0,3}(?:业主|居民|住户|租客|街坊|上班|工作|打工|上学|读书|开店|住)")
_MATTER = re.compile(
    r"(?:[问说讲指报]|反映|投诉|坏|要修|出事|出问题)的?(?:就|其实)?是在?$|(?:地[点址]|位置)(?:就|是|在|为)*[:：]?$|"
    r"(?:事情?|问题|这事)(?:是|就|出|发生|都)*在$|"
    r"(?:现在|这次|这回|今天|应该)(?:是|就是|想问|要问|问|说|反映|报|住|住在)(?:的是|在)?$"
)
_ELSEWHERE = re.compile(
    r"(?:[东西南北]城区|(?:隔壁|别的|其他|另一个|外面)(?:街道|区|市|县|镇|城市))的?$|"
    r"(?:[^小社市地城片辖校园这本个们\W](?:区|县城?|镇)|[^菜城超夜集门早花\W]市|[^这本个们的\W]街道)的?$"
)
_FROM, _SPAN = re.compile(r"(?:从|由|自)$"), re.compile(r"之间|中间|一段|这段|沿线|整条|一路|全程|沿途")
_REACHES = re.compile(
    r"^的?(?:路口|门口|[东南西北前后正侧大]门|里面?|楼下|\s*\d+\s*[栋幢座号]|旁|对面|附近|那里|那边|时|才)"
)
_BESIDE = re.compile(r"(?:对面|旁边|隔壁|附近|前面|后面)[的是就有]{0,2}$|(?:跟|和|与|离|靠近|挨着|紧邻|正对|对着)$")
_HOME_SAID = re.compile(r"我家(?=住|在)")
_AT_HOME = re.compile(
    r"我家|家里|回家|我们(?:这|小区|楼|家|院)|本小区|咱|这边|这里|小区|楼上|楼下|楼道|电梯|物业|邻居|窗|阳台|睡|吵|噪|臭|呛|油烟|味"
)


class Part(IntEnum):
    """What a place has to do with the matter, the less the smaller."""

    DENIED = 0  # or of another district
    PASSED = 1  # of another time, by hearsay, where one came from, others' home
    HOME = 2  # or work
    NAMED = 3
    MATTER = 4  # said to be what it is about


def meant(text: str, spans: Sequence[tuple[int, int]]) -> list[int]:
    """Which of the places that stand at these spans of a text (in order) it may be about."""
    parts: list[Part] = []
    for number, (start, _end) in enumerate(spans):
        joined = number and _SAME.match(text[spans[number - 1][1] : start])
        parts.append(parts[-1] if joined else _part(text, spans, number))
    best = max((part for part in parts if part), default=Part.DENIED)
    if best == Part.PASSED:  # nothing else is left: all of it is open
        return list(range(len(spans)))
    if best == Part.NAMED and Part.HOME in parts and _touches_home(text, spans, parts):
        best = Part.HOME
    return [number for number, part in enumerate(parts) if part and part >= best]


def _part(text: str, spans: Sequence[tuple[int, int]], number: int) -> Part:
    start, end = spans[number]
    last = spans[number - 1][1] if number else 0
    before, after = _CLAUSE.split(text[last:start])[-1], text[end:]
    if _NOT.search(before) and not _ASKED.match(after) and not _EITHER.match(after):
        return Part.DENIED
    if _ELSEWHERE.search(before) or _TAKEN_BACK.match(after) or _MISSAID.search(before):
        return Part.DENIED  # another district has such a street too
    if _FOLK.match(after) or _FINE.match(after) or _PAST.search(before):
        return Part.PASSED
    if _MATTER.search(before) or (number and before == "是" and DENIED.search(text[:start])):
        return Part.MATTER
    if _FROM.search(before) and number + 1 < len(spans) and not _SPAN.search(after):
        goal, beyond = spans[number + 1]
        corner = text[end - 1] in "路街巷道" and "路口" in text[beyond : beyond + 3]  # of both, perhaps
        if "到" in text[end:goal][-2:] and _REACHES.match(text[beyond:]) and not corner:
            return Part.PASSED
    return Part.HOME if _LIVES.search(before) or _PEOPLE.match(after) else Part.NAMED


def _touches_home(text: str, spans: Sequence[tuple[int, int]], parts: Sequence[Part]) -> bool:
    """Whether the matter may be at the caller's home although another place is named."""
    rest = list(text)
    for (start, end), part in zip(spans, parts, strict=True):
        if part == Part.NAMED:
            if _BESIDE.search(text[:start]):
                return True
            rest[start : end + 6] = "," * len(rest[start : end + 6])  # what stands right behind a place is said of it
    return _AT_HOME.search(_HOME_SAID.sub("", "".join(rest))) is not None
