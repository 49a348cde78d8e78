import logging

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from huying.audit.models import History
from huying.kernel import secrets
from huying.kernel.actor import resident, system
from huying.kernel.ids import uuid7
from huying.kernel.refusals import IllegalMove, Invalid, NotAllowed, NotFound, Unavailable
from huying.people import actions, keys, queries
from huying.people.actions import NewContact
from huying.people.models import Consent, Contact, ContactOpening, DataKey
from huying.people.rules import Duty, Masked, Opened, OpeningPurpose
from tests.people.factories import COMMUNITY, GRID, NEXT_DOOR, NOW, make_unit, person

pytestmark = pytest.mark.django_db
VALUES = ("刘样本", "19900000012", "榕树社区示例路 1 号")


@pytest.fixture(autouse=True)
def key_file(settings, tmp_path):
    settings.MASTER_KEY_FILE = tmp_path / "keys" / "master.key"
    return settings.MASTER_KEY_FILE


def keep(name=VALUES[0], phone=VALUES[1], address=VALUES[2], **fields):
    return actions.keep_contact(
        **{
            "name": name,
            "phone": phone,
            "address": address,
            "consent_text_version": 1,
            "actor": resident(),
            "now": NOW,
            **fields,
        }  # fmt: skip
    )


def open_it(contact, actor=None, purpose=OpeningPurpose.CONTACT, area=GRID):
    return actions.open_contact(
        contact_id=contact.pk, purpose=purpose, area_code=area, actor=actor or person(Duty.OPEN_CONTACT), now=NOW
    )


def everything_stored():
    """All that the database holds of people, audit and queued news, as text."""
    with connection.cursor() as cursor:
        found = []
        for table in (
            "people_contact",
            "people_contactopening",
            "people_consent",
            "audit_history",
            "procrastinate_jobs",
        ):
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


class TestKeepContact:
    def test_what_was_left_is_sealed_and_lists_show_the_mask(self):
        contact = keep()

        stored = everything_stored()
        for value in VALUES:
            assert value not in stored
            assert value.encode().hex() not in stored
        with translation.override("zh-hans"):
            assert queries.masked([contact.pk, uuid7()]) == {contact.pk: Masked("刘**", "尾号 0012")}
        assert Consent.objects.get().text.version == 1

    def test_masks_need_no_key(self, key_file):
        contact = keep()
        key_file.unlink()
        assert queries.masked([contact.pk])[contact.pk].name == "刘**"

    def test_a_short_number_shows_nothing_and_no_number_says_so(self):
        short, none = keep(phone="12345"), keep(phone="")
        with translation.override("zh-hans"):
            found = queries.masked([short.pk, none.pk])
        assert found[short.pk].phone == "已留电话"
        assert found[none.pk].phone == ""
        assert open_it(none) == Opened(VALUES[0], "", VALUES[2])

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"phone": "无"}, "phone"),
            ({"name": "甲\u202e乙"}, "name"),
            ({"name": "甲\x00"}, "name"),
            ({"address": "甲\n乙"}, "address"),
            ({"address": "长" * 201}, "address"),
            ({"name": "", "phone": "", "address": " "}, "phone"),
            ({"consent_text_version": 99}, "consent"),
        ],
    )
    def test_bad_values_are_named_and_nothing_is_kept(self, fields, named):
        with pytest.raises(Invalid) as why:
            keep(**fields)
        assert list(why.value.errors) == [named]
        assert not Contact.objects.exists()

    def test_the_consent_is_kept_in_the_language_that_was_shown(self):
        keep(language="en")
        text = Consent.objects.get().text
        assert (text.language, text.text) == ("en", queries.current_consent_text("en").text)

    def test_many_at_once_are_the_same_rows_in_few_statements(self, django_assert_max_num_queries):
        keep()
        rows = [NewContact("陈样本", f"1990000{number:04d}", "", NOW, GRID) for number in range(50)]

        with django_assert_max_num_queries(8):
            contacts = actions.keep_contacts(rows, consent_text_version=1, actor=system(), now=NOW)

        assert open_it(contacts[7]) == Opened("陈样本", "19900000007", "")
        assert History.objects.filter(kind="contact", verb="kept").count() == 51
        assert Consent.objects.count() == 51

    def test_what_was_left_does_not_show_itself(self):
        new = NewContact(*VALUES, NOW)
        assert not any(value in repr(new) + repr(Opened(*VALUES)) for value in VALUES)


