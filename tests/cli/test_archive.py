"""`huying import archive`: what an archive tells is kept, what it does not tell is not made up."""

import csv
import gzip
import io
from argparse import Namespace

import pytest
from django.utils import timezone

from huying.audit import queries as audit
from huying.audit.models import History
from huying.cases.models import Answer, Case, ContactAttempt, Feedback, Report, WorkOrder
from huying.cases.queries.replay import mismatches
from huying.cli.archives import boston
from huying.cli.archives.settling import REPLAYED, cases_of, import_archive
from huying.cli.commands import import_
from huying.cli.contract import CommandRefused, Terminal
from huying.clocks.models import Clock
from huying.kernel.refusals import Invalid
from huying.matters import queries as matters
from huying.matters.models import CatalogueVersion
from huying.people.models import Account, Organisation
from huying.places import queries as places
from tests.world import NOW, ground

pytestmark = pytest.mark.django_db
ROW = {
    "open_dt": "2011-07-01 01:32:33", "target_dt": "2011-07-15 01:32:32", "closed_dt": "2011-07-01 05:06:58",
    "case_status": "Closed", "reason": "Street Lights", "type": "Street Light Outages", "department": "PWDx",
    "neighborhood": "Roslindale", "ward": "Ward 20", "location_street_name": "Lorraine St",
    "location_zipcode": "02131", "latitude": "42.28", "longitude": "-71.14",
}  # fmt: skip
ROWS = [
    {"case_enquiry_id": "1"},
    {"case_enquiry_id": "2", "closed_dt": "", "case_status": "Open", "ward": "20"},
    {"case_enquiry_id": "3", "target_dt": "", "type": "Pothole Repair", "reason": "Highway Maintenance"},
    {"case_enquiry_id": "4", "neighborhood": "", "ward": "", "latitude": "", "longitude": "", "department": ""},
    {"case_enquiry_id": "5", "latitude": "42.40", "longitude": "-71.00"},
    {"case_enquiry_id": "6", "department": "BTDT", "closed_dt": "2011-06-30 00:00:00"},
    {"case_enquiry_id": "7", "open_dt": "yesterday"},
    {"case_enquiry_id": "", "open_dt": "2011-07-01 01:32:33"},
]


def write(path, rows=ROWS, packed=False):
    held = io.StringIO(newline="")
    writer = csv.DictWriter(held, fieldnames=boston.NEEDED)
    writer.writeheader()
    writer.writerows({**ROW, **row} for row in rows)
    data = held.getvalue().encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


@pytest.fixture
def taken(tmp_path):
    ground(NOW)

    def take(path=None, **options):
        path = path or write(tmp_path / "boston.csv")
        return import_archive(path, rejects=tmp_path / "rejects.csv", now=NOW, **options)

    return take


def case(number, source=boston.SOURCE):
    return Report.objects.select_related("case").get(source=source, external_id=number).case


class TestWhatIsKept:
    def test_a_closed_request_has_two_imported_lines_its_deadline_and_nothing_else(self, taken):
        done = taken()
        one = case("1")

        assert (done.read, done.created, done.rejected, done.closed, done.still_open) == (8, 5, 3, 4, 1)
        lines = list(
            History.objects.filter(object_id=one.pk).order_by("id").values_list("verb", "actor_kind", "to_state")
        )
        assert lines == [("receive", "import", "received"), ("archived", "import", "closed")]
        clock = Clock.objects.get(object_id=one.pk)
        assert (clock.step, clock.imported) == ("handle", True)
        assert clock.due_at.astimezone(boston.ZONE).isoformat() == "2011-07-15T01:32:32-04:00"
        assert clock.stopped_at == one.ended_at
        assert one.ended_at.astimezone(boston.ZONE).isoformat() == "2011-07-01T05:06:58-04:00"
        assert (one.imported, one.drill, one.outcome, one.answer) == (True, False, "", "")
        for model in (WorkOrder, Answer, ContactAttempt, Feedback):
            assert not model.objects.exists()
        told = History.objects.get(object_id=one.pk, verb="archived").facts
        assert told["unit"] == str(Organisation.objects.get(name="PWDx").pk)

    def test_an_open_one_stays_received_and_is_never_escalated(self, taken):
        taken()
        one = case("2")
        assert (one.state, one.ended_at, one.due_step) == ("received", None, "handle")
        assert Clock.objects.get(object_id=one.pk).imported

    def test_without_a_deadline_there_is_no_clock_and_without_a_place_none_is_made_up(self, taken):
        taken()
        assert not Clock.objects.filter(object_id=case("3").pk).exists()
        nowhere = case("4")
        assert (nowhere.unplaced, nowhere.lng, nowhere.outside) == (True, None, False)
        assert "unit" not in History.objects.get(object_id=nowhere.pk, verb="archived").facts

    def test_a_point_far_from_its_neighbourhood_is_kept_and_flagged(self, taken):
        done = taken()
        one = case("5")
        assert (one.lng, one.lat, one.outside) == (-71.0, 42.4, True)
        assert done.flagged == 1

    def test_it_is_a_district_of_its_own_with_a_catalogue_that_is_over_and_unscored(self, taken):
        before = matters.version_number()
        taken()
        assert places.area(boston.DISTRICT).name == "Boston"
        one = case("1")
        assert one.area_code.startswith(boston.DISTRICT)
        kind = matters.type_of(one.type_code, one.catalogue_version)
        assert (kind.name, kind.scored, kind.public) == ("Street Light Outages", False, False)
        version = CatalogueVersion.objects.get(number=boston.VERSION)
        assert (version.state, matters.version_number()) == ("retired", before)
        assert one.type_code not in {row.code for row in matters.active_types()}

    def test_bad_rows_are_written_down_with_the_reason(self, taken, tmp_path):
        taken()
        rows = list(csv.reader((tmp_path / "rejects.csv").read_text(encoding="utf-8-sig").splitlines()))
        assert [row[1] for row in rows[1:]] == ["6", "7", ""]

    def test_the_history_is_whole_and_leads_to_the_states(self, taken, tmp_path, settings):
        settings.DATA = tmp_path
        taken()
        assert mismatches(cases_of(boston.SOURCE)) == []
        assert audit.verify(tmp_path / "none").broken in ((), [])

    def test_the_same_line_by_anybody_else_is_a_mismatch(self, taken):
        taken()
        one = case("2")
        line = History.objects.filter(verb="archived").first()
        History.objects.create(
            at=NOW, kind="case", object_id=one.pk, verb="archived", from_state="received", to_state="closed",
            actor_kind="person", area_code=line.area_code,
        )  # fmt: skip
        Case.objects.filter(pk=one.pk).update(state="closed", ended_at=NOW)
        assert [found.case_id for found in mismatches([one.pk])] == [one.pk]


