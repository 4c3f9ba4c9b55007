"""How often something may be done, counted in PostgreSQL so that all processes share one count.

A window opens with the first use and closes after its length, then the count starts again. Count before
the deed and outside its transaction: a refused deed rolls back, its count must not.
"""

from datetime import timedelta

from backend.core import clock, db
from backend.core.errors import TooMany
from backend.core.jobs import JobContext, every

LONGEST_WINDOW = timedelta(days=1)

COUNT = """
INSERT INTO rate_count (key, window_start, hits) VALUES ($1, $2, 1)
ON CONFLICT (key) DO UPDATE SET
  hits = CASE WHEN rate_count.window_start <= $2::timestamptz - $3::interval
              THEN 1 ELSE rate_count.hits + 1 END,
  window_start = CASE WHEN rate_count.window_start <= $2::timestamptz - $3::interval
                      THEN $2 ELSE rate_count.window_start END
RETURNING hits, window_start"""


async def take(key: str, limit: int, window: timedelta) -> None:
    """Count one use; raises TooMany above `limit` uses in a window, saying when it closes."""
    now = clock.now()
    async with db.connection() as connection:
        row = await connection.fetchrow(COUNT, key, now, window)
    if row["hits"] > limit:
        remaining = row["window_start"] + window - now
        raise TooMany(retry_after=max(1, int(remaining.total_seconds())))


async def give_back(key: str) -> None:
    """The use was a right one and does not count."""
    async with db.connection() as connection:
        await connection.execute(
            "UPDATE rate_count SET hits = hits - 1 WHERE key = $1 AND hits > 0", key
        )


@every(3600, "core.forget_rate_counts")
async def forget_rate_counts(context: JobContext) -> None:
    """A closed window says who did something; it is not kept."""
    async with context.transaction() as connection:
        await connection.execute(
            "DELETE FROM rate_count WHERE window_start < $1", clock.now() - LONGEST_WINDOW
        )
