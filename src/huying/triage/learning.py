"""Learning a model from messages whose type is known. Needs scikit-learn; runs in a process of its own that ends.

The same messages give the same model, in whatever order they come. Messages that are nearly the same stay on one side
of every division, so that what is measured, and the calibration made from it, holds for messages not seen.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from huying.kernel.refusals import Refusal, Unavailable
from huying.kernel.terms import _
from huying.triage import apart
from huying.triage import model as models
from huying.triage.features import LONGEST, read_message
from huying.triage.measure import Measures, measure
from huying.triage.messages import Message, hash_of
from huying.triage.model import Calibration, Model
from huying.triage.offices import label_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from huying.triage.features import Counted, Keys, Numbers

    Seen = tuple[Counted, Counted]
    """The runs of one message, and those of its opening."""

FOLDS = 5
MOST_SECONDS = 600
LEAST_MESSAGES = 4
"""A run of characters counts from so many messages on: fewer teach nothing, and may be a person's name."""
LARGEST = 50 << 20
"""Bytes of a model's arrays: where there are many classes, only the runs that stand in the most messages count."""
ALIKE = (0.2, 0.4, 0.6, 0.9)
"""Messages are nearly the same that have this share of the shorter one's runs of four in common: the first of these
by which no group takes in a tenth of all, as chains of set phrases would."""
COMMON = 60
"""A run of four in more messages than this, or in more than one of ten, is a turn of phrase: it makes none the same."""
STRENGTH = 0.3
"""How closely the learner follows each message (C of a linear support vector machine)."""
ASIDE = np.float32(0.7)
"""How much an opening's runs count beside the runs of the whole message."""
SURE = 0.55
"""A message without a label is learned from where its best score leads by so much."""
HEARSAY = 0.5
"""How much such a message counts beside one whose label is known."""
ABSENT = -2.0
"""The score of a class without a message in a part that is learned from."""

Index = NDArray[np.intp]
Shares = NDArray[np.float64]


class LearnerMissing(Refusal):
    code = "learner-missing"
    status = 503
    title = _("这台机器还不能训练")
    says = _("训练需要 scikit-learn：请先运行 pip install -r requirements/triage.txt。使用模型不需要它。")


class TooFew(Refusal):
    code = "too-few"
    status = 422
    title = _("留言太少")
    says = _("留言太少，学不出模型：至少要有两个类别，每个类别不少于两条。")


