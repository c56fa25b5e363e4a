"""What a file of published weights was published for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Published:
    """Weights under a name of their own in the catalogue.

    Attributes:
        model: the model that the file holds.
        preset: the preset that its authors tested it with.
        anchors: whose anchors, crops and decoding it was trained with, where a family has several.
    """

    model: str
    preset: str
    anchors: str = "pysot"
