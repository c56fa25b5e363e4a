"""What is read off processors, from descriptions of real ones."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from feathertrack.engines import cpu
from feathertrack.engines.cpu import Cpu, detect_cpu, parse_cpuinfo

SAPPHIRE_RAPIDS = """processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Platinum 8488C
flags\t\t: fpu sse4_2 avx avx2 avx512f avx512_bf16 avx512_fp16 amx_bf16 amx_tile amx_int8

processor\t: 1
model name\t: another
flags\t\t: fpu
"""
ZEN_3 = "model name\t: AMD EPYC 7763\nflags\t\t: fpu avx2 fma f16c\npower management:\n"
GRAVITON_3 = "processor\t: 0\nFeatures\t: fp asimd fphp asimdhp bf16 i8mm sve\n\n"


def _cpu(text: str) -> Cpu:
    model, features = parse_cpuinfo(text)
    return Cpu(model=model, architecture="", features=frozenset(features), cores=1)


@pytest.mark.parametrize(
    ("text", "model", "bfloat16", "float16"),
    [
        (SAPPHIRE_RAPIDS, "Intel(R) Xeon(R) Platinum 8488C", True, True),
        (ZEN_3, "AMD EPYC 7763", False, False),
        (GRAVITON_3, "", True, True),
        ("", "", False, False),
    ],
)
def test_linux_names_model_and_features(
    text: str, model: str, bfloat16: bool, float16: bool
) -> None:
    found = _cpu(text)
    assert (found.model, found.has_bfloat16, found.has_float16) == (model, bfloat16, float16)


def test_this_machine_has_a_name_and_cores() -> None:
    found = detect_cpu()
    assert found.model
    assert found.cores >= 1
    assert found.features <= cpu._KNOWN


def test_macos_is_read_from_sysctl(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = (
        "machdep.cpu.brand_string: Apple M2\n"
        "hw.optional.arm.FEAT_BF16: 1\nhw.optional.arm.FEAT_FP16: 1\n"
        "hw.optional.arm.FEAT_DotProd: 0\n"
    )

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, stdout=printed)

    monkeypatch.setattr(subprocess, "run", run)
    assert cpu._macos() == ("Apple M2", {"bf16", "asimdhp"})


def test_a_system_that_tells_nothing_still_gives_a_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError

    monkeypatch.setattr(subprocess, "run", fail)
    for platform in ("darwin", "win32", "sunos"):
        monkeypatch.setattr("sys.platform", platform)
        detect_cpu.cache_clear()
        found = detect_cpu()
        assert (found.features, found.has_bfloat16) == (frozenset(), False)
    monkeypatch.undo()
    detect_cpu.cache_clear()
