"""What the feed and the slices that accept its rows say to each other."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta, Struct

T = TypeVar("T")

# Limits every feed row shares. No control characters: PostgreSQL takes no NUL, pages no others.
PLAIN = r"^[^\x00-\x1f\x7f]*\Z"
Id = Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z_.:-]{0,39}\Z")]
Word = Annotated[str, Meta(min_length=1, max_length=100, pattern=PLAIN)]
Moment = Annotated[datetime, Meta(tz=True)]


class Row(Struct, Generic[T], frozen=True):
    """One line of a feed, decoded."""

    line: int
    value: T


class Outcome(StrEnum):
    created = "created"
    updated = "updated"
    unchanged = "unchanged"
    rejected = "rejected"


class Verdict(Struct, frozen=True):
    """What became of one line. `message` is source text in zh-CN, translated when answered."""

    line: int
    id: str
    outcome: Outcome
    field: str = ""
    message: str = ""


# Takes one batch inside the feed's transaction and answers every row, in any order.
Acceptor = Callable[[Sequence[Row[Any]], bool], Awaitable[list[Verdict]]]


def rejected(row: Row[Any], field: str, message: str) -> Verdict:
    """The row is refused alone; the others of its batch land."""
    return Verdict(row.line, row.value.id, Outcome.rejected, field, message)
