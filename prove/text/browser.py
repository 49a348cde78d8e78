"""The same strings in a real browser: many on a page, with traps for dialogs, scripts and breaches of the policy."""

from __future__ import annotations

import json
import threading
from typing import Any

from prove.frame import Run
from prove.inside import STRONGEST, Street
from prove.text.strings import CANARY

ROWS = 60
TRAP = """
document.addEventListener('securitypolicyviolation', (one) => {
  window.huying_breaches = (window.huying_breaches || []).concat(one.violatedDirective + ' ' + one.blockedURI);
});
"""


def look(run: Run, one: Street, corpus: tuple[str, ...], rows: dict[str, Any], fields: list[Any]) -> None:
    """Rows with the strings are kept in earnest, then every page that lists or shows them is opened."""
    from playwright.sync_api import sync_playwright

    from tests.browser.harness import browser_of, chromium_path
    from tests.world import GRID, STREET, middle

    path = chromium_path()
    if path is None:
        run.find("there is no browser")
        return
    lng, lat = middle(GRID)
    pages = ["/desk/", "/desk/list/", "/desk/triage/", "/desk/taken/", "/desk/registers/", "/", "/nearby/", "/notices/"]
    markup = [text for text in corpus if CANARY in text]
    for number in range(ROWS):
        text = " ".join(markup[number * 5 : number * 5 + 5])[:900] if number < len(markup) // 5 else corpus[number]
        body = {
            "words": text,
            "area_code": STREET,
            "lng": lng,
            "lat": lat,
            "channel": "hotline",
            "place_words": markup[number % len(markup)],
        }
        answer = one.api(
            STRONGEST, "POST", "/api/v1/reports", json.dumps(body).encode(), content_type="application/json"
        )
        if answer.status == 201 and number % 6 == 0:
            said = json.loads(answer.content)
            pages += [f"/desk/cases/{said['case_id']}/", f"/desk/triage/{said['case_id']}/"]
    for number, field in enumerate(fields):
        key = field.place.partition(":")[2]
        text = markup[number % len(markup)][: field.limit]
        body = {"values": {field.name: text}}
        one.api(
            STRONGEST,
            "PUT",
            f"/api/v1/registers/{key}/{rows[key].pk}",
            json.dumps(body).encode(),
            content_type="application/json",
        )
        pages += [f"/desk/registers/{key}/", f"/desk/registers/{key}/{rows[key].pk}/", f"/desk/registers/{key}/print/"]
    cookie = one.browser(STRONGEST).cookies["sessionid"].value
    with served() as site, sync_playwright() as playwright, browser_of(playwright, path) as browser:
        context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai")
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
        context.add_init_script(TRAP)
        page = context.new_page()
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        for address in dict.fromkeys(pages):
            answered = page.goto(site + address, wait_until="load", timeout=30_000)
            run.count("pages_in_browser")
            if answered is None or answered.status >= 500:
                run.count("errors")
                run.find("a page in the browser is a fault", page=address)
            ran = page.evaluate(f"window.{CANARY} ?? null")
            breaches = page.evaluate("window.huying_breaches ?? []")
            if ran is not None or dialogs or breaches:
                run.count("scripts")
                run.find("it ran in a browser", page=address, ran=ran, dialogs=dialogs[:2], breaches=breaches[:3])
                dialogs.clear()
        context.close()


class served:
    """The pages of this process over loopback, on the same database."""

    def __enter__(self) -> str:
        from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
        from django.core.wsgi import get_wsgi_application
        from django.db import connections

        class Quiet(WSGIRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                """Requests are not news."""

        class Server(ThreadedWSGIServer):
            daemon_threads = True

            def close_request(self, request: Any) -> None:
                super().close_request(request)
                connections.close_all()

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A browser that hangs up is not news either."""

        self.server = Server(("127.0.0.1", 0), Quiet)
        self.server.set_app(get_wsgi_application())
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return f"http://localhost:{self.server.server_port}"

    def __exit__(self, *_told: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
