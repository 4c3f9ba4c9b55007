"""Column helpers Piccolo lacks."""

from enum import StrEnum

from piccolo.constraints import Check


def one_of(column: str, values: type[StrEnum]) -> Check:
    """The database itself refuses a value outside the enum (Piccolo's `choices` does not)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return Check(f"{column} IN ({listed})")
