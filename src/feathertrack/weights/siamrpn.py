"""Official files of SiamRPN++: those of pysot, and those of mmtracking, which renames everything.

pysot's names are ours, but for the AlexNet of its released files. mmtracking's network is the same
under the names of ``_NAMES``; its weights need its own anchors, crop and decoding, which the
option ``anchors`` records.
"""

from __future__ import annotations

from collections.abc import Mapping

from feathertrack.errors import WeightsError
from feathertrack.weights.recognition import Recognised, State, renamed
from feathertrack.weights.siamese import find_architecture, rename_features

# Modules of mmtracking -> those of pysot; levels count from 0 there, from 2 here.
_BRANCH_PARTS = {
    "kernel_convs.conv": "conv_kernel.0",
    "kernel_convs.bn": "conv_kernel.1",
    "search_convs.conv": "conv_search.0",
    "search_convs.bn": "conv_search.1",
    "head_convs.0.conv": "head.0",
    "head_convs.0.bn": "head.1",
    "head_convs.1.conv": "head.3",
}
_NAMES = {"head.cls_weight": "rpn_head.cls_weight", "head.reg_weight": "rpn_head.loc_weight"}
for _level in range(3):
    for _theirs, _number in (("conv", 0), ("bn", 1)):
        _NAMES[f"neck.convs.{_level}.{_theirs}"] = (
            f"neck.downsample{_level + 2}.downsample.{_number}"
        )
    for _output, _ours in (("cls", "cls"), ("reg", "loc")):
        for _theirs, _part in _BRANCH_PARTS.items():
            _module = f"head.{_output}_heads.{_level}.{_theirs}"
            _NAMES[_module] = f"rpn_head.rpn{_level + 2}.{_ours}.{_part}"
_NAMES_BACK = {ours: theirs for theirs, ours in _NAMES.items()}


def recognise(state: State, options: Mapping[str, object]) -> Recognised | None:
    """Return which network of the family the tensors belong to; None if it is another family's.

    Args:
        state: the tensors of a file.
        options: not needed here; the caller's count over what is found.

    Raises:
        WeightsError: the keys are the family's, but the network is none of ours.
    """
    anchors = "pysot"
    if any(key.startswith("head.cls_heads.") for key in state):
        state, anchors = renamed(state, pysot_name), "mmtracking"
    if not any(key.startswith("rpn_head.") for key in state):
        return None
    if any(key.startswith(("mask_head.", "refine_head.")) for key in state):
        raise WeightsError("it holds a SiamMask network, which this package does not have")
    state = rename_features(state)
    found = find_architecture(state)
    options_found = dict(found.options)
    if anchors != "pysot":
        options_found["anchors"] = anchors
    weighted = "rpn_head.cls_weight" in state
    if found.backbone != "alexnet" and weighted != (found.backbone != "mobilenetv2"):
        options_found["weighted"] = weighted
    return Recognised(name=f"siamrpn_{found.backbone}", options=options_found, state=state)


def pysot_name(key: str) -> str:
    """Return pysot's name of a tensor of mmtracking's network; others come back as they are.

    >>> pysot_name("head.reg_heads.0.head_convs.1.conv.bias")
    'rpn_head.rpn2.loc.head.3.bias'
    """
    return _renamed(key, _NAMES)


def mmtracking_name(key: str) -> str:
    """Undo :func:`pysot_name`.

    >>> mmtracking_name("neck.downsample4.downsample.1.running_mean")
    'neck.convs.2.bn.running_mean'
    """
    return _renamed(key, _NAMES_BACK)


def _renamed(key: str, names: Mapping[str, str]) -> str:
    module, _, leaf = key.rpartition(".")
    return names[key] if key in names else f"{names.get(module, module)}.{leaf}".lstrip(".")
