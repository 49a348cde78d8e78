"""A stamped case is the case that would have been played: the same rows, in another place, week and wording."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from bench import texts
from bench.district import street_code
from bench.ground import lay
from bench.lives import (
    NAMES,
    TABLES,
    Given,
    Life,
    Stage,
    columns_of,
    keep,
    live,
    phone_of,
    plan_lives,
    play_lives,
    rows_of,
)
from bench.stamping import WEEK, Chunk, Stamp, Stamper, copy_into
from huying.audit import queries as histories
from huying.cases.actions.building import Builder
from huying.cases.models import Case, Report
from huying.cli.play.hands import BulkHand
from huying.matters import queries as matters
from huying.people.actions.contacts import _opened
from huying.people.models import Contact
from tests.kept import kept
from tests.world import NOW

THERE = 1
SEALED = {"name_sealed", "phone_sealed", "name_mask", "phone_tail"}  # another nonce each time; opened below


@pytest.fixture
def ground(db):
    return kept("district of two", lambda: lay(streets=2, now=NOW, tokens=False))


@pytest.fixture
def stamper(ground):
    lives = plan_lives(now=NOW, closed=45, still_open=25)
    return Stamper(play_lives(lives, now=NOW), ground, now=NOW)


class Same(BulkHand):
    """A hand that gives the next report the key that a stamped one has."""

    def receive(self, new, *, actor, now):
        return self.builder.receive(new, actor=actor, now=now, report_id=self.report_id)


def stamped(stamper):
    """Each life once, elsewhere and as early as it may be moved; what was made and its rows."""
    chunk, made = Chunk(), []
    for place, template in enumerate(stamper.templates):
        stamp = Stamp(place, template.shifts[0], THERE)
        made.append((stamp, stamper.stamp(stamp, place, chunk)))
    with connection.cursor() as cursor:
        for table, text in chunk.texts():
            copy_into(cursor, table, text)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return made


def played(stamper, made):
    """The same lives there and then, told with the same words."""
    stage, builder, contacts = Stage.of(THERE, now=NOW), Builder(seed=9), []
    hand = Same(builder)
    for stamp, one in made:
        hand.report_id = one.report_id
        life, by = stamper.templates[stamp.template].played.life, WEEK * stamp.shift
        given = Given(one.words, one.point, one.report_id, one.contact_id)
        _docket, _new, contact = live(hand, Life(life.seed, life.start + by, life.until + by), stage, given)
        contacts += [contact] if contact else []
    keep(contacts)
    builder.write()


def plain(rows):
    """Rows of one case as text. A key is told by what else its row holds, so that links are compared too."""
    named = {}
    for table, some in rows.items():
        for row in some:
            if isinstance(row.get("id"), UUID):
                rest = sorted(
                    f"{name}={value}"
                    for name, value in row.items()
                    if not isinstance(value, UUID) and name not in SEALED | {"facts"}
                )
                named[str(row["id"])] = f"<{table} {' '.join(rest)}>"

    def told(value):
        words = str(value)
        for key, name in named.items():
            words = words.replace(key, name)
        return words

    return {
        table: sorted(
            " ".join(f"{name}={told(value)}" for name, value in row.items() if name != "id" and name not in SEALED)
            for row in some
        )
        for table, some in rows.items()
    }


def apart(here, there):
    """The first cells that differ."""
    for one, other in zip(here, there, strict=False):
        pairs = zip(one.split(" "), other.split(" "), strict=False)
        return [pair for pair in pairs if pair[0] != pair[1]][:6]
    return len(here), len(there)


def counts():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [name for (name,) in cursor.fetchall()]
        found = {}
        for name in names:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            found[name] = cursor.fetchone()[0]
    return Counter(found)


def test_a_stamped_case_is_the_played_one_row_by_row(stamper):
    assert len(stamper.templates) > 55
    with transaction.atomic():
        point = transaction.savepoint()
        made = stamped(stamper)
        ids = [one.report_id for _stamp, one in made]
        first = rows_of(ids)
        numbers = dict(Case.objects.filter(pk__in=ids).values_list("pk", "number"))
        transaction.savepoint_rollback(point)
    before = counts()
    played(stamper, made)
    second = rows_of(ids)

    states = {rows["cases_case"][0]["state"] for rows in first.values()}
    assert len(states) >= 6, states
    for stamp, one in made:
        here, there = plain(first[one.report_id]), plain(second[one.report_id])
        assert here.keys() == there.keys(), stamp
        for table in here:
            assert here[table] == there[table], (stamp, table, apart(here[table], there[table]))
    assert numbers == {one.report_id: one.number for _stamp, one in made}
    # A table that a case writes to and that is not stamped would be missed here. Changes of counts come from a trigger,
    # which a bulk load keeps asleep; it counts all cases afterwards.
    assert set(counts() - before) <= {*TABLES, "cases_numbercounter", "cases_tallychange"}


def test_what_callers_left_opens_and_their_codes_lead_to_them(stamper):
    made = stamped(stamper)
    kept = [one.contact_id for _stamp, one in made if one.contact_id]
    for contact in Contact.objects.filter(pk__in=kept):
        opened = _opened(contact)
        assert opened.name in NAMES
        assert opened.phone[-4:] == contact.phone_tail == phone_of(int(opened.phone[-4:]))[-4:]
    assert len(kept) > 15
    assert Report.objects.filter(code_hash="").count() == 0


def test_the_chain_over_stamped_cases_is_whole(stamper, tmp_path):
    heads = tmp_path / "heads"
    stamped(stamper)
    # Within a test's own transaction nothing is finished yet, so the rows are sealed as a restored server seals them.
    assert histories.verify(heads).unsealed > 300


def test_two_processes_give_out_the_numbers_that_one_does(stamper):
    stamps = stamper.plan(40)
    told = [dict(texts) for texts in stamper.chunks(stamps, size=6)]
    column = [one.name for one in columns_of("cases_case")].index("number")
    numbers = [line.split(b"\t")[column] for texts in told for line in texts["cases_case"].splitlines()]
    counted = dict(stamper.counters)
    stamper.counters.clear()

    assert numbers == [stamper.stamp(one, place, Chunk()).number.encode() for place, one in enumerate(stamps)]
    assert counted == stamper.counters
    assert len(stamper.codes) >= 40


def test_a_code_that_both_processes_gave_out_is_given_once(stamper, monkeypatch):
    stamps = stamper.plan(12)
    monkeypatch.setattr("bench.stamping.code_of", lambda report_id, attempt: f"{attempt}")
    list(stamper.chunks(stamps, size=3))
    assert len(stamper.codes) == 12


def test_no_two_of_a_plan_share_a_number_and_four_in_a_hundred_are_open(stamper):
    stamps = stamper.plan(3000)
    made = [stamper.stamp(stamp, place, Chunk()) for place, stamp in enumerate(stamps)]
    still = sum(stamper.templates[one.template].played.open for one in stamps)
    streets = Counter(one.street for one in stamps)

    assert len({one.number for one in made}) == len({one.report_id for one in made}) == 3000
    assert still == 120
    assert streets[0] > streets[1] > 900
    assert min(len(one.words) for one in made) >= texts.LEAST
    assert {street_code(0), street_code(1)} == {street for street, _day in stamper.counters}


def test_no_word_of_a_caller_tells_of_danger_and_clauses_hold_all_bigrams(stamper):
    rng = stamper.rng
    for number in range(400):
        words = texts.words_for(number, rng)
        assert matters.danger_in(words) is None, words
        whole = set(texts.lexemes_of(words).split("' '"))
        parts = {one for clause in texts.clauses(words) for one in texts.lexemes_of(clause).split("' '")}
        assert {one.strip("'") for one in whole} == {one.strip("'") for one in parts}
    assert texts.RARE in texts.words_for(texts.RARELY // 2, rng)


def test_the_weeks_over_which_a_life_is_moved_have_the_same_calendar(stamper):
    for template in stamper.templates:
        for shift in (template.shifts[0], template.shifts[-1]):
            end = template.played.happened() + timedelta(weeks=shift)
            assert end <= NOW
