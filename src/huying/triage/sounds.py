"""How names sound and which characters look alike, for slips of typing. Pure; tables by `tools/pinyin.py`."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

_FIRST = 0x4E00
_DATA = Path(__file__).parent / "data"
# Characters that are taken for one another by eye; each group is one.
_ALIKE = (
    "口囗日曰 末茉未沫 荷何河 风凤 棉绵锦 兰蓝 榴留溜柳 堑暂 荆刑 紫絮 庄压 人入八 土士 干千于 己已巳 大太犬 天夫 "
    "竹什 苑菀 园圆团 桂佳挂 榕容溶 莉利梨 渡度 望旺 墨黑 砚现 圃浦 尾屋 栖西酉 仪义议 鸣呜 翠萃 溪奚 晖挥辉 荫阴萌 "
    "舍舌 岸岩崖 塘糖搪 云芸 清青情请 影景 韵韶 澜阑 亭停 桥侨 叶吐 箕萁 棣隶 邓郑 鹭路 敦墩郭 坂板版 建健 恒桓 升什 "
    "贤肾 毛手 岗冈刚 洲州 滘窖 汇江 润闰 逸免 鸿鸟 晓烧 顺须 福幅 江扛 湖胡 石右 茜栖 书节 院完 月用 金全 新亲 荔茘"
)  # fmt: skip


@lru_cache(maxsize=1)
def simple() -> dict[int, str]:
    """Simplified for traditional characters, as `str.translate` takes it."""
    pairs = (_DATA / "simplified.txt").read_text(encoding="utf-8").replace("\n", "")
    return {ord(old): new for old, new in zip(pairs[::2], pairs[1::2], strict=True)}


@lru_cache(maxsize=1)
def _syllables() -> tuple[list[str], str]:
    head, _line, rest = (_DATA / "syllables.txt").read_text(encoding="ascii").partition("\n")
    return [_slurred(one) for one in head.split()], rest.replace("\n", "")


@lru_cache(maxsize=1)
def _shapes() -> dict[str, str]:
    groups: dict[str, set[str]] = {}
    for group in _ALIKE.split():
        for one in group:
            groups.setdefault(one, set()).update(group)
    return {one: "".join(sorted(others - {one})) for one, others in groups.items()}


def plain(words: str) -> str:
    """Simplified, half-width, lower case, character for character, so that places in it are places in the words."""
    half = (unicodedata.normalize("NFKC", one) for one in words)
    return (
        "".join(new if len(new) == 1 else old for old, new in zip(words, half, strict=True)).lower().translate(simple())
    )


def _slurred(syllable: str) -> str:
    """Without what many speakers do not tell apart: n and l, f and hu, flat and rolled, front and back nasals."""
    for rolled in ("zh", "ch", "sh"):
        if syllable.startswith(rolled):
            syllable = syllable[0] + syllable[2:]
    if syllable.startswith("n") and len(syllable) > 1:
        syllable = "l" + syllable[1:]
    if syllable == "hong":
        syllable = "fen"
    elif syllable.startswith("hu") and len(syllable) > 2:
        syllable = "f" + {"un": "en", "ui": "ei"}.get(syllable[1:], syllable[2:])
    elif syllable == "hu":
        syllable = "fu"
    return syllable[:-1] if syllable.endswith(("ang", "eng", "ing")) else syllable


@lru_cache(maxsize=8192)
def sound(character: str) -> str:
    """The slurred syllable of a character; what is no such character sounds as itself."""
    known, places = _syllables()
    at = (ord(character) - _FIRST) * 2
    if not 0 <= at < len(places) or places[at] == "z":
        return character
    return known[(ord(places[at]) - 97) * 26 + ord(places[at + 1]) - 97]


def shapes(character: str) -> str:
    """The characters that look so alike that one is typed for the other."""
    return _shapes().get(character, "")
