"""Passages that name somebody are taken out of a case's words, its search row included; the matter stays."""

import pytest
from django.db import connection

from huying.audit.models import History
from huying.cases import actions
from huying.cases.actions.errands import send_errand
from huying.cases.models import Case, Report
from huying.files.models import Attachment
from huying.kernel.refusals import Invalid, NotAllowed, NotFound
from tests.world import NOW, build_world

pytestmark = pytest.mark.django_db
NAME, PHONE = "欧阳甲乙", "13912345678"


@pytest.fixture
def world(settings, tmp_path):
    settings.DATA = tmp_path
    return build_world()


def test_name_and_number_are_gone_from_words_title_and_search_and_history_keeps_the_count_alone(world):
    case = world.call(words=f"{NAME}把垃圾堆在楼道，电话{PHONE}。", place_words=f"{NAME}家门口").case
    world.call(words=f"{NAME}的另一件事，不归这里管。")

    changed = actions.blank_words(case.pk, passages=[NAME, PHONE], actor=world.head, now=NOW)

    case.refresh_from_db()
    report = Report.objects.get(case=case)
    assert report.words == "〔已隐去〕把垃圾堆在楼道，电话〔已隐去〕。"
    assert NAME not in case.title + case.place_words + report.place_words
    assert changed >= 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT search::text FROM cases_case WHERE id = %s", [case.pk])
        row = cursor.fetchone()[0]
    assert "欧阳" not in row
    assert "垃圾" in row
    line = History.objects.get(verb="blank_words")
    assert line.facts == {"count": changed}
    assert Report.objects.filter(words__contains=NAME).count() == 1


def test_what_was_handed_to_somebody_outside_is_blanked_with_it(world):
    case = world.call().case
    lead = world.units["sanitation"].pk
    actions.register_file_dispatch(case.pk, lead_id=lead, type_code="0103", actor=world.dispatcher, now=NOW)
    actions.sign_in_order(case.pk, actor=world.handler, now=NOW)
    errand = send_errand(
        case.pk, firm=f"{NAME}师傅", words=f"到{NAME}门口清运", place="路口", term="1d", actor=world.handler, now=NOW
    )
    picture = Attachment.objects.create(
        owner_kind="errand", owner_id=errand.pk, name=f"{NAME}.jpg", kind="jpg", purpose="after", added_at=NOW,
        size=1, width=1, height=1, sha256="0" * 64, area_code=case.area_code,
    )  # fmt: skip

    actions.blank_words(case.pk, passages=[NAME], actor=world.head, now=NOW)

    errand.refresh_from_db()
    picture.refresh_from_db()
    assert NAME not in errand.firm + errand.words + picture.name


def test_only_who_supervises_may_and_a_stranger_learns_nothing(world):
    case = world.call().case
    with pytest.raises(NotAllowed):
        actions.blank_words(case.pk, passages=[NAME], actor=world.clerk, now=NOW)
    with pytest.raises(NotFound):
        actions.blank_words(case.pk, passages=[NAME], actor=world.next_dispatcher, now=NOW)


@pytest.mark.parametrize("passages", [[], [" "], ["甲"], ["隐去"], ["x" * 201], [f"词句{n}" for n in range(51)]])
def test_passages_must_be_some(world, passages):
    case = world.call().case
    with pytest.raises(Invalid):
        actions.blank_words(case.pk, passages=passages, actor=world.head, now=NOW)


def test_every_column_of_words_is_named(world):
    """A text of people that is added to a case later must be blanked as well."""
    from django.apps import apps
    from django.db import models

    from huying.cases.actions.blanking import WORDS

    named = {(model.__name__, name) for model, _path, names in WORDS for name in names}
    free = {
        (model.__name__, field.name)
        for model in apps.get_app_config("cases").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField) and not field.choices
    }
    # Numbers are counted, a campaign and a source are no case: what is written there stands before any.
    assert {one for one in free if one[0] not in ("NumberCounter", "Campaign", "Source")} <= named
    assert Case.objects.model is Case
