"""What the processor is and which instructions it really has.

A runtime asked for a precision that the processor lacks either emulates it, many times slower, or
computes in another one without a word; both are avoided by knowing.
"""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_VECTORS = ("sse4_2", "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512vl")
_LOW_PRECISION = ("avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16", "amx_int8")
_MORE = ("amx_fp16", "asimd", "asimdhp", "asimddp", "bf16", "i8mm", "sve")
_KNOWN = frozenset(_VECTORS + _LOW_PRECISION + _MORE)

# The names of ARM features on macOS (sysctl hw.optional.arm) and as Linux has them.
_APPLE = {"FEAT_BF16": "bf16", "FEAT_FP16": "asimdhp", "FEAT_DotProd": "asimddp"}
_APPLE_INTEL = {"AVX1.0": "avx", "AVX2": "avx2", "AVX512F": "avx512f", "FMA": "fma"}

# Numbers of IsProcessorFeaturePresent (winnt.h): all that Windows tells without assembly.
_WINDOWS = {38: "sse4_2", 39: "avx", 40: "avx2", 41: "avx512f", 43: "asimddp"}


@dataclass(frozen=True, kw_only=True)
class Cpu:
    """A processor.

    Attributes:
        model: what it calls itself.
        architecture: "x86_64", "aarch64", ...
        features: the instruction sets that matter for networks, by their names on Linux.
        cores: logical cores that this process may use.
    """

    model: str
    architecture: str
    features: frozenset[str]
    cores: int

    @property
    def has_bfloat16(self) -> bool:
        """Whether it multiplies bfloat16 in hardware (AMX, AVX-512 BF16, or ARM's BF16)."""
        return bool({"amx_bf16", "avx512_bf16", "bf16"} & self.features)

    @property
    def has_float16(self) -> bool:
        """Whether it multiplies float16 in hardware; converting it (F16C) is not enough."""
        return bool({"amx_fp16", "avx512_fp16", "asimdhp"} & self.features)


@functools.cache
def detect_cpu() -> Cpu:
    """The processor of this machine; what cannot be found out is left empty."""
    finders = {"linux": _linux, "darwin": _macos, "win32": _windows}
    model, features = finders.get(sys.platform, _unknown)()
    return Cpu(
        model=model or platform.processor() or platform.machine(),
        architecture=platform.machine(),
        features=frozenset(features) & _KNOWN,
        cores=available_cores(),
    )


def available_cores() -> int:
    """Logical cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _linux() -> tuple[str, set[str]]:
    try:
        return parse_cpuinfo(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return _unknown()


def parse_cpuinfo(text: str) -> tuple[str, set[str]]:
    r"""Model and features of the first processor in a Linux ``/proc/cpuinfo``.

    >>> parse_cpuinfo("model name\t: Any CPU\nflags\t\t: fpu avx2")[0]
    'Any CPU'
    """
    first = text.strip().partition("\n\n")[0]
    fields = dict(re.findall(r"^([^:\t]+?)\s*:[ \t]*(.*)$", first, re.MULTILINE))
    flags = fields.get("flags") or fields.get("Features") or ""
    return fields.get("model name", ""), set(flags.split())


def _macos() -> tuple[str, set[str]]:
    values = _sysctl()
    intel = (
        f"{values.get('machdep.cpu.features', '')} {values.get('machdep.cpu.leaf7_features', '')}"
    )
    features = {_APPLE_INTEL[word] for word in intel.split() if word in _APPLE_INTEL}
    features |= {ours for theirs, ours in _APPLE.items() if values.get(_apple_key(theirs)) == "1"}
    return values.get("machdep.cpu.brand_string", ""), features


def _apple_key(feature: str) -> str:
    return f"hw.optional.arm.{feature}"


def _sysctl() -> dict[str, str]:
    names = ["machdep.cpu.brand_string", "machdep.cpu.features", "machdep.cpu.leaf7_features"]
    command = ["/usr/sbin/sysctl", "-i", *names, *map(_apple_key, _APPLE)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    pairs = (line.partition(":") for line in done.stdout.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _windows() -> tuple[str, set[str]]:
    model = os.environ.get("PROCESSOR_IDENTIFIER", "")
    libraries = getattr(ctypes, "windll", None)
    if libraries is None:
        return model, set()
    present = libraries.kernel32.IsProcessorFeaturePresent
    return model, {name for number, name in _WINDOWS.items() if present(number)}


def _unknown() -> tuple[str, set[str]]:
    return "", set()
