"""What runs a network: one protocol, so that a tracker does not know which runtime it uses.

Images go in as RGB uint8 (N, H, W, 3), or as float32 where the convention of the weights resizes
crops in float (``NetworkInfo.float_pictures``); raw network outputs come back as float32 arrays.
What the network needs done to pixels happens inside the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NewType, Protocol

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
Boxes = NDArray[np.float32]
Outputs = tuple[NDArray[np.float32], ...]
EngineName = Literal["auto", "onnx", "openvino", "torch"]
Precision = Literal["auto", "float32", "bfloat16", "float16", "int8"]

PICTURES = "pictures"
"""Name of the input of a further call that is pictures, where it has one."""

Features = NewType("Features", object)
"""What ``embed`` returned; it stays where the engine keeps it and means nothing elsewhere."""


@dataclass(frozen=True, kw_only=True)
class NetworkInfo:
    """What a tracker must know about a network besides its outputs.

    Attributes:
        name: name of the model, ``fdsiamfc_30``.
        family: name of the family, ``siamfc``: decides which tracker decodes the outputs.
        stride: pixels of the search region per cell of the output.
        template_size: side of the template in pixels.
        search_size: side of the search region in pixels.
        digest: SHA-256 (hex) of the weights, "" for random ones.
        config: further numbers of the family, such as the score calibration.
        conventions: words for what a tracker must do as the weights' authors did, by name, such as
            {"anchors": "pysot"}; {} where a family knows one way only.
        search_area: where ``embed`` takes boxes: sides of a crop are so many times the side of a
            square of the target's area; 0 where it does not.
        further_calls: names of calls beside ``embed`` and ``predict``, see :class:`CallingEngine`.
        any_search_size: whether ``predict`` takes search regions of other sizes too.
    """

    name: str
    family: str
    stride: int
    template_size: int
    search_size: int
    digest: str = ""
    config: Mapping[str, float] = field(default_factory=dict)
    conventions: Mapping[str, str] = field(default_factory=dict)
    search_area: float = 0.0
    further_calls: tuple[str, ...] = ()
    any_search_size: bool = False

    @property
    def float_pictures(self) -> bool:
        """Whether pictures are float32, 0..255: mmtracking's crops are fractions of grey values.

        The exported files of such a network take float32; engines take bytes for it as well.
        """
        return self.conventions.get("crop") == "mmtracking"


class Engine(Protocol):
    """A loaded network with its two calls; immutable, shared by any number of targets."""

    @property
    def info(self) -> NetworkInfo:
        """What the network is."""

    @property
    def name(self) -> str:
        """The runtime: "torch", "onnx" or "openvino"."""

    @property
    def device(self) -> str:
        """Where it runs: "cpu", "cuda:0", ..."""

    @property
    def precision(self) -> str:
        """What it computes in: "float32", "bfloat16" or "float16"."""

    def embed(self, template: Images) -> Features:
        """Features of B templates, uint8 (B, h, w, 3), computed once per target."""

    def predict(self, features: Features, search: Images) -> Outputs:
        """Raw outputs for N regions, uint8 (N, H, W, 3); region i belongs to template i % B."""

    def stack(self, features: Sequence[Features]) -> Features:
        """The features of several targets as one batch, for one ``predict`` over all of them."""

    def blend(self, first: Features, second: Features, share: float) -> Features:
        """Two views of one target as one: ``first * (1 - share) + second * share``.

        Args:
            first: what ``embed`` made of one view.
            second: the same of another view; it counts by ``share``, 0 to 1.
            share: of ``second``.
        """


class CallingEngine(Engine, Protocol):
    """An engine of a network that does more than two things; every engine of this package is one.

    Networks that learn online or refine boxes need calls of their own, such as ATOM's overlap of
    boxes with its gradient. Each is a method of the network and one more exported file.
    """

    def embed(self, template: Images, boxes: Boxes | None = None) -> Features:
        """Features of B templates, uint8 (B, h, w, 3), computed once per target.

        Args:
            template: the pictures.
            boxes: where the targets are in them, x, y, w, h in pixels, (B, 4), for networks whose
                ``search_area`` is not 0; None for a square in the middle.
        """

    def call(self, name: str, *inputs: NDArray[Any] | Features) -> Outputs:
        """Outputs of a further call.

        Args:
            name: one of ``info.further_calls``.
            inputs: arrays in the order of the network's method: uint8 pictures (N, H, W, 3), boxes
                in float32 (N, P, 4), outputs of ``predict`` or of other calls, and what ``embed``
                returned.

        Raises:
            InputError: the network has no such call.
        """
