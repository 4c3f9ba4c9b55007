"""The people and places of the demo bureau 青禾供电局, as rows of the feed.

A small town: three estates in town, an old quarter, an industrial park and two villages, each on its own
feeder. Everything is invented; numbers follow the forms of the trade (户号 of ten digits, meters of twelve).
"""

from typing import Any

Row = dict[str, Any]

SIGN_INS = (
    ("13800000001", "张桂兰 · an elderly customer, helped by her daughter"),
    ("13800000002", "李明 · a household with an EV charger application under way"),
    ("13800000003", "陈静 · finance of 青禾精密制造, six sites"),
    ("13800000101", "李敏 · account manager"),
    ("13800000102", "王强 · service agent"),
    ("13800000103", "赵红 · supervisor"),
)

STAFF: list[Row] = [
    {
        "id": "QH0101",
        "name": "李敏",
        "role": "manager",
        "phone": "13800000101",
        "department": "大客户服务中心",
    },
    {
        "id": "QH0102",
        "name": "王强",
        "role": "agent",
        "phone": "13800000102",
        "department": "客户服务中心",
    },
    {
        "id": "QH0103",
        "name": "赵红",
        "role": "supervisor",
        "phone": "13800000103",
        "department": "客户服务中心",
    },
    {
        "id": "QH0104",
        "name": "周伟",
        "role": "manager",
        "phone": "13800000104",
        "department": "大客户服务中心",
    },
]

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

NAMED: list[Row] = [
    {"id": "C100001", "name": "张桂兰", "kind": "residential", "phone": "13800000001"},
    {"id": "C100002", "name": "李明", "kind": "residential", "phone": "13800000002"},
    {
        "id": "C200001",
        "name": "青禾精密制造有限公司",
        "kind": "industrial",
        "phone": "13800000003",
        "manager": "QH0101",
        "service_level": "重点客户",
    },
    {"id": "C100003", "name": "孙晓燕", "kind": "residential", "phone": "13800000004"},
    {
        "id": "C200002",
        "name": "明湖大酒店",
        "kind": "commercial",
        "phone": "13800000005",
        "manager": "QH0104",
    },
    {
        "id": "C300001",
        "name": "青禾镇第一中学",
        "kind": "public",
        "phone": "13800000006",
        "manager": "QH0104",
    },
    {"id": "C400001", "name": "柳湾村排灌站", "kind": "agricultural", "phone": "13800000007"},
]

# customer, 户号, address, area, voltage, category, kVA, feeder, transformer, tariff, meter
NAMED_POINTS = (
    (
        "C100001",
        "3205110367",
        "青禾大道 18 号青禾花园 3 幢 1101",
        "青禾花园",
        "220V",
        "居民生活",
        8,
        "F01 青禾线",
        "T0103",
        "residential_monthly",
        "320511036718",
        2,
    ),
    (
        "C100002",
        "3205110412",
        "青禾大道 18 号青禾花园 5 幢 0802",
        "青禾花园",
        "220V",
        "居民生活",
        8,
        "F01 青禾线",
        "T0105",
        "residential_monthly",
        "320511041226",
        4,
    ),
    (
        "C100002",
        "3205110413",
        "青禾大道 18 号青禾花园地下车库 B-217",
        "青禾花园",
        "220V",
        "居民生活",
        7,
        "F01 青禾线",
        "T0105",
        "residential_monthly",
        "320511041334",
        None,
    ),
    (
        "C100003",
        "3205120155",
        "学府路 33 号学府里 2 幢 0603",
        "学府里",
        "220V",
        "居民生活",
        8,
        "F02 文昌线",
        "T0202",
        "residential_monthly",
        "320512015542",
        3,
    ),
    (
        "C200001",
        "3205900101",
        "青禾工业园一路 1 号主厂区",
        "工业园",
        "10kV",
        "大工业",
        2500,
        "F11 工业一线",
        "T1101",
        "two_part_industrial",
        "320590010150",
        None,
    ),
    (
        "C200001",
        "3205900102",
        "青禾工业园一路 3 号二厂",
        "工业园",
        "10kV",
        "大工业",
        1600,
        "F11 工业一线",
        "T1102",
        "two_part_industrial",
        "320590010258",
        None,
    ),
    (
        "C200001",
        "3205900103",
        "青禾工业园二路 8 号表面处理车间",
        "工业园",
        "10kV",
        "大工业",
        1250,
        "F12 工业二线",
        "T1201",
        "two_part_industrial",
        "320590010366",
        None,
    ),
    (
        "C200001",
        "3205900104",
        "青禾工业园二路 10 号仓储中心",
        "工业园",
        "380V",
        "一般工商业",
        315,
        "F12 工业二线",
        "T1202",
        "commercial_single",
        "320590010474",
        None,
    ),
    (
        "C200001",
        "3205900105",
        "青禾大道 66 号研发楼",
        "青禾花园",
        "380V",
        "一般工商业",
        400,
        "F01 青禾线",
        "T0109",
        "commercial_single",
        "320590010582",
        None,
    ),
    (
        "C200001",
        "3205900106",
        "青禾工业园一路 5 号员工宿舍",
        "工业园",
        "380V",
        "居民生活",
        250,
        "F11 工业一线",
        "T1103",
        "residential_monthly",
        "320590010690",
        None,
    ),
    (
        "C200002",
        "3205800021",
        "环湖路 1 号",
        "明湖新村",
        "10kV",
        "一般工商业",
        1000,
        "F03 明湖线",
        "T0301",
        "commercial_single",
        "320580002106",
        None,
    ),
    (
        "C300001",
        "3205700003",
        "学府路 1 号",
        "学府里",
        "10kV",
        "一般工商业",
        630,
        "F02 文昌线",
        "T0201",
        "commercial_single",
        "320570000314",
        None,
    ),
    (
        "C400001",
        "3205600009",
        "柳湾村东闸口",
        "柳湾村",
        "380V",
        "农业生产",
        200,
        "F21 河东线",
        "T2104",
        "agricultural",
        "320560000922",
        None,
    ),
)
SENSITIVE = {"3205110367": "sensitive", "3205800021": "important", "3205700003": "important"}


def staff() -> list[Row]:
    return STAFF


def customers() -> list[Row]:
    """The named ones and sixty households of the town; those have no phone and so get no message."""
    return [
        *NAMED,
        *(
            {"id": f"C11{number:04d}", "name": _neighbour(number), "kind": "residential"}
            for number in range(60)
        ),
    ]


def usage_points() -> list[Row]:
    return [*(_named_point(*point) for point in NAMED_POINTS), *(_household(n) for n in range(60))]


def _neighbour(number: int) -> str:
    return SURNAMES[number % len(SURNAMES)] + GIVEN[number * 7 % len(GIVEN)]


def _named_point(*point: Any) -> Row:
    (
        customer,
        no,
        address,
        area,
        voltage,
        category,
        kva,
        feeder,
        transformer,
        tariff,
        meter,
        size,
    ) = point
    place = next((place for place in PLACES if place[0] == area), PLACES[0])
    offset = int(no[-3:]) / 1e6
    row = {
        "id": no, "customer_id": customer, "address": address, "area": area,
        "lat": round(place[3] + offset, 6), "lon": round(place[4] - offset, 6),
        "voltage": voltage, "category": category, "capacity_kva": kva, "feeder": feeder,
        "transformer": transformer, "tariff": tariff, "meter": meter,
        "priority": SENSITIVE.get(no, "none"),
    }  # fmt: skip
    return row | ({"household_size": size} if size else {})


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
