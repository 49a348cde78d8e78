"""What becomes of what lies in areas whose borders or codes change: pure rules, no database.

An old code has one heir or several. A thing with a point goes to the heir in whose outline it lies; a thing
without one goes to the heir named for it. What only names an area (a grant, a responsibility) stands for all heirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from huying.kernel.late import late
from huying.places import drawing

if TYPE_CHECKING:
    import shapely
    from shapely.geometry.base import BaseGeometry
else:
    shapely = late("shapely")


@dataclass(frozen=True)
class Heirs:
    """`of`: old code -> its heirs, the one for things without a point first. `shapes`: outlines of the heirs.

    `standing`: codes that held before the change.
    """

    of: Mapping[str, tuple[str, ...]]
    shapes: Mapping[str, BaseGeometry] = field(default_factory=dict)
    standing: frozenset[str] = frozenset()

    @classmethod
    def read(cls, result: Mapping[str, Any]) -> Heirs:
        """From what a plan comes to, as it is kept."""
        shapes = {one["code"]: drawing.read(one["polygon"]) for one in result["begins"]}
        drawn = {code: one for code, one in shapes.items() if one is not None}
        return cls.made(result["pairs"], drawn, result["ends"])

    @classmethod
    def made(
        cls, pairs: Iterable[Sequence[str]], shapes: Mapping[str, BaseGeometry], standing: Iterable[str] = ()
    ) -> Heirs:
        """From pairs (old, new), in the order of precedence."""
        found: dict[str, list[str]] = {}
        for old, new in pairs:
            if new not in found.setdefault(old, []):
                found[old].append(new)
        return cls({old: tuple(new) for old, new in found.items()}, dict(shapes), frozenset(standing))

    @property
    def codes(self) -> tuple[str, ...]:
        """The old codes, none below another."""
        kept: list[str] = []
        for code in sorted(self.of):
            if not any(code.startswith(above) for above in kept):
                kept.append(code)
        return tuple(kept)

    def old(self, code: str) -> str | None:
        """The deepest changed area at or above a code."""
        for length in range(len(code), 1, -1):
            if code[:length] in self.of:
                return code[:length]
        return None

    def all(self, code: str) -> tuple[str, ...]:
        """Every code that stands for this one afterwards; the code itself where nothing changes."""
        old = self.old(code)
        if old is None:
            return (code,)
        heirs = self.of[old]
        # What lies deeper keeps its place below the area's only heir; below several it stands for each whole heir.
        return (heirs[0] + code[len(old) :],) if len(heirs) == 1 else heirs

    def spread(self, code: str) -> tuple[str, ...]:
        """Where something that names the whole area stands afterwards: never for a neighbour that was there before."""
        heirs = self.all(code)
        return tuple(one for one in heirs if one == code or one not in self.standing) or heirs[:1]

    def home(self, code: str, lng: float | None = None, lat: float | None = None) -> str:
        """The one code for a thing that carries this code and, where it has one, lies at this point (WGS84)."""
        heirs = self.all(code)
        if len(heirs) == 1 or lng is None or lat is None:
            return heirs[0]
        point = shapely.Point(lng, lat)
        return next((one for one in heirs if one in self.shapes and self.shapes[one].intersects(point)), heirs[0])
