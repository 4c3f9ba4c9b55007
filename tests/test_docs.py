"""What the documents say is there, is there, and the other way round."""

import argparse
import re
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from backend.__main__ import parser
from backend.config import Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for path in ROOT.rglob("*.md")
    if not {".venv", "node_modules", "var"} & set(path.relative_to(ROOT).parts)
)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def commands() -> set[str]:
    (subparsers,) = (
        action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    return set(subparsers.choices)


def test_every_setting_is_in_the_example_with_its_default():
    example = (ROOT / "infra" / "env.example").read_text(encoding="utf-8")
    given = dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE))
    fields = msgspec.structs.fields(Settings)

    assert given == {field.encode_name: str(field.default) for field in fields}


def test_every_setting_is_explained_above_it():
    lines = (ROOT / "infra" / "env.example").read_text(encoding="utf-8").splitlines()

    assert [
        line
        for before, line in pairwise(lines)
        if "=" in line and not line.startswith("#") and not before.startswith("#")
    ] == []


def test_every_command_is_named():
    named = (ROOT / "backend" / "README.md").read_text(encoding="utf-8")

    assert {name for name in commands() if name not in named} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path):
    text = path.read_text(encoding="utf-8")

    assert [link for link in LINK.findall(text) if not (path.parent / link).exists()] == []


def test_every_address_of_the_api_is_in_its_readable_description():
    from backend.app import create_app
    from backend.core.openapi import completed
    from backend.home.docs import areas

    app = create_app()
    described = {
        operation.path
        for area in areas(completed(app.openapi_schema.to_schema()))
        for operation in area.operations
    }
    served = {
        re.sub(r":[a-z]+\}", "}", route.path)
        for route in app.routes
        if route.path.startswith("/api/v1")
    }

    assert served - described == set()


def test_every_operation_of_the_api_says_what_it_is_for():
    from backend.app import create_app
    from backend.core.openapi import completed
    from backend.home.docs import areas

    silent = [
        f"{operation.method} {operation.path}"
        for area in areas(completed(create_app().openapi_schema.to_schema()))
        for operation in area.operations
        if not operation.description
    ]

    assert silent == []


def test_the_changelog_and_the_decisions_are_complete():
    listed = (ROOT / "infra" / "decisions" / "README.md").read_text(encoding="utf-8")
    decisions = sorted((ROOT / "infra" / "decisions").glob("0*.md"))

    assert decisions
    assert [path.name for path in decisions if path.name not in listed] == []
    assert (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").startswith("# Changelog")
