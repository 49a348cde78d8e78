"""Every setting with its name, kind, default and meaning; read once, refused by name when bad.

Sources, the first that has a value wins: the environment; for secrets `<NAME>_FILE`; then one file of
`NAME=value` lines, named by HUYING_SETTINGS or lying in the data folder as `settings.env`.
`docs/reference/settings.md` is written from this table (`python -m huying.config.env`), and a test compares.
"""

from __future__ import annotations

import difflib
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from huying.config import postgres

T = TypeVar("T")


class BadSetting(Exception):
    """A setting that stops the start; the text names it and says what is expected."""

    def __init__(self, name: str, says: str) -> None:
        self.name = name
        super().__init__(f"{name}: {says}")


@dataclass(frozen=True)
class Kind(Generic[T]):
    """How a value is read from text. `expected` finishes the sentence "expected …"."""

    expected: str
    read: Callable[[str], T]


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One row: what people may set."""

    name: str
    kind: Kind[T]
    default: str
    meaning: str
    secret: bool = False
    shown: str = field(default="", kw_only=True)
    """The default as the reference shows it, where it is not a fixed word."""


# kinds


def _flag(text: str) -> bool:
    return {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}[
        text.lower()
    ]


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as why:  # "~name" of nobody known here
        raise ValueError(text) from why


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _origins(text: str) -> tuple[str, ...]:
    found = _listed(text)
    for one in found:
        parts = urlsplit(one)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError(one)
    return found


def _hosts(text: str) -> tuple[str, ...]:
    found = _listed(text)
    if not found or any("/" in one or " " in one for one in found):
        raise ValueError(text)
    return found


def _database(text: str) -> str:
    if text:
        if urlsplit(text).scheme not in ("postgresql", "postgres"):
            raise ValueError
        try:
            conninfo_to_dict(text)
        except ProgrammingError as why:
            raise ValueError from why
    return text


def _tiles(text: str) -> str:
    if text and not (text.startswith(("https://", "http://", "/")) and all(p in text for p in ("{z}", "{x}", "{y}"))):
        raise ValueError(text)
    return text


def _dial(text: str) -> str:
    return text if text in ("", "local") else _issuer(text)


def _folder_or_nothing(text: str) -> Path | None:
    if not text:
        return None
    path = Path(text).absolute()
    if not path.is_dir():
        raise ValueError(text)
    return path


def _issuer(text: str) -> str:
    parts = urlsplit(text)
    local = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if text and not (parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and local))):
        raise ValueError(text)
    return text


def _long_secret(text: str) -> str:
    if text and len(text) < 32:
        raise ValueError
    return text


def _words(text: str) -> str:
    if any(ord(character) < 32 for character in text):
        raise ValueError(text)
    return text


def _way(text: str) -> str:
    if text in ("file", "console", "off"):
        return text
    if "://" not in text or "{address}" not in text or any(ord(one) < 33 for one in text):
        raise ValueError(text)
    return text


def _contact(text: str) -> str:
    if text and (not text.startswith(("mailto:", "https://", "tel:")) or any(ord(one) < 33 for one in text)):
        raise ValueError(text)
    return text


def whole(low: int, high: int) -> Kind[int]:
    def read(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return Kind(f"a whole number from {low} to {high}", read)


def one_of(*choices: str) -> Kind[str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return Kind("one of " + ", ".join(choices), read)


FLAG = Kind("1 or 0", _flag)
TEXT = Kind("text on one line", _words)
HOSTS = Kind("host names with commas between them, without http://", _hosts)
ORIGINS = Kind("addresses like https://huying.example with commas between them", _origins)
DATABASE = Kind("an address like postgresql://user:password@host:5432/name", _database)
LONG_SECRET = Kind("a secret of at least 32 characters", _long_secret)
ISSUER = Kind("an address that begins with https://", _issuer)
WAY = Kind("file, console, off, or an address like service://key/{address}", _way)
DIAL_WAY = Kind("local, or an address that begins with https:// (http:// on this machine)", _dial)
CONTACT = Kind("an address that begins with mailto:, https:// or tel:", _contact)
TILES = Kind("an address with {z}, {x} and {y} in it", _tiles)
FOLDER = Kind("a folder that exists", _folder_or_nothing)
PATH = Kind("a path", _path)

# the table

DATA = Setting(
    "HUYING_DATA",
    PATH,
    ".huying",
    "The data folder: embedded database, keys, files, the heads of the history's chain. Also `--data`.",
)
ONE_PLAN = "-c plan_cache_mode=force_generic_plan"
"""For statements that connections hold (`huying.kernel.ready`): one plan for all values, not five tries first."""
SETTINGS_FILE = Setting(
    "HUYING_SETTINGS",
    TEXT,
    "",
    "A file of `NAME=value` lines with any of these settings.",
    shown="`settings.env` in the data folder",
)
DATABASE_URL = Setting(
    "HUYING_DATABASE_URL",
    DATABASE,
    "",
    "The PostgreSQL server (15 or newer) that the application works on, as a role that owns nothing.",
    secret=True,
    shown="the embedded server",
)
DATABASE_OWNER_URL = Setting(
    "HUYING_DATABASE_OWNER_URL",
    DATABASE,
    "",
    "The same database as the role that owns the tables; used by `huying migrate` alone.",
    secret=True,
    shown="as HUYING_DATABASE_URL",
)
SECRET_KEY = Setting(
    "HUYING_SECRET_KEY",
    LONG_SECRET,
    "",
    "Signs sessions and forms. All web processes need the same.",
    secret=True,
    shown="made once, kept in the data folder",
)
MASTER_KEY_FILE = Setting(
    "HUYING_MASTER_KEY_FILE",
    PATH,
    "",
    "The file of master keys, under which the contact data of reporters is sealed. Keep it apart from the "
    "database's backup; without it sealed values never open again.",
    shown="`master.key` in the data folder",
)
HOSTS_ROW = Setting("HUYING_HOSTS", HOSTS, "127.0.0.1,localhost,[::1]", "The host names that requests may ask for.")
ORIGINS_ROW = Setting(
    "HUYING_ORIGINS", ORIGINS, "", "Addresses that forms may come from, where a proxy changes the scheme or the port."
)
HTTPS = Setting(
    "HUYING_HTTPS",
    FLAG,
    "0",
    "1 where people reach the site by https through a proxy: cookies become secure, and the proxy's "
    "X-Forwarded-Proto is believed.",
)
PROXIES = Setting(
    "HUYING_PROXIES",
    whole(0, 9),
    "0",
    "How many proxies of yours stand before the site: a caller's address is then the one that the outermost of them "
    "wrote into X-Forwarded-For. Without it all callers behind a proxy count as one, and lock each other out.",
)
RATE = Setting(
    "HUYING_RATE",
    whole(0, 10000),
    "15",
    "Requests a second that one address may make of one web process in the long run, ten seconds' worth at once; a "
    "static file counts a tenth. More is refused with 429. Raise it where many people share one address; 0 counts "
    "nothing. This machine itself is not counted, so HUYING_PROXIES must be right.",
)
BIND = Setting("HUYING_BIND", TEXT, "127.0.0.1", "The address that `huying serve` listens on.")
PORT = Setting("HUYING_PORT", whole(1, 65535), "8000", "The port that `huying serve` listens on.")
WEB_PROCESSES = Setting("HUYING_WEB_PROCESSES", whole(1, 64), "2", "Web processes of `huying serve`.")
THREADS = Setting("HUYING_THREADS", whole(1, 64), "6", "Requests that one web process works on at once.")
POOL = Setting(
    "HUYING_POOL",
    whole(0, 200),
    "0",
    "Database connections that one process may keep open; 0 opens one for each request.",
    shown="threads + 2 in a web process, jobs + 2 in a worker, else 0",
)
KEEP_STATEMENTS = Setting(
    "HUYING_KEEP_STATEMENTS",
    FLAG,
    "1",
    "0 where connections go through a pooler that changes them between transactions (PgBouncer): statements are then "
    "planned each time.",
)
LIVE = Setting("HUYING_LIVE", FLAG, "1", "0 switches the live stream off; pages then ask every few seconds.")
LIVE_STREAMS = Setting("HUYING_LIVE_STREAMS", whole(1, 5000), "300", "Live streams that one web process serves.")
WORKER = Setting("HUYING_WORKER", FLAG, "1", "0 where workers run beside `huying serve` (`huying worker`).")
WORKER_JOBS = Setting("HUYING_WORKER_JOBS", whole(1, 64), "2", "Jobs that one worker does at once.")
SESSION_MINUTES = Setting(
    "HUYING_SESSION_MINUTES", whole(5, 1440), "480", "Minutes without a request after which staff sign in again."
)
SESSION_HOURS = Setting(
    "HUYING_SESSION_HOURS", whole(1, 720), "24", "Hours after which staff sign in again, however busy the session is."
)
API_PUBLIC_REPORTS = Setting(
    "HUYING_API_PUBLIC_REPORTS",
    FLAG,
    "1",
    "1: programs without a token may send reports as residents do; 0: every report through the API needs a token.",
)
WEBHOOK_PRIVATE = Setting(
    "HUYING_WEBHOOK_PRIVATE",
    FLAG,
    "0",
    "1 lets webhooks reach private and loopback addresses, also without https: for houses whose other systems stand "
    "in the same network. Whoever holds a token can then make the server call these.",
)
CONTACT_MONTHS = Setting(
    "HUYING_CONTACT_MONTHS",
    whole(1, 12),
    "12",
    "Months after the end of a case after which its reporters' contact data is erased. The words of consent promise "
    "twelve at most.",
)
SCAN = Setting(
    "HUYING_SCAN",
    TEXT,
    "",
    "What looks for malware in documents and recordings before they are kept: `clamd:/path/of.socket`, "
    "`clamd:host:port`, or a command that reads the file from its input and ends with 0 (clean) or 1 (a hit). "
    "Without it they are marked as not scanned.",
    shown="no scanner",
)
CONFIRM_MINUTES = Setting(
    "HUYING_CONFIRM_MINUTES",
    whole(1, 120),
    "15",
    "Minutes after which staff show once more who they are before an act that matters, as opening a caller's phone "
    "number or granting a role. Doing such acts keeps it going, for two hours at most.",
)
NOTICE_SMS = Setting(
    "HUYING_NOTICE_SMS",
    WAY,
    "file",
    "How text messages leave the house: `file` writes them into `outbox` in the data folder, `console` shows them "
    "where the worker runs, `off` closes the channel; else an address that apprise knows, {address} for the receiver.",
    secret=True,
)
NOTICE_WECOM = Setting(
    "HUYING_NOTICE_WECOM", WAY, "file", "How messages of enterprise WeChat leave, as HUYING_NOTICE_SMS.", secret=True
)
NOTICE_EMAIL = Setting("HUYING_NOTICE_EMAIL", WAY, "file", "How e-mails leave, as HUYING_NOTICE_SMS.", secret=True)
NOTICE_VOICE = Setting(
    "HUYING_NOTICE_VOICE",
    WAY,
    "file",
    "How the calls of a call tree are rung and read out, as HUYING_NOTICE_SMS; {id} stands for the call.",
    secret=True,
)
VOICE_SECRET = Setting(
    "HUYING_VOICE_SECRET",
    LONG_SECRET,
    "",
    "What the voice service signs pressed keys with (docs/how-to/dialling.md). With it the spoken words end with "
    "“press 1 to answer”, and that key answers the call tree.",
    secret=True,
    shown="no keys",
)
DIAL = Setting(
    "HUYING_DIAL",
    DIAL_WAY,
    "",
    "What connects a member of the staff and a caller without showing either the other's number: `local` plays a "
    "provider and rings nobody, else the address of one that takes the request of docs/how-to/dialling.md. Without "
    "it there is no such button.",
    shown="no masked calls",
)
DIAL_SECRET = Setting(
    "HUYING_DIAL_SECRET",
    LONG_SECRET,
    "",
    "What that request and the provider's answers are signed with.",
    secret=True,
    shown="none",
)
SMS_SIGNATURE = Setting(
    "HUYING_SMS_SIGNATURE", TEXT, "", "The name that text messages begin with, as it is registered: it is put in 【】."
)
CODES = Setting(
    "HUYING_CODES",
    one_of("off", "console", "notices"),
    "off",
    "Where one-time codes for signing in go: `console` writes them where the server runs, to try things out; "
    "`notices` sends them as HUYING_NOTICE_SMS and HUYING_NOTICE_WECOM say.",
    shown="off; `console` in a demo",
)
OIDC_ISSUER = Setting(
    "HUYING_OIDC_ISSUER",
    ISSUER,
    "",
    "The other directory (OpenID Connect) that staff may sign in with: its issuer, as it calls itself. "
    "An administrator binds each account; nobody gets an account or a duty by it.",
    shown="none",
)
OIDC_CLIENT_ID = Setting("HUYING_OIDC_CLIENT_ID", TEXT, "", "Our name in that directory.")
OIDC_CLIENT_SECRET = Setting("HUYING_OIDC_CLIENT_SECRET", TEXT, "", "Our secret in that directory.", secret=True)
OIDC_NAME = Setting("HUYING_OIDC_NAME", TEXT, "统一身份认证", "What the button on the sign-in page calls it.")
DEMO = Setting(
    "HUYING_DEMO",
    FLAG,
    "0",
    "Set by `huying demo`: the sign-in page offers one click per demo role, only on loopback without a proxy.",
)
PRODUCTION = Setting(
    "HUYING_PRODUCTION",
    one_of("auto", "1", "0"),
    "auto",
    "1 where people are served: `huying serve` and `huying worker` then refuse to start with a demo, DEBUG, codes on "
    "the screen, no https, any host name, weak or readable secrets, and name what is wrong. `auto` is 1 where "
    "HUYING_BIND, HUYING_HOSTS, HUYING_HTTPS or HUYING_PROXIES say that others than this machine are served. 0 is "
    "for trying out; a demo stays on loopback also then.",
)
TILES_ROW = Setting(
    "HUYING_TILES",
    TILES,
    "",
    "Where map pages fetch background tiles, e.g. `https://tiles.example/{z}/{x}/{y}.png`.",
    shown="no background",
)
TILES_CREDIT = Setting("HUYING_TILES_CREDIT", TEXT, "", "Whom the map names as source of its background.")
TILES_SYSTEM = Setting(
    "HUYING_TILES_SYSTEM", one_of("wgs84", "gcj02", "bd09"), "wgs84", "The coordinate system that the tiles are in."
)
LOG_LEVEL = Setting("HUYING_LOG_LEVEL", one_of("DEBUG", "INFO", "WARNING", "ERROR"), "WARNING", "What is logged.")
LOG_FORMAT = Setting(
    "HUYING_LOG_FORMAT",
    one_of("auto", "text", "json"),
    "auto",
    "How log lines are written. Neither form holds names, words, phone numbers or codes.",
    shown="`json` on stdout under `huying serve`, else `text` on stderr",
)
METRICS_TOKEN = Setting(
    "HUYING_METRICS_TOKEN",
    LONG_SECRET,
    "",
    "Who shows it as `Authorization: Bearer …` may read `/metrics`. Without it only this machine may, and not through "
    "a proxy.",
    secret=True,
    shown="none",
)
SECURITY_CONTACT = Setting(
    "HUYING_SECURITY_CONTACT",
    CONTACT,
    "",
    "Where people report weaknesses of this installation, e.g. `mailto:security@huying.example`. It stands in "
    "`/.well-known/security.txt`; without it there is no such page.",
    shown="none",
)
REAL_DATA = Setting(
    "HUYING_REAL_DATA", FOLDER, "", "For tests alone: the folder of real data.", shown="tests that need it are skipped"
)

TABLE: tuple[Setting[Any], ...] = (
    DATA,
    SETTINGS_FILE,
    DATABASE_URL,
    DATABASE_OWNER_URL,
    SECRET_KEY,
    MASTER_KEY_FILE,
    HOSTS_ROW,
    ORIGINS_ROW,
    HTTPS,
    PROXIES,
    RATE,
    BIND,
    PORT,
    WEB_PROCESSES,
    THREADS,
    POOL,
    KEEP_STATEMENTS,
    LIVE,
    LIVE_STREAMS,
    WORKER,
    WORKER_JOBS,
    SESSION_MINUTES,
    SESSION_HOURS,
    API_PUBLIC_REPORTS,
    WEBHOOK_PRIVATE,
    CONTACT_MONTHS,
    SCAN,
    CONFIRM_MINUTES,
    NOTICE_SMS,
    NOTICE_WECOM,
    NOTICE_EMAIL,
    NOTICE_VOICE,
    VOICE_SECRET,
    DIAL,
    DIAL_SECRET,
    SMS_SIGNATURE,
    CODES,
    OIDC_ISSUER,
    OIDC_CLIENT_ID,
    OIDC_CLIENT_SECRET,
    OIDC_NAME,
    DEMO,
    PRODUCTION,
    TILES_ROW,
    TILES_CREDIT,
    TILES_SYSTEM,
    LOG_LEVEL,
    LOG_FORMAT,
    METRICS_TOKEN,
    SECURITY_CONTACT,
    REAL_DATA,
)


@dataclass(frozen=True)
class Env:
    """What was read."""

    data: Path
    database_url: str
    owner_url: str
    secret_key: str
    master_key_file: Path
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    https: bool
    proxies: int
    rate: int
    bind: str
    port: int
    web_processes: int
    threads: int
    pool: int
    keep: bool
    live: bool
    live_streams: int
    worker: bool
    worker_jobs: int
    session_minutes: int
    session_hours: int
    api_public_reports: bool
    webhook_private: bool
    contact_months: int
    scan: str
    confirm_minutes: int
    notice_sms: str
    notice_wecom: str
    notice_email: str
    notice_voice: str
    voice_secret: str
    dial: str
    dial_secret: str
    sms_signature: str
    codes: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str
    demo: bool
    production: str
    tiles: str
    tiles_credit: str
    tiles_system: str
    log_level: str
    log_format: str
    metrics_token: str
    security_contact: str
    real_data: Path | None

    @property
    def embedded(self) -> bool:
        """Whether the embedded server is used."""
        return not self.database_url

    @property
    def key_file(self) -> Path:
        return self.data / "secret_key"

    def url(self, owner: bool = False) -> str:
        if self.embedded:
            return postgres.url_of(self.data, postgres.OWNER if owner else postgres.APP)
        return (self.owner_url or self.database_url) if owner else self.database_url

    @property
    def keep_statements(self) -> bool:
        """Whether the database keeps statements on connections: these must outlast a request."""
        return self.keep and self.pool > 0

    def database(self, owner: bool = False) -> dict[str, Any]:
        """Django's description of the database, for the application or for its owner (migrations)."""
        parts: dict[str, Any] = conninfo_to_dict(self.url(owner))
        taken = {
            "NAME": parts.pop("dbname", "") or "huying",
            "USER": parts.pop("user", ""),
            "PASSWORD": parts.pop("password", ""),
            "HOST": parts.pop("host", ""),
            "PORT": str(parts.pop("port", "")),
        }
        options: dict[str, Any] = dict(parts)
        if self.pool and not owner:
            # A server that died is back within seconds: a request waits that long, and is seen to by an attempt to
            # connect that goes on longer.
            options["pool"] = {"min_size": 1, "max_size": self.pool, "timeout": 4, "reconnect_timeout": 10}
        if self.keep_statements and not owner:
            options["options"] = f"{options.get('options', '')} {ONE_PLAN}".strip()
        return {
            "ENGINE": "django.db.backends.postgresql",
            **taken,
            # With threads that come and go a kept connection leaks: a pool keeps them, or nobody does.
            "CONN_MAX_AGE": 0,
            # Connections of a server that died are thrown away, not handed to the next request.
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": options,
        }

    @property
    def tile_hosts(self) -> tuple[str, ...]:
        """What the content security policy must let map pages fetch from."""
        parts = urlsplit(self.tiles)
        if not parts.hostname:
            return ()
        host = parts.netloc.replace("{s}", "*")
        return (f"{parts.scheme}://{host}",)


