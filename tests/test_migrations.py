"""Tables and migrations say the same, and a fresh database replays the whole history."""

import io
from contextlib import redirect_stdout

from piccolo.apps.migrations.commands.new import AutoMigrationManager

from backend.core import db as database
from backend.core import migrations
from backend.piccolo_app import APP_CONFIG, raw_indexes


async def test_the_migrations_describe_the_tables_as_they_are(db):
    with redirect_stdout(io.StringIO()):
        statements = await AutoMigrationManager().get_alter_statements(APP_CONFIG)

    assert [statement for group in statements for statement in group.statements] == []


async def test_every_raw_index_is_in_the_database(db):
    async with database.connection() as connection:
        there = {row[0] for row in await connection.fetch("SELECT indexname FROM pg_indexes")}
    named = {statement.split(" ON ")[0].split()[-1] for statement in raw_indexes()}

    assert named
    assert named <= there


async def test_migrating_again_changes_nothing(db):
    await migrations.forwards()

    async with database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM migration") > 0
