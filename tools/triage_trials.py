"""What ways to learn matter types reach on messages not seen: the table of `docs/explanation/triage.md`, and its curve.

    python -m tools.triage_trials [--repeats N] [--only NAME ...] [--curve] [--out FILE] [--scores FOLDER] [--table]

Reads `citizen-messages` in the folder named by HUYING_REAL_DATA. Each way is tried on the same divisions: five parts,
near copies in one part (also between raw texts, words, unlabelled messages and replies), with other divisions for each
repeat. Macro F1 stands apart for raw texts and for rows of words, as mean and spread over the repeats. Needs
requirements/triage.txt. No text of the data is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import ComplementNB
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import normalize
from sklearn.svm import LinearSVC

from huying.kernel.sheets import lines
from huying.triage import learning
from huying.triage.features import codes_of, counted, read_message
from huying.triage.measure import measure
from huying.triage.messages import joined
from huying.triage.offices import label_of

HEAD = 10  # words of a row without a title that stand for it

Scores = np.ndarray


@dataclass
class Ground:
    """All messages: the labelled ones first, raw before words; then unlabelled ones, then those with a reply."""

    raw: list[dict[str, str]]
    words: list[dict[str, str]]
    unlabelled: list[dict[str, str]]
    replies: list[dict[str, str]]

    @classmethod
    def of(cls, folder: Path) -> Ground:
        names = ("train", "train_tokens", "unlabelled", "replies")
        return cls(*([line.cells for line in lines(folder / f"{name}.csv")] for name in names))

    @cached_property
    def labels(self) -> list[str]:
        return sorted({row["label"] for row in self.words})

    @cached_property
    def truth(self) -> np.ndarray:
        return np.array([self.labels.index(row["label"]) for row in self.raw + self.words])

    @property
    def known(self) -> int:
        return len(self.raw) + len(self.words)

    @cached_property
    def is_raw(self) -> np.ndarray:
        return np.arange(self.known) < len(self.raw)

    @cached_property
    def texts(self) -> list[str]:
        whole = [joined(row["title"], row["body"]) for row in self.raw]
        whole += ["".join(row["tokens"].split()) for row in self.words]
        return whole + [joined(row["title"], row["body"]) for row in self.unlabelled + self.replies]

    @cached_property
    def heads(self) -> list[str]:
        first = [row["title"] for row in self.raw] + ["".join(row["tokens"].split()[:HEAD]) for row in self.words]
        return first + [row["title"] for row in self.unlabelled + self.replies]

    @cached_property
    def groups(self) -> np.ndarray:
        return learning.groups_of([counted(codes_of(text))[0] for text in self.texts])

    @cached_property
    def counts(self) -> sparse.csr_matrix:
        """Runs of characters; those of at least four messages."""
        rows = [counted(codes_of(text)) for text in self.texts]
        self.keys = learning._standing_in([keys for keys, _times in rows], 4)
        return learning._table(rows, self.keys)

    @cached_property
    def head_counts(self) -> sparse.csr_matrix:
        _ = self.counts
        return learning._table([counted(codes_of(text)) for text in self.heads], self.keys)

    def openings(self, most: int) -> sparse.csr_matrix:
        """Runs of the first characters."""
        _ = self.counts
        return learning._table([counted(codes_of(text[:most])) for text in self.texts], self.keys)

    @cached_property
    def seen(self) -> list[learning.Seen]:
        return [read_message(text) for text in self.texts]

    @cached_property
    def lengths(self) -> np.ndarray:
        _ = self.counts
        return sum((self.keys >> np.uint64(shift) > 0).astype(int) for shift in (0, 16, 32, 48))

    @cached_property
    def cut(self) -> sparse.csr_matrix:
        """Words and pairs of words, raw texts cut by rjieba and kept to the words that the rows of words know."""
        import rjieba

        rows = [row["tokens"].split() for row in self.words]
        known = {word for row in rows for word in row}

        def of(row: dict[str, str]) -> list[str]:
            return [word for word in rjieba.cut(joined(row["title"], row["body"])) if word in known]

        rows = [*map(of, self.raw), *rows, *map(of, self.unlabelled), *map(of, self.replies)]
        numbers: dict[str, int] = {}
        found = []
        for row in rows:
            runs = [*row, *(f"{one}_{other}" for one, other in pairwise(row))]
            found.append(np.unique([numbers.setdefault(one, len(numbers)) for one in runs], return_counts=True))
        pairs = [(keys.astype(np.uint64), times) for keys, times in found]
        return learning._table(pairs, learning._standing_in([keys for keys, _times in pairs], 3))

    @cached_property
    def dense(self) -> np.ndarray:
        """300 numbers a message out of all texts, labelled or not, without a label."""
        table = self.counts[:, (self.lengths > 1) & (np.bincount(self.counts.indices, minlength=len(self.keys)) > 5)]
        values = learning.weighed(table, rarity_of(table))
        return normalize(TruncatedSVD(300, n_iter=3, random_state=1).fit_transform(values)).astype(np.float32)

    @cached_property
    def told(self) -> np.ndarray:
        """The label that an office named in the reply stands for; -1 where none or several."""
        found = [label_of(row["reply"], self.labels) for row in self.replies]
        return np.array([self.labels.index(one) if one else -1 for one in found])


@dataclass
class Trial:
    """One part left out: what may be learned from and what is asked for."""

    ground: Ground
    rest: np.ndarray
    part: np.ndarray
    unlabelled: np.ndarray
    replies: np.ndarray

    @property
    def truth(self) -> np.ndarray:
        return self.ground.truth[self.rest]

    def tables(self, counts: sparse.csr_matrix | None = None, weigh: Any = None, more: Sequence[Any] = ()) -> list[Any]:
        counts = self.ground.counts if counts is None else counts
        learned = counts[self.rest]
        rarity = rarity_of(learned)
        return [
            (weigh or learning.weighed)(one, rarity)
            for one in (learned, counts[self.part], *(counts[rows] for rows in more))
        ]


Way = Callable[[Trial], Scores]
WAYS: dict[str, tuple[str, Way]] = {}


def way(name: str, words: str) -> Callable[[Way], Way]:
    def kept(function: Way) -> Way:
        WAYS[name] = (words, function)
        return function

    return kept


def rarity_of(table: sparse.csr_matrix) -> np.ndarray:
    standing = np.bincount(table.indices, minlength=table.shape[1])
    return (np.log((1 + table.shape[0]) / (1 + standing)) + 1).astype(np.float32)


def svc(trial: Trial, c: float = 0.3, **more: Any) -> Scores:
    learned, asked = trial.tables(**more)
    return LinearSVC(C=c, random_state=1).fit(learned, trial.truth).decision_function(asked)


def shares(scores: Scores, scale: float = 3.0) -> Scores:
    raised = np.exp(scale * (scores - scores.max(axis=1, keepdims=True)))
    return raised / raised.sum(axis=1, keepdims=True)


for c in (0.1, 0.3, 1.0):
    way(f"svc-{c}", f"runs of 1-4 characters, linear SVM, C {c}")(lambda trial, c=c: svc(trial, c))
for most in (2, 3):
    way(f"runs-{most}", f"runs of 1-{most} characters only")(
        lambda trial, most=most: svc(trial, counts=trial.ground.counts[:, trial.ground.lengths <= most])
    )
way("words", "words and pairs of words (rjieba)")(lambda trial: svc(trial, counts=trial.ground.cut))
for times in (1, 3):
    way(f"head-{times}", f"title, or the first ten words, counted {times + 1} times")(
        lambda trial, times=times: svc(trial, counts=(trial.ground.counts + times * trial.ground.head_counts).tocsr())
    )


def beside(trial: Trial, other: sparse.csr_matrix, weight: float, c: float = 0.3) -> Scores:
    """A second table's columns beside those of the runs."""
    pairs = zip(trial.tables(), trial.tables(counts=other), strict=True)
    learned, asked = (sparse.hstack([one, weight * more]).tocsr() for one, more in pairs)
    return LinearSVC(C=c, random_state=1).fit(learned, trial.truth).decision_function(asked)


