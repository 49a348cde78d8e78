"""A model's file and its predictions: the same numbers back, nothing executed, and whatever does not fit is refused."""

import json
import struct
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.triage import model as models
from huying.triage.features import codes_of, runs_of
from huying.triage.model import BadModel, Calibration, Model

HEAD = len(models.MARK) + 8


def small(**changed):
    keys = np.unique(np.concatenate([runs_of(codes_of(text)) for text in ("路灯不亮", "垃圾桶满", "半夜施工")]))
    weights = np.zeros((len(keys), 3), np.float32)
    for column, text in enumerate(("路灯不亮", "垃圾桶满", "半夜施工")):
        weights[np.searchsorted(keys, np.unique(runs_of(codes_of(text)))), column] = 1
    whole = {
        "classes": ("路灯", "垃圾", "噪声"),
        "calibration": Calibration(2.0, (0.0, 0.1, -0.1)),
        "keys": keys,
        "rarity": np.ones(len(keys), np.float32),
        "weights": weights,
        "opening": np.zeros_like(weights),
        "bias": np.array([0.1, 0, 0], np.float32),
        "made": "2026-11-23T08:00:00+00:00",
        "data": "ab" * 32,
        "scores": {"n": 9, "macro_f1": 0.9},
    }
    return Model(**{**whole, **changed})


@pytest.fixture
def file(tmp_path):
    models.write(small(), tmp_path / "types.model")
    return tmp_path / "types.model"


class TestSuggestions:
    def test_the_likeliest_comes_first_with_the_words_that_led_there(self):
        best = small().suggest("门口的路灯不亮，旁边垃圾很多")
        assert [one.code for one in best] == ["路灯", "垃圾", "噪声"]
        assert "路灯不亮" in best[0].words
        assert "垃圾" in best[1].words
        assert best[0].confidence > best[1].confidence > best[2].confidence

    def test_words_come_back_as_they_stand_there(self):
        one = small(
            keys=np.sort(runs_of(codes_of("ab"))),
            rarity=np.ones(3, np.float32),
            weights=np.eye(3, dtype=np.float32),
            opening=np.zeros((3, 3), np.float32),
        )
        assert set(one.suggest("😀ＡB")[0].words) <= {"ＡB"}

    @pytest.mark.parametrize("text", ["", "。。", "hello", "😀" * 9])
    def test_where_nothing_speaks_for_any_there_is_none(self, text):
        assert small().suggest(text) == []

    def test_the_opening_of_a_call_speaks_beside_the_whole(self):
        model = small(opening=small().weights)
        first, last = "路灯\n垃圾", "垃圾\n路灯"
        assert [model.suggest(text)[0].code for text in (first, last)] == ["路灯", "垃圾"]
        assert small().shares(first) == pytest.approx(small().shares(last))
        assert "路灯" in model.suggest(first)[0].words

    def test_no_more_than_asked_for(self):
        assert len(small().suggest("路灯", top=1)) == 1
        assert len(small().suggest("路灯", top=9)) == 3

    @given(st.text("路灯不亮垃圾桶满半夜施工的，。a1"))
    def test_shares_add_up_to_one_and_are_those_of_the_suggestions(self, text):
        model = small()
        shares = model.shares(text)
        assert shares.sum() == pytest.approx(1)
        assert (shares >= 0).all()
        for one in model.suggest(text):
            assert one.confidence == pytest.approx(shares[model.classes.index(one.code)], abs=1e-4)
            assert all(word in text for word in one.words)

    def test_it_is_quick_also_on_a_long_call(self):
        text = "门口的路灯不亮旁边垃圾很多半夜还在施工" * 100
        model = small()
        model.suggest(text)
        began = time.process_time()
        for _ in range(20):
            model.suggest(text)
        assert (time.process_time() - began) / 20 < 0.05


