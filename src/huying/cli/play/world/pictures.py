"""Flat drawings for the demo world: the same place before and after. Drawn once, kept under many names."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw

from huying.files.imaging import prepare_image
from huying.files.rules import PreparedImage

WIDTH, HEIGHT = 960, 720
SCALE = 2  # drawn larger, then shrunk: smooth edges
HORIZON, KERB = 430, 560
Pen = ImageDraw.ImageDraw
Draw = Callable[["Canvas", bool], None]

SKY, NIGHT = "#cfe3f2", "#1c2740"
WALL, WALL_DARK, WINDOW = "#e9d9c2", "#d6c2a6", "#8fb2c9"
PAVING, PAVING_LINE, ROAD, ROAD_LINE = "#c9c6bf", "#b3b0a8", "#75787d", "#e8e6df"
LEAF, TRUNK, WATER, FOUL = "#5b9a57", "#8a6a4a", "#7fb6cf", "#5c5a3c"


class Canvas:
    """A pen that counts in the picture's own points."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), SKY)
        self.pen: Pen = ImageDraw.Draw(self.image)

    def box(self, x: float, y: float, w: float, h: float, fill: str, radius: float = 0) -> None:
        edges = (x * SCALE, y * SCALE, (x + w) * SCALE, (y + h) * SCALE)
        self.pen.rounded_rectangle(edges, radius * SCALE, fill=fill)

    def oval(self, x: float, y: float, w: float, h: float, fill: str) -> None:
        self.pen.ellipse((x * SCALE, y * SCALE, (x + w) * SCALE, (y + h) * SCALE), fill=fill)

    def shape(self, points: list[tuple[float, float]], fill: str) -> None:
        self.pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=fill)

    def line(self, points: list[tuple[float, float]], fill: str, width: float) -> None:
        self.pen.line([(x * SCALE, y * SCALE) for x, y in points], fill=fill, width=int(width * SCALE), joint="curve")

    def ring(self, x: float, y: float, size: float, colour: str, width: float) -> None:
        edges = (x * SCALE, y * SCALE, (x + size) * SCALE, (y + size) * SCALE)
        self.pen.ellipse(edges, outline=colour, width=int(width * SCALE))

    def prepared(self) -> PreparedImage:
        held = io.BytesIO()
        self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(held, "JPEG", quality=72)
        return prepare_image(held.getvalue())


def _street(on: Canvas, *, night: bool = False) -> None:
    """A house front, a pavement, a road."""
    on.box(0, 0, WIDTH, HORIZON, NIGHT if night else SKY)
    wall, dark, pane = ("#3a3f52", "#2e3346", "#4b5b78") if night else (WALL, WALL_DARK, WINDOW)
    for number, (x, w, top) in enumerate(((0, 300, 90), (300, 360, 40), (660, 300, 120))):
        on.box(x, top, w, HORIZON - top, (wall, dark, wall)[number])
        for row in range(3):
            for column in range(3):
                on.box(x + 34 + column * (w - 60) / 3, top + 36 + row * 92, (w - 60) / 3 - 34, 54, pane, 4)
    paving, lines, road = ("#4a4c55", "#3f414a", "#2c2e34") if night else (PAVING, PAVING_LINE, ROAD)
    on.box(0, HORIZON, WIDTH, KERB - HORIZON, paving)
    for column in range(0, WIDTH + 200, 80):
        on.line([(column, HORIZON), (column - 90, KERB)], lines, 2)
    on.line([(0, HORIZON + 60), (WIDTH, HORIZON + 60)], lines, 2)
    on.box(0, KERB, WIDTH, 12, "#9b9890" if not night else "#34363d")
    on.box(0, KERB + 12, WIDTH, HEIGHT - KERB, road)
    for column in range(30, WIDTH, 190):
        on.box(column, 640, 110, 10, ROAD_LINE if not night else "#8c8b86")


