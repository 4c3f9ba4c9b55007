"""What accounts forget by themselves."""

from datetime import timedelta

from backend.core import clock
from backend.core.jobs import JobContext, every

KEEP_CODES = timedelta(days=1)
KEEP_SESSIONS = timedelta(days=30)


@every(3600, "accounts.forget")
async def forget(context: JobContext) -> None:
    """Codes a day after they were sent; sessions a month after their end.

    A session that is only idle stays: its device goes on being woken until the session's full life is over.
    """
    now = clock.now()
    async with context.transaction() as connection:
        await connection.execute("DELETE FROM sign_in_code WHERE created_at < $1", now - KEEP_CODES)
        await connection.execute(
            "DELETE FROM session WHERE least(ended_at, expires_at) < $1", now - KEEP_SESSIONS
        )
