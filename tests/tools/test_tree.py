"""Requirements, targets and what the tree must not hold."""

import os
import re
import subprocess

from tests.settings import ROOT
from tools import check_tree, clean_room


def _pins(name):
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z0-9._-]+==[^ ;\\]+)", text, re.MULTILINE)), text


class TestRequirements:
    def test_what_tests_need_includes_what_runs_in_the_same_versions(self):
        assert _pins("run.txt")[0] <= _pins("dev.txt")[0]

    def test_every_pin_has_a_hash_and_no_address(self):
        for name in ("run.txt", "dev.txt"):
            pins, text = _pins(name)
            assert len(pins) > 30
            for block in re.split(r"\n(?=\S)", text.strip()):
                assert "--hash=sha256:" in block, block[:60]
            assert "://" not in text

    def test_every_named_requirement_is_pinned(self):
        for name in ("run", "dev"):
            pinned = {pin.split("==")[0].replace("_", "-") for pin in _pins(f"{name}.txt")[0]}
            lines = (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines()
            for line in lines:
                wanted = re.match(r"[A-Za-z0-9-]+", line)
                if wanted and not line.startswith("-"):
                    assert wanted[0].lower() in pinned


class TestTheTree:
    def test_it_names_no_registry(self):
        assert check_tree.main() == 0

    def test_a_registry_would_be_found(self):
        assert check_tree.found_in("see https://" + "py" + "pi.org/simple") != []
        assert check_tree.found_in("--no-emit-" + "index" + "-url") == []


class TestTargets:
    def test_help_lists_every_target(self):
        text = (ROOT / "Makefile").read_text(encoding="utf-8")
        phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)[1].split()
        said = subprocess.run(
            ["make", "--silent", "--no-print-directory", "help"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},  # without what a make above this one passes on
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert sorted(line.split()[1] for line in said.splitlines()) == sorted(phony)

    def test_ci_runs_the_targets_that_people_run(self):
        text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
        assert re.findall(r"^make (.+)$", text, re.MULTILINE) == ["lint", "test", "test-full"]
        assert (ROOT / ".ci" / "run").stat().st_mode & 0o111

    def test_the_clean_room_has_no_node_on_its_path(self, tmp_path, monkeypatch):
        (tmp_path / "bin").mkdir()
        for name in ("node", "make"):
            (tmp_path / "bin" / name).write_text("#!/bin/sh\n")
            (tmp_path / "bin" / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        path = clean_room.path_without_node(tmp_path / "paths")
        assert str(tmp_path / "bin") not in path.split(":")
        assert subprocess.run(["/bin/sh", "-c", "command -v make"], env={"PATH": path}, check=True)
        assert subprocess.run(["/bin/sh", "-c", "command -v node"], env={"PATH": path}, check=False).returncode != 0
