"""The house rules as functions from source text to findings; the tests feed them the program, and bad examples."""

import ast
import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

BODY_MEDIAN, BODY_P95, BODY_MAX = 7, 35, 60
COMPLEXITY_MAX = 10
PARAMETERS_MAX = 6
FILE_MAX, FILE_MEDIAN = 500, 300
CLASS_LINES_MAX, CLASS_METHODS_MAX = 300, 20

# The only functions that may catch everything, as "path::function" below cryptobot_desktop/; at most four, one for
# each of task supervisor, strategy fence, notifier fan-out and sys.excepthook.
BROAD_EXCEPT_ALLOWED: frozenset[str] = frozenset({"app/engine_thread.py::_main"})
BROAD_EXCEPT_PLACES = 4

# Money is integers. Statistics about money (Sharpe ratio and the like) are floats and live in modules of their own.
MONEY_PACKAGES = ("execution", "portfolio")
STATISTICS_MODULES = frozenset({"portfolio/performance.py"})

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.match_case)
_POOR_CLASS = re.compile(r"(Manager|Helper|Util)s?(?=[A-Z]|$)")
_POOR_MODULE = re.compile(r"(^|_)(manager|helper|util)s?(_|$)")
_MODAL_STATIC = re.compile(
    r"(getOpenFileNames?|getSaveFileName|getExistingDirectory|getText|getItem|getInt|getDouble)$"
)
_MODAL_BOX = re.compile(r"^QMessageBox\.(about|aboutQt|critical|information|question|warning)$")
_LEDGER_FILE = re.compile(r"\b(ledger|database|db)_(path|file)\b|\.(sqlite3?|db)['\"]")
_FILE_CALLS = frozenset(
    {"open", "connect", "read_bytes", "read_text", "write_bytes", "write_text", "unlink", "rename", "replace", "remove"}
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file: its path below the package (or the repository), its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @classmethod
    def of(cls, text: str, path: str = "example.py") -> "Source":
        """Parse text."""
        return cls(path, text, ast.parse(text))

    @classmethod
    def read(cls, file: Path, base: Path) -> "Source":
        """Read and parse a file."""
        return cls.of(file.read_text(encoding="utf-8"), file.relative_to(base).as_posix())

    @property
    def package(self) -> str:
        """Return the first folder of the path, such as ``gui``."""
        return self.path.partition("/")[0]

    def functions(self) -> Iterator[Function]:
        """Give every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, _FUNCTIONS))

    def classes(self) -> Iterator[ast.ClassDef]:
        """Give every class."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def calls(self) -> Iterator[ast.Call]:
        """Give every call."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def at(self, node: ast.AST, what: str) -> str:
        """Return a finding with its place."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {what}"


Rule = Callable[[Source], list[str]]


def body_length(function: Function) -> int | None:
    """Return the lines of a body without its docstring; None where there is no body (``...`` in a Protocol)."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    if not body or (len(body) == 1 and isinstance(body[0], ast.Expr) and _is_ellipsis(body[0].value)):
        return None
    return (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def body_lengths(sources: list[Source]) -> list[int]:
    """Return the lengths of all bodies, sorted."""
    lengths = (body_length(function) for source in sources for function in source.functions())
    return sorted(length for length in lengths if length is not None)


def distribution_findings(lengths: list[int]) -> list[str]:
    """Compare median and 95th percentile of the body lengths with the budget."""
    if not lengths:
        return []
    median, p95 = statistics.median(lengths), lengths[min(len(lengths) - 1, int(len(lengths) * 0.95))]
    found = [f"median function body is {median} lines, allowed are {BODY_MEDIAN}"] if median > BODY_MEDIAN else []
    return found + ([f"p95 of function bodies is {p95} lines, allowed are {BODY_P95}"] if p95 > BODY_P95 else [])


def file_median_findings(sources: list[Source]) -> list[str]:
    """Compare the median file length with the soft budget."""
    lengths = [len(source.text.splitlines()) for source in sources]
    median = statistics.median(lengths) if lengths else 0
    return [f"median file is {median} lines, allowed are {FILE_MEDIAN}"] if median > FILE_MEDIAN else []


def long_functions(source: Source) -> list[str]:
    """Find bodies beyond the hard limit."""
    return [
        source.at(f, f"{f.name} has a body of {length} lines, allowed are {BODY_MAX}")
        for f in source.functions()
        if (length := body_length(f)) is not None and length > BODY_MAX
    ]


def complexity(function: Function) -> int:
    """Return the cyclomatic complexity after McCabe: 1 + branches, loops, handlers, cases, comprehension filters."""
    nodes = list(ast.walk(function))
    filters = sum(len(node.ifs) for node in nodes if isinstance(node, ast.comprehension))
    return 1 + filters + sum(isinstance(node, _BRANCHES) for node in nodes)


def complex_functions(source: Source) -> list[str]:
    """Find functions with too many paths, and attempts to silence the linter about them."""
    found = [
        source.at(f, f"{f.name} has complexity {paths}, allowed are {COMPLEXITY_MAX}")
        for f in source.functions()
        if (paths := complexity(f)) > COMPLEXITY_MAX
    ]
    silenced = re.search(r"#\s*noqa:[^#\n]*C901", source.text)
    return found + ([f"{source.path}: silences C901"] if silenced else [])


def many_parameters(source: Source) -> list[str]:
    """Find functions with too many parameters; ``self`` and ``cls`` are not counted."""
    return [
        source.at(f, f"{f.name} has {count} parameters, allowed are {PARAMETERS_MAX}")
        for f in source.functions()
        if (count := len(_parameters(f))) > PARAMETERS_MAX
    ]


def _parameters(function: Function) -> list[ast.arg]:
    a = function.args
    named = [*a.posonlyargs, *a.args]
    if named and named[0].arg in {"self", "cls"}:
        named = named[1:]
    return [*named, *a.kwonlyargs, *(extra for extra in (a.vararg, a.kwarg) if extra)]


def long_files(source: Source) -> list[str]:
    """Find files beyond the hard limit."""
    lines = len(source.text.splitlines())
    return [f"{source.path}: {lines} lines, allowed are {FILE_MAX}"] if lines > FILE_MAX else []


def big_classes(source: Source) -> list[str]:
    """Find classes with too many lines or methods."""
    found = []
    for node in source.classes():
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        methods = sum(isinstance(member, _FUNCTIONS) for member in node.body)
        if lines > CLASS_LINES_MAX:
            found.append(source.at(node, f"class {node.name} has {lines} lines, allowed are {CLASS_LINES_MAX}"))
        if methods > CLASS_METHODS_MAX:
            found.append(source.at(node, f"class {node.name} has {methods} methods, allowed are {CLASS_METHODS_MAX}"))
    return found


def missing_annotations(source: Source) -> list[str]:
    """Find parameters and results without a type."""
    found = []
    for f in source.functions():
        found += [source.at(f, f"{f.name}({arg.arg}) has no type") for arg in _parameters(f) if arg.annotation is None]
        if f.returns is None:
            found.append(source.at(f, f"{f.name} has no result type"))
    return found


def missing_docstrings(source: Source) -> list[str]:
    """Find modules and public classes that do not say what they are for."""
    found = [] if ast.get_docstring(source.tree) else [f"{source.path}: module has no docstring"]
    return found + [
        source.at(node, f"class {node.name} has no docstring")
        for node in source.classes()
        if not node.name.startswith("_") and not ast.get_docstring(node)
    ]


def poor_names(source: Source) -> list[str]:
    """Find names that say nothing: Manager, Helper, Utils."""
    found = [source.at(n, f"class name {n.name} says nothing") for n in source.classes() if _POOR_CLASS.search(n.name)]
    parts = source.path.removesuffix(".py").split("/")
    return found + [f"{source.path}: name {part} says nothing" for part in parts if _POOR_MODULE.search(part)]


def broad_excepts(source: Source) -> list[str]:
    """Find handlers that catch everything, do not raise again, and are not in one of the named places."""
    found = []
    for f in source.functions():
        if f"{source.path}::{f.name}" in BROAD_EXCEPT_ALLOWED:
            continue
        handlers = (n for n in ast.walk(f) if isinstance(n, ast.ExceptHandler) and _is_broad(n))
        found += [source.at(n, f"{f.name} catches everything") for n in handlers]
    return found


def _is_broad(handler: ast.ExceptHandler) -> bool:
    if any(isinstance(node, ast.Raise) and node.exc is None for node in handler.body):
        return False
    if handler.type is None:
        return True
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in names)


def waiting_in_gui(source: Source) -> list[str]:
    """Find calls with which a window would wait: futures' ``result``, modal dialogs, sleep."""
    if source.package != "gui":
        return []
    return [
        source.at(call, f"{ast.unparse(call.func)} makes the window wait") for call in source.calls() if _waits(call)
    ]


def _waits(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    last = name.rpartition(".")[2]
    if last in {"exec", "exec_"}:
        return "drag" not in name.lower()  # QDrag.exec is how Qt drags; there is no other way
    return (last == "result" and "." in name) or bool(
        last == "sleep" or _MODAL_BOX.search(name) or (_MODAL_STATIC.search(last) and "Dialog" in name)
    )


def floats_in_money(source: Source) -> list[str]:
    """Find float literals, the name ``float`` and true division where only integers may be."""
    if source.package not in MONEY_PACKAGES or source.path in STATISTICS_MODULES:
        return []
    return [source.at(node, what) for node in ast.walk(source.tree) if (what := _float_use(node))]


def _float_use(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        return f"float literal {node.value}"
    if isinstance(node, ast.Name) and node.id == "float":
        return "float"
    return "true division gives a float" if isinstance(getattr(node, "op", None), ast.Div) else ""


def ledger_opened(source: Source) -> list[str]:
    """Find code outside storage that opens the ledger's file."""
    if source.package == "storage":
        return []
    return [
        source.at(call, f"{ast.unparse(call)} touches the ledger's file; only storage may")
        for call in source.calls()
        if ast.unparse(call.func).rpartition(".")[2] in _FILE_CALLS and _LEDGER_FILE.search(ast.unparse(call))
    ]


def unfinished_work(source: Source) -> list[str]:
    """Find notes that something is still to do, and blanket silencing of tools."""
    pattern = re.compile(r"#.*\b(TO" + r"DO|FIX" + r"ME|XXX)\b|#\s*noqa(?!:)|#\s*type:\s*ignore(?!\[)")
    lines = enumerate(source.text.splitlines(), start=1)
    return [f"{source.path}:{number}: {line.strip()}" for number, line in lines if pattern.search(line)]


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        long_functions,
        complex_functions,
        many_parameters,
        long_files,
        big_classes,
        missing_annotations,
        missing_docstrings,
        poor_names,
        broad_excepts,
        waiting_in_gui,
        floats_in_money,
        ledger_opened,
        unfinished_work,
    )
}