for weight, c in ((0.5, 0.3), (1.0, 0.2)):
    way(f"title-{weight}", f"title, or the first ten words, as runs of their own, weight {weight}, C {c}")(
        lambda trial, weight=weight, c=c: beside(trial, trial.ground.head_counts, weight, c)
    )
for most in (30, 60, 120):
    way(f"opening-{most}", f"the first {most} characters as runs of their own, weight 0.7")(
        lambda trial, most=most: beside(trial, trial.ground.openings(most), 0.7)
    )
way("runs+words", "runs and words side by side")(lambda trial: beside(trial, trial.ground.cut, 0.7))


@way("shipped", "what `huying triage train` learns")
def shipped(trial: Trial) -> Scores:
    seen = trial.ground.seen
    rows = [seen[one] for one in trial.rest]
    learned = learning.taught(rows, trial.truth, [], np.array([], int), len(trial.ground.labels), 1)
    return learned.scores([seen[one] for one in trial.part])


@way("no-raw", "learned from the rows of words alone")
def no_raw(trial: Trial) -> Scores:
    keep = trial.rest[~trial.ground.is_raw[trial.rest]]
    return svc(Trial(trial.ground, keep, trial.part, trial.unlabelled, trial.replies))


@way("flat", "counts not damped")
def flat(trial: Trial) -> Scores:
    return svc(trial, weigh=lambda table, rarity: normalize(table.multiply(rarity).tocsr()))


