"""From words to a place: a gazetteer of the public registers, and what a caller's words say of it. Pure, order-free.

It suggests; where the words leave it open it asks one short question with the choices. Words that name a place win
over the stated estate; words that only point ("downstairs") mean it. Rules: `docs/explanation/triage.md`, Place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from os.path import commonprefix

from huying.kernel.terms import Term, _
from huying.triage.gazetteer_meant import DENIED, meant
from huying.triage.sounds import plain, shapes, sound

LEVELS = {2: "province", 4: "city", 6: "district", 9: "street", 12: "community", 15: "grid", 19: "building"}
MOST_WORDS = 600  # characters that are read: the beginning, and the end, where people add what they forgot
MOST_END = 200
MOST_CHOICES = 30
MOST_ALIKE = 200  # names that share a piece; a piece of more says nothing


class Why(Term):
    """What spoke for a place."""

    NAMED = "named", _("说到名称")
    PART = "part", _("说到名称的一部分")
    SOUND = "sound", _("读音相同或相近")
    SHAPE = "shape", _("字形相近")
    HOUSE = "house", _("楼栋或门牌")
    NEAR = "near", _("在它附近，只算到社区")
    STATED = "stated", _("诉求人说的小区")
    POINT = "point", _("照片位置")
    CODE = "code", _("写明代码")


class Question(Term):
    """What is asked where the words leave the place open."""

    WHICH = "which", _("您说的是哪一个地方？")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a register: `kind` is area, estate, building, facility or water; `codes` are areas down to grid."""

    kind: str
    name: str
    codes: tuple[str, ...]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    code: Why
    piece: str
    """As it stands in the words."""
    name: str = ""
    """As the register has it."""

    def __str__(self) -> str:
        """`说到名称“榕树花园”`, in the language that is asked for."""
        piece = self.piece or self.name
        return (
            str(_("%(why)s“%(piece)s”")) % {"why": self.code.label, "piece": piece} if piece else str(self.code.label)
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    code: str
    level: str
    confidence: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    question: Question
    choices: tuple[tuple[str, str], ...]
    """Codes and what they are called, in order."""


@dataclass(frozen=True, slots=True)
class Found:
    """Nothing where no place of this street is said. With `ask`, the candidates are what is asked about."""

    candidates: tuple[Candidate, ...] = ()
    ask: Ask | None = None

    @property
    def code(self) -> str:
        """The one code that is certain enough; "" where one must ask or nothing is said."""
        return self.candidates[0].code if self.candidates and self.ask is None else ""


@dataclass(frozen=True)
class _Said:
    """A place that the words name, from `start` to `end`."""

    start: int
    end: int
    entries: tuple[int, ...]
    why: Why
    weight: float


_ENDS = (
    "社区居委会", "居委会", "社区", "村委会", "村", "街道", "镇", "乡", "区", "市", "县", "省",
    "花园", "新村", "小区", "公寓", "宿舍", "大厦", "广场", "家园", "雅苑", "苑", "里", "园",
    "大道", "大街", "路", "街", "巷", "道", "湖", "塘", "涌", "渠", "河",
)  # fmt: skip
_HOMES = re.compile(r"(?:那个|那边的|那边|的|这个|单位|厂的?)?(小区|公寓楼?|宿舍楼?|花园|新村|苑|园)")
_OFFICE = re.compile(
    r"(?:社区|村)?(?:居委会?|村委会?|党群|工作站|服务站|服务中心|便民服务点|办公|网格站|办事)|(?:那个)?社区"
)
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百]+(?=\s*(?:栋|幢|座|号|单元|网格|格|楼|层))")
_HOUSE = re.compile(r"(?<!\d)(\d{1,6})\s{0,4}(?:栋|幢|座|号楼|#)")
_DOOR = re.compile(r"(?<!\d)(\d{1,6})\s{0,4}号(?!楼?网格)")
_GRID = re.compile(r"^第?(\d+)号?(?:网格|格)")
_GRID_END = re.compile(r"(?<!\d)(\d{1,6})\s{0,4}号?(?:网格|格)$")
_NEAR = re.compile(
    r"^.{0,8}?(对面|斜对|对过|隔壁|旁|附近|后面|背面|背后|后头|后墙|侧边|左边|右边|前面|门前|外面|围墙边|边边|之间|中间|"
    r"当中|夹着|交界|往里走|出来|隔条|靠|路口|那一段)"
)
_AWAY = re.compile(
    r"隔壁街道|别的街道|外地|外省|老家|网上|网购|公交车上|地铁|高铁|高速|火车站|机场|人民医院|中心医院|急诊|朋友|同事|亲戚|"
    r"(?:公司|单位|学校|医院|商场|酒店|银行)(?:里|门口|楼下|楼上|附近|旁|对面|上班|车库|电梯|走廊)|"
    r"在(?:公司|单位|学校|医院|商场|酒店|银行)|"
    r"[爸妈哥弟姐妹婆公奶爷叔姑舅姨母父儿女][们的]?(?:家|那边|那里)"
)
_POINTS = re.compile(
    r"小区|楼下|楼上|楼道|楼后|楼顶|顶楼|底楼|楼梯|走廊|过道|电梯|单元|[东南西北前后侧正大边小]门|院门|院子|院里|我家|家里|隔壁|对门|邻居|"
    r"(?:^|[,，。、 ]|家|我们|咱们?|楼|院|栋|在)门口|物业|保安|车库|地库|地下室|天台|阳台|业委会|门禁|垃圾房|架空层|"
    r"大堂|岗亭|门卫|车位|车棚|快递柜|草坪|花坛|泳池|滑梯|消防通道|外墙|水箱|配电房|对讲|楼栋|业主|村口|巷口|巷子|我这|"
    r"[栋幢座]|\d\s*(?:楼|层|号楼)|我们(?:这|院|楼)|我住的"
)
_ELSEWHERE = re.compile(
    r"(?:不是|不在|没在|并非|不属于|不算)(?:在|说|指)?(?:我们?|咱们?|自己|我家|本)|另一个|另外一个|别的小区|别人家|"
    r"离我?家[有比挺很]?[点较]?远|不记得|记不得|记不清|忘了"
)
_CLOSE = re.compile(r"离我?家不远|离我?家近|我家(?:旁|附近|楼下)|家门口|我住的|我们")
_AT_HOME = re.compile(r"(?:[说问指报]|反映|投诉)的?就?是在?(?:我?家|我们?(?:小区|这|楼))")
_PLANT_BEFORE, _PLANT_AFTER = re.compile(r"[大棵株朵种]$"), re.compile(r"^[树花叶枝果木开香落谢]")
_PLANTS = re.compile(r"[榕棉兰荆桂榴竹莲荷梅樟松柏柳槐茉莉桃李杏枣桐枫][树花]?$")
_UNDER = re.compile(r"^(?:树|底|脚)?下")
_SPOT = re.compile(  # what stands behind a part of a name where it is one, and no longer name begins
    r"^(?:的|那|这|里|边|附近|对面|斜对|对过|旁|隔壁|楼(?=[下上顶道后里那梯]|$|\W)|门|后|前|背|侧|左|右|中间|之间|外|上|下|口|"
    r"[东南西北]|、|和|跟|同|与|到|或|还是|一带|片|菜|市场|集市|农贸|小学|中学|幼儿园|学校|卫生|医院|诊所|药|派出所|警务|饭堂|"
    r"食堂|老年|养老|文化|图书|邮|银行|超市|商店|便利店|广场|公园|球场|健身|公厕|厕所|车站|公交|地铁|停车|工地|人行|天桥|码头|"
    r"牌坊|路口|街[心口头尾上]|交|十字|丁字|接壤|汽车|加油|敬老|福利|体育|文体|理发|洗车|修车|快递|驿站|小区|社区|泵站|路灯|灯杆|井盖|口袋|投放|垃圾|充电|消防|电梯|便民|村|居委|党群|网格|[0-9a-z])|^\W"
)
_THAT = re.compile(r"([\u4e00-\u9fff])([\u4e00-\u9fff])那个(?:社区|小区|花园|公寓)")
_RIVER = re.compile(r"大河|河边|河堤|江边|河里")
_HINT = re.compile(r"([\u4e00-\u9fff])(?:什么|开头|打头)|([\u4e00-\u9fff])(?=字)")
_LAST = re.compile(r"([\u4e00-\u9fff])字?(?:结尾|收尾)")
_FIRST = re.compile(r"打头|开头|字头")
_CLASSES = ("公寓", "花园", "新村", "宿舍", "社区", "苑")
# What may stand before the name of a place without being a part of it.
_LOOSE = (
    "映诉询议助扬谢天晚早午夜时候点分不没还也都只又再把被让派送接进出起完处所某然后因为区路街巷苑村道什么着了得看查修管喊到位至在的是那个去从住和跟与同叫就这说里边家老有过往上下东西南北来回给于对按找问请向朝们"
    "吧啊呢吗嘛呀哦您我你他她为由离近靠沿经口旁外内面前后或报讲"
)
_ALONE = re.compile(rf"(?:^|[^\u4e00-\u9fff]|[{_LOOSE}])(?:公寓|花园|新村|宿舍|苑)")
_OTHERS = re.compile(
    r"(?:广场|大厦|酒店|宾馆|商店|店|超市|商场|银行|小学|中学|幼儿园|公园|市场|菜场|工地|厂|公寓|花园|新村|苑|写字楼|影城|餐厅|饭馆)"
    r"的?(?:门口|楼下|楼上|旁|对面|隔壁|电梯|车库|地库|[东南西北大正后侧]门)"
)
_UNKNOWN = re.compile(r"(?!我们|你们|他们|咱们|附近|当地|这个|那个|哪个|隔壁)[\u4e00-\u9fff]{2}(?:社区|村)居委会")
_THINGS = {
    "路灯": r"路灯|灯杆", "井盖": r"井盖", "投放点": r"投放点|扔垃圾|垃圾桶", "公厕": r"公厕|公共厕所",
    "口袋公园": r"口袋公园",
    "健身点": r"健身", "充电棚": r"充电棚|充电的棚", "消防栓": r"消[防火]栓", "电梯": r"栋的?电梯", "泵站": r"泵站",
    "人行道口": r"人行道口", "便民服务点": r"便民服务点",
}  # fmt: skip
_ROAD = re.compile(r"^(.{1,10}?(?:大道|大街|路|街|巷|道))\s*(\d+)?\s*号?")


