from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, InternalError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from huying.audit.models import History
from huying.kernel.actor import system
from huying.kernel.refusals import Conflict, IllegalMove, Invalid, NotAllowed, NotFound
from huying.matters import actions, queries
from huying.matters.models import CatalogueVersion, MatterType
from huying.matters.rules import VersionState, VersionVerb
from huying.matters.rules.versions import FLOW, VersionFacts
from huying.matters.sheets import default_book, write_book
from huying.people.rules import Duty
from tests.matters.conftest import NEXT_DOOR, STREET, person

pytestmark = pytest.mark.django_db
TODAY = date(2026, 10, 20)


def verbs(version):
    return list(
        History.objects.filter(kind="catalogue", object_id=version.pk).order_by("pk").values_list("verb", flat=True)
    )


def change(draft, clerk, now, **changes):
    return actions.change_type(
        version_id=draft.pk, code="0205", changes=changes or {"grade": "urgent"}, actor=clerk, now=now
    )


@pytest.fixture
def submitted(draft, clerk, now):
    change(draft, clerk, now)
    return actions.submit_version(version_id=draft.pk, actor=clerk, now=now)


class TestLoadDefault:
    def test_it_brings_the_shipped_rows_into_force_once(self, default, now):
        assert default.state == VersionState.IN_FORCE
        assert queries.snapshot().book == default_book()
        again = actions.load_default(area_code=NEXT_DOOR, actor=system(), now=now)
        assert again == default

    def test_nobody_but_the_system_may(self, db, clerk, now):
        with pytest.raises(NotAllowed):
            actions.load_default(area_code=STREET, actor=clerk, now=now)


class TestMakeDraft:
    def test_it_copies_the_version_in_force_under_the_next_number(self, default, draft):
        assert (draft.number, draft.based_on, draft.area_code) == ("2026-1", "2025-1", STREET)
        assert queries.read_version(draft).book == queries.read_version(default).book
        assert queries.changes_of(draft) == []
        assert queries.type_of("0101").version_id == default.pk

    def test_one_at_a_time(self, draft, clerk, now):
        with pytest.raises(Conflict):
            actions.make_draft(actor=clerk, now=now)

    def test_without_the_duty_or_from_next_door_it_is_refused(self, default, leader, now):
        for actor in (leader, person(Duty.ADMIN_MATTERS, area_code=NEXT_DOOR), person()):
            with pytest.raises(NotAllowed):
                actions.make_draft(actor=actor, now=now)


class TestChangeType:
    def test_it_changes_the_draft_alone_and_writes_names_not_words(self, default, draft, clerk, now):
        change(draft, clerk, now, grade="urgent", words="路灯不亮、黑灯瞎火")
        found = queries.read_version(draft).types["0205"]
        assert (found.grade, found.words) == ("urgent", ["路灯不亮", "黑灯瞎火"])
        assert queries.type_of("0205").grade == "ordinary"
        last = History.objects.get(object_id=draft.pk, verb=VersionVerb.CHANGE)
        assert last.facts == {"version": "2026-1", "revision": 1, "code": "0205", "fields": ["grade", "words"]}

    def test_nothing_different_leaves_no_trace(self, draft, clerk, now):
        change(draft, clerk, now, grade="ordinary")
        assert verbs(draft) == ["make"]

    def test_a_stranger_does_not_even_learn_that_the_draft_exists(self, draft, now):
        with pytest.raises(NotFound):
            change(draft, person(Duty.ADMIN_MATTERS, Duty.APPROVE_MATTERS, area_code=NEXT_DOOR), now)
        with pytest.raises(NotFound):
            actions.change_type(version_id=uuid4(), code="0205", changes={}, actor=person(), now=now)

    def test_a_colleague_without_the_duty_is_told_so(self, draft, leader, now):
        with pytest.raises(NotAllowed):
            change(draft, leader, now)

    def test_bad_values_are_named_and_keep_the_draft(self, draft, clerk, now):
        for changes in ({"duty_number": "999"}, {"name": "井盖缺失或松动"}, {"confidential": True}, {"grade": "x"}):
            with pytest.raises(Invalid) as caught:
                change(draft, clerk, now, **changes)
            assert set(caught.value.errors) <= {"duty_number", "name", "check_policy", "grade"}
        assert verbs(draft) == ["make"]

    def test_an_unknown_type_is_not_found(self, draft, clerk, now):
        with pytest.raises(NotFound):
            actions.change_type(version_id=draft.pk, code="9999", changes={}, actor=clerk, now=now)

    def test_the_second_of_two_people_at_once_is_told(self, draft, clerk, now):
        change(draft, clerk, now)
        with pytest.raises(Conflict):
            actions.change_type(
                version_id=draft.pk, code="0101", changes={"grade": "hard"}, actor=clerk, now=now, revision=0
            )

    def test_only_a_draft_is_changed(self, submitted, clerk, now):
        with pytest.raises(IllegalMove):
            change(submitted, clerk, now, grade="hard")


