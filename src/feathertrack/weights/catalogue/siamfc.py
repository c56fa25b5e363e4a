"""Files and numbers of conquerhuang/FDSiamFC."""

from __future__ import annotations

from feathertrack.weights.catalogue.entry import Entry, Place, Row, Speed, System, rows

SYSTEM = System(
    key="fdsiamfc",
    title="SiamFC, FDSiamFC and FDSiamd",
    about=(
        "Three merged students, published in the repository's folder `pretrained/` under the MIT "
        "licence. No checkpoint of their teachers, SiamFC and Siamd, is in the repository or its "
        "history."
    ),
    citations=("siamfc", "fdsiamfc"),
    notes=(
        "30, 15 and 50 are the percentage of channels that a student keeps. Siamd is a deeper "
        "AlexNet of eight 3 x 3 convolutions; it has nothing to do with SiamDW.",
        "The published settings were tuned for each benchmark on the benchmark itself; they are "
        "the presets `name@benchmark`.",
        "The README's cost counts one 255 x 255 search crop as 2 operations for each "
        "multiplication; the template and the other two scales are left out.",
        "The README's sizes are MiB of the files in torch's old format. Its size of SiamFC does "
        "not match SiamFC's network (8.92 MiB of tensors) but Siamd's.",
        "The README of July 2022 names the processor as i9-9700k, that of February 2022 as "
        "i7-9700k. The graphics card is not known to this page.",
    ),
)

_README = "README of conquerhuang/FDSiamFC"
_HARDWARE = "GPU, model not known"

_PLACES = (
    Place(page="https://github.com/conquerhuang/FDSiamFC", note="folder pretrained/"),
    Place(page="https://pan.baidu.com/s/1xlf5qmlSGGW0IMUqwduT1g?pwd=dq9o", note="key dq9o"),
)


def _published(
    otb50: tuple[float, float],
    otb100: tuple[float, float],
    uav20l: tuple[float, float],
    uav123: tuple[float, float],
    tcolor128: tuple[float, float],
) -> tuple[Row, ...]:
    """Success and precision of the README's table, benchmark by benchmark."""
    table = {
        "OTB50": otb50,
        "OTB100": otb100,
        "UAV20L": uav20l,
        "UAV123": uav123,
        "TColor128": tcolor128,
    }
    return tuple(
        row
        for benchmark, (success, precision) in table.items()
        for row in rows(benchmark, _README, success=success, precision=precision)
    )


def _speed(frames_per_second: float, source: str = _README) -> tuple[Speed, ...]:
    return (Speed(frames_per_second=frames_per_second, hardware=_HARDWARE, source=source),)


ENTRIES = (
    Entry(
        name="fdsiamfc_30",
        model="fdsiamfc_30",
        system=SYSTEM.key,
        file="FDSiamfc_30.pth",
        config="FDAlexNetLite([0.3] * 5)",
        places=_PLACES,
        licence="MIT",
        size="0.821 MiB",
        gflop=0.699,
        sha256_seen="5d3a5c108d3a41971e24e73643d12bcf77108cb43853f66ef922da121d4fb02c",
        rows=_published(
            (0.542, 0.753), (0.595, 0.802), (0.434, 0.604), (0.509, 0.715), (0.523, 0.722)
        ),
        speeds=_speed(306.5),
        loads="seen",
    ),
    Entry(
        name="fdsiamfc_15",
        model="fdsiamfc_15",
        system=SYSTEM.key,
        file="FDSiamfc_15.pth",
        config="FDAlexNetLite([0.15] * 5)",
        places=_PLACES,
        licence="MIT",
        size="0.217 MiB",
        gflop=0.255,
        sha256_seen="63c8ab0d183526115672c15e02a7471820c214821c1dd7d2f5cdc307b0073379",
        rows=_published(
            (0.53, 0.724), (0.58, 0.786), (0.422, 0.599), (0.496, 0.704), (0.494, 0.683)
        ),
        speeds=_speed(319.9),
        loads="seen",
    ),
    Entry(
        name="fdsiamd_50",
        model="fdsiamd_50",
        system=SYSTEM.key,
        file="FDSiamd.pth",
        config="FDAlexNet_8l_lite([0.5] * 8)",
        places=_PLACES,
        licence="MIT",
        size="2.1 MB",
        sha256_seen="1b90de8fc3075efb6086280e3f71a2d426a7fbc9302098b06ea4853e81b3a4c1",
        speeds=_speed(225, source="abstract in the repository"),
        loads="seen",
        note="No accuracy is published: the abstract speaks of seven benchmarks, without a table.",
    ),
    Entry(
        name="siamfc",
        model="siamfc",
        system=SYSTEM.key,
        config="AlexNetV1",
        places=(Place(page="https://github.com/conquerhuang/FDSiamFC"),),
        published=False,
        size="8.609 MiB",
        gflop=5.453,
        rows=_published(
            (0.516, 0.692), (0.583, 0.771), (0.384, 0.579), (0.478, 0.697), (0.506, 0.707)
        ),
        speeds=_speed(141.5),
        note="The repository prints these numbers for the teacher but publishes no file of it.",
    ),
    Entry(
        name="siamd",
        model="siamd",
        system=SYSTEM.key,
        config="AlexNet_8l",
        places=(Place(page="https://github.com/conquerhuang/FDSiamFC"),),
        published=False,
        note="Neither a file nor a number of this teacher is published.",
    ),
    Entry(
        name="fdsiamfc_results",
        model="",
        system=SYSTEM.key,
        kind="results",
        places=(
            Place(page="https://pan.baidu.com/s/1Rwy8iATpv2SfH138QUk0Rw?pwd=1hio", note="key 1hio"),
        ),
        loads="not here",
        note="An archive of raw results.",
    ),
)
