"""The web server process."""

import signal
import threading
from types import FrameType

import uvicorn
from uvicorn.supervisors import Multiprocess

from backend.config import settings
from backend.core.live import hub


def serve(port: int, host: str = "127.0.0.1") -> None:
    """Serve until SIGTERM or Ctrl-C; requests under way are finished first."""
    config = uvicorn.Config(
        "backend.app:create_app",
        factory=True,
        host=host,
        port=port,
        workers=settings().workers,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=20,
    )
    if config.workers > 1:
        Multiprocess(config, sockets=[config.bind_socket()]).run()
    else:
        uvicorn.Server(config).run()


def end_streams_on_signal() -> None:
    """Open event streams end when the process is told to stop; uvicorn alone would wait for them.

    Called from the lifespan, where uvicorn's own handlers are in place; they run after ours.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        _before(number)


def _before(number: signal.Signals) -> None:
    inner = signal.getsignal(number)

    def close_first(received: int, frame: FrameType | None) -> None:
        hub.closing.set()
        if callable(inner):
            inner(received, frame)

    signal.signal(number, close_first)
