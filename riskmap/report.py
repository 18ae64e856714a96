"""The output folder: written beside, then swapped, so that old or new is whole."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyogrio

from riskmap.content import build_title, map_units
from riskmap.errors import OutputError, complain
from riskmap.figure import draw_figure, save_figure
from riskmap.gradepage import grades_page
from riskmap.io import write_geopackage, write_table
from riskmap.pages import (
    OutputLink,
    index_page,
    quality_page,
    review_page,
    rules_page,
    survey_page,
)
from riskmap.progress import Silent
from riskmap.provenance import digest_of, file_digest, software_versions
from riskmap.register import describe_dangers
from riskmap.style import load_style
from riskmap.webmap import draw_map, render_map
from riskmap.words import say
from riskmap.workbook import office_tables, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import geopandas as gpd

    from riskmap.assessment import Assessment
    from riskmap.content import Theme
    from riskmap.progress import Progress
    from riskmap.style import Style
    from riskmap.words import Lang

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class MapJob:
    """Name one map and where its two files go.

    Parameters
    ----------
    theme : {'tier', 'hidden_danger', 'influence'}
        What it is about.
    unit : str
        Reference of its park or mine, empty at city scale.
    stem : str
        Path inside the output folder without suffix.
    """

    theme: Theme
    unit: str
    stem: str


def list_maps(assessment: Assessment, *, all_units: bool = False) -> tuple[MapJob, ...]:
    """List the maps of a run: the city pair, the overlay, a pair for each park and mine.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    all_units : bool, optional
        Also parks and mines without findings.

    Returns
    -------
    tuple of MapJob
        Maps in the order of the index.
    """
    jobs = [
        MapJob("tier", "", "maps/city-tier"),
        MapJob("hidden_danger", "", "maps/city-hidden-danger"),
        MapJob("influence", "", "maps/influence"),
    ]
    taken: set[str] = set()
    for unit in map_units(assessment, all_units=all_units):
        slug = _slug(unit)
        if slug in taken:
            slug = f"{slug}-{digest_of([unit])[:8]}"
        taken.add(slug)
        jobs.append(MapJob("tier", unit, f"maps/units/{slug}-tier"))
        jobs.append(MapJob("hidden_danger", unit, f"maps/units/{slug}-hidden-danger"))
    return tuple(jobs)


def _slug(ref: str) -> str:
    kept = "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in ref)
    plain = kept.strip("-").lower()
    # Whatever is folded away (case, punctuation, Chinese) stays told apart by a digest.
    if re.fullmatch(r"[a-z0-9]+/[A-Za-z0-9]+", ref):
        return plain
    return f"{plain[:40]}-{digest_of([ref])[:8]}".strip("-")


def write_report(
    assessment: Assessment,
    *,
    out: Path,
    lang: Lang,
    all_units: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write every output of a run into one folder.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    out : pathlib.Path
        Folder to write; what riskmap wrote there before is replaced at the very end.
    lang : {'zh', 'en'}
        Language of the outputs.
    all_units : bool, optional
        Also maps of parks and mines without findings.
    progress : Progress, optional
        Told of each file.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    OutputError
        When the folder cannot be written, or holds what riskmap did not write.
    """

    def fill(folder: Path) -> None:
        _Report(assessment, folder, lang, load_style(), progress or Silent()).write(all_units)

    return fill_folder(out, fill=fill)


def fill_folder(out: Path, *, fill: Callable[[Path], None]) -> Path:
    """Write a folder beside its place and swap it in when it is whole.

    Parameters
    ----------
    out : pathlib.Path
        Folder to write; what riskmap wrote there before is replaced at the very end.
    fill : callable
        Writes everything, a manifest among it, into the folder that it is given.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    OutputError
        When the folder cannot be written, or holds what riskmap did not write.
    """
    check_output(out)
    beside = out.parent / f".{out.name}.new"
    try:
        if beside.exists():
            shutil.rmtree(beside)
        beside.mkdir(parents=True)
        fill(beside)
        _swap(beside, out)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise OutputError(
            [complain("error.output_unwritable", {"folder": out, "reason": error.strerror})]
        ) from error
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return out