class TestAddType:
    def test_it_adds_a_type(self, draft, clerk, now):
        row = default_book().type("0205")
        new = type(row)(**{**row.__dict__, "code": "0299", "name": "灯箱不亮"})
        actions.add_type(version_id=draft.pk, row=new, actor=clerk, now=now)
        assert [(one.kind, one.key) for one in queries.changes_of(draft)] == [("new", "0299")]

    @pytest.mark.parametrize("changes", [{"code": "0101"}, {"code": "9901"}, {"code": "0299"}])
    def test_one_that_clashes_is_refused(self, draft, clerk, now, changes):
        row = default_book().type("0205")
        with pytest.raises(Invalid):
            actions.add_type(version_id=draft.pk, row=type(row)(**{**row.__dict__, **changes}), actor=clerk, now=now)


class TestChangeLimits:
    def test_they_replace_those_of_one_type_and_keep_the_others(self, draft, clerk, now):
        new = [("handle", "", "3wd"), ("sign_in", "urgent", "15m")]
        actions.change_limits(version_id=draft.pk, code="0205", limits=new, actor=clerk, now=now)
        found = queries.read_version(draft)
        assert [(one.step, one.grade, one.limit) for one in found.limits_of("0205")] == new
        assert [one.limit for one in found.limits_of("0101")] == ["4wh"]
        assert [one.line for one in found.limits] == list(range(2, len(found.limits) + 2))

    def test_a_limit_for_everybody_yields_to_the_types_own(self, draft, clerk, now):
        actions.change_limits(version_id=draft.pk, code="", limits=[("handle", "hard", "9wd")], actor=clerk, now=now)
        found = queries.read_version(draft)
        assert found.limit_line("0205", "handle", "hard").limit == "1wd"
        assert found.limit_line("9999", "handle", "hard").limit == "9wd"
        assert found.limit_line("9999", "handle", "urgent") is None

    @pytest.mark.parametrize("limits", [[("handle", "", "soon")], [("handle", "", "3wd"), ("handle", "", "4wd")]])
    def test_bad_ones_are_refused(self, draft, clerk, now, limits):
        with pytest.raises(Invalid):
            actions.change_limits(version_id=draft.pk, code="0205", limits=limits, actor=clerk, now=now)