def _tree(on: Canvas, x: float, ground: float, size: float = 1.0) -> None:
    on.box(x - 9 * size, ground - 150 * size, 18 * size, 150 * size, TRUNK)
    for left, up, wide in ((-80, 250, 120), (-30, 280, 130), (20, 235, 110)):
        on.oval(x + left * size, ground - up * size, wide * size, wide * size, LEAF)


def _bag(on: Canvas, x: float, y: float, size: float, colour: str) -> None:
    on.shape([(x + size * 0.42, y - size * 0.18), (x + size * 0.58, y - size * 0.18), (x + size / 2, y + 4)], colour)
    on.oval(x, y, size, size * 0.86, colour)


def _bin(on: Canvas, x: float, colour: str, *, open_lid: bool = False) -> None:
    on.box(x, 400, 92, 130, colour, 8)
    on.box(x + 10, 530, 14, 12, "#333", 4)
    on.box(x + 68, 530, 14, 12, "#333", 4)
    if open_lid:
        on.shape([(x - 6, 398), (x + 98, 350), (x + 104, 366), (x, 412)], "#2f5d44")
    else:
        on.box(x - 6, 386, 104, 16, "#2f5d44", 5)


def site(on: Canvas, after: bool) -> None:
    """Whatever was wrong: fenced off, and later not any more."""
    _street(on)
    _tree(on, 130, 540, 1.0)
    if after:
        _tree(on, 830, 540, 1.0)
        return
    for x in (280, 480, 680):
        on.box(x, 456, 10, 110, "#d9d9d9")
    for row in (470, 516):
        for number in range(10):
            on.box(270 + number * 43, row, 43, 22, ("#d9542f", "#f4f1ea")[number % 2])
    for x in (230, 720):
        on.shape([(x, 570), (x + 24, 486), (x + 48, 570)], "#e07b2e")
        on.box(x + 10, 530, 28, 12, "#f4f1ea")


def garbage(on: Canvas, after: bool) -> None:
    _street(on)
    _bin(on, 150, "#3f7d5b")
    _bin(on, 262, "#4a76b8")
    if after:
        on.box(420, 470, 300, 6, "#dbeef7")
        on.box(480, 500, 220, 5, "#dbeef7")
        return
    for x, y, size, colour in (
        (390, 440, 120, "#3b3b40"), (480, 470, 110, "#55555c"), (570, 452, 130, "#2f2f33"), (350, 500, 84, "#7a6f5a"),
        (660, 492, 90, "#486b4c"), (440, 520, 74, "#8b5e3c"),
    ):  # fmt: skip
        _bag(on, x, y, size, colour)
    for x, y in ((330, 560), (520, 580), (600, 560), (740, 556), (420, 590)):
        on.box(x, y, 36, 12, "#e5e0cf", 4)


def full_bin(on: Canvas, after: bool) -> None:
    _street(on)
    _bin(on, 330, "#3f7d5b", open_lid=not after)
    _bin(on, 450, "#4a76b8", open_lid=not after)
    if after:
        return
    for x, y, size, colour in (
        (336, 336, 70, "#3b3b40"), (456, 340, 74, "#55555c"), (300, 470, 80, "#2f2f33"), (556, 470, 84, "#7a6f5a"),
    ):  # fmt: skip
        _bag(on, x, y, size, colour)


def pothole(on: Canvas, after: bool) -> None:
    _street(on)
    if after:
        on.shape([(330, 606), (650, 600), (676, 690), (310, 694)], "#63666b")
        on.line([(330, 606), (650, 600), (676, 690), (310, 694), (330, 606)], "#5a5d62", 3)
        return
    on.shape([(330, 640), (390, 604), (520, 612), (640, 600), (690, 650), (600, 696), (420, 700)], "#3c3e42")
    on.oval(380, 632, 250, 46, "#6f8796")
    for x, y in ((310, 620), (676, 612), (700, 690), (350, 706)):
        on.oval(x, y, 26, 16, "#55575c")


