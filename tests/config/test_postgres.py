"""The embedded server through what happens to servers: kills, foreign pid files, odd places, other users.

Each test has a data folder of its own. Where the tests run as root, they run once more as an ordinary user.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from huying.config import postgres
from huying.config.postgres import APP, BOOT, OWNER, PostgresProblem, Server, reachable
from tests.settings import ROOT

DRIVER = Path(__file__).with_name("driver.py")
NOBODY = "nobody"


def _python_for(account):
    """A Python of our version that this user can run, and can read our packages with; None if there is none."""
    wanted = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    packages = Path(sysconfig.get_path("purelib"))
    if not (reachable(packages, account) and reachable(ROOT / "src", account)):
        return None
    for candidate in (os.path.realpath(sys.executable), f"/usr/bin/{wanted}", f"/usr/local/bin/{wanted}"):
        if Path(candidate).exists() and reachable(Path(candidate), account):
            return candidate
    return None


class Someone:
    """A user of the operating system who runs the driver."""

    def __init__(self, name, folder):
        self.folder = folder
        self.options = {}
        self.python = sys.executable
        if name is not None:
            entry = pwd.getpwnam(name)
            account = postgres.Account(entry.pw_uid, entry.pw_gid, name)
            self.python = _python_for(account)
            if self.python is None:
                pytest.skip("no Python that an ordinary user could run with the packages of this checkout")
            self.options = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            os.chown(folder, entry.pw_uid, entry.pw_gid)

    def start(self, data, do="nothing", seconds="0", elsewhere="", **environment):
        packages = sysconfig.get_path("purelib")
        return subprocess.Popen(
            [self.python, "-B", str(DRIVER), str(data), do, str(seconds), *([elsewhere] if elsewhere else [])],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT / 'src'}:{packages}", **environment},
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **self.options,
        )

    def run(self, *arguments, **options):
        with self.start(*arguments, **options) as process:
            said = process.communicate(timeout=90)[0]
        return process.returncode, said

    def until_up(self, process):
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("done"):
                return said
        raise AssertionError(said)


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="hy-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


ORDINARY = pytest.param(
    "ordinary", marks=[pytest.mark.slow, pytest.mark.skipif(os.geteuid() != 0, reason="is me")]
)  # fmt: skip


@pytest.fixture(params=["me", ORDINARY])
def someone(request, folder):
    return Someone(None if request.param == "me" else NOBODY, folder)


@pytest.fixture
def data(folder):
    one = folder / "data"
    yield one
    _kill_all(one)


def _postmaster(data):
    try:
        return int((data / "postgres" / "cluster" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _kill_all(data):
    """Whatever a test left running on its own folder; no other process is touched."""
    pid = _postmaster(data)
    if pid and _words(pid).find(str(data)) >= 0:
        os.kill(pid, signal.SIGQUIT)
        _until(lambda: not _alive(pid))


def _words(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _until(true, seconds=20):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class TestADay:
    def test_it_starts_keeps_what_is_written_and_stops_with_the_last_one(self, someone, data):
        assert someone.run(data, "write")[0] == 0
        assert _postmaster(data) is None
        code, said = someone.run(data, "read")
        assert (code, "rows 1" in said) == (0, True)
        assert _postmaster(data) is None

    def test_two_commands_at_once_share_it(self, someone, data):
        both = [someone.start(data, "nothing", 1) for _ in range(3)]
        said = [process.communicate(timeout=60)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0, 0], said
        assert _postmaster(data) is None

    def test_who_leaves_first_does_not_stop_it_for_the_other(self, someone, data):
        stays = someone.start(data, "nothing", 30)
        someone.until_up(stays)
        pid = _postmaster(data)
        assert someone.run(data, "write")[0] == 0
        assert _postmaster(data) == pid
        stays.terminate()
        stays.communicate(timeout=20)
        _until(lambda: not _alive(pid))

    def test_a_missing_locale_in_the_environment_does_not_matter(self, someone, data):
        code, said = someone.run(data, "write", LC_ALL="xx_XX.UTF-8", LANG="yy_YY", PGDATA="/no", PGHOST="elsewhere")
        assert code == 0, said

    def test_a_long_path_gets_a_short_socket(self, someone, folder):
        long = folder / ("d" * 60) / ("e" * 60) / "data"
        code, said = someone.run(long, "write")
        assert code == 0, said
        socket = Path(next(line for line in said.splitlines() if line.startswith("socket")).split()[1])
        try:
            assert len(str(socket)) + len(postgres.SOCKET_NAME) <= postgres.SOCKET_LIMIT
            assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        finally:
            shutil.rmtree(socket, ignore_errors=True)

    def test_a_path_with_blanks_and_quotes_is_a_path(self, someone, folder):
        code, said = someone.run(folder / "it's a day; touch x", "write")
        assert code == 0, said

    @pytest.mark.parametrize("sign", ['"', "$", "`", "\\", "\n"])
    def test_a_path_that_a_shell_would_read_otherwise_is_refused(self, folder, sign):
        with pytest.raises(PostgresProblem, match="must not contain"):
            Server(folder / f"a{sign}b").up()
        assert not list(folder.rglob("postgres"))


class TestKills:
    def test_a_killed_command_leaves_a_server_that_the_next_one_takes_over_and_stops(self, someone, data):
        killed = someone.start(data, "write", 30)
        someone.until_up(killed)
        pid = _postmaster(data)
        killed.kill()
        killed.communicate()
        assert _alive(pid)
        code, said = someone.run(data, "read")
        assert (code, "rows 1" in said) == (0, True), said
        _until(lambda: not _alive(pid))

    def test_a_terminated_command_stops_the_server(self, someone, data):
        told = someone.start(data, "write", 30)
        someone.until_up(told)
        pid = _postmaster(data)
        told.terminate()
        told.communicate(timeout=20)
        assert told.returncode == 143
        assert not _alive(pid)

    def test_a_killed_postmaster_is_started_again_and_nothing_written_is_lost(self, someone, data):
        stays = someone.start(data, "write", 30)
        someone.until_up(stays)
        os.kill(_postmaster(data), signal.SIGKILL)
        code, said = someone.run(data, "read")
        assert (code, "rows 1" in said) == (0, True), said
        stays.terminate()
        stays.communicate(timeout=20)
        _until(lambda: _postmaster(data) is None)

    def test_a_kill_while_the_cluster_is_made_leaves_nothing_half_made(self, someone, data):
        process = someone.start(data)
        _until(lambda: list((data / "postgres").glob("cluster.draft*")))
        process.kill()
        process.communicate()
        assert not (data / "postgres" / "cluster").exists()
        code, said = someone.run(data, "write")
        assert code == 0, said
        assert "rows 1" in someone.run(data, "read")[1]

    def test_a_pid_file_that_names_another_living_program_of_the_same_user_is_cleared(self, someone, data):
        assert someone.run(data, "write")[0] == 0
        owner = (data / "postgres" / "cluster").stat()
        other = subprocess.Popen(
            ["/bin/sleep", "60"],
            **({"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}),
        )
        try:
            _write_pid_file(data, other.pid, owner)
            code, said = someone.run(data, "read")
            assert (code, "rows 1" in said) == (0, True), said
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()

    def test_a_pid_file_of_a_dead_server_is_no_hindrance(self, someone, data):
        assert someone.run(data, "write")[0] == 0
        dead = subprocess.Popen(["/bin/true"])
        dead.wait()
        _write_pid_file(data, dead.pid, (data / "postgres" / "cluster").stat())
        assert someone.run(data, "read")[0] == 0


def _write_pid_file(data, pid, owner):
    cluster = data / "postgres" / "cluster"
    file = cluster / "postmaster.pid"
    run = data / "postgres" / "run"
    file.write_text(f"{pid}\n{cluster}\n{int(time.time()) - 60}\n5432\n{run}\n\n  5432001    123456\nready   \n")
    if os.geteuid() == 0:
        os.chown(file, owner.st_uid, owner.st_gid)
    file.chmod(0o600)


class TestRoles:
    def test_the_application_owns_nothing_and_makes_nothing(self, data):
        with Server(data) as server:
            with psycopg.connect(server.url(), autocommit=True) as app:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute("CREATE TABLE mine (a int)")
                assert app.execute("SELECT current_user").fetchone()[0] == APP
            with psycopg.connect(server.url(OWNER), autocommit=True) as owner:
                assert (
                    owner.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()[0] is False
                )
                assert owner.execute("SELECT datcollate FROM pg_database WHERE datname = 'huying'").fetchone()[0] == "C"
            with psycopg.connect(server.url(BOOT, "postgres"), autocommit=True) as boot:
                assert boot.execute("SHOW listen_addresses").fetchone()[0] == ""

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can pose as somebody else")
    def test_another_user_is_not_let_in(self, data, folder):
        stranger = pwd.getpwnam("daemon")
        with Server(data) as server:
            tried = subprocess.run(
                [str(server.bin / "psql"), "-h", str(server.socket), "-U", BOOT, "-c", "SELECT 1", "postgres"],
                user=stranger.pw_uid,
                group=stranger.pw_gid,
                extra_groups=[],
                capture_output=True,
                text=True,
                env={"PATH": "/usr/bin:/bin"},
                cwd="/",
                check=False,
            )
            assert tried.returncode != 0
            for kept in (server.home, server.cluster, server.socket):
                assert stat.S_IMODE(kept.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
class TestAsRoot:
    def test_the_server_runs_as_another_user_and_what_existed_keeps_owner_and_mode(self, folder):
        (folder / "there").mkdir(mode=0o751)
        (folder / "there").chmod(0o751)
        (folder / "there" / "file").write_text("words")
        before = {path: (path.stat().st_uid, path.stat().st_mode) for path in [folder, *folder.rglob("*")]}
        with Server(folder / "there") as server:
            pid = int((server.cluster / "postmaster.pid").read_text().splitlines()[0])
            assert Path(f"/proc/{pid}").stat().st_uid == server.account.uid != 0
        assert {path: (path.stat().st_uid, path.stat().st_mode) for path in before} == before

    @pytest.mark.parametrize("when", ["before", "meanwhile"])
    def test_two_first_starts_see_no_folder_that_is_not_yet_its_users(self, folder, monkeypatch, when):
        chown, data, others = os.chown, folder / "data", []
        early = Server(data)

        def slow_chown(path, uid, gid):
            """Another command makes its folders while this one is still giving this folder away."""
            if not others:
                others.append(early if when == "before" else Server(data))
                others[0]._folders()
            chown(path, uid, gid)

        monkeypatch.setattr(os, "chown", slow_chown)
        Server(data)._folders()

        assert others[0].home == data / "postgres"
        for made in (data / "postgres", data / "postgres" / "log", data / "postgres" / "run"):
            assert made.owner() == early.account.name
            assert stat.S_IMODE(made.stat().st_mode) == 0o700
        assert [one.name for one in data.iterdir()] == ["postgres"]

    def test_all_in_the_cluster_is_its_users_because_a_base_copy_reads_it_all(self, folder):
        with Server(folder / "data") as server:
            os.chown(server.cluster / "huying.furnished", 0, 0)  # as earlier versions left it
        with Server(folder / "data") as server:
            assert {path.stat().st_uid for path in server.cluster.iterdir()} == {server.account.uid}

    def test_behind_a_closed_door_the_database_lives_where_its_user_can_reach_it(self, folder, monkeypatch):
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        monkeypatch.setattr(postgres, "ELSEWHERE", folder / "elsewhere")
        said = []
        with Server(closed / "data", say=said.append) as server:
            assert server.home.parent == folder / "elsewhere"
            assert str(server.home) in said[0]
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert postgres.home_of(closed / "data") == server.home
        with Server(closed / "data", say=said.append) as again:
            assert again.home == server.home
        assert len(said) == 1

    def test_binaries_that_its_user_cannot_reach_are_copied_once(self, folder, monkeypatch):
        closed = folder / "closed"
        closed.mkdir(mode=0o700)
        package = postgres.wheel_folder()
        shutil.copytree(package / "pginstall18", closed / package.name / "pginstall18", symlinks=True)
        shutil.copytree(package.with_name(package.name + ".libs"), closed / (package.name + ".libs"))
        monkeypatch.setattr(postgres, "wheel_folder", lambda: closed / package.name)
        monkeypatch.setattr(postgres, "ELSEWHERE", folder / "elsewhere")
        with Server(folder / "data") as server:
            assert server.bin.is_relative_to(folder / "elsewhere")
            assert server.home == folder / "data" / "postgres"
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700

    def test_a_user_after_root_is_told_why_not(self, folder, data):
        with Server(data):
            pass
        user = Someone(NOBODY, Path(tempfile.mkdtemp(dir=folder)))
        if pwd.getpwnam(NOBODY).pw_uid == (data / "postgres").stat().st_uid:
            pytest.skip("there is no third user here")
        code, said = user.run(data)
        assert code == 2
        assert "another user" in said
        assert "Traceback" not in said

    def test_root_after_a_user_works_as_that_user(self, folder, data):
        user = Someone(NOBODY, folder)
        assert user.run(data, "write")[0] == 0
        with Server(data) as server:
            assert server.account.name == NOBODY
            with psycopg.connect(server.url(OWNER)) as owner:
                assert owner.execute("SELECT count(*) FROM kept").fetchone()[0] == 1
        for path in (data / "postgres").rglob("*"):
            assert path.name in ("gate", "users") or path.stat().st_uid == server.account.uid
        assert user.run(data, "read")[0] == 0


class TestRefusals:
    def test_data_of_another_version_is_not_touched(self, data):
        with Server(data) as server:
            cluster = server.cluster
        (cluster / "PG_VERSION").write_text("11\n")
        with pytest.raises(PostgresProblem, match="made by PostgreSQL 11"):
            Server(data).up()
        assert (cluster / "base").exists()

    def test_a_damaged_cluster_is_said_with_the_servers_own_words(self, data):
        with Server(data) as server:
            cluster = server.cluster
        (cluster / "global" / "pg_control").unlink()
        with pytest.raises(PostgresProblem, match="pg_control"):
            Server(data).up()

    def test_a_folder_that_cannot_be_made_is_named(self):
        with pytest.raises(PostgresProblem, match="/proc/nothing"):
            Server(Path("/proc/nothing")).up()

    def test_a_socket_folder_of_somebody_else_is_refused(self, folder, monkeypatch):
        planted = folder / "planted"
        planted.mkdir(mode=0o777)
        planted.chmod(0o777)
        monkeypatch.setattr(postgres, "socket_of", lambda data: planted)
        with pytest.raises(PostgresProblem, match="planted"):
            Server(folder / "data").up()

    def test_without_the_wheel_the_way_out_is_said(self, data, monkeypatch):
        monkeypatch.setattr(postgres, "WHEEL", "no_such_wheel")
        with pytest.raises(PostgresProblem, match="HUYING_DATABASE_URL"):
            Server(data).up()

    def test_a_long_recovery_is_told_line_by_line(self, data, monkeypatch):
        said = []
        server = Server(data, say=said.append)
        answers = iter([2, 2, *[1] * 400])
        clock = iter(range(0, 4000, 1))
        monkeypatch.setattr(server, "_ready", lambda: next(answers) if not said or len(said) < 3 else 0)
        monkeypatch.setattr(server, "_create", lambda: None)
        monkeypatch.setattr(server, "_check_version", lambda: None)
        monkeypatch.setattr(server, "_status", lambda: True)
        monkeypatch.setattr(postgres.time, "monotonic", lambda: float(next(clock)))
        monkeypatch.setattr(postgres.time, "sleep", lambda seconds: None)
        server._started()
        assert len(said) == 3
        assert "recovering" in said[0]


def test_reachable_reads_every_folder_on_the_way(folder):
    stranger = postgres.Account(65533, 65533, "stranger")
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a").chmod(0o711)
    assert reachable(folder / "a" / "b" / "not-there-yet", stranger) is True
    (folder / "a").chmod(0o700)
    assert reachable(folder / "a" / "b", stranger) is False
