"""Backup and restore: everything comes back as it was, or nothing does."""

import contextlib
import json
import os
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from huying.audit import actions as audit
from huying.audit import queries as audits
from huying.cli.backup import restoring
from huying.cli.backup.container import BadBackup, Keys, Locks, members, new_identity, writing
from huying.cli.backup.making import age_out, fingerprints, make, stored
from huying.config.postgres import APP
from huying.files import storage
from tests.conftest import _pointed_at
from tests.world import NOW, build_world

SECRET, PUBLIC = new_identity()
LOCKS, KEYS = Locks([PUBLIC]), Keys([SECRET])


class Place:
    """A database and a data folder."""

    def __init__(self, bench, settings, name, data):
        self.bench, self.settings, self.name, self.data = bench, settings, name, data
        data.mkdir()

    @contextlib.contextmanager
    def at(self, role=None):
        self.settings.DATA = self.data
        self.settings.MASTER_KEY_FILE = self.data / "master.key"
        with _pointed_at(self.bench.django(self.name, role)):
            yield self

    def rows(self):
        """Every table with all its rows, and where each sequence stands."""
        with self.bench.connect(self.name) as database:
            names = [
                row[0]
                for row in database.execute(
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
                ).fetchall()
            ]
            found = {}
            for name in names:
                query = sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1").format(sql.Identifier(name))
                found[name] = [row[0] for row in database.execute(query).fetchall()]
            found["sequences"] = database.execute(
                "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"
            ).fetchall()
            return found

    def files(self):
        root = self.data / "files"
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def databases(bench, django_db_setup, django_db_blocker):
    """Names of two copies of the template."""
    names = (f"{bench.name}_a", f"{bench.name}_b")
    with django_db_blocker.unblock():
        yield names
        connection.close()
        with bench.connect() as boot:
            for name in names:
                boot.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _fresh(bench, name):
    with bench.connect() as boot:
        boot.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        boot.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, bench.template))))


@pytest.fixture(scope="module")
def filled(bench, databases, tmp_path_factory):
    """A street with a call, sealed, with files; and a backup of it."""
    _fresh(bench, databases[0])
    settings = SimpleNamespace()
    folder = tmp_path_factory.mktemp("backup")
    place = Place(bench, settings, databases[0], folder / "a")
    patch = pytest.MonkeyPatch()
    from django.conf import settings as real

    patch.setattr(real, "DATA", place.data)
    patch.setattr(real, "MASTER_KEY_FILE", place.data / "master.key")
    with _pointed_at(bench.django(databases[0], APP)):
        world = build_world()
        world.call(words="路灯不亮，晚上看不清。\t制表符和\\反斜杠也在。")
        world.call(words="井盖松了。")
        audit.seal(now=NOW)
        world.call(words="这一条还没有封存。")
        root = storage.root()
        for number in range(3):
            path = root / f"{number:02x}" / "cd" / f"photo-{number}.jpg"
            path.parent.mkdir(parents=True)
            path.write_bytes(os.urandom(3000 + number))
        os.link(root / "00/cd/photo-0.jpg", root / "01/cd/again.jpg")
        (root / "00" / "cd" / ".draft.part").write_bytes(b"half")
        out = folder / "one.age"
        made = make(out, LOCKS, files=root, heads=audits.heads_path())
        connection.close()
    patch.undo()
    return SimpleNamespace(place=place, path=out, made=made)


@pytest.fixture
def empty(bench, databases, settings, tmp_path):
    _fresh(bench, databases[1])
    return Place(bench, settings, databases[1], tmp_path / "b")


def _restore(place, path, keys=KEYS, **options):
    with place.at():
        held = restoring.read(path, keys)
        assert restoring.state_of_target(storage.root(), audits.heads_path()) == "empty"
        assert restoring.fits(held.manifest)
        restoring.load(path, keys, held.manifest, files=storage.root(), heads=audits.heads_path(), **options)
        return audits.verify(audits.heads_path())


