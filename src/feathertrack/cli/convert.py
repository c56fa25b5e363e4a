"""``feathertrack convert SOURCE OUTPUT``: weights of any known kind as a file of ours, or back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from feathertrack.cli._terminal import remark
from feathertrack.errors import InputError, require


@dataclass(frozen=True, kw_only=True)
class Convert:
    """Turn any weights into a file of ours, or ours into pysot's.

    What the source holds is found out by its tensors.

    A file of ours says which network it holds, and by whose conventions.

    The path that was written is printed.

    Examples:
      feathertrack convert siamrpn_r50_l234_dwxcorr.pth siamrpn.safetensors
      feathertrack convert siamrpn.safetensors model.pth --format pysot

    Attributes:
        source: Weights of any known kind.
        output: Where to: .safetensors for ours, .pth for others.
        model: The network that the source holds, where its tensors leave a choice.
        format: Whose file: auto is ours for .safetensors and pysot's otherwise; pysot-layers names
            the layers of AlexNet as pysot's training configurations do.
    """

    source: Positional[Annotated[Path, arg(metavar="SOURCE")]]

    output: Positional[Annotated[Path, arg(metavar="OUTPUT")]]

    model: Annotated[str | None, arg(metavar="NAME", help_behavior_hint="")] = None

    format: Literal["auto", "ours", "pysot", "pysot-layers", "mmtracking"] = "auto"

    def run(self) -> int:
        """Load, write, and say what it is."""
        require("torch", extra="torch")
        from feathertrack.weights.loading import load_model
        from feathertrack.weights.official import save_official
        from feathertrack.weights.saving import save_model

        ours = self.output.suffix == ".safetensors"
        if self.format != "auto" and ours != (self.format == "ours"):
            raise InputError(
                f"{self.output}: files of ours end in .safetensors, those of others in .pth"
            )
        network = load_model(self.source, name=self.model)
        if ours:
            save_model(network, self.output)
        elif self.format in ("auto", "pysot"):
            save_official(network, self.output)
        elif self.format in ("pysot-layers", "mmtracking"):
            save_official(network, self.output, self.format)
        print(self.output)
        told = ", ".join(f"{key} of {word}" for key, word in network.conventions.items())
        remark(f"{network.name}{'; ' if told else ''}{told}")
        return 0
