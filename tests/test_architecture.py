"""The code itself: arrows point down, every page has a door, nothing lies about unused, tables and docs agree.

What import-linter cannot see: foreign keys and addresses are strings, templates name each other by path.
"""

import re
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.template import engines
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver
from django.utils.translation import override

SRC = Path(__file__).parents[1] / "src" / "huying"
FLOORS = {
    "audit": 0,
    "registers": 0.5,
    "places": 1,
    "clocks": 1,
    "people": 2,
    "files": 3,
    "notices": 3,
    "access": 3,
    "approvals": 3,
    "clients": 3,
    "matters": 4,
    "triage": 5,
    "cases": 6,
    "channels": 8,
    "insight": 8,
    "desk": 9,
    "portal": 9,
    "opendata": 9,
    "config": 10,
    "cli": 10,
}
GROUND = {"kernel", "ui"}  # below all
# Views of other people's packages: each one is a decision.
NOT_OURS = {
    "django.views.i18n.set_language",  # sets a cookie; reads and shows nothing
    "django.views.static.serve",
    "django.contrib.staticfiles.views.serve",
}
# Templates that Django asks for by name.
ASKED_BY_NAME = {"403.html", "404.html", "500.html", "403_csrf.html"}


def may_name(app: str, other: str) -> bool:
    """Whether an app may name something of another in an address, an include or a foreign key."""
    if app == other or other in GROUND:
        return True
    if app in GROUND:
        return False
    return FLOORS[other] < FLOORS[app]


def files(*endings: str) -> list[tuple[str, Path]]:
    """Every source file with the app it belongs to."""
    found = [
        (path.relative_to(SRC).parts[0], path)
        for ending in endings
        for path in sorted(SRC.rglob(f"*{ending}"))
        if len(path.relative_to(SRC).parts) > 1
    ]
    assert found
    return found


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def line_of(path: Path, place: int) -> str:
    return f"{path.relative_to(SRC)}:{text(path).count(chr(10), 0, place) + 1}"


def without_comments(template: str) -> str:
    """The template with its comments blanked, every character in its place."""
    return re.sub(r"\{#.*?#\}", lambda found: " " * len(found[0]), template)


class TestFloors:
    def test_every_app_stands_on_a_floor(self):
        present = {path.name for path in SRC.iterdir() if (path / "__init__.py").exists()}
        assert present == set(FLOORS) | GROUND

    def test_the_rule_refuses_up_and_sideways(self):
        assert may_name("desk", "cases")
        assert may_name("cases", "ui")
        assert may_name("cases", "cases")
        assert not may_name("cases", "desk")
        assert not may_name("desk", "portal")
        assert not may_name("places", "clocks")
        assert not may_name("ui", "audit")

    def test_foreign_keys_point_down(self):
        wrong, seen = [], 0
        for model in apps.get_models(include_auto_created=True):
            app = model._meta.app_label
            if not model.__module__.startswith("huying."):
                continue
            for field in model._meta.get_fields(include_hidden=True):
                if not field.is_relation or field.auto_created or field.related_model is None:
                    continue
                seen += 1
                other = field.related_model
                ours = other.__module__.startswith("huying.")
                if not ours or not may_name(app, other._meta.app_label):
                    wrong.append(f"{model.__name__}.{field.name} -> {other._meta.label}")
        assert seen > 20
        assert wrong == []

    def test_the_rules_of_every_app_know_no_django(self):
        rooms = [path for _app, path in files(".py") if "rules" in path.relative_to(SRC).with_suffix("").parts[1:2]]
        assert len(rooms) >= 10
        wrong = []
        for path in rooms:
            for found in re.finditer(r"^\s*(?:from|import)\s+(django|psycopg|procrastinate)\b.*$", text(path), re.M):
                wrong.append(f"{line_of(path, found.start())} {found[0].strip()}")
        assert wrong == []


def walk(patterns, namespace=""):
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from walk(one.url_patterns, f"{namespace}{one.namespace}:" if one.namespace else namespace)
        elif isinstance(one, URLPattern):
            yield f"{namespace}{one.name}", one.callback


