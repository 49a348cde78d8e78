import os, pytest
from tests.browser.harness import faults_of
from tests.browser.desk_world import HERE, build_day
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

PAGES = {
  "dispatcher": [("mine","/desk/"),("triage","/desk/triage/"),("list","/desk/list/"),("new","/desk/new/"),("words","/desk/list/?q=污水")],
  "handler": [("mine-h","/desk/")],
  "head": [("mine-head","/desk/")],
  "secretary": [("mine-sec","/desk/")],
  "grid_worker": [("mine-g","/desk/"),("new-g","/desk/new/"),("self","/desk/self/"),("taken-g","/desk/taken/")],
  "clerk": [("taken","/desk/taken/")],
}
def test_shots(site, open_page, monkeypatch, client, transactional_db):
    only=os.environ.get("ONLY","").split(",") if os.environ.get("ONLY") else None
    world = build_day()
    monkeypatch.setattr("django.utils.timezone.now", lambda: HERE)
    out=[]
    for who, pages in PAGES.items():
        client.force_login(world.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies["sessionid"].value
        for phone in (False, True):
            page = open_page(phone=phone)
            page.context.add_cookies([{"name":"sessionid","value":cookie,"url":site}])
            for name, url in pages:
                if only and name not in only: continue
                r = page.goto(site+url)
                page.wait_for_timeout(1500 if "triage" in name or "list" in name or "new" in name or name=="self" else 300)
                page.screenshot(path=f"/tmp/desk/{name}{'-390' if phone else ''}.png", full_page=phone)
                out.append((name, phone, r.status, faults_of(page)))
    for o in out:
        print(*o[:3])
        for f in o[3]: print("    ", f[:400])
    assert 0