@way("bm25", "BM25 in place of damped counts")
def bm25(trial: Trial) -> Scores:
    mean = trial.ground.counts[: trial.ground.known].sum() / trial.ground.known

    def weigh(table: sparse.csr_matrix, rarity: np.ndarray) -> sparse.csr_matrix:
        table = table.tocsr().copy()
        long = np.repeat(np.asarray(table.sum(axis=1)).ravel() / mean, np.diff(table.indptr))
        table.data = 2.6 * table.data / (table.data + 1.6 * (0.5 + 0.5 * long))
        return normalize(table.multiply(rarity).tocsr())

    return svc(trial, weigh=weigh)


@way("chi2", "the 50,000 runs that tell most (chi-squared)")
def chosen(trial: Trial) -> Scores:
    learned, asked = trial.tables()
    best = np.sort(np.argsort(-np.nan_to_num(chi2(learned, trial.truth)[0]), kind="stable")[:50_000])
    learned, asked = normalize(learned[:, best]), normalize(asked[:, best])
    return LinearSVC(C=0.3, random_state=1).fit(learned, trial.truth).decision_function(asked)


@way("ridge", "ridge regression")
def ridge(trial: Trial) -> Scores:
    learned, asked = trial.tables()
    machine = RidgeClassifier(alpha=0.7, solver="sparse_cg", tol=1e-3).fit(learned.astype(np.float64), trial.truth)
    return machine.decision_function(asked)


@way("softmax", "logistic regression over all types at once (60 steps)")
def softmax(trial: Trial) -> Scores:
    learned, asked = trial.tables()
    machine = _quiet_fit(LogisticRegression(C=30, max_iter=60), learned, trial.truth)
    return machine.decision_function(asked)


@way("sgd", "stochastic gradient, modified Huber loss")
def sgd(trial: Trial) -> Scores:
    learned, asked = trial.tables()
    machine = SGDClassifier(loss="modified_huber", alpha=2e-5, max_iter=20, tol=None, random_state=1, average=True)
    return machine.fit(learned, trial.truth).decision_function(asked)


@way("bayes", "complement naive Bayes")
def bayes(trial: Trial) -> Scores:
    learned, asked = trial.tables()
    return 10 * ComplementNB(alpha=0.1).fit(learned, trial.truth).predict_log_proba(asked)


