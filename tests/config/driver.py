"""Uses the embedded server as its own process, as a command would: `driver.py DATA DO [SECONDS]`.

Needs only the standard library and psycopg, so that any user's Python can run it.
"""

import signal
import sys
import time
from pathlib import Path

from huying.config import postgres
from huying.config.postgres import Server


def say(line):
    print(line, flush=True)


def stop(_number, _frame):
    raise SystemExit(143)


def main(data, do, seconds="0", elsewhere=None):
    signal.signal(signal.SIGTERM, stop)
    if elsewhere:
        postgres.ELSEWHERE = Path(elsewhere)
    try:
        server = Server(Path(data), say=lambda line: say(f"said {line}"))
        say(f"home {server.home}")
        say(f"socket {server.socket}")
        with server:
            say(f"answers {server.answers()}")
            if do == "write":
                write(server)
            elif do == "read":
                say(f"rows {read(server)}")
            say("done")
            time.sleep(float(seconds))
        say("left")
    except postgres.PostgresProblem as why:
        say(f"problem {why}")
        raise SystemExit(2) from None


def write(server):
    import psycopg

    with psycopg.connect(server.url(postgres.OWNER), autocommit=True) as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS kept (word text)")
        owner.execute("INSERT INTO kept VALUES ('呼应')")


def read(server):
    import psycopg

    with psycopg.connect(server.url(postgres.OWNER), autocommit=True) as owner:
        return owner.execute("SELECT count(*) FROM kept").fetchone()[0]


if __name__ == "__main__":
    main(*sys.argv[1:])
