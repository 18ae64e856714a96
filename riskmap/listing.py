"""What the command line prints of a result: the shortfalls, and one line that sums up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskmap.readout import measured_words, required_words
from riskmap.verdict import VIOLATIONS, metres, printed_shortfall
from riskmap.words import Lang, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from riskmap.assessment import Assessment
    from riskmap.rulebook import Rulebook
    from riskmap.setback import Setbacks


def list_shortfalls(
    setbacks: Setbacks, *, rulebook: Rulebook, counts: pd.DataFrame, lang: Lang
) -> Iterator[str]:
    """Write each shortfall as one line, then what stays open.

    Parameters
    ----------
    setbacks : Setbacks
        Result of the check.
    rulebook : Rulebook
        The law.
    counts : pandas.DataFrame
        COUNTS of every layer.
    lang : {'zh', 'en'}
        Language wanted.

    Yields
    ------
    str
        Lines of text.
    """
    failing = setbacks.findings[setbacks.findings["verdict"].isin([*VIOLATIONS, "advisory_short"])]
    for row in failing.itertuples():
        values = {
            "id": row.finding_id,
            "verdict": say(f"verdict.{row.verdict}", lang),
            "source": row.source_name,
            "target": row.target_name,
            "required": required_words(
                str(row.form),
                least_m=row.required_least_m,
                most_m=row.required_most_m,
                lang=lang,
            ),
            "measured": measured_words(
                row.measured_m, required_m=row.required_m, form=str(row.form), lang=lang
            ),
            "accuracy": metres(row.accuracy_m),
            "short": metres(printed_shortfall(row.measured_m, required_m=row.required_m)),
            "citation": rulebook.rule(str(row.rule)).citation(lang),
        }
        yield say("cli.shortfall", lang, values)
    verdicts = setbacks.pairs["verdict"].value_counts()
    silent = setbacks.coverage["status"].isin(["no_layer", "no_number"])
    yield say(
        "cli.check_summary",
        lang,
        {
            "pairs": len(setbacks.pairs),
            "violated": int(sum(verdicts.get(name, 0) for name in VIOLATIONS)),
            "consent": int(verdicts.get("consent_missing", 0)),
            "advisory": int(verdicts.get("advisory_short", 0)),
            "undetermined": int(verdicts.get("undetermined", 0)),
            "unanswered": int(silent.sum()),
            "rejected": int(counts["rejected"].sum()),
        },
    )


def summary_line(assessment: Assessment, *, lang: Lang) -> str:
    """Sum a run up in one line.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    str
        One line.
    """
    verdicts = assessment.pairs["verdict"].value_counts()
    standings = assessment.hidden_dangers["standing"].value_counts()
    silent = assessment.coverage["status"].isin(["no_layer", "no_number"])
    return say(
        "cli.summary",
        lang,
        {
            "pairs": len(assessment.pairs),
            "violated": int(sum(verdicts.get(name, 0) for name in VIOLATIONS)),
            "consent": int(verdicts.get("consent_missing", 0)),
            "advisory": int(verdicts.get("advisory_short", 0)),
            "undetermined": int(verdicts.get("undetermined", 0)),
            "judged": int(standings.get("judged", 0)),
            "suspected": int(standings.get("suspected", 0)),
            "unanswered": int(silent.sum()),
        },
    )