def _lines(file: Path, named: bool) -> dict[str, str]:
    """The settings of one file."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        if named:
            raise BadSetting(SETTINGS_FILE.name, f"there is no file {file}.") from None
        return {}
    except (OSError, UnicodeDecodeError) as why:
        raise BadSetting(SETTINGS_FILE.name, f"{file} cannot be read as UTF-8 text ({why}).") from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, sign, value = line.removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not sign:
            raise BadSetting(f"{file}, line {number}", "expected NAME=value.")
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if name in found:
            raise BadSetting(name, f"stands twice in {file} (again in line {number}).")
        if name in (DATA.name, SETTINGS_FILE.name):
            raise BadSetting(name, f"cannot stand in {file}, because it says where that file is.")
        found[name] = value
    return found


class _Reader:
    """The given values, each read at most once, and what is left over."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.given = {name: value for name, value in environ.items() if name.startswith("HUYING_")}
        self.data = self.read(DATA)
        named = self.read(SETTINGS_FILE)
        file = Path(named).absolute() if named else self.data / "settings.env"
        self.given = {**_lines(file, bool(named)), **self.given}
        self._refuse_unknown(str(file))

    def _refuse_unknown(self, file: str) -> None:
        known = {row.name for row in TABLE} | {f"{row.name}_FILE" for row in TABLE if row.secret}
        for name in self.given:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise BadSetting(name, f"there is no such setting (in the environment or in {file}).{hint}")

    def read(self, row: Setting[T]) -> T:
        text = self.given.get(row.name, "")
        file = self.given.get(f"{row.name}_FILE", "") if row.secret else ""
        if text and file:
            raise BadSetting(row.name, f"given twice: as itself and as {row.name}_FILE.")
        if file:
            try:
                text = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as why:
                raise BadSetting(f"{row.name}_FILE", f"{file} cannot be read ({why}).") from None
        try:
            return row.kind.read(text or row.default)
        except (ValueError, KeyError):
            got = "" if row.secret else f", got {text[:80]!r}"
            raise BadSetting(row.name, f"expected {row.kind.expected}{got}.") from None


