"""Serving: web processes and a worker under one parent. Used by `huying serve` and `huying demo`."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType

import psycopg
from django.conf import settings
from django.utils.translation import gettext as _

from huying import __version__
from huying.channels.live import CHANNEL
from huying.channels.stream import farewell
from huying.cli import systemd
from huying.cli.contract import CommandRefused, Terminal
from huying.cli.reviving import Reviver
from huying.cli.steps import pending
from huying.cli.supervise import PARENT, Child, Supervisor, lives
from huying.config import production
from huying.config.env import Env
from huying.config.metrics import FOLDER
from huying.config.postgres import Server
from huying.config.staticfiles import collect


def serve(terminal: Terminal, *, bind: str | None = None, port: int | None = None, demo: bool | None = None) -> None:
    """Serve until Ctrl-C or SIGTERM; everything is stopped within five seconds then."""
    env: Env = settings.ENV
    bind, port = bind or env.bind, port or env.port
    refuse_weak(env, bind=bind, demo=env.demo if demo is None else demo)
    if missing := pending():
        raise CommandRefused(
            _("数据库的表不是最新的（还差 %(count)s 步）。请先运行 huying migrate。") % {"count": len(missing)}
        )
    _free(bind, port)
    collect(Path(settings.STATIC_ROOT), __version__)
    environment = {
        **os.environ,
        "HUYING_DATA": str(env.data),
        "HUYING_BIND": bind,
        "HUYING_PORT": str(port),
        PARENT: str(os.getpid()),
    }
    # A thread's own arena is never given back; two are enough where one thread at a time runs Python.
    environment.setdefault("MALLOC_ARENA_MAX", "2")
    if demo is not None:
        environment["HUYING_DEMO"] = "1" if demo else "0"
        if demo:
            environment.setdefault("HUYING_CODES", "console")  # one-time codes can be tried, and are seen where it runs
    environment.pop(systemd.SOCKET, None)  # the parent alone speaks for the service
    if env.log_format == "auto" and not demo:
        environment["HUYING_LOG_FORMAT"] = "json"
    counts = _counts(env.data)
    web = {**environment, "HUYING_POOL": str(env.pool or env.threads + 2), FOLDER: str(counts)}
    children = [Child("web", [sys.executable, "-m", "huying.cli.web"], web)]
    if env.worker:
        children.append(Child("worker", [sys.executable, "-m", "huying.cli.main", "worker"], environment))
    supervisor = Supervisor(children, terminal.warn, farewell=_farewell)

    def stop(_number: int, _frame: FrameType | None) -> None:
        supervisor.stopping.set()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, stop)
    terminal.say(_("请打开 %(address)s （按 Ctrl-C 停止）") % {"address": address(bind, port)})
    systemd.watch(bind, port, supervisor.stopping)
    reviver = Reviver(Server(env.data), terminal.warn, supervisor.stopping) if env.embedded else None
    if reviver is not None:
        reviver.start()
    try:
        supervisor.run()
    finally:
        supervisor.stopping.set()
        if reviver is not None:
            reviver.join(5)  # else it would start again what our leaving stops
        shutil.rmtree(counts, ignore_errors=True)


def refuse_weak(env: Env, *, bind: str, demo: bool) -> None:
    """Refuse, by name, what may not be so where people are served."""
    start = production.Start(env, bind, demo, settings.DEBUG)
    if production.demo_for_others(start):
        raise CommandRefused(
            _("HUYING_DEMO: 演示登录免密码，只能在本机使用，不能在 %(bind)s 上监听。请去掉它，或改用 127.0.0.1。")
            % {"bind": bind}
        )
    if found := production.weaknesses(start):
        lines = "\n".join(f"  {one}" for one in found)
        raise CommandRefused(
            _("正式使用的设置不安全，没有启动：\n%(lines)s\n只是在自己的网里试用，可以设 HUYING_PRODUCTION=0。")
            % {"lines": lines}
        )


def _counts(data: Path) -> Path:
    """An empty folder where this server's web processes keep what they count; what killed servers left goes."""
    folder = data / "metrics"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.iterdir():
        if left.name.isdigit() and not lives(int(left.name)):
            shutil.rmtree(left, ignore_errors=True)
    mine = folder / str(os.getpid())
    shutil.rmtree(mine, ignore_errors=True)
    mine.mkdir(mode=0o700)
    return mine


def _farewell() -> None:
    systemd.tell("STOPPING=1")
    _end_streams()


def _end_streams() -> None:
    """Let open streams end by themselves; without a database they are ended by force, three seconds later."""
    try:
        with psycopg.connect(settings.ENV.url(), autocommit=True, connect_timeout=2) as connection:
            connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, farewell(str(os.getpid()))])
    except psycopg.Error:
        pass


def address(bind: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(bind, f"[{bind}]" if ":" in bind else bind)
    return f"http://{shown}:{port}/"


def _free(bind: str, port: int) -> None:
    """Refuse now, and by name, what the web server would only say in its log."""
    try:
        family, kind, protocol, _name, where = socket.getaddrinfo(bind, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except OSError as why:
        raise CommandRefused(
            _("不能在 %(bind)s 的 %(port)s 端口上监听（%(why)s）。请用 --port 换一个端口，或停掉占用它的程序。")
            % {"bind": bind, "port": port, "why": why.strerror}
        ) from why
