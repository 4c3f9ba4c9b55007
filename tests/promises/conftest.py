"""A customer to whom promises are made, and a person who reads about them."""

from uuid import UUID, uuid4

import pytest

from backend.accounts.tables import Customer
from backend.core.db import transaction


@pytest.fixture
async def customer(db) -> None:
    await Customer.insert(Customer(id="C1", name="李明", kind="residential"))


@pytest.fixture
async def reader(customer) -> UUID:
    """A person who may see the customer, so that notices reach someone."""
    person = uuid4()
    async with transaction() as connection:
        await connection.execute(
            "INSERT INTO person (id, phone, locale, created_at)"
            " VALUES ($1, '13800000002', 'zh-CN', now())",
            person,
        )
        await connection.execute(
            "INSERT INTO access (id, person, customer, role, source, created_at)"
            " VALUES ($1, $2, 'C1', 'owner', 'phone', now())",
            uuid4(),
            person,
        )
    return person
