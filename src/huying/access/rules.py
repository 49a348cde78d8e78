"""Words and decisions of sign-in: factors, one-time codes, devices, who watches whom, reviews. No Django."""

from __future__ import annotations

import base64
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from ipaddress import ip_address, ip_network

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from huying.kernel.terms import Term, _
from huying.people.rules import Duty


class Method(Term):
    """How a sign-in begins."""

    PASSWORD = "password", _("账号密码")
    PASSKEY = "passkey", _("通行密钥")
    OIDC = "oidc", _("统一身份认证")
    DEMO = "demo", _("演示入口")


class FactorKind(Term):
    """What a person can add beside the password."""

    TOTP = "totp", _("动态口令")
    PASSKEY = "passkey", _("通行密钥")


class Way(Term):
    """How the second step is taken."""

    TOTP = "totp", _("动态口令")
    PASSKEY = "passkey", _("通行密钥")
    CODE = "code", _("验证码")
    RECOVERY = "recovery", _("恢复码")


class Purpose(Term):
    """What a one-time code is for: a code for one thing opens no other."""

    SIGN_IN = "sign_in", _("登录")
    CONFIRM = "confirm", _("确认是本人")
    ADDRESS = "address", _("核对号码")


class EndedBy(Term):
    """Why a sign-in came to its end."""

    SIGNED_OUT = "signed_out", _("本人退出")
    OWNER = "owner", _("本人在别处结束")
    KEEPER = "keeper", _("管理人员结束")
    PASSWORD = "password", _("密码改了")
    RESET = "reset", _("验证方式重置")
    RUN_OUT = "run_out", _("太久没有操作")


class ResetState(Term):
    ASKED = "asked", _("待另一人同意")
    DONE = "done", _("已重置")
    REFUSED = "refused", _("不同意")


class Decision(Term):
    """What a reviewer says of one grant."""

    KEEP = "keep", _("保留")
    END = "end", _("结束")


# Time-based codes (RFC 6238): six digits, half a minute each; one step earlier or later is taken for slow clocks.

STEP = 30
_DIGITS = 6


def new_secret() -> bytes:
    return secrets.token_bytes(20)


def secret_text(secret: bytes) -> str:
    """The secret as it is typed into an app: groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def setup_uri(secret: bytes, account: str, issuer: str) -> str:
    return _totp(secret).get_provisioning_uri(account, issuer)


def totp_code(secret: bytes, at: datetime) -> str:
    return _totp(secret).generate(int(at.timestamp())).decode()


def totp_step(secret: bytes, code: str, at: datetime, last_step: int) -> int | None:
    """The step whose code this is, or None; a step that was used, or an earlier one, is used up."""
    if len(code) != _DIGITS or not (code.isascii() and code.isdigit()):
        return None
    now = int(at.timestamp()) // STEP
    for step in (now, now - 1, now + 1):
        if step <= last_step:
            continue
        try:
            _totp(secret).verify(code.encode(), step * STEP)
        except InvalidToken:
            continue
        return step
    return None


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, _DIGITS, SHA1(), STEP)


# Recovery codes: ten, each used once, without letters that look like digits.

RECOVERY_CODES = 10
_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_recovery_codes() -> list[str]:
    return ["-".join("".join(secrets.choice(_LETTERS) for _n in range(4)) for _g in range(3)) for _c in range(10)]


def new_one_time_code() -> str:
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"


def plain_code(text: str) -> str:
    """A code as it was given out, whatever keyboard it was typed on."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(one for one in folded if one.isalnum())[:40]


CODE_MINUTES = 5
CODE_TRIES = 5
CODES_AN_HOUR = 5
CODE_PAUSE = 60  # seconds between two


def too_soon(sent: list[datetime], now: datetime) -> int:
    """Seconds until another code may be sent; `sent` are the times of the last hour, the newest first."""
    if sent and (now - sent[0]).total_seconds() < CODE_PAUSE:
        return max(1, int(CODE_PAUSE - (now - sent[0]).total_seconds()))
    if len(sent) >= CODES_AN_HOUR:
        return max(1, int(3600 - (now - sent[CODES_AN_HOUR - 1]).total_seconds()))
    return 0


# Guessing.

TRIES = 5
PAUSE = timedelta(minutes=15)


def locked_until(failures: int, last: datetime | None, now: datetime) -> datetime | None:
    """Until when the second step is closed after wrong tries, or None."""
    if failures < TRIES or last is None or last + PAUSE <= now:
        return None
    return last + PAUSE


# Confirming that it is still the same person, before a sensitive act.


def is_confirmed(confirmed: int, used: int, now: int, minutes: int) -> bool:
    """Whether a confirmation still counts: for some minutes after it or after its last use, two hours at most.

    Times are seconds; who opens contacts one after another is not asked each time.
    """
    if not 0 <= now - confirmed <= max(7200, minutes * 60):
        return False
    return now - max(confirmed, used) <= minutes * 60