class TestDoors:
    def test_every_address_has_a_door(self):
        from huying.people.rules import Duty

        seen, wrong = 0, []
        for name, view in walk(get_resolver().url_patterns):
            seen += 1
            if f"{view.__module__}.{view.__qualname__}" in NOT_OURS:
                continue
            kind, duty = getattr(view, "door", (None, None))
            if kind == "api" and view.operations:
                continue  # each operation has a door of its own, see below
            if kind not in ("staff", "public") or (duty is not None and duty not in Duty.values):
                wrong.append(name)
        assert seen > 50
        assert wrong == []

    def test_every_operation_of_the_api_has_a_door_that_is_really_asked(self):
        from huying.config.api import operations
        from huying.kernel.api import Door
        from huying.people.rules import Duty

        found = operations()
        addressed = [
            one for _name, view in walk(get_resolver().url_patterns) for one in getattr(view, "operations", [])
        ]
        assert {one.operation_id for one in addressed} == {one.operation_id for one in found}
        wrong, open_to_all = [], set()
        for one in found:
            kind, duty = getattr(one.view_func, "door", (None, None))
            doors = [door for door in one.auth_callbacks if isinstance(door, Door)]
            fits = len(doors) == 1 and doors[0].public == (kind == "public") and doors[0].duty == duty
            if kind not in ("token", "public") or (duty is not None and duty not in Duty.values) or not fits:
                wrong.append(one.operation_id)
            if kind == "public":
                open_to_all.add(one.operation_id)
        assert wrong == []
        # Each operation without a token is a decision.
        assert open_to_all == {
            "create_report", "read_consent", "read_catalogue", "suggest_types", "read_type", "list_areas",
            "locate_point", "read_area", "list_held", "list_answers", "list_exclusions",
            "list_known_incidents", "list_published_campaigns",
        }  # fmt: skip

    def test_a_view_without_a_door_would_be_found(self):
        def bare(request): ...

        assert getattr(bare, "door", (None, None))[0] is None

    def test_addresses_have_names_of_their_own(self):
        names = [name for name, _view in walk(get_resolver().url_patterns)]
        assert all(not name.endswith(":None") and name != "None" for name in names)
        assert len(names) == len(set(names))


NAMED = re.compile(
    r"""(?:reverse|reverse_lazy|redirect|resolve_url|redirect_to_login|MenuEntry|add_link)\(\s*f?["']([a-z_]+):[\w]+"""
    r"""|\{%\s*url\s+["']([a-z_]+):\w+["']"""
    r"""|url_name\s*=\s*["']([a-z_]+):\w+"""
)
WHOLE_NAME = re.compile(r"""(?:reverse|redirect|\{%\s*url)\s*\(?\s*["']([a-z_]+:\w+)["']""")
TEMPLATE_NAMED = re.compile(r"""\{%\s*(?:include|extends|part)\s+["']([^"']+)["']""")
RENDERED = re.compile(r"""["']([a-z_0-9]+/[\w/-]+\.html|\d{3}\w*\.html)(?:#[\w-]+)?["']""")


def test_no_table_has_a_change_that_no_migration_holds():
    with override(None):  # words of Django's own fields stand untranslated in migrations
        loader = MigrationLoader(None)
        known = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(graph=loader.graph)
    ours = {app: [str(one.operations) for one in found] for app, found in known.items() if app in FLOORS}
    assert not ours, ours


def test_django_finds_nothing_odd_in_the_tables():
    """Two indexes of one name go through migrations unnoticed, and stop `huying check` later."""
    assert run_checks(tags=["models"]) == []


class TestNames:
    def test_addresses_are_named_downwards_or_within_the_app(self):
        wrong, seen = [], 0
        for app, path in files(".py", ".html"):
            source = without_comments(text(path)) if path.suffix == ".html" else text(path)
            for found in NAMED.finditer(source):
                other = next(one for one in found.groups() if one)
                seen += 1
                if other not in set(FLOORS) | GROUND or not may_name(app, other):
                    wrong.append(f"{line_of(path, found.start())} {found[0]}")
        assert seen > 60
        assert wrong == []

    def test_every_named_address_exists(self):
        known = {name for name, _view in walk(get_resolver().url_patterns)}
        wrong = []
        for _app, path in files(".py", ".html"):
            for found in WHOLE_NAME.finditer(text(path)):
                if found[1] not in known:
                    wrong.append(f"{line_of(path, found.start())} {found[1]}")
        assert wrong == []

    def test_templates_use_their_own_lower_or_common_ones(self):
        wrong, seen = [], 0
        for app, path in files(".py", ".html"):
            source = without_comments(text(path)) if path.suffix == ".html" else text(path)
            names = [*TEMPLATE_NAMED.finditer(source), *RENDERED.finditer(source)]
            for found in names:
                seen += 1
                other = found[1].split("/")[0]
                other = {"gallery": "ui", "django": "ui"}.get(other, other)
                if "/" in found[1] and (other not in set(FLOORS) | GROUND or not may_name(app, other)):
                    wrong.append(f"{line_of(path, found.start())} {found[1]}")
        assert seen > 150
        assert wrong == []

    def test_a_name_from_above_would_be_found(self):
        for words in ('reverse("desk:mine")', '{% url "desk:mine" %}', "redirect('desk:mine', pk=1)"):
            found = NAMED.search(words)
            assert found
            assert next(one for one in found.groups() if one) == "desk"


