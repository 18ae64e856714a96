"""Make the invented registers: adopted tiers, scores, safety reports, hidden dangers."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layers.liyang.pens import Case, Row


def make_tiers(case: Case) -> list[Row]:
    """Make the register of adopted tiers, a few units left out."""
    dice = random.Random(13)
    # Ids of tier schemes, and free text where the assessor has a scheme of its own.
    park, firm, mine = ("cn.tier.park_2023", "cn.tier.firm_2018", "非煤矿山：示例分级办法")
    province = "cn.tier.js_report_140"
    rows: list[tuple[str, ...]] = [("parks/P1", "orange", park), ("parks/P2", "yellow", park)]
    for index, (_, row) in enumerate(case.layers["plants"]):
        if index % 5 != 4:
            tier = ("red", "orange", "yellow", "blue", "yellow")[index % 4 + (index % 3 == 0)]
            rows.append((f"plants/{row['id']}", tier, firm))
    rows.append(("plants/E02", "yellow", province))
    rows.append(("plants/E08", "orange", province))
    rows.append(("plants/E05", "red", firm, "2019-05-01", "2022-05-01"))
    for index, (_, row) in enumerate(case.layers["quarries"]):
        if index not in {4, 7}:
            tier = ("orange", "yellow", "blue")[index % 3]
            rows.append((f"quarries/{row['id']}", tier, mine))
    odds = ["red", "orange", "orange", "yellow", "yellow", "yellow", "blue"]
    for index, (_, row) in enumerate(case.layers["units"]):
        if index % 4 != 3:
            rows.append((f"units/{row['id']}", dice.choice(odds), province))
    made = []
    for number, (unit, tier, scheme, *days) in enumerate(rows, start=1):
        date, until = days or ("2024-06-30", "2027-06-30")
        row = {"unit": unit, "tier": tier, "scheme": scheme, "assessor": "示例评价机构"}
        row |= {"date": date, "valid_until": until, "document": f"示例评字〔{date[:4]}〕{number}号"}
        made.append(row)
    return made


def make_scores() -> list[Row]:
    """Make the register of scores: most agree with what was adopted, some tell a story."""
    firm, park = "cn.tier.firm_2018", "cn.tier.park_2023"
    current, old = ("2024-06-30", "2027-06-30"), ("2019-05-01", "2022-05-01")
    rows: list[tuple[str, str, Row, tuple[str, str]]] = [
        ("plants/E01", firm, {"score": 68, "vetoes": "none"}, current),
        ("plants/E02", firm, {"score": 74.5, "vetoes": "none"}, current),
        ("plants/E03", firm, {"score": 82, "vetoes": "none"}, current),
        # Adopted yellow, computed red: the conflict.
        ("plants/E04", firm, {"score": 58, "vetoes": "none"}, current),
        ("plants/E05", firm, {"score": 55, "vetoes": "none"}, old),
        ("plants/E06", firm, {"score": 71, "vetoes": "none"}, current),
        # 78 points would be yellow; a veto leads straight to red.
        ("plants/E09", firm, {"score": 78, "vetoes": "accidents"}, current),
        # Computed, but nobody has adopted a tier.
        ("plants/E10", firm, {"score": 80, "vetoes": "none"}, current),
        # Nobody said whether a veto stands.
        ("plants/E11", firm, {"score": 84}, current),
        # Assessed before the scheme was there.
        ("plants/E13", firm, {"score": 66, "vetoes": "none"}, ("2017-05-20", "2027-05-19")),
        ("parks/P1", park, {"score": 76}, current),
        ("parks/P2", park, {"score": 66.5}, current),
        ("parks/P1", "cn.tier.park_2019", {"score": 64}, ("2021-05-10", "2024-05-09")),
        ("quarries/M1", "cn.tier.mine_letters", {"letter": "C"}, current),
        ("quarries/M2", "cn.tier.lec", _factors(3, 6, 7), current),
        ("quarries/M3", "cn.tier.lec", _factors(1, 6, 7), current),
        ("quarries/M4", "cn.tier.ls_4x4", {"likelihood": 3, "severity": 3}, current),
        ("units/U01", "cn.tier.firm_area", _area(), current),
    ]
    made = []
    for number, (unit, scheme, values, (day, until)) in enumerate(rows, start=1):
        row: Row = {"id": f"S{number:02}", "unit": unit, "scheme": scheme, **values}
        row |= {"assessor": "示例评价机构", "date": day, "valid_until": until}
        made.append({**row, "document": f"示例评分〔{day[:4]}〕{number}号"})
    return made


def _factors(likelihood: float, exposure: float, consequence: float) -> Row:
    return {"likelihood": likelihood, "exposure": exposure, "consequence": consequence}


def _area() -> Row:
    scores = {"fire": 4, "toxicity": 2, "control_list": 3, "process": 0, "pressure": 1}
    scores |= {"temperature": 2, "people": 2, "people_most": 3, "major_hazard": 3}
    return {f"area_{name}": score for name, score in scores.items()}


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
