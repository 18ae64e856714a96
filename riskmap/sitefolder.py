"""The folder that answers a siting question: one page, and its tables."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from riskmap.claims import rule_facts
from riskmap.io import write_table
from riskmap.provenance import file_digest, software_versions
from riskmap.reply import (
    SITE_COUNTS,
    open_rules,
    problem_rows,
    site_views,
    verdict_counts,
    verdict_word,
)
from riskmap.report import MANIFEST, fill_folder, write_text
from riskmap.style import load_style
from riskmap.verdict import VERDICTS
from riskmap.webmap import render_page
from riskmap.words import code_word, kind_word, knows, say
from riskmap.workbook import findings_table, write_workbook

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from riskmap.site import SiteAnswer
    from riskmap.words import Lang

# Up to this many answers stand unfolded on the page.
_UNFOLDED = 12


def site_page(answer: SiteAnswer, *, lang: Lang) -> str:
    """Write the page of a siting question.

    Parameters
    ----------
    answer : SiteAnswer
        The answer.
    lang : {'zh', 'en'}
        Language of the page.

    Returns
    -------
    str
        HTML that opens with no network.
    """
    tray = answer.tray
    names = {"title": tray.title.read(lang), "year": tray.as_of.year}
    lists, _ = open_rules(answer, lang=lang)
    views = site_views(answer, lang=lang)
    parts = {"n": len(views), "parts": verdict_counts(answer, lang=lang)}
    return render_page(
        "site.html.j2",
        tray,
        title=say("site.title", lang, names),
        lang=lang,
        values={
            "lead": say("site.lead", lang, parts),
            "views": views,
            "counts": SITE_COUNTS,
            "unfolded": sum(view.has_details for view in views) <= _UNFOLDED,
            "lists": lists,
            "rules": {rule.id: rule_facts(rule, lang=lang) for rule in tray.rulebook.rules},
            "verdicts": {name: say(f"verdict.{name}", lang) for name in VERDICTS},
            "surely": _surely(answer),
            "rejected": answer.candidates.counts.rejected,
            "problems": problem_rows(answer, lang=lang),
        },
    )


def _surely(answer: SiteAnswer) -> frozenset[str]:
    """Name the findings whose largest possible distance is below the least required."""
    near = answer.too_near
    return frozenset(near.loc[near["high_m"] < near["required_least_m"], "finding_id"])


def site_tables(answer: SiteAnswer, *, lang: Lang) -> dict[str, pd.DataFrame]:
    """Write every table of a siting question, in words.

    Parameters
    ----------
    answer : SiteAnswer
        The answer.
    lang : {'zh', 'en'}
        Language of headings and words.

    Returns
    -------
    dict of str to pandas.DataFrame
        Tables by name: site, site_findings (what asks for something; complying pairs are in
        the GeoParquet), site_too_near, and site_unanswered by the lists that site names.
    """
    sites = pd.DataFrame(answer.sites.drop(columns=["geometry", "form"]))
    rules = {rule.id: rule for rule in answer.tray.rulebook.rules}
    sites["verdict"] = [verdict_word(str(name), lang) for name in sites["verdict"]]
    sites["place"] = [say(f"site.place.{name}", lang) for name in sites["place"]]
    sites["kind"] = [
        kind_word(kind, role, lang) for kind, role in zip(sites["kind"], sites["role"], strict=True)
    ]
    sites["rule"] = [rules[name].citation(lang) if name else "" for name in sites["rule"]]
    sites["missing"] = [
        say("facts.comma", lang).join(code_word("field", name, lang) for name in held.split(", "))
        for held in sites["missing"]
    ]
    lists, of = open_rules(answer, lang=lang)
    sites["list"] = [of.get(ref, 0) for ref in sites["ref"]]
    unanswered = [
        {
            "list": number,
            "rule": row.rule.title,
            "coverage": row.word,
            "why": row.why,
            "citation": row.rule.citation,
            "rule_status": row.rule.status,
            "rule_id": row.rule_id,
        }
        for number, held in enumerate(lists, start=1)
        for row in held.rows
    ]
    return {
        "site": _headed(sites.drop(columns="role"), lang),
        "site_findings": _written(answer, answer.asking, lang),
        "site_too_near": _written(answer, answer.too_near, lang),
        "site_unanswered": _headed(pd.DataFrame(unanswered), lang),
    }


def _written(answer: SiteAnswer, findings: gpd.GeoDataFrame, lang: Lang) -> pd.DataFrame:
    tray = replace(answer.tray, findings=findings.reset_index(drop=True))
    return findings_table(tray, lang=lang)


def _headed(table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    own = {name: f"site.column.{name}" for name in table.columns}
    keys = {name: key if knows(key) else f"column.{name}" for name, key in own.items()}
    return table.rename(columns={name: say(key, lang) for name, key in keys.items()})


def write_answer(answer: SiteAnswer, *, out: Path, lang: Lang) -> Path:
    """Write page and tables of a siting question into one folder.

    Parameters
    ----------
    answer : SiteAnswer
        The answer.
    out : pathlib.Path
        Folder to write; what riskmap wrote there before is replaced at the very end.
    lang : {'zh', 'en'}
        Language of the outputs.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    OutputError
        When the folder cannot be written, or holds what riskmap did not write.
    """

    def fill(folder: Path) -> None:
        tables = folder / "tables"
        tables.mkdir()
        written = site_tables(answer, lang=lang)
        for name, table in written.items():
            write_table(table, path=tables / f"{name}.csv")
        write_workbook(
            written,
            path=tables / "site.xlsx",
            lang=lang,
            printed=answer.tray.marks.printed,
            style=load_style(),
        )
        for name, frame in (("site", answer.sites), ("findings", answer.tray.findings)):
            placed = frame.to_crs("EPSG:4326")
            write_table(placed, path=tables / f"{name}.parquet")
            write_text(tables / f"{name}.geojson", placed.to_json(drop_id=True) + "\n")
        write_text(folder / "site.html", site_page(answer, lang=lang))
        write_text(folder / MANIFEST, _manifest(answer, folder))

    return fill_folder(out, fill=fill) / "site.html"


def _manifest(answer: SiteAnswer, folder: Path) -> str:
    tray, spec = answer.tray, answer.candidates.spec
    verdicts = answer.sites["verdict"].value_counts()
    manifest = {
        "case": tray.case,
        "assessment_date": tray.as_of.isoformat(),
        "rulebook_digest": tray.rulebook.digest,
        "candidates": {
            "file": spec.file,
            "sha256": answer.candidates.digest,
            "declared": spec.model_dump(mode="json", exclude_defaults=True),
            "rows_in": answer.candidates.counts.rows_in,
            "rejected": answer.candidates.counts.rejected,
        },
        "inputs": {layer.spec.id: layer.digest for layer in tray.layers},
        "verdicts": {str(name): int(count) for name, count in sorted(verdicts.items())},
        "versions": software_versions(),
        "outputs": {
            path.relative_to(folder).as_posix(): file_digest(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    }
    return json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
