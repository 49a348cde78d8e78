"""Measure huying: `python -m bench` (the doors), `world`, `growth`, `chart`.

python -m bench                         100,000 cases, five rounds of ten seconds a door
python -m bench --cases 20000 --rounds 3 --seconds 4 mine desk_list
python -m bench world --cases 1000000   only build it; prints seconds and bytes a case
python -m bench growth                  1,000,000 against 100,000
python -m bench front                   pages in a browser: bytes, requests, jumps, a slow phone
python -m bench plans --cases 100000    how the database answers each door
python -m bench profile --cases 20000   where each door's processor time goes
python -m bench chart                   draw the chart from what is kept
"""

from __future__ import annotations

import argparse
import json
import sys

from bench import growth, measure, showing, worlds

FULL = 100_000


def main(arguments: list[str] | None = None) -> int:
    """0 all goals reached, 1 not all."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "what", nargs="*", help="world, growth, front, plans, profile, chart; or doors by name or by its beginning"
    )
    parser.add_argument("--cases", type=int, default=FULL)
    parser.add_argument("--large", type=int, default=1_000_000, help="the large world of growth")
    parser.add_argument("--rounds", type=int, default=measure.ROUNDS)
    parser.add_argument("--seconds", type=float, default=measure.SECONDS, help="of one door in one round")
    parser.add_argument("--clients", type=int, default=measure.Run.clients)
    parser.add_argument(
        "--visits", type=float, help="seconds in which the whole staff looks at pages; none where doors are named"
    )
    parser.add_argument("--live", type=int, default=500, help="open live streams; 0 leaves them out")
    parser.add_argument("--fresh", action="store_true", help="build the world anew")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the figures of a shorter run too; it is not drawn",
    )
    given = parser.parse_intermixed_args(arguments)
    what = given.what[0] if given.what else ""

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    if what == "chart":
        showing.draw(given.cases)
        return 0
    if what == "world":
        made = worlds.world(given.cases, fresh=given.fresh, say=say)
        print((made / worlds.BUILT).read_text(encoding="utf-8"))
        return 0
    if what == "plans":
        seen = worlds.plans(worlds.world(given.cases, fresh=given.fresh, say=say), *given.what[1:])
        for name, one in seen.items():
            say(f"{name:24}{one['database_ms']:>9} ms{one['statements']:>6}  {'; '.join(one['faults'])}")
        print(json.dumps(seen, ensure_ascii=False))
        return 1 if any(one["faults"] for one in seen.values()) else 0
    if what == "profile":
        spent = worlds.profiles(worlds.world(given.cases, fresh=given.fresh, say=say), *given.what[1:])
        for name, one in spent.items():
            say(f"{name}: {one.get('processor_ms', '-')} ms of the processor a request")
            for below, calls, where in one.get("below", [])[:40]:
                say(f"  {below:>9} ms {calls:>8} x  {where}")
        print(json.dumps(spent, ensure_ascii=False))
        return 0
    if what == "front":
        from bench import front

        looked = front.all_pages()
        say(front.table(looked))
        print(json.dumps([vars(one) for one in looked]))
        return 1 if any(one.faults for one in looked) else 0
    if what == "growth":
        found = growth.compare(
            given.cases, given.large, rounds=given.rounds, seconds=given.seconds, say=say, fresh=given.fresh
        )
        print(growth.table(found), file=sys.stderr)
        print(json.dumps(found, ensure_ascii=False))
        showing.keep(found)
        return 0 if found["reached"] else 1
    visits = given.visits if given.visits is not None else 0 if given.what else measure.Run.visits
    run = measure.Run(
        worlds.world(given.cases, fresh=given.fresh, say=say), given.rounds, given.seconds, live=given.live, say=say,
        doors=measure.names_of(given.what), visits=visits, clients=given.clients,
    )  # fmt: skip
    found = measure.measure(run)
    print(showing.table(found), file=sys.stderr)
    print(json.dumps(found, ensure_ascii=False))
    whole = not given.what and given.rounds >= measure.ROUNDS and given.seconds >= measure.SECONDS
    if whole or given.keep:
        say(f"kept as {showing.keep(found).relative_to(measure.ROOT)}")
        showing.draw(given.cases)
    return 0 if found["reached"] else 1


if __name__ == "__main__":
    sys.exit(main())