class TestApprove:
    def test_another_person_approves_and_it_is_in_force_at_once(self, default, submitted, leader, now):
        actions.approve_version(version_id=submitted.pk, valid_from=TODAY, actor=leader, now=now)
        default.refresh_from_db()
        assert (default.state, default.valid_to) == (VersionState.RETIRED, TODAY)
        assert queries.version_number() == "2026-1"
        assert queries.type_of("0205").grade == "urgent"
        assert queries.type_of("0205", "2025-1").grade == "ordinary"
        assert verbs(submitted) == ["make", "change", "submit", "approve", "bring_into_force"]
        assert verbs(default) == ["make", "bring_into_force", "retire"]

    def test_a_later_day_waits_for_the_sweep(self, default, submitted, leader, now):
        actions.approve_version(version_id=submitted.pk, valid_from=TODAY + timedelta(12), actor=leader, now=now)
        assert actions.bring_due_into_force(actor=system(), now=now) == []
        assert queries.version_number() == "2025-1"
        later = now + timedelta(12)
        assert actions.bring_due_into_force(actor=system(), now=later) == ["2026-1"]
        assert actions.bring_due_into_force(actor=system(), now=later) == []
        assert queries.version_number() == "2026-1"

    def test_whoever_made_or_changed_it_may_not_approve(self, default, draft, clerk, now):
        both = person(Duty.ADMIN_MATTERS, Duty.APPROVE_MATTERS)
        change(draft, both, now)
        actions.submit_version(version_id=draft.pk, actor=clerk, now=now)
        with pytest.raises(IllegalMove) as caught:
            actions.approve_version(version_id=draft.pk, valid_from=TODAY, actor=both, now=now)
        assert caught.value.facts["guard"] == "by_second_person"

    def test_the_clerk_a_stranger_and_an_unread_revision_are_refused(self, submitted, clerk, leader, now):
        stranger = person(Duty.APPROVE_MATTERS, area_code=NEXT_DOOR)
        for actor, revision, refusal in ((clerk, None, NotAllowed), (stranger, None, NotFound), (leader, 0, Conflict)):
            with pytest.raises(refusal):
                actions.approve_version(
                    version_id=submitted.pk, valid_from=TODAY, actor=actor, now=now, revision=revision
                )

    def test_it_does_not_begin_before_the_present_one_did(self, default, submitted, leader, now):
        with pytest.raises(Invalid):
            actions.approve_version(version_id=submitted.pk, valid_from=date(2025, 1, 1), actor=leader, now=now)

    def test_an_unchanged_draft_is_not_submitted(self, draft, clerk, now):
        with pytest.raises(IllegalMove) as caught:
            actions.submit_version(version_id=draft.pk, actor=clerk, now=now)
        assert caught.value.facts["guard"] == "has_changes"

    def test_sent_back_it_is_changed_and_submitted_again(self, submitted, clerk, leader, now):
        with pytest.raises(Invalid):
            actions.send_back_version(version_id=submitted.pk, words=" ", actor=leader, now=now)
        actions.send_back_version(version_id=submitted.pk, words="签收时限太短", actor=leader, now=now)
        change(submitted, clerk, now, grade="hard")
        again = actions.submit_version(version_id=submitted.pk, actor=clerk, now=now)
        assert (again.state, again.sent_back_words) == (VersionState.SUBMITTED, "签收时限太短")

    def test_a_dropped_draft_makes_room_and_its_number_is_not_used_again(self, draft, clerk, now):
        actions.drop_version(version_id=draft.pk, actor=clerk, now=now)
        assert actions.make_draft(actor=clerk, now=now).number == "2026-2"


