"""The feed: rows in, verdicts out, the same over HTTP and from a file."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from backend.core import db
from backend.core.feed import Outcome, Row, Verdict, rejected
from backend.core.i18n import N_, _
from backend.integration.decoding import CsvRows, Decoded, JsonRows
from backend.integration.kinds import Kind, kind_of
from backend.integration.lines import BrokenBody, LineCutter, inflated
from backend.integration.schemas import FeedError, FeedReport

log = logging.getLogger(__name__)

BATCH = 2_000
MAX_ERRORS = 1_000
TRIES = 3
FILE_PIECE = 64 * 1024
# Two feeds may still meet in an order nobody foresaw; the batch is then simply tried again.
COLLISIONS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
# What a checked row can still break: a reference that went away in between, a value out of range.
UNFIT = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError)


class FeedOptions(Struct, frozen=True, kw_only=True):
    """`dry_run` only reports; without `notify` history is loaded in silence."""

    csv: bool = False
    gzip: bool = False
    dry_run: bool = False
    notify: bool = True


class _DryRun(Exception):
    """Rolls back a batch whose verdicts are known."""


async def receive(name: str, chunks: AsyncIterator[bytes], options: FeedOptions) -> FeedReport:
    """Take a body of any size in constant memory; each batch lands or not as a whole."""
    kind = kind_of(name)
    report = FeedReport()
    async for batch in _batches(kind, chunks, options):
        unreadable = [one for one in batch if isinstance(one, Verdict)]
        rows = [one for one in batch if isinstance(one, Row)]
        _count(report, unreadable + await _land(kind, rows, options))
    log.info("feed received", extra={"kind": name, "rows": report.received, **_counts(report)})
    return report


async def import_file(name: str, path: Path, *, dry_run: bool, notify: bool) -> dict[str, Any]:
    """The same rows from a file: .ndjson or .csv, either also as .gz."""
    suffixes = path.suffixes
    options = FeedOptions(
        csv=".csv" in suffixes, gzip=".gz" in suffixes, dry_run=dry_run, notify=notify
    )
    report: dict[str, Any] = msgspec.to_builtins(await receive(name, _read(path), options))
    return report


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, FILE_PIECE):
            yield piece


async def _batches(
    kind: Kind, chunks: AsyncIterator[bytes], options: FeedOptions
) -> AsyncIterator[list[Decoded]]:
    decoder = CsvRows(kind.row) if options.csv else JsonRows(kind.row)
    cutter = LineCutter(quoted=decoder.quoted)
    batch: list[Decoded] = []
    try:
        async for piece in inflated(chunks) if options.gzip else chunks:
            for line in cutter.cut(piece):
                if (found := decoder.decode(line)) is not None:
                    batch.append(found)
                if len(batch) == BATCH:
                    yield batch
                    batch = []
    except BrokenBody:
        batch.append(_broken(cutter.number))
    else:
        batch += [found for line in cutter.end() if (found := decoder.decode(line)) is not None]
    if batch:
        yield batch


def _broken(last_line: int) -> Verdict:
    text = N_("压缩数据从这里起损坏，之前的行已经处理。")
    return Verdict(last_line + 1, "", Outcome.rejected, "", _(text))


async def _land(kind: Kind, rows: list[Row[Any]], options: FeedOptions) -> list[Verdict]:
    """One transaction; when the database refuses it, halves, until the one unfit row stands alone."""
    if not rows:
        return []
    try:
        return await _try(kind, rows, options)
    except UNFIT as error:
        if len(rows) == 1:
            log.warning("row unfit", extra={"line": rows[0].line, "error": type(error).__name__})
            return [rejected(rows[0], "", N_("数据库不接受这一行，请检查它引用的编号和数值。"))]
    middle = len(rows) // 2
    return await _land(kind, rows[:middle], options) + await _land(kind, rows[middle:], options)


async def _try(kind: Kind, rows: Sequence[Row[Any]], options: FeedOptions) -> list[Verdict]:
    for attempt in range(1, TRIES + 1):
        verdicts: list[Verdict] = []
        try:
            async with db.transaction():
                verdicts = await kind.accept(rows, options.notify)
                if options.dry_run:
                    raise _DryRun
        except _DryRun:
            return verdicts
        except COLLISIONS:
            if attempt == TRIES:
                raise
            continue
        return verdicts
    raise AssertionError("the last attempt returns or raises")


def _count(report: FeedReport, verdicts: list[Verdict]) -> None:
    report.received += len(verdicts)
    for verdict in sorted(verdicts, key=lambda verdict: verdict.line):
        setattr(report, verdict.outcome, getattr(report, verdict.outcome) + 1)
        if verdict.outcome is not Outcome.rejected:
            continue
        if len(report.errors) < MAX_ERRORS:
            report.errors.append(
                FeedError(verdict.line, verdict.id, verdict.field, _(verdict.message))
            )
        else:
            report.errors_omitted += 1


def _counts(report: FeedReport) -> dict[str, int]:
    # Prefixed: `created` is already a name of every log record.
    return {f"rows_{outcome}": getattr(report, outcome) for outcome in Outcome}