@way("nbsvm", "naive Bayes weights before the linear SVM")
def nbsvm(trial: Trial) -> Scores:
    learned, asked = trial.tables(weigh=lambda table, rarity: normalize(table.sign()))
    scores = []
    for label in range(len(trial.ground.labels)):
        inside = np.asarray(learned[trial.truth == label].sum(axis=0)).ravel() + 0.02
        outside = np.asarray(learned[trial.truth != label].sum(axis=0)).ravel() + 0.02
        scale = sparse.diags(np.log(inside / inside.sum() / (outside / outside.sum())))
        machine = LinearSVC(C=0.05, random_state=1).fit(learned @ scale, trial.truth == label)
        scores.append(machine.decision_function(asked @ scale))
    return np.array(scores).T


def taught(trial: Trial, *, replies: bool, unlabelled: bool, weight: float = 0.5, sure: float = 0.55) -> Scores:
    ground = trial.ground
    learned, asked, free, answered = trial.tables(more=(trial.unlabelled, trial.replies))
    told = ground.told[trial.replies - ground.known - len(ground.unlabelled)]
    tables, labels = [learned], [trial.truth]
    if replies:
        tables.append(answered[told >= 0])
        labels.append(told[told >= 0])
    if unlabelled:
        more = sparse.vstack([free, answered]).tocsr()
        scores = LinearSVC(C=0.3, random_state=1).fit(learned, trial.truth).decision_function(more)
        second, first = np.sort(scores, axis=1)[:, -2:].T
        taken = (first > 0) & (first - second > sure)
        if replies:
            taken[len(trial.unlabelled) :] &= told < 0
        tables.append(more[taken])
        labels.append(scores.argmax(axis=1)[taken])
    weights = np.concatenate([np.full(len(one), weight if at else 1.0) for at, one in enumerate(labels)])
    machine = LinearSVC(C=0.3, random_state=1)
    return machine.fit(sparse.vstack(tables), np.concatenate(labels), sample_weight=weights).decision_function(asked)


way("self", "self-training on unlabelled messages")(lambda trial: taught(trial, replies=False, unlabelled=True))
way("offices", "weak labels from the offices in replies")(lambda trial: taught(trial, replies=True, unlabelled=False))
way("both", "both")(lambda trial: taught(trial, replies=True, unlabelled=True))


@way("taxonomy", "names of the classification's second and third level, as messages")
def taxonomy(trial: Trial) -> Scores:
    rows = list(lines(folder_of() / "taxonomy.csv"))
    names: dict[tuple[str, str], str] = {}
    for row in rows:
        cells = row.cells
        if cells["level1"] in trial.ground.labels:
            key = (cells["level1"], cells["level2"])
            names[key] = names.get(key, cells["level2"]) + "\n" + cells["level3"]
    learned, asked = trial.tables()
    rarity = rarity_of(trial.ground.counts[trial.rest])
    more = learning.weighed(
        learning._table([counted(codes_of(text)) for text in names.values()], trial.ground.keys), rarity
    )
    labels = np.array([trial.ground.labels.index(key[0]) for key in names])
    machine = LinearSVC(C=0.3, random_state=1)
    return machine.fit(sparse.vstack([learned, more]), np.concatenate([trial.truth, labels])).decision_function(asked)


def unsure(trial: Trial) -> Scores:
    """How likely each label is for each message that is learned from, when it is left out itself."""
    ground, scores = trial.ground, np.zeros((len(trial.rest), len(trial.ground.labels)))
    groups = np.unique(ground.groups[trial.rest], return_inverse=True)[1]
    for part in learning.divisions(groups, trial.truth, 7):
        rest = np.setdiff1d(np.arange(len(trial.rest)), part)
        scores[part] = svc(Trial(ground, trial.rest[rest], trial.rest[part], trial.unlabelled, trial.replies))
    return learning.calibrated(scores, trial.truth)(scores)


