"""What a page shows of line protection: counts, and buildings beside lines in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from riskmap.claims import finding_facts, rule_facts
from riskmap.protection import LISTED_VERDICTS
from riskmap.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from riskmap.assessment import Assessment
    from riskmap.claims import FindingFacts, RuleFacts
    from riskmap.words import Lang

# A page lists so many buildings beside lines; the tables hold all.
LINES_SHOWN = 500


@dataclass(frozen=True, slots=True)
class LineSide:
    """Hold what stands beside roads, railways and pipelines, as a page shows it.

    Parameters
    ----------
    facts : tuple of FindingFacts
        The first findings.
    total : int
        How many there are.
    words : mapping of str to str
        Word of each verdict.
    counts : tuple of (str, int)
        Word of each verdict that occurs, and how often.
    rules : mapping of str to RuleFacts
        The rules that the facts name.
    """

    facts: tuple[FindingFacts, ...]
    total: int
    words: Mapping[str, str]
    counts: tuple[tuple[str, int], ...]
    rules: Mapping[str, RuleFacts]


def look_beside_lines(assessment: Assessment, *, lang: Lang) -> LineSide:
    """Write what stands beside lines in words, apart from the review.

    Parameters
    ----------
    assessment : Assessment
        Finished run.
    lang : {'zh', 'en'}
        Language wanted.

    Returns
    -------
    LineSide
        What the page shows.
    """
    found = assessment.line_protection
    shown = replace(assessment, findings=found.head(LINES_SHOWN))
    counts = found["verdict"].value_counts()
    words = {name: say(f"verdict.{name}", lang) for name in LISTED_VERDICTS}
    words["not_bound"] = say("lines.existing", lang)
    named = sorted(set(found["rule"]))
    return LineSide(
        facts=tuple(finding_facts(shown, lang=lang).values()),
        total=len(found),
        words=words,
        counts=tuple(
            (words[name], int(counts[name])) for name in LISTED_VERDICTS if counts.get(name, 0)
        ),
        rules={name: rule_facts(assessment.rulebook.rule(name), lang=lang) for name in named},
    )
