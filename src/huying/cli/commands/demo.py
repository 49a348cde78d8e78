"""`huying demo`: a made-up street to look at and play with, and a server on this machine that shows it."""

from __future__ import annotations

import shutil
import time
from argparse import ArgumentParser, Namespace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from huying.cli.contract import Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import _

END_OF_DAY = clock_time(16, 30)  # of a world that ends on a day that is over: the desks are at work


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--no-serve", action="store_true", help=str(_("只建好演示街道，不启动网站")))
    parser.add_argument("--fresh", action="store_true", help=str(_("清掉原来的演示数据，重新建")))
    parser.add_argument("--full", action="store_true", help=str(_("再加一个演示区：组织、岗位、中心户等大数目的台账")))
    parser.add_argument("--seed", type=int, metavar="N", help=str(_("随机种子（默认 1）")))
    parser.add_argument("--until", type=date.fromisoformat, metavar="DATE", help=str(_("数据到哪一天为止（默认此刻）")))
    parser.add_argument("--port", type=int, metavar="PORT", help=str(_("监听的端口（默认 8000）")))


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.utils import timezone

    from huying.cli.steps import migrate

    began = time.monotonic()
    now = timezone.now()
    until = _end(options.until, now)
    if options.fresh:
        _clear(terminal)
    migrate()
    _made(options, terminal, until)
    if options.full:
        _completed(terminal, until)
    _sealed(now)
    facts: dict[str, Any] = {"seconds": round(time.monotonic() - began, 2), **_counted()}
    terminal.say(
        _("演示街道：%(grids)s 个网格，%(people)s 位工作人员，%(cases)s 件诉求。用时 %(seconds)s 秒。") % facts
    )
    if not options.no_serve:
        _serve(options, terminal)
    return Outcome(facts=facts)


def _end(day: date | None, now: datetime) -> datetime:
    """When the world ends: on the named day; for today (or none named) at the last ten minutes that are over."""
    from huying.clocks.rules import SHANGHAI

    present = now.replace(minute=now.minute - now.minute % 10, second=0, microsecond=0)
    today = now.astimezone(SHANGHAI).date()
    if day is None or day == today:
        return present
    if day > today:
        raise CommandRefused(_("--until 不能晚于今天。"))
    return datetime.combine(day, END_OF_DAY, tzinfo=SHANGHAI).astimezone(now.tzinfo)


def _made(options: Namespace, terminal: Terminal, until: datetime) -> None:
    from huying.cli.play import world

    there = world.stamp()
    if there is None:
        if _holds_something():
            raise CommandRefused(
                _("这个数据目录里已经有别的数据，演示街道没有建。请用 --data 指定一个空目录，再试一次。")
            )
        terminal.say(_("正在建演示街道，人名、地名和诉求都是编的……"))
        with terminal.progress(_("演示街道"), total=100) as advance:
            shown = 0

            def told(done: int, total: int) -> None:
                nonlocal shown
                now_at = round(90 * done / max(total, 1))
                advance(now_at - shown)
                shown = now_at

            world.build(seed=options.seed if options.seed is not None else 1, until=until, told=told)
            advance(100 - shown)
        return
    if datetime.fromisoformat(there.until) < until - timedelta(days=1):
        terminal.say(_("演示数据到 %(day)s 为止。要到今天为止的，请加 --fresh。") % {"day": there.until[:10]})
    other_seed = options.seed is not None and options.seed != there.seed
    other_end = options.until is not None and until.isoformat() != there.until
    if other_seed or other_end:
        terminal.warn(_("演示街道已经建好（种子 %(seed)s）。要换，请加 --fresh。") % {"seed": there.seed})


def _completed(terminal: Terminal, until: datetime) -> None:
    from huying.cli.play import world

    terminal.say(_("正在补齐大数目的台账……"))
    world.complete(until=until)


def _holds_something() -> bool:
    from huying.cases.models import Case
    from huying.people.models import Account, Organisation
    from huying.places.models import Area

    return any(one.objects.exists() for one in (Area, Account, Organisation, Case))


def _sealed(now: datetime) -> None:
    from huying.audit import actions, queries
    from huying.insight.actions import catch_up

    actions.seal(now=now, heads_file=queries.heads_path())
    catch_up()  # what was built tells no news


def _counted() -> dict[str, Any]:
    from django.db.models import Count

    from huying.cases.models import Case
    from huying.people.models import Account
    from huying.places.models import Area
    from huying.places.rules import Tier

    areas = Area.objects.filter(valid_to=None)
    states = Case.objects.values_list("state").annotate(count=Count("pk")).order_by("-count", "state")
    return {
        "areas": areas.count(),
        "grids": areas.filter(tier=Tier.GRID).count(),
        "people": Account.objects.filter(is_active=True).count(),
        "cases": Case.objects.count(),
        "by_state": dict(states.values_list("state", "count")),
    }


# Starting anew


def _clear(terminal: Terminal) -> None:
    """Drop the demo's database and its files. What is not a demo is never dropped."""
    from django.conf import settings

    from huying.audit import queries as histories
    from huying.cli.steps import recreate
    from huying.files import storage

    heads = histories.heads_path()
    if not _may_go():
        if settings.ENV.embedded:
            raise CommandRefused(_("这个数据目录里不是演示数据，不能清掉。请用 --data 指定另一个目录。"))
        raise CommandRefused(_("外部数据库不是空的，不能清掉。请另指定一个空数据库，或不用 HUYING_DATABASE_URL。"))
    if not settings.ENV.embedded:
        return  # an empty database is fresh as it is
    recreate()
    heads.unlink(missing_ok=True)
    shutil.rmtree(storage.root(), ignore_errors=True)
    terminal.say(_("原来的演示数据已清掉。"))


def _may_go() -> bool:
    """Whether the database holds the demo world or nothing; on somebody's own server only nothing."""
    from django.conf import settings
    from django.db import connection

    from huying.cli.play import world

    tables = set(connection.introspection.table_names())
    if "cases_case" not in tables:
        return settings.ENV.embedded or not tables
    if world.stamp() is not None:
        return bool(settings.ENV.embedded)
    return not _holds_something()


# Serving


def _serve(options: Namespace, terminal: Terminal) -> None:
    from django.conf import settings
    from django.urls import reverse

    from huying.access.demo import is_loopback
    from huying.cli.serving import address, serve

    env = settings.ENV
    bind = env.bind if is_loopback(env.bind) else "127.0.0.1"
    home = address(bind, options.port or env.port).rstrip("/")
    terminal.say(_("居民页面：%(url)s") % {"url": home + "/"})
    terminal.say(_("工作台：  %(url)s") % {"url": home + reverse("desk:mine")})
    terminal.say(_("在登录页上点一个角色就能进去，不用密码。只有在本机打开才有。"))
    serve(terminal, bind=bind, port=options.port, demo=True)


COMMAND = Command(help=_("演示：一个编出来的街道，在本机打开就能用"), run=run, arguments=arguments)