def cleaned(trial: Trial, weights: Callable[[Scores, Scores], Scores]) -> Scores:
    found = unsure(trial)
    kept = weights(found[np.arange(len(found)), trial.truth], found.max(axis=1))
    learned, asked = trial.tables()
    some = kept > 0
    machine = LinearSVC(C=0.3, random_state=1)
    return machine.fit(learned[some], trial.truth[some], sample_weight=kept[some]).decision_function(asked)


way("cleaned", "labels left out that five-fold learning is sure are wrong")(
    lambda trial: cleaned(trial, lambda own, best: np.where((own < 0.05) & (best > 0.9), 0.0, 1.0))
)
way("doubted", "labels that five-fold learning doubts count 0.3")(
    lambda trial: cleaned(trial, lambda own, best: np.where(own < 0.1, 0.3, 1.0))
)


@way("rbf", "kernel ridge, Gaussian, on the 300 dimensions")
def rbf(trial: Trial) -> Scores:
    dense, labels = trial.ground.dense.astype(np.float64), np.eye(len(trial.ground.labels))

    def alike(rows: np.ndarray) -> np.ndarray:
        return np.exp(-4.0 * (1 - dense[rows] @ dense[trial.rest].T))

    told = np.linalg.solve(alike(trial.rest) + 0.3 * np.eye(len(trial.rest)), 2 * labels[trial.truth] - 1)
    return alike(trial.part) @ told


@way("near", "15 nearest in 300 dimensions (SVD of all texts)")
def near(trial: Trial) -> Scores:
    dense = trial.ground.dense
    alike = dense[trial.part] @ dense[trial.rest].T
    scores = np.zeros((len(trial.part), len(trial.ground.labels)))
    lines_ = np.arange(len(trial.part))
    for place in np.argpartition(-alike, 15, axis=1)[:, :15].T:
        scores[lines_, trial.truth[place]] += alike[lines_, place] ** 3
    return np.log(scores / scores.sum(axis=1, keepdims=True) + 0.01)


@way("mlp", "neural: one hidden layer of 128 on the 300 dimensions, three seeds")
def mlp(trial: Trial) -> Scores:
    dense = trial.ground.dense * np.sqrt(300)
    found: Any = 0
    for seed in range(3):
        machine = MLPClassifier((128,), alpha=0.1, max_iter=12, batch_size=64, random_state=seed)
        machine.n_iter_no_change = 99
        found = found + _quiet_fit(machine, dense[trial.rest], trial.truth).predict_proba(dense[trial.part])
    return np.log(found / 3 + 1e-3)


@way("mlp-runs", "neural: hidden layer of 64 on 30,000 runs")
def mlp_runs(trial: Trial) -> Scores:
    learned, asked = trial.tables()
    best = np.sort(np.argsort(-np.nan_to_num(chi2(learned, trial.truth)[0]), kind="stable")[:30_000])
    machine = MLPClassifier((64,), alpha=1e-3, learning_rate_init=2e-3, max_iter=6, batch_size=64, random_state=1)
    _quiet_fit(machine, normalize(learned[:, best]), trial.truth)
    return np.log(machine.predict_proba(normalize(asked[:, best])) + 1e-3)


@way("bag", "neural: bag of embeddings (64) of 40,000 runs, trained here, half the runs dropped at random, two seeds")
def bag(trial: Trial) -> Scores:
    return bag_of(trial, 1) + bag_of(trial, 2)


