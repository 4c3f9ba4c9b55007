"""The feed: what lands, what is refused, and that sending again changes nothing."""

import asyncio
import csv
import gzip
import io
import json
import random
from datetime import UTC, datetime

import asyncpg
import pytest
from msgspec import Struct

from backend.core import clock
from backend.core import db as database
from backend.core.feed import Outcome, Verdict
from backend.integration.kinds import KINDS, Kind
from tests.integration.feeding import APPLICATION, CUSTOMER, POINT, event, feed, feed_base, ndjson

NOW = datetime(2026, 3, 20, 2, tzinfo=UTC)
DAY = [
    event("accepted", "done", 2),
    event("survey", "started", 3),
    event("survey", "waiting_customer", 4, note="请提供车位使用证明"),
    event("survey", "resumed", 6),
    event("survey", "done", 6),
    event("plan", "done", 9),
]


@pytest.fixture(autouse=True)
def _then():
    with clock.frozen(NOW):
        yield


async def count(table: str) -> int:
    ((found,),) = await rows_of(f"SELECT count(*) FROM {table}")  # noqa: S608
    return found


async def rows_of(statement: str) -> list[tuple]:
    async with database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(statement)]


async def everything() -> list[list[tuple]]:
    return [
        await rows_of("SELECT * FROM application ORDER BY id"),
        await rows_of(
            "SELECT id, application, at, stage, state, department, note, next_step"
            " FROM application_event ORDER BY id"
        ),
        await rows_of("SELECT subject_id, key, state, due_at, pauses FROM promise ORDER BY 1, 2"),
    ]


async def test_events_become_a_timeline_promises_and_news(db):
    await feed_base()

    report = await feed("application-events", DAY)

    assert (report.received, report.created, report.rejected) == (6, 6, 0)
    assert await rows_of("SELECT state, turn, stage FROM application") == [
        ("under_way", "utility", "contract")
    ]
    assert await count("notification") == 6
    assert [key for (key,) in await rows_of("SELECT key FROM promise ORDER BY 1")] == [
        "plan_low_2024",
        "visit_charger",
        "whole_charger",
    ]


async def test_the_same_rows_again_are_unchanged_and_tell_nobody(db):
    await feed_base()
    await feed("application-events", DAY)
    before = await everything(), await count("notification")

    again = await feed("application-events", DAY)
    base_again = [
        await feed(kind, [row])
        for kind, row in (
            ("customers", CUSTOMER),
            ("usage-points", POINT),
            ("applications", APPLICATION),
        )
    ]

    assert (again.unchanged, again.created, again.updated) == (6, 0, 0)
    assert [report.unchanged for report in base_again] == [1, 1, 1]
    assert (await everything(), await count("notification")) == before


async def test_shuffled_events_in_several_files_end_in_the_same_rows(db):
    await feed_base()
    await feed("application-events", DAY)
    straight = await everything()
    async with database.connection() as connection:
        await connection.execute("DELETE FROM application_event; DELETE FROM promise")
    mixed = DAY * 2
    random.Random(7).shuffle(mixed)

    for start in range(0, len(mixed), 5):
        await feed("application-events", mixed[start : start + 5])

    assert await everything() == straight


async def test_bad_rows_are_refused_alone_with_line_field_and_reason(db):
    await feed_base()
    lines = [
        json.dumps(event("accepted", "done", 2)),
        "",
        json.dumps(event("survey", "finished", 3)),
        json.dumps(event("survey", "done", 3, application_id="A9")),
        json.dumps(event("design_review", "done", 4)),
        json.dumps(event("survey", "done", 5, colour="red")),
        json.dumps({"id": "E7", "application_id": "A1"}),
        json.dumps(event("survey", "done", 5, at="2026-03-05T10:00:00")),
        json.dumps(event("survey", "done", 25)),
        json.dumps(event("survey", "done", 5, at="1926-03-05T10:00:00+08:00")),
        json.dumps(event("survey", "done", 6, note="坏\u0000字")),
        "{",
        json.dumps(event("survey", "done", 7)),
    ]

    report = await feed("application-events", "\n".join(lines).encode())

    assert (report.received, report.created, report.rejected) == (12, 2, 10)
    assert [(one.line, one.id, one.field, one.message) for one in report.errors] == [
        (3, "E-survey-finished-3", "state", "没有“finished”这个代码。"),
        (4, "E-survey-done-3", "application_id", "没有这份申请，请先送申请。"),
        (5, "E-design_review-done-4", "stage", "这类业务没有这个环节。"),
        (6, "E-survey-done-5", "colour", "没有这个字段。"),
        (7, "E7", "at", "缺少这个字段。"),
        (8, "E-survey-done-5", "at", "时间必须带时区，例如 2026-01-05T09:30:00+08:00。"),
        (9, "E-survey-done-25", "at", "时间不可能：早于 2000 年，或晚于明天。"),
        (10, "E-survey-done-5", "at", "时间不可能：早于 2000 年，或晚于明天。"),
        (11, "E-survey-done-6", "note", "格式不对，或含有控制字符。"),
        (12, "", "", "不是完整的 JSON 对象。"),
    ]


