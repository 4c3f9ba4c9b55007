"""Run a program that refuses to run as root, as root: `python unroot.py PROGRAM ARGS…`.

PostgreSQL will not start for user 0. In a user namespace of its own, root outside is an ordinary user
inside; the files stay root's, so no permission on any parent folder has to be widened. The program
also gets a signal when its parent dies, so that no server is left behind. Run as a file: it imports
nothing of ours and starts in milliseconds.
"""

import ctypes
import os
import pwd
import signal
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


def main() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        become_ordinary(libc)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - the point of this file


def become_ordinary(libc: ctypes.CDLL) -> None:
    nobody = pwd.getpwnam("nobody")
    if libc.unshare(CLONE_NEWUSER) != 0:
        reason = os.strerror(ctypes.get_errno())
        sys.exit(
            f"The embedded PostgreSQL cannot run as root here ({reason}): "
            "use an ordinary user, or set DATABASE_URL."
        )
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} 0 1")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} 0 1")


if __name__ == "__main__":
    main()
