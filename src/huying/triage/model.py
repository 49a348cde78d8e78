"""A learned model: own prediction with numpy over arrays that are mapped read-only, so that workers share the memory.

A model file is a mark, the form's number, a JSON head and plain arrays of numbers; reading it runs nothing that stands
in it, and what does not fit its own head or seal is refused. What a score means as a share of right answers was
measured on messages that the learner had not seen (`learning`), and is in the head.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huying.kernel.late import late
from huying.kernel.refusals import Refusal
from huying.kernel.terms import _
from huying.triage.features import codes_of, read_message, text_of
from huying.triage.suggestion import Suggestion

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from huying.triage.features import Codes, Counted, Keys, Numbers
else:
    np = late("numpy")

MARK = b"huying triage\n\0\0"
FORM = 2
"""The number of the file's form; a file of an earlier or later one is refused."""
EDGE = 64
"""Arrays begin at a multiple of this, as processors like it."""
LARGEST_HEAD = 1 << 20
TELLING = 100
"""So many runs of a text are weighed as pieces to show."""
WEAK = 5
"""A piece that speaks so many times less than the strongest is not named."""
KINDS = {"keys": "<u8", "rarity": "<f4", "weights": "<f4", "opening": "<f4", "bias": "<f4"}
"""The arrays of a file and their kinds of number; no other is read."""


class BadModel(Refusal):
    """The file is no model of ours, is damaged, or is of a later version."""

    code = "bad-model"
    status = 422
    title = _("模型文件用不了")
    says = _("这个文件不是分派模型，或者已经损坏。请重新训练，或者换一个文件。")


@dataclass(frozen=True, slots=True)
class Calibration:
    """From the learner's scores to shares of right answers: each class's chance by itself, 1 / (1 + exp(-(score * scale
    + shift))), over the sum of them. A softmax, which only compares, is surer than it is right."""

    scale: float
    shift: tuple[float, ...]

    def __call__(self, scores: NDArray[Any]) -> NDArray[np.float64]:
        """Rows of scores to rows of shares that add up to 1."""
        raised = np.clip(scores.astype(np.float64) * self.scale + np.asarray(self.shift), -500, 500)
        chances = 1 / (1 + np.exp(-raised))
        shares: NDArray[np.float64] = chances / chances.sum(axis=-1, keepdims=True)
        return shares


@dataclass(frozen=True, slots=True)
class Model:
    """What one training left. `keys` are sorted; the other arrays but `bias` have one row a key.

    `weights` are for the runs of the whole message, `opening` for those of its opening (`features.opening_of`).
    """

    classes: tuple[str, ...]
    calibration: Calibration
    keys: Keys
    rarity: Numbers
    weights: Numbers
    opening: Numbers
    bias: Numbers
    made: str = ""
    """When it was learned, ISO 8601."""
    data: str = ""
    """SHA-256 of the messages it was learned from, whatever their order."""
    scores: dict[str, Any] | None = None
    """What it reached on messages that it had not seen: see `measure.Measures`."""

    def shares(self, words: str) -> NDArray[np.float64]:
        """How likely each class is, in the order of `classes`; the shares add up to 1."""
        return self.calibration(self._spoken(words)[1].sum(axis=0) + self.bias)

    def suggest(self, words: str, *, top: int = 3) -> list[Suggestion]:
        """The likeliest classes, best first, each with up to five pieces of the words that spoke for it."""
        places, parts = self._spoken(words)
        if not len(places):
            return []
        shares = self.calibration(parts.sum(axis=0) + self.bias)
        parts -= parts.mean(axis=1, keepdims=True)
        best = np.argsort(-shares, kind="stable")[:top]
        runs, codes = [text_of(key) for key in self.keys[places].tolist()], codes_of(words)
        return [
            Suggestion(self.classes[one], round(float(shares[one]), 4), _pieces(words, codes, runs, parts[:, one]))
            for one in best
        ]

    def _spoken(self, words: str) -> tuple[NDArray[np.intp], Numbers]:
        """Where the runs of a call that the model knows stand in its arrays, and what each says for each class."""
        whole, opening = read_message(words)
        places, values = self._seen(whole)
        parts = values[:, None] * self.weights[places]
        first, values = self._seen(opening)
        parts[np.searchsorted(places, first)] += values[:, None] * self.opening[first]
        return places, parts

    def _seen(self, runs: Counted) -> tuple[NDArray[np.intp], Numbers]:
        """The places of those runs that the model knows, sorted, and how much each counts here."""
        keys, counts = runs
        places = np.searchsorted(self.keys, keys)
        places[places == len(self.keys)] = 0
        known = self.keys[places] == keys
        places = places[known]
        values = (1 + np.log(counts[known].astype(np.float32))) * self.rarity[places]
        length = np.float32(np.sqrt(values @ values))
        return places, values / length if length else values