def templates() -> dict[str, Path]:
    """Every template by the name it is asked for."""
    found = {}
    for folder in SRC.glob("*/templates"):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                found[path.relative_to(folder).as_posix()] = path
    return found


class TestTemplates:
    def test_none_is_unused(self):
        known = templates()
        named = set(ASKED_BY_NAME)
        for _app, path in files(".py"):
            # `f"portal/{name}.html"`: every word of that file may be the name.
            for found in re.finditer(r"""f["'](\w+)/\{[\w.]+\}\.html["']""", text(path)):
                named.update(f"{found[1]}/{word}.html" for word in re.findall(r"""["'](\w+)["']""", text(path)))
        for _app, path in files(".py", ".html"):
            own = next((name for name, at in known.items() if at == path), None)
            source = without_comments(text(path)) if path.suffix == ".html" else text(path)
            for found in re.finditer(r"""["']([\w/-]+\.html|[\w/-]+\.txt|[\w/-]+\.xml)(?:#[\w-]+)?["']""", source):
                if found[1] != own:
                    named.add(found[1])
        assert len(known) > 80
        assert sorted(set(known) - named) == []

    def test_none_that_is_named_is_missing(self):
        known = set(templates())
        outside = re.compile(r"^(django|admin|registration)/")
        wrong = []
        for _app, path in files(".py", ".html"):
            source = without_comments(text(path)) if path.suffix == ".html" else text(path)
            for found in [*TEMPLATE_NAMED.finditer(source), *RENDERED.finditer(source)]:
                name = found[1].split("#")[0]
                if name not in known and not outside.match(name):
                    wrong.append(f"{line_of(path, found.start())} {name}")
        assert wrong == []

    @pytest.mark.parametrize("name", sorted(templates()))
    def test_each_is_read_by_the_engine(self, name):
        if name.endswith((".html", ".txt", ".xml")):
            engines["django"].get_template(name)

    def test_each_says_first_what_it_is(self):
        wrong = []
        for name, path in templates().items():
            first = text(path).split("\n", 1)[0]
            if path.suffix == ".html" and not (first.startswith(f"{{# {name}: ") and first.rstrip().endswith("#}")):
                wrong.append(name)
        assert wrong == []

    def test_none_holds_style_or_script_that_the_policy_forbids(self):
        forbidden = {
            "a style attribute": r"<[^>%]*?\sstyle\s*=",
            "a style element": r"<style\b",
            "an event attribute": r"<[a-zA-Z][^>]*?\son[a-z]+\s*=",
            "a script of its own": r"<script\b(?![^>]*\bsrc\s*=)(?![^>]*type\s*=\s*[\"']application/(?:ld\+)?json)",
            "a script address": r"(?:href|src|action|formaction)\s*=\s*[\"']\s*javascript:",
            "htmx code in an attribute": r"\shx-(?:on|vals\s*=\s*[\"']js:)",
        }
        wrong = []
        for name, path in templates().items():
            source = without_comments(text(path))
            for what, pattern in forbidden.items():
                for found in re.finditer(pattern, source):
                    wrong.append(f"{name}:{source.count(chr(10), 0, found.start()) + 1} has {what}")
        assert wrong == []

    def test_no_view_builds_style_or_events_either(self):
        wrong = []
        for _app, path in files(".py"):
            for found in re.finditer(
                r"""<[a-z][^>"']*?\s(?:style|on(?:click|load|error|change|submit))=""", text(path)
            ):
                wrong.append(line_of(path, found.start()))
        assert wrong == []


class TestNamesOfPages:
    def test_every_menu_entry_and_link_leads_to_a_page(self):
        from huying.kernel import registry

        known = {name for name, _view in walk(get_resolver().url_patterns)}
        registered = [one.url_name for one in registry.MENU.values()] + [
            one.url_name for one in registry.LINKS.values()
        ]
        assert registered
        assert [name for name in registered if name not in known] == []

    def test_an_unknown_name_is_no_address(self):
        from django.urls import reverse

        with pytest.raises(NoReverseMatch):
            reverse("desk:nowhere")
