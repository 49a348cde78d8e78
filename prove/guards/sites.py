"""Guards that are no table: found in the source, wrapped while a module is read in.

- `if …: raise NotFound | NotAllowed | …`: the condition (and each part of an `or`), removed or inverted;
- `if <about the actor>: return …`: the same;
- `actor.may(…)`, `.may_for_unit(…)`, `.has(…)`: always true, or inverted; `actor.areas(…)`: everywhere;
- an argument of `filter`, `exclude` or `Q` that speaks of viewer, area, restriction or recusal: dropped.

Left out: whether something was found at all (`found is None`: what is found is decided by the filters, and with the
check gone nothing opens, the next line fails); that the system itself is not held back (gone, it would only see less);
what merely offers a button (menus, `row_actions`: the act behind it has its own guard); conditions of an index.
What is written tomorrow is found tomorrow. A place is named by module, function and its own words.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import marshal
import pkgutil
import re
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from prove.frame import ROOT, WORK
from prove.guards import switch

REFUSALS = {"NotFound", "NotAllowed", "IllegalMove", "SignInNeeded", "Http404", "PermissionDenied"}
ASKED = {"may", "may_for_unit", "has"}
WHO = re.compile(r"(^|\.|_)(actor|viewer|reader|person)$")
SPEAKS = re.compile(r"\b(viewer|actor)\b|\bwithin\(|recused|restricted|confidential|seen_by|\bsight\b|taken_by")
ABOUT = re.compile(r"\b(viewer|actor)\b")
# The command line acts as the system; a menu only shows what has a door of its own.
LEFT_OUT = ("huying.cli.", "huying.ui.")
MENUS = (".menu", ".apps")
OFFERS = {"row_actions"}
AS_A_TABLE = {"may_walk"}  # of a case's verbs: `tables.duties` takes each of them apart
SWITCH = "__guards__"
CACHE = WORK / "guards-code"


class _Sites(ast.NodeTransformer):
    def __init__(self, module: str) -> None:
        self.module = module
        self.where: list[str] = []
        self.found: dict[str, tuple[str, ...]] = {}
        self.times: Counter[str] = Counter()

    def place(self, kind: str, node: ast.AST, *ways: str) -> str:
        words = " ".join(ast.unparse(node).split())
        name = f"{self.module.removeprefix('huying.')}:{'.'.join(self.where)}:{kind}:{words[:90]}"
        self.times[name] += 1
        if self.times[name] > 1:
            name += f"#{self.times[name]}"
        self.found[name] = ways
        return name

    @staticmethod
    def call(name: str, *arguments: ast.expr) -> ast.expr:
        return ast.Call(ast.Attribute(ast.Name(SWITCH, ast.Load()), name, ast.Load()), list(arguments), [])

    def truth(self, kind: str, node: ast.expr, wrapped: ast.expr, off: bool) -> ast.expr:
        place = self.place(kind, node, switch.REMOVED, switch.INVERTED)
        return self.call("truth", ast.Constant(place), wrapped, ast.Constant(off))

    def _within(self, node: Any) -> Any:
        if node.name in OFFERS | AS_A_TABLE or (isinstance(node, ast.ClassDef) and node.name == "Meta"):
            return node
        self.where.append(node.name)
        found = self.generic_visit(node)
        self.where.pop()
        return found

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _within

    def visit_If(self, node: ast.If) -> ast.AST:
        kind = self._kind(node)
        if kind:
            node.test = self._condition(kind, node.test)
            node.body = [self.visit(one) for one in node.body]
            node.orelse = [self.visit(one) for one in node.orelse]
            return node
        return self.generic_visit(node)

    def _kind(self, node: ast.If) -> str:
        last = node.body[-1]
        if isinstance(last, ast.Raise) and last.exc is not None and self.where:
            raised = last.exc.func if isinstance(last.exc, ast.Call) else last.exc
            name = raised.attr if isinstance(raised, ast.Attribute) else getattr(raised, "id", "")
            return "refuse" if name in REFUSALS else ""
        if isinstance(last, ast.Return) and len(node.body) == 1 and ABOUT.search(ast.unparse(node.test)) and self.where:
            return "return"
        return ""

    def _condition(self, kind: str, test: ast.expr) -> ast.expr:
        original = ast.parse(ast.unparse(test), mode="eval").body
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
            test.values = [self._condition(kind, one) for one in test.values]
            return test
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and self._asks(test.operand):
            return self.visit(test)  # the duty itself is the place
        if _is_presence(test):
            return self.visit(test)
        if kind == "return" and _is_house(test):
            place = self.place(kind, original, switch.INVERTED)
            return self.call("truth", ast.Constant(place), self.visit(test), ast.Constant(False))
        return self.truth(kind, original, self.visit(test), False)

    @staticmethod
    def _asks(node: ast.expr) -> bool:
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ASKED
            and WHO.search(ast.unparse(node.func.value)) is not None
        )

    def visit_Call(self, node: ast.Call) -> ast.AST:
        original = ast.parse(ast.unparse(node), mode="eval").body
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if attribute in ("filter", "exclude", "Q") and self.where:
            node.args = [self._argument(one) for one in node.args]
            node.keywords = [self._keyword(one) for one in node.keywords]
            node.func = self.visit(node.func)
            return node
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and WHO.search(ast.unparse(node.func.value)) and self.where:
            if attribute in ASKED:
                return self.truth("duty", original, node, True)
            if attribute == "areas":
                return self.call("areas", ast.Constant(self.place("areas", original, switch.REMOVED)), node)
        return node

    def _argument(self, node: ast.expr) -> ast.expr:
        words = ast.unparse(node)
        if isinstance(node, ast.Starred) or not SPEAKS.search(words):
            return self.visit(node)
        place = self.place("filter", ast.parse(words, mode="eval").body, switch.REMOVED)
        return self.call("condition", ast.Constant(place), self.visit(node))

    def _keyword(self, node: ast.keyword) -> ast.keyword:
        words = ast.unparse(node)
        if not SPEAKS.search(words):
            node.value = self.visit(node.value)
            return node
        place = self.place("filter", ast.keyword(node.arg, ast.parse(ast.unparse(node.value), mode="eval").body),
                           switch.REMOVED)  # fmt: skip
        value = self.visit(node.value)
        held = ast.Dict([ast.Constant(node.arg)], [value]) if node.arg is not None else value
        return ast.keyword(None, self.call("named", ast.Constant(place), held))


def _is_presence(test: ast.expr) -> bool:
    """`found is None`."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.ops[0], ast.Is)
        and isinstance(test.comparators[-1], ast.Constant)
        and test.comparators[-1].value is None
    )