async def test_an_application_needs_a_known_customer_and_usage_point(db):
    await feed_base()

    report = await feed(
        "applications",
        [
            APPLICATION | {"id": "A2", "customer_id": "C9"},
            APPLICATION | {"id": "A3", "usage_point_id": "999999"},
            APPLICATION | {"id": "A4", "submitted_at": "2036-03-02T10:00:00+08:00"},
            APPLICATION | {"id": "A5", "type": "windmill"},
            APPLICATION | {"id": "A/6"},
            APPLICATION | {"id": "A7", "usage_point_id": None},
        ],
    )

    assert [(one.line, one.field) for one in report.errors] == [
        (1, "customer_id"),
        (2, "usage_point_id"),
        (3, "submitted_at"),
        (4, "type"),
        (5, "id"),
    ]
    assert report.created == 1


async def test_an_event_stays_with_its_application(db):
    await feed_base(event("accepted", "done", 2, id="E1"))
    await feed("applications", [APPLICATION | {"id": "A2"}])

    report = await feed(
        "application-events", [event("accepted", "done", 2, id="E1", application_id="A2")]
    )

    assert [(one.field, one.message) for one in report.errors] == [
        ("id", "这个编号已经属于另一份申请。")
    ]


async def test_an_id_that_stands_twice_in_a_file_is_compared_with_itself(db):
    await feed_base()
    first = event("accepted", "done", 2, id="E1")

    report = await feed("application-events", [first, first, first | {"note": "更正"}])
    applications = await feed(
        "applications",
        [
            APPLICATION | {"id": "A2", "title": "车库"},
            APPLICATION | {"id": "A2"},
            APPLICATION | {"id": "A2", "title": "车库充电桩"},
        ],
    )

    assert (report.created, report.unchanged, report.updated) == (1, 1, 1)
    assert await rows_of("SELECT note FROM application_event") == [("更正",)]
    assert (applications.created, applications.unchanged, applications.updated) == (1, 1, 1)
    assert await rows_of("SELECT title FROM application WHERE id = 'A2'") == [("车库充电桩",)]


async def test_a_corrected_event_is_updated_and_not_told_again(db):
    await feed_base()
    await feed("application-events", [event("accepted", "done", 2, id="E1")])

    report = await feed("application-events", [event("accepted", "done", 3, id="E1")])

    assert report.updated == 1
    assert await count("notification") == 1
    assert await rows_of("SELECT updated_at FROM application") == [
        (datetime(2026, 3, 3, 2, tzinfo=UTC),)
    ]


async def test_a_dry_run_reports_and_writes_nothing(db):
    await feed_base()
    before = await everything()

    report = await feed("application-events", [*DAY, {"id": "E9"}], dry_run=True)

    assert (report.created, report.rejected) == (6, 1)
    assert await everything() == before
    assert await count("notification") == 0


async def test_history_is_loaded_in_silence(db):
    await feed_base()

    report = await feed("application-events", DAY, notify=False)

    assert report.created == 6
    assert await count("notification") == 0
    assert await count("promise") == 3
    assert await rows_of(
        "SELECT count(*) FROM promise WHERE state = 'broken' AND overdue_at IS NULL"
    ) == [(0,)]


