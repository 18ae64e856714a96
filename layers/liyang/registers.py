"""Write the invented registers: tiers, reports, consents, hidden dangers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from layers.liyang.pens import Row, write_register

if TYPE_CHECKING:
    from shapely import Polygon


def registers(
    plots: list[tuple[Polygon, Row]],
    units: list[tuple[Polygon, Row]],
    pits: list[tuple[Polygon, Row]],
) -> None:
    """Write tiers, safety reports, consents and hidden dangers."""
    dice = random.Random(13)
    tiers: list[Row] = []

    def adopt(
        unit: str, tier: str, scheme: str, date: str = "2024-06-30", until: str = "2027-06-30"
    ) -> None:
        tiers.append(
            {
                "unit": unit,
                "tier": tier,
                "scheme": scheme,
                "assessor": "示例评价机构",
                "date": date,
                "valid_until": until,
                "document": f"示例评字〔{date[:4]}〕{len(tiers) + 1}号",
            }
        )

    adopt("parks/P1", "orange", "化工园区：应急〔2023〕123号")
    adopt("parks/P2", "yellow", "化工园区：应急〔2023〕123号")
    for index, (_, firm) in enumerate(plots):
        if index % 5 != 4:
            adopt(
                f"plants/{firm['id']}",
                ["red", "orange", "yellow", "blue", "yellow"][index % 4 + (index % 3 == 0)],
                "企业：应急〔2018〕19号",
            )
    adopt("plants/E02", "orange", "企业：江苏省政府令第140号")
    adopt("plants/E05", "red", "企业：应急〔2018〕19号", "2019-05-01", "2022-05-01")
    for index, (_, mine) in enumerate(pits):
        if index not in {4, 8}:
            adopt(
                f"quarries/{mine['id']}",
                ["orange", "yellow", "blue"][index % 3],
                "非煤矿山：示例分级办法",
            )
    for index, (_, unit) in enumerate(units):
        if index % 4 != 3:
            adopt(
                f"units/{unit['id']}",
                dice.choice(["red", "orange", "orange", "yellow", "yellow", "yellow", "blue"]),
                "风险单元：江苏省政府令第140号",
            )
    write_register("tier_register", tiers)
    write_register("safety_reports", safety_reports(units))
    write_register(
        "consents",
        [
            {
                "source": "quarries/M5",
                "target": "facilities/S1",
                "rule": "cn.pipe.mine.500",
                "number": "示例管保〔2024〕3号",
                "authority": "示例主管部门",
                "date": "2024-04-02",
                "valid_until": "2027-04-01",
            },
            {
                "source": "quarries/M6",
                "target": "railways/R1a",
                "rule": "cn.rail.mine.1000",
                "number": "示例铁协〔2023〕7号",
                "authority": "示例铁路运输企业、示例主管部门",
                "date": "2023-09-10",
                "valid_until": "2026-09-09",
            },
            {
                "source": "quarries/M4",
                "target": "pipelines/L1",
                "rule": "cn.pipe.mine.200",
                "number": "示例管保〔2020〕1号",
                "authority": "示例主管部门",
                "date": "2020-05-01",
                "valid_until": "2023-04-30",
            },
        ],
    )
    dangers(units, pits)


def safety_reports(units: list[tuple[Polygon, Row]]) -> list[Row]:
    """Write the external distances that invented reports state, for half of the units."""
    reports: list[Row] = []
    for index, (_, unit) in enumerate(units):
        if index % 2 or unit["kind"] not in {"tank_farm", "production_unit", "class_a_warehouse"}:
            continue
        for size, share in (
            ("high_sensitive", 1.0),
            ("general_1", 1.0),
            ("general_2", 0.62),
            ("general_3", 0.4),
        ):
            if index % 8 == 4 and size == "general_3":
                continue
            distance = round(
                {"tank_farm": 190.0, "production_unit": 260.0, "class_a_warehouse": 90.0}[
                    str(unit["kind"])
                ]
                * share
            )
            reports.append(
                {
                    "unit": f"units/{unit['id']}",
                    "receptor_class": size,
                    "distance_m": distance,
                    "line": unit["reference"],
                    "report": f"示例安评〔2024〕{index + 1}号",
                    "agency": "示例安全评价机构",
                    "date": "2024-03-15",
                }
            )
    return reports


def dangers(units: list[tuple[Polygon, Row]], pits: list[tuple[Polygon, Row]]) -> None:
    """Write the hidden-danger records: some judged with person, date and document."""
    plan = (
        (
            f"units/{units[0][1]['id']}",
            "示例：罐区可燃气体报警未投用",
            "",
            "inspection",
            True,
            "in_work",
        ),
        (f"units/{units[5][1]['id']}", "示例：自动化控制系统未投用", "", "self", True, "open"),
        (
            f"quarries/{pits[0][1]['id']}",
            "示例：边坡角大于设计值",
            "",
            "inspection",
            True,
            "overdue",
        ),
        (
            f"quarries/{pits[3][1]['id']}",
            "示例：未按设计自上而下分台阶开采",
            "",
            "inspection",
            False,
            "open",
        ),
        (
            f"units/{units[12][1]['id']}",
            "示例：外部安全防护距离待核",
            "cn.mhd.hazchem.2017.3",
            "self",
            False,
            "open",
        ),
        (f"plants/{'E03'}", "示例：涉及重点监管工艺未全流程论证", "", "inspection", True, "closed"),
        (
            f"quarries/{pits[6][1]['id']}",
            "示例：排土场截排水设施失效",
            "",
            "self",
            False,
            "in_work",
        ),
        (f"units/{units[21][1]['id']}", "示例：一般隐患，不上图", "", "self", False, "done"),
    )
    rows: list[Row] = []
    for number, (unit, content, criterion, source, judged, status) in enumerate(plan, start=1):
        rows.append(
            {
                "id": f"H{number}",
                "unit": unit,
                "content": content,
                "criterion": criterion,
                "level": "general" if number == 8 else "major",
                "found_on": f"2025-0{number}-12",
                "source": source,
                "judged_by": "示例判定人" if judged else "",
                "judged_on": f"2025-0{number}-20" if judged else "",
                "document": f"示例隐判〔2025〕{number}号" if judged else "",
                "status": status,
                "measures": "示例措施",
                "responsible": "示例责任人",
                "funds": "5万元",
                "due": "2026-03-31",
                "plan": "示例预案",
            }
        )
    write_register("hidden_dangers", rows)
