"""A push service on loopback and a browser's subscription."""

from collections.abc import AsyncIterator

import pytest

from tests.push_service import PushService, Subscription, running_push_service


@pytest.fixture
async def push_service() -> AsyncIterator[PushService]:
    """Running for one test; whatever the server did wrong fails it at the end."""
    async with running_push_service() as service:
        yield service
        assert not service.problems


@pytest.fixture
def subscription() -> Subscription:
    return PushService().subscribe()
