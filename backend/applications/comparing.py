"""What a batch of feed rows changes: pure, and exact also where an id stands in it twice."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from backend.core.feed import Outcome, Row, Verdict, rejected

Fault = tuple[str, str]  # the field and what is wrong with it


class Identified(Protocol):
    @property
    def id(self) -> str: ...


V = TypeVar("V")
R = TypeVar("R", bound=Identified)


def sorted_out(
    rows: Sequence[Row[V]], fault_of: Callable[[V], Fault | None]
) -> tuple[list[Row[V]], list[Verdict]]:
    """The good rows, and the verdicts on the bad ones."""
    good, verdicts = [], []
    for row in rows:
        fault = fault_of(row.value)
        if fault is None:
            good.append(row)
        else:
            verdicts.append(rejected(row, *fault))
    return good, verdicts


def compare(
    rows: Iterable[tuple[Row[Any], R]], held: dict[str, R]
) -> tuple[dict[str, R], list[Verdict]]:
    """What has to be written, the last of each id; each row is compared with the one before it."""
    seen, changed = dict(held), {}
    verdicts = []
    for row, record in rows:
        before = seen.get(record.id)
        if before == record:
            outcome = Outcome.unchanged
        else:
            outcome = Outcome.created if before is None else Outcome.updated
            seen[record.id] = changed[record.id] = record
        verdicts.append(Verdict(row.line, record.id, outcome))
    return changed, verdicts
