"""The door: ``riskmap demo | run | init | check | site | warmup``.

Results go to stdout, talk to stderr, both UTF-8. Exit codes: 0 done, 1 something violates
(`check`, `site`), 2 usage or configuration, 3 data, 4 rulebook, 5 output, 130 interrupted.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from riskmap.errors import ConfigError, DataError, RiskmapError, complain
from riskmap.words import LANGS, Lang, as_lang, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tqdm import tqdm

    from riskmap.assessment import Assessment
    from riskmap.config import RunConfig
    from riskmap.progress import Progress

INTERRUPTED = 130


def enter() -> int:
    """Run one command as a process of its own.

    Returns
    -------
    int
        Exit code.

    Notes
    -----
    A command lives for seconds and holds large tables: looking through them for garbage at
    every few hundred objects, and all once more at the end, would be a tenth of its time.
    """
    gc.set_threshold(300_000, 20, 20)
    code = main()
    gc.freeze()
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after the program's name; those of the process when not given.

    Returns
    -------
    int
        Exit code.
    """
    _speak_utf8(sys.stdout)
    _speak_utf8(sys.stderr)
    words = list(sys.argv[1:] if arguments is None else arguments)
    lang = _language(words)
    try:
        options = _parser(lang).parse_args(words)
        return int(options.run(options))
    except RiskmapError as error:
        for sentence in error.read(lang):
            print(f"riskmap: {sentence}", file=sys.stderr)
        if "--debug" in words:
            raise
        return error.exit_code
    except MemoryError as error:
        print(f"riskmap: {say('error.no_memory', lang, {'reason': error})}", file=sys.stderr)
        if "--debug" in words:
            raise
        return DataError.exit_code
    except BrokenPipeError:
        # The reader of a pipe has seen enough, as `| head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(f"riskmap: {say('cli.interrupted', lang)}", file=sys.stderr)
        return INTERRUPTED


