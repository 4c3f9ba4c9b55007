"""Hot reads: a Piccolo query compiled to SQL once at import, run at asyncpg's speed.

    TIMELINE = Q(Event.select(Event.at, Event.stage).where(Event.application == P(0)), into=EventRow)
    rows = await TIMELINE.all(connection, number)

Building the query is most of its cost in Piccolo; here that is paid once. Columns, renames and joins
stay Piccolo's, so a misspelt one fails at import.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class P:
    """The n-th parameter of a compiled query."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class Q(Generic[T]):
    """A compiled query; `into` is a struct filled by position, in the order of its fields."""

    __slots__ = ("_arguments", "_make", "sql")

    def __init__(self, query: Any, *, into: Callable[..., T]) -> None:
        if isinstance(query, str):
            self.sql, arguments = query, None
        else:
            (compiled,) = query.querystrings
            self.sql, arguments = compiled.compile_string()
            _check_order(query, into)
        self._arguments = None if _in_order(arguments) else arguments
        self._make = _row_factory(into)

    async def all(self, connection: Any, *values: Any) -> list[T]:
        rows = await connection.fetch(self.sql, *self._bind(values))
        return [self._make(row) for row in rows]

    async def one(self, connection: Any, *values: Any) -> T | None:
        row = await connection.fetchrow(self.sql, *self._bind(values))
        return None if row is None else self._make(row)

    def _bind(self, values: tuple[Any, ...]) -> tuple[Any, ...] | list[Any]:
        if self._arguments is None:
            return values
        return [values[item.index] if isinstance(item, P) else item for item in self._arguments]


def _in_order(arguments: list[Any] | None) -> bool:
    """True when the parameters already stand as the caller passes them: nothing to shuffle."""
    return arguments is None or all(
        isinstance(item, P) and item.index == position for position, item in enumerate(arguments)
    )


def _check_order(query: Any, into: Callable[..., Any]) -> None:
    names = [
        column._alias or column._meta.name for column in query.columns_delegate.selected_columns
    ]
    fields = [field.name for field in msgspec.structs.fields(into)]  # type: ignore[arg-type]
    if names != fields[: len(names)]:
        raise TypeError(f"columns {names} do not match the fields {fields}")


def _row_factory(into: Callable[..., T]) -> Callable[[Any], T]:
    """By position; a field typed msgspec.Raw takes the jsonb text as it is."""
    raw = [
        position
        for position, field in enumerate(msgspec.structs.fields(into))  # type: ignore[arg-type]
        if field.type is msgspec.Raw
    ]
    if not raw:
        return lambda row: into(*row)

    def with_raw(row: Any) -> T:
        values = list(row)
        for position in raw:
            values[position] = msgspec.Raw(values[position].encode())
        return into(*values)

    return with_raw
