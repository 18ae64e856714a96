"""Make the invented registers: adopted tiers, safety reports, hidden dangers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layers.liyang.pens import Case, Row


def make_tiers(case: Case) -> list[Row]:
    """Make the register of adopted tiers, a few units left out."""
    dice = random.Random(13)
    park, firm, mine = (
        "化工园区：应急〔2023〕123号",
        "企业：应急〔2018〕19号",
        "非煤矿山：示例分级办法",
    )
    province = "江苏省政府令第140号"
    rows: list[tuple[str, ...]] = [("parks/P1", "orange", park), ("parks/P2", "yellow", park)]
    for index, (_, row) in enumerate(case.layers["plants"]):
        if index % 5 != 4:
            tier = ("red", "orange", "yellow", "blue", "yellow")[index % 4 + (index % 3 == 0)]
            rows.append((f"plants/{row['id']}", tier, firm))
    rows.append(("plants/E02", "yellow", f"企业：{province}"))
    rows.append(("plants/E08", "orange", f"企业：{province}"))
    rows.append(("plants/E05", "red", firm, "2019-05-01", "2022-05-01"))
    for index, (_, row) in enumerate(case.layers["quarries"]):
        if index not in {4, 7}:
            tier = ("orange", "yellow", "blue")[index % 3]
            rows.append((f"quarries/{row['id']}", tier, mine))
    odds = ["red", "orange", "orange", "yellow", "yellow", "yellow", "blue"]
    for index, (_, row) in enumerate(case.layers["units"]):
        if index % 4 != 3:
            rows.append((f"units/{row['id']}", dice.choice(odds), f"风险单元：{province}"))
    made = []
    for number, (unit, tier, scheme, *days) in enumerate(rows, start=1):
        date, until = days or ("2024-06-30", "2027-06-30")
        row = {"unit": unit, "tier": tier, "scheme": scheme, "assessor": "示例评价机构"}
        row |= {"date": date, "valid_until": until, "document": f"示例评字〔{date[:4]}〕{number}号"}
        made.append(row)
    return made


def make_reports(case: Case) -> list[Row]:
    """Make the external distances that invented reports state, for two plant units of three."""
    metres = {"tank_farm": 190.0, "production_unit": 260.0, "class_a_warehouse": 90.0}
    metres["class_a_workshop"] = 80.0
    shares = {"high_sensitive": 1.0, "general_1": 1.0, "general_2": 0.62, "general_3": 0.4}
    made: list[Row] = []
    for index, (_, unit) in enumerate(case.layers["units"]):
        if index % 3 == 2 or unit["kind"] not in metres:
            continue
        for size, share in shares.items():
            if index % 8 == 4 and size == "general_3":
                continue
            made.append(
                {
                    "unit": f"units/{unit['id']}",
                    "receptor_class": size,
                    "distance_m": round(metres[unit["kind"]] * share),
                    "line": unit["reference"],
                    "report": f"示例安评〔2024〕{index + 1}号",
                    "agency": "示例安全评价机构",
                    "date": "2024-03-15",
                }
            )
    return made


# What a unit of a kind holds beside what plan.toml adds: name, CAS, hazard class, tonnes.
USUAL_STOCKS: dict[str, tuple[tuple[str, str, str, float], ...]] = {
    "tank_farm": (("甲醇", "67-56-1", "W5.3", 620.0),),
    "production_unit": (
        ("环氧乙烷", "75-21-8", "", 4.0),
        ("环氧丙烷", "75-56-9", "W5.1", 8.0),
    ),
}


def make_stocks(case: Case) -> list[Row]:
    """Make the register of stocks: what usual units hold, and what the plan adds."""
    found = [
        {"unit": f"units/{unit['id']}", "substance": name, "cas": cas, "class": size, "t": tonnes}
        for _, unit in case.layers["units"]
        for name, cas, size, tonnes in USUAL_STOCKS.get(unit["kind"], ())
    ]
    found += [{"t": None, **plan} for plan in case.plan["stock"]]
    found.sort(key=lambda row: str(row["unit"]))
    return [
        {
            "id": f"K{number}",
            "unit": row["unit"],
            "substance": row["substance"],
            "cas": row.get("cas") or None,
            "hazard_class": row.get("class") or None,
            "quantity_t": row["t"],
            "share": row.get("share"),
            "document": f"示例重备〔2025〕{number}号",
            "date": "2025-05-20",
        }
        for number, row in enumerate(found, start=1)
    ]


def make_dangers(case: Case) -> list[Row]:
    """Make the hidden-danger records: some judged with person, date and document."""
    made: list[Row] = []
    for number, plan in enumerate(case.plan["danger"], start=1):
        judged = plan["judged"]
        made.append(
            {
                "id": f"H{number}",
                "unit": plan["unit"],
                "content": plan["content"],
                "criterion": plan.get("criterion"),
                "level": plan.get("level", "major"),
                "found_on": f"2025-0{number}-12",
                "source": plan["source"],
                "judged_by": "示例判定人" if judged else None,
                "judged_on": f"2025-0{number}-20" if judged else None,
                "document": f"示例隐判〔2025〕{number}号" if judged else None,
                "status": plan["status"],
                "measures": "示例措施",
                "responsible": "示例责任人",
                "funds": "5万元",
                "due": "2025-10-31" if plan["status"] == "overdue" else "2026-03-31",
                "plan": "示例预案",
            }
        )
    return made