class TestRoundTrip:
    def test_every_row_file_and_head_comes_back_and_the_history_is_whole(self, filled, empty):
        found = _restore(empty, filled.path)

        assert found.ok, found.broken
        assert found.sealed > 0
        before, after = filled.place.rows(), empty.rows()
        assert {name: len(rows) for name, rows in after.items()} == {name: len(rows) for name, rows in before.items()}
        assert after == before
        kept = {name: data for name, data in filled.place.files().items() if not name.endswith(".part")}
        assert empty.files() == kept
        assert len(kept) == 4
        for name in ("heads/heads.jsonl",):
            assert (empty.data / name).read_bytes() == (filled.place.data / name).read_bytes()

    def test_histories_are_still_only_added_to(self, filled, empty, bench):
        _restore(empty, filled.path)
        with bench.connect(empty.name) as database, pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute("UPDATE audit_history SET verb = 'other'")

    def test_what_is_counted_is_what_is_there(self, filled):
        assert filled.made.files == 4
        assert filled.made.rows > 200
        held = restoring.read(filled.path, KEYS)
        assert (held.rows, held.files) == (filled.made.rows, filled.made.files)

    def test_no_key_is_inside(self, filled):
        held = restoring.read(filled.path, KEYS)
        assert set(held.manifest["keys"]) >= {"secret_key"}
        names = []

        class Names(restoring._Taker):
            def file(self, name, pieces):
                names.append(name)
                return super().file(name, pieces)

        restoring.read(filled.path, KEYS, Names())
        assert not [name for name in names if "key" in name]

    def test_another_key_here_is_named(self, filled, settings):
        held = restoring.read(filled.path, KEYS)
        settings.SECRET_KEY = "another key, also fifty characters long or longer than that"
        assert "secret_key" in restoring.misfits(held.manifest)
        assert fingerprints()["secret_key"] != held.manifest["keys"]["secret_key"]


