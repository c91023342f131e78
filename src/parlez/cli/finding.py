"""What `parlez doctor` finds."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` is what to do if it is not as it should be."""

    subject: str
    verdict: Verdict
    told: str
    advice: str = ""


def ok(subject: str, told: str) -> Finding:
    return Finding(subject, Verdict.OK, told)


def warning(subject: str, told: str, advice: str) -> Finding:
    return Finding(subject, Verdict.WARNING, told, advice)


def wrong(subject: str, told: str, advice: str) -> Finding:
    return Finding(subject, Verdict.WRONG, told, advice)
