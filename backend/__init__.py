"""Denghuo 灯火, the self-service app of an electricity utility."""

import os

from backend.version import VERSION

# Piccolo finds its configuration by this variable; nobody should have to type it.
os.environ.setdefault("PICCOLO_CONF", "backend.piccolo_conf")

__all__ = ["VERSION"]