class TestTheFile:
    def test_what_is_read_is_what_was_written(self, file):
        there, here = models.read(file), small()
        assert (there.classes, there.calibration, there.made, there.data) == (
            here.classes,
            here.calibration,
            here.made,
            here.data,
        )
        assert there.scores == here.scores
        for name in models.KINDS:
            assert np.array_equal(getattr(there, name), getattr(here, name))
        assert there.suggest("路灯不亮") == here.suggest("路灯不亮")

    def test_its_arrays_are_mapped_and_cannot_be_changed(self, file):
        model = models.read(file)
        for name in models.KINDS:
            assert isinstance(getattr(model, name), np.memmap)
            assert not getattr(model, name).flags.writeable

    def test_the_same_model_gives_the_same_bytes(self, file, tmp_path):
        models.write(small(), tmp_path / "again.model")
        assert (tmp_path / "again.model").read_bytes() == file.read_bytes()

    def test_a_write_that_fails_leaves_the_old_one(self, file):
        before = file.read_bytes()
        with pytest.raises(ValueError):
            models.write(small(bias=np.array(["no"])), file)
        assert file.read_bytes() == before
        assert list(file.parent.iterdir()) == [file]


def with_head(data, **changed):
    """The same file with another head, the seal kept."""
    length = struct.unpack("<I", data[HEAD - 4 : HEAD])[0]
    head = {**json.loads(data[HEAD : HEAD + length]), **changed}
    told = json.dumps({name: value for name, value in head.items() if value is not None}).encode()
    told += b" " * (-(HEAD + len(told)) % models.EDGE)
    return data[: HEAD - 4] + struct.pack("<I", len(told)) + told + data[HEAD + length :]


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "spoil",
        [
            lambda data: b"",
            lambda data: data[:10],
            lambda data: data[:60],
            lambda data: data[:-1],
            lambda data: data + b"\0",
            lambda data: b"\x80\x04" + data,
            lambda data: data[:-70] + bytes([data[-70] ^ 1]) + data[-69:],
            lambda data: data[: HEAD - 4] + b"\xff\xff\xff\xff" + data[HEAD:],
            lambda data: data[:HEAD] + b"[" + data[HEAD + 1 :],
            lambda data: with_head(data, classes=["a", "b"]),
            lambda data: with_head(data, classes=["a", "a", "b"]),
            lambda data: with_head(data, classes=7),
            lambda data: with_head(data, scores=None),
            lambda data: with_head(data, calibration={"scale": 1, "shift": [0, 0]}),
            lambda data: with_head(data, calibration={"scale": float("nan"), "shift": [0, 0, 0]}),
            lambda data: with_head(data, calibration={"scale": "x", "shift": [0, 0, 0]}),
            lambda data: with_head(data, arrays={}),
            lambda data: with_head(data, arrays=dict.fromkeys(models.KINDS, {"at": 0, "shape": [3]})),
            lambda data: with_head(data, arrays=dict.fromkeys(models.KINDS, {"at": -64, "shape": [3]})),
            lambda data: with_head(data, arrays=dict.fromkeys(models.KINDS, {"at": 0, "shape": [1 << 60]})),
            lambda data: with_head(data, arrays=dict.fromkeys(models.KINDS, {"at": 0, "shape": [-3]})),
        ],
        ids=range(21),
    )
    def test_a_file_that_is_damaged_or_foreign(self, file, spoil):
        file.write_bytes(spoil(file.read_bytes()))
        with pytest.raises(BadModel) as refused:
            models.read(file)
        assert "模型" in str(refused.value)

    @pytest.mark.parametrize("form", [1, models.FORM + 1])
    def test_the_file_of_another_version_is_named_as_such(self, file, form):
        data = file.read_bytes()
        file.write_bytes(data[: len(models.MARK)] + struct.pack("<I", form) + data[HEAD - 4 :])
        with pytest.raises(BadModel) as refused:
            models.read(file)
        assert "版本" in str(refused.value)
        assert refused.value.facts == {"form": form}

    @pytest.mark.parametrize("field", ["keys", "rarity", "weights", "opening", "bias"])
    def test_a_sealed_file_with_numbers_that_do_not_fit(self, tmp_path, field):
        bad = getattr(small(), field).copy()
        bad[-1] = 0 if field == "keys" else np.nan
        models.write(small(**{field: bad}), tmp_path / "bad.model")
        with pytest.raises(BadModel):
            models.read(tmp_path / "bad.model")

    def test_a_pickle_is_not_run(self, tmp_path):
        class Bomb:
            def __reduce__(self):
                return (open, (str(tmp_path / "ran"), "w"))

        import pickle

        (tmp_path / "bomb.model").write_bytes(pickle.dumps(Bomb()))
        with pytest.raises(BadModel):
            models.read(tmp_path / "bomb.model")
        assert not (tmp_path / "ran").exists()