def _is_house(test: ast.expr) -> bool:
    """`actor.kind == ActorKind.SYSTEM`."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.ops[0], ast.Eq | ast.In)
        and "ActorKind.SYSTEM" in ast.unparse(test)
    )


class _Loader(SourceFileLoader):
    """Reads a module with its guards wrapped; the product's own compiled files stay as they are."""

    def get_code(self, fullname: str) -> CodeType:
        source = Path(self.path).read_bytes()
        digest = hashlib.sha256(source + _own() + fullname.encode()).hexdigest()[:24]
        kept = CACHE / f"{digest}.bin"
        if kept.exists():
            found, code = marshal.loads(kept.read_bytes())
        else:
            sites = _Sites(fullname)
            tree = sites.visit(ast.parse(source, self.path))
            code = compile(ast.fix_missing_locations(tree), self.path, "exec", dont_inherit=True)
            found = sites.found
            CACHE.mkdir(parents=True, exist_ok=True)
            draft = kept.with_suffix(f".{id(self)}")
            draft.write_bytes(marshal.dumps((found, code)))
            draft.rename(kept)
        switch.known.update(found)
        return code

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__[SWITCH] = switch
        super().exec_module(module)


_MINE: list[bytes] = []


def _own() -> bytes:
    if not _MINE:
        _MINE.append(Path(__file__).read_bytes() + sys.version.encode())
    return _MINE[0]


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith("huying.") or fullname.startswith(LEFT_OUT):
            return None
        if ".migrations" in fullname or fullname.endswith(MENUS):
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is None or not isinstance(spec.loader, SourceFileLoader) or type(spec.loader) is _Loader:
            return spec
        spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def read_all() -> None:
    """After Django's set-up: every module of the apps, so that what is known never hangs on which tests are here."""
    import huying

    for one in pkgutil.walk_packages(huying.__path__, "huying."):
        if not one.name.startswith((*LEFT_OUT, "huying.config.")) and ".migrations" not in one.name:
            importlib.import_module(one.name)


def install() -> None:
    """Before the first module of the product is imported."""
    loaded = [name for name in sys.modules if name.startswith("huying.")]
    assert not loaded, f"the product was imported before its guards were wrapped: {loaded[:3]}"
    sys.path.insert(0, str(ROOT / "src"))
    sys.meta_path.insert(0, _Finder())
