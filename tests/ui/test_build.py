"""The built front end is current, small, and free of what does not belong there."""

import gzip
import json

from tools import build_manifest, components_page


def test_the_build_is_current():
    assert build_manifest.main(["--check"]) == 0


def test_a_changed_source_or_result_is_named():
    now = build_manifest.manifest()
    written = json.loads(json.dumps(now))
    written["inputs"]["frontend/src/huying.css"] = "0"
    del written["outputs"]["src/huying/ui/static/ui/ui.js"]
    written["outputs"]["src/huying/ui/static/ui/old.js"] = "1"
    assert build_manifest.differences(written, now) == [
        "changed: frontend/src/huying.css",
        "gone: src/huying/ui/static/ui/old.js",
        "new: src/huying/ui/static/ui/ui.js",
    ]


def test_the_style_sheet_stays_small():
    assert len(gzip.compress((build_manifest.BUILT / "huying.css").read_bytes())) < 24_000


def test_htmx_is_the_version_we_chose():
    packages = json.loads((build_manifest.SOURCES / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert (packages["htmx.org"], packages["htmx-ext-sse"]) == ("2.0.11", "2.2.4")


def test_the_lock_holds_no_address_of_a_registry():
    lock = json.loads((build_manifest.SOURCES / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]


def test_nothing_is_fetched_from_elsewhere():
    css = (build_manifest.BUILT / "huying.css").read_text(encoding="utf-8")
    assert "url(http" not in css
    assert "@import" not in css


def test_the_page_of_components_is_the_templates_first_lines():
    assert components_page.main(["--check"]) == 0
