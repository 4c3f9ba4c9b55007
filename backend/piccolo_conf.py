"""Piccolo's configuration: the one engine and the one app."""

from piccolo.conf.apps import AppRegistry

from backend.core.db import dsn
from backend.core.safe_engine import SafeEngine

DB = SafeEngine(config={"dsn": dsn()}, extensions=())
APP_REGISTRY = AppRegistry(apps=["backend.piccolo_app"])