def _pieces(words: str, codes: Codes, runs: list[str], parts: Numbers, most: int = 5) -> tuple[str, ...]:
    """The pieces that spoke most for a class: a longer run counts what the shorter ones inside it say too.

    Of a long text only the runs that say the most by themselves are looked at.
    """
    said = dict(zip(runs, parts.tolist(), strict=True))
    folded = "".join(map(chr, codes))
    telling = [runs[at] for at in np.argsort(-parts, kind="stable")[:TELLING].tolist()]
    strength = {run: _inside(run, said) / len(run) ** 0.5 for run in telling if len(run) > 1}
    chosen: list[str] = []
    for run in sorted(strength, key=lambda run: (-strength[run], run)):
        if len(chosen) == most or strength[run] <= 0 or (chosen and strength[run] < strength[chosen[0]] / WEAK):
            break
        if not any(_touch(run, other) for other in chosen):
            chosen.append(run)
    units = words.encode("utf-16-le", "replace")
    where = [(folded.index(run), len(run)) for run in chosen]
    return tuple(units[2 * at : 2 * (at + length)].decode("utf-16-le", "replace") for at, length in where)


def _inside(run: str, said: dict[str, float]) -> float:
    return sum(said.get(run[first:last], 0.0) for first in range(len(run)) for last in range(first + 1, len(run) + 1))


def _touch(run: str, other: str) -> bool:
    """Whether two runs share two characters in a row: they would show the same word twice."""
    return any(run[at : at + 2] in other for at in range(len(run) - 1))


def write(model: Model, file: Path) -> None:
    """Put a model into a file, whole or not at all."""
    arrays = {name: np.ascontiguousarray(getattr(model, name), kind) for name, kind in KINDS.items()}
    places, end = {}, 0
    for name, array in arrays.items():
        places[name] = {"at": end, "shape": list(array.shape)}
        end += -(-array.nbytes // EDGE) * EDGE
    body = bytearray(end)
    for name, array in arrays.items():
        at = int(str(places[name]["at"]))
        body[at : at + array.nbytes] = array.tobytes()
    head = {
        "classes": model.classes,
        "calibration": {"scale": model.calibration.scale, "shift": model.calibration.shift},
        "made": model.made,
        "data": model.data,
        "scores": model.scores or {},
        "arrays": places,
        "seal": hashlib.sha256(body).hexdigest(),
    }
    told = json.dumps(head, ensure_ascii=False).encode()
    told += b" " * (-(len(MARK) + 8 + len(told)) % EDGE)
    draft = file.with_name(f"{file.name}.{os.getpid()}.draft")
    try:
        with draft.open("wb") as out:
            out.write(MARK + struct.pack("<II", FORM, len(told)) + told)
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, file)
    finally:
        draft.unlink(missing_ok=True)


def read(file: Path) -> Model:
    """A model from its file, mapped read-only. BadModel where the file is not one, or is damaged or too new."""
    with file.open("rb") as source:
        start = source.read(len(MARK) + 8)
        if len(start) < len(MARK) + 8 or not start.startswith(MARK):
            raise BadModel()
        form, length = struct.unpack("<II", start[len(MARK) :])
        if form != FORM:
            raise BadModel(_("这个模型是别的版本的，现在的程序读不了。请重新训练，或者先升级程序。"), form=form)
        if length > LARGEST_HEAD:
            raise BadModel()
        told = source.read(length)
        seal = hashlib.file_digest(source, "sha256").hexdigest()
    try:
        head = json.loads(told)
        if head["seal"] != seal:
            raise BadModel()
        begins = len(MARK) + 8 + length
        model = Model(
            classes=tuple(map(str, head["classes"])),
            calibration=Calibration(
                float(head["calibration"]["scale"]), tuple(map(float, head["calibration"]["shift"]))
            ),
            made=str(head["made"]),
            data=str(head["data"]),
            scores=dict(head["scores"]),
            **{name: _mapped(file, begins, head["arrays"][name], kind) for name, kind in KINDS.items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise BadModel() from None
    _see_that_it_fits(model)
    return model


def _mapped(file: Path, begins: int, place: dict[str, Any], kind: str) -> NDArray[Any]:
    at, shape = int(place["at"]), tuple(map(int, place["shape"]))
    room = file.stat().st_size - begins - at
    if at < 0 or any(side < 1 for side in shape) or math.prod(shape) * np.dtype(kind).itemsize > room:
        raise ValueError(shape)
    return np.memmap(file, dtype=kind, mode="r", offset=begins + at, shape=shape)


def _see_that_it_fits(model: Model) -> None:
    """The seal says that nothing changed since it was written, not that it was written by us."""
    rows, classes = len(model.keys), len(model.classes)
    fits = (
        model.keys.shape == model.rarity.shape == (rows,)
        and model.weights.shape == model.opening.shape == (rows, classes)
        and model.bias.shape == (classes,)
        and len(model.calibration.shift) == classes
        and len(set(model.classes)) == classes > 1
        and bool((model.keys[1:] > model.keys[:-1]).all())
        and all(bool(np.isfinite(one).all()) for one in (model.rarity, model.weights, model.opening, model.bias))
        and bool(np.isfinite([model.calibration.scale, *model.calibration.shift]).all())
    )
    if not fits:
        raise BadModel()
