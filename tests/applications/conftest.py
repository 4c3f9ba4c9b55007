"""Two households, an application each, and the clock of one working day."""

from datetime import UTC, datetime

import pytest

from backend import jobs  # noqa: F401 - an application entered here is handed over by a job
from backend.core import clock
from tests.integration.feeding import APPLICATION, POINT, feed, feed_base

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)  # a Tuesday, 10:00 in China
STRANGER = {"id": "C2", "name": "王芳", "kind": "residential", "phone": "13800000009"}


@pytest.fixture
def at_ten():
    with clock.frozen(NOW):
        yield


@pytest.fixture
async def households(db, at_ten):
    """李明 (13800000002) with A1, 王芳 (13800000009) with B1; 李敏 looks after 李明."""
    await feed("staff", [{"id": "S1", "name": "李敏", "role": "manager", "phone": "13800000101"}])
    await feed_base()
    await feed(
        "customers",
        [
            {
                "id": "C1",
                "name": "李明",
                "kind": "residential",
                "phone": "13800000002",
                "manager": "S1",
            },
            STRANGER,
        ],
    )
    await feed("usage-points", [POINT | {"id": "3205000002", "customer_id": "C2"}])
    await feed(
        "applications",
        [APPLICATION | {"id": "B1", "customer_id": "C2", "usage_point_id": "3205000002"}],
    )
