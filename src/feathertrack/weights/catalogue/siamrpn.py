"""SiamRPN++ as STVIR/pysot published it."""

from __future__ import annotations

from feathertrack.weights.catalogue.entry import Entry, Place, Row, Speed, System, rows

SYSTEM = System(
    key="pysot",
    title="SiamRPN++ (pysot)",
    about=(
        "The models of pysot's zoo lie on Google Drive, each under a link of its own, and together "
        "on Baidu; the weights are published under CC BY-SA 3.0."
    ),
    citations=("siamrpn++", "pysot"),
    notes=(
        "r50 is ResNet-50, l234 its last three stages, dwxcorr the depth-wise correlation; otb "
        "marks weights for OTB, lt the long-term tracker.",
        "The weights of `siamrpn_r50_otb` average the three heads plainly, the others of ResNet-50 "
        "weigh them.",
        "Weights of this kind are decoded with pysot's anchors (a 40 x 80 and a 32 x 96 box among "
        "them), those of mmtracking with mmtracking's, although the networks are the same.",
        "Robustness is printed as pysot prints it: failures in 100 frames.",
    ),
)

_ZOO = "model zoo of STVIR/pysot"
_CARD = "1080 Ti"
_REPOSITORY = Place(page="https://github.com/STVIR/pysot")
_ALL = Place(page="https://pan.baidu.com/s/1GB9-aTtjG57SebraVoBfuQ", note="code j9yb, all files")


def _drive(identifier: str) -> tuple[Place, ...]:
    return (Place(page=f"https://drive.google.com/open?id={identifier}"), _ALL)


def _vot(benchmark: str, eao: float, accuracy: float, robustness: float) -> tuple[Row, ...]:
    return rows(benchmark, _ZOO, EAO=eao, accuracy=accuracy, robustness=robustness)


def _speed(frames_per_second: float) -> tuple[Speed, ...]:
    return (Speed(frames_per_second=frames_per_second, hardware=_CARD, source=_ZOO),)


ENTRIES = (
    Entry(
        name="siamrpn_alexnet",
        model="siamrpn_alexnet",
        system=SYSTEM.key,
        config="siamrpn_alex_dwxcorr",
        places=_drive("1t62x56Jl7baUzPTo0QrC4jJnwvPZm-2m"),
        licence="CC BY-SA 3.0",
        rows=(
            *_vot("VOT2016", 0.393, 0.618, 0.238),
            *_vot("VOT2018", 0.352, 0.576, 0.290),
            *_vot("VOT2019", 0.260, 0.573, 0.547),
        ),
        speeds=_speed(180),
    ),
    Entry(
        name="siamrpn_alexnet_otb",
        model="siamrpn_alexnet",
        system=SYSTEM.key,
        config="siamrpn_alex_dwxcorr_otb",
        places=_drive("1gCpmR85Qno3C-naR3SLqRNpVfU7VJ2W0"),
        licence="CC BY-SA 3.0",
        rows=rows("OTB", _ZOO, success=0.666, precision=0.876),
    ),
    Entry(
        name="siamrpn_r50",
        model="siamrpn_r50",
        system=SYSTEM.key,
        config="siamrpn_r50_l234_dwxcorr",
        places=_drive("1Q4-1563iPwV6wSf_lBHDj5CPFiGSlEPG"),
        licence="CC BY-SA 3.0",
        rows=(
            *_vot("VOT2016", 0.464, 0.642, 0.196),
            *_vot("VOT2018", 0.415, 0.601, 0.234),
            *_vot("VOT2019", 0.287, 0.595, 0.467),
        ),
        speeds=_speed(35),
    ),
    Entry(
        name="siamrpn_r50_otb",
        model="siamrpn_r50",
        system=SYSTEM.key,
        config="siamrpn_r50_l234_dwxcorr_otb",
        places=_drive("1Cx_oHu6o0gNeH7F9zZrgevfAGdyWC4D5"),
        licence="CC BY-SA 3.0",
        rows=rows("OTB", _ZOO, success=0.696, precision=0.914),
    ),
    Entry(
        name="siamrpn_mobilenetv2",
        model="siamrpn_mobilenetv2",
        system=SYSTEM.key,
        config="siamrpn_mobilev2_l234_dwxcorr",
        places=_drive("1JB94pZTvB1ZByU-qSJn4ZAIfjLWE5EBJ"),
        licence="CC BY-SA 3.0",
        rows=(
            *_vot("VOT2016", 0.455, 0.624, 0.214),
            *_vot("VOT2018", 0.410, 0.586, 0.229),
            *_vot("VOT2019", 0.292, 0.580, 0.446),
        ),
        speeds=_speed(75),
    ),
    Entry(
        name="siamrpn_r50_lt",
        model="siamrpn_r50",
        system=SYSTEM.key,
        config="siamrpn_r50_l234_dwxcorr_lt",
        places=_drive("1lOOTedwGLbGZ7MAbqJimIcET3ANJd29A"),
        licence="CC BY-SA 3.0",
        rows=rows("VOT2018-LT", _ZOO, F1=0.629),
        speeds=_speed(20),
        note="Narrower neck and heads (128, 256, 512); the original's own configuration no longer "
        "loads in the original.",
    ),
    Entry(
        name="siammask_r50",
        model="",
        system=SYSTEM.key,
        config="siammask_r50_l3",
        places=(_REPOSITORY,),
        rows=_vot("VOT2018", 0.423, 0.615, 0.248),
        speeds=_speed(56),
        loads="not here",
        note="A segmenting tracker of the same zoo.",
    ),
    Entry(
        name="alexnet_imagenet",
        model="",
        system=SYSTEM.key,
        kind="backbone",
        file="alexnet-bn.pth",
        places=(_REPOSITORY,),
        note="ImageNet weights that the training of siamrpn_alexnet starts from.",
    ),
)