# Devices: two words of a closed list, never the whole text a browser tells.


class Browser(Term):
    WECOM = "wecom", _("企业微信")
    WECHAT = "wechat", _("微信")
    EDGE = "edge", "Edge"
    FIREFOX = "firefox", "Firefox"
    CHROME = "chrome", "Chrome"
    SAFARI = "safari", "Safari"
    OTHER = "other", _("其他浏览器")


class System(Term):
    HARMONY = "harmony", _("鸿蒙")
    ANDROID = "android", _("安卓")
    IOS = "ios", "iPhone / iPad"
    WINDOWS = "windows", "Windows"
    MAC = "mac", "macOS"
    LINUX = "linux", "Linux"
    OTHER = "other", _("其他系统")


_BROWSERS = (
    ("wxwork/", Browser.WECOM),
    ("micromessenger/", Browser.WECHAT),
    ("edg", Browser.EDGE),
    ("firefox/", Browser.FIREFOX),
    ("fxios/", Browser.FIREFOX),
    ("chrome/", Browser.CHROME),
    ("crios/", Browser.CHROME),
    ("safari/", Browser.SAFARI),
)
_SYSTEMS = (
    ("harmony", System.HARMONY),
    ("android", System.ANDROID),
    ("iphone", System.IOS),
    ("ipad", System.IOS),
    ("windows", System.WINDOWS),
    ("mac os", System.MAC),
    ("linux", System.LINUX),
    ("x11", System.LINUX),
)


def device_of(user_agent: str) -> tuple[Browser, System]:
    told = user_agent[:1000].lower()
    return (
        next((word for sign, word in _BROWSERS if sign in told), Browser.OTHER),
        next((word for sign, word in _SYSTEMS if sign in told), System.OTHER),
    )


def address_prefix(address: str) -> str:
    """The neighbourhood of an address (IPv4 /24, IPv6 /48): enough to see a strange one, too little to follow."""
    try:
        one = ip_address(address.strip())
    except ValueError:
        return ""
    one = getattr(one, "ipv4_mapped", None) or one
    bits = 24 if one.version == 4 else 48
    return str(ip_network((one, bits), strict=False).network_address)


def hour_of(moment: datetime) -> datetime:
    """A time as coarse as sign-ins are shown."""
    return moment.replace(minute=0, second=0, microsecond=0)


ADDRESS_DAYS = 30  # a prefix is kept that long
SIGN_IN_DAYS = 183  # logs of sign-ins: six months, as the law on networks asks


# Three that watch each other (三员分立): who may do what to other people's sign-in.


class Act(Term):
    SEE_ACCOUNTS = "see_accounts", _("看账号的登录安全")
    SEE_SIGN_INS = "see_sign_ins", _("看登录记录")
    END_SIGN_IN = "end_sign_in", _("结束他人的登录")
    UNLOCK = "unlock", _("解除锁定")
    LINK = "link", _("绑定统一身份")
    ASK_RESET = "ask_reset", _("重置验证方式")
    DECIDE_RESET = "decide_reset", _("同意重置")
    SET_FORCED = "set_forced", _("设定哪些角色要二次验证")
    SEE_REVIEWS = "see_reviews", _("看授权复核")
    REVIEW = "review", _("复核授权")


ADMIN, OFFICER, AUDITOR = Duty.ADMIN_PEOPLE, Duty.SECURE, Duty.AUDIT
WATCHERS = (ADMIN, OFFICER, AUDITOR)
MAY: dict[Act, tuple[Duty, ...]] = {
    Act.SEE_ACCOUNTS: WATCHERS,
    Act.SEE_SIGN_INS: (OFFICER, AUDITOR),
    Act.END_SIGN_IN: (ADMIN, OFFICER),
    Act.UNLOCK: (OFFICER,),
    Act.LINK: (ADMIN,),
    Act.ASK_RESET: (OFFICER,),
    Act.DECIDE_RESET: WATCHERS,
    Act.SET_FORCED: (OFFICER,),
    Act.SEE_REVIEWS: WATCHERS,
    Act.REVIEW: (OFFICER,),
}


def needs_two(duties_of_subject: Iterable[str]) -> bool:
    """Whether resetting this person's factors needs a second person: who keeps or watches the system."""
    return any(str(duty) in set(map(str, WATCHERS)) for duty in duties_of_subject)


# Access reviews.

UNUSED_DAYS = 90
REVIEW_DAYS = 14


def is_unused(last_used: date | None, today: date) -> bool:
    return last_used is None or (today - last_used).days >= UNUSED_DAYS


def review_order(last_used: date | None, today: date, key: str) -> tuple[bool, date, str]:
    """Not used for 90 days first, never used before all, then the longest ago."""
    return (not is_unused(last_used, today), last_used or date.min, key)


def telling_duties(duties: list[str]) -> list[str]:
    """The duties whose use shows that a role is used: reading is common to nearly all roles and tells nothing."""
    return [one for one in duties if one != "read"] or list(duties)
