"""The learned model on real messages: a floor under what it reaches, its size, its speed, its memory, its time.

Figures come from messages left out in turn with their near copies. No row is printed.
"""

import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.util import find_spec

import numpy as np
import pytest

from huying.kernel.sheets import lines
from huying.triage import learning, messages
from huying.triage import model as models
from huying.triage.features import codes_of, counted

LEARNS = pytest.mark.skipif(  # not `importorskip`: it takes two seconds, in each process that collects
    find_spec("sklearn") is None, reason="scikit-learn is not installed: learning needs requirements/triage.txt"
)
pytestmark = [LEARNS, pytest.mark.slow, pytest.mark.alone, pytest.mark.real_data]

MEMORY = """
import sys
from importlib.util import find_spec
from pathlib import Path
import numpy
from huying.triage import model
def held():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1])
before = held()
types = model.read(Path(sys.argv[1]))
for _ in range(50):
    types.suggest("门口的路灯坏了，晚上很黑，公交站旁边的垃圾也没有人清运" * 20)
print((held() - before) / 1024)
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory, real_data):
    """The file, what its training says, the seconds that it took, and the raw messages."""
    folder = real_data / "citizen-messages"
    if not folder.is_dir():
        pytest.skip("HUYING_REAL_DATA holds no folder citizen-messages")
    raw = messages.read(folder / "train.csv", labelled=True)
    words = messages.read(folder / "train_tokens.csv", labelled=True)
    file = tmp_path_factory.mktemp("types") / "types.model"
    began = time.monotonic()
    told = learning.learn(raw + words, file, now=datetime(2026, 11, 23, tzinfo=UTC))
    return file, told, time.monotonic() - began, raw


def test_messages_left_out_are_told_apart(whole):
    scores = whole[1]["scores"]
    assert scores["macro_f1"] >= 0.905
    assert scores["ece"] <= 0.03
    assert scores["auto_98"] >= 0.70
    assert scores["auto_95"] >= 0.80


def test_it_is_small_and_was_learned_in_time(whole):
    file, _told, seconds, _raw = whole
    assert file.stat().st_size <= 60 << 20
    assert seconds <= 600


def test_a_suggestion_takes_less_than_ten_milliseconds(whole):
    file, _told, _seconds, raw = whole
    model = models.read(file)
    began = time.process_time()
    for one in raw[:200]:
        model.suggest(one.text)
    assert (time.process_time() - began) / 200 < 0.010


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_grows_by_less_than_sixty_mebibytes(whole):
    done = subprocess.run([sys.executable, "-c", MEMORY, str(whole[0])], capture_output=True, text=True, check=True)
    assert float(done.stdout) <= 60


def test_a_raw_text_and_its_words_are_copies_and_few_others_are(real_data):
    """Rows of both files that carry one id are the same message; by set phrases alone messages do not hang together."""
    folder = real_data / "citizen-messages"
    raw = {row.cells["id"]: row.cells for row in lines(folder / "train.csv")}
    words = [row.cells for row in lines(folder / "train_tokens.csv")]
    known = [(raw[row["message_id"]], row) for row in words if row["message_id"] in raw]
    texts = [messages.joined(one["title"], one["body"]) for one, _row in known]
    others = [row for row in words if row["message_id"] not in raw]
    texts += ["".join(row["tokens"].split()) for row in [*(row for _one, row in known), *others]]
    groups = learning.groups_of([counted(codes_of(text))[0] for text in texts])
    found = np.mean(groups[: len(known)] == groups[len(known) : 2 * len(known)])
    sizes = np.bincount(groups[len(known) :])
    assert found >= 0.98
    assert sizes.max() <= 60