def learn(
    messages: Sequence[Message],
    out: Path,
    *,
    unlabelled: Sequence[str] = (),
    replies: Sequence[tuple[str, str]] = (),
    seed: int = 1,
    now: datetime,
) -> dict[str, Any]:
    """Train in a child process and write the model to `out`; answers with the head of its file.

    Raises TooFew, LearnerMissing, or Unavailable where the child failed or took longer than ten minutes.
    """
    _see_enough(messages)
    if importlib.util.find_spec("sklearn") is None:
        raise LearnerMissing()
    asked = {
        "messages": [(one.text, one.label) for one in messages],
        "unlabelled": list(unlabelled),
        "replies": list(replies),
        "seed": seed,
        "made": now.isoformat(timespec="seconds"),
        "out": str(out),
    }
    try:
        apart.ask(__name__, [json.dumps(asked)], seconds=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        raise Unavailable(_("十分钟里没有学完，没有写出模型。请减少留言再试。")) from None
    except subprocess.CalledProcessError as why:
        raise Unavailable(_("训练没有成功，没有写出模型。")) from RuntimeError(why.stderr[-2000:])
    made = models.read(out)
    return {"classes": list(made.classes), "made": made.made, "data": made.data, "scores": made.scores}


def main() -> None:
    """The child: the messages come as JSON on the standard input, so no text of a caller lies on the disk."""
    asked = json.load(sys.stdin)
    made = train(
        [Message(text, label) for text, label in asked["messages"]],
        unlabelled=asked["unlabelled"],
        replies=asked["replies"],
        seed=asked["seed"],
        made=asked["made"],
    )
    models.write(made, Path(asked["out"]))


def _see_enough(messages: Sequence[Message]) -> None:
    texts: dict[str, set[str]] = {}
    for one in messages:
        texts.setdefault(one.label, set()).add(one.text)
    if len(texts) < 2 or min(map(len, texts.values())) < 2:
        raise TooFew()


def train(
    messages: Sequence[Message],
    *,
    unlabelled: Sequence[str] = (),
    replies: Sequence[tuple[str, str]] = (),
    seed: int = 1,
    made: str = "",
) -> Model:
    """A model with the measures that it reached on messages left out in turn, calibrated by them.

    Messages without a label are learned from only where messages left out are told no worse with them.
    """
    _see_enough(messages)
    rows = sorted({Message(one.text, one.label) for one in messages})
    classes = tuple(sorted({one.label for one in rows}))
    truth = np.array([classes.index(one.label) for one in rows])
    counts = [read_message(one.text) for one in rows]
    more, told = _more(unlabelled, replies, classes)
    groups = groups_of([keys for (keys, _times), _opening in counts + more])
    parts = list(divisions(groups[: len(rows)], truth, seed))

    def left_out(more: list[Seen], told: Index) -> Shares:
        scores = np.empty((len(rows), len(classes)))
        for part in parts:
            rest = np.setdiff1d(np.arange(len(rows)), part)
            apart = np.flatnonzero(~np.isin(groups[len(rows) :][: len(more)], groups[part]))
            learned = taught(_of(counts, rest), truth[rest], _of(more, apart), told[apart], len(classes), seed)
            scores[part] = learned.scores(_of(counts, part))
        return scores

    scores = left_out(more, told)
    measures = _measured(scores, truth, parts, classes)
    if more:
        alone = left_out([], told[:0])
        without = _measured(alone, truth, parts, classes)
        if without["macro_f1"] > measures["macro_f1"]:
            more, told, scores, measures = [], told[:0], alone, without
    whole = taught(counts, truth, more, told, len(classes), seed)
    return Model(
        classes=classes,
        calibration=calibrated(scores, truth),
        keys=whole.keys,
        rarity=whole.rarity,
        weights=whole.weights,
        opening=whole.opening,
        bias=whole.bias,
        made=made,
        data=hash_of([*rows, *map(Message, unlabelled), *(Message(*one) for one in replies)]),
        scores=dict(measures),
    )


def _of(rows: Sequence[Seen], places: Index) -> list[Seen]:
    return [rows[one] for one in places]


def _more(
    unlabelled: Sequence[str], replies: Sequence[tuple[str, str]], classes: Sequence[str]
) -> tuple[list[Seen], Index]:
    """Messages without a label, and the class that a reply's office stands for; -1 where that is not known."""
    offices = {words: label_of(reply, classes) for words, reply in replies}
    texts = sorted({*unlabelled, *offices})
    told = [classes.index(offices[one]) if offices.get(one) else -1 for one in texts]
    return [read_message(one) for one in texts], np.array(told, int)


def taught(rows: list[Seen], truth: Index, more: list[Seen], told: Index, classes: int, seed: int) -> Learned:
    """Learn; then once more, with messages whose class an office's reply or the first learning is sure enough of."""
    first = Learned.of(rows, truth, classes, seed)
    if not more:
        return first
    scores = first.scores(more)
    second, best = np.sort(scores, axis=1)[:, -2:].T
    guess = np.where(told >= 0, told, scores.argmax(axis=1))
    taken = np.flatnonzero((told >= 0) | ((best > 0) & (best - second > SURE)))
    weights = np.concatenate([np.ones(len(rows)), np.full(len(taken), HEARSAY)])
    return Learned.of(rows + _of(more, taken), np.concatenate([truth, guess[taken]]), classes, seed, weights)


@dataclass(frozen=True, slots=True)
class Learned:
    """What the linear learner found, before it is known how far its scores can be trusted."""

    keys: Keys
    rarity: Numbers
    weights: Numbers
    opening: Numbers
    bias: Numbers

    @classmethod
    def of(cls, rows: Sequence[Seen], truth: Index, classes: int, seed: int, weights: Shares | None = None) -> Learned:
        from scipy.sparse import hstack
        from sklearn.svm import LinearSVC

        there = np.unique(truth)
        keys = _standing_in([mine for (mine, _times), _opening in rows], min(LEAST_MESSAGES, len(rows)))
        standing = np.bincount(_table([whole for whole, _opening in rows], keys).indices, minlength=len(keys))
        room = LARGEST // (keys.itemsize + 4 + 2 * 4 * classes)
        if len(keys) > room:
            often = np.sort(np.argsort(-standing, kind="stable")[:room])
            keys, standing = keys[often], standing[often]
        rarity = (np.log((1 + len(rows)) / (1 + standing)) + 1).astype(np.float32)
        columns = np.zeros((2 * len(keys), classes), np.float32)
        bias = np.full(classes, ABSENT, np.float32)
        if len(there) == 1:
            bias[there] = 0
        else:
            machine = LinearSVC(C=STRENGTH, random_state=seed)
            whole, opening = tables(rows, keys, rarity)
            machine.fit(hstack([whole, ASIDE * opening]).tocsr(), truth, sample_weight=weights)
            two = len(there) == 2  # then the learner gives one column for the second, and its contrary is the first
            columns[:, there] = (np.vstack([-machine.coef_, machine.coef_]) if two else machine.coef_).T
            bias[there] = np.concatenate([-machine.intercept_, machine.intercept_]) if two else machine.intercept_
        return cls(keys, rarity, columns[: len(keys)], ASIDE * columns[len(keys) :], bias)

    def scores(self, rows: Sequence[Seen]) -> Shares:
        whole, opening = tables(rows, self.keys, self.rarity)
        found: Shares = (whole @ self.weights + opening @ self.opening + self.bias).astype(np.float64)
        return found


def tables(rows: Sequence[Seen], keys: Keys, rarity: Numbers) -> list[csr_matrix]:
    """The values of each message's runs, one line a message, and those of its opening's runs."""
    return [weighed(_table(part, keys), rarity) for part in zip(*rows, strict=True)]


def weighed(table: csr_matrix, rarity: Numbers) -> csr_matrix:
    """Counts to values as `Model` makes them: damped, by rarity, each row of length 1."""
    from scipy.sparse import diags

    values = table.copy()
    values.data = (1 + np.log(values.data)) * rarity[values.indices]
    lengths = np.sqrt(np.asarray(values.multiply(values).sum(axis=1)).ravel())
    return (diags(1 / np.maximum(lengths, 1e-9)) @ values).tocsr().astype(np.float32)


def calibrated(scores: Shares, truth: Index) -> Calibration:
    """The scale and shift that make the shares likeliest, softly held to an even shift."""
    from scipy.optimize import minimize

    rows, classes = scores.shape

    def loss(given: Shares) -> float:
        shares = Calibration(float(np.exp(given[0])), tuple(given[1:]))(scores)
        return float(-np.log(shares[np.arange(rows), truth] + 1e-12).mean() + (given[1:] ** 2).sum() / rows)

    best = minimize(loss, np.zeros(classes + 1), method="L-BFGS-B").x
    return Calibration(float(np.exp(best[0])), tuple(map(float, best[1:])))


def _measured(scores: Shares, truth: Index, parts: Sequence[Index], classes: Sequence[str]) -> Measures:
    """The measures over all parts, each calibrated by the others."""
    shares = np.empty_like(scores)
    for part in parts:
        rest = np.setdiff1d(np.arange(len(truth)), part)
        shares[part] = calibrated(scores[rest], truth[rest])(scores[part])
    return measure(classes, [classes[one] for one in truth], shares)


def groups_of(rows: Sequence[Keys]) -> Index:
    """A number a message, the same for those that are nearly the same, also by way of others."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    shingles = [keys[keys >> np.uint64(16 * (LONGEST - 1)) > 0] for keys in rows]
    table = _table(
        [(one, np.ones(len(one), int)) for one in shingles],
        _standing_in(shingles, 2, min(COMMON, max(2, len(rows) // 10))),
    )
    shared = coo_matrix(table @ table.T)
    lengths = np.array([max(len(one), 1) for one in shingles])
    likeness = shared.data / np.minimum(lengths[shared.row], lengths[shared.col])
    for least in ALIKE:
        alike = likeness >= least
        links = coo_matrix((alike[alike], (shared.row[alike], shared.col[alike])), shape=shared.shape)
        groups: Index = connected_components(links, directed=False)[1]
        if np.bincount(groups).max() <= max(len(rows) / 10, 2):
            return groups
    return np.arange(len(rows))


def divisions(groups: Index, truth: Index, seed: int) -> Iterator[Index]:
    """The messages in up to five parts, whole groups together, each class spread over all parts."""
    first = np.unique(groups, return_index=True)[1]
    order = np.random.default_rng(seed).permutation(len(first))
    order = order[np.argsort(truth[first][order], kind="stable")]
    part_of = np.empty(len(first), int)
    part_of[order] = np.arange(len(first)) % FOLDS
    for part in range(FOLDS):
        members = np.flatnonzero(part_of[groups] == part)
        if len(members):
            yield members


def _standing_in(rows: Sequence[Keys], least: int, most: int | None = None) -> Keys:
    """The keys that stand in so many of the rows, sorted."""
    keys, counts = np.unique(np.concatenate(rows), return_counts=True)
    found: Keys = keys[(counts >= least) & (counts <= (most or len(rows)))]
    return found


def _table(rows: Sequence[Counted], keys: Keys) -> csr_matrix:
    """One line a message, one column a key, in it how often."""
    from scipy.sparse import csr_matrix

    places, numbers, ends = [], [], [0]
    for mine, times in rows:
        at = np.searchsorted(keys, mine)
        known = at < len(keys)
        known[known] = keys[at[known]] == mine[known]
        places.append(at[known])
        numbers.append(times[known].astype(np.float32))
        ends.append(ends[-1] + len(places[-1]))
    return csr_matrix((np.concatenate(numbers), np.concatenate(places), ends), shape=(len(rows), len(keys)))


if __name__ == "__main__":
    main()
