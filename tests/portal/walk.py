"""A resident with a browser: the steps of a report through the real pages."""

import re
from uuid import UUID

from tests.world import GRID, middle

WORDS = "榕树路口的垃圾桶满了，没有人来收，金丝雀七号。"
PLACE = "便利店门口第三根灯杆"


class Resident:
    def __init__(self, client, street="990101001"):
        self.client = client
        client.cookies["huying_area"] = street

    def get(self, address, **options):
        return self.client.get(address, **options)

    def what(self, words=WORDS, **more):
        return self.client.post("/report/", {"words": words, **more})

    def where(self, **more):
        lng, lat = middle(GRID)
        return self.client.post("/report/where/", {"lng": lng, "lat": lat, "place_words": PLACE, **more})

    def to_check(self, words=WORDS, kind="0103", where=None):
        self.what(words)
        self.client.post("/report/danger/")
        self.client.post("/report/kind/", {"kind": kind})
        self.where() if where is None else self.client.post("/report/where/", where)
        self.client.post("/report/likely/", {"same": ""})
        return self.client.get("/report/check/")

    def hidden(self, page):
        found = dict(re.findall(r'name="(key|seen)" value="([^"]*)"', page.content.decode()))
        return {"key": found["key"], "seen": found["seen"]}

    def submit(self, page, **more):
        return self.client.post("/report/check/", {**self.hidden(page), "reply_by": "page", **more})

    def send(self, words=WORDS, kind="0103", where=None, **more):
        """The whole way; the id of the report."""
        answer = self.submit(self.to_check(words, kind, where), **more)
        assert answer.status_code == 302, answer.content.decode()
        return UUID(answer.url.split("/")[3])

    def deed(self, report_id, name, **given):
        address = f"/status/{report_id}/{name}/"
        page = self.client.get(address)
        key = re.search(r'name="key" value="([^"]*)"', page.content.decode())
        return self.client.post(address, {"key": key[1] if key else "", **given})


def text_of(response):
    return response.content.decode()
