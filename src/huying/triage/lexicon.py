"""Words of danger by what they tell of, and the words that weigh against it. Data of `danger.py`; no phrase of a call.

Written from general knowledge of the language, Mandarin first, with what Cantonese, Min, Sichuan, Hunan and northern
speech say otherwise. Traditional characters, capitals and wide signs are folded before anything is looked up.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from huying.triage.sounds import simple

# Numbers by kind, the most fitting first.
NUMBERS: dict[str, tuple[str, ...]] = {
    "fire": ("119",),
    "gas": ("119",),
    "co": ("120", "119"),
    "chemical": ("119", "120"),
    "electric": ("119",),
    "shock": ("120", "119"),
    "flood": ("119",),
    "drowning": ("119", "120"),
    "collapse": ("119",),
    "buried": ("119", "120"),
    "lift": ("119",),
    "height": ("119",),
    "fall": ("120",),
    "traffic": ("122", "120"),
    "animal": ("119", "120"),
    "crowd": ("110", "120"),
    "explosive": ("110", "119"),
    "child": ("110",),
    "violence": ("110",),
    "suicide": ("12356", "110"),
    "jump": ("119", "110"),
    "harming": ("110", "120"),
    "medical": ("120",),
    "welfare": ("110", "120"),
    "help": ("110", "120", "119"),
}

# One letter for another, so that places in the text stay: traditional for simplified, letters of dialects for those of
# the common language, wide for plain, small for capital.
_DIALECT = (
    "咗了唔不冇没嘅的喺在佢他啲些俾被畀被攞拿嗰那咁这俺我哋们係是睇看瞓睡嚟来𨋢梯㷫热冧塌惊怕拎拿冚全仲还企站"
    "毋不袂不佇在伫在"
)


@lru_cache(maxsize=1)
def letters() -> dict[int, str | int]:
    """The table that a text is read through."""
    wide = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    small = {code: code + 32 for code in (*range(ord("A"), ord("Z") + 1), *range(0xFF21, 0xFF3B))}
    small = {code: wide.get(lower, lower) for code, lower in small.items()}
    return {
        **wide,
        **small,
        **simple(),
        **{ord(old): new for old, new in zip(_DIALECT[::2], _DIALECT[1::2], strict=True)},
    }


# Letters of the strong words, each with those of the same or a near sound (or shape) that are typed for it.
_SLIPS = (
    "火伙货 着找 煤媒霉梅 气汽器 漏露陋 泄泻屑 爆暴报 炸诈榨 烟咽 烧稍梢 触处 梯提题 困睏捆 淹掩 溺弱逆 "
    "塌踏榻 砍坎侃 杀莎煞 自字 跳条挑 晕运韵云 昏婚浑 迷谜 呼乎忽 吸息西 喘踹 刀到倒叨 抢枪呛 劫结截 绑帮 "
    "死4亖屎 活火或 遗宜 腕碗 毒独 救就旧 命名明 孩还骇 丢丟 坠缀 摔甩帅 窒室 抽袖 搐畜 醒星 血雪 骨古 "
    "断段 持迟 楼搂娄 轻清 割隔 灾栽 燃然 冲充 埋理 压鸭 噎咽 吊钓 汽气 油由 心新 梗更 农浓 药要 失矢 "
    "踪宗 掐卡 脖勃 瓦娃 斯丝 消宵 防妨 氧养 化画 碳炭"
)
SLIPS = {group[0]: group[1:] for group in _SLIPS.split()}

# The strong words that are found with one such slip as well.
SLIPPING = (
    "着火 起火 失火 火灾 冒烟 浓烟 着火了 起火了 救火 煤气 漏气 煤气味 天然气 瓦斯 泄漏 泄露 爆炸 漏电 触电 电梯 "
    "电梯困人 晕倒 昏迷 呼吸 呼吸困难 嘴唇 没呼吸 喘不过气 窒息 抽搐 叫不醒 大出血 流血 骨折 中毒 农药 心梗 噎住 "
    "自杀 跳楼 轻生 割腕 上吊 遗书 想死 不想活 活不下去 孩子 小孩 走失 走丢 失踪 救命 杀人 砍人 持刀 抢劫 绑架 打架 "
    "掐脖子 溺水 落水 淹了 塌了 倒塌 坍塌 坠楼 摔倒 被困 一氧化碳 踩踏 燃气"
)

# What stands before a word and says that it is not so.
DENIALS = re.compile(
    r"(?:没有|并没|没|不是|并非|并未|从未|从来没|未|无|不会|不用|不要|别)(?:再|闻到|发现|看到|听到|发生|出现|任何|什么|人|有|被)*$"
)

# A day that is written out is one that is past.
DAYS = re.compile(r"\d{2,4}年|\d{1,2}月\d{1,2}[日号]|\d{1,2}月份")

MARKS = frozenset(
    {"past", "longago", "now", "but", "settled", "feared", "supposed", "asked", "played", "figures", "thanked"}
)

# Tags that name a thing: a word that only begins with such a name is another thing (water, cement).
NAMES = frozenset(
    {"part", "water", "power", "earth", "structure", "person", "gas", "coal", "vehicle", "animal", "burnable", "breath"}
    | {"blood", "life", "high", "lift", "corridor", "throat", "lock", "road", "means", "estate", "weapon", "tool"}
)

# tag -> kind and weight of the word alone. 3: outweighs a question or a wish beside it; 2: one of them; 1: none.
WEIGHTS: dict[str, tuple[str, int]] = {
    "fire": ("fire", 3),
    "smoke": ("fire", 2),
    "arson": ("fire", 2),
    "leak": ("gas", 3),
    "poison": ("co", 3),
    "blast": ("chemical", 3),
    "fumes": ("chemical", 2),
    "shock": ("shock", 3),
    "live": ("electric", 2),
    "drown": ("drowning", 3),
    "deluge": ("flood", 2),
    "collapse": ("collapse", 2),
    "bury": ("buried", 3),
    "trapped": ("lift", 3),
    "plunge": ("fall", 2),
    "brink": ("height", 3),
    "crash": ("traffic", 2),
    "bite": ("animal", 2),
    "crush": ("crowd", 3),
    "bomb": ("explosive", 2),
    "missing": ("child", 2),
    "snatch": ("child", 3),
    "assault": ("violence", 3),
    "violent": ("violence", 2),
    "threat": ("violence", 3),
    "intruder": ("violence", 2),
    "despair": ("suicide", 3),
    "hinted": ("suicide", 2),
    "leap": ("jump", 3),
    "selfharm": ("harming", 3),
    "dose": ("medical", 3),
    "body": ("medical", 3),
    "hurt": ("medical", 2),
    "silent": ("welfare", 3),
    "help": ("help", 3),
    "covert": ("help", 2),
    "ambulance": ("medical", 3),
    # What harms, though nobody is named: anything beside it that doubts wins.
    "falling": ("fall", 1),
    "weapon": ("violence", 1),
}


def words() -> dict[str, set[str]]:
    """Each word of the table with its tags; who is weak is somebody as well."""
    found: dict[str, set[str]] = {}
    for line in (Path(__file__).parent / "data" / "danger.txt").read_text(encoding="utf-8").splitlines():
        tag, colon, listed = line.partition(":")
        if colon and not line.startswith("#"):
            for word in listed.translate(letters()).split():
                found.setdefault(word, set()).update((tag, "person") if tag == "young" else (tag,))
    return found


_ANY = 14
# Two tags near one another -> kind, weight, and how many characters may lie between.
NEAR: dict[tuple[str, str], tuple[str, int, int]] = {
    ("gas", "leaking"): ("gas", 2, 14),
    ("gas", "symptom"): ("gas", 2, 20),
    ("gas", "sick"): ("gas", 2, 20),
    ("gas", "threat"): ("gas", 3, 20),
    ("smoke", "shut"): ("fire", 3, 20),
    ("coal", "sick"): ("co", 3, 20),
    ("coal", "symptom"): ("co", 3, 20),
    ("coal", "body"): ("co", 3, 30),
    ("fumes", "spill"): ("chemical", 3, 20),
    ("fumes", "sick"): ("chemical", 3, 20),
    ("power", "sparks"): ("electric", 2, 8),
    ("live", "sparks"): ("electric", 3, 20),
    ("live", "person"): ("electric", 3, 20),
    ("power", "body"): ("shock", 3, 20),
    ("power", "young"): ("electric", 1, 12),
    ("person", "sinking"): ("drowning", 1, 3),
    ("water", "sinking"): ("drowning", 1, 8),
    ("water", "shut"): ("drowning", 2, 14),
    ("deluge", "person"): ("flood", 3, _ANY),
    ("deluge", "shut"): ("flood", 3, 20),
    ("structure", "giving"): ("collapse", 1, 6),
    ("collapse", "person"): ("buried", 3, 20),
    ("lift", "shut"): ("lift", 2, 16),
    ("lift", "body"): ("lift", 3, 20),
    ("lift", "sick"): ("lift", 2, 20),
    ("person", "shut"): ("lift", 2, 8),
    ("person", "falling"): ("fall", 2, 8),
    ("high", "falling"): ("fall", 1, 8),
    ("high", "edge"): ("height", 1, 6),
    ("young", "edge"): ("height", 1, 8),
    ("vehicle", "hit"): ("traffic", 2, 10),
    ("animal", "attack"): ("animal", 2, 8),
    ("animal", "young"): ("animal", 1, 6),
    ("young", "gone"): ("child", 2, 12),
    ("young", "stranger"): ("child", 2, 14),
    ("young", "swallow"): ("medical", 2, 10),
    ("swallow", "harmful"): ("medical", 2, 8),
    ("weapon", "wield"): ("violence", 3, 8),
    ("alone", "behind"): ("welfare", 2, 14),
    ("young", "symptom"): ("medical", 1, 10),
    ("person", "symptom"): ("medical", 1, 4),
    ("person", "hurt"): ("medical", 2, 10),
    ("young", "body"): ("medical", 3, _ANY),
    ("part", "wrong"): ("medical", 2, 5),
    ("part", "wound"): ("medical", 2, 6),
    ("part", "symptom"): ("medical", 1, 5),
    ("throat", "wrong"): ("medical", 2, 6),
    ("wound", "deep"): ("medical", 2, 8),
    ("blood", "runs"): ("medical", 3, 6),
    ("breath", "fails"): ("medical", 3, 5),
    ("person", "quiet"): ("medical", 2, 14),
    ("coal", "quiet"): ("co", 3, 20),
    ("person", "down"): ("medical", 2, 10),
    ("high", "down"): ("fall", 2, 14),
    ("person", "freezing"): ("medical", 2, 10),
    ("alone", "unseen"): ("welfare", 2, 20),
    ("coal", "wrong"): ("co", 3, 24),
    ("coal", "down"): ("co", 3, 24),
    ("gas", "wrong"): ("gas", 2, 24),
    ("fumes", "part"): ("chemical", 2, 14),
    ("water", "height"): ("flood", 2, 8),
    ("deluge", "stuck"): ("flood", 3, 20),
    ("height", "stuck"): ("flood", 3, 20),
    ("lift", "stuck"): ("lift", 2, 14),
    ("lift", "dark"): ("lift", 2, 14),
    ("inlift", "halted"): ("lift", 2, 14),
    ("incar", "sun"): ("child", 2, 14),
    ("burnable", "burning"): ("fire", 2, 10),
    ("corridor", "choke"): ("fire", 2, 16),
    ("vehicle", "burning"): ("fire", 2, 8),
    ("burning", "spreads"): ("fire", 2, 10),
    ("earth", "moves"): ("collapse", 2, 8),
    ("structure", "moves"): ("collapse", 1, 6),
    ("vehicle", "wild"): ("traffic", 2, 10),
    ("hit", "flees"): ("traffic", 2, 8),
    ("bomb", "wield"): ("explosive", 3, 10),
    ("violent", "weapon"): ("violence", 3, 14),
    ("means", "got"): ("suicide", 2, 6),
    ("means", "handing"): ("suicide", 2, 20),
    ("despair", "handing"): ("suicide", 3, 20),
    ("stranger", "leads"): ("child", 2, 14),
    ("young", "leads"): ("child", 1, 8),
    ("errand", "covert"): ("help", 3, 30),
    ("verge", "stands"): ("jump", 2, 10),
    ("throat", "choked"): ("medical", 3, 6),
    ("water", "pose"): ("drowning", 2, 8),
    ("person", "pose"): ("drowning", 1, 8),
    ("person", "adrift"): ("drowning", 2, 8),
    ("water", "vanish"): ("drowning", 2, 14),
    ("tool", "menace"): ("violence", 2, 6),
    ("bomb", "rigged"): ("explosive", 3, 10),
    ("young", "dumped"): ("child", 2, 10),
    ("indoors", "hiss"): ("gas", 2, 14),
    ("calls", "noanswer"): ("medical", 2, 5),
    ("lock", "tamper"): ("violence", 2, 6),
    ("onfoot", "road"): ("traffic", 2, 10),
    ("part", "shut"): ("lift", 2, 6),
    ("vehicle", "adrift"): ("flood", 2, 8),
    ("water", "lies"): ("drowning", 2, 6),
    ("person", "wild"): ("traffic", 1, 3),
    ("breath", "sick"): ("medical", 1, 5),
    ("young", "shut"): ("lift", 2, 14),
    ("person", "harm"): ("violence", 2, 5),
    ("boat", "founders"): ("drowning", 2, 6),
    ("beam", "sound"): ("collapse", 2, 6),
    ("cave", "choked"): ("buried", 2, 5),
    ("cave", "collapse"): ("buried", 3, 8),
    ("high", "vanish"): ("fall", 2, 14),
    ("slid", "under"): ("traffic", 2, 6),
    ("vehicle", "over"): ("traffic", 2, 8),
    ("sorry", "cutoff"): ("suicide", 2, 8),
    ("beast", "roams"): ("animal", 2, 8),
    ("structure", "leans"): ("collapse", 1, 6),
    ("dying", "wonder"): ("suicide", 2, 14),
    ("life", "weary"): ("suicide", 2, 8),
    ("handing", "estate"): ("suicide", 2, 14),
    ("mount", "stranded"): ("height", 2, 14),
    ("machine", "shut"): ("lift", 2, 8),
    ("machine", "wound"): ("medical", 2, 8),
    ("machine", "sinking"): ("medical", 2, 6),
    ("corridor", "stuck"): ("fire", 2, 10),
    ("spill", "sick"): ("chemical", 2, 14),
    ("dam", "breach"): ("flood", 2, 6),
    ("stranger", "lock"): ("violence", 2, 8),
    ("group", "sick"): ("medical", 2, 6),
    ("group", "down"): ("medical", 2, 6),
    ("burnable", "lit"): ("fire", 2, 6),
    ("vehicle", "submerged"): ("flood", 2, 6),
}
