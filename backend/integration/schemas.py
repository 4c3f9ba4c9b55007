"""What the feed answers."""

from msgspec import Struct


class FeedError(Struct, frozen=True):
    """One row that was refused, and why."""

    line: int
    id: str
    field: str
    message: str


class FeedReport(Struct, kw_only=True):
    """What became of every row; after the first thousand errors the others are only counted."""

    received: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    errors: list[FeedError] = []
    errors_omitted: int = 0
