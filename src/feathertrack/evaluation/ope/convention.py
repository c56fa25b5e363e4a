"""What differs between the toolkits that score one pass over a sequence, as data.

A toolkit's rules are one ``Convention``; the computation in ``ope.scoring`` is written once and
asks it. The order of the fields is the order in which they act.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from feathertrack.evaluation.curves import Thresholds, evenly

FrameRule = Literal["any", "sized", "cornered", "positive", "centered"]
"""Which frames have a usable true box: any; w, h > 0; x + w > x and y + h > y; all four numbers
above 0; both numbers of the centre above 0 (of the divided one where distances are normalised)."""

DISTANCE_THRESHOLDS = evenly(range(51))
"""0, 1, ..., 50 pixels: a distance counts when it is at most that."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Convention:
    """How one toolkit turns a track and the truth into curves.

    Attributes:
        name: key in ``CONVENTIONS``.
        source: the toolkit and where its rules are.
        short: a track with fewer rows than the truth: the truth is cut, the track is padded with
            0,0,0,0, or it is refused.
        long: a track with more rows: it is cut, or refused.
        refused: tracks that the toolkit refuses: truth with a NaN, a track with a NaN or a size
            below 0.
        repeated: rows (but the first) that are replaced by the row before them: none, those with a
            size of 0 where the truth has no NaN, or those that hold a NaN or a size of at most 0.
        first_frame: the first row counts as predicted, or is replaced by the truth.
        dropped: frames that are taken out before measuring.
        divisor: frames that a share is a share of: all of the truth, those not dropped, or those
            whose true box is usable.
        divisor_added: added to the divisor (MATLAB's eps in LaSOT's code).
        overlap: the intersection from continuous corners, from first and last pixel (-1 and +1: the
            same but for the last bit), or in float32 with a union of at least 1e-6.
        union_added: added to the union.
        overlap_clipped: the overlap is clipped to 0..1.
        overlap_frames: frames that are measured; the others have the overlap -1, a miss.
        center: part of the size minus 1 (or of the size) between corner and centre; the constant
            cancels in distances and moves only the ``centered`` rule.
        distance_frames: frames whose distance is measured.
        distance_otherwise: the distance of the others: -1 counts as precise, infinity as a miss.
        distance_decimals: the distance is rounded to that many decimals.
        normalised: None: the toolkit has no normalised precision. ``divided_eps``: each centre is
            divided by the true size + 1e-16; ``divided``: by the true size; ``difference``: the
            difference of the centres is divided by the true size, at least 1.
        normalised_frames: frames whose normalised distance is measured.
        normalised_otherwise: the normalised distance of the others.
        absent_unusable: an absent target makes a frame unusable for overlap and distances, and its
            normalised distance infinite.
        success_thresholds: 0, 0.05, ..., 1; an overlap must be above one.
        normalised_thresholds: 0, 0.01, ..., 0.5; a distance must be at most one.
        normalised_score: what is reported: the value at 0.20 or the mean of the 51.
        single_precision: shares are rounded to float32.
        notes: what a reader of a table should know.
    """

    name: str
    source: str
    short: Literal["cut", "pad", "refuse"]
    long: Literal["cut", "refuse"]
    refused: frozenset[Literal["nan_truth", "bad_track"]] = frozenset()
    repeated: Literal["never", "zero_size", "no_box"] = "never"
    first_frame: Literal["predicted", "truth"] = "predicted"
    dropped: frozenset[Literal["absent", "nan_truth", "empty_truth"]] = frozenset()
    divisor: Literal["all", "kept", "usable"] = "all"
    divisor_added: float = 0.0
    overlap: Literal["corners", "pixels", "float32"]
    union_added: float = 0.0
    overlap_clipped: bool = False
    overlap_frames: FrameRule
    center: Literal["size_minus_1", "size"] = "size_minus_1"
    distance_frames: FrameRule
    distance_otherwise: float = -1.0
    distance_decimals: int | None = None
    normalised: Literal["divided_eps", "divided", "difference"] | None = None
    normalised_frames: FrameRule = "any"
    normalised_otherwise: float = -1.0
    absent_unusable: bool = False
    success_thresholds: Thresholds
    normalised_thresholds: Thresholds
    normalised_score: Literal["at_0.20", "mean"] = "at_0.20"
    single_precision: bool = False
    notes: tuple[str, ...] = ()

    @property
    def needs_absent(self) -> bool:
        """Whether the frames without a visible target must be told."""
        return self.absent_unusable or "absent" in self.dropped
