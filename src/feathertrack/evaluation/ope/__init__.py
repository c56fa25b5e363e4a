"""One-pass evaluation by the rules of every toolkit, with one computation for all of them.

``score_sequences(tracks, truths, convention="pysot")`` gives an ``OpeScore``. What differs between
toolkits is data: one frozen ``Convention`` each, in ``CONVENTIONS``.
"""

from feathertrack.evaluation.ope.convention import DISTANCE_THRESHOLDS, Convention
from feathertrack.evaluation.ope.conventions import CONVENTIONS, find_convention
from feathertrack.evaluation.ope.frames import Frames, prepare_frames
from feathertrack.evaluation.ope.measures import FrameMeasures, measure_frames
from feathertrack.evaluation.ope.score import OpeScore
from feathertrack.evaluation.ope.scoring import (
    Tally,
    count_frames,
    score_of_tally,
    score_sequences,
    tally_sequences,
)

__all__ = [
    "CONVENTIONS",
    "DISTANCE_THRESHOLDS",
    "Convention",
    "FrameMeasures",
    "Frames",
    "OpeScore",
    "Tally",
    "count_frames",
    "find_convention",
    "measure_frames",
    "prepare_frames",
    "score_of_tally",
    "score_sequences",
    "tally_sequences",
]