async def test_csv_says_the_same_as_ndjson(db):
    await feed_base()
    out = io.StringIO()
    writer = csv.DictWriter(
        out,
        ["id", "application_id", "at", "stage", "state", "note", "next_step", "department"],
        lineterminator="\r\n",
    )
    writer.writeheader()
    rows = [*DAY[:5], DAY[5] | {"note": '两行\n有"引号"，有逗号', "department": "供电所"}]
    writer.writerows(rows)

    dry = await feed(
        "application-events", out.getvalue().encode("utf-8-sig"), csv=True, dry_run=True
    )
    landed = await feed("application-events", rows)
    again = await feed("application-events", out.getvalue().encode(), csv=True)

    assert (dry.created, dry.errors) == (6, [])
    assert landed.created == 6
    assert again.unchanged == 6


async def test_csv_rows_are_refused_by_line_too(db):
    body = (
        "id,name,kind,phone\n"
        "C1,李明,residential,13800000002\n"
        "C2,陈静,castle,\n"
        "C3,王强\n"
        'C4,"赵"红,residential,\n'
        "C5,,residential,\n"
        "C6,张桂兰,residential,\n"
    )

    report = await feed("customers", body.encode(), csv=True)

    assert report.created == 2
    assert [(one.line, one.id, one.field) for one in report.errors] == [
        (3, "C2", "kind"),
        (4, "", ""),
        (5, "", ""),
        (6, "C5", "name"),
    ]


async def test_csv_numbers_and_unknown_columns(db):
    await feed("customers", [CUSTOMER])
    header = "id,customer_id,address,area,lat,voltage,category,feeder,transformer,tariff"

    good = await feed(
        "usage-points", f"{header}\n3205,C1,路,镇,31.5,220V,居民,F,T,r\n".encode(), csv=True
    )
    bad = await feed(
        "usage-points",
        f"{header},colour\n3205,C1,路,镇,north,220V,居民,F,T,r,\n3206,C1,路,镇,,220V,居民,F,T,r,red\n".encode(),
        csv=True,
    )

    assert good.created == 1
    assert [(one.line, one.field) for one in bad.errors] == [(2, "lat"), (3, "colour")]


async def test_gzip_is_unpacked_on_the_way(db):
    body = gzip.compress(ndjson([CUSTOMER])) + gzip.compress(ndjson([CUSTOMER | {"id": "C2"}]))

    report = await feed("customers", body, gzip=True)

    assert report.created == 2


@pytest.mark.parametrize("damage", [lambda body: body[:-4], lambda body: b"no gzip at all"])
async def test_damaged_gzip_is_said(db, damage):
    report = await feed("customers", damage(gzip.compress(ndjson([CUSTOMER]))), gzip=True)

    assert report.rejected == 1
    assert "压缩数据" in report.errors[0].message


async def test_a_small_bomb_stays_small(db):
    body = gzip.compress(b"x" * 50_000_000)

    report = await feed("customers", body, gzip=True)

    assert (report.received, report.rejected) == (1, 1)
    assert report.errors[0].message == "这一行太长，或引号没有闭合。"


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe\xfa",
        b'{"id": "\xff", "name": "x", "kind": "residential"}',
        b'{"id": "C2", "name": "x", "kind": "residential"} {}',
        b"[" * 50_000,
        b'{"id":' + b"[" * 50_000,
        b'{"id": "C2", "name": "\\ud800", "kind": "residential"}',
        b'{"id": "C2", "name": "\\u0000", "kind": "residential"}',
        b'{"id": "C2", "name": "' + b"x" * 70_000 + b'", "kind": "residential"}',
        b'{"id": 7, "name": "x", "kind": "residential"}',
        b'{"id": null}',
        b"null",
        b"7e999999",
        b"\x00",
        b'"; DROP TABLE customer; --',
    ],
)
@pytest.mark.parametrize("form", ["ndjson", "csv"])
async def test_hostile_lines_are_refused_and_the_next_one_lands(db, line, form):
    good = {"ndjson": ndjson([CUSTOMER]), "csv": "C1,李明,residential\n".encode()}[form]
    head = b"id,name,kind\n" if form == "csv" else b""
    tail = b'"\n' if form == "csv" and line.count(b'"') % 2 else b"\n"

    report = await feed("customers", head + line + tail + good, csv=form == "csv")

    assert report.rejected == 1
    assert report.created == 1


