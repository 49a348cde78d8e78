"""A pasted group chat as drafts of reports: who said it is taken out before anything is shown or kept. Pure.

Knows the ways in which chats are copied: `name 10:32` above the words, `2026-11-20 10:32 name`, `name: words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from huying.cases.rules.masking import HIDDEN, without_reach

MOST_DRAFTS, MOST_CHARACTERS = 20, 20_000
SHORTEST = 6  # characters that can say what is the matter
# When it was said: the day may be missing. Names are whatever people call themselves, signs and brackets included.
_DAY = re.compile(
    r"(?:(?:\d{2,4}[-/.年]\d{1,2}(?:[-/.月]\d{1,2}日?)?|\d{1,2}[-/.]\d{1,2}|\d{1,2}月\d{1,2}日|昨天|前天|今天"
    r"|星期[一二三四五六日]|周[一二三四五六日])\s{0,3})?"
).pattern
_CLOCK = re.compile(r"(?:上午|下午|晚上|凌晨|中午)?\s{0,2}\d{1,2}[:：]\d{2}(?:[:：]\d{2})?(?:\s?[AP]M)?").pattern
# The time first, then who; or who, then the time; what follows a colon is said on the same line.
_TIME_FIRST = re.compile(
    rf"^[\[【(（]?\s{{0,2}}{_DAY}{_CLOCK}\s{{0,2}}[\]】)）]?\s{{0,3}}(?:[-—]\s{{0,3}})?"
    r"([^\s:：，。！？,!?][^:：\n]{0,38}?)\s{0,3}(?:[:：]\s{0,3}(.*))?$"
)
_NAME_FIRST = re.compile(
    rf"^([^\s:：，。！？,!?][^\n]{{0,38}}?)\s{{1,4}}[\[【(（]?{_DAY}{_CLOCK}[\]】)）]?\s{{0,3}}(?:[:：](?!\d\d)\s{{0,3}}(.*))?$"
)
_TIME_ALONE = re.compile(rf"^[\[【(（]?\s{{0,2}}{_DAY}{_CLOCK}\s{{0,2}}[\]】)）]?$")
_NAME_ALONE = re.compile(r"^[^\s:：，。！？,.!?；;、]{1,12}$")  # on the line above a time
_SIGN = re.compile(r"[^\s:：，。！？,!?]").pattern
_NAME_COLON = re.compile(rf"^({_SIGN}{{1,16}}(?:\s{_SIGN}{{1,12}}){{0,2}})\s{{0,2}}[:：]\s{{0,3}}(.*)$")
_QUOTED = re.compile(r"^[「『“\"]\s{0,2}([^「」『』“”\":：\n]{1,40})\s{0,2}[:：]")  # an earlier message, quoted
# What stands before a colon and is nobody.
_LABEL = re.compile(
    "地点|地址|时间|电话|联系人|联系电话|问题|诉求|位置|备注|回复|事项|内容|情况|注意|通知|例如|比如|另外|原因|希望|建议"
    "|https?"
)
_CHATTER = re.compile(
    r"^(?:\[[^\]]{1,8}\]|【[^】]{1,8}】|收到|好的?|谢谢|感谢|辛苦了?|是的|对啊?|同意|支持|顶|哈+|嗯+|哦+|\+1|1|👍|🙏|[\s，。！~～?？!.])+$"
)
_NOTES = re.compile(r"撤回了一条消息|邀请.{1,40}加入了?群聊|拍了拍|修改群名为|^-{3,}|^[-—=\s]*以下是新消息|^\W*$")
_PARTED = re.compile(r"[\s\-—_·.•!！|/（）()【】~～\d]{1,8}(?:栋|座|幢|号楼|单元|室)?")  # parts of `6栋王姐`
_EMOJI = re.compile(r"\[[^\[\]]{1,6}\]")
# What people add to their names and what is nobody's name: a draft without these words says less.
_ROLE = re.compile("物业|业主|管家|保安|社区|街道|居委会?|网格员|群主")


@dataclass
class Draft:
    """What one person said in one go, without who it was."""

    words: str
    hidden: int = 0  # how many times something was taken out


@dataclass
class _Said:
    sender: str
    lines: list[str] = field(default_factory=list)


def drafts_of(text: str) -> list[Draft]:
    """The drafts of a pasted chat: chatter left out, senders, numbers and chat names hidden; at most `MOST_DRAFTS`."""
    said = _said(text[:MOST_CHARACTERS])
    names = _names([*(one.sender for one in said), *_quoted(said)])
    found: list[Draft] = []
    for one in said:
        words = "\n".join(line for line in one.lines if not _NOTES.search(line)).strip()
        plain = without(words, names)
        rest = plain.replace(HIDDEN, "").strip()
        if sum(letter.isalnum() for letter in rest) < SHORTEST or _CHATTER.match(rest):
            continue
        found.append(Draft(plain, plain.count(HIDDEN)))
    return found[:MOST_DRAFTS]


def without(words: str, names: Sequence[str]) -> str:
    """Words without senders' names, `@` mentions and what somebody could be reached by."""
    for name in names:
        words = words.replace(name, HIDDEN)
    return without_reach(re.sub(r"@[^\s@，。！？,!?:：]{1,30}", HIDDEN, words))


def _names(senders: Iterable[str]) -> list[str]:
    """Names to hide, the longest first; their parts are looked for as well."""
    found: set[str] = set()
    for sender in senders:
        name = sender.strip(" ~～-—_")
        found |= {part for part in (name, *_PARTED.split(_EMOJI.sub(" ", name))) if len(part) >= 2}
    return sorted((one for one in found if not _ROLE.fullmatch(one)), key=lambda name: (-len(name), name))


def _quoted(said: Iterable[_Said]) -> list[str]:
    """Whose earlier words somebody quotes."""
    found = (_QUOTED.match(line) for one in said for line in one.lines)
    return [one[1] for one in found if one is not None]


def _said(text: str) -> list[_Said]:
    """Messages in order; what one sender says in a row is one message. Lines before any name are nobody's."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    timed = any(_timed(line) or _TIME_ALONE.match(line) for line in (one.strip() for one in lines))
    found: list[_Said] = []
    for line in (one.strip() for one in lines):
        if _TIME_ALONE.match(line):
            above = found[-1].lines if found else []
            found.append(_Said(above.pop() if above and _NAME_ALONE.match(above[-1]) else ""))
            continue
        head = _head(line, timed)
        if head is None:
            if not line:
                continue
            if not found:
                found.append(_Said(""))
            found[-1].lines.append(line)
            continue
        sender, rest = head
        if not found or found[-1].sender != sender or not sender:
            found.append(_Said(sender))
        if rest:
            found[-1].lines.append(rest)
    return found


def _head(line: str, timed: bool) -> tuple[str, str] | None:
    """Sender and words where the line begins a message. Where chats carry times, a bare colon begins none."""
    timed_line = _timed(line)
    if timed_line is not None:
        return (timed_line[1] or "").strip(), (timed_line[2] or "").strip()
    named = None if timed else _NAME_COLON.match(line)
    if named is None or _LABEL.fullmatch(named[1].split()[-1]):
        return None
    return named[1], named[2].strip()


def _timed(line: str) -> re.Match[str] | None:
    return _TIME_FIRST.match(line) or _NAME_FIRST.match(line)