def lamp(on: Canvas, after: bool) -> None:
    _street(on, night=True)
    on.box(470, 120, 16, 420, "#8a8f9c")
    on.line([(478, 128), (400, 112)], "#8a8f9c", 12)
    on.box(340, 104, 76, 22, "#b9bdc7" if not after else "#fff3c4", 10)
    if after:
        on.shape([(350, 126), (410, 126), (560, 560), (200, 560)], "#5a5844")
        on.oval(210, 500, 340, 100, "#8b855c")
        on.box(340, 104, 76, 22, "#ffe9a0", 10)
        on.box(470, 120, 16, 420, "#aeb2bd")


def manhole(on: Canvas, after: bool) -> None:
    _street(on)
    on.oval(380, 610, 210, 78, "#4e5156")
    if after:
        on.oval(388, 614, 194, 68, "#8c8f95")
        for row in range(4):
            on.line([(420, 628 + row * 14), (552, 628 + row * 14)], "#6b6e74", 5)
        return
    on.oval(392, 618, 186, 62, "#141517")
    on.shape([(610, 690), (770, 650), (786, 668), (640, 712)], "#8c8f95")
    on.line([(330, 560), (330, 700)], "#d9a441", 8)
    on.line([(330, 590), (660, 590)], "#c9402f", 10)


def drain(on: Canvas, after: bool) -> None:
    _street(on)
    if not after:
        on.oval(120, 560, 760, 130, WATER)
        on.oval(240, 590, 500, 80, "#6aa3bf")
    on.box(400, 566, 200, 34, "#33363a", 4)
    for column in range(7):
        on.box(410 + column * 27, 570, 14, 26, "#85898f")
    if not after:
        for x, y, c in ((396, 560, "#8a6b35"), (450, 556, "#6f8a3d"), (520, 562, "#a5522f"), (566, 556, "#7a7a45")):
            on.oval(x, y, 58, 34, c)


def _bike(on: Canvas, x: float, y: float, colour: str, tilt: float = 0) -> None:
    on.ring(x, y, 70, "#2e3136", 6)
    on.ring(x + 108, y + tilt, 70, "#2e3136", 6)
    on.line([(x + 35, y + 35), (x + 76, y - 20), (x + 128, y - 16 + tilt), (x + 143, y + 35 + tilt)], colour, 9)
    on.line([(x + 76, y - 20), (x + 92, y + 36), (x + 128, y - 16 + tilt)], colour, 9)
    on.line([(x + 128, y - 16 + tilt), (x + 134, y - 48 + tilt), (x + 112, y - 56 + tilt)], "#2e3136", 7)
    on.box(x + 56, y - 34, 40, 10, "#2e3136", 5)


def bikes(on: Canvas, after: bool) -> None:
    _street(on)
    on.box(0, 478, WIDTH, 34, "#d9b44a")
    for column in range(10, WIDTH, 34):
        on.box(column, 484, 20, 22, "#c39a33", 3)
    if after:
        for number in range(4):
            _bike(on, 60 + number * 52, 388, "#4a76b8")
        return
    for x, y, colour, tilt in (
        (90, 446, "#4a76b8", 0), (250, 452, "#d98b2b", 14), (400, 440, "#3f8f6b", -8), (560, 456, "#4a76b8", 10),
        (710, 446, "#d98b2b", 0),
    ):  # fmt: skip
        _bike(on, x, y, colour, tilt)


def sewage(on: Canvas, after: bool) -> None:
    _street(on)
    on.oval(400, 470, 170, 56, "#56595e")
    on.oval(408, 474, 154, 46, "#8c8f95")
    if after:
        return
    on.shape([(440, 500), (560, 500), (700, 600), (780, 720), (200, 720), (300, 600)], FOUL)
    on.oval(400, 460, 170, 60, "#6f6b45")
    for x, y in ((420, 540), (520, 600), (360, 640), (600, 680)):
        on.oval(x, y, 70, 18, "#857f55")


