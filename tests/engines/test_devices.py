from __future__ import annotations

import pytest

from feathertrack.engines.devices import Device, parse_device
from feathertrack.errors import InputError


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("auto", Device("auto")),
        ("cpu", Device("cpu")),
        ("mps", Device("mps")),
        ("cuda", Device("cuda", 0)),
        ("cuda:12", Device("cuda", 12)),
        (" CUDA:1 ", Device("cuda", 1)),
    ],
)
def test_devices_are_named_in_one_form(text: str, device: Device) -> None:
    assert parse_device(text) == device


@pytest.mark.parametrize("text", ["", "gpu", "cpu:1", "cuda:", "cuda:x", "cuda:1000", "cuda1"])
def test_other_words_are_refused_with_those_that_will_do(text: str) -> None:
    with pytest.raises(
        InputError, match=r"no device is called .*: say auto, cpu, cuda, cuda:N or mps"
    ):
        parse_device(text)


def test_a_device_that_will_not_do_here_is_told_from_none() -> None:
    with pytest.raises(
        InputError, match=r"^'mps' is no device for this: say auto, cpu, cuda or cuda:N"
    ):
        parse_device("mps", kinds=("auto", "cpu", "cuda"))
