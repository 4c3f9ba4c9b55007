"""The `denghuo` command."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence

from backend import VERSION, commands
from backend.config import settings
from backend.core import log
from backend.core.errors import DomainError, OperatorError


def main(argv: Sequence[str] | None = None) -> None:
    """Runs one command; errors are one clear sentence and a non-zero exit."""
    arguments = parser().parse_args(argv)
    try:
        log.configure(settings().log_level)
        arguments.run(arguments)
    except OperatorError as error:
        sys.exit(f"denghuo: {error}")
    except DomainError as error:
        sys.exit(f"denghuo: {error.sentence}")
    except KeyboardInterrupt:
        sys.exit(130)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="denghuo", description="灯火, an electricity utility's app")
    top.add_argument("--version", action="version", version=VERSION)
    command = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _serving(command)
    _data(command)
    _people(command)
    _operations(command)
    return top


def _serving(command: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = command.add_parser("run", help="everything on one machine, in the foreground")
    run.add_argument("--port", type=int, default=8000)
    run.add_argument("--no-demo", action="store_true", help="start with an empty bureau")
    run.set_defaults(run=lambda a: commands.run(a.port, demo=not a.no_demo))
    serve = command.add_parser("serve", help="the web server")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--host", default="127.0.0.1")
    serve.set_defaults(run=lambda a: commands.serve(a.port, a.host))
    worker = command.add_parser("worker", help="jobs, push, SMS and promise clocks")
    worker.set_defaults(run=lambda _: commands.worker())
    migrate = command.add_parser("migrate", help="bring the database to this release, under a lock")
    migrate.set_defaults(run=_with_database(commands.migrate))
    migration = command.add_parser("migration", help="write a migration for changed tables")
    migration.add_argument("why")
    migration.set_defaults(run=lambda a: _database(lambda: commands.migration(a.why)))


def _data(command: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = command.add_parser("demo", help="fill an empty database with 青禾供电局")
    demo.set_defaults(run=_with_database(commands.demo))
    load = command.add_parser(
        "import", help="the rows of the feed, from a file (.ndjson, .csv, .gz)"
    )
    load.add_argument("kind")
    load.add_argument("file")
    load.add_argument("--dry-run", action="store_true", help="only report")
    load.add_argument("--silent", action="store_true", help="load history: notify nobody")
    load.set_defaults(
        run=lambda a: _database(
            lambda: commands.import_file(a.kind, a.file, dry_run=a.dry_run, notify=not a.silent)
        )
    )
    export = command.add_parser("export", help="all that is known of one person, as JSON")
    export.add_argument("phone")
    export.set_defaults(run=lambda a: _database(lambda: commands.export(a.phone)))


def _people(command: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    client = command.add_parser("client", help="systems that may use the API").add_subparsers(
        required=True, metavar="add"
    )
    add = client.add_parser("add", help="make one; prints its id and secret once")
    add.add_argument("name")
    add.add_argument("--scope", choices=["feed"], default="feed")
    add.set_defaults(run=lambda a: _database(lambda: commands.client_add(a.name, a.scope)))
    staff = command.add_parser("staff", help="members of staff").add_subparsers(
        required=True, metavar="add"
    )
    member = staff.add_parser("add", help="add or change one by staff number")
    member.add_argument("number")
    member.add_argument("name")
    member.add_argument(
        "--role", choices=["manager", "agent", "supervisor", "admin"], default="agent"
    )
    member.add_argument("--phone", required=True)
    member.add_argument("--department")
    member.set_defaults(
        run=lambda a: _database(
            lambda: commands.staff_add(a.number, a.name, a.role, a.phone, a.department)
        )
    )


def _operations(command: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    keys = command.add_parser("keys", help="make the keys that are missing; show the public ones")
    keys.set_defaults(run=lambda _: commands.keys())
    backup = command.add_parser("backup", help="database and keys into one file")
    backup.add_argument("file")
    backup.set_defaults(run=lambda a: _database(lambda: commands.backup(a.file)))
    restore = command.add_parser("restore", help="from a backup into an empty database")
    restore.add_argument("file")
    restore.set_defaults(run=lambda a: _database(lambda: commands.restore(a.file)))
    doctor = command.add_parser("doctor", help="check settings, database, keys and clock")
    doctor.set_defaults(run=_with_database(commands.doctor))


def _with_database(
    function: Callable[[], object],
) -> Callable[[argparse.Namespace], None]:
    return lambda _: _database(function)


def _database(function: Callable[[], object]) -> None:
    """Run with the embedded database up (when it is the one) and, for coroutines, the pool open."""
    with commands.database():
        result = function()
        if asyncio.iscoroutine(result):
            asyncio.run(commands.pooled(result))


if __name__ == "__main__":
    main()