def check_output(out: Path) -> None:
    """Refuse an output folder that riskmap may not replace, before any work is done.

    Parameters
    ----------
    out : pathlib.Path
        Folder that the user names.

    Raises
    ------
    OutputError
        When it is a file, holds something without a manifest, or cannot be written.
    """
    if out.is_file():
        raise OutputError(
            [complain("error.output_unwritable", {"folder": out, "reason": "not a folder"})]
        )
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise OutputError([complain("error.output_foreign", {"folder": out})])
    parent = out.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        probe = parent / f".{out.name}.probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            [complain("error.output_unwritable", {"folder": out, "reason": error.strerror})]
        ) from error


def _swap(beside: Path, out: Path) -> None:
    old = out.parent / f".{out.name}.old"
    if old.exists():
        shutil.rmtree(old)
    if out.exists():
        out.rename(old)
    try:
        beside.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Report:
    assessment: Assessment
    folder: Path
    lang: Lang
    style: Style
    progress: Progress

    def write(self, all_units: bool) -> None:
        jobs = list_maps(self.assessment, all_units=all_units)
        self.progress.start("step.sheets", len(jobs))
        for job in jobs:
            self._draw(job)
            self.progress.advance(job.stem)
        self.progress.start("step.tables", 3)
        self._tables()
        self.progress.advance("tables")
        self._pages(jobs)
        self.progress.advance("pages")
        self._manifest()
        self.progress.advance(MANIFEST)

    def _draw(self, job: MapJob) -> None:
        stem = self.folder / job.stem
        stem.parent.mkdir(parents=True, exist_ok=True)
        page = render_map(
            draw_map(
                self.assessment, theme=job.theme, unit=job.unit, lang=self.lang, style=self.style
            )
        )
        write_text(stem.with_suffix(".html"), page)
        figure = draw_figure(
            self.assessment, theme=job.theme, unit=job.unit, lang=self.lang, style=self.style
        )
        save_figure(figure, stem.with_suffix(".png"))

    def _tables(self) -> None:
        folder = self.folder / "tables"
        folder.mkdir()
        assessment = self.assessment
        tables = office_tables(assessment, lang=self.lang)
        for name, table in tables.items():
            write_table(table, path=folder / f"{name}.csv")
        write_workbook(
            tables,
            path=folder / "riskmap.xlsx",
            lang=self.lang,
            printed=assessment.marks.printed,
            style=self.style,
        )
        findings = assessment.findings.to_crs("EPSG:4326")
        write_table(findings, path=folder / "findings.parquet")
        layers = {
            "findings": findings,
            "units": assessment.units.to_crs("EPSG:4326"),
            "zones": assessment.zones.to_crs("EPSG:4326"),
            "required_distances": assessment.rings.to_crs("EPSG:4326"),
            "hidden_dangers": _placed(self._dangers()).to_crs("EPSG:4326"),
            "line_protection": assessment.line_protection.to_crs("EPSG:4326"),
        }
        # The file says when it was written; a run that repeats must write the same bytes.
        stamp = f"{assessment.marks.printed.isoformat()}T00:00:00.000Z"
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
        try:
            write_geopackage(layers, path=folder / "riskmap.gpkg")
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})

    def _dangers(self) -> gpd.GeoDataFrame:
        """Say content and citation of each record, and keep the id of its criterion."""
        table = self.assessment.hidden_dangers
        told = describe_dangers(
            pd.DataFrame(table), rulebook=self.assessment.rulebook, lang=self.lang
        )
        return table.assign(content=told["content"], citation=told["criterion"])

    def _pages(self, jobs: Sequence[MapJob]) -> None:
        pages = {
            "review.html": review_page(self.assessment, lang=self.lang, style=self.style),
            "survey.html": survey_page(self.assessment, lang=self.lang),
            "grades.html": grades_page(self.assessment, lang=self.lang),
            "rules.html": rules_page(self.assessment, lang=self.lang),
            "quality.html": quality_page(self.assessment, lang=self.lang),
        }
        for name, page in pages.items():
            write_text(self.folder / name, page)
        index = index_page(self.assessment, lang=self.lang, outputs=self._links(jobs))
        write_text(self.folder / "index.html", index)

    def _links(self, jobs: Sequence[MapJob]) -> tuple[OutputLink, ...]:
        lang = self.lang
        links: list[OutputLink] = []
        for job in jobs:
            title = build_title(self.assessment, theme=job.theme, unit=job.unit).read(lang)
            picture = f"{job.stem}.png"
            files = (("HTML", f"{job.stem}.html"), ("PNG", picture))
            links.append(OutputLink("unit" if job.unit else "map", title, files, picture))
        links += [
            OutputLink("page", say(f"output.{name}", lang), (("HTML", f"{name}.html"),))
            for name in ("review", "survey", "grades", "rules", "quality")
        ]
        names: tuple[str, ...] = ("findings", "survey", "hidden_dangers", "units")
        names += ("tier_grades",)
        names += ("grades", "stock_terms", "classes", "rules", "line_protection")
        names += ("criteria", "layers", "problems")
        tables = tuple(
            (f"CSV {say(f'sheet.{name}', lang)}", f"tables/{name}.csv") for name in names
        )
        links += [
            OutputLink("data", say("output.workbook", lang), (("XLSX", "tables/riskmap.xlsx"),)),
            OutputLink("data", say("output.tables", lang), tables),
            OutputLink(
                "data", say("output.parquet", lang), (("GeoParquet", "tables/findings.parquet"),)
            ),
            OutputLink("data", say("output.geopackage", lang), (("GPKG", "tables/riskmap.gpkg"),)),
            OutputLink("data", say("output.manifest", lang), (("JSON", MANIFEST),)),
        ]
        return tuple(links)

    def _manifest(self) -> None:
        assessment = self.assessment
        manifest = {
            "case": assessment.case,
            "title": {"zh": assessment.title.zh, "en": assessment.title.en},
            "assessment_date": assessment.as_of.isoformat(),
            "printed": assessment.marks.printed.isoformat(),
            "illustrative": assessment.marks.is_illustrative,
            "distance_plane": "EPSG:3395, divided by the point scale factor; geodesic between "
            "the nearest points (WGS 84 ellipsoid; CGCS2000 counts as equal)",
            "sheet_plane": assessment.plane.crs,
            "sheet_plane_largest_scale_error": assessment.plane.largest_scale_error,
            "rulebook_digest": assessment.rulebook.digest,
            "rulebooks": dict(assessment.rulebook.files),
            "tier_schemes_digest": assessment.schemes.digest,
            "tier_schemes": dict(assessment.schemes.files),
            "tier_schemes_used": dict(assessment.schemes.used),
            "gradings": dict(assessment.graded.gradings.files),
            "inputs": [
                {
                    "layer": layer.spec.id,
                    "role": layer.spec.role,
                    "file": layer.spec.file,
                    "sha256": layer.digest,
                    "datum": layer.spec.datum,
                    "accuracy_m": layer.accuracy_m,
                    "licence": layer.spec.licence,
                    "vintage": layer.spec.vintage,
                    "illustrative": layer.spec.illustrative,
                    "rows_in": layer.counts.rows_in,
                    "used": layer.counts.used,
                    "repaired": layer.counts.repaired,
                    "rejected": layer.counts.rejected,
                    "outside": layer.counts.outside,
                    "not_of_layer": layer.counts.not_of_layer,
                }
                for layer in assessment.layers
            ],
            "counts_out": {
                "findings": len(assessment.findings),
                "pairs": len(assessment.pairs),
                "units": len(assessment.units),
                "survey": len(assessment.survey),
                "tier_grades": len(assessment.tier_grades),
                "hidden_dangers": len(assessment.hidden_dangers),
                "line_protection": len(assessment.line_protection),
                "grades": len(assessment.graded.grades),
                "verdicts": _counted(assessment),
            },
            "versions": software_versions(),
            "outputs": {
                path.relative_to(self.folder).as_posix(): file_digest(path)
                for path in sorted(self.folder.rglob("*"))
                if path.is_file()
            },
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
        write_text(self.folder / MANIFEST, text + "\n")


def _counted(assessment: Assessment) -> dict[str, int]:
    counts = assessment.findings["verdict"].value_counts()
    return {str(name): int(count) for name, count in sorted(counts.items())}


def _placed(dangers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return dangers[~dangers.geometry.is_empty]


def write_text(path: Path, text: str) -> None:
    """Write a text as it stands, with the line ends of every system alike.

    Parameters
    ----------
    path : pathlib.Path
        File to write.
    text : str
        Its text.
    """
    path.write_text(text, "utf-8", newline="\n")
