"""Reads catalogue.toml: what a customer can apply for. Strict, so a slip fails a test and not a customer."""

import tomllib
from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from backend.promises.schemas import ApplicationType, Names

CATALOGUE = Path(__file__).parent / "catalogue.toml"
Audience = Literal["residential", "enterprise"]


class BadCatalogue(ValueError):
    """The catalogue contradicts itself; the message names the entry."""


class Material(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paper, what to mind about it, and where that was read."""

    zh: str
    en: str
    note_zh: str
    note_en: str
    source: str
    confirmed: bool = True


class TypeEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of business: `zh` and `en` say what it is for; most are about one usage point."""

    group: str
    icon: str
    audience: tuple[Audience, ...]
    zh: str
    en: str
    materials: tuple[str, ...]
    usage_point: bool = True


class Catalogue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sources: dict[str, Names]
    groups: dict[str, Names]
    materials: dict[str, Material]
    types: dict[ApplicationType, TypeEntry]


@cache
def catalogue() -> Catalogue:
    return read(CATALOGUE)


def read(path: Path) -> Catalogue:
    found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Catalogue)
    _known("source", (one.source for one in found.materials.values()), found.sources)
    _known("group", (one.group for one in found.types.values()), found.groups)
    for kind, entry in found.types.items():
        _known(f"material of {kind}", entry.materials, found.materials)
    _known("type", ApplicationType, found.types)
    return found


def _known(what: str, names: Iterable[str], table: Container[str]) -> None:
    for name in names:
        if name not in table:
            raise BadCatalogue(f"unknown {what}: {name}")
