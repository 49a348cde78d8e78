"""Pages of places through the door."""

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from huying.places import queries
from huying.places.models import Area, ImportDraft
from tests.people.factories import make_account, make_grant
from tests.places.factories import BANYAN, BOXES, KAPOK, NEXT_DOOR, STREET, collection, feature, street, table

pytestmark = pytest.mark.django_db


def signed_in(client, role, area=STREET):
    account = make_account(area=area)
    make_grant(account, role, area)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def keeper(client):
    return signed_in(client, "system_admin")


@pytest.fixture
def reader(client):
    return signed_in(client, "dispatcher")


class TestTree:
    def test_a_reader_sees_the_own_street_its_households_and_its_map(self, reader):
        street()
        page = reader.get(reverse("places:tree")).content.decode()
        for words in ("示范街道", "榕树社区", "木棉社区", "1000", f"area={STREET}"):
            assert words in page
        for words in ("邻江", "沙洲", reverse("places:import")):
            assert words not in page

    def test_an_area_shows_what_lies_below_it(self, reader):
        street()
        page = reader.get(reverse("places:area", args=[BANYAN])).content.decode()
        assert "石榴网格" in page
        assert "茶园网格" not in page

    @pytest.mark.parametrize("code", [NEXT_DOOR, NEXT_DOOR + "001001", "990101", "990101001009", "nonsense", "\x00"])
    def test_an_area_outside_the_scope_is_not_found(self, reader, code):
        street()
        assert reader.get(f"/desk/places/{code}/").status_code == 404

    def test_a_stranger_from_the_next_street_does_not_see_this_one(self, client):
        street()
        stranger = signed_in(client, "dispatcher", NEXT_DOOR)
        page = stranger.get(reverse("places:tree")).content.decode()
        assert "榕树社区" not in page
        assert "沙洲社区" in page
        assert stranger.get(reverse("places:area", args=[BANYAN])).status_code == 404
        assert stranger.get(reverse("places:polygons"), {"area": STREET}).status_code == 404

    def test_who_reads_no_area_is_refused(self, client):
        street()
        handler = signed_in(client, "building_head")
        assert handler.get(reverse("places:tree")).status_code == 403

    def test_without_sign_in_the_way_leads_there(self, client):
        assert client.get(reverse("places:tree")).status_code == 302

    def test_an_empty_tree_says_what_to_do(self, keeper):
        assert "先导入" in keeper.get(reverse("places:tree")).content.decode()


class TestImport:
    def bring(self, client, data, kind="areas", name="名录.csv", **options):
        file = SimpleUploadedFile(name, data)
        return client.post(reverse("places:import"), {"kind": kind, "file": file, **options})

    def test_a_tree_is_checked_then_taken_in_then_seen(self, keeper):
        rows = table(f"{STREET},示范街道,", f"{BANYAN},榕树社区,", f"{BANYAN}001,石榴网格,236")
        answer = self.bring(keeper, rows)
        draft = ImportDraft.objects.get()
        assert answer.headers["Location"] == reverse("places:draft", args=[draft.pk])
        assert "新增 3" in keeper.get(answer.headers["Location"]).content.decode()
        assert Area.objects.count() == 0

        answer = keeper.post(reverse("places:draft", args=[draft.pk]), follow=True)

        page = answer.content.decode()
        assert "已导入：新增 3" in page
        assert "榕树社区" in page
        assert "石榴网格" in keeper.get(reverse("places:area", args=[BANYAN])).content.decode()

    def test_problems_are_listed_by_row_and_nothing_is_kept(self, keeper):
        answer = self.bring(keeper, table(f"{BANYAN},榕树社区,", f"{BANYAN},重复,"))
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "代码和第 2 行重复" in page
        assert "上级" in page
        assert not ImportDraft.objects.exists()

    def test_outlines_are_taken_in_the_same_way(self, keeper):
        street(drawn=False)
        data = collection(*(feature(code, BOXES[code]) for code in (STREET, BANYAN, KAPOK)))
        answer = self.bring(keeper, data, kind="polygons", name="边界.geojson", system="wgs84")
        keeper.post(answer.headers["Location"])
        assert queries.area(BANYAN).polygon == BOXES[BANYAN]

    @pytest.mark.parametrize("given", [{}, {"kind": "areas"}, {"kind": "nonsense", "system": "mars"}])
    def test_a_form_without_its_file_comes_back_with_what_to_mend(self, keeper, given):
        answer = keeper.post(reverse("places:import"), given)
        assert answer.status_code == 422
        assert "请选一个文件" in answer.content.decode()

    def test_a_draft_can_be_thrown_away(self, keeper):
        answer = self.bring(keeper, table(f"{STREET},示范街道,"))
        keeper.post(answer.headers["Location"] + "drop/")
        assert keeper.get(answer.headers["Location"]).status_code == 404

    def test_the_next_streets_keeper_cannot_open_it(self, keeper):
        from django.test import Client

        answer = self.bring(keeper, table(f"{STREET},示范街道,"))
        stranger = signed_in(Client(), "system_admin", NEXT_DOOR)
        assert stranger.get(answer.headers["Location"]).status_code == 404
        assert stranger.post(answer.headers["Location"]).status_code == 404
        assert Area.objects.count() == 0

    def test_a_reader_is_refused(self, reader):
        assert reader.get(reverse("places:import")).status_code == 403
        assert self.bring(reader, table(f"{STREET},示范街道,")).status_code == 403

    def test_hostile_names_are_shown_as_text(self, keeper):
        street()
        page = self.bring(keeper, table(f"{BANYAN}003,<script>x</script>,", f"{BANYAN}003,b,")).content.decode()
        assert "<script>x" not in page


class TestOutlines:
    def test_a_reader_gets_the_own_outlines(self, reader):
        street()
        answer = reader.get(reverse("places:polygons"), {"area": STREET})
        assert len(orjson.loads(answer.content)["features"]) == 6
        assert answer.headers["Cache-Control"] == "private, max-age=60"

    @pytest.mark.parametrize("given", [{}, {"area": ""}, {"area": "x"}, {"area": NEXT_DOOR}, {"area": "9901"}])
    def test_nothing_else(self, reader, given):
        street()
        assert reader.get(reverse("places:polygons"), given).status_code == 404

    def test_everybody_gets_names_and_outlines_of_a_street_and_no_more(self, client):
        street()
        answer = client.get(reverse("places:outlines"), {"area": STREET})
        features = orjson.loads(answer.content)["features"]
        assert {key for one in features for key in one["properties"]} == {"code", "name", "tier"}
        assert answer.headers["Cache-Control"] == "public, max-age=300"

    @pytest.mark.parametrize("taken", ["identity", "gzip, br"])
    def test_who_has_them_already_is_told_so_and_who_has_others_gets_them(self, client, taken):
        street()
        takes = {"Accept-Encoding": taken}
        answer = client.get(reverse("places:outlines"), {"area": STREET}, headers=takes)
        assert ("Content-Encoding" in answer.headers) is (taken != "identity")
        has = takes | {"If-None-Match": answer.headers["ETag"]}
        again = client.get(reverse("places:outlines"), {"area": STREET}, headers=has)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Cache-Control"] == "public, max-age=300"
        other = takes | {"If-None-Match": 'W/"another"'}
        assert client.get(reverse("places:outlines"), {"area": STREET}, headers=other).status_code == 200

    @pytest.mark.parametrize("given", [{}, {"area": "9901"}, {"area": "\x00"}, {"area": "9" * 400}])
    def test_no_street_is_not_found(self, client, given):
        assert client.get(reverse("places:outlines"), given).status_code == 404
