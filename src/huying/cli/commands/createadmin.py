"""`huying createadmin`: the first account, which makes the others."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from huying.cli.contract import Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import _


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--username", required=True, help=str(_("登录账号")))
    parser.add_argument("--name", help=str(_("姓名（默认同账号）")))
    parser.add_argument("--area", required=True, metavar="CODE", help=str(_("管理范围的区划代码，如街道的 9 位代码")))
    parser.add_argument("--role", default="system_admin", help=str(_("角色（默认 system_admin）")))
    parser.add_argument("--password-file", metavar="FILE", help=str(_("从文件读密码，- 表示标准输入；不写就当面询问")))


def _password(options: Namespace) -> str:
    if options.password_file == "-":
        return sys.stdin.readline().rstrip("\n")
    if options.password_file:
        try:
            return Path(options.password_file).read_text(encoding="utf-8").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError) as why:
            raise CommandRefused(_("读不出密码文件 %(file)s。") % {"file": options.password_file}) from why
    if not sys.stdin.isatty():
        raise CommandRefused(_("这里不能询问密码。请用 --password-file 给出。"))
    first = getpass.getpass(str(_("密码（至少 10 位）：")))
    if getpass.getpass(str(_("再输一遍："))) != first:
        raise CommandRefused(_("两次输入的密码不一样。请重新运行。"))
    return first


def run(options: Namespace, terminal: Terminal) -> Outcome:
    from django.db import transaction
    from django.utils import timezone

    from huying.kernel.actor import system
    from huying.people.actions import create_account, grant_role, load_shipped_roles

    now, actor = timezone.now(), system("createadmin")
    password = _password(options)
    with transaction.atomic():
        load_shipped_roles(actor=actor, now=now)
        account = create_account(
            username=options.username,
            name=options.name or options.username,
            area_code=options.area,
            password=password,
            must_change_password=False,
            actor=actor,
            now=now,
        )
        grant_role(account_id=account.pk, role_code=options.role, area_code=options.area, actor=actor, now=now)
    terminal.say(_("已建好管理员账号 %(name)s。") % {"name": account.username})
    return Outcome(facts={"username": account.username, "role": options.role, "area": options.area})


COMMAND = Command(help=_("建立管理员账号"), run=run, arguments=arguments)