async def test_errors_beyond_the_first_thousand_are_counted(db):
    report = await feed("customers", b"{}\n" * 1_500)

    assert report.rejected == 1_500
    assert len(report.errors) == 1_000
    assert report.errors_omitted == 500


async def test_parallel_feeds_of_the_same_rows_tell_once_and_do_not_deadlock(db):
    await feed_base()
    await feed("applications", [APPLICATION | {"id": f"A{n}"} for n in range(2, 30)])
    rows = [
        one | {"id": f"{one['id']}-{n}", "application_id": f"A{n}"}
        for n in range(1, 30)
        for one in DAY
    ]

    async def one_feed(seed: int) -> int:
        mine = rows[:]
        random.Random(seed).shuffle(mine)
        created = 0
        for start in range(0, len(mine), 60):
            created += (await feed("application-events", mine[start : start + 60])).created
        return created

    created = await asyncio.gather(*(one_feed(seed) for seed in range(4)))

    assert sum(created) == len(rows)
    assert await count("notification") == len(rows)
    assert await rows_of("SELECT DISTINCT state, stage FROM application") == [
        ("under_way", "contract")
    ]


async def test_parallel_new_applications_are_created_once(db):
    await feed_base()
    rows = [APPLICATION | {"id": f"B{n}"} for n in range(200)]

    async def one_feed(seed: int) -> int:
        mine = rows[:]
        random.Random(seed).shuffle(mine)
        return (await feed("applications", mine)).created

    created = await asyncio.gather(*(one_feed(seed) for seed in range(4)))

    assert sum(created) == 200


class Probe(Struct):
    """A row of a kind that only these tests have; its number must fit into two bytes, unchecked."""

    id: str
    number: int


async def accept_probes(rows, notify):
    async with database.transaction() as connection:
        for row in rows:
            await connection.fetchval("SELECT $1::int2", row.value.number)
    return [Verdict(row.line, row.value.id, Outcome.created) for row in rows]


async def test_a_row_the_database_refuses_is_refused_alone(db, monkeypatch):
    monkeypatch.setitem(KINDS, "probes", Kind(Probe, accept_probes))
    rows = [{"id": f"P{n}", "number": 70_000 if n == 5 else n} for n in range(9)]

    report = await feed("probes", rows)

    assert report.created == 8
    assert [(one.line, one.id) for one in report.errors] == [(6, "P5")]


@pytest.mark.parametrize(("collisions", "created"), [(2, 1), (3, None)])
async def test_a_collision_is_tried_again_and_then_said(db, monkeypatch, collisions, created):
    left = [asyncpg.DeadlockDetectedError("deadlock detected")] * collisions

    async def accept(rows, notify):
        if left:
            raise left.pop()
        return await accept_probes(rows, notify)

    monkeypatch.setitem(KINDS, "probes", Kind(Probe, accept))

    if created is None:
        with pytest.raises(asyncpg.DeadlockDetectedError):
            await feed("probes", [{"id": "P1", "number": 1}])
    else:
        assert (await feed("probes", [{"id": "P1", "number": 1}])).created == created


async def test_an_application_that_changes_keeps_its_title_and_is_folded_again(db):
    await feed_base(*DAY)
    await feed("applications", [APPLICATION | {"title": "车库充电桩"}])

    report = await feed("applications", [APPLICATION | {"type": "name_change"}])

    assert report.updated == 1
    assert await rows_of("SELECT title, type, stage FROM application") == [
        ("车库充电桩", "name_change", "contract")
    ]
    assert await count("promise") == 0


async def test_files_are_read_by_their_names(db, tmp_path):
    from backend.integration.service import import_file

    plain, packed = tmp_path / "c.ndjson", tmp_path / "c.csv.gz"
    plain.write_bytes(ndjson([CUSTOMER]))
    packed.write_bytes(gzip.compress("id,name,kind\nC2,陈静,commercial\n".encode()))

    first = await import_file("customers", plain, dry_run=False, notify=True)
    second = await import_file("customers", packed, dry_run=False, notify=True)

    assert (first["created"], second["created"]) == (1, 1)
    assert set(first) == {
        "received",
        "created",
        "updated",
        "unchanged",
        "rejected",
        "errors",
        "errors_omitted",
    }
