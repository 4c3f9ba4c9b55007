"""The people and places of the demo bureau 青禾供电局, as rows of the feed.

A small town: three estates in town, an old quarter, an industrial park and two villages, each on its own
feeder. Everything is invented; numbers follow the forms of the trade (户号 of ten digits, meters of twelve).
"""

import tomllib
from pathlib import Path
from typing import Any

Row = dict[str, Any]
ROWS = Path(__file__).with_name("demo.toml")
HOUSEHOLDS = 60

SIGN_INS = (
    ("13800000001", "张桂兰 · an elderly customer, helped by her daughter"),
    ("13800000002", "李明 · a household with an EV charger application under way"),
    ("13800000003", "陈静 · finance of 青禾精密制造, six sites"),
    ("13800000101", "李敏 · account manager"),
    ("13800000102", "王强 · service agent"),
    ("13800000103", "赵红 · supervisor"),
)

# area, feeder, street address of a building, latitude, longitude
PLACES = (
    ("青禾花园", "F01 青禾线", "青禾大道 18 号青禾花园 {} 幢", 31.3021, 120.6130),
    ("明湖新村", "F03 明湖线", "环湖路 6 号明湖新村 {} 幢", 31.2964, 120.6088),
    ("学府里", "F02 文昌线", "学府路 33 号学府里 {} 幢", 31.3058, 120.6201),
    ("文昌老街", "F02 文昌线", "文昌路 {} 号", 31.3040, 120.6167),
    ("河东村", "F21 河东线", "河东村 {} 组", 31.2871, 120.6345),
    ("柳湾村", "F21 河东线", "柳湾村 {} 组", 31.2833, 120.6410),
)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = (
    "秀英",
    "建国",
    "海燕",
    "志强",
    "丽华",
    "文博",
    "雨桐",
    "国庆",
    "玉兰",
    "俊杰",
    "晓梅",
    "永康",
)


def staff() -> list[Row]:
    return _named("staff")


def customers() -> list[Row]:
    """The named ones and sixty households of the town; those have no phone and so get no message."""
    neighbours = (
        {"id": f"C11{number:04d}", "name": _neighbour(number), "kind": "residential"}
        for number in range(HOUSEHOLDS)
    )
    return [*_named("customers"), *neighbours]


def usage_points() -> list[Row]:
    return [*_named("usage_points"), *(_household(number) for number in range(HOUSEHOLDS))]


def _named(kind: str) -> list[Row]:
    found: list[Row] = tomllib.loads(ROWS.read_text(encoding="utf-8"))[kind]
    return found


def _neighbour(number: int) -> str:
    return SURNAMES[number % len(SURNAMES)] + GIVEN[number * 7 % len(GIVEN)]


def _household(number: int) -> Row:
    area, feeder, street, lat, lon = PLACES[number % len(PLACES)]
    building = number // len(PLACES) + 1
    no = f"32051{3 + number % len(PLACES)}{number:04d}"
    return {
        "id": no, "customer_id": f"C11{number:04d}",
        "address": f"{street.format(building)} {building % 6 + 1:02d}{number % 4 + 1:02d} 室",
        "area": area, "lat": round(lat + building * 3e-4, 6), "lon": round(lon + building * 2e-4, 6),
        "voltage": "220V", "category": "居民生活", "capacity_kva": 8, "feeder": feeder,
        "transformer": f"T{feeder[1:3]}{building:02d}", "tariff": "residential_monthly",
        "meter": f"{no}{number % 90 + 10}", "household_size": number % 4 + 1,
    }  # fmt: skip
