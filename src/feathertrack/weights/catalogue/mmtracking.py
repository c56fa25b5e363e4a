"""SiamRPN++ as open-mmlab/mmtracking published it, in two releases."""

from __future__ import annotations

from feathertrack.weights.catalogue.entry import Entry, Place, Row, Speed, System, rows

SYSTEM = System(
    key="mmtracking",
    title="SiamRPN++ (mmtracking)",
    about=(
        "The network of pysot's `siamrpn_r50_l234_dwxcorr`, trained anew on eight V100. The first "
        "release (2020-2021, 1x) lies under plain addresses, so `feathertrack download` fetches it."
    ),
    citations=("siamrpn++", "mmtracking"),
    notes=(
        "The eight digits that end a file name are the first of its SHA-256; a download is checked "
        "against them.",
        "1x and 20e are the names of the configurations before and since February 2022; 20e is the "
        "later release, with weights trained again. Its files are named by the source, the folder "
        "that holds them is not known to this page.",
        "The file of `1x_lasot` is also the one of `siamese_rpn_r50_1x_trackingnet`. For the later "
        "release TrackingNet .688 success, .759 norm precision and .632 precision are printed, "
        "without a file to them.",
        "In December 2021 OTB100 stood at .651 / .82 / .861.",
        "Its authors quote a fluctuation of 1.0 points of success and 1.5 of norm precision on "
        "LaSOT and of about .5 on the others.",
        "Decode these weights with mmtracking's anchors (40 x 88 and 32 x 104 where pysot has "
        "40 x 80 and 32 x 96).",
        "The repository is under Apache-2.0; it says nothing of its own about the weights.",
    ),
)

_FIRST = "README of open-mmlab/mmtracking, 2020-2021"
_LATER = "README of open-mmlab/mmtracking, April 2022"
_LICENCE = "Apache-2.0 (repository)"
_HOST = "https://download.openmmlab.com/mmtracking/"
_REPOSITORY = Place(page="https://github.com/open-mmlab/mmtracking")
_UNVERIFIED = Place(
    page="https://github.com/open-mmlab/mmtracking",
    note=f"the files lie under {_HOST}, folder not verified",
)


def _ope(
    benchmark: str,
    source: str,
    success: float,
    norm_precision: float,
    precision: float | None = None,
) -> tuple[Row, ...]:
    found = rows(benchmark, source, success=success, norm_precision=norm_precision)
    return found + (rows(benchmark, source, precision=precision) if precision is not None else ())


def _first_release(
    suffix: str,
    config: str,
    stamp: str,
    published: tuple[Row, ...],
    *,
    folder: str = "",
    speeds: tuple[Speed, ...] = (),
    note: str = "",
) -> Entry:
    file = f"{config}_{stamp}.pth"
    return Entry(
        name=f"siamrpn_r50_mmtracking_1x_{suffix}",
        model="siamrpn_r50",
        system=SYSTEM.key,
        file=file,
        config=config,
        places=(_REPOSITORY,),
        address=f"{_HOST}{folder}{file}",
        licence=_LICENCE,
        sha256_prefix=stamp.rpartition("-")[2],
        rows=published,
        speeds=speeds,
        note=note,
    )


def _later_release(suffix: str, config: str, stamp: str, published: tuple[Row, ...]) -> Entry:
    return Entry(
        name=f"siamrpn_r50_mmtracking_20e_{suffix}",
        model="siamrpn_r50",
        system=SYSTEM.key,
        file=f"{config}_{stamp}.pth",
        config=config,
        places=(_UNVERIFIED,),
        licence=_LICENCE,
        sha256_prefix=stamp.rpartition("-")[2],
        rows=published,
    )


ENTRIES = (
    _first_release(
        "lasot",
        "siamese_rpn_r50_1x_lasot",
        "20201218_051019-3c522eff",
        (
            *_ope("LaSOT", _FIRST, 0.499, 0.579),
            *_ope("TrackingNet", _FIRST, 0.706, 0.776, 0.657),
        ),
        folder="sot/siamese_rpn/siamese_rpn_r50_1x_lasot/",
        speeds=(Speed(frames_per_second=50, hardware="GPU not stated", source=_FIRST),),
        note="Training took 7.54 GB of memory on each card.",
    ),
    _first_release(
        "lasot_fp16",
        "siamese_rpn_r50_fp16_1x_lasot",
        "20210731_110245-6733c67e",
        _ope("LaSOT", _FIRST, 0.491, 0.570),
        note="Trained in float16.",
    ),
    _first_release(
        "uav123",
        "siamese_rpn_r50_1x_uav123",
        "20210917_104452-36ac4934",
        _ope("UAV123", _FIRST, 0.606, 0.765, 0.805),
        folder="sot/siamese_rpn/siamese_rpn_r50_1x_uav123/",
    ),
    _first_release(
        "otb100",
        "siamese_rpn_r50_1x_otb100",
        "20210920_001757-12636a0a",
        _ope("OTB100", _FIRST, 0.648, 0.832, 0.877),
        folder="sot/siamese_rpn/siamese_rpn_r50_1x_otb100/",
    ),
    _later_release(
        "lasot",
        "siamese_rpn_r50_20e_lasot",
        "20220420_181845-dd0f151e",
        _ope("LaSOT", _LATER, 0.504, 0.596, 0.497),
    ),
    _later_release(
        "lasot_fp16",
        "siamese_rpn_r50_fp16_20e_lasot",
        "20220422_181501-ce30fdfd",
        _ope("LaSOT", _LATER, 0.504, 0.596, 0.492),
    ),
    _later_release(
        "uav123",
        "siamese_rpn_r50_20e_uav123",
        "20220420_181845-dc2d4831",
        _ope("UAV123", _LATER, 0.600, 0.773, 0.803),
    ),
    _later_release(
        "otb100",
        "siamese_rpn_r50_20e_otb100",
        "20220421_144232-6b8f1730",
        _ope("OTB100", _LATER, 0.649, 0.824, 0.863),
    ),
    _later_release(
        "vot2018",
        "siamese_rpn_r50_20e_vot2018",
        "20220420_181845-1111f25e",
        rows("VOT2018", _LATER, EAO=0.348, accuracy=0.588, robustness=0.295),
    ),
)
