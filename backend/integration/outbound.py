"""To the utility's systems: applications entered here leave through an adapter, none is lost.

There is one adapter so far: a file that the utility's integration reads. One line is one application in
the fields of the feed, so that the utility's system can send it back under the same number.
"""

import os
from pathlib import Path
from typing import Any, Protocol

import msgspec

from backend.config import settings


class UtilitySystem(Protocol):
    """Takes an application; the same number may come twice."""

    async def take_application(self, application: Any) -> None: ...


class FileDrop:
    """Appends each application as one line, on disk before it counts as handed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def take_application(self, application: Any) -> None:
        line = msgspec.json.encode(application) + b"\n"
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # One write in append mode: lines of several processes never mix.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def utility_system() -> UtilitySystem:
    return FileDrop(settings().data / "outbox" / "applications.ndjson")