def stalls(on: Canvas, after: bool) -> None:
    _street(on)
    if after:
        return
    for number, (x, cloth) in enumerate(((120, "#c9402f"), (390, "#d9a441"), (660, "#3f7fbf"))):
        on.line([(x + 10, 350), (x + 10, 520)], "#77716a", 6)
        on.line([(x + 200, 350), (x + 200, 520)], "#77716a", 6)
        on.shape([(x - 16, 360), (x + 226, 360), (x + 190, 310), (x + 20, 310)], cloth)
        on.box(x, 452, 210, 60, "#a9825a", 6)
        for fruit in range(6):
            fill = ("#d9542f", "#7da33d", "#e0b33a")[(fruit + number) % 3]
            on.oval(x + 12 + fruit * 31, 432, 28, 28, fill)


def tree(on: Canvas, after: bool) -> None:
    _street(on)
    if after:
        on.box(470, 486, 44, 40, TRUNK, 6)
        on.oval(470, 478, 44, 18, "#c9a87c")
        _tree(on, 820, 540, 1.1)
        return
    on.line([(300, 520), (760, 610)], TRUNK, 26)
    for x, y, size in ((640, 500, 150), (730, 560, 150), (560, 540, 110), (690, 610, 120)):
        on.oval(x, y, size, size * 0.8, LEAF)
    _tree(on, 820, 540, 1.1)


def river(on: Canvas, after: bool) -> None:
    on.box(0, 0, WIDTH, 260, SKY)
    on.box(0, 230, WIDTH, 90, "#8bb574")
    for x in (90, 300, 560, 820):
        _tree(on, x, 260, 0.8)
    on.box(0, 310, WIDTH, 30, "#b8b2a4")
    on.box(0, 340, WIDTH, 290, WATER if after else "#6d8f8a")
    on.box(0, 630, WIDTH, 90, "#b8b2a4")
    for column in range(0, WIDTH, 120):
        on.line([(column, 420 + column % 70), (column + 70, 416 + column % 70)], "#a8d0e2" if after else "#8aa8a2", 4)
    for column in range(0, WIDTH, 96):
        on.box(column + 40, 590, 10, 60, "#8d8f92")
    on.box(0, 596, WIDTH, 10, "#8d8f92")
    if after:
        return
    for x, y, w, c in (
        (180, 420, 90, "#e9e6da"), (250, 440, 60, "#5f8f47"), (420, 470, 110, "#5f8f47"), (500, 450, 60, "#d9a441"),
        (640, 520, 120, "#6d9a52"), (720, 500, 50, "#e9e6da"), (330, 540, 70, "#b55a3a"), (560, 560, 80, "#5f8f47"),
    ):  # fmt: skip
        on.oval(x, y, w, w * 0.36, c)


def _inside(on: Canvas) -> None:
    """A staircase hall."""
    on.box(0, 0, WIDTH, HEIGHT, "#e6e1d6")
    on.shape([(0, 720), (300, 470), (660, 470), (960, 720)], "#c7c0b2")
    on.box(300, 120, 360, 350, "#d8d1c2")
    on.box(390, 190, 180, 280, "#8fa08c", 4)
    on.oval(540, 330, 18, 18, "#4c554a")
    on.line([(0, 720), (300, 470)], "#a59d8d", 4)
    on.line([(960, 720), (660, 470)], "#a59d8d", 4)
    on.box(430, 140, 100, 34, "#3f9a5b", 4)
    on.box(446, 150, 68, 14, "#e9f6ec", 3)


def corridor(on: Canvas, after: bool) -> None:
    _inside(on)
    if after:
        return
    for x, y, w, h, c in (
        (150, 480, 150, 140, "#b98d57"), (240, 420, 120, 120, "#a87c49"), (640, 500, 170, 130, "#c49a63"),
        (620, 430, 110, 90, "#8f9aa8"), (330, 560, 120, 90, "#7a6f5a"),
    ):  # fmt: skip
        on.box(x, y, w, h, c, 6)
        on.line([(x + w / 2, y), (x + w / 2, y + h)], "#8d6a3d", 4)
    _bike(on, 470, 560, "#c9402f")