def read(environ: Mapping[str, str] | None = None) -> Env:
    """All settings, or BadSetting."""
    reader = _Reader(os.environ if environ is None else environ)
    get = reader.read
    if not get(DATABASE_URL) and get(DATABASE_OWNER_URL):
        raise BadSetting(DATABASE_OWNER_URL.name, f"is given without {DATABASE_URL.name}.")
    return Env(
        data=reader.data,
        database_url=get(DATABASE_URL),
        owner_url=get(DATABASE_OWNER_URL),
        secret_key=get(SECRET_KEY) or _kept_key(reader.data),
        master_key_file=get(MASTER_KEY_FILE) if MASTER_KEY_FILE.name in reader.given else reader.data / "master.key",
        hosts=get(HOSTS_ROW),
        origins=get(ORIGINS_ROW),
        https=get(HTTPS),
        proxies=get(PROXIES),
        rate=get(RATE),
        bind=get(BIND),
        port=get(PORT),
        web_processes=get(WEB_PROCESSES),
        threads=get(THREADS),
        pool=get(POOL),
        keep=get(KEEP_STATEMENTS),
        live=get(LIVE),
        live_streams=get(LIVE_STREAMS),
        worker=get(WORKER),
        worker_jobs=get(WORKER_JOBS),
        session_minutes=get(SESSION_MINUTES),
        session_hours=get(SESSION_HOURS),
        api_public_reports=get(API_PUBLIC_REPORTS),
        webhook_private=get(WEBHOOK_PRIVATE),
        contact_months=get(CONTACT_MONTHS),
        scan=get(SCAN),
        confirm_minutes=get(CONFIRM_MINUTES),
        notice_sms=get(NOTICE_SMS),
        notice_wecom=get(NOTICE_WECOM),
        notice_email=get(NOTICE_EMAIL),
        notice_voice=get(NOTICE_VOICE),
        voice_secret=get(VOICE_SECRET),
        dial=get(DIAL),
        dial_secret=get(DIAL_SECRET),
        sms_signature=get(SMS_SIGNATURE),
        codes=get(CODES),
        oidc_issuer=get(OIDC_ISSUER),
        oidc_client_id=get(OIDC_CLIENT_ID),
        oidc_client_secret=get(OIDC_CLIENT_SECRET),
        oidc_name=get(OIDC_NAME),
        demo=get(DEMO),
        production=get(PRODUCTION),
        tiles=get(TILES_ROW),
        tiles_credit=get(TILES_CREDIT),
        tiles_system=get(TILES_SYSTEM),
        log_level=get(LOG_LEVEL),
        log_format=get(LOG_FORMAT),
        metrics_token=get(METRICS_TOKEN),
        security_contact=get(SECURITY_CONTACT),
        real_data=get(REAL_DATA),
    )


