"""The embedded PostgreSQL: private, started once, stopped by whoever started it, also as root."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from backend.core.postgres import CannotStart, embedded_postgres, socket_folder

HOLD = """
import sys
from pathlib import Path
from backend.core.postgres import embedded_postgres
with embedded_postgres(Path(sys.argv[1])):
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def data(tmp_path) -> Path:
    """Inside a folder nobody else may enter, as a checkout in root's home is."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    return private / "var"


def ask(url: str, question: str) -> object:
    async def answer() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(answer())


def answers(data: Path) -> bool:
    return (socket_folder(data) / ".s.PGSQL.5432").exists()


def test_it_keeps_what_was_written_and_leaves_nothing_running(data):
    with embedded_postgres(data) as url:
        ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
    assert not answers(data)

    with embedded_postgres(data) as url:
        assert ask(url, "SELECT n FROM kept") == 7


def test_a_second_command_uses_the_running_server_and_does_not_stop_it(data):
    with embedded_postgres(data) as url:
        with embedded_postgres(data) as again:
            assert again == url
        assert ask(url, "SELECT 1") == 1


def test_only_its_owner_can_reach_it(data):
    with embedded_postgres(data) as url:
        assert ask(url, "SHOW listen_addresses") == ""

        assert socket_folder(data).stat().st_mode & 0o077 == 0
        assert data.parent.stat().st_mode & 0o077 == 0


def test_a_socket_folder_of_somebody_else_is_refused(data):
    folder = socket_folder(data)
    folder.mkdir()
    folder.chmod(0o777)
    try:
        with pytest.raises(CannotStart), embedded_postgres(data):
            pass
    finally:
        folder.rmdir()


def test_it_ends_when_its_starter_is_killed_and_starts_again_cleanly(data):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == b"up\n"
    server = int((data / "postgres" / "postmaster.pid").read_text().split()[0])

    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    holder.stdin.close()

    with embedded_postgres(data) as url:
        assert ask(url, "SELECT 1") == 1
        assert int((data / "postgres" / "postmaster.pid").read_text().split()[0]) != server
