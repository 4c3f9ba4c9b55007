"""No way around the caller: where a function knows who asks, it starts from that person's rows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.accounts.access import owner_of
from backend.piccolo_app import APP_CONFIG

BACKEND = Path(__file__).parents[1] / "backend"
WAYS = {
    "select", "objects", "count", "exists", "update", "delete", "raw", "sum", "avg", "min", "max",
}  # fmt: skip
OWNED = {table.__name__ for table in APP_CONFIG.table_classes if owner_of(table) is not None}
Function = ast.FunctionDef | ast.AsyncFunctionDef

PLANTED = """
async def show(caller, no):
    async with transaction():
        return await UsagePoint.select().where(UsagePoint.id == no)

async def feed(no):
    return await UsagePoint.select().where(UsagePoint.id == no)

class Pages:
    async def remove(self, caller: Caller, no: str):
        def later():
            return tables.Access.delete().where(Access.id == no)
        return await caller.rows(UsagePoint).where(UsagePoint.id == no)
"""


def functions_with_a_caller(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            if any(argument.arg == "caller" for argument in arguments):
                yield node


def direct_ways(source: str) -> list[str]:
    """ "function: Table.way" for every query on an owned table that does not start from the caller."""
    return [
        f"{function.name}: {_name(call.func.value)}.{call.func.attr}"
        for function in functions_with_a_caller(ast.parse(source))
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in WAYS
        and _name(call.func.value) in OWNED
    ]


def _name(node: ast.expr) -> str:
    """`Table` in `Table.select` as well as in `tables.Table.select`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def modules() -> list[Path]:
    return [path for path in sorted(BACKEND.rglob("*.py")) if "migrations" not in path.parts]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(BACKEND)))
def test_a_function_that_knows_the_caller_goes_through_the_caller(path):
    assert direct_ways(path.read_text(encoding="utf-8")) == []


def test_a_planted_way_around_is_found():
    assert direct_ways(PLANTED) == ["show: UsagePoint.select", "remove: Access.delete"]


def test_the_tables_of_customers_are_known():
    assert {"Customer", "UsagePoint", "Person", "Access", "Session"} <= OWNED


def test_there_are_functions_to_look_at():
    found = sum(
        len(list(functions_with_a_caller(ast.parse(path.read_text(encoding="utf-8")))))
        for path in modules()
    )

    assert found > 10
