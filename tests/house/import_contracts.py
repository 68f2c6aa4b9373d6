"""An import contract over packages that may not exist yet."""

from grimp import ImportGraph
from importlinter import ContractCheck
from importlinter.contracts.forbidden import ForbiddenContract

_ROOT = "cryptobot_desktop"


class ForbiddenWhenPresent(ForbiddenContract):
    """import-linter's ``forbidden`` contract, without its demand that every named package of ours exists.

    A package is created when its first real code arrives; its rules stand here before that.
    """

    type_name = "forbidden_when_present"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Drop our own packages that are absent, then check as usual."""
        self.source_modules = {m for m in self.source_modules if _is_present(str(m), graph)}
        self.forbidden_modules = {m for m in self.forbidden_modules if _is_present(str(m), graph)}
        return super().check(graph, verbose)


def _is_present(name: str, graph: ImportGraph) -> bool:
    return not name.startswith(f"{_ROOT}.") or name in graph.modules