class TestImport:
    def test_what_was_exported_changes_nothing(self, draft, clerk, now):
        data = write_book(queries.read_version(draft).book)
        done = actions.import_sheets(version_id=draft.pk, data=data, dry_run=False, actor=clerk, now=now)
        assert (done.problems, done.changes, done.written) == ([], [], False)
        assert verbs(draft) == ["make"]

    def test_a_dry_run_shows_the_changes_and_writes_nothing(self, draft, clerk, now):
        done = self.load(draft, clerk, now, dry_run=True, grade="hard")
        assert [(one.kind, one.key) for one in done.changes] == [("changed", "0205")]
        assert queries.changes_of(draft) == []

    def test_it_replaces_the_drafts_rows(self, draft, clerk, now):
        done = self.load(draft, clerk, now, dry_run=False, grade="hard")
        assert done.written
        assert queries.read_version(draft).types["0205"].grade == "hard"
        last = History.objects.get(object_id=draft.pk, verb=VersionVerb.IMPORT)
        assert last.facts == {"version": "2026-1", "revision": 1, "new": 0, "changed": 1, "gone": 0}

    def test_problems_are_listed_and_nothing_is_written(self, draft, clerk, now):
        done = self.load(draft, clerk, now, dry_run=False, confidential=True, check_policy="always")
        assert [(one.sheet, str(one.column)) for one in done.problems] == [("types", "核查")]
        assert not done.written
        assert queries.changes_of(draft) == []

    def test_a_stranger_and_an_approver_are_refused(self, draft, leader, now):
        stranger = person(Duty.ADMIN_MATTERS, area_code=NEXT_DOOR)
        for actor, refusal in ((leader, NotAllowed), (stranger, NotFound)):
            with pytest.raises(refusal):
                actions.import_sheets(version_id=draft.pk, data=b"", dry_run=True, actor=actor, now=now)

    @staticmethod
    def load(draft, clerk, now, *, dry_run, **changes):
        book = queries.read_version(draft).book
        types = tuple(type(one)(**{**one.__dict__, **changes}) if one.code == "0205" else one for one in book.types)
        data = write_book(type(book)(book.classes, book.duties, types, book.limits))
        return actions.import_sheets(version_id=draft.pk, data=data, dry_run=dry_run, actor=clerk, now=now)


class TestTheDatabaseHoldsIt:
    def test_rows_of_a_version_in_force_cannot_change(self, default):
        one = MatterType.objects.filter(version=default).first()
        for act in (one.delete, lambda: MatterType.objects.filter(pk=one.pk).update(grade="hard"), one.save):
            with pytest.raises(IntegrityError), transaction.atomic():
                act()

    def test_versions_are_kept_and_not_opened_again(self, default):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM matters_catalogueversion")
        with pytest.raises(IntegrityError), transaction.atomic():
            CatalogueVersion.objects.filter(pk=default.pk).update(state=VersionState.DRAFT)

    def test_two_in_force_or_one_approved_by_its_maker_cannot_be_stored(self, default, draft):
        with pytest.raises(IntegrityError), transaction.atomic():
            CatalogueVersion.objects.filter(pk=draft.pk).update(state=VersionState.IN_FORCE, valid_from=TODAY)
        with pytest.raises(IntegrityError), transaction.atomic():
            CatalogueVersion.objects.filter(pk=draft.pk).update(approved_by=draft.made_by)


class TestTheFlow:
    @given(st.sampled_from(list(VersionVerb)), st.sampled_from(list(VersionState)))
    def test_without_a_second_person_nothing_is_ever_approved(self, verb, state):
        for move in FLOW.legal(VersionFacts(state, second_person=False)):
            assert move.target != VersionState.APPROVED

    def test_what_was_approved_is_never_a_draft_again(self):
        for move in FLOW:
            if move.sources & {VersionState.APPROVED, VersionState.IN_FORCE, VersionState.RETIRED}:
                assert move.target not in (VersionState.DRAFT, VersionState.SUBMITTED)


class TestArchives:
    def kept(self, actor, now):
        return actions.keep_archive(
            number="A1", area_code=STREET, book=default_book(), reason="旧系统", valid_from=now.date() - timedelta(days=9),
            valid_to=now.date(), actor=actor, now=now,
        )  # fmt: skip

    def test_a_list_from_elsewhere_is_kept_once_over_from_the_start_and_by_the_system_alone(self, clerk, now):
        with pytest.raises(NotAllowed):
            self.kept(clerk, now)
        version = self.kept(system(), now)
        assert version.state == VersionState.RETIRED
        assert self.kept(system(), now) == version

    def test_without_a_list_and_a_place_there_is_nothing_to_draft(self, clerk, now):
        with pytest.raises(Invalid) as why:
            actions.make_draft(actor=clerk, now=now)
        assert list(why.value.errors) == ["area_code"]