def bag_of(trial: Trial, seed: int, width: int = 64, rounds: int = 10, batch: int = 32, speed: float = 0.05) -> Scores:
    """Mean of embeddings, rectified, one softmax layer; labels smoothed by a tenth; Adagrad with falling speed."""
    learned, asked = trial.tables()
    best = np.sort(np.argsort(-np.nan_to_num(chi2(learned, trial.truth)[0]), kind="stable")[:40_000])
    learned, asked = (6 * normalize(one[:, best]).tocsr().astype(np.float32) for one in (learned, asked))
    chance, classes = np.random.default_rng(seed), len(trial.ground.labels)
    vectors = (0.05 * chance.standard_normal((len(best), width))).astype(np.float32)
    weights = (0.2 * chance.standard_normal((width, classes))).astype(np.float32)
    shift, bias = np.zeros(width, np.float32), np.zeros(classes, np.float32)
    went, gone = np.full(len(best), 1e-3, np.float32), np.full_like(weights, 1e-3)
    wanted = (0.9 * np.eye(classes)[trial.truth] + 0.1 / classes).astype(np.float32)
    steps = [part for _ in range(rounds) for part in _batches(chance.permutation(len(wanted)), batch)]
    for step, part in enumerate(steps):
        rate = speed * (1 - step / len(steps)) + 1e-4
        rows = learned[part]
        rows.data *= 2 * (chance.random(len(rows.data), dtype=np.float32) > 0.5)
        runs, places = np.unique(rows.indices, return_inverse=True)
        rows = sparse.csr_matrix((rows.data, places, rows.indptr), shape=(len(part), len(runs)))
        hidden = np.maximum(rows @ vectors[runs] + shift, 0)
        kept = hidden * ((chance.random(hidden.shape, dtype=np.float32) > 0.3) / np.float32(0.7))
        miss = shares(kept @ weights + bias, 1.0) - wanted[part]
        back = (miss @ weights.T) * (kept > 0) / np.float32(0.7)
        slope = kept.T @ miss
        gone += slope**2
        weights -= rate * slope / np.sqrt(gone)
        bias -= 0.01 * miss.sum(axis=0)
        shift -= 0.005 * back.sum(axis=0)
        slope = rows.T @ back
        went[runs] += (slope**2).mean(axis=1)
        vectors[runs] -= rate * slope / np.sqrt(went[runs])[:, None]
    return np.maximum(asked @ vectors + shift, 0) @ weights + bias


def _batches(order: np.ndarray, size: int) -> list[np.ndarray]:
    return [order[at : at + size] for at in range(0, len(order), size)]


def _quiet_fit(machine: Any, table: Any, truth: np.ndarray) -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fewer rounds than it would like are meant
        return machine.fit(table, truth)


BLENDS = {
    "svc+words": ("svc-0.3", "words"),
    "svc+nbsvm": ("svc-0.3", "nbsvm"),
    "svc+mlp": ("svc-0.3", "mlp"),
    "shipped+rbf": ("shipped", "rbf"),
    "shipped+words": ("shipped", "words"),
    "shipped+rbf+words": ("shipped", "rbf", "words"),
    "shipped+rbf+bag": ("shipped", "rbf", "bag"),
    "all": ("shipped", "ridge", "words", "nbsvm", "rbf", "mlp", "bag"),
}
"""Ways whose shares are multiplied, each calibrated before and the product again."""
CURVE = {f"curve-{share}": share for share in (0.125, 0.25, 0.5, 0.75, 1.0)}
"""What is shipped, learned from these shares of the groups of copies."""


def divided(ground: Ground, seed: int, part_of_all: float = 1.0) -> list[Trial]:
    known = np.arange(ground.known)
    groups = ground.groups[: ground.known]
    free = np.arange(ground.known, ground.known + len(ground.unlabelled))
    answered = np.arange(free[-1] + 1, len(ground.texts))
    trials = []
    for part in learning.divisions(groups, ground.truth, seed):
        rest = np.setdiff1d(known, part)
        if part_of_all < 1:
            names = np.unique(groups[rest])
            names = np.random.default_rng(seed).permutation(names)[: int(part_of_all * len(names))]
            rest = rest[np.isin(groups[rest], names)]
        there = ground.groups[part]
        trials.append(
            Trial(ground, rest, part, *(rows[~np.isin(ground.groups[rows], there)] for rows in (free, answered)))
        )
    return trials


def tried(function: Way, trials: Sequence[Trial]) -> Scores:
    scores = np.zeros((trials[0].ground.known, len(trials[0].ground.labels)))
    for trial in trials:
        scores[trial.part] = function(trial)
    return scores


