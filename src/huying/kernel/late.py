"""Libraries that few processes need, loaded by whoever uses them first.

A web process or a worker that never draws an area, opens a workbook or checks a passkey does without the library's
memory and start. For the type checker the import stands beside it:

    if TYPE_CHECKING:
        import shapely
    else:
        shapely = late("shapely")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Late:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(import_module(self._name), attribute)
        setattr(self, attribute, found)  # the next time it is an attribute like any other
        return found


def late(name: str) -> Any:
    """A stand-in for a module: its attributes are the module's, which is imported with the first one asked for.

    Raises what the import raises, at that moment.
    """
    return _Late(name)
