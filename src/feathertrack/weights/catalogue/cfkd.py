"""ATOM, DRNet and their students as the master's thesis behind CFKD published them."""

from __future__ import annotations

from feathertrack.weights.catalogue.entry import Entry, Place, Row, Speed, System, rows

SYSTEM = System(
    key="cfkd",
    title="ATOM, DRNet and CFKD",
    about=(
        "One Google Drive folder holds the teachers, the students of the thesis and their "
        "ablations, the rivals, and raw results. The repository has no licence file."
    ),
    citations=("cfkd", "cfkd_code", "atom", "drnet", "liu", "wang", "pytracking"),
    notes=(
        "gt, ts, ah, fid and cf are terms of the student's loss: the truth alone, the teacher's "
        "output, the truth unless the student already beats the teacher, the fidelity of "
        "features, the correlation filter; sep trains backbone and head one after the other. "
        "`atom_cfkd` is the whole method, `atom_compression` the rival of Wang et al., "
        "`atom_tskd` that of Liu et al.",
        "DRNet is the ResNet-50 half of the VOT2019 entry, github.com/ShuaiBai623/DRNet. The code "
        "of CFKD calls its file drnet_res50.pth, the folder drnet_default.pth.",
        "A published size is that of the checkpoint: for what was trained it includes the moments "
        "of Adam, and layers that no tracker runs.",
        "The thesis contradicts itself: `atom_mobilenetv2` on LaSOT (its tables 4.4 and 4.6) and "
        "TrackingNet (4.4 and 4.7), and by a tenth of a point between table 4.5 and figure 4.3. "
        "All of its numbers are listed.",
        "Its VOT rows are those of the real-time experiment, and it prints OTB without saying "
        "which of its sets. What it calls the area under the precision curve is the precision at "
        "one threshold.",
    ),
)

_DRIVE = (Place(page="https://drive.google.com/drive/folders/19mDhiPbQlxCUtnB-qy536RMQ6mlnpqwm"),)
_DRNET = (
    Place(
        page="https://github.com/ShuaiBai623/DRNet",
        note="where the repository offers its weights is not known to this page",
    ),
)
_SIZE_AND_SPEED = "thesis, tables 4.1, 4.3 and 4.5"
_ABLATION = "thesis, table 4.2"
_RIVALS = "thesis, table 4.4"
_LASOT = "thesis, table 4.6"
_TRACKINGNET = "thesis, table 4.7"
_REALTIME = "thesis, table 4.8"
_FIGURE = "thesis, figure 4.3"

_GPU, _CPU = "Titan X", "one core of a 2.3 GHz Xeon"


def _speeds(backbone: tuple[float, float], tracker: tuple[float, float]) -> tuple[Speed, ...]:
    """Pairs of frames per second, GPU then CPU."""
    source = _SIZE_AND_SPEED
    return (
        Speed(frames_per_second=tracker[0], hardware=_GPU, source=source),
        Speed(frames_per_second=tracker[1], hardware=_CPU, source=source),
        Speed(frames_per_second=backbone[0], hardware=_GPU, source=source, part="backbone"),
        Speed(frames_per_second=backbone[1], hardware=_CPU, source=source, part="backbone"),
    )


def _otb(source: str, success: float, precision: float | None = None) -> tuple[Row, ...]:
    found = rows("OTB", source, success=success)
    return found + (rows("OTB", source, precision=precision) if precision is not None else ())


def _lasot(source: str, norm_precision: float, success: float) -> tuple[Row, ...]:
    return rows("LaSOT", source, success=success, norm_precision=norm_precision)


def _lasot_full(norm_precision: float, success: float, precision: float) -> tuple[Row, ...]:
    return _lasot(_LASOT, norm_precision, success) + rows("LaSOT", _LASOT, precision=precision)


def _trackingnet(
    source: str, success: float, norm_precision: float, precision: float
) -> tuple[Row, ...]:
    return rows(
        "TrackingNet",
        source,
        success=success,
        norm_precision=norm_precision,
        precision=precision,
    )


def _realtime(
    vot2018: tuple[float, float, float], vot2019: tuple[float, float, float]
) -> tuple[Row, ...]:
    """Triples of EAO, accuracy and robustness."""
    table = {"VOT2018 real-time": vot2018, "VOT2019 real-time": vot2019}
    return tuple(
        row
        for benchmark, (eao, accuracy, robustness) in table.items()
        for row in rows(benchmark, _REALTIME, EAO=eao, accuracy=accuracy, robustness=robustness)
    )


def _student(folder_and_name: str, variant: str, *published: Row, note: str = "") -> Entry:
    """An ablation or a rival: the MobileNetV2 student, trained in another way."""
    return Entry(
        name=f"atom_mobilenetv2_{variant}",
        model="atom_mobilenetv2",
        system=SYSTEM.key,
        file=f"{folder_and_name}.pth.tar",
        config=folder_and_name.rpartition("/")[2],
        places=_DRIVE,
        rows=published,
        note=note,
    )


def _narrow(size_name: str, size: str, gflop: float, success: float, *speeds: Speed) -> Entry:
    """A narrower ResNet-18."""
    return Entry(
        name=f"atom_r18_{size_name}",
        model=f"atom_r18_{size_name}",
        system=SYSTEM.key,
        file=f"architecture/{size_name}.pth.tar",
        config=f"atom_resnet18{size_name}",
        places=_DRIVE,
        size=size,
        gflop=gflop,
        rows=_otb(_SIZE_AND_SPEED, success),
        speeds=speeds,
    )


