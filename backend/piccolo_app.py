"""One Piccolo app for every slice's tables, so that there is one migration history in time order."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

SLICES = (
    "core",
    "accounts",
    "notifications",
    "promises",
    "applications",
    "integration",
)
TABLE_MODULES = [f"backend.{name}.tables" for name in SLICES if find_spec(f"backend.{name}.tables")]

APP_CONFIG = AppConfig(
    app_name="denghuo",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=table_finder(TABLE_MODULES, exclude_imported=True),
)


def raw_indexes() -> list[str]:
    """Every slice's CREATE INDEX statements, in the order of the layers."""
    return [
        statement
        for module in TABLE_MODULES
        for statement in getattr(import_module(module), "INDEXES", ())
    ]
