"""The rules between modules, kept by the build: imports point down, slices meet at two doors."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BACKEND = ROOT / "backend"
# Each layer may import what stands before it; peers in one layer never import each other.
LAYERS = (
    {"core"},
    {"accounts"},
    {"notifications"},
    {"promises"},
    {"applications"},
    {"staff", "integration", "home"},
)
DOORS = {"service", "schemas"}
EDGES = {"api", "pages"}
# Modules that may reach further, each with its reason.
ALSO = {
    "access": "who may see what: every slice's service limits its rows by the caller",
    "edge": "the caller of a request",
    "rules": "the field's own words (enums), without behaviour",
    "demo": "a slice's rows of the demo bureau are sent together",
}


def modules() -> list[Path]:
    return [
        path
        for path in sorted(BACKEND.rglob("*.py"))
        if "migrations" not in path.parts and len(path.relative_to(BACKEND).parts) > 1
    ]


def imports(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name for name in found if name.startswith("backend.")}


def layer(slice_: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if slice_ in names)


def violations(slice_: str, module: str, source: str) -> list[str]:
    wrong = []
    for name in imports(source):
        parts = name.split(".")
        other = parts[1]
        if other == slice_ or all(other not in names for names in LAYERS):
            continue
        if layer(other) >= layer(slice_):
            wrong.append(f"{slice_}.{module} may not import {other}")
        elif other != "core" and len(parts) > 2 and not _door(module, parts[2]):
            wrong.append(f"{slice_}.{module} may not import {other}.{parts[2]}")
    return wrong


def _door(module: str, target: str) -> bool:
    if target == "tables":
        return module == "tables"
    return target in DOORS or target in ALSO


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(BACKEND)))
def test_imports_point_down_and_go_through_the_doors(path):
    slice_ = path.relative_to(BACKEND).parts[0]

    assert violations(slice_, path.stem, path.read_text(encoding="utf-8")) == []


def test_the_rule_can_fail():
    planted = "from backend.staff import service\nfrom backend.promises.tables import Promise\n"

    assert sorted(set(violations("applications", "service", planted))) == [
        "applications.service may not import promises.tables",
        "applications.service may not import staff",
    ]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(BACKEND)))
def test_pages_and_api_never_touch_tables(path):
    if path.stem not in EDGES:
        return
    wrong = [name for name in imports(path.read_text(encoding="utf-8")) if ".tables" in name]

    assert wrong == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(BACKEND)))
def test_rules_know_neither_database_nor_web(path):
    if path.stem != "rules":
        return
    source = path.read_text(encoding="utf-8")

    assert not re.search(r"^\s*(from|import) (piccolo|litestar|asyncpg)", source, re.MULTILINE)


def test_every_enqueued_job_has_a_handler():
    from backend import jobs  # noqa: F401 - registers them
    from backend.core.jobs import JOBS

    calls = re.compile(r"enqueue(?:_many)?\(\s*\"([a-z_.]+)\"")
    named = {
        name
        for path in BACKEND.rglob("*.py")
        for name in calls.findall(path.read_text(encoding="utf-8"))
    }

    assert named
    assert named <= JOBS.keys()


def test_every_handler_module_is_routed():
    routes = (BACKEND / "routes.py").read_text(encoding="utf-8")
    edges = {
        f"backend.{path.parent.name} import {path.stem}"
        for path in BACKEND.glob("*/*.py")
        if path.stem in EDGES and path.parent.name != "core"
    }

    assert {edge for edge in edges if edge not in routes} == set()


def test_only_the_configuration_reads_the_environment():
    allowed = {"config.py", "commands.py", "__init__.py"}
    wrong = [
        str(path.relative_to(ROOT))
        for path in BACKEND.rglob("*.py")
        if path.name not in allowed and re.search(r"os\.(environ|getenv)", path.read_text())
    ]

    assert wrong == []


def test_no_module_grows_beyond_its_idea():
    long = {
        str(path.relative_to(ROOT)): count
        for path in BACKEND.rglob("*.py")
        if "migrations" not in path.parts
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }

    assert long == {}
