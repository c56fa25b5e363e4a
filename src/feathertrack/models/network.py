"""What every network of the package has: a name, a geometry, and two calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn

RawOutputs = Tensor | tuple[Tensor, ...]
"""What a network says before any decoding: one tensor or several, in the order of its family."""


@dataclass(frozen=True, kw_only=True)
class FurtherCall:
    """A method of a network beside ``embed`` and ``predict`` that engines run under its name.

    All inputs and outputs have a dynamic first axis, and a network is exported with one more file
    for each such call.

    Attributes:
        inputs: names of the inputs. ``pictures`` are (N, H, W, 3) in engines, of the size of the
            search region; ``boxes`` are float32 (N, P, 4), any number of them; ``features_0``,
            ``features_1``, ... are what ``embed`` returns, and engines take them as one; names of
            outputs of an earlier call are maps (N, C, h, w) of it, or square parts of them; others
            are outputs of ``predict``, counted from its last.
        outputs: names of the outputs.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Mergeable(Protocol):
    """Knows what a network is without the parts that it has for training alone."""

    def merge(self, network: Network) -> Network:
        """Return the inference form of a network, which computes the same."""


class Network(nn.Module):
    """Base of the networks: ``embed`` once per target, ``predict`` once per frame.

    Images are RGB, 0..255, float, (B, 3, H, W): what else pixels need happens inside.

    Attributes:
        name: name of the builder that made it, ``fdsiamfc_30``; "" when built from parts.
        config: the builder's keyword options: ``create_model(name, **config)`` builds it again.
        family: name of the family, ``siamfc``: decides which tracker decodes the outputs.
        stride: pixels of the search region per cell of the output.
        template_size: side of the template in pixels.
        search_size: side of the search region in pixels.
        calibration: numbers that turn raw outputs into scores; {} when nothing was fitted.
        conventions: what a tracker must do as the authors of the weights did, by name, such as
            {"anchors": "pysot"}; {} where a family knows one way only.
        squeezing: what the network becomes, where its backbone is being squeezed.
        digest: SHA-256 (hex) of the file the weights came from, "" for random weights.
        search_area: 0 unless ``embed`` takes, besides the templates, where the targets are in
            them: x, y, w, h in pixels, (B, 4); None for a square in the middle. Then, sides of a
            crop are so many times the side of a square of the target's area.
        further_calls: further calls by name; each name is that of a method.
        any_search_size: whether ``predict`` takes search regions of any size from that of the
            template on, and not of ``search_size`` alone.
    """

    family: str
    stride: int
    template_size: int
    search_size: int
    search_area: float = 0.0
    further_calls: Mapping[str, FurtherCall] = {}
    any_search_size: bool = False

    def __init__(self) -> None:
        super().__init__()
        self.name = ""
        self.config: Mapping[str, object] = {}
        self.calibration: Mapping[str, float] = {}
        self.conventions: Mapping[str, str] = {}
        self.squeezing: Mergeable | None = None
        self.digest = ""

    def embed(self, template_B3hw: Tensor) -> RawOutputs:
        """Return the features of B templates, once per target."""
        raise NotImplementedError

    def predict(self, features: Any, search_N3HW: Tensor) -> RawOutputs:
        """Return the raw outputs for N search regions; region i belongs to template i % B."""
        raise NotImplementedError

    def merged(self) -> Network:
        """Return the inference form: the network itself unless parts of it exist for training."""
        return self if self.squeezing is None else self.squeezing.merge(self)

    def forward(self, template_B3hw: Tensor, search_N3HW: Tensor) -> RawOutputs:
        """Return every raw output of templates in search regions, before any decoding.

        The outputs that ``predict`` returns, and in a cascade those of the earlier stages before
        them.
        """
        return self.predict(self.embed(template_B3hw), search_N3HW)
