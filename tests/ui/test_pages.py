"""Frames, gallery, menu, large type: pages that need no database."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from huying.kernel import registry
from huying.kernel.actor import Actor, ActorKind, Granted, resident
from huying.kernel.refusals import NotFound, Unavailable
from huying.ui import context, site
from huying.ui.views import gallery

TEMPLATES = Path(context.__file__).parent / "templates"
COMPONENTS = sorted((TEMPLATES / "ui").glob("*.html"))


@pytest.fixture
def client():
    return Client(headers={"host": "localhost"})


@pytest.mark.parametrize(
    "address", ["/ui/", "/ui/portal/", "/ui/problem/", "/ui/map.geojson", "/ui/map.geojson?points=1"]
)
def test_the_gallery_opens_without_a_database(client, address):
    assert client.get(address).status_code == 200


def shown_or_included():
    """Every template that the gallery or a frame reaches by include or extends."""
    reached = set()
    todo = [*(TEMPLATES / "gallery").glob("*.html"), *TEMPLATES.glob("*.html"), TEMPLATES / "ui" / "problem.html"]
    while todo:
        file = todo.pop()
        if file in reached:
            continue
        reached.add(file)
        named = re.findall(r"{% (?:include|extends|part) [\"']([\w/.]+)[\"']", file.read_text("utf-8"))
        named += re.findall(r'fields="([\w/.]+)"', file.read_text("utf-8"))
        todo += [TEMPLATES / name for name in named if (TEMPLATES / name).exists()]
    return reached


@pytest.mark.parametrize("file", COMPONENTS, ids=lambda one: one.name)
def test_each_component_is_shown_in_the_gallery_or_part_of_a_frame(file):
    assert file in shown_or_included()


@pytest.mark.parametrize("file", sorted(TEMPLATES.rglob("*.html")), ids=lambda one: one.name)
def test_each_template_says_in_its_first_line_what_it_takes(file):
    first = file.read_text("utf-8").splitlines()[0]
    assert first.startswith(f"{{# {file.relative_to(TEMPLATES).as_posix()}: ")
    assert "Takes" in first


@pytest.mark.parametrize("file", sorted(TEMPLATES.rglob("*.html")), ids=lambda one: one.name)
def test_no_template_has_what_the_policy_forbids(file):
    text = file.read_text("utf-8")
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize("name", ["404.html", "403.html", "500.html", "403_csrf.html"])
def test_fault_pages_need_no_request(name):
    assert "<h1" in render_to_string(name)


def entry(key, url_name, duty, group="dispatch", order=1, count=None):
    return registry.MenuEntry(
        key=key, label=key, icon="home", url_name=url_name, group=group, order=order,
        shown=lambda actor: actor.has(duty), count=count,
    )  # fmt: skip


@pytest.fixture
def menu(monkeypatch):
    entries = {}
    monkeypatch.setattr(registry, "MENU", entries)
    monkeypatch.setattr(registry, "LINKS", {})
    return entries


CLERK = Actor(kind=ActorKind.PERSON, name="李示例", grants=(Granted(frozenset({"intake"}), "990101001"),))


def test_the_menu_holds_what_the_person_may_do_and_marks_where_they_are(menu):
    menu["a"] = entry("a", "ui:gallery", "intake", count=lambda _actor: 7)
    menu["b"] = entry("b", "ui:gallery_portal", "intake", group="base", order=2)
    menu["c"] = entry("c", "ui:gallery", "audit", order=0)
    menu["d"] = entry("d", "no:such", "intake", order=3)
    found = context.menu_of(CLERK, "/ui/portal/deep/")
    assert [group.key for group in found.groups] == ["dispatch", "base"]
    assert [(item.key, item.count, item.current) for group in found.groups for item in group.items] == [
        ("a", 7, False),
        ("b", None, True),
    ]


def test_a_stranger_has_no_menu(menu):
    menu["a"] = entry("a", "ui:gallery", "intake")
    assert context.menu_of(resident(), "/ui/").groups == ()


def test_a_long_menu_keeps_four_tabs_on_a_phone(menu):
    for place in range(7):
        menu[str(place)] = entry(str(place), "ui:gallery", "intake", order=place)
    found = context.menu_of(CLERK, "/")
    assert (len(found.tabs), len(found.rest)) == (4, 3)


def test_links_of_upper_apps_are_found_where_they_registered_and_empty_where_not(menu):
    assert context.link("search") == ""
    registry.add_link("search", "ui:gallery", "")
    assert context.link("search") == "/ui/"


def test_the_frame_of_a_problem_follows_who_looks(client):
    request = RequestFactory().get("/x/")
    assert context.page(request)["frame_base"] == "ui/portal_base.html"
    request.actor = CLERK
    assert context.page(request)["frame_base"] == "ui/desk_base.html"


@pytest.mark.parametrize("why", [NotFound(), Unavailable()])
def test_a_problem_says_what_is_so_and_the_next_step(why):
    request = RequestFactory().get("/x/")
    html = render_to_string("ui/problem.html", {"problem": why}, request)
    assert str(why.sentence) in html
    assert "回首页" in html


def test_large_type_is_a_plain_form_and_stays_until_switched_back(client):
    assert 'class="portal"' in client.get("/ui/portal/").text
    back = client.post("/ui/type/", {"type": "large", "next": "/ui/portal/"})
    assert (back.status_code, back["Location"]) == (302, "/ui/portal/")
    assert 'class="portal elder"' in client.get("/ui/portal/").text
    client.post("/ui/type/", {"type": "normal", "next": "/ui/portal/"})
    assert 'class="portal"' in client.get("/ui/portal/").text


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org/", "javascript:alert(1)", "\\\\example.org"])
def test_the_switch_leads_nowhere_else(client, target):
    assert client.post("/ui/type/", {"type": "large", "next": target})["Location"] == "/"


def test_the_switch_refuses_a_form_from_elsewhere():
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    assert strict.post("/ui/type/", {"type": "large"}).status_code == 403


def test_the_gallery_is_a_public_door():
    assert gallery.door == ("public", None)


def test_an_upper_app_gives_the_sites_texts(monkeypatch):
    monkeypatch.setattr(site, "_provider", site.Site)
    assert site.site().street == ""
    site.provide(lambda: site.Site(street="示范街道"))
    assert site.site().street == "示范街道"
