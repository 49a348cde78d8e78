"""The marks that triage is measured against hold together: form, counts, codes that exist, nothing twice."""

import csv
import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from huying.cli.play.world import geography
from huying.places.actions.presets import cn_divisions

DATA = Path(__file__).resolve().parent / "data"
MARKS = ["answers_all", "done_or_why", "cites_basis", "promises", "dated", "empty_phrases", "other_person"]
KINDS = {
    "plain", "gate", "near", "between", "building", "house_number", "crossing", "facility", "alias", "traditional",
    "slip", "partial", "sentence", "ask", "nowhere",
}  # fmt: skip
LEVELS = {0: "", 9: "street", 12: "community", 15: "grid"}
SEALED = {"hot_groups_sealed.csv", "place_phrases_sealed.csv", "emergency_sealed.csv"}


def read(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pairs_of(text: str) -> set[str]:
    letters = re.sub(r"\W", "", text)
    return {letters[n : n + 2] for n in range(len(letters) - 1)}


@pytest.fixture(scope="module")
def groups() -> dict[str, list[dict[str, str]]]:
    found = defaultdict(list)
    for row in read("hot_groups_open.csv"):
        found[row["group"]].append(row)
    return found


@pytest.fixture(scope="module")
def ground() -> geography.Ground:
    return geography.draw(Random(1))


def test_every_group_has_two_different_messages_and_hard_negatives(groups):
    assert len(groups) >= 59
    for rows in groups.values():
        members = [row for row in rows if row["role"] == "member"]
        assert len(members) - sum(bool(row["repost_of"]) for row in members) >= 2
        assert sum(row["role"] == "negative" for row in rows) >= 4
        assert len({(row["kind"], row["label_zh"], row["label_en"]) for row in rows}) == 1
        assert len({row["id"] for row in rows}) == len(rows)
        assert {row["repost_of"] for row in members} - {""} <= {row["id"] for row in members}
    assert sum(sum(row["role"] == "member" for row in rows) >= 3 for rows in groups.values()) >= 20


def test_a_message_is_a_member_of_one_group_only_and_its_file_is_known(groups):
    rows = [row for one in groups.values() for row in one]
    assert max(Counter(row["id"] for row in rows if row["role"] == "member").values()) == 1
    assert {row["role"] for row in rows} == {"member", "unsure", "negative"}
    assert {row["kind"] for row in rows} == {"place", "theme"}
    assert {row["first_pass"] for row in rows} | {row["second_pass"] for row in rows} == {"in", "out", "unsure"}
    for row in rows:
        assert re.fullmatch({"unlabelled": r"T\d+", "replies": r"\d+"}[row["file"]], row["id"])
        assert (row["role"] == "member") == (row["second_pass"] == "in")


def test_both_passes_agree_on_pairs_of_the_open_half(groups):
    both = one = 0
    for rows in groups.values():
        for left, right in combinations(rows, 2):
            first = left["first_pass"] == right["first_pass"] == "in"
            second = left["second_pass"] == right["second_pass"] == "in"
            both += first and second
            one += first != second
    assert 2 * both / (2 * both + one) >= 0.9


def test_marked_messages_stand_in_the_real_files_and_no_label_copies_them(groups, real_data):
    folder = real_data / "citizen-messages"
    if not folder.is_dir():
        pytest.skip("HUYING_REAL_DATA holds no folder citizen-messages")
    texts = {}
    for name in ("replies", "unlabelled"):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            texts |= {(name, row["id"]): row["title"] + row["body"] for row in csv.DictReader(file)}
    for rows in groups.values():
        assert {(row["file"], row["id"]) for row in rows} <= set(texts)
        assert not any(rows[0]["label_zh"] in texts[row["file"], row["id"]] for row in rows)


def test_what_is_sealed_is_named_with_its_hash_and_is_not_here():
    named = dict(
        reversed(line.split("  ", 1))
        for line in (DATA / "SEALED.txt").read_text(encoding="utf-8").splitlines()
        if re.match(r"[0-9a-f]{64}  ", line)
    )
    assert set(named) == SEALED
    assert len(set(named.values())) == len(named)
    assert not any((DATA / name).exists() for name in named)


def test_place_phrases_are_enough_and_none_stands_twice():
    rows = read("place_phrases.csv")
    worlds = Counter(row["world"] for row in rows)
    assert worlds["demo"] >= 420
    assert worlds["cn"] >= 80
    assert len({(row["phrase"], row["scope"]) for row in rows}) == len(rows)
    kinds = Counter(row["kind"] for row in rows)
    assert set(kinds) == KINDS
    assert min(kinds.values()) >= 15
    assert 0.08 <= kinds["ask"] / len(rows) <= 0.15


def test_a_place_phrase_says_what_is_right_an_area_or_a_question():
    for row in read("place_phrases.csv"):
        candidates = row["candidates"].split()
        assert row["level"] == LEVELS[len(row["expected_code"])]
        assert not (row["expected_code"] and candidates)
        assert (row["kind"] == "ask") <= (len(candidates) > 1)
        assert (row["kind"] == "nowhere") <= (not row["expected_code"] and not candidates)
        assert row["expected_code"] or row["kind"] in {"ask", "nowhere", "sentence"}
        assert all(code.startswith(row["scope"]) for code in [row["expected_code"] or row["scope"], *candidates])


def test_codes_of_the_demo_world_exist(ground):
    for row in read("place_phrases.csv"):
        if row["world"] == "demo":
            assert {row["expected_code"], *row["candidates"].split()} <= {"", *ground.names}


def test_a_phrase_with_one_name_of_the_demo_world_means_its_community():
    """A check that does not share the way the marks were made: the table of names alone decides."""
    names = {
        name: f"{geography.STREET}{number:03d}"
        for number, (_community, roads, estates) in enumerate(geography.COMMUNITIES, 1)
        for name in (*roads.split(), *estates.split())
    }
    checked = 0
    for row in read("place_phrases.csv"):
        meant = {code for name, code in names.items() if name in row["phrase"]}
        if row["world"] == "demo" and row["expected_code"] and row["kind"] != "sentence" and len(meant) == 1:
            assert row["expected_code"].startswith(meant.pop()), row["phrase"]
            checked += 1
    assert checked >= 250


def test_codes_of_the_real_divisions_exist(real_data):
    folder = real_data / "cn-divisions"
    if not folder.is_dir():
        pytest.skip("HUYING_REAL_DATA holds no folder cn-divisions")
    known = cn_divisions(folder).rows
    for row in read("place_phrases.csv"):
        if row["world"] == "cn":
            assert {row["expected_code"], row["scope"], *row["candidates"].split()} - {""} <= set(known)


def test_phrases_of_danger_and_near_misses_are_enough_and_meet_in_every_kind():
    rows = read("emergency.csv")
    assert len({re.sub(r"\W", "", row["text"]) for row in rows}) == len(rows)
    by_mark = {mark: Counter(row["kind"] for row in rows if row["danger"] == mark) for mark in "01"}
    assert min(sum(by_mark[mark].values()) for mark in "01") >= 320
    assert set(by_mark["0"]) == set(by_mark["1"])
    assert all(row["why"] for row in rows)


def test_no_phrase_of_danger_is_written_more_than_twice_with_a_word_changed():
    texts = [(row["text"], pairs_of(row["text"])) for row in read("emergency.csv")]
    near = Counter()
    for (left, some), (right, others) in combinations(texts, 2):
        if some and others and len(some & others) > 0.6 * len(some | others):
            near[left] += 1
            near[right] += 1
    assert max(near.values(), default=0) <= 1


def test_replies_carry_every_mark_often_enough():
    rows = read("replies.csv")
    assert len(rows) >= 120
    assert len({(row["question"], row["answer"]) for row in rows}) == len(rows)
    assert list(rows[0]) == ["question", "answer", *MARKS]
    for mark in MARKS:
        counted = Counter(row[mark] for row in rows)
        assert set(counted) == {"0", "1"}
        assert min(counted.values()) >= 12
    assert all(row["promises"] == "1" for row in rows if row["dated"] == "1")


def test_persons_and_numbers_in_replies_are_plainly_made_up():
    for row in read("replies.csv"):
        text = row["question"] + row["answer"]
        assert not re.search(r"(?<!\d)1(?!3800000000|3900000000)\d{10}(?!\d)", text)
        assert set(re.findall(r"\d{17}[\dX]", text)) <= {"440100190001010000"}
        assert set(re.findall(r"020-\d{4}", text)) <= {"020-0000"}
