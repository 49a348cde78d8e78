"""Documents and recordings are known by their content, bounded before they are read, and read in a process apart."""

import contextlib
import random
import struct
import subprocess
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huying.files import child, reading
from huying.files.child import Bounds, Fault
from huying.files.reading import prepare_paper, prepare_sound
from huying.files.rules import PaperLimits, Sandbox, readable_name
from huying.files.sound import NoSound, sound_of
from huying.kernel.refusals import Invalid, TooLarge
from tests.files import papers, sounds

GOOD_PAPERS, BAD_PAPERS, BAD_SOUNDS = list(papers.good_ones()), list(papers.bad_corpus()), list(sounds.bad_corpus())
LIMITS = PaperLimits()
BOUNDS = Bounds(LIMITS.pages, LIMITS.inflated, LIMITS.entries, LIMITS.depth, LIMITS.text)


def looked_at(data):
    """What the reading process would say, in this process: fast, for many."""
    try:
        found, texts = child.read(data, BOUNDS)
    except Fault as why:
        return str(why)
    except Exception:
        return "broken"
    return found.kind, child.taken(texts, BOUNDS.text)


class TestDocuments:
    @pytest.mark.parametrize(("name", "data", "kind"), GOOD_PAPERS, ids=lambda one: one if isinstance(one, str) else "")
    def test_each_kind_is_known_by_its_content(self, name, data, kind):
        found, text = looked_at(data)
        assert found == kind
        assert text.strip()

    def test_the_whole_way_through_the_process(self):
        made = prepare_paper(papers.docx("第一行：路灯坏了", "第二行", "第三行", "第四行"), name="../说明.exe")
        assert (made.kind, made.name, made.opening) == ("docx", "说明.exe", "第一行：路灯坏了 第二行 第三行")
        assert "第四行" in made.text
        assert "路灯" not in repr(made)

    def test_pages_are_counted(self):
        assert prepare_paper(papers.pdf(pages=7)).pages == 7
        assert child.read(papers.pptx("一", "二"), BOUNDS)[0].pages == 2
        assert child.read(papers.xlsx(), BOUNDS)[0].pages == 1

    @pytest.mark.parametrize(("data", "says"), [row[1:] for row in BAD_PAPERS], ids=[row[0] for row in BAD_PAPERS])
    def test_what_must_be_refused_is_refused_with_a_sentence(self, data, says):
        said = looked_at(data) if data else "empty"
        assert isinstance(said, str), said
        sentence = str({**reading._FAULTS, **reading._FAULTS_OF_SIZE}[said])
        assert says in sentence

    def test_a_fault_in_the_process_comes_back_as_a_sentence_with_the_name(self):
        with pytest.raises(Invalid, match="第 2 个文件（旧.doc）是旧格式"):
            prepare_paper(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), name="旧.doc", number=2)

    def test_a_huge_one_is_refused_unread(self, monkeypatch):
        monkeypatch.setattr(reading, "_read", None)
        with pytest.raises(TooLarge):
            prepare_paper(bytes(LIMITS.bytes + 1))

    def test_words_of_links_to_elsewhere_are_fine_and_templates_from_elsewhere_are_not(self):
        link = '<Relationships><Relationship Type="http://x/hyperlink" TargetMode="External" Target="http://e"/></Relationships>'
        assert looked_at(papers.docx(**{"word/_rels/document.xml.rels": link}))[0] == "docx"


def in_the_process(code, data=b"", **limits):
    """Run a line in a process that has closed itself down."""
    program = f"from huying.files import child; child._warm_up(); child.close_down({limits.get('cpu', 5)}, {limits.get('memory', 768 << 20)})\n{code}"
    return subprocess.run(
        [sys.executable, "-I", "-c", program], input=data, capture_output=True, timeout=30, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
class TestSandbox:
    @pytest.mark.parametrize(
        "code",
        [
            "open('/etc/passwd')",
            "open('/tmp/huying-must-not-be', 'w')",
            "import socket; socket.socket()",
            "import socket; socket.create_connection(('127.0.0.1', 80), 1)",
            "import os; os.popen('true').read() or exit(3)",
            "x = bytearray(2 << 30)",
        ],
    )
    def test_nothing_can_be_opened_sent_started_or_taken(self, code):
        assert in_the_process(code).returncode != 0

    def test_it_works_otherwise(self):
        assert in_the_process("print('fine')").stdout == b"fine\n"

    def test_endless_reading_is_ended(self, monkeypatch):
        began = time.monotonic()
        assert in_the_process("while True: pass", cpu=1).returncode < 0
        assert time.monotonic() - began < 10

    def test_a_process_that_says_nothing_is_ended_and_the_file_is_what_is_wrong(self, monkeypatch):
        monkeypatch.setattr(reading, "Sandbox", lambda: Sandbox(wall_seconds=1, cpu_seconds=1))
        monkeypatch.setattr(reading.sys, "executable", "/bin/sleep")
        with pytest.raises(Invalid, match="打不开"):
            prepare_paper(papers.pdf())

    def test_a_flood_of_answers_is_cut(self):
        assert reading._lines(b'{"kind": "pdf"}\nnonsense\n') == [{"kind": "pdf"}]
        assert reading._lines(b"[]\n") == []


class TestSounds:
    @pytest.mark.parametrize("seconds", [1, 5, 179])
    def test_each_container_says_how_long_it_is(self, seconds):
        for kind, data in sounds.good_ones(seconds):
            found = sound_of(data)
            assert found.kind == kind
            assert abs(found.seconds - seconds) < 0.1, kind

    def test_the_whole_way_through_the_process(self):
        made = prepare_sound(sounds.webm(65))
        assert (made.kind, made.seconds, made.text, made.opening, made.name) == ("webm", 65, "", "", "")

    @pytest.mark.parametrize(("data", "says"), [row[1:] for row in BAD_SOUNDS], ids=[row[0] for row in BAD_SOUNDS])
    def test_what_must_be_refused_is_refused_with_a_sentence(self, data, says):
        try:
            child.hear(data, 180)
        except Fault as why:
            said = str({**reading._FAULTS, **reading._FAULTS_OF_SIZE}[str(why)])
            assert says in said or not data
        else:
            with pytest.raises(TooLarge, match=says):
                prepare_sound(data)

    def test_six_megabytes_are_refused_unread(self):
        with pytest.raises(TooLarge, match="最多 5 MB"):
            prepare_sound(bytes(6_000_000))


EVERY = [data for _name, data, _kind in papers.good_ones()] + [data for _kind, data in sounds.good_ones(3)]


class TestAnythingAtAll:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(EVERY), st.integers(0, 2**32), st.integers(0, 40))
    def test_a_damaged_file_is_a_file_or_a_fault_but_never_a_crash(self, data, seed, hits):
        dice, broken = random.Random(seed), bytearray(data)
        for _hit in range(hits):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        broken = bytes(broken[: dice.randrange(len(broken)) + 1] if seed % 3 == 0 else broken)
        found = looked_at(broken)
        assert isinstance(found, str) or found[0] in ("pdf", "docx", "xlsx", "pptx", "odt", "ods", "txt", "csv")
        with contextlib.suppress(NoSound, IndexError, ValueError, struct.error):
            assert sound_of(broken).seconds >= 0

    @given(st.text(max_size=300))
    def test_any_name_becomes_one_that_can_be_shown(self, name):
        shown = readable_name(name)
        assert len(shown) <= 80
        assert shown.isprintable()
        assert not set(shown) & set('/\\<>:"|?*')
        assert ".." not in shown.split("/")
