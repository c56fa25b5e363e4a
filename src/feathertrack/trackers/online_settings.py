"""What ATOM and DRNet may be told about learning and finding, apart from their boxes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from feathertrack.errors import InputError
from feathertrack.trackers.confidence import ConfidenceSettings
from feathertrack.trackers.localisation import Nyquist, Thresholds
from feathertrack.trackers.settings import check_ranges, ranged

_MODULUS = 32

_UNCALIBRATED = ConfidenceSettings(midpoint=0.25, slope=10.0)
"""One half at the peak under which ATOM takes a target for lost; fitted to nothing."""


@dataclass(frozen=True, kw_only=True)
class OnlineSettings:
    """How the filter is learnt and the target found; defaults are those of pytracking's ATOM.

    Attributes:
        sample_side: side of the patch that the network sees, a multiple of 32.
        search_scale: side of that patch in sides of a square of the target's area.
        compressed: channels of the projected map (official: compressed_dim).
        filter_side: cells of a side of the filter.
        filter_weight: regularisation of the filter.
        projection_weight: regularisation of the projection.
        label_deviation: deviation of the labels' bells in sides of the target.
        first_steps: steps of conjugate gradients on the first frame, over all linearisations.
        first_linearisations: Gauss-Newton iterations on the first frame, each of as many steps; at
            most ``first_steps``.
        first_beta: rule of conjugate gradients on the first frame.
        update_steps: steps of an update.
        update_every: frames between updates (official: train_skipping).
        hard_negative_steps: steps of an update at once when a double of the target is seen.
        learning_rate: weight of a new sample.
        hard_negative_rate: weight of a new sample when a double of the target is seen.
        memory: samples that are remembered.
        first_share: weight that the first frame's samples keep together; 0 lets them fade.
        random_shift: shifts of the first frame's views, as a share of their side.
        dropped_copies: copies of the first sample that lack channels.
        dropped_channels: share of the channels that such a copy lacks.
        window: multiply score maps by a cosine window.
        second_peak_unwindowed: seek the second peak on the map before it.
        nyquist: how often the highest wave counts in interpolation: "twice" is the reference's,
            "once" goes through the cells.
        not_found_below: score under which the target counts as lost; -1 for never.
        distractor_above: share of the peak above which a second one may be the target.
        hard_negative_above: share of the peak above which a second one is learnt from.
        displacement_limit: share of half the patch that a target is expected to move within.
        neighbourhood: second peaks are sought outside so many sizes of the target.
        rounded_patches: show the network whole pixel values, which is faster and any engine takes;
            otherwise float32, as the reference (engine torch alone).
        reference_centers: place patches as the reference does, which takes a position for its
            rounded one and is off by up to a pixel.
        half_pixel_bias: turn boxes back into positions half a pixel of the patch too far down
            and to the right, as the reference does.
        seed: of all random numbers; the same seed repeats a run.
        confidence: how the score is read off the peak, which is 1 where the label was fitted well;
            the state comes from the two peaks, not from there.
    """

    sample_side: int = ranged(288, 64, 640)
    search_scale: float = ranged(5.0, 2.0, 10.0)
    compressed: int = ranged(64, 1, 1024)
    filter_side: int = ranged(4, 1, 9)
    filter_weight: float = ranged(0.1, 1e-6, 10.0, log=True)
    projection_weight: float = ranged(1e-4, 1e-9, 1.0, log=True)
    label_deviation: float = ranged(0.25, 0.05, 1.0)
    first_steps: int = ranged(60, 1, 1000)
    first_linearisations: int = ranged(6, 1, 100)
    first_beta: Literal["fletcher_reeves", "polak_ribiere"] = "fletcher_reeves"
    update_steps: int = ranged(5, 0, 100)
    update_every: int = ranged(10, 1, 1000)
    hard_negative_steps: int = ranged(5, 0, 100)
    learning_rate: float = ranged(0.01, 0.0001, 0.5, log=True)
    hard_negative_rate: float = ranged(0.02, 0.0001, 0.5, log=True)
    memory: int = ranged(250, 23, 5000)
    first_share: float = ranged(0.25, 0.0, 0.9)
    random_shift: float = ranged(1 / 3, 0.0, 0.5)
    dropped_copies: int = ranged(7, 0, 50)
    dropped_channels: float = ranged(0.2, 0.0, 0.9)
    window: bool = False
    second_peak_unwindowed: bool = False
    nyquist: Nyquist = "twice"
    not_found_below: float = ranged(0.25, -1.0, 1.0)
    distractor_above: float = ranged(0.8, 0.0, 1000.0)
    hard_negative_above: float = ranged(0.5, 0.0, 1000.0)
    displacement_limit: float = ranged(0.8, 0.0, 2.0)
    neighbourhood: float = ranged(2.2, 0.1, 10.0)
    rounded_patches: bool = True
    reference_centers: bool = False
    half_pixel_bias: bool = False
    seed: int = ranged(0, 0, 2**31 - 1)
    confidence: ConfidenceSettings = field(default_factory=lambda: _UNCALIBRATED)

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.sample_side % _MODULUS:
            raise InputError(f"sample_side must be a multiple of 32, got {self.sample_side}")
        words = {"fletcher_reeves", "polak_ribiere"}, {"once", "twice"}
        for name, known in zip(("first_beta", "nyquist"), words, strict=True):
            if getattr(self, name) not in known:
                listed = " or ".join(sorted(known))
                raise InputError(f"{name} must be {listed}, got {getattr(self, name)!r}")
        first = 23 + self.dropped_copies
        if self.memory < first:
            raise InputError(
                f"memory must hold the {first} samples of the first frame, got {self.memory}"
            )

    @property
    def first_schedule(self) -> list[int]:
        """Steps of the solver for every linearisation on the first frame."""
        rounds = min(self.first_linearisations, self.first_steps)
        return [self.first_steps // rounds] * rounds

    @property
    def thresholds(self) -> Thresholds:
        """What the two peaks must be."""
        return Thresholds(
            not_found=self.not_found_below,
            distractor=self.distractor_above,
            hard_negative=self.hard_negative_above,
            displacement=self.displacement_limit,
            neighbourhood=self.neighbourhood,
        )