class TestRefusals:
    def _nothing(self, place):
        with place.at():
            assert restoring.state_of_target(storage.root(), audits.heads_path()) == "empty"
        assert [path for path in place.data.rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize("cut", [0.05, 0.5, 0.98])
    def test_a_cut_file_is_refused(self, filled, tmp_path, cut):
        data = filled.path.read_bytes()
        short = tmp_path / "short.age"
        short.write_bytes(data[: int(len(data) * cut)])
        with pytest.raises(BadBackup):
            restoring.read(short, KEYS)

    @pytest.mark.parametrize("place", [0.1, 0.6, 0.999])
    def test_a_changed_byte_is_refused(self, filled, tmp_path, place):
        data = bytearray(filled.path.read_bytes())
        data[int(len(data) * place)] ^= 1
        other = tmp_path / "other.age"
        other.write_bytes(bytes(data))
        with pytest.raises(BadBackup):
            restoring.read(other, KEYS)

    @pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04" + b"x" * 500])
    def test_another_file_is_refused(self, tmp_path, content):
        path = tmp_path / "x"
        path.write_bytes(content)
        with pytest.raises(BadBackup):
            restoring.read(path, KEYS)

    def test_the_wrong_key_is_told_apart_from_damage(self, filled):
        with pytest.raises(BadBackup, match="私钥"):
            restoring.read(filled.path, Keys([new_identity()[0]]))

    def test_a_failure_in_the_middle_leaves_nothing(self, filled, empty):
        def fail():
            raise RuntimeError("the power is gone")

        with pytest.raises(RuntimeError):
            _restore(empty, filled.path, checked=fail)
        self._nothing(empty)

    def test_a_file_that_changed_since_it_was_read_leaves_nothing(self, filled, empty, tmp_path):
        data = filled.path.read_bytes()
        path = tmp_path / "later.age"
        path.write_bytes(data)
        with empty.at():
            held = restoring.read(path, KEYS)
            path.write_bytes(data[:-2000])
            with pytest.raises(BadBackup):
                restoring.load(path, KEYS, held.manifest, files=storage.root(), heads=audits.heads_path())
        self._nothing(empty)

    def test_a_filled_system_is_seen(self, filled):
        patch = pytest.MonkeyPatch()
        from django.conf import settings as real

        patch.setattr(real, "DATA", filled.place.data)
        with _pointed_at(filled.place.bench.django(filled.place.name, APP)):
            nowhere = Path("/nonexistent")
            assert restoring.state_of_target(nowhere, nowhere) == "people_account"
            assert restoring.state_of_target(storage.root(), nowhere) == "files"
            assert restoring.state_of_target(nowhere, audits.heads_path()) == "heads"
            connection.close()
        patch.undo()

    def test_a_backup_of_a_newer_version_is_known_by_its_steps(self, empty, filled):
        held = restoring.read(filled.path, KEYS)
        with empty.at():
            assert restoring.unknown(held.manifest) == []
            held.manifest["migrations"].append("cases.9999_of_tomorrow")
            assert restoring.unknown(held.manifest) == ["cases.9999_of_tomorrow"]

    def test_an_existing_file_is_never_replaced_and_no_draft_stays(self, filled):
        with pytest.raises(FileExistsError), writing(filled.path, LOCKS):
            pass
        assert not list(filled.path.parent.glob(".*.part"))


class TestForged:
    """Whoever knows the public key can seal anything: what comes out is still looked at."""

    MANIFEST = {"format": 1, "version": "0", "made_at": "", "migrations": [], "sequences": {}, "keys": {}}

    def _sealed(self, path, *members, tables=("t",), hashes=None):
        manifest = {**self.MANIFEST, "tables": [{"name": name, "columns": ["a"]} for name in tables]}
        empty = {"count": 0, "bytes": 0, "sha256": sha256().hexdigest()}
        told = {"tables": dict.fromkeys(tables, empty), "files": empty, "heads": ""}
        with writing(path, LOCKS) as to:
            to.add("manifest.json", json.dumps(manifest).encode())
            for name, data in members:
                to.add(name, data)
            to.add("hashes.json", json.dumps({**told, **(hashes or {})}).encode())
        return path

    def test_an_empty_one_is_whole(self, tmp_path):
        assert restoring.read(self._sealed(tmp_path / "x"), KEYS).rows == 0

    @pytest.mark.parametrize(
        "member",
        [
            ("tables/t/000000", b"a row\n"),
            ("tables/other/000000", b"a row\n"),
            ("files/ab/cd/photo.jpg", b"bytes"),
            ("files/../../etc/passwd", b"bytes"),
            ("files//etc/passwd", b"bytes"),
            ("files/.hidden", b"bytes"),
            ("heads.jsonl", b"{}"),
            ("strange", b""),
        ],
    )
    def test_what_its_list_does_not_name_is_refused(self, tmp_path, member):
        with pytest.raises(BadBackup):
            restoring.read(self._sealed(tmp_path / "x", member), KEYS)

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd", "/etc/passwd", ".hidden", "a/../b", "a//b", "a/.b", "a b", ""]
    )
    def test_no_path_that_leads_elsewhere_is_ever_written(self, tmp_path, name):
        seen = []

        class Taker(restoring._Taker):
            def file(self, name, pieces):
                seen.append(name)
                return super().file(name, pieces)

        with pytest.raises(BadBackup):
            restoring.read(self._sealed(tmp_path / "x", (f"files/{name}", b"bytes")), KEYS, Taker())
        assert seen == []

    def test_a_table_that_is_missing_is_refused(self, tmp_path):
        one = {"count": 1, "bytes": 6, "sha256": sha256(b"a row\n").hexdigest()}
        with pytest.raises(BadBackup):
            restoring.read(self._sealed(tmp_path / "x", hashes={"tables": {"t": one}}), KEYS)

    def test_nothing_may_follow_the_list(self, tmp_path):
        with writing(tmp_path / "x", LOCKS) as to:
            to.add("strange", b"")
        with pytest.raises(BadBackup):
            restoring.read(tmp_path / "x", KEYS)


