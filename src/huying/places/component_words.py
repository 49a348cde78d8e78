"""Which kind of component the name of a matter is about, by the words of the catalogue."""

from __future__ import annotations

from huying.places.premises import ComponentKind

WORDS: dict[ComponentKind, tuple[str, ...]] = {
    ComponentKind.MANHOLE: ("井盖",),
    ComponentKind.GULLY: ("雨水口", "雨水箅", "下水口"),
    ComponentKind.LAMP: ("路灯",),
    ComponentKind.HYDRANT: ("消火栓", "消防栓"),
    ComponentKind.BIN: ("垃圾桶", "果皮箱"),
    ComponentKind.POLE: ("杆线", "电杆", "线缆"),
    ComponentKind.SIGN: ("标志", "指示牌", "路牌"),
    ComponentKind.RAILING: ("护栏", "隔离栏"),
    ComponentKind.SEAT: ("座椅",),
    ComponentKind.TREE: ("行道树", "树木"),
}


def component_in(name: str) -> ComponentKind | None:
    """The kind of component that the name of a matter is about, the first that it names."""
    return next((kind for kind, words in WORDS.items() if any(word in name for word in words)), None)