def _speak_utf8(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")


def _language(words: Sequence[str]) -> Lang:
    """Choose the language of talk before the command line is read."""
    for index, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith("--lang=") else ""
        if word == "--lang" and index + 1 < len(words):
            value = words[index + 1]
        if value in LANGS:
            return as_lang(value)
    stated = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if stated.lower().startswith("zh") or sys.platform == "win32" else "en"


class _Parser(argparse.ArgumentParser):
    """Answer a wrong command line in the reader's language, with exit code 2."""

    lang: Lang = "en"

    def error(self, message: str) -> NoReturn:
        raise ConfigError(
            [complain("cli.usage", {"reason": message, "usage": self.format_usage().strip()})]
        )


def _parser(lang: Lang) -> argparse.ArgumentParser:
    parser = _Parser(prog="riskmap", description=say("cli.about", lang), add_help=False)
    parser.add_argument("-h", "--help", action="help", help=say("cli.help", lang))
    parser.add_argument("--version", action=_Version, nargs=0, help=say("cli.version", lang))
    verbs = parser.add_subparsers(dest="verb", required=True, metavar=say("cli.verb", lang))
    demo = _verb(verbs, "demo", lang)
    demo.add_argument("case", nargs="?", default="liyang", help=say("cli.case", lang))
    _add_outputs(demo, lang)
    demo.set_defaults(run=_demo)
    run = _verb(verbs, "run", lang)
    run.add_argument("project", type=Path, help=say("cli.project", lang))
    run.add_argument("--as-of", type=_day, help=say("cli.as_of", lang))
    _add_outputs(run, lang)
    run.set_defaults(run=_run)
    init = _verb(verbs, "init", lang)
    init.add_argument("folder", type=Path, help=say("cli.folder", lang))
    init.set_defaults(run=_init)
    check = _verb(verbs, "check", lang)
    check.add_argument("project", type=Path, help=say("cli.project", lang))
    check.add_argument("--as-of", type=_day, help=say("cli.as_of", lang))
    check.add_argument("--strict", action="store_true", help=say("cli.strict", lang))
    check.add_argument("--findings", type=Path, default=None, help=say("cli.findings", lang))
    check.add_argument("--tiles", type=_count, default=None, help=say("cli.tiles", lang))
    check.add_argument(
        "--executor", choices=("local", "dask"), default=None, help=say("cli.executor", lang)
    )
    check.add_argument("--scheduler", default=None, help=say("cli.scheduler", lang))
    check.set_defaults(run=_check)
    _add_site(verbs, lang)
    _add_rules(verbs, lang)
    warmup = _verb(verbs, "warmup", lang)
    warmup.set_defaults(run=_warmup)
    return parser


def _add_site(verbs: argparse._SubParsersAction[_Parser], lang: Lang) -> None:
    site = _verb(verbs, "site", lang)
    site.add_argument("project", type=Path, help=say("cli.project", lang))
    site.add_argument(
        "candidate", type=Path, nargs="?", default=None, help=say("cli.site_candidate", lang)
    )
    site.add_argument("--point", type=_spot, default=None, help=say("cli.site_point", lang))
    site.add_argument("--role", default=None, help=say("cli.site_role", lang))
    site.add_argument("--datum", default=None, help=say("cli.site_datum", lang))
    site.add_argument("--reference", default=None, help=say("cli.site_reference", lang))
    site.add_argument("--accuracy", type=float, default=None, help=say("cli.site_accuracy", lang))
    site.add_argument(
        "--set",
        type=_column_value,
        action="append",
        default=[],
        dest="values",
        help=say("cli.site_set", lang),
    )
    site.add_argument("--as-of", type=_day, help=say("cli.as_of", lang))
    site.add_argument("--strict", action="store_true", help=say("cli.site_strict", lang))
    site.add_argument("--out", type=Path, default=None, help=say("cli.out", lang))
    site.set_defaults(run=_site)


def _add_rules(verbs: argparse._SubParsersAction[_Parser], lang: Lang) -> None:
    about = say("cli.rules", lang)
    rules = verbs.add_parser("rules", help=about, description=about, add_help=False)
    rules.add_argument("-h", "--help", action="help", help=say("cli.help", lang))
    parts = rules.add_subparsers(dest="part", required=True, metavar=say("cli.verb", lang))
    for name in ("list", "show", "check"):
        part = _verb(parts, name, lang, about=f"cli.rules_{name}")
        if name == "show":
            part.add_argument("id", help=say("cli.rule_id", lang))
        if name == "check":
            part.add_argument("file", type=Path, help=say("cli.rule_file", lang))
        else:
            part.add_argument("--project", type=Path, help=say("cli.rules_project", lang))
        part.add_argument("--as-of", type=_day, help=say("cli.as_of", lang))
        part.set_defaults(run=_rules)


def _verb(
    verbs: argparse._SubParsersAction[_Parser], name: str, lang: Lang, *, about: str = ""
) -> argparse.ArgumentParser:
    words = say(about or f"cli.{name}", lang)
    parser = verbs.add_parser(name, help=words, description=words, add_help=False)
    parser.add_argument("-h", "--help", action="help", help=say("cli.help", lang))
    parser.add_argument("--lang", choices=LANGS, default=None, help=say("cli.lang", lang))
    parser.add_argument("--debug", action="store_true", help=say("cli.debug", lang))
    return parser


def _add_outputs(parser: argparse.ArgumentParser, lang: Lang) -> None:
    parser.add_argument("--out", type=Path, default=None, help=say("cli.out", lang))
    parser.add_argument("--all-units", action="store_true", help=say("cli.all_units", lang))


class _Version(argparse.Action):
    """Print the version without loading anything else."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version  # noqa: PLC0415 - only when asked

        print(f"riskmap {version('riskmap')}")
        parser.exit(0)


def _count(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise ConfigError([complain("error.bad_count", {"value": value})])
    return int(value)


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ConfigError([complain("error.bad_date", {"value": value})]) from error


def _spot(value: str) -> tuple[float, float]:
    try:
        longitude, latitude = (float(part) for part in value.split(","))
    except ValueError as error:
        raise ConfigError([complain("error.bad_point", {"value": value})]) from error
    return longitude, latitude


def _column_value(value: str) -> tuple[str, str]:
    column, equals, held = value.partition("=")
    if not equals or not column:
        raise ConfigError([complain("error.bad_set", {"value": value})])
    return column, held


def _demo(options: argparse.Namespace) -> int:
    from riskmap.defaults import case_folder  # noqa: PLC0415 - imports that cost are late

    folder = case_folder(options.case)
    out = options.out or Path("riskmap-out") / options.case
    return _report(folder, options, out=out, as_of=None)


def _run(options: argparse.Namespace) -> int:
    folder = options.project if options.project.is_dir() else options.project.parent
    out = options.out or folder / "riskmap-out"
    return _report(options.project, options, out=out, as_of=options.as_of)


def _report(where: Path, options: argparse.Namespace, *, out: Path, as_of: date | None) -> int:
    from riskmap.config import load_config  # noqa: PLC0415 - imports that cost are late
    from riskmap.pipeline import assess  # noqa: PLC0415
    from riskmap.report import check_output, write_report  # noqa: PLC0415

    config = load_config(where, as_of=as_of, language=options.lang)
    check_output(out)
    lang = config.language
    _say_if_cold(lang)
    progress = _progress(lang)
    assessment = assess(config, progress=progress)
    write_report(assessment, out=out, lang=lang, all_units=options.all_units, progress=progress)
    print(_summary(assessment, lang))
    print(say("cli.written", lang, {"path": (out / "index.html").absolute()}))
    return 0


def _init(options: argparse.Namespace) -> int:
    from riskmap.starter import write_starter  # noqa: PLC0415 - imports that cost are late

    lang = options.lang or _language([])
    folder = write_starter(options.folder, lang=lang)
    print(say("cli.init_done", lang, {"folder": folder}))
    return 0


def _check(options: argparse.Namespace) -> int:
    from riskmap.config import load_config  # noqa: PLC0415 - imports that cost are late

    config = load_config(options.project, as_of=options.as_of, language=options.lang)
    _say_if_cold(config.language)
    if options.executor or options.scheduler or options.tiles or options.findings:
        verdicts = _check_tiles(options, config)
    else:
        verdicts = _check_here(config)
    return _exit_code(verdicts, strict=options.strict)


def _check_here(config: RunConfig) -> set[str]:
    from riskmap.checking import check_project  # noqa: PLC0415 - imports that cost are late
    from riskmap.listing import list_shortfalls  # noqa: PLC0415

    setbacks, counts, rulebook = check_project(config, progress=_progress(config.language))
    for line in list_shortfalls(setbacks, rulebook=rulebook, counts=counts, lang=config.language):
        print(line)
    return set(setbacks.pairs["verdict"])


def _check_tiles(options: argparse.Namespace, config: RunConfig) -> set[str]:
    from riskmap.checking import check_tiles, verdict_counts  # noqa: PLC0415 - late
    from riskmap.engine import make_executor  # noqa: PLC0415

    if options.findings is None:
        raise ConfigError([complain("error.no_findings_folder")])
    kind = options.executor or ("dask" if options.scheduler else "local")
    with make_executor(kind, scheduler=options.scheduler) as executor:
        reports = check_tiles(
            config,
            out=options.findings,
            tiles=options.tiles or 1,
            executor=executor,
            progress=_progress(config.language),
        )
    lang = config.language
    counts = dict(verdict_counts(reports))
    for verdict, count in counts.items():
        print(f"{say(f'verdict.{verdict}', lang)} {count}")
    written = sum(report.findings for report in reports)
    values = {"count": written, "parts": len(reports), "path": options.findings.absolute()}
    print(say("cli.findings_written", lang, values))
    return set(counts)


def _site(options: argparse.Namespace) -> int:
    from riskmap.config import load_config  # noqa: PLC0415 - imports that cost are late
    from riskmap.proposal import Declared, read_proposal  # noqa: PLC0415
    from riskmap.reply import list_answers  # noqa: PLC0415
    from riskmap.site import check_site  # noqa: PLC0415

    config = load_config(options.project, as_of=options.as_of, language=options.lang)
    lang = config.language
    if options.out is not None:
        from riskmap.report import check_output  # noqa: PLC0415

        check_output(options.out)
    declared = Declared(
        role=options.role,
        datum=options.datum,
        reference=options.reference,
        accuracy_m=options.accuracy,
        constants=dict(options.values),
        point=options.point,
    )
    candidates = read_proposal(options.candidate, declared=declared, as_of=config.as_of)
    _say_if_cold(lang)
    answer = check_site(config, candidates=candidates, progress=_progress(lang))
    for line in list_answers(answer, lang=lang):
        print(line)
    if options.out is not None:
        from riskmap.sitefolder import write_answer  # noqa: PLC0415

        page = write_answer(answer, out=options.out, lang=lang)
        print(say("cli.written", lang, {"path": page.absolute()}))
    return _exit_code(set(answer.sites["verdict"]), strict=options.strict)


def _exit_code(verdicts: set[str], *, strict: bool) -> int:
    violated = bool(verdicts & {"ban_violated", "standard_violated"})
    doubtful = strict and bool(verdicts & {"undetermined", "unchecked"})
    return 1 if violated or doubtful else 0


def _rules(options: argparse.Namespace) -> int:
    from riskmap.statute import check_file, list_rules, open_books, show_rule  # noqa: PLC0415 - late

    lang = options.lang or _language([])
    as_of = options.as_of or date.today()  # noqa: DTZ011 - the reader's own day
    if options.part == "check":
        lines = check_file(options.file, lang=lang)
    elif options.part == "show":
        rule = open_books(options.project).rule(options.id)
        lines = show_rule(rule, as_of=as_of, lang=lang)
    else:
        lines = list_rules(open_books(options.project), as_of=as_of, lang=lang)
    for line in lines:
        print(line)
    return 0


def _warmup(options: argparse.Namespace) -> int:
    from riskmap.compiled import kernel_folder  # noqa: PLC0415 - imports that cost are late
    from riskmap.sweep import warm_up  # noqa: PLC0415

    lang = options.lang or _language([])
    warm_up()
    folder = kernel_folder()
    key = "cli.warmup_lost" if folder is None else "cli.warmup_done"
    print(say(key, lang, {"folder": folder or ""}))
    return 0


def _say_if_cold(lang: Lang) -> None:
    """Say why the first run on a machine takes longer."""
    from riskmap.compiled import is_cold  # noqa: PLC0415 - imports that cost are late

    if is_cold():
        print(say("cli.cold", lang), file=sys.stderr, flush=True)


def _summary(assessment: Assessment, lang: Lang) -> str:
    from riskmap.listing import summary_line  # noqa: PLC0415 - imports that cost are late

    return summary_line(assessment, lang=lang)


def _progress(lang: Lang) -> Progress:
    return _Bar(lang) if sys.stderr.isatty() else _Lines(lang)


@dataclass(slots=True)
class _Lines:
    """Say each step in a plain line, where there is no terminal."""

    lang: Lang

    def start(self, step: str, total: int) -> None:
        """Begin a step with a line of its own."""
        print(f"{say(step, self.lang)} ({total}) …", file=sys.stderr, flush=True)

    def advance(self, item: str) -> None:
        """Say nothing of single items."""


@dataclass(slots=True)
class _Bar:
    """Draw a bar for each step on a terminal."""

    lang: Lang
    bars: list[tqdm[NoReturn]] = field(default_factory=list)

    def start(self, step: str, total: int) -> None:
        """Begin a step with a new bar."""
        from tqdm import tqdm  # noqa: PLC0415 - only on a terminal

        self._close()
        self.bars.append(tqdm(total=total, desc=say(step, self.lang), leave=False, unit=""))

    def advance(self, item: str) -> None:
        """Move the bar on by one item."""
        bar = self.bars[-1]
        bar.set_postfix_str(item, refresh=False)
        bar.update(1)
        if bar.n >= (bar.total or 0):
            self._close()

    def _close(self) -> None:
        while self.bars:
            self.bars.pop().close()
