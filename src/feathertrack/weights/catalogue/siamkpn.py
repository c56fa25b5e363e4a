"""Files and numbers of ZekuiQin/SiamKPN."""

from __future__ import annotations

from feathertrack.weights.catalogue.entry import Entry, Place, Row, Speed, System, rows

SYSTEM = System(
    key="siamkpn",
    title="SiamKPN",
    about=(
        "One Baidu folder holds the models of one, two and three stages, each in a version for VOT "
        "and one for OTB, and the ImageNet backbone that training starts from. The names of the "
        "files in it are not known to this page; the repository has no licence file."
    ),
    citations=("siamkpn",),
    notes=(
        "1s, 2s and 3s count the stages; difstd marks labels that are meant to narrow from stage "
        "to stage.",
        "The weights for OTB were trained with grey images among the others.",
        "The configurations of both three-stage models for OTB no longer load in the original.",
        "The repository prints OTB without saying which of its sets; VOT2018 and speed hold for "
        "the number of stages.",
    ),
)

_README = "README of ZekuiQin/SiamKPN"
_PLACES = (
    Place(page="https://pan.baidu.com/s/1MJwiYxXifKk5h43hmHYVpw", note="code gw6s, one folder"),
)


def _tracker(
    stages: int,
    config: str,
    published: tuple[Row, ...],
    *,
    frames_per_second: float | None,
    variant: str = "",
    note: str = "",
) -> Entry:
    model = f"siamkpn_r50_{stages}s"
    speeds: tuple[Speed, ...] = ()
    if frames_per_second is not None:
        speeds = (Speed(frames_per_second=frames_per_second, hardware="1080 Ti", source=_README),)
    return Entry(
        name=f"{model}{variant}",
        model=model,
        system=SYSTEM.key,
        config=config,
        places=_PLACES,
        rows=published,
        speeds=speeds,
        note=note,
    )


def _vot(eao: float, accuracy: float, robustness: float) -> tuple[Row, ...]:
    return rows("VOT2018", _README, EAO=eao, accuracy=accuracy, robustness=robustness)


def _otb(success: float, precision: float) -> tuple[Row, ...]:
    return rows("OTB", _README, success=success, precision=precision)


ENTRIES = (
    _tracker(1, "siamkpn_r50_stack1", _vot(0.413, 0.584, 0.229), frames_per_second=40),
    _tracker(1, "siamkpn_r50_stack1_otb", _otb(0.687, 0.906), frames_per_second=40, variant="_otb"),
    _tracker(2, "siamkpn_r50_stack2_difstd", _vot(0.428, 0.595, 0.211), frames_per_second=32),
    _tracker(
        2, "siamkpn_r50_stack2_difstd_otb", _otb(0.702, 0.916), frames_per_second=32, variant="_otb"
    ),
    _tracker(3, "siamkpn_r50_stack3_difstd", _vot(0.440, 0.605, 0.187), frames_per_second=24),
    _tracker(
        3, "siamkpn_r50_stack3_difstd_otb", _otb(0.712, 0.927), frames_per_second=24, variant="_otb"
    ),
    _tracker(
        3,
        "siamkpn_r50_stack3_otb",
        _otb(0.705, 0.916),
        frames_per_second=None,
        variant="_nodecay_otb",
        note="Labels of one width in all stages; whether the folder holds it is not stated.",
    ),
    Entry(
        name="resnet50_dilated_imagenet",
        model="",
        system=SYSTEM.key,
        kind="backbone",
        file="resnet50.model",
        places=_PLACES,
        note="ImageNet weights that the training of SiamKPN and of SiamRPN++ with ResNet-50 starts "
        "from; torchvision's do not fit, for its shortcuts are 3 x 3.",
    ),
)