ENTRIES = (
    Entry(
        name="atom_r18",
        model="atom_r18",
        system=SYSTEM.key,
        file="atom_default.pth",
        config="atom_resnet18",
        places=_DRIVE,
        size="109 MB",
        gflop=3.35,
        rows=(
            *_otb(_SIZE_AND_SPEED, 0.666),
            *_otb(_ABLATION, 0.666, 0.875),
            *_otb(_FIGURE, 0.667, 0.875),
            *_lasot_full(0.587, 0.525, 0.510),
            *_trackingnet(_TRACKINGNET, 0.703, 0.771, 0.648),
            *_realtime((0.245, 0.553, 0.194), (0.240, 0.596, 0.557)),
        ),
        speeds=_speeds((80, 15), (30, 9)),
        note="The teacher.",
    ),
    Entry(
        name="atom_mobilenetv2",
        model="atom_mobilenetv2",
        system=SYSTEM.key,
        file="atom_cfkd.pth.tar",
        config="atom_mobilenetsmall",
        places=_DRIVE,
        size="18 MB",
        gflop=0.33,
        rows=(
            *_otb(_SIZE_AND_SPEED, 0.624),
            *_otb(_ABLATION, 0.624, 0.820),
            *_otb(_RIVALS, 0.624, 0.820),
            *_otb(_FIGURE, 0.624, 0.819),
            *_lasot(_RIVALS, 0.519, 0.461),
            *_lasot_full(0.530, 0.461, 0.446),
            *_trackingnet(_RIVALS, 0.669, 0.742, 0.610),
            *_trackingnet(_TRACKINGNET, 0.669, 0.742, 0.601),
            *_realtime((0.358, 0.520, 0.169), (0.283, 0.558, 0.381)),
        ),
        speeds=_speeds((80, 40), (38, 20)),
    ),
    _narrow("medium", "34 MB", 0.87, 0.571, *_speeds((90, 25), (35, 11))),
    _narrow("small", "8.7 MB", 0.25, 0.537, *_speeds((125, 50), (40, 20))),
    _narrow("tiny", "2.4 MB", 0.073, 0.483, *_speeds((130, 60), (45, 25))),
    Entry(
        name="drnet_r50",
        model="drnet_r50",
        system=SYSTEM.key,
        file="drnet_default.pth",
        config="drnet_resnet50",
        places=_DRIVE,
        size="145.1 MB",
        gflop=7.84,
        rows=(
            *_otb(_SIZE_AND_SPEED, 0.676),
            *_otb(_FIGURE, 0.676, 0.891),
            *_lasot_full(0.576, 0.485, 0.467),
            *_trackingnet(_TRACKINGNET, 0.694, 0.772, 0.640),
            *_realtime((0.219, 0.537, 0.204), (0.185, 0.583, 0.757)),
        ),
        speeds=_speeds((50, 9), (40, 12)),
        note="The other teacher.",
    ),
    Entry(
        name="drnet_mobilenetv2",
        model="drnet_mobilenetv2",
        system=SYSTEM.key,
        file="drnet_cfkd.pth.tar",
        config="drnet_mobilenetsmall",
        places=_DRIVE,
        size="18 MB",
        gflop=0.33,
        rows=(
            *_otb(_SIZE_AND_SPEED, 0.630),
            *_otb(_FIGURE, 0.630, 0.847),
            *_lasot_full(0.519, 0.437, 0.408),
            *_trackingnet(_TRACKINGNET, 0.640, 0.733, 0.586),
            *_realtime((0.364, 0.556, 0.183), (0.349, 0.562, 0.253)),
        ),
        speeds=_speeds((80, 40), (60, 26)),
    ),
    Entry(
        name="drnet_se_r50",
        model="drnet_se_r50",
        system=SYSTEM.key,
        file="SE_Res50.pth",
        config="drnet_se_resnet50",
        places=_DRNET,
        note="The second network of the VOT2019 entry; CFKD publishes neither file nor number.",
    ),
    _student("ablation/gt", "gt", *_otb(_ABLATION, 0.495, 0.654)),
    _student("ablation/ts", "ts", *_otb(_ABLATION, 0.525, 0.688)),
    _student("ablation/ts_ah", "ts_ah", *_otb(_ABLATION, 0.531, 0.691)),
    _student("ablation/ts_ah_fid", "ts_ah_fid", *_otb(_ABLATION, 0.584, 0.777)),
    _student("ablation/ts_ah_fid_cf_sep", "ts_ah_fid_cf_sep", *_otb(_ABLATION, 0.595, 0.785)),
    _student(
        "atom_compression",
        "compression",
        *_otb(_RIVALS, 0.100, 0.125),
        *_lasot(_RIVALS, 0.043, 0.052),
        *_trackingnet(_RIVALS, 0.178, 0.188, 0.110),
        note="The rival of Wang et al.",
    ),
    _student(
        "atom_tskd",
        "tskd",
        *_otb(_RIVALS, 0.551, 0.742),
        *_lasot(_RIVALS, 0.433, 0.384),
        *_trackingnet(_RIVALS, 0.632, 0.700, 0.569),
        note="The rival of Liu et al.",
    ),
    Entry(
        name="cfkd_results",
        model="",
        system=SYSTEM.key,
        kind="results",
        places=_DRIVE,
        loads="not here",
        note="Raw results, one zip archive per benchmark.",
    ),
)
