"""What the score and the states are worth where targets leave and return.

``Followed`` holds what a tracker said about one sequence; ``fit_states`` chooses how its score is
to be read, ``summarise`` measures it (docs/absences.md).
"""

from feathertrack.evaluation.absences.fitting import Rule, fit_states, read_as
from feathertrack.evaluation.absences.followed import (
    Followed,
    followed_from_json,
    followed_to_json,
    lost_frames,
)
from feathertrack.evaluation.absences.lost import (
    LostCurve,
    LostScore,
    lost_curve,
    said_lost,
    score_lost,
    thresholds_of,
)
from feathertrack.evaluation.absences.reliability import Bin, Reliability, measure_reliability
from feathertrack.evaluation.absences.returns import (
    Return,
    ReturnScore,
    find_returns,
    score_returns,
)
from feathertrack.evaluation.absences.summary import summarise, summary_lines

__all__ = [
    "Bin",
    "Followed",
    "LostCurve",
    "LostScore",
    "Reliability",
    "Return",
    "ReturnScore",
    "Rule",
    "find_returns",
    "fit_states",
    "followed_from_json",
    "followed_to_json",
    "lost_curve",
    "lost_frames",
    "measure_reliability",
    "read_as",
    "said_lost",
    "score_lost",
    "score_returns",
    "summarise",
    "summary_lines",
    "thresholds_of",
]
