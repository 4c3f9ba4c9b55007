"""The environment of every test: a real PostgreSQL, the real app, a clean database each time."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
DATA = Path(tempfile.mkdtemp(prefix="denghuo-test-"))
# Before anything of ours is imported: Piccolo reads the database's address at import.
os.environ["DENGHUO_DATA"] = str(DATA)
os.environ.setdefault("TEST_DATABASE_URL", os.environ.get("DATABASE_URL", ""))
os.environ["BASE_URL"] = "http://localhost:8000"
os.environ["PUSH_ENDPOINT_ALLOW"] = "http://127.0.0.1"
os.environ["RULE_PACK"] = "sgcc"
for name in ("SMS_URL", "PAY_URL", "UTILITY_NAME", "UTILITY_HOTLINE", "TRUSTED_PROXY"):
    os.environ.pop(name, None)

from tests.database import clean_tables, test_database  # noqa: E402
from tests.people import browser_client  # noqa: E402


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """An empty database of this test process with every table in it."""
    with test_database(DATA, WORKER) as url:
        yield url


@pytest.fixture(scope="session")
async def schema(database: str, anyio_backend: str) -> AsyncIterator[None]:
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
