"""The words of the demo world: what callers say by matter type, what units answer by class, and small talk of steps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from huying.cases.actions import Docket
from huying.cases.rules import Outcome
from huying.cli.play.story import Words
from huying.cli.play.world.geography import Spot
from huying.cli.play.world.pictures import Shelf
from huying.files.rules import PreparedImage

SINCE = (
    "这两天", "从昨晚起", "连着三天", "上个星期起", "从今天一早起", "最近半个月", "周末到现在", "前天下雨以后",
)  # fmt: skip
CONTACT_NAMES = "甲乙丙丁戊己庚辛壬癸"


@dataclass(frozen=True)
class Kind:
    """What is said about one matter type, and how often it comes."""

    code: str
    weight: int
    lines: tuple[str, ...]


@cache
def kinds() -> tuple[Kind, ...]:
    found: list[Kind] = []
    for head, lines in _blocks("sentences.txt", r"\d{4} \d+"):
        code, weight = head.split()
        found.append(Kind(code, int(weight), lines))
    return tuple(found)


# What comes back for weeks, in always other words: at each of these places seven people call about one thing.
THEMES = (
    Kind("0812", 7, (
        "{e}北门电梯又停了，修了一次没有修好，老人只能爬楼。",
        "{e}北门电梯又停了，物业贴了告示，还是没有人修。",
        "{e}北门电梯这个月停了四回，业主买菜回来要爬楼。",
        "还是{e}北门电梯，昨天修好今天又停，老人又要爬楼。",
        "{e}北门电梯一停就是半天，坐轮椅的业主出不了门，请快修。",
        "{e}北门电梯又停了，物业说等维保来修，业主等了一个月。",
        "{e}北门电梯又停了，什么时候能修好，业主天天爬楼。",
    )),
    Kind("0701", 7, (
        "{e}后面的工地夜里十二点还在打桩，窗户都在抖。",
        "{e}后面工地半夜打桩，孩子睡不着，请去看看有没有夜间施工证。",
        "{e}后面那个工地又是半夜打桩，渣土车进进出出。",
        "{e}后面的工地白天停、夜里打桩，一直到凌晨两点。",
        "还是{e}后面工地打桩的事，上次停了三天，昨晚又开始了。",
        "{e}后面工地夜里打桩，居民要上班要上学，请管一管。",
        "{e}后面的工地凌晨打桩，说是赶工期，居民整夜睡不好。",
    )),
)  # fmt: skip


@cache
def answers() -> dict[tuple[str, str], tuple[str, ...]]:
    """Answers by type or class, and sort: solved, explained, direct."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for head, lines in _blocks("answers.txt", r"(?:\d{2}|\d{4}) [a-z]+"):
        number, sort = head.split()
        found[number, sort] = lines
    return found


def _blocks(name: str, head: str) -> list[tuple[str, tuple[str, ...]]]:
    text = (files("huying.cli.play.world") / name).read_text(encoding="utf-8")
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if re.fullmatch(head, line):
            found.append((line, []))
        else:
            found[-1][1].append(line)
    return [(one, tuple(lines)) for one, lines in found]


def told(line: str, spot: Spot, rng: Random) -> str:
    """One call's words at one place."""
    return line.format(p=spot.words, r=spot.road, e=spot.estate, t=rng.choice(SINCE))


def caller(number: int) -> tuple[str, str]:
    """居民甲 and a number that nobody has."""
    return f"居民{CONTACT_NAMES[number % len(CONTACT_NAMES)]}", f"1390000{number % 10_000:04d}"


# Told once for each case, so that a case's steps do not all sound alike.
SMALL_TALK: dict[str, tuple[str, ...]] = {
    "agreed": ("情况属实，同意。", "已核对清单和录音，同意。", "同意，请把去处告诉诉求人。"),
    "clause": ("不在本单位履职事项清单内", "属于配合事项，牵头单位另有规定", "收回事项，由区级部门承担"),
    "decline": (
        "反映的事不归街道办理，已核对清单。", "同一件事已有生效的法律文书，街道不再受理。",
        "到现场看过，没有发现反映的情况。",
    ),
    "where_to": ("请向区级主管部门反映，异议可在十四天内提出。", "可以向法院申请执行，社区律师周四在党群服务中心。"),
    "beyond": ("社区没有相应的设备和权限，请街道办理。", "跨两个社区，请街道协调。", "需要科室的专业人员到场。"),
    "instruction": (
        "请先联系诉求人，再到现场处理。", "白天处理有困难的，请先放警示牌。", "处理前后各拍一张，角度一样。",
        "请和诉求人约好时间，顺便看看附近有没有同样的情况。", "请今天到现场看，结果写清楚做了什么。",
    ),
    "seen": (
        "到现场看过，情况属实。", "到现场看过，已处理好，地面干净。", "和附近住户核对过，没有再出现。",
        "现场复看正常，拍照留存。",
    ),
    "not_done": ("现场还有遗留，请再处理一次。", "角落里还有一堆没清，请补做。", "修补处又松了，请返工。"),
    "receiver": ("区城市管理局", "区住房和建设局", "市供水服务热线", "区交通运输局"),
    "named": ("两个单位都退回，按首接负责指定承办。", "会商后由现单位牵头，其他单位配合。"),
    "void": ("同一内容的误登记，没有实际诉求。", "测试时误提交，诉求人已确认。"),
    "not_ours": (
        "现场核对后，这一处在红线以外，不归我们管。", "设施权属是另一家企业，请改派。", "清单里没有这一项，请核对。",
    ),
    "called": (
        "已和诉求人通话，约好上门时间。", "通话确认了具体位置，今天下午到。",
        "诉求人补充说是晚上最明显，会在晚上去看。",
    ),
    "helped": ("配合部分已做完。", "现场秩序已维持，可以收尾。", "已提供图纸和人员。"),
    "decided": ("已核对职责清单。", "权属确实不在该单位，同意改派。", "按片区分工，仍由原单位办理。"),
    "rework": ("请写明做了什么、什么时候做的。", "答复里没有回应第二个问题，请补。", "照片角度看不出前后，请重拍。"),
    "thanks": ("已经好了，谢谢。", "处理得很快，现场也干净。", "干净了，希望能保持。", "态度很好，问题解决了。"),
    "not_solved": ("还是老样子，没有解决。", "只清了一半，里面还有。", "好了一天又这样了。"),
    "again": ("过了几天又出现了，请再看看。", "修过的地方又坏了。", "答复说处理了，现场没有变化。"),
}  # fmt: skip


class WorldWords(Words):
    """One case's sentences, drawn once."""

    def __init__(self, spot: Spot, type_code: str, shelf: Shelf, rng: Random) -> None:
        for name, choices in SMALL_TALK.items():
            setattr(self, name, rng.choice(choices))
        self.spot, self.type_code, self.shelf, self.rng = spot, type_code, shelf, rng

    def pictures(self, docket: Docket) -> tuple[tuple[PreparedImage, ...], tuple[PreparedImage, ...]]:
        before, after = self.shelf.pair(docket.case.type_code or self.type_code)
        return (before,), (after,)

    def answer(self, docket: Docket) -> str:
        return self._said(docket, "direct")

    def result(self, docket: Docket, outcome: Outcome) -> str:
        return self._said(docket, "solved" if outcome == Outcome.SOLVED else "explained")

    def _said(self, docket: Docket, sort: str) -> str:
        code = docket.case.type_code or self.type_code
        lines = answers().get((code, sort)) or answers()[code[:2], sort]
        return told(self.rng.choice(lines), self.spot, self.rng)
