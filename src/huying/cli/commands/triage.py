"""`huying triage`: a model that suggests matter types, learned, measured and used on files.

Each part is a command of its own; `--data` names files here, never the data folder, and no database is asked.
"""

from __future__ import annotations

import csv
import importlib
import importlib.util
import os
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from huying.cli.contract import Command, CommandRefused, Outcome, Terminal
from huying.kernel.terms import Label, _

if TYPE_CHECKING:
    from huying.triage.messages import Message
    from huying.triage.model import Model

Run = Callable[[Namespace, Terminal], Outcome]
ELSEWHERE = {"hot": ("huying.cli.commands.triage_hot", _("从一批留言里找出热点问题"))}
"""Parts with a module of their own, which has `arguments(parser)` and `run(options, terminal)`."""
COLUMNS = ("id", "label", "confidence", "label_2", "confidence_2", "label_3", "confidence_3", "words")


def arguments(parser: ArgumentParser) -> None:
    parts = parser.add_subparsers(dest="part", metavar=str(_("做什么")), required=True)

    def part(name: str, run: Run, help_text: Label) -> ArgumentParser:
        one: ArgumentParser = parts.add_parser(name, help=str(help_text), description=str(help_text))
        one.add_argument("--json", action="store_true", default=SUPPRESS, help=str(_("最后一行输出机器可读的结果")))
        one.set_defaults(does=run)
        return one

    train = part("train", _train, _("从写明类别的留言学出一个模型"))
    _file(train, "--data", _("留言表；可以写几次"), action="append")
    _file(train, "--out", _("模型写到哪里"))
    _file(train, "--unlabelled", _("没有类别的留言"), required=False)
    _file(train, "--replies", _("留言和单位的答复"), required=False)
    train.add_argument("--seed", type=int, default=1, metavar="N", help=str(_("随机种子")))
    evaluate = part("evaluate", _evaluate, _("用写明类别的留言量一量模型"))
    _file(evaluate, "--model", _("模型文件"))
    _file(evaluate, "--data", _("留言表；可以写几次"), action="append")
    predict = part("predict", _predict, _("给每条留言提建议"))
    _file(predict, "--model", _("模型文件"))
    _file(predict, "--data", _("留言表；可以写几次"), action="append")
    _file(predict, "--out", _("建议写到哪里（CSV）"))
    for name, (module, help_text) in ELSEWHERE.items():
        if importlib.util.find_spec(module) is not None:
            other = importlib.import_module(module)
            other.arguments(part(name, other.run, help_text))


def _file(parser: ArgumentParser, name: str, help_text: Label, *, required: bool = True, **more: Any) -> None:
    parser.add_argument(name, metavar="FILE", type=Path, required=required, help=str(help_text), **more)


def run(options: Namespace, terminal: Terminal) -> Outcome:
    done: Outcome = options.does(options, terminal)
    return done


def _train(options: Namespace, terminal: Terminal) -> Outcome:
    from datetime import UTC, datetime

    from huying.triage import learning, messages

    _see_writable(options.out)
    report = learning.learn(
        _messages(options.data, labelled=True),
        options.out,
        unlabelled=[one.text for one in messages.read(options.unlabelled, labelled=False)]
        if options.unlabelled
        else [],
        replies=messages.replies(options.replies) if options.replies else [],
        seed=options.seed,
        now=datetime.now(UTC),
    )
    scores = report["scores"]
    terminal.say(_("从 %(n)s 条留言学到 %(classes)s 个类别。") % {"n": scores["n"], "classes": len(report["classes"])})
    terminal.say(_("没见过的留言上："))
    _say_measures(scores, terminal)
    return Outcome(facts=report | {"out": str(options.out), "bytes": options.out.stat().st_size})


def _evaluate(options: Namespace, terminal: Terminal) -> Outcome:
    import numpy as np

    from huying.triage.measure import measure

    model, found = _model(options.model), _messages(options.data, labelled=True)
    began = perf_counter()
    shares = np.array([model.shares(one.text) for one in found])
    each = (perf_counter() - began) * 1000 / len(found)
    facts: dict[str, Any] = {**measure(model.classes, [one.label for one in found], shares)}
    facts["ms_per_message"] = round(each, 3)
    _say_measures(facts, terminal)
    terminal.say(_("每条用时 %(ms)s 毫秒") % {"ms": facts["ms_per_message"]})
    return Outcome(facts=facts)


def _predict(options: Namespace, terminal: Terminal) -> Outcome:
    model, found = _model(options.model), _messages(options.data, labelled=False)
    _see_writable(options.out)
    draft = options.out.with_name(f"{options.out.name}.{os.getpid()}.draft")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            sheet = csv.writer(file)
            sheet.writerow(COLUMNS)
            for one in found:
                sheet.writerow(_row(one, model))
        draft.replace(options.out)
    finally:
        draft.unlink(missing_ok=True)
    terminal.say(_("给 %(n)s 条留言提了建议：%(file)s") % {"n": len(found), "file": options.out})
    return Outcome(facts={"n": len(found), "out": str(options.out)})


def _row(message: Message, model: Model) -> list[str]:
    from huying.kernel.sheets import harmless

    best = model.suggest(message.text, top=3)
    cells = [cell for one in best for cell in (one.code, f"{one.confidence:.4f}")]
    words = " ".join(best[0].words) if best else ""
    return [harmless(cell) for cell in (message.key, *cells, *[""] * (6 - len(cells)), words)]


def _messages(files: list[Path], *, labelled: bool) -> list[Message]:
    from huying.triage import messages

    return [one for file in files for one in messages.read(file, labelled=labelled)]


def _model(file: Path) -> Model:
    from huying.triage import model

    if not file.is_file():
        raise CommandRefused(_("没有这个模型文件：%(name)s。请核对路径，或者先训练。") % {"name": file})
    return model.read(file)


def _see_writable(file: Path) -> None:
    """Said before the work, not after it."""
    if file.is_dir() or not file.parent.is_dir() or not os.access(file.parent, os.W_OK):
        raise CommandRefused(_("写不到 %(name)s。请换一个有写权限的文件夹。") % {"name": file})


def _say_measures(found: dict[str, Any], terminal: Terminal) -> None:
    for label, name in (
        (_("条数"), "n"),
        (_("正确率"), "accuracy"),
        (_("各类别 F1 的平均"), "macro_f1"),
        (_("校准误差"), "ece"),
        (_("准确率 0.98 时能自动分派的比例"), "auto_98"),
        (_("准确率 0.95 时能自动分派的比例"), "auto_95"),
    ):
        terminal.say(f"  {label}\t{found[name]}")
    for name, one in found["per_class"].items():
        terminal.say(f"  {name}\t{one['n']}\tP {one['precision']}\tR {one['recall']}\tF1 {one['f1']}")


COMMAND = Command(help=_("留言分派建议：训练、测量、使用"), arguments=arguments, run=run, database="none")
