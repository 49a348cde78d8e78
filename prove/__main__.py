"""`python -m prove NAME [--smoke | --full] [--sabotage X] …`: one prover; without a name the list of all."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module

from prove.frame import Prover, is_red, prove

PROVERS = {
    "crash": "prove.crash:Crash",
    "dup": "prove.dup:Dup",
    "race": "prove.race:Race",
    "sim": "prove.sim:Sim",
    "access": "prove.access:Access",
    "guards": "prove.guards:Guards",
    "fuzz": "prove.fuzz:Fuzz",
    "text": "prove.text:Text",
    "upload": "prove.upload:Upload",
    "tamper": "prove.tamper:Tamper",
    "restore": "prove.restore:Restore",
    "migrate": "prove.migrate:Migrate",
    "privacy": "prove.privacy:Privacy",
    "web": "prove.web:Web",
    "soak": "prove.soak:Soak",
}
"""Name of a prover and the class it is; a module is imported only when its prover runs."""


def load(name: str) -> Prover:
    module, _, kind = PROVERS[name].partition(":")
    made: Prover = getattr(import_module(module), kind)()
    return made


def main(arguments: list[str] | None = None) -> int:
    """0 green, 1 red, 3 stopped by --minutes before the end."""
    parser = argparse.ArgumentParser(prog="python -m prove", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(PROVERS))
    parser.add_argument("--full", action="store_true", help="the whole of it; goes on where it stopped")
    parser.add_argument("--n", type=int, help="so many items instead of the form's own number")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--minutes", type=float, help="stop after the step in which this much time has passed")
    parser.add_argument("--step", type=int, help="this step alone, as a find names it")
    parser.add_argument("--sabotage", default="", help="break this first; 'list' tells which there are")
    parser.add_argument("--record", action="store_true", help="keep the line of a sabotaged run with the results")
    parser.add_argument("--fresh", action="store_true", help="begin anew, forget the checkpoint")
    given = parser.parse_args(arguments)
    if not given.name:
        for name in PROVERS:
            one = load(name)
            print(f"{name:8} {one.what} Smoke {one.smoke}, full {one.full} {one.item}.")
        return 0
    prover = load(given.name)
    if given.sabotage == "list":
        for broken in prover.sabotages:
            print(f"{broken.name:16} {broken.breaks}")
        return 0
    line = prove(
        prover,
        form="full" if given.full else "smoke",
        seed=given.seed,
        target=given.n,
        minutes=given.minutes,
        sabotage=given.sabotage,
        only=given.step,
        fresh=given.fresh,
        record=given.record,
    )
    print(json.dumps(line, ensure_ascii=False))
    if is_red(line):
        return 1
    return 0 if given.step is not None or line["reached"] else 3


if __name__ == "__main__":
    sys.exit(main())
