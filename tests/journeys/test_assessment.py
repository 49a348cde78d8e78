"""A month is assessed: each number opens to its rows, the month is frozen, published, and corrected with a reason."""

import json
import re
from argparse import ArgumentParser
from datetime import datetime
from html import unescape

from huying.audit.models import History
from huying.cli.commands import assess as command
from huying.cli.contract import Terminal
from huying.insight import jobs
from huying.insight.actions import refresh
from huying.places.rules import SHANGHAI
from tests.api.conftest import Program
from tests.journeys.steps import case_of, handle, move, review, triage
from tests.world import GRID, STREET

GOOD = "垃圾桶满了，没有人来收。"
BAD = "路口又堆了一大堆垃圾，臭得很。"
PAGE = f"/desk/assess/?area={STREET}&month=2026-10"


def taken(staff, words):
    left = {"name": "李示例", "phone": "13900000000", "agreed": True, "reply_by": "phone"}
    staff("clerk").open("/desk/new/").press("登记", channel="hotline", words=words, grid_code=GRID, **left)
    return case_of(words)


def brought_to_an_end(staff, world, clock, case):
    """Through every hand until the caller is to be asked."""
    clock.pass_by(minutes=5)
    triage(staff("dispatcher"), case, unit=world.units["sanitation"], kind="0103")
    handle(staff("handler"), case, "已经清走。")
    move(staff("unit_head"), case, "sign")
    review(staff("reviewer"), case)
    assert case.state == "calling_back"


def numbers(one, label):
    """The numbers above and below the line of a rate as the page prints them, each with its address."""
    tile = re.search(rf'<h3 class="rate-name">{label}</h3>.*?</section>', one.html, re.S)[0]
    return [(number, unescape(address)) for address, number in re.findall(r'<a href="([^"]+)">([^<]+)</a>', tile)]


def listed(one, address):
    return set(re.findall(r"/desk/cases/([0-9a-f-]{36})/", one.open(address).html))


def test_a_month_is_read_frozen_published_and_corrected(world, staff, clock, capsys):
    good, bad = taken(staff, GOOD), taken(staff, BAD)
    brought_to_an_end(staff, world, clock, good)
    brought_to_an_end(staff, world, clock, bad)

    # Before anybody is asked: what would come out today, and which cases those are.
    head = staff("head").open(PAGE)
    assert "假如今天回访" in head.words
    assert listed(head, f"/desk/assess/ahead/?area={STREET}&show=asked") == {str(good.pk), str(bad.pk)}

    # Both callers say it is solved; the second is unhappy all the same.
    move(staff("caller"), good, "call_back", result="reached", solved="yes", satisfaction="satisfied")
    move(staff("caller"), bad, "call_back", result="reached", solved="yes", satisfaction="dissatisfied")
    assert (good.state, bad.state) == ("closed", "closed")
    jobs.catch_up(0)

    # The page prints both numbers of each rate; each opens to exactly its cases.
    staff("head").open(PAGE)
    (hits, hits_url), (of, of_url) = numbers(head, "满意率")
    assert (hits, of) == ("1", "2")
    assert listed(head, hits_url) == {str(good.pk)}
    assert listed(head, of_url) == {str(good.pk), str(bad.pk)}
    assert "样本少，不排名" in head.open(PAGE).words
    assert not head.offers("封账")  # the month still runs

    # Whoever is of the next sub-district finds nothing, on the page or behind a number.
    stranger = staff("next_dispatcher")
    for address in (PAGE, hits_url, f"/desk/assess/terms/?area={STREET}"):
        stranger.open(address, 404)

    # A program and the command tell the same.
    head.open("/desk/clients/").press("新建凭证", kind="personal", name="报表", duties=["read"], days="90")
    program = Program(re.search(r'id="new-secret">(hyp_[^<]+)<', head.html)[1])
    rates = {one["measure"]: one for one in program.get(f"/assessments/{STREET}?month=2026-10")["whole"]["rates"]}
    assert (rates["satisfaction"]["hits"], rates["satisfaction"]["of"]) == ("1", 2)
    assert printed(capsys)["whole"]["satisfaction"] == {"hits": "1", "of": 2, "percent": "50.0"}

    # The month is over and the time for objections, too: the freezing is proposed, and done by a head.
    clock.now = datetime(2026, 11, 10, 9, tzinfo=SHANGHAI)
    jobs.propose(0)
    head = staff("head").open(PAGE)
    assert "异议期已过，可以封账了。" in head.words
    head.press("封账", where="/freeze/")
    assert "第 1 版" in head.words
    staff("leader").open(PAGE).press("公布", where="/publish/")
    assert not staff("clerk").open(PAGE).offers("公布")

    # Weeks later one case turns out to be a drill: the published figures stay as they were.
    bad.drill = True
    bad.save(update_fields=["drill"])
    refresh([bad.pk])
    head = staff("head").open(PAGE)
    assert [one for one, _url in numbers(head, "满意率")] == ["1", "2"]

    # They are corrected by another version, with the reason; the old one can still be read and opened.
    head.press("按现在的数字出一版更正", 422, where="/correct/")
    head.press("按现在的数字出一版更正", where="/correct/", reason="有一件是演练。")
    assert "有一件是演练。" in head.words
    assert [one for one, _url in numbers(head, "满意率")] == ["1", "1"]
    head.open(PAGE + "&version=1")
    assert listed(head, numbers(head, "满意率")[1][1]) == {str(good.pk), str(bad.pk)}
    versions = [one["version"] for one in program.get(f"/assessments/{STREET}/months")["items"]]
    assert versions == [2, 1]
    assert list(History.objects.filter(kind="statement").order_by("pk").values_list("verb", flat=True)) == [
        "propose", "freeze", "publish", "correct",
    ]  # fmt: skip

    # Scores of units are off; one head switches them on, another approves.
    assert "评分" not in head.open("/desk/assess/?by=unit").words.replace("岗位评分", "")
    head.open(f"/desk/assess/terms/?area={STREET}")
    head.press("提出", where="/terms/", units=True, reason="街道办公会定的。", valid_from="2026-11")
    assert "有一版在等另一位负责人批准。" in head.words
    staff("leader").open(f"/desk/assess/terms/?area={STREET}").press("确定", where="/decide/", granted="yes")
    assert "已生效" in staff("clerk").open(f"/desk/assess/terms/?area={STREET}").words


def printed(capsys):
    parser = ArgumentParser()
    command.arguments(parser)
    outcome = command.run(parser.parse_args(["--area", STREET, "--month", "2026-10"]), Terminal(json_line=True))
    capsys.readouterr()
    return json.loads(json.dumps(outcome.facts))