def wires(on: Canvas, after: bool) -> None:
    _street(on)
    if after:
        on.box(60, 400, 250, 14, "#4a76b8", 4)
        for number in range(3):
            on.box(84 + number * 74, 414, 34, 110, "#dfe4ea", 5)
            on.box(92 + number * 74, 424, 18, 12, "#3f9a5b", 3)
        return
    for number, x in enumerate((380, 470, 560)):
        on.line([(x, 150 + number * 30), (x - 20, 300), (x + 30 - number * 40, 470)], "#c9402f", 5)
        on.box(x + 14 - number * 40, 462, 54, 24, "#f0f0ee", 5)
    _bike(on, 380, 470, "#3f8f6b")


def wall(on: Canvas, after: bool) -> None:
    _inside(on)
    if after:
        on.box(60, 200, 190, 150, "#efe9dc", 6)
        return
    on.shape([(60, 180), (140, 160), (260, 210), (250, 330), (150, 380), (70, 320)], "#b7aa8f")
    on.shape([(100, 220), (180, 200), (220, 280), (150, 320)], "#9a8d70")
    for x, y in ((110, 390), (160, 410), (200, 380)):
        on.oval(x, y, 14, 26, WATER)


SCENES: dict[str, Draw] = {
    "garbage": garbage, "full_bin": full_bin, "pothole": pothole, "lamp": lamp, "manhole": manhole, "drain": drain,
    "bikes": bikes, "sewage": sewage, "stalls": stalls, "tree": tree, "river": river, "corridor": corridor,
    "wires": wires, "wall": wall, "site": site,
}  # fmt: skip
# Which scene shows a type; a type that has none shows that its place was fenced off and is free again.
OF_TYPE = {
    "0101": "garbage", "0102": "garbage", "0103": "full_bin", "0104": "full_bin", "0105": "garbage", "0106": "wall",
    "0107": "wall", "0109": "garbage", "0201": "pothole", "0202": "pothole", "0203": "manhole", "0204": "drain",
    "0205": "lamp", "0206": "lamp", "0208": "bikes", "0210": "wires", "0401": "stalls", "0402": "stalls",
    "0406": "corridor", "0409": "bikes", "0501": "tree", "0502": "tree", "0503": "tree", "0504": "tree",
    "0601": "river", "0602": "river", "0603": "sewage", "0604": "sewage", "0605": "drain", "0606": "river",
    "0705": "stalls", "0802": "corridor", "0803": "wires", "0805": "corridor", "0810": "corridor", "0901": "corridor",
    "0903": "wall", "0905": "wall", "1004": "bikes", "1503": "stalls", "2205": "garbage",
}  # fmt: skip


def scene_of(type_code: str) -> str:
    return OF_TYPE.get(type_code, "site")


@dataclass
class Shelf:
    """The drawings, prepared once when first asked for."""

    drawn: dict[str, tuple[PreparedImage, PreparedImage]]

    @classmethod
    def empty(cls) -> Shelf:
        return cls({})

    def pair(self, type_code: str) -> tuple[PreparedImage, PreparedImage]:
        name = scene_of(type_code)
        if name not in self.drawn:
            self.drawn[name] = (_made(SCENES[name], False), _made(SCENES[name], True))
        return self.drawn[name]

    def before(self, type_code: str) -> PreparedImage:
        return self.pair(type_code)[0]


def _made(draw: Draw, after: bool) -> PreparedImage:
    on = Canvas()
    draw(on, after)
    return on.prepared()


def shown_by(rng: Random, type_code: str) -> bool:
    """Whether a caller sends a picture: of what can be drawn, about every second time."""
    return type_code in OF_TYPE and rng.random() < 0.5
