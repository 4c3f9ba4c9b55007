"""What the feed hands to a slice, and what the slice says of each row."""

from typing import Generic, Literal, TypeVar

from msgspec import Struct

T = TypeVar("T")
Outcome = Literal["created", "updated", "unchanged", "rejected"]


class Row(Struct, Generic[T], frozen=True):
    """One valid row and the line it stood on."""

    line: int
    value: T


class Verdict(Struct, frozen=True):
    """What became of one row; a rejected one names the field and the reason."""

    line: int
    id: str
    outcome: Outcome
    field: str = ""
    message: str = ""
