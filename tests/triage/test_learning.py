"""Learning on made-up calls: the same from whatever order, copies on one side, shares that hold, a child that ends."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from random import Random

import numpy as np
import pytest

from huying.kernel.refusals import Unavailable
from huying.triage import learning, messages
from huying.triage import model as models
from huying.triage.features import codes_of, counted, read_message
from huying.triage.measure import measure
from huying.triage.messages import Message
from huying.triage.offices import label_of
from tests.triage.made_up import MATTERS, calls

pytestmark = pytest.mark.skipif(  # not `importorskip`: it takes two seconds, in each process that collects
    find_spec("sklearn") is None, reason="scikit-learn is not installed: learning needs requirements/triage.txt"
)

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def learned():
    return learning.train(calls(), made="2026-11-23")


def same(one, other):
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in models.KINDS) and (
        (one.classes, one.calibration, one.data, one.scores)
        == (other.classes, other.calibration, other.data, other.scores)
    )


class TestTheModel:
    def test_it_tells_the_matters_apart_and_names_their_words(self, learned):
        assert learned.classes == tuple(sorted(MATTERS))
        assert learned.scores["macro_f1"] > 0.8
        best = learned.suggest("门口的路灯不亮，晚上很黑")[0]
        assert best.code == "路灯"
        assert any("灯" in word or "黑" in word for word in best.words)

    def test_it_is_the_same_from_whatever_order(self, learned):
        rows = calls()
        Random(5).shuffle(rows)
        assert same(learning.train(rows, made="2026-11-23"), learned)

    def test_a_message_given_twice_counts_once(self, learned):
        assert same(learning.train(calls() + calls()[:40]), learned)

    def test_its_confidence_holds_on_calls_it_has_not_seen(self):
        model = learning.train(calls(600))
        unseen = calls(1500, seed=77)
        found = measure(
            model.classes, [one.label for one in unseen], np.array([model.shares(one.text) for one in unseen])
        )
        assert found["ece"] < 0.05
        assert abs(found["accuracy"] - model.scores["accuracy"]) < 0.05

    def test_what_it_says_of_itself_is_not_what_it_learned_by_heart(self):
        rows = calls()
        labels = [one.label for one in rows]
        Random(3).shuffle(labels)
        model = learning.train([replace(one, label=label) for one, label in zip(rows, labels, strict=True)])
        assert model.scores["accuracy"] < 0.5

    def test_prediction_weighs_words_as_learning_did(self, learned):
        rows = [read_message(one.text) for one in calls(20, seed=9)]
        whole, opening = learning.tables(rows, learned.keys, learned.rarity)
        shares = learned.calibration(whole @ learned.weights + opening @ learned.opening + learned.bias)
        assert np.allclose([learned.shares(one.text) for one in calls(20, seed=9)], shares, atol=1e-5)

    def test_what_a_call_opens_with_tells_more_than_what_it_ends_with(self):
        """Each call speaks of two matters; the first is its label."""
        rows = []
        for one in calls(300, slips=0):
            other = calls(1, seed=len(rows), slips=0)[0].text
            rows.append(replace(one, text=f"{one.text}\n{other}"))
        assert learning.train(rows).scores["accuracy"] > 0.8

    def test_two_classes_do(self):
        rows = [one for one in calls() if one.label != "噪声"]
        assert learning.train(rows).scores["macro_f1"] > 0.8

    def test_a_class_of_two_messages_does(self):
        rows = [*calls(), Message("井盖丢了要小心", "井盖"), Message("路面的井盖破了", "井盖")]
        model = learning.train(rows)
        assert model.suggest("井盖不见了")[0].code == "井盖"

    def test_it_takes_no_more_room_than_it_may(self, tmp_path, monkeypatch, learned):
        monkeypatch.setattr(learning, "LARGEST", 10_000)
        small = learning.train(calls())
        models.write(small, tmp_path / "small.model")
        assert len(small.keys) < len(learned.keys)
        assert 9_900 < sum(getattr(small, name).nbytes for name in models.KINDS) <= 10_100
        assert small.suggest("门口的路灯不亮，晚上很黑")[0].code == "路灯"


class TestCopies:
    def test_nearly_the_same_messages_stay_in_one_part(self):
        rows = calls(60)
        copies = [replace(one, text=one.text[:-6] + "请答复") for one in rows[:30]]
        texts = [one.text for one in rows + copies]
        groups = learning.groups_of([counted(codes_of(text))[0] for text in texts])
        assert [groups[at] for at in range(30)] == [groups[60 + at] for at in range(30)]
        truth = np.zeros(90, int)
        for part in learning.divisions(groups, truth, seed=4):
            assert {at + 60 for at in part if at < 30} == {at for at in part if at >= 60}

    def test_a_message_without_stop_words_is_a_copy_of_its_raw_text(self):
        rows = calls(50)
        words = [one.text.replace("，", "").replace("的", "") for one in rows]
        groups = learning.groups_of([counted(codes_of(text))[0] for text in [one.text for one in rows] + words])
        assert (groups[:50] == groups[50:]).mean() > 0.95

    def test_set_phrases_make_no_chain_of_all(self):
        texts = [
            f"尊敬的领导您好我要反映问题{MATTERS[one.label][at % 7]}希望尽快处理谢谢"
            for at, one in enumerate(calls(60))
        ]
        groups = learning.groups_of([counted(codes_of(text))[0] for text in texts])
        assert np.bincount(groups).max() <= 6

    def test_each_message_is_in_one_part(self):
        truth = np.array([0] * 20 + [1] * 7 + [2])
        parts = list(learning.divisions(np.arange(28), truth, seed=2))
        assert sorted(np.concatenate(parts)) == list(range(28))
        assert all((truth[part] == 0).sum() == 4 for part in parts)


class TestTheChild:
    def test_it_writes_the_model_that_training_gives(self, tmp_path, learned):
        told = learning.learn(calls(), tmp_path / "types.model", now=NOW)
        assert same(models.read(tmp_path / "types.model"), learned)
        assert told["made"] == "2026-11-23T08:00:00+00:00"
        assert told["scores"] == learned.scores

    @pytest.mark.parametrize("rows", [[], calls()[:1], [one for one in calls() if one.label == "路灯"]])
    def test_too_few_messages_are_refused(self, tmp_path, rows):
        with pytest.raises(learning.TooFew):
            learning.learn(rows, tmp_path / "types.model", now=NOW)

    def test_without_the_learner_it_says_what_to_install(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "sklearn", None)
        with pytest.raises(learning.LearnerMissing, match="requirements/triage.txt"):
            learning.learn(calls(), tmp_path / "types.model", now=NOW)

    def test_a_child_that_fails_or_lingers_leaves_the_old_model(self, tmp_path, monkeypatch):
        file = tmp_path / "types.model"
        file.write_bytes(b"old")
        for why in (subprocess.TimeoutExpired("x", 1), subprocess.CalledProcessError(1, "x", stderr="trouble")):
            monkeypatch.setattr(learning.apart, "ask", lambda *_a, why=why, **_k: (_ for _ in ()).throw(why))
            with pytest.raises(Unavailable):
                learning.learn(calls(), file, now=NOW)
        assert file.read_bytes() == b"old"

    def test_prediction_loads_no_learner(self, tmp_path, learned):
        models.write(learned, tmp_path / "types.model")
        code = (
            "import sys; from pathlib import Path; from huying.triage import model;"
            f"print(model.read(Path({str(tmp_path / 'types.model')!r})).suggest('路灯不亮')[0].code);"
            "assert not {'sklearn', 'scipy', 'rjieba'} & set(sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "路灯"


def test_the_hash_of_messages_does_not_depend_on_order():
    rows = calls(20)
    assert messages.hash_of(rows) == messages.hash_of(rows[::-1])
    assert messages.hash_of(rows) != messages.hash_of(rows[1:])


class TestMessagesWithoutALabel:
    def test_words_that_only_they_hold_become_known(self):
        """`浮尘` stands in no labelled call, but beside the words of one matter in those without a label."""
        free = [one.text + "，到处浮尘" for one in calls(60, seed=4, slips=0) if one.label == "垃圾"]
        rows = calls(150, slips=0)
        assert learning.train(rows).suggest("浮尘") == []
        best = learning.train(rows, unlabelled=free).suggest("浮尘")[0]
        assert best.code == "垃圾"

    def test_an_office_in_a_reply_tells_the_class(self):
        rows = [
            replace(one, label={"路灯": "城乡建设", "垃圾": "环境保护", "噪声": "教育文体"}[one.label])
            for one in calls(slips=0)
        ]
        answered = [
            (f"{one.text}，学费太高", "您好，区教育局答复如下")
            for one in calls(30, seed=4, slips=0)
            if one.label == "噪声"
        ]
        assert learning.train(rows, replies=answered).suggest("学费太高")[0].code == "教育文体"

    def test_they_are_not_learned_from_where_that_makes_it_worse(self):
        named = {"路灯": "城乡建设", "垃圾": "环境保护", "噪声": "教育文体"}
        rows = [replace(one, label=named[one.label]) for one in calls()]
        wrong = {"路灯": "生态环境局", "垃圾": "教育局", "噪声": "住建局"}
        model = learning.train(rows, replies=[(one.text, wrong[one.label]) for one in calls(300, seed=6)])
        alone = learning.train(rows)
        assert model.scores == alone.scores
        assert np.array_equal(model.weights, alone.weights)

    def test_copies_of_what_is_left_out_do_not_help(self):
        """With the labels shuffled nothing can be learned, so a better figure would come from the copies' replies."""
        rows = calls()
        labels = [["城乡建设", "教育文体"][at % 2] for at in range(len(rows))]
        told = {"城乡建设": "住建局", "教育文体": "教育局"}
        mixed = [replace(one, label=label) for one, label in zip(rows, labels, strict=True)]
        model = learning.train(mixed, replies=[(one.text, told[one.label]) for one in mixed])
        assert model.scores["accuracy"] < 0.65


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("您好，经区教育局调查", "教育文体"),
        ("经市住建局和区教育局调查", ""),
        ("您好，您的留言已收悉", ""),
        ("您" * 500 + "教育局", ""),
        ("县卫健局答复", ""),  # no class of this model
    ],
)
def test_the_class_of_an_office(reply, label):
    assert label_of(reply, ["教育文体", "城乡建设"]) == label
