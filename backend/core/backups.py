"""One file with the database and the keys; restored only into an empty database."""

import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from backend.config import settings
from backend.core import db
from backend.core.errors import OperatorError
from backend.core.postgres import programs

DUMP, KEYS = "database.dump", "keys"


class BackupFailed(OperatorError):
    """The words of pg_dump or pg_restore."""


def backup(file: Path) -> None:
    """Write `file` (tar); it holds private keys, so only its owner may read it."""
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / DUMP
        _run("pg_dump", "--format=custom", f"--file={dump}", db.dsn())
        file.touch(mode=0o600)
        with tarfile.open(file, "w") as archive:
            archive.add(dump, DUMP)
            if (settings().data / KEYS).is_dir():
                archive.add(settings().data / KEYS, KEYS)


def restore(file: Path) -> None:
    """Into an empty database: existing tables make it fail and change nothing."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
        dump = Path(folder) / DUMP
        _run("pg_restore", "--single-transaction", "--no-owner", f"--dbname={db.dsn()}", str(dump))
        if (Path(folder) / KEYS).is_dir():
            shutil.copytree(Path(folder) / KEYS, settings().data / KEYS, dirs_exist_ok=True)


def _run(program: str, *arguments: str) -> None:
    """The machine's own program where there is one: it matches a server of one's own."""
    found = shutil.which(program) if settings().database_url else None
    command = [found or str(programs() / program), *arguments]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - no shell
    if done.returncode:
        raise BackupFailed(done.stderr.decode(errors="replace").strip())
