"""The environment of every test: a real PostgreSQL, the real app, a clean database each time."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
DATA = Path(tempfile.mkdtemp(prefix="denghuo-test-"))
SERVER = os.environ.get("DATABASE_URL", "")
for name in ("SMS_URL", "PAY_URL", "UTILITY_NAME", "UTILITY_HOTLINE", "TRUSTED_PROXY", "WORKERS"):
    os.environ.pop(name, None)
os.environ |= {
    "DENGHUO_DATA": str(DATA),
    "BASE_URL": "http://localhost:8000",
    "PUSH_ENDPOINT_ALLOW": "http://127.0.0.1",
    "RULE_PACK": "sgcc",
}

from tests.database import address, clean_tables, fresh_database  # noqa: E402

# Before any module reads its settings: Piccolo takes the database's address at import.
os.environ["DATABASE_URL"] = address(SERVER, DATA, WORKER)

from tests.people import browser_client  # noqa: E402


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def database() -> Iterator[None]:
    """An empty database of this test process with every table in it."""
    with fresh_database(os.environ["DATABASE_URL"], DATA, embedded=not SERVER):
        yield
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture(scope="session")
async def schema(database: None, anyio_backend: str) -> AsyncIterator[None]:
    """The pool, open for the whole session in the one event loop of the tests."""
    from backend.core import db

    await db.start_pool()
    yield
    await db.close_pool()


@pytest.fixture
async def db(schema: None) -> AsyncIterator[None]:
    """A test with a database leaves it empty."""
    yield
    await clean_tables()


@pytest.fixture(scope="session")
async def app(schema: None) -> Litestar:
    from backend.app import create_app

    return create_app()


@pytest.fixture
async def client(app: Litestar, db: None) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without JavaScript; an unexpected 500 fails the test that caused it."""
    async with browser_client(app) as found:
        yield found


@pytest.fixture
def another_client(app: Litestar, db: None) -> Callable[[], httpx.AsyncClient]:
    """Further devices in the same test; close each with `async with`."""
    return lambda: browser_client(app)