def _kept_key(data: Path) -> str:
    """The key in the data folder; before a command has made one (`prepare`), a key for this process alone."""
    try:
        return _long_secret((data / "secret_key").read_text(encoding="ascii").strip())
    except FileNotFoundError:
        return secrets.token_urlsafe(48)
    except (OSError, ValueError) as why:
        raise BadSetting(SECRET_KEY.name, f"the key kept in {data / 'secret_key'} cannot be read ({why}).") from None


def prepare(data: Path) -> None:
    """Make the data folder and the key in it, if missing: every command does this before it reads the settings."""
    make_folder(data)
    file = data / "secret_key"
    if file.exists():
        return
    draft = data / f"secret_key.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(secrets.token_urlsafe(48) + "\n")
    try:
        os.link(draft, file)  # of two that start at once, one key stays
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def make_folder(data: Path) -> None:
    """The data folder, closed to others; as root they may walk through to the database's own folder."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o711 if os.geteuid() == 0 else 0o700)
    except OSError as why:
        raise BadSetting(DATA.name, f"the folder {data} cannot be made ({why.strerror}).") from None


def reference() -> str:
    """The page `docs/reference/settings.md`."""
    lines = [
        "# Settings",
        "",
        "Written by `make docs` from `src/huying/config/env.py`; do not edit.",
        "",
        "A setting is an environment variable, or a line `NAME=value` of one file (HUYING_SETTINGS). The environment",
        "comes first. A secret can also be read from a file: `<NAME>_FILE` names it. A bad or unknown `HUYING_…`",
        "name stops the start and is named. `huying check` says what is in force.",
        "",
        "| name | expected | default | meaning |",
        "|---|---|---|---|",
    ]
    for row in TABLE:
        default = row.shown or (f"`{row.default}`" if row.default else "nothing")
        name = f"`{row.name}`" + (f", `{row.name}_FILE`" if row.secret else "")
        lines.append(f"| {name} | {row.kind.expected} | {default} | {row.meaning} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(reference(), end="")