def _digits(found: re.Match[str]) -> str:
    """Numerals as digits, filled up with blanks so that every character keeps its place where that is possible."""
    total = unit = 0
    plain_row = not re.search("[十百]", found[0])
    for one in found[0]:
        if one in "百十":
            total += (unit or 1) * (100 if one == "百" else 10)
            unit = 0
        else:
            value = "零一二三四五六七八九".find(one.replace("〇", "零").replace("两", "二"))
            unit = unit * 10 + value if plain_row else value
    return str(total + unit).rjust(len(found[0]))


def _core(name: str) -> str:
    return next((name.removesuffix(end) for end in _ENDS if name.endswith(end) and len(name) - len(end) >= 2), name)


def _deepest(codes: Iterable[str]) -> str:
    """The finest area that holds all of them."""
    common = commonprefix(list(codes))
    return common[: max((one for one in LEVELS if one <= len(common)), default=0)]


@dataclass(frozen=True)
class Gazetteer:
    """Names of places by their pieces. Made once for a street (or more), asked many times."""

    entries: tuple[Entry, ...]
    areas: dict[str, str] = field(default_factory=dict)
    names: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    sounds: dict[tuple[str, ...], list[int]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Estates by the last character of their names."""
    begins: set[object] = field(default_factory=set)
    """The first two characters, and sounds, of names and their parts: most of a text begins none."""
    parts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    characters: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    houses: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    things: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Gazetteer:
        """In whatever order the rows come, the same gazetteer."""
        rows = {
            Entry(e.kind, plain(e.name).replace(" ", ""), tuple(sorted(e.codes)), tuple(sorted(e.aliases)))
            for e in entries
        }
        roads: dict[str, set[str]] = defaultdict(set)
        houses: dict[tuple[str, str], set[str]] = defaultdict(set)
        for one in rows:
            if one.kind in ("building", "facility"):
                road, house = _ROAD.match(one.name), _HOUSE.search(one.name)
                if road is not None:
                    roads[road[1]].update(one.codes)
                    if road[2]:
                        houses[road[1], road[2]].update(one.codes)
                elif house is not None and house.start():
                    houses[one.name[: house.start()], house[1]].update(one.codes)
        rows |= {Entry("road", name, tuple(sorted(codes))) for name, codes in roads.items()}
        made = cls(tuple(sorted(rows, key=lambda e: (e.kind, e.name, e.codes))))
        made.houses.update(houses)
        made.areas.update({one.codes[0]: one.name for one in made.entries if one.kind == "area"})
        for place, one in enumerate(made.entries):
            made._keep(place, one)
        for end in _ENDS:  # what many are is no part of a name
            if len(made.parts.get(end, ())) > 1:
                del made.parts[end]
        return made

    def _keep(self, place: int, one: Entry) -> None:
        if one.kind == "building":
            return
        for tail in _THINGS if one.kind == "facility" else ():
            if one.name.endswith(tail):
                self.things[tail].append(place)
        words = [one.name, *(plain(alias) for alias in one.aliases)]
        if one.kind == "area" and len(one.codes[0]) == 12:
            words.append(one.name.replace("第", "", 1))
        if one.kind == "area" and (numbered := _GRID_END.search(_NUMERAL.sub(_digits, one.name))) is not None:
            self.houses[one.codes[0][:12], f"格{int(numbered[1])}"].add(one.codes[0])
        if one.kind == "area" and len(one.codes[0]) == 9:
            words.append(one.name.removesuffix("道") if one.name.endswith("街道") else one.name)
        for name in dict.fromkeys(words):
            if len(name) < 2:
                continue
            self.names[name].append(place)
            if one.kind == "estate":
                self.ends[name[-1]].append(place)
            self.begins.add(name[:2])
            if one.kind == "facility":
                continue
            if len(name) >= 3:
                heard = tuple(map(sound, name))
                self.sounds[heard].append(place)
                self.begins.add(heard[:2])
            core = _core(name)
            pieces = {core} | {core[:n] for n in range(2, len(core))} | {core[n:] for n in range(1, len(core) - 1)}
            if one.kind == "estate":
                pieces |= {name[n:] for n in range(1, len(name) - 1)}
            for piece in sorted(pieces - {name, "网格"}):  # every grid is one
                # Nobody calls a stream by the name of a community that it runs through.
                stream = one.kind == "water" and any(self.entries[p].kind == "area" for p in self.parts.get(piece, ()))
                if len(piece) >= 2 and not stream:
                    self.parts[piece].append(place)
                    self.begins.add(piece[:2])
            for character in sorted(set(core)):
                self.characters[character].append(place)

    def find(self, words: str, stated: str | None = None, point_codes: Sequence[str] = (), scope: str = "") -> Found:
        """The place that the words mean: certain (`Found.code`), to be asked, or none.

        `stated` is the name of the estate that the caller gave as home, `point_codes` the areas in which photos were
        taken, `scope` the area in which everything must lie.
        """
        if len(words) > MOST_WORDS:
            words = f"{words[: MOST_WORDS - MOST_END]}。{words[-MOST_END:]}"
        text = re.sub(r"\s", " ", plain(words))
        text = _NUMERAL.sub(_digits, text)
        written = sorted(
            {c for c in re.findall(r"(?<!\d)\d{9,19}(?!\d)", text) if c in self.areas and c.startswith(scope)}
        )
        if len(written) == 1:
            return self._sure(written[0], 0.99, (Reason(Why.CODE, written[0]),))
        said = self._said(text, scope)
        home = None if _ELSEWHERE.search(text) else self._home(stated, scope)
        groups = [(one, self._codes(one, text, scope)) for one in said]
        groups = [(one, codes) for one, codes in groups if codes]
        shown = words if len(words) == len(text) else text
        reasons = tuple(
            Reason(one.why, shown[one.start : one.end], self.entries[one.entries[0]].name) for one, _codes in groups
        )
        points = [code for code in point_codes if code.startswith(scope)]
        weak = all(one.weight <= 0.3 for one, _codes in groups) and _POINTS.search(text)
        if not groups or (home is not None and (weak or _AT_HOME.search(text))):
            return self._unnamed(text, home, points, scope)
        return self._joined(text, groups, home, points, reasons, scope)

    # What the words name

    def _said(self, text: str, scope: str) -> list[_Said]:
        found: list[_Said] = []
        heard = [sound(one) for one in text]
        for start in range(len(text) - 1):
            if text[start : start + 2] in self.begins:
                for end in range(start + 2, min(len(text), start + 14) + 1):
                    found += self._at(text, start, end, scope)
            if tuple(heard[start : start + 2]) in self.begins:
                found += self._sounding(text, heard, start, scope)
        for at in range(len(text)):
            for looks in shapes(text[at]):
                if looks in self.characters:
                    found += self._looking(f"{text[:at]}{looks}{text[at + 1 :]}", text, at, scope)
        chosen: list[_Said] = []
        for one in sorted(found, key=lambda s: (-(s.weight * (s.end - s.start)), -s.weight, s.start)):
            if all(one.end <= other.start or one.start >= other.end for other in chosen):
                chosen.append(one)
        chosen.sort(key=lambda s: s.start)
        strong = [one for one in chosen if one.weight > 0.5] or chosen
        return [strong[at] for at in meant(text, [(one.start, one.end) for one in strong])]

    def _at(self, text: str, start: int, end: int, scope: str) -> list[_Said]:
        piece = text[start:end]
        found: list[_Said] = []

        def add(places: Iterable[int], why: Why, weight: float, stop: int = end) -> None:
            found.extend(self._within(start, stop, places, why, weight, scope))

        if piece in self.names and not (piece[-1] == "街" and text.startswith("道", end)):  # a sub-district
            add(self.names[piece], Why.NAMED, 1.0, end + 2 if text.startswith("小区", end) else end)
            return found
        if 0 < len(self.parts.get(piece, ())) <= MOST_ALIKE:
            places = self.parts[piece]
            cut = start and "\u4e00" <= text[start - 1] <= "\u9fff" and text[start - 1] not in _LOOSE
            cut = cut and not any(text[max(0, start - n) : start] in self.parts for n in (2, 3))
            office, house = _OFFICE.match(text, end), _HOMES.match(text, end)
            if office is not None:
                areas = [p for p in places if self.entries[p].kind == "area" and len(self.entries[p].codes[0]) == 12]
                add(areas, Why.NAMED, 0.98, office.end())
            elif house is not None:
                homes = [p for p in places if self.entries[p].kind == "estate"]
                same = [p for p in homes if self.entries[p].name.endswith(house[1][:2])]
                tail = all(not self.entries[p].name.startswith(piece) for p in same or homes)
                other = not same and house[1] != "小区"  # a garden is no village
                if not (start and text[start - 1] in self.characters and (tail or other)):
                    add(same or homes, Why.PART, 0.3 if other or (cut and tail) else 0.9, house.end())
            elif (grid := _GRID.match(text[end:])) is not None:
                add(
                    [p for p in places if self.entries[p].kind == "area" and len(self.entries[p].codes[0]) == 12],
                    Why.NAMED,
                    0.95,
                    end + grid.end(),
                )
            tail = all(not _core(self.entries[p].name).startswith(piece) for p in places)
            plant = (
                _PLANT_BEFORE.search(text[:start])
                or _PLANT_AFTER.match(text[end:])
                or (_UNDER.match(text[end:]) and _PLANTS.search(piece))
            )
            # A piece after a character of another name is a mixture of two names, which is to be asked about.
            mixed = start and text[start - 1] in self.characters and (tail or not _SPOT.match(text[end:] + "。"))
            if not plant and not mixed:
                clear = not tail and (_SPOT.match(text[end:] + "。") or text[end : end + 2] in self.begins)
                add(places, Why.PART, 0.3 if cut else 0.7 if clear else 0.45)
        return found

    def _sounding(self, text: str, heard: list[str], start: int, scope: str) -> Iterator[_Said]:
        for end in range(start + 3, min(len(text), start + 8) + 1):
            piece = text[start:end]
            if piece not in self.names and piece not in self.parts:
                places = self.sounds.get(tuple(heard[start:end]), ())
                few = [p for p in places if self._slips(piece, p) <= max(1, len(piece) // 2)]
                yield from self._within(start, end, few, Why.SOUND, 0.9, scope)
                if not few:  # all but the ending: to be asked about
                    same = [p for p in places if self.entries[p].name[-1] == piece[-1]]
                    yield from self._within(start, end, same, Why.SOUND, 0.3, scope)

    def _looking(self, mended: str, text: str, at: int, scope: str) -> Iterator[_Said]:
        """The names of three to eight characters that stand there once the character is taken for its like."""
        for start in range(max(0, at - 7), at + 1):
            if mended[start : start + 2] in self.begins:
                for end in range(max(at + 1, start + 3), min(len(text), start + 8) + 1):
                    piece = text[start:end]
                    if mended[start:end] in self.names and piece not in self.names and piece not in self.parts:
                        places = [p for p in self.names[mended[start:end]] if self.entries[p].kind != "facility"]
                        yield from self._within(start, end, places, Why.SHAPE, 0.85, scope)

    def _within(
        self, start: int, end: int, places: Iterable[int], why: Why, weight: float, scope: str
    ) -> Iterator[_Said]:
        inside = tuple(
            p
            for p in dict.fromkeys(places)
            if any(c.startswith(scope) or scope.startswith(c) for c in self.entries[p].codes)
        )
        if inside:
            yield _Said(start, end, inside, why, weight)

    def _slips(self, piece: str, place: int) -> int:
        name = self.entries[place].name
        return sum(a != b for a, b in zip(name, piece, strict=True)) if len(name) == len(piece) else 9

    # From a name to codes

    def _codes(self, one: _Said, text: str, scope: str) -> frozenset[str]:
        after = re.split(r"[，。,！？；]", text[one.end :])[0][:24]
        codes: set[str] = set()
        places = [self.entries[p] for p in one.entries]
        house, door, grid = _HOUSE.findall(after), _DOOR.findall(after), _GRID.match(text[one.end :])
        grid = grid or _GRID_END.search(text[one.start : one.end])
        if house and any(e.kind == "estate" for e in places):
            places = [e for e in places if e.kind == "estate"]
        elif door and any(e.kind == "road" for e in places):
            places = [e for e in places if e.kind == "road"]
        for entry in places:
            own = set(entry.codes)
            known = [self.houses.get((entry.name, number)) for number in (house or door)]
            exact = {c for codes_ in known if codes_ for c in codes_}
            if exact and len([1 for k in known if k]) == len(known):
                own = exact
            elif grid is not None and entry.kind == "area" and len(entry.codes[0]) == 12:
                own = self.houses.get((entry.codes[0], f"格{int(grid[1])}"), own)
            elif entry.kind in ("estate", "road", "area"):
                things = set() if door or house else self._things_of(entry, after)
                own = things or own
            near = _NEAR.match(after)
            crossing = near is not None and near[1] == "路口" and entry.kind == "area"  # it lies in the area
            if near is not None and not exact and not crossing:
                own = {c[:12] for c in own}
            codes |= {c for c in own if c.startswith(scope) or scope.startswith(c)}
        return frozenset(codes)

    def _things_of(self, entry: Entry, after: str) -> set[str]:
        """Where the things stand that are named after an estate, a road or a community, and are spoken of here."""
        begins = _core(entry.name) if entry.kind == "area" else entry.name
        tails = [tail for tail, words in _THINGS.items() if re.search(words, after)]
        things = [self.entries[place] for tail in tails for place in self.things.get(tail, ())]
        return {code for one in things if one.name.startswith(begins) for code in one.codes}

    def _home(self, stated: str | None, scope: str) -> Entry | None:
        name = plain(stated or "").replace(" ", "")
        homes = [self.entries[p] for p in self.names.get(name, ()) if self.entries[p].kind == "estate"]
        homes = [e for e in homes if any(c.startswith(scope) for c in e.codes)]
        return homes[0] if len(homes) == 1 else None

    # From codes to an answer

    def _joined(
        self, text: str, groups: list[tuple[_Said, frozenset[str]]], home: Entry | None, points: list[str],
        reasons: tuple[Reason, ...], scope: str,
    ) -> Found:  # fmt: skip
        communities = [self._communities(codes) for _one, codes in groups]
        common = frozenset.intersection(*communities)
        if len(common) > 1 and all(one.weight <= 0.5 for one, _c in groups) and _HINT.search(text):
            common = common & self._hinted(text, home, scope) or common
        if not common:
            return self._asked(frozenset.union(*communities), reasons, scope)
        if (
            len(common) > 1
            and home is not None
            and (_CLOSE.search(text) or all(one.weight <= 0.5 for one, _c in groups))
        ):
            mine = {c[:12] for c in home.codes}
            if mine & common and all(
                len(home.codes) and self._is_home(one, home) for one, _c in groups if one.weight <= 0.5
            ):
                if all(one.weight <= 0.5 for one, _c in groups):
                    return self._at_home(text, home)
                common &= frozenset(mine)
        shot = frozenset(c[:12] for c in points if len(c) >= 12)
        if len(common) > 1 and len(shot & common) == 1:
            common, reasons = shot & common, (*reasons, Reason(Why.POINT, ""))
        vague = all(one.weight <= 0.3 or (one.why == Why.PART and one.weight <= 0.7) for one, _c in groups)
        clear = any(one.weight > 0.3 and _SPOT.match(text[one.end :] + "。") for one, _c in groups)
        if vague and not clear:
            return self._asked(common | shot, reasons, scope)  # a word of a name, or a plant in a garden
        if len(common) != 1 or (shot and not shot & common):
            return self._asked(common | shot, reasons, scope)
        (community,) = common
        inside = [{c for c in codes if c.startswith(community)} for _one, codes in groups]
        named = [codes for codes in inside if codes] or [{community}]
        deep = (
            _deepest(set().union(*named))
            if any(w in text for w in ("之间", "中间", "当中")) or len(named) > 1
            else _deepest(named[0])
        )
        sure = min(one.weight for one, _c in groups)
        if len(named) > 1 and len({_deepest(n) for n in named}) > 1:
            grids = [n for n in map(_deepest, named) if len(n) >= 15]
            deep = (
                grids[0]
                if len(grids) == 1
                and all(self.entries[o.entries[0]].kind == "area" for o, c in groups if grids[0] not in c)
                else deep
            )
        return self._sure(deep if len(deep) >= 12 else community, round(0.6 + 0.38 * sure, 2), reasons)

    def _is_home(self, one: _Said, home: Entry) -> bool:
        return any(self.entries[p] == home for p in one.entries)

    def _communities(self, codes: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        for code in codes:
            if len(code) >= 12:
                found.add(code[:12])
            else:
                found |= {c for c in self.areas if len(c) == 12 and c.startswith(code)}
        return frozenset(found)

    def _unnamed(self, text: str, home: Entry | None, points: list[str], scope: str) -> Found:
        """No name is said: a kind of thing, a piece of a name, the caller's own house, or the photo."""
        if _AWAY.search(text):
            return Found()
        kinds = [p for tail, words in _THINGS.items() if re.search(words, text) for p in self.things.get(tail, ())]
        if re.search(r"\d号路灯", text):
            kinds = list(self.things.get("路灯", ()))
        kinds = [p for p in kinds if self.entries[p].codes[0].startswith(scope)]
        pointed = home is not None and not self._of_others(text) and _POINTS.search(DENIED.sub("", text))
        if kinds and not pointed:
            codes = {c[:12] for p in kinds for c in self.entries[p].codes}
            mine = {c[:12] for c in home.codes} & codes if home is not None else set()
            if len(mine or codes) == 1:
                return self._sure((mine or codes).pop(), 0.8, (Reason(Why.STATED if mine else Why.NAMED, text[:12]),))
            return self._asked(frozenset(codes), (), scope)
        if home is not None and pointed:
            return self._at_home(text, home)
        if len({c[:12] for c in points}) == 1:
            return self._sure(points[0], 0.7, (Reason(Why.POINT, ""),))
        if _RIVER.search(text):
            rivers = {c[:12] for e in self.entries if e.kind == "water" and e.name[-1] in "河江" for c in e.codes}
            return self._asked(frozenset(c for c in rivers if c.startswith(scope)), (), scope)
        hinted = self._hinted(text, home, scope)
        if hinted:
            return self._sure(next(iter(hinted)), 0.75, ()) if len(hinted) == 1 else self._asked(hinted, (), scope)
        if _UNKNOWN.search(text):
            return Found()
        if re.search(r"居委会|第\d+网格|网格[\d一二三四五六七八九十]", text):
            return self._asked(frozenset(c for c in self.areas if len(c) == 12 and c.startswith(scope)), (), scope)
        return self._mixed(text, scope)

    def _of_others(self, text: str) -> bool:
        """Whether the door or the foot that is spoken of is that of a shop, a school, another house."""
        other = _OTHERS.search(text)
        return other is not None and not _CLOSE.search(text) and "小区" not in text[: other.start()]

    def _hinted(self, text: str, home: Entry | None, scope: str) -> frozenset[str]:
        """The communities of names that begin with, or hold, a character that is told, and end as is told."""
        ends = tuple(end for end in _CLASSES if end in text)
        hints = {h for told in (*_HINT.findall(text), *_THAT.findall(text)) for h in told if h in self.characters}
        last = tuple(_LAST.findall(text))
        fitting = {p for h in hints for p in self.characters[h] if not ends or self.entries[p].name.endswith(ends)}
        if last and not fitting:
            fitting = self._ending(last)
        if _FIRST.search(text):
            fitting = {p for p in fitting if self.entries[p].name[0] in hints} or fitting
        if ends and not hints and _ALONE.search(text):
            mine = home is not None and home.name.endswith(ends)
            fitting = {p for p in self._ending(ends) if not mine or self.entries[p] == home}
        codes = {c[:12] for p in fitting for c in self.entries[p].codes}
        return frozenset(c for c in codes if len(c) >= 12 and c.startswith(scope))

    def _ending(self, ends: tuple[str, ...]) -> set[int]:
        """The estates whose names end so."""
        return {p for end in ends for p in self.ends.get(end[-1], ()) if self.entries[p].name.endswith(end)}

    def _mixed(self, text: str, scope: str) -> Found:
        """Two characters of two names before an ending: every one of them is known, their pair is not."""
        for end in ("花园", "新村", "公寓", "社区", "苑", "里", "路", "街", "巷"):
            for found in re.finditer(rf"([\u4e00-\u9fff])([\u4e00-\u9fff]){end}", text):
                sets = [
                    {
                        c[:12]
                        for p in self.characters.get(one, ())
                        for c in self.entries[p].codes
                        if len(c) >= 12 and c.startswith(scope)
                    }
                    for one in found.groups()
                ]
                if all(sets):
                    return self._asked(frozenset(sets[0] | sets[1]), (), scope)
        return Found()

    def _at_home(self, text: str, home: Entry) -> Found:
        house = _HOUSE.search(text)
        codes = self.houses.get((home.name, house[1]), set(home.codes)) if house is not None else set(home.codes)
        deep = _deepest(codes)
        beside = re.search(r"对面|旁边|附近|隔壁|后面|背后|外面", text)
        return self._sure(deep[:12] if beside else deep, 0.85, (Reason(Why.STATED, "", home.name),))

    def _sure(self, code: str, confidence: float, reasons: tuple[Reason, ...]) -> Found:
        return Found((Candidate(code, LEVELS[len(code)], confidence, reasons),))

    def _asked(self, codes: frozenset[str], reasons: tuple[Reason, ...], scope: str) -> Found:
        if not codes:
            return Found()
        offered = sorted(codes)[:MOST_CHOICES]
        share = round(min(0.5, 1 / len(codes)), 2)
        return Found(
            tuple(Candidate(code, LEVELS[len(code)], share, reasons) for code in offered),
            Ask(Question.WHICH, tuple((code, self.areas.get(code, code)) for code in offered)),
        )
