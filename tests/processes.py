"""The product as its operator runs it: real processes, their own database, on a free port."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from urllib.error import HTTPError
from urllib.request import urlopen

from msgspec import Struct

ROOT = Path(__file__).parents[1]
START_SECONDS = 120.0
STOP_SECONDS = 40.0
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


class Product(Struct, frozen=True):
    """A Denghuo of its own; `process` is `denghuo run` where it runs."""

    url: str
    data: Path
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    @classmethod
    def at_rest(cls, data: Path) -> Self:
        """Only its commands, nothing running."""
        url = "http://localhost:8000"
        return cls(url, data, environment(data, url))

    def denghuo(self, *arguments: str) -> str:
        """Run one command beside it; what it printed."""
        done = self._run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: str) -> tuple[int, str]:
        """The exit code and the words of a command that must fail."""
        done = self._run(*arguments)
        return done.returncode, done.stderr

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "backend", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def wait(self) -> int:
        """Until it has ended; its exit code."""
        assert self.process is not None
        return self.process.wait(timeout=STOP_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(data: Path, url: str, **settings: str) -> dict[str, str]:
    """Only what the product needs, so that nothing of the tests leaks into it."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"DENGHUO_DATA": str(data), "BASE_URL": url, "LOG_LEVEL": "WARNING"} | settings


@contextmanager
def running_product(data: Path, *options: str, **settings: str) -> Iterator[Product]:
    """`denghuo run` until the block ends; it must end cleanly on SIGTERM."""
    port = free_port()
    url = f"http://localhost:{port}"
    variables = environment(data, url, **settings)
    with (data.parent / f"{data.name}.log").open("w+b") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "backend", "run", "--port", str(port), *options],
            cwd=ROOT, env=variables, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            wait_until_ready(url, process, log.name)
            yield Product(url, data, variables, process)
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(timeout=STOP_SECONDS)
        assert code == 0, Path(log.name).read_text()[-3000:]


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: str) -> None:
    """Asks again whenever the process has said nothing for a while; it ends by itself."""
    for _ in range(int(START_SECONDS / 0.1)):
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            if _ready(url):
                return
        else:
            raise AssertionError(f"it ended: {Path(log).read_text()[-3000:]}")
    raise AssertionError(f"not ready: {Path(log).read_text()[-3000:]}")


def _ready(url: str) -> bool:
    try:
        with urlopen(f"{url}/health/ready", timeout=2) as response:  # noqa: S310 - our own
            return bool(response.status == 200)
    except (HTTPError, OSError):
        return False