def even(scores: Scores, ground: Ground, trials: Sequence[Trial]) -> Scores:
    """Shares, each part calibrated by the others."""
    found = np.zeros_like(scores)
    for trial in trials:
        found[trial.part] = learning.calibrated(scores[trial.rest], ground.truth[trial.rest])(scores[trial.part])
    return found


def figures(found: Scores, ground: Ground) -> dict[str, float]:
    told = [ground.labels[one] for one in ground.truth]
    result = {}
    for name, rows in (("raw", ground.is_raw), ("words", ~ground.is_raw), ("all", ground.is_raw | True)):
        measures = measure(ground.labels, [told[one] for one in np.flatnonzero(rows)], found[rows])
        result |= {f"{name}_{one}": measures[one] for one in ("macro_f1", "ece", "auto_98")}  # type: ignore[literal-required]
    return result


def folder_of() -> Path:
    return Path(os.environ["HUYING_REAL_DATA"]) / "citizen-messages"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=None)
    parser.add_argument("--curve", action="store_true", help="the way that is shipped, learned from parts of the data")
    parser.add_argument("--out", type=Path, help="keeps each figure as a line of JSON, and leaves out what is there")
    parser.add_argument("--scores", type=Path, help="keeps scores in this folder, so that blends need no learning")
    parser.add_argument("--table", action="store_true", help="prints what --out holds as a table, and tries nothing")
    options = parser.parse_args()
    done = [json.loads(one) for one in options.out.read_text().splitlines()] if _is_there(options.out) else []
    if options.table:
        print(table_of(done))
        return 0
    ground = Ground.of(folder_of())
    had = {(row["name"], row["seed"]) for row in done}
    names = options.only or (CURVE if options.curve else [*WAYS, *BLENDS])
    for seed in range(1, options.repeats + 1):
        for name in names:
            if (name, seed) in had:
                continue
            began, trials = time.monotonic(), divided(ground, seed)
            parts = BLENDS.get(name, (name,))
            whole = sum(np.log(found_by(one, seed, trials, options.scores) + 1e-3) for one in parts)
            found = even(whole, ground, trials) if len(parts) > 1 else np.exp(whole) - 1e-3
            row = {"name": name, "seed": seed, **figures(found, ground), "seconds": round(time.monotonic() - began, 1)}
            print(json.dumps(row), flush=True)
            if options.out:
                with options.out.open("a") as file:
                    file.write(json.dumps(row) + "\n")
    return 0


def _is_there(file: Path | None) -> bool:
    return file is not None and file.exists()


def found_by(name: str, seed: int, trials: Sequence[Trial], folder: Path | None) -> Scores:
    """One way's shares, each part calibrated by the others; its scores from the folder where they are kept."""
    ground, file = trials[0].ground, folder / f"{name}.{seed}.npy" if folder else None
    if file and file.exists():
        return even(np.load(file), ground, trials)
    if name in CURVE:
        scores = tried(WAYS["shipped"][1], divided(ground, seed, CURVE[name]))
    else:
        scores = tried(WAYS[name][1], trials)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, scores)
    return even(scores, ground, trials)


def table_of(rows: Sequence[dict[str, Any]]) -> str:
    """Mean and spread (standard deviation over the repeats) of each way, as Markdown."""
    kinds = [f"{kind}_{one}" for kind in ("raw", "words", "all") for one in ("macro_f1", "ece", "auto_98")]
    told = ["| way | " + " | ".join(kinds) + " | n |", "|---" * (len(kinds) + 2) + "|"]
    for name in dict.fromkeys(row["name"] for row in rows):
        mine = [row for row in rows if row["name"] == name]
        cells = [
            f"{np.mean([row[one] for row in mine]):.4f} ± {np.std([row[one] for row in mine]):.4f}" for one in kinds
        ]
        words = WAYS[name][0] if name in WAYS else name
        told.append(f"| {words} | " + " | ".join(cells) + f" | {len(mine)} |")
    return "\n".join(told)


if __name__ == "__main__":
    sys.exit(main())
