"""What callers of a measured world say: about 140 characters, put together from clauses that end in a mark.

A clause ends in a mark, so no bigram reaches over two of them, and the lexemes of a text are those of its clauses:
each clause is cut once. One call in five says 垃圾 (`COMMON`), one in five thousand says 鹦鹉 (`RARE`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random

from bench.doors import RARE
from huying.cases.search import grams

RARELY = 5000

WHERE = tuple(
    f"{road}{number}号{side}，"
    for road in ("榕树路", "木棉路", "凤凰里", "沙洲街", "望江巷", "青石路", "书院路", "桥头街")
    for number in range(1, 60, 3)
    for side in ("门口", "对面", "后巷", "楼下", "旁边空地")
)  # fmt: skip
WHAT = (
    "路灯连着三盏都不亮。", "人行道的地砖松了一大片。", "共享单车把盲道全占满了。", "沙井盖一压就响，车过去很吓人。",
    "树枝伸到二楼窗户边上。", "水管从昨晚漏到现在。", "夜里一直有人在敲打装修。", "楼道里堆着旧家具过不去。",
    "餐饮店的油烟直接往楼上排。", "广告牌歪了一半没人来修。", "下水道返味，一开窗就闻到。", "护栏被撞断一截没人管。",
)  # fmt: skip
RUBBISH = ("垃圾堆了两天没有人来收。", "垃圾桶满了，后面来的人只好放在地上。", "有人半夜来倒装修垃圾。")
SINCE = (
    "这两天一直这样，", "从上个星期开始就有，", "前天下雨以后更厉害，", "周末人多的时候最明显，", "已经有大半个月了，",
    "每天傍晚到夜里都有，",
)  # fmt: skip
HARM = (
    "老人和小孩走这里都要绕到车道上去。", "晚上回来看不清脚下，已经有人崴了脚。", "附近几户人家都说睡不好觉。",
    "上班高峰时车和人挤在一起，走得很慢。", "夏天味道很大，窗户都不敢开。", "店家也说影响做生意。",
)  # fmt: skip
TRIED = (
    "我们和物业说过两次，物业说不归他们管。", "之前打过电话，说会来看，一直没有等到。", "楼长也反映过，还没有回音。",
    "在群里问过，大家都不知道该找谁。", "自己动手收拾过一回，过几天又变回原样。",
)  # fmt: skip
WISH = (
    "请安排人到现场看一看，能处理就早点处理。", "麻烦告诉我们归哪个单位管，大概什么时候能弄好。",
    "希望处理完以后给个答复，也请以后常来检查。", "请先放个警示牌，再安排人来修，谢谢你们。",
)  # fmt: skip
MORE = (
    "白天上班不方便接电话，可以傍晚以后再打。", "位置不好找的话，可以在路口的早餐店问一下。",
    "照片里看不太清楚，到现场一看就明白。", "如果要占用车位，请提前一天在楼下贴个通知。",
    "旁边那一段以前也修过，现在看还算好。",
)  # fmt: skip
SEEN = f"有人养的{RARE}飞了出来。"
LEAST = 132
_CLAUSE = re.compile(r"[^，。]+[，。]?")


def words_for(number: int, rng: Random) -> str:
    """The words of the call with this number."""
    what = SEEN if number % RARELY == RARELY // 2 else rng.choice(RUBBISH if rng.random() < 0.2 else WHAT)
    parts = [rng.choice(WHERE), what, rng.choice(SINCE), rng.choice(HARM), rng.choice(TRIED), rng.choice(WISH)]
    length = sum(map(len, parts))
    place = number % len(MORE)
    while length < LEAST:
        parts.insert(-1, MORE[place % len(MORE)])
        length += len(parts[-2])
        place += 1
    return "".join(parts)


def clauses(words: str) -> list[str]:
    """A text cut behind its full stops and commas, which is where no bigram reaches over."""
    return _CLAUSE.findall(words)


@lru_cache(maxsize=200_000)
def lexemes_of(text: str) -> str:
    """The bigrams of a text as `tsvector` reads them."""
    return " ".join("'" + one.replace("\\", "\\\\").replace("'", "''") + "'" for one in grams(text))