class TestOpenContact:
    def test_it_opens_for_a_purpose_and_the_person_can_see_who_looked(self):
        contact, unit = keep(), make_unit(COMMUNITY)
        actor = person(Duty.OPEN_CONTACT, units=[unit.pk])

        assert open_it(contact, actor) == Opened(*VALUES)

        (opening,) = queries.openings_of(contact.pk)
        assert (opening.purpose, opening.unit, opening.opened_by, opening.at) == ("contact", unit, actor.id, NOW)
        row = History.objects.get(kind="contact", verb="opened")
        assert (row.object_id, row.actor_id, row.area_code) == (contact.pk, actor.id, GRID)
        assert row.facts == {"purpose": "contact", "opening": str(opening.pk)}

    def test_no_value_goes_into_history_or_news(self):
        contact = keep()
        open_it(contact)
        actions.erase_contact(contact_id=contact.pk, actor=resident(), now=NOW)

        stored = everything_stored()
        assert "contact_opened" in stored
        assert not any(value in stored for value in VALUES)

    def test_a_stranger_from_next_door_and_one_without_the_duty_are_refused_and_leave_no_opening(self):
        contact = keep()
        for actor in (person(Duty.OPEN_CONTACT, area=NEXT_DOOR), person(Duty.READ), resident()):
            with pytest.raises(NotAllowed):
                open_it(contact, actor)
        assert not ContactOpening.objects.exists()

    @pytest.mark.parametrize("purpose", ["", "curiosity"])
    def test_a_purpose_of_the_list_is_needed(self, purpose):
        with pytest.raises(Invalid):
            open_it(keep(), purpose=purpose)

    def test_a_missing_one_is_not_found(self):
        with pytest.raises(NotFound):
            open_it(Contact(pk=uuid7()))

    @pytest.mark.parametrize("field", ["name", "phone", "address"])
    def test_a_changed_value_does_not_open_and_the_log_keeps_quiet(self, field, caplog):
        contact = keep()
        sealed = bytes(getattr(contact, f"{field}_sealed"))
        setattr(contact, f"{field}_sealed", sealed[:-1] + bytes([sealed[-1] ^ 1]))
        contact.save()

        with caplog.at_level(logging.ERROR), pytest.raises(Unavailable):
            open_it(contact)
        assert caplog.records
        assert not any(value in caplog.text for value in VALUES)
        assert not ContactOpening.objects.exists()

    def test_values_swapped_between_rows_or_fields_do_not_open(self):
        mine, other = keep(), keep(name="王范例")
        mine.name_sealed = other.name_sealed
        mine.save()
        with pytest.raises(Unavailable):
            open_it(mine)

        other.name_sealed = other.address_sealed
        other.save()
        with pytest.raises(Unavailable):
            open_it(other)


class TestEraseContact:
    def test_the_values_go_and_the_row_and_its_history_stay(self):
        contact = keep()
        open_it(contact)

        actions.erase_contact(contact_id=contact.pk, actor=resident(), now=NOW)
        actions.erase_contact(contact_id=contact.pk, actor=resident(), now=NOW)

        contact.refresh_from_db()
        assert (contact.name_sealed, contact.phone_sealed, contact.address_sealed, contact.key) == (None,) * 4
        assert (contact.name_mask, contact.phone_tail, contact.erased_at) == ("", "", NOW)
        assert len(queries.openings_of(contact.pk)) == 1
        verbs = History.objects.filter(kind="contact").order_by("id").values_list("verb", flat=True)
        assert list(verbs) == ["kept", "opened", "erased"]
        with translation.override("zh-hans"):
            assert queries.masked([contact.pk])[contact.pk] == Masked("资料已删除", "")
        with pytest.raises(IllegalMove):
            open_it(contact)

    def test_the_database_lets_no_erased_row_keep_a_value(self):
        contact = keep()
        actions.erase_contact(contact_id=contact.pk, actor=resident(), now=NOW)
        with pytest.raises(IntegrityError), transaction.atomic():
            Contact.objects.filter(pk=contact.pk).update(phone_tail="0012")

    def test_a_missing_one_is_not_found(self):
        with pytest.raises(NotFound):
            actions.erase_contact(contact_id=uuid7(), actor=system(), now=NOW)

    def test_taking_the_consent_back_erases_at_once(self):
        contact = keep()
        for _again in range(2):
            actions.withdraw_consent(contact_id=contact.pk, actor=resident(), now=NOW)

        contact.refresh_from_db()
        assert contact.erased_at == NOW
        assert Consent.objects.get().withdrawn_at == NOW
        assert History.objects.filter(verb="consent_withdrawn").count() == 1


class TestKeys:
    def test_after_a_turn_new_values_take_the_new_key_and_old_ones_still_open(self):
        old = keep()
        actions.rotate_data_key(actor=system(), now=NOW)
        new = keep()

        assert old.key_id != new.key_id
        assert DataKey.objects.filter(retired_at=None).get().pk == new.key_id
        assert open_it(old) == open_it(new) == Opened(*VALUES)

    def test_resealing_brings_everything_under_the_present_key(self):
        contacts = [keep() for _number in range(3)]
        erased = keep()
        actions.erase_contact(contact_id=erased.pk, actor=system(), now=NOW)
        key_id = actions.rotate_data_key(actor=system(), now=NOW)

        done = [actions.reseal_contacts(actor=system(), now=NOW, limit=2) for _round in range(3)]

        assert done == [2, 1, 0]
        for contact in contacts:
            contact.refresh_from_db()
            assert contact.key_id == secrets.key_id_of(bytes(contact.phone_sealed)) == key_id
            assert open_it(contact) == Opened(*VALUES)

    def test_a_new_master_key_wraps_and_then_the_old_one_may_go(self, key_file):
        contact = keep()
        actions.rotate_data_key(actor=system(), now=NOW)
        secrets.add_master(key_file, "m2")

        assert actions.wrap_data_keys_anew(actor=system(), now=NOW) == 2
        assert actions.wrap_data_keys_anew(actor=system(), now=NOW) == 0

        key_file.write_bytes(
            b"".join(line for line in key_file.read_bytes().splitlines(True) if line.startswith(b"m2"))
        )
        keys._unwrapped.clear()
        assert open_it(contact) == Opened(*VALUES)

    def test_a_lost_master_key_is_never_replaced_silently(self, key_file):
        contact = keep()
        key_file.unlink()
        keys._unwrapped.clear()

        with pytest.raises(Unavailable):
            keep()
        with pytest.raises(Unavailable):
            open_it(contact)
        assert not key_file.exists()

    def test_only_the_system_turns_keys(self):
        keep()
        for act in (actions.rotate_data_key, actions.reseal_contacts, actions.wrap_data_keys_anew):
            with pytest.raises(NotAllowed):
                act(actor=person(Duty.ADMIN_PEOPLE), now=NOW)

    def test_there_is_one_present_key(self):
        keep()
        with pytest.raises(IntegrityError), transaction.atomic():
            DataKey.objects.create(master="m1", wrapped=b"x", made_at=NOW)
