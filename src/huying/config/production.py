"""What may not be so where people are served: known before the first request, each by the setting that says it.

It is production where HUYING_PRODUCTION says so, and by itself where anybody but this machine could ask: another
address than loopback, another host name, https, or a proxy. `huying serve` and `huying worker` then refuse to start.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huying.config.env import Env
from huying.kernel.terms import Label, _

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
LEAST_DIFFERENT = 12  # characters of a secret
KNOWN = ("django-insecure", "changeme", "change-me", "change_me", "password", "example", "01234567", "abcdefgh")


@dataclass(frozen=True)
class Start:
    """What is about to start: the settings, and what the command changes in them."""

    env: Env
    bind: str
    demo: bool
    debug: bool


@dataclass(frozen=True)
class Weakness:
    """A setting that may not be so in production."""

    setting: str
    found: Callable[[Start], bool]
    says: Label


def is_production(env: Env, bind: str = "") -> bool:
    """Whether people are served."""
    if env.production != "auto":
        return env.production == "1"
    elsewhere = any(host not in LOOPBACK for host in env.hosts)
    return (bind or env.bind) not in LOOPBACK or elsewhere or env.https or env.proxies > 0


def _weak(secret: str) -> bool:
    return len(set(secret)) < LEAST_DIFFERENT or any(one in secret.lower() for one in KNOWN)


def _open(file: Path) -> bool:
    try:
        return bool(stat.S_IMODE(file.stat().st_mode) & 0o077)
    except OSError:
        return False


WEAKNESSES: tuple[Weakness, ...] = (
    Weakness("HUYING_DEMO", lambda one: one.demo, _("演示登录免密码，正式使用时不能开：请去掉它")),
    Weakness("DEBUG", lambda one: one.debug, _("出错时会把内部情形显示给访客：请设为 False")),
    Weakness(
        "HUYING_CODES", lambda one: one.env.codes == "console", _("一次性验证码会写在屏幕上：请设为 off 或 notices")
    ),
    Weakness("HUYING_LOG_LEVEL", lambda one: one.env.log_level == "DEBUG", _("记得太细：请设为 INFO 或 WARNING")),
    Weakness(
        "HUYING_HTTPS",
        lambda one: not one.env.https,
        _("口令和会话会明文传送：请放在 HTTPS 代理后面，并设为 1（见 docs/how-to/reverse-proxy.md）"),
    ),
    Weakness(
        "HUYING_HOSTS",
        lambda one: any(host in ("*", ".") or host.startswith("*") for host in one.env.hosts),
        _("任何域名都收：请写明网站的域名"),
    ),
    Weakness(
        "HUYING_SECRET_KEY",
        lambda one: _weak(one.env.secret_key),
        _("太容易猜：请去掉它，系统会自己生成一个，或换成至少 32 个随机字符"),
    ),
    Weakness(
        "HUYING_METRICS_TOKEN",
        lambda one: bool(one.env.metrics_token) and _weak(one.env.metrics_token),
        _("太容易猜：请换成至少 32 个随机字符"),
    ),
    Weakness("secret_key", lambda one: _open(one.env.key_file), _("数据目录里的这个密钥文件别人也能读：请改为 0600")),
    Weakness(
        "HUYING_MASTER_KEY_FILE",
        lambda one: _open(one.env.master_key_file),
        _("联系方式的主密钥文件别人也能读：请改为 0600"),
    ),
)


def weaknesses(start: Start) -> list[str]:
    """Each as `NAME: what is wrong and what to do`; none where it is no production and no demo for others."""
    if not is_production(start.env, start.bind):
        return []
    return [f"{one.setting}: {one.says}" for one in WEAKNESSES if one.found(start)]


def demo_for_others(start: Start) -> bool:
    """A demo that others could reach is refused whatever HUYING_PRODUCTION says."""
    return start.demo and start.bind not in LOOPBACK
