"""Health for the operator: alive, ready, and a few numbers; the proxy shuts /metrics."""

from litestar import Response, get

from backend import VERSION
from backend.core import db
from backend.core.errors import NotFound
from backend.core.http import Request, client_address

METRICS = """
SELECT count(*) FILTER (WHERE NOT dead) AS waiting, count(*) FILTER (WHERE dead) AS dead,
       coalesce(extract(epoch FROM now() - min(next_at) FILTER (WHERE NOT dead AND next_at < now())), 0)
       AS oldest_seconds
FROM job"""


@get("/health/live", include_in_schema=False, sync_to_thread=False)
def live() -> dict[str, str]:
    """The process answers; says nothing of what it depends on."""
    return {"status": "ok", "version": VERSION}


@get("/health/ready", include_in_schema=False)
async def ready() -> Response[dict[str, str]]:
    """200 while the database answers, else 503: the proxy then asks another process."""
    try:
        async with db.connection() as connection:
            await connection.fetchval("SELECT 1", timeout=2)
    except db.AWAY:
        return Response({"status": "database away"}, status_code=503, headers={"retry-after": "2"})
    return Response({"status": "ok"})


@get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response[str]:
    """Prometheus text; only for this machine, everyone else gets a 404."""
    if "x-forwarded-for" in request.headers or not client_address(request).startswith("127."):
        raise NotFound
    async with db.connection() as connection:
        row = await connection.fetchrow(METRICS)
    pool = db.engine().pool
    lines = (
        f"denghuo_jobs_waiting {row['waiting']}",
        f"denghuo_jobs_dead {row['dead']}",
        f"denghuo_job_oldest_seconds {float(row['oldest_seconds']):.1f}",
        f"denghuo_pool_connections {pool.get_size() if pool else 0}",
        f"denghuo_pool_idle {pool.get_idle_size() if pool else 0}",
    )
    return Response("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