class TestLocks:
    @pytest.mark.slow  # stretching a passphrase is meant to take its time
    def test_a_passphrase_opens_it_and_another_does_not(self, tmp_path):
        path = tmp_path / "p.age"
        with writing(path, Locks(passphrase="correct horse battery")) as to:
            to.add("a", b"words")
        assert [one.read() for one in members(path, Keys(passphrase="correct horse battery"))] == [b"words"]
        assert b"words" not in path.read_bytes()
        with pytest.raises(BadBackup, match="口令"):
            list(members(path, Keys(passphrase="another horse battery")))
        with pytest.raises(BadBackup, match="--passphrase-file"):
            list(members(path, KEYS))

    @pytest.mark.parametrize("given", [{}, {"recipients": [PUBLIC], "passphrase": "x" * 12}, {"recipients": ["age1x"]}])
    def test_one_lock_is_named(self, given):
        with pytest.raises(BadBackup):
            Locks(**given)


class TestFolder:
    def test_the_newest_are_kept_and_other_files_left_alone(self, tmp_path):
        names = [f"huying-202611{day:02d}-010000Z.age" for day in range(1, 6)]
        for name in [*names, "notes.txt", "huying-old.age"]:
            (tmp_path / name).write_bytes(b"x")
        gone = age_out(tmp_path, 2)
        assert [one.name for one in gone] == names[:3]
        assert sorted(one.name for one in tmp_path.iterdir()) == [
            "huying-20261104-010000Z.age",
            names[4],
            "huying-old.age",
            "notes.txt",
        ]

    def test_files_that_came_after_the_snapshot_are_left_out(self, tmp_path):
        old, new = tmp_path / "a.jpg", tmp_path / "b.jpg"
        old.write_bytes(b"1")
        new.write_bytes(b"2")
        os.utime(old, (1000, 1000))
        os.utime(new, (3000, 3000))
        assert [name for name, _info in stored(tmp_path, 2000)] == ["a.jpg"]


@pytest.mark.slow
class TestCommands:
    def test_a_backup_is_made_and_read_again(self, house, tmp_path):
        identity = tmp_path / "id.txt"
        identity.write_text(SECRET + "\n")
        made = house.facts("backup", "--recipient", PUBLIC, "--keep", "3")
        path = Path(made["path"])
        assert path.parent == house.data / "backups"
        assert json.loads((house.data / "backup.json").read_text())["path"] == str(path)
        held = house.facts("restore", str(path), "--identity", str(identity))
        assert (held["rows"], held["restored"], held["keys_lacking"]) == (made["rows"], False, [])

    @pytest.mark.slow
    def test_what_must_be_refused_is(self, house, tmp_path):
        identity = tmp_path / "id.txt"
        recipient = house.facts("backup", "--new-identity", str(identity))["recipient"]
        assert (identity.stat().st_mode & 0o777) == 0o600
        path = tmp_path / "one.age"
        house.facts("backup", "--out", str(path), "--recipient", recipient)
        refused = house.run("restore", str(path), "--identity", str(identity), "--into-empty")
        assert refused.returncode == 2
        assert "people_account" in refused.stderr or "heads" in refused.stderr
        assert house.run("backup").returncode == 2
        assert house.run("backup", "--out", str(path), "--recipient", recipient).returncode == 2
        assert house.run("backup", "--out", str(path), "--keep", "3", "--recipient", recipient).returncode == 2
        assert house.run("restore", str(path)).returncode == 2

    @pytest.mark.slow
    def test_into_a_bare_system_it_comes_back_in_the_shape_it_had(self, house, folder, tmp_path):
        from tests.cli.conftest import House

        identity = tmp_path / "id.txt"
        recipient = house.facts("backup", "--new-identity", str(identity))["recipient"]
        path = house.facts("backup", "--recipient", recipient, "--out", str(tmp_path / "x.age"))["path"]
        other = House(folder / "data")
        found = other.facts("restore", path, "--identity", str(identity), "--into-empty", limit=300)
        assert (found["restored"], found["verified"]) == (True, True)
        assert other.facts("check")["ok"] is True
