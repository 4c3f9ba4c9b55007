"""What the commands of `denghuo` do; the words of the command line are in __main__.py."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.config import settings
from backend.core import db
from backend.core.errors import OperatorError
from backend.core.postgres import embedded_postgres

STOP_SECONDS = 30


@contextmanager
def database() -> Iterator[None]:
    """The embedded server, up for the length of the block; nothing to do with a DATABASE_URL."""
    if settings().database_url:
        yield
        return
    with embedded_postgres(settings().data):
        yield


async def pooled(work: Coroutine[Any, Any, Any]) -> Any:
    from backend import wiring

    wiring.connect()
    await db.start_pool()
    try:
        return await work
    finally:
        await db.close_pool()


def run(port: int, *, demo: bool) -> None:
    """Database, migrations, keys, demo bureau on first start, then web server and worker."""
    _check_free(port)
    os.environ.setdefault("BASE_URL", f"http://localhost:{port}")
    settings.cache_clear()
    with database():
        migrate()
        keys(quiet=True)
        filled = asyncio.run(pooled(_first_demo())) if demo else False
        _announce(demo, filled)
        _run_together(["serve", "--port", str(port)], ["worker"])


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise OperatorError(f"port {port} is taken; choose another with --port.") from error


async def _first_demo() -> bool:
    from backend.integration import demo as bureau

    if not await bureau.is_empty():
        return False
    await bureau.fill()
    return True


def _announce(demo: bool, filled: bool) -> None:
    print(f"\n  灯火 Denghuo · {settings().utility_name}\n  {settings().base_url}\n", flush=True)
    if not demo:
        return
    from backend.accounts.demo import SIGN_INS

    if filled:
        print("  The demo bureau is set up.", flush=True)
    print("  Sign in with one of these phones; the code is shown on the page:")
    for phone, who in SIGN_INS:
        print(f"    {phone}  {who}")
    print("\n  Ctrl-C stops everything.\n", flush=True)


def _run_together(*commands: list[str]) -> None:
    """Run until one ends or we are told to stop; then all stop, and the database after them."""
    signal.signal(signal.SIGTERM, _interrupt)
    children = [
        subprocess.Popen([sys.executable, "-m", "backend", *command])  # noqa: S603 - ourselves
        for command in commands
    ]
    try:
        os.wait()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for child in children:
            child.terminate()
        codes = [_ended(child) for child in children]
    if any(code not in (0, -signal.SIGTERM, -signal.SIGINT) for code in codes):
        raise OperatorError("a part stopped by itself, see its last lines above.")


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _ended(child: "subprocess.Popen[bytes]") -> int:
    try:
        return child.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def serve(port: int, host: str) -> None:
    from backend.server import serve as serve_web

    with database():
        serve_web(port, host)


def worker() -> None:
    with database():
        asyncio.run(pooled(_work()))


async def _work() -> None:
    from backend import jobs  # noqa: F401 - importing it registers every slice's jobs and lanes
    from backend.core.worker import Worker

    found = Worker()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, found.stop.set)
    await found.run()


def migrate() -> None:
    from backend.core import migrations

    asyncio.run(migrations.forwards())


def migration(why: str) -> None:
    from backend.core import migrations

    asyncio.run(migrations.write(why))


async def demo() -> None:
    from backend.integration import demo as bureau

    if not await bureau.is_empty():
        raise OperatorError("the database is not empty; the demo bureau is only for an empty one.")
    await bureau.fill()
    print("The demo bureau is set up.")


async def import_file(kind: str, file: str, *, dry_run: bool, notify: bool) -> None:
    from backend.integration.service import import_file as load

    path = Path(file)
    if not path.is_file():  # noqa: ASYNC240 - a command, nothing else is waiting
        raise OperatorError(f"there is no file {file}.")
    report = await load(kind, path, dry_run=dry_run, notify=notify)
    print(json.dumps(report, ensure_ascii=False, indent=2))
    if report["rejected"]:
        raise OperatorError(
            f"{report['rejected']} rows were rejected, see above; the others landed."
        )


async def export(phone: str) -> None:
    from backend.accounts.service import export_person

    found = await export_person(phone)
    if found is None:
        raise OperatorError("nobody with this phone is known.")
    print(json.dumps(found, ensure_ascii=False, indent=2, default=str))


async def client_add(name: str, scope: str) -> None:
    from backend.accounts.service import add_client

    print(json.dumps(await add_client(name, scope)))


async def staff_add(number: str, name: str, role: str, phone: str, department: str | None) -> None:
    from backend.accounts.service import add_staff

    print(json.dumps(await add_staff(number, name, role, phone, department), ensure_ascii=False))


def keys(*, quiet: bool = False) -> None:
    """Make the keys that are missing; print the public ones."""
    from backend.accounts.service import prepare_keys
    from backend.notifications.service import prepare_vapid_key

    shown = {**prepare_keys(settings().data), "vapid_public_key": prepare_vapid_key()}
    if not quiet:
        print(json.dumps(shown, indent=2))


def backup(file: str) -> None:
    from backend.core import backups

    backups.backup(Path(file))


def restore(file: str) -> None:
    from backend.core import backups

    backups.restore(Path(file))


async def doctor() -> None:
    from backend.core.doctor import examine

    findings = await examine()
    for finding in findings:
        print(f"{'ok  ' if finding.ok else 'FAIL'} {finding.what}: {finding.detail}")
    if not all(finding.ok for finding in findings):
        raise OperatorError("something needs attention, see above.")
