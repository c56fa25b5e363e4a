"""Official files of SiamKPN, one to three stages; their names are ours."""

from __future__ import annotations

from collections.abc import Mapping

from feathertrack.errors import WeightsError
from feathertrack.weights.recognition import Recognised, State
from feathertrack.weights.siamese import find_architecture, rename_features


def recognise(state: State, options: Mapping[str, object]) -> Recognised | None:
    """Return which network of the family the tensors belong to; None if it is another family's.

    Args:
        state: the tensors of a file.
        options: not needed here; the caller's count over what is found.

    Raises:
        WeightsError: the keys are the family's, but the network is none of ours.
    """
    if not any(key.startswith("kpn_head.") for key in state):
        return None
    state = rename_features(state)
    found = find_architecture(state)
    stages = max((n for n in (1, 2, 3) if any(f".x_conv{n}." in key for key in state)), default=1)
    options_found = dict(found.options)
    weighted = "kpn_head.heatmap_weight" in state
    if found.backbone == "alexnet":
        return Recognised(name="siamkpn_alexnet", state=state)
    if not weighted:
        options_found["weighted"] = False
    if found.backbone == "r50":
        return Recognised(name=f"siamkpn_r50_{stages}s", options=options_found, state=state)
    if found.backbone != "mobilenetv2":
        raise WeightsError(f"there is no SiamKPN on the backbone {found.backbone} here")
    if stages != 1:
        options_found["num_stages"] = stages
    return Recognised(name="siamkpn_mobilenetv2", options=options_found, state=state)
