"""`huying triage` as people type it, on a small made-up table: train, evaluate, predict, and what is refused."""

import csv
import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from huying.cli.commands import triage
from huying.cli.contract import CommandRefused, Terminal
from huying.cli.main import _parser
from huying.kernel.refusals import Invalid
from huying.triage import learning
from huying.triage.model import BadModel
from tests.settings import ROOT
from tests.triage.made_up import calls

pytestmark = pytest.mark.skipif(  # not `importorskip`: it takes two seconds, in each process that collects
    find_spec("sklearn") is None, reason="scikit-learn is not installed: learning needs requirements/triage.txt"
)
MEASURED = ("n", "accuracy", "macro_f1", "per_class", "ece", "auto_98", "auto_95", "ms_per_message")


def run(*words):
    options = _parser("triage").parse_args(["triage", *map(str, words)])
    return options.its.run(options, Terminal(json_line=True))


def table(file, rows, *, tokens=False):
    with file.open("w", encoding="utf-8", newline="") as out:
        sheet = csv.writer(out)
        sheet.writerow(["row", "label", "tokens"] if tokens else ["id", "title", "body", "label"])
        for one in rows:
            title, _comma, body = one.text.partition("，")
            words = " ".join(one.text.replace("，", ""))
            sheet.writerow([one.key, one.label, words] if tokens else [one.key, title, body, one.label])
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("triage")


@pytest.fixture(scope="module")
def model(folder):
    file = folder / "types.model"
    raw = table(folder / "raw.csv", calls(120))
    words = table(folder / "words.csv", calls(60, seed=2), tokens=True)
    facts = run("train", "--data", raw, "--data", words, "--out", file).facts
    assert facts["scores"]["n"] == 180
    assert facts["bytes"] == file.stat().st_size
    return file


def test_a_person_trains_measures_and_predicts(folder, tmp_path):
    """In processes of their own, in a folder where nothing else appears: no data folder, no database."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "children")])
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUYING_", "DJANGO_"))}

    def typed(*words):
        done = subprocess.run(
            [sys.executable, "-m", "huying.cli.main", "triage", *words, "--json"],
            cwd=tmp_path, capture_output=True, text=True, check=False, env={**kept, "PYTHONPATH": path, "LC_ALL": "zh_CN.UTF-8"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    table(tmp_path / "data.csv", calls(120))
    table(tmp_path / "unseen.csv", calls(200, seed=5))
    typed("train", "--data", "data.csv", "--out", "types.model")
    facts = typed("evaluate", "--model", "types.model", "--data", "unseen.csv")
    assert tuple(facts) == MEASURED
    assert facts["n"] == 200
    assert facts["macro_f1"] > 0.8
    assert facts["ms_per_message"] < 50
    assert typed("predict", "--model", "types.model", "--data", "unseen.csv", "--out", "told.csv")["n"] == 200
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data.csv", "told.csv", "types.model", "unseen.csv"]


def test_words_are_measured_too(folder, model):
    assert (
        run("evaluate", "--model", model, "--data", table(folder / "t.csv", calls(90, seed=8), tokens=True)).facts["n"]
        == 90
    )


def test_predictions_name_each_row_and_what_led_there(folder, model):
    rows = calls(30, seed=9)
    run("predict", "--model", model, "--data", table(folder / "p.csv", rows), "--out", folder / "told.csv")
    told = list(csv.DictReader((folder / "told.csv").read_text(encoding="utf-8").splitlines()))
    assert [one["id"] for one in told] == [one.key for one in rows]
    assert tuple(told[0]) == triage.COLUMNS
    assert sum(one["label"] == row.label for one, row in zip(told, rows, strict=True)) > 20
    assert float(told[0]["confidence"]) >= float(told[0]["confidence_2"]) >= float(told[0]["confidence_3"])
    assert told[0]["words"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "没有内容"),
        ("title,body,label\n", "没有一行"),
        ("title,label\na,b\n", "body"),
        ("title,body\na,b\n", "label"),
        ("tokens\na b\n", "label"),
        ("title,body,label\na,b,\n", "第 2 行"),
        ('title,body,label\n"a,b,c\n', "读不懂"),
        ("title,body,label\na,b,c\n", "太少"),
    ],
    ids=range(8),
)
def test_a_table_that_cannot_be_learned_from_is_refused_with_what_to_mend(tmp_path, content, why):
    (tmp_path / "bad.csv").write_text(content, encoding="utf-8")
    with pytest.raises((Invalid, learning.TooFew)) as refused:
        run("train", "--data", tmp_path / "bad.csv", "--out", tmp_path / "types.model")
    assert why in str(refused.value)
    assert not (tmp_path / "types.model").exists()


def test_files_that_are_not_there_are_refused(tmp_path, model):
    data = table(tmp_path / "data.csv", calls(20))
    with pytest.raises(Invalid, match="none.csv"):
        run("evaluate", "--model", model, "--data", tmp_path / "none.csv")
    with pytest.raises(CommandRefused, match=r"none\.model"):
        run("evaluate", "--model", tmp_path / "none.model", "--data", data)
    with pytest.raises(BadModel):
        run("evaluate", "--model", data, "--data", data)
    for words in (("train", "--data", data), ("predict", "--model", model, "--data", data)):
        with pytest.raises(CommandRefused, match="写"):
            run(*words, "--out", tmp_path / "no" / "such" / "folder")


def test_without_the_learner_training_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(learning.LearnerMissing, match="requirements/triage.txt"):
        run("train", "--data", table(tmp_path / "d.csv", calls(40)), "--out", tmp_path / "types.model")


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["train"], ["evaluate", "--model", "x"], ["predict", "--data", "x"]]
)
def test_a_part_that_lacks_something_is_refused(words, capsys):
    with pytest.raises(SystemExit) as ended:
        run(*words)
    assert ended.value.code == 2