class TestAgain:
    def test_the_same_file_adds_nothing_and_a_changed_row_is_refused(self, taken, tmp_path):
        taken()
        count, lines = Case.objects.count(), History.objects.count()
        again = taken()
        assert (again.created, again.repeated) == (0, 5)
        assert (Case.objects.count(), History.objects.count()) == (count, lines)
        other = write(tmp_path / "other.csv", [{**ROWS[0], "closed_dt": "2011-07-02 00:00:00"}])
        assert taken(other).rejected == 1

    def test_a_packed_file_is_read_as_well(self, taken, tmp_path):
        assert taken(write(tmp_path / "b.csv.gz", packed=True)).created == 5

    def test_another_file_is_refused_by_the_column_it_lacks(self, tmp_path):
        path = tmp_path / "x.csv"
        path.write_text("a,b\n1,2\n", encoding="utf-8")
        with pytest.raises(Invalid, match="case_enquiry_id"):
            boston.survey(path)

    def test_another_preset_is_refused(self, tmp_path):
        options = Namespace(
            what="archive", preset="cn-divisions", file=tmp_path / "x", rejects=None, most=None, replay=0
        )
        with pytest.raises(CommandRefused):
            import_.run(options, Terminal())


class TestReplay:
    def test_it_walks_every_move_as_a_drill_with_people_who_cannot_sign_in(self, taken):
        done = taken(replay=2)
        assert done.replayed == 2
        mine = Case.objects.filter(pk__in=cases_of(REPLAYED))
        assert set(mine.values_list("state", "drill", "imported")) == {("closed", True, True)}
        verbs = set(History.objects.filter(object_id__in=mine.values("pk")).values_list("verb", flat=True))
        assert {"receive", "register", "file", "dispatch", "sign_in", "submit_result", "review"} <= verbs
        assert mismatches(cases_of(REPLAYED)) == []
        assert case("1").drill is False
        staff = Account.objects.filter(username__startswith="boston-replay-")
        assert staff
        assert not any(one.has_usable_password() for one in staff)


@pytest.mark.real_data
class TestRealData:
    FILE = "boston-311/requests_2011H2.csv.gz"

    def test_a_slice_comes_in_whole(self, real_data, taken):
        done = taken(real_data / self.FILE, most=150, replay=3)
        assert (done.created, done.rejected, done.replayed) == (150, 0, 3)
        assert len(boston.type_codes(boston.survey(real_data / self.FILE))) == 141
        assert mismatches([*cases_of(boston.SOURCE), *cases_of(REPLAYED)]) == []

    @pytest.mark.slow
    def test_all_of_it_comes_in_and_a_thousand_are_replayed(self, real_data, taken):
        began = timezone.now()
        done = taken(real_data / self.FILE, replay=1000)
        seconds = (timezone.now() - began).total_seconds()
        print(f"boston-311: {vars(done)}, {seconds:.0f} s, {done.read / max(seconds, 1):.0f} rows/s")
        assert (done.read, done.created, done.rejected) == (58251, 58251, 0)
        assert (done.closed, done.still_open, done.replayed) == (54570, 3681, 1000)
        assert mismatches([*cases_of(boston.SOURCE), *cases_of(REPLAYED)]) == []
        assert set(Case.objects.filter(drill=True).values_list("state", flat=True)) == {"closed"}
