"""Draw invented individual-risk contours, reaches around units with no QRA behind them.

Projects that are approved and not yet built stand here too: they are what contours and
control lines are asked about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from layers.liyang.pens import blob, shift_to

if TYPE_CHECKING:
    from layers.liyang.pens import Case, Row


def draw_contours(case: Case) -> None:
    """Draw each plan row's contours around the units of its park or plant, and projects."""
    for plan in case.plan["contour"]:
        members = {plan["of"]} | {
            f"plants/{row['id']}"
            for _, row in case.layers["plants"]
            if f"parks/{row['park']}" == plan["of"]
        }
        own = [shape for shape, row in case.layers["units"] if row.get("unit_of") in members]
        _, firm = case.get(plan["of"].split("/")[1])
        for number, (risk, reach) in enumerate(plan["reach"], start=1):
            shape = shapely.union_all([unit.buffer(reach, quad_segs=8) for unit in own])
            row: Row = {"id": f"{plan['id']}{number}", "name": f"{firm['name']}风险等值线{number}"}
            row |= {"owner": firm["owner"], "unit_of": plan["of"], "stage": plan["stage"]}
            row |= {"risk_per_year": risk, "report": plan["report"], "date": plan["date"]}
            row["agency"] = "示例安全评价机构"
            case.add("contours", shape.simplify(1.0), row)
    for number, plan in enumerate(case.plan["project"]):
        source = case.shape(plan["of"])
        east, north = plan["toward"]
        start = blob((source.centroid.x + east, source.centroid.y + north), 60.0, 901 + number)
        row = {name: plan[name] for name in ("id", "name", "kind", "document", "established")}
        row |= {"receptor_class": plan["receptor_class"], "persons": plan["persons"]}
        case.add("projects", shift_to(start, source, plan["gap"]), row)
