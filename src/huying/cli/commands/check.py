"""`huying check`: is everything that huying stands on in order?"""

from __future__ import annotations

import shutil
import stat
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from huying.cli.contract import FOUND, OK, Command, Outcome, Terminal
from huying.kernel.terms import Label, _

LEAST_VERSION = 150000
LEAST_FREE = 2 * 1024**3
MOST_SECONDS_APART = 5.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `ok` is None where it is only worth knowing."""

    name: str
    ok: bool | None
    says: Label


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--deploy", action="store_true", help=str(_("再查正式使用要紧的设置，并说怎么改")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.conf import settings

    marks = {True: "✓", False: "✗", None: "·"}
    findings = list(_findings(settings.ENV))
    if options.deploy:
        from huying.cli.deploying import findings as deploying

        findings += [Finding(*one) for one in deploying(settings.ENV)]
    for one in findings:
        terminal.say(f"{marks[one.ok]} {one.says}")
    bad = [one.name for one in findings if one.ok is False]
    facts: dict[str, Any] = {"ok": not bad, "bad": bad, **{one.name: str(one.says) for one in findings}}
    return Outcome(code=FOUND if bad else OK, facts=facts)


def _findings(env: Any) -> Iterator[Finding]:
    from django.core.checks import Tags, run_checks

    yield from _settings(env)
    yield from _database(env)
    yield from _keys(env)
    free = shutil.disk_usage(env.data).free
    yield Finding(
        "disk", free >= LEAST_FREE, _("数据目录所在磁盘还剩 %(free).1f GB（至少要 2 GB）") % {"free": free / 1024**3}
    )
    serious = [one for one in run_checks(tags=[Tags.models, Tags.urls, Tags.templates]) if one.is_serious()]
    yield Finding("code", not serious, "; ".join(str(one) for one in serious) or _("程序自查没有问题"))


def _settings(env: Any) -> Iterator[Finding]:
    yield Finding("settings", None, _("设置已读，数据目录 %(data)s") % {"data": env.data})
    loopback = env.bind in ("127.0.0.1", "::1", "localhost")
    if env.demo and not loopback:
        yield Finding("demo", False, _("演示登录只能在本机使用，但监听的地址是 %(bind)s") % {"bind": env.bind})
    if not loopback and not env.https:
        yield Finding("https", None, _("对外监听但没有开启 HTTPS（HUYING_HTTPS），请放在 HTTPS 代理后面"))
    if env.https and not env.proxies:
        yield Finding(
            "proxies", None, _("开启了 HTTPS，但没有写明前面有几层代理（HUYING_PROXIES），所有来人会算作同一个地址")
        )


def _database(env: Any) -> Iterator[Finding]:
    from django.db import connection
    from django.utils import timezone

    from huying.cli.steps import app_role, pending
    from huying.config.privileges import APPEND_ONLY

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('server_version_num')::int")
        shown, number = cursor.fetchone()
        kind = _("内置") if env.embedded else _("外部")
        yield Finding(
            "postgresql", number >= LEAST_VERSION, _("%(kind)s PostgreSQL %(version)s（至少要 15）")
            % {"kind": kind, "version": shown},
        )  # fmt: skip
        cursor.execute("SELECT getdatabaseencoding()")
        encoding = cursor.fetchone()[0]
        yield Finding("encoding", encoding == "UTF8", _("数据库编码 %(encoding)s") % {"encoding": encoding})
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        apart = abs(float(cursor.fetchone()[0]) - timezone.now().timestamp())
        yield Finding(
            "clock", apart <= MOST_SECONDS_APART, _("本机与数据库的时钟相差 %(apart).1f 秒") % {"apart": apart}
        )
        missing = pending()
        yield Finding(
            "migrations",
            not missing,
            _("数据库还差 %(count)s 步更新，请运行 huying migrate") % {"count": len(missing)}
            if missing
            else _("数据库的表是最新的"),
        )
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole AND relkind IN ('r','p')")
        owned = cursor.fetchone()[0]
        apart_roles = bool(app_role(env)) and owned == 0
        yield Finding(
            "roles",
            True if apart_roles else None,
            _("应用账号不拥有任何表")
            if apart_roles
            else _("应用账号同时是表的主人，历史记录只靠触发器保护；请另设 HUYING_DATABASE_OWNER_URL"),
        )
        if apart_roles:
            cursor.execute(
                f"SELECT count(*) FROM ({APPEND_ONLY}) AS histories "
                "WHERE has_table_privilege(histories.oid, 'UPDATE, DELETE, TRUNCATE')"
            )
            open_tables = cursor.fetchone()[0]
            yield Finding(
                "histories", open_tables == 0, _("应用账号能改动的历史表：%(count)s 张") % {"count": open_tables}
            )


def _keys(env: Any) -> Iterator[Finding]:
    for name, file in (("secret_key", env.key_file), ("master_key", env.master_key_file)):
        if not file.exists():
            yield Finding(name, None, _("%(file)s 还没有（用到时会建立，或由设置给出）") % {"file": file})
            continue
        closed = not stat.S_IMODE(file.stat().st_mode) & 0o077
        yield Finding(
            name,
            closed,
            _("%(file)s 只有本账号能读") % {"file": file}
            if closed
            else _("%(file)s 别人也能读，请改为 0600") % {"file": file},
        )


COMMAND = Command(help=_("检查设置、数据库、密钥、时钟和磁盘"), run=run, arguments=arguments)
