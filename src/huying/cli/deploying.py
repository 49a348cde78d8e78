"""`huying check --deploy`: what is harmless on a desk and unsafe in service, each with what to do about it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from huying.config.env import Env
from huying.kernel.terms import Label, _

Found = tuple[str, bool | None, Label]
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})
BACKUP_HOURS = 26  # a day and the time that a backup may take
LEAST_SHARE_FREE = 0.1
AHEAD_SECONDS = 120


def findings(env: Env) -> Iterator[Found]:
    """Name, whether it is in order (None: worth knowing), and what to do where it is not."""
    yield from _doors(env)
    yield from _secrets(env)
    yield from _roles(env)
    yield from _upkeep(env)


def _doors(env: Env) -> Iterator[Found]:
    yield (
        "deploy_https",
        env.https,
        _("网页经 HTTPS 访问")
        if env.https
        else _("没有开启 HTTPS：请放在 HTTPS 代理后面，并设 HUYING_HTTPS=1（见 docs/how-to/reverse-proxy.md）"),
    )
    only_here = set(env.hosts) <= LOOPBACK
    anybody = any(one in ("*", ".") or one.startswith("*") for one in env.hosts)
    yield (
        "deploy_hosts",
        not only_here and not anybody,
        _("HUYING_HOSTS 是 *，任何域名都收：请写明网站的域名")
        if anybody
        else _("HUYING_HOSTS 只有本机：请写明网站的域名")
        if only_here
        else _("只应答写明的域名"),
    )
    yield (
        "deploy_proxies",
        not env.https or env.proxies > 0,
        _("前面有 %(count)s 层代理") % {"count": env.proxies}
        if env.proxies
        else _("没有写明前面有几层代理，所有来人算作同一个地址：请设 HUYING_PROXIES=1"),
    )
    open_bind = env.bind not in LOOPBACK
    yield (
        "deploy_bind",
        None if open_bind else True,
        _("在 %(bind)s 上监听：请用防火墙只放行代理，否则有人能绕过代理") % {"bind": env.bind}
        if open_bind
        else _("只在本机监听，由代理转来"),
    )
    yield (
        "deploy_demo",
        not env.demo,
        _("演示登录开着，谁都能免密码进去：请去掉 HUYING_DEMO") if env.demo else _("没有开演示登录"),
    )
    yield (
        "deploy_codes",
        env.codes != "console",
        _("一次性验证码写在屏幕上：请设 HUYING_CODES=off，或接上短信")
        if env.codes == "console"
        else _("验证码不上屏幕"),
    )
    yield (
        "deploy_metrics",
        None if open_bind and not env.metrics_token else True,
        _("指标只给本机看；别处要看，请设 HUYING_METRICS_TOKEN") if not env.metrics_token else _("指标要凭令牌看"),
    )
    yield (
        "deploy_log_level",
        env.log_level != "DEBUG",
        _("日志级别是 DEBUG，会写得很多：请设 HUYING_LOG_LEVEL=INFO 或 WARNING")
        if env.log_level == "DEBUG"
        else _("日志级别 %(level)s") % {"level": env.log_level},
    )


def _secrets(env: Env) -> Iterator[Found]:
    apart = not env.master_key_file.is_relative_to(env.data)
    yield (
        "deploy_master_key",
        apart,
        _("联系方式的主密钥与数据分开存放")
        if apart
        else _("主密钥和数据在一个目录里：请移到别处（如 /etc/huying），并设 HUYING_MASTER_KEY_FILE"),
    )
    folder = _backups(env.data)
    if any((folder / name).exists() for name in ("secret_key", "master.key") if folder != env.data):
        yield "deploy_keys_with_backups", False, _("备份文件夹里有密钥：请移到别处，备份和密钥不放在一起")


def _roles(env: Env) -> Iterator[Found]:
    from django.db import connection

    from huying.cli.steps import app_role

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole AND relkind IN ('r','p')), "
            "rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        owned, mighty = cursor.fetchone()
    apart = bool(app_role(env)) and owned == 0 and not mighty
    yield (
        "deploy_roles",
        apart,
        _("应用账号不是表的主人")
        if apart
        else _("应用账号能改历史记录：请另建账号，设 HUYING_DATABASE_OWNER_URL，再运行 huying migrate"),
    )
    if env.embedded:
        yield (
            "deploy_database",
            None,
            _("用的是内置数据库：正式使用建议用系统自带的 PostgreSQL（HUYING_DATABASE_URL），安全更新来得快"),
        )


def _upkeep(env: Env) -> Iterator[Found]:
    from django.db import connection
    from django.utils import timezone

    from huying.audit.models import History
    from huying.config.metrics import backup_age, worker_age
    from huying.config.probes import WORKER_SECONDS

    age = backup_age()
    yield (
        "deploy_backup",
        age is not None and age < BACKUP_HOURS * 3600,
        _("还没有备份过：请运行 huying backup，并开启每日备份（见 docs/how-to/backup.md）")
        if age is None
        else _("上次备份在 %(hours).0f 小时前") % {"hours": age / 3600}
        if age < BACKUP_HOURS * 3600
        else _("上次备份在 %(hours).0f 小时前，太久了：请看定时备份为什么没有运行") % {"hours": age / 3600},
    )
    for name, folder in (("deploy_disk", env.data), ("deploy_backup_disk", _backups(env.data))):
        use = shutil.disk_usage(folder)
        share = use.free / use.total if use.total else 0.0
        yield (
            name,
            share >= LEAST_SHARE_FREE,
            _("%(folder)s 所在磁盘还剩 %(share).0f%%") % {"folder": folder, "share": share * 100}
            if share >= LEAST_SHARE_FREE
            else _("%(folder)s 所在磁盘只剩 %(share).0f%%：请清理或扩容") % {"folder": folder, "share": share * 100},
        )
    worker = worker_age()
    alive = worker is not None and worker <= WORKER_SECONDS
    yield (
        "deploy_worker",
        alive,
        _("后台任务在运行")
        if alive
        else _("没有后台任务在运行，通知和时限都不会动：请启动 huying serve 或 huying worker"),
    )
    newest = History.objects.order_by("-id").values_list("at", flat=True).first()
    ahead = (newest - timezone.now()).total_seconds() if newest is not None else 0.0
    yield (
        "deploy_clock",
        ahead < AHEAD_SECONDS,
        _("本机时钟没有落在记录后面")
        if ahead < AHEAD_SECONDS
        else _("最新的记录比本机时钟晚 %(seconds).0f 秒：请开启时间同步（chrony 或 systemd-timesyncd）")
        % {"seconds": ahead},
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'")
        safe = cursor.fetchone()[0]
    yield (
        "deploy_fsync",
        safe,
        _("数据库落盘有保证")
        if safe
        else _("数据库关掉了 fsync，断电会丢数据：请在 PostgreSQL 设置里打开 fsync 和 full_page_writes"),
    )


def _backups(data: Path) -> Path:
    """Where the last backup was written, or where it would be."""
    import orjson

    from huying.config.metrics import BACKUP_RECORD

    try:
        folder = Path(orjson.loads((data / BACKUP_RECORD).read_bytes())["path"]).parent
    except (OSError, ValueError, KeyError, TypeError):
        return data
    return folder if folder.is_dir() else data
