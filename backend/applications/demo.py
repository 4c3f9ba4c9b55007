"""The applications of the demo bureau, in every state, dated around today, as rows of the feed.

Written as a clerk would tell them: so many working days ago, at this hour, this stage. Days are working
days before today, so the deadlines fall where the story needs them whatever day it is.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from backend.core import clock
from backend.promises.service import CALENDAR

Row = dict[str, Any]
# days ago, time, stage, state, what the customer reads, what comes next
Step = tuple[int, str, str, str, str, str]

S, D, W, R, X = "started", "done", "waiting_customer", "resumed", "rejected"


def applications() -> list[Row]:
    return [_application(story) for story in STORIES]


def events() -> list[Row]:
    """In order of time, as a core system would send them."""
    rows = [row for story in STORIES for row in _events(story)]
    return sorted(rows, key=lambda row: str(row["at"]))


def _application(story: Row) -> Row:
    days, at = story["submitted"]
    row = {
        "id": story["id"],
        "type": story["type"],
        "customer_id": story["customer"],
        "submitted_at": _moment(days, at),
    }
    optional = ("usage_point_id", "voltage", "sources", "title")
    return row | {name: story[name] for name in optional if name in story}


def _events(story: Row) -> Iterator[Row]:
    for number, (days, at, stage, state, note, next_step) in enumerate(story["steps"], start=1):
        row = {
            "id": f"{story['id']}-{number:02d}",
            "application_id": story["id"],
            "at": _moment(days, at),
            "stage": stage,
            "state": state,
        }
        words = {"note": note, "next_step": next_step}
        yield row | {name: text for name, text in words.items() if text}


def _moment(days: int, at: str) -> str:
    """A time in China, `days` working days ago; never in the future."""
    moment = datetime.combine(_working_day(days), time.fromisoformat(at), clock.CHINA)
    return min(moment, clock.now().astimezone(clock.CHINA)).isoformat(timespec="seconds")


def _working_day(days_ago: int) -> date:
    """Today or the last working day for 0; one more back for each number."""
    day = clock.today()
    while not CALENDAR.is_working_day(day):
        day -= timedelta(days=1)
    for _ in range(days_ago):
        day -= timedelta(days=1)
        while not CALENDAR.is_working_day(day):
            day -= timedelta(days=1)
    return day


STORIES: list[Row] = [
    # 李明: a charging point under way and on time …
    {
        "id": "QH2611020231", "type": "ev_charger", "customer": "C100002",
        "usage_point_id": "3205110413", "title": "地下车库 B-217 充电桩", "submitted": (6, "09:12"),
        "steps": [
            (6, "09:40", "accepted", D, "资料齐全，一次受理：身份证、车位产权证明、物业同意书。", ""),
            (5, "10:05", "survey", S, "王师傅已与您约好上门时间。", ""),
            (4, "15:20", "survey", D, "车位距表箱 38 米，桥架可用，具备装表条件。", ""),
            (4, "16:00", "plan", S, "", ""),
            (3, "11:30", "plan", D, "单相 220 伏、7 千瓦，由 T0105 台区供电，表箱装在车位立柱旁。", ""),
            (1, "10:10", "contract", S, "供用电合同正在拟定，拟好后在营业厅或上门签署。", "合同签订后 5 个工作日内装表"),
        ],
    },
    # … more capacity for the flat, due any moment …
    {
        "id": "QH2611130087", "type": "lv_residential_increase", "customer": "C100002",
        "usage_point_id": "3205110412", "title": "5 幢 0802 增容到 16 千瓦", "submitted": (4, "14:05"),
        "steps": [
            (4, "14:30", "accepted", D, "网上受理，资料齐全。", ""),
            (3, "09:50", "survey", D, "进户线截面满足增容要求。", ""),
            (2, "10:20", "plan", D, "更换 60 安电能表，不收业务费。", ""),
            (1, "15:45", "contract", D, "电子合同已签。", ""),
            (0, "08:40", "install", S, "装表班已领取电能表。", "上门换表约 20 分钟，需短时停电"),
        ],
    },
    # … and a finished one.
    {
        "id": "QH2609080412", "type": "household_size", "customer": "C100002",
        "usage_point_id": "3205110412", "submitted": (48, "10:00"),
        "steps": [
            (48, "10:20", "accepted", D, "户口簿 5 人，资料齐全。", ""),
            (47, "09:10", "survey", D, "资料核实无误。", ""),
            (46, "16:30", "contract", D, "每月各档电量增加 100 度，从下个抄表周期起执行。", ""),
        ],
    },
    # 张桂兰: we wait for a paper from her …
    {
        "id": "QH2611090156", "type": "transfer", "customer": "C100001",
        "usage_point_id": "3205110367", "title": "3 幢 1101 过户", "submitted": (8, "09:30"),
        "steps": [
            (8, "10:00", "accepted", S, "资料正在审核。", ""),
            (7, "09:20", "accepted", W, "还缺房产证（不动产权证）复印件，请您或家人带到营业厅，不用重新排队。",
             "收到后当天继续办理"),
        ],
    },
    # … and a meter test that is late, with the reason.
    {
        "id": "QH2611050098", "type": "meter_test", "customer": "C100001",
        "usage_point_id": "3205110367", "title": "电能表校验", "submitted": (9, "15:00"),
        "steps": [
            (9, "15:20", "accepted", D, "登记表计疑问：近两个月电量比往年多。", ""),
            (8, "10:30", "survey", D, "已换上临时表，原表送检。", ""),
            (7, "09:00", "final_inspection", S, "原表已送到市计量中心。", ""),
            (2, "11:15", "final_inspection", S, "市计量中心检定台维修，您的电能表排在第 3 批。",
             "检定台已恢复，后天出具检定结果并电话告知您"),
        ],
    },
    # 青禾精密制造: more capacity at 10 kV, late with the reason …
    {
        "id": "QH2610300017", "type": "hv_increase", "customer": "C200001",
        "usage_point_id": "3205900101", "voltage": "10kV", "sources": 1,
        "title": "主厂区增容 2500→4000 kVA", "submitted": (14, "09:05"),
        "steps": [
            (14, "10:00", "accepted", D, "资料齐全，客户经理李敏负责。", ""),
            (11, "16:10", "survey", D, "现场勘查完成，增加一台 1600 千伏安变压器。", ""),
            (10, "09:00", "plan", S, "正在编制供电方案。", ""),
            (3, "17:20", "plan", S, "工业一线负荷接近上限，需要校核从工业二线转供的方案。",
             "配网规划部本周五前完成校核，下周一答复供电方案"),
        ],
    },
    # … a design to be drawn by the customer's own firm …
    {
        "id": "QH2609250009", "type": "hv_new", "customer": "C200001", "voltage": "10kV", "sources": 2,
        "title": "三期厂房双电源新装", "submitted": (30, "09:30"),
        "steps": [
            (30, "10:10", "accepted", D, "资料齐全。", ""),
            (26, "15:00", "survey", D, "", ""),
            (14, "11:00", "plan", D, "双电源：工业一线主供，工业二线备供，容量 3150 千伏安。", ""),
            (12, "09:40", "fee", D, "高可靠性供电费已到账。", ""),
        ],
    },
    # … solar power on time …
    {
        "id": "QH2611110044", "type": "pv_nonresidential", "customer": "C200001",
        "usage_point_id": "3205900104", "voltage": "380V", "title": "仓储中心屋顶光伏 400 千瓦",
        "submitted": (5, "13:30"),
        "steps": [
            (5, "14:00", "accepted", D, "项目备案、屋顶产权资料齐全。", ""),
            (2, "15:30", "survey", D, "屋顶朝向与接入点已确认。", ""),
            (1, "09:00", "plan", S, "正在编制接入系统方案。", ""),
        ],
    },
    # … a rejected one and a finished one.
    {
        "id": "QH2610200061", "type": "ev_charger", "customer": "C200001",
        "usage_point_id": "3205900106", "title": "员工宿舍充电桩 12 个", "submitted": (20, "10:00"),
        "steps": [
            (20, "10:30", "accepted", D, "", ""),
            (18, "14:00", "survey", X, "宿舍停车场位于消防通道，消防部门未同意，无法安装。",
             "可改选厂区东侧停车场重新申请，资料不用再交"),
        ],
    },
    {
        "id": "QH2609020005", "type": "suspend", "customer": "C200001",
        "usage_point_id": "3205900103", "title": "表面处理车间 630 kVA 变压器暂停", "submitted": (50, "09:00"),
        "steps": [
            (50, "09:30", "accepted", D, "", ""),
            (48, "10:00", "survey", D, "", ""),
            (46, "15:00", "install", D, "已现场封停，基本电费从封停之日起减收。", ""),
        ],
    },
    # Others in town: what staff see besides.
    {
        "id": "QH2611060033", "type": "lv_nonresidential_new", "customer": "C200002",
        "voltage": "380V", "title": "湖畔餐厅新装", "submitted": (10, "11:00"),
        "steps": [
            (10, "11:20", "accepted", D, "", ""),
            (8, "10:00", "survey", D, "", ""),
            (7, "09:30", "plan", S, "", ""),
        ],
    },
    {
        "id": "QH2611170012", "type": "pv_residential", "customer": "C100003",
        "usage_point_id": "3205120155", "title": "学府里 2 幢屋顶光伏 8 千瓦", "submitted": (3, "09:00"),
        "steps": [
            (3, "09:25", "accepted", D, "资料齐全。", ""),
            (1, "14:20", "survey", D, "屋面和接入点已查勘。", ""),
        ],
    },
    {
        "id": "QH2611180020", "type": "tariff_change", "customer": "C300001",
        "usage_point_id": "3205700003", "title": "学校食堂改类", "submitted": (2, "10:40"),
        "steps": [(2, "11:00", "accepted", D, "", "")],
    },
    {
        "id": "QH2611100075", "type": "lv_residential_new", "customer": "C110004",
        "title": "河东村 1 组新建住宅", "submitted": (3, "08:50"),
        "steps": [
            (3, "09:10", "accepted", D, "", ""),
            (2, "10:00", "survey", D, "", ""),
            (1, "16:00", "plan", D, "三相四线 380 伏供电。", ""),
        ],
    },
]  # fmt: skip
