"""What every runtime owes the trackers, held against the network itself in torch."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from feathertrack.engines import Engine, create_engine
from feathertrack.engines.measuring import relative_difference
from feathertrack.engines.protocol import Images
from feathertrack.errors import InputError
from feathertrack.models import Network
from feathertrack.weights import network_info


@pytest.fixture(scope="module", params=["torch", "onnx", "openvino"])
def engine(request: pytest.FixtureRequest, tiny_file: Path, tiny_pair: Path) -> Engine:
    weights = tiny_file if request.param == "torch" else tiny_pair
    return create_engine(weights, engine=request.param, precision="float32", threads=1)


def _in_torch(model: Network, template: Images, search: Images) -> NDArray[np.float32]:
    with torch.inference_mode():
        images = [
            torch.from_numpy(image).permute(0, 3, 1, 2).float() for image in (template, search)
        ]
        return model(*images).numpy()


@pytest.mark.parametrize(
    ("num_templates", "num_regions"), [(1, 1), (1, 3), (1, 12), (2, 6), (3, 3)]
)
def test_outputs_are_those_of_the_network(
    engine: Engine,
    tiny_model: Network,
    templates: Images,
    regions: Images,
    num_templates: int,
    num_regions: int,
) -> None:
    template, search = templates[:num_templates], np.concatenate([regions] * 2)[:num_regions]
    outputs = engine.predict(engine.embed(template), search)
    assert [(out.dtype, out.shape) for out in outputs] == [(np.float32, (num_regions, 1, 17, 17))]
    assert relative_difference(outputs, (_in_torch(tiny_model, template, search),)) < 1e-5


def test_info_is_that_of_the_network(engine: Engine, tiny_model: Network) -> None:
    assert engine.info == network_info(tiny_model)
    assert (engine.device, engine.precision) == ("cpu", "float32")


def test_several_regions_in_one_call_equal_as_many_calls(
    engine: Engine, templates: Images, regions: Images
) -> None:
    features = engine.embed(templates[:1])
    together = engine.predict(features, regions)[0]
    single = np.concatenate([engine.predict(features, region[None])[0] for region in regions])
    assert relative_difference((together,), (single,)) < 1e-5


def test_region_i_belongs_to_template_i_modulo_b(
    engine: Engine, templates: Images, regions: Images
) -> None:
    features = [engine.embed(template[None]) for template in templates[:2]]
    together = engine.predict(engine.stack(features), regions)[0]
    for number, region in enumerate(regions):
        alone = engine.predict(features[number % 2], region[None])[0]
        assert relative_difference((together[number : number + 1],), (alone,)) < 1e-5


def test_a_blend_of_two_views_lies_between_them(
    engine: Engine, templates: Images, regions: Images
) -> None:
    first, second = (engine.embed(template[None]) for template in templates[:2])
    ends = [engine.predict(view, regions[:1]) for view in (first, second)]
    for share, end in zip((0.0, 1.0), ends, strict=True):
        blended = engine.predict(engine.blend(first, second, share), regions[:1])
        assert relative_difference(blended, end) < 1e-5
    # A correlation is linear in its template.
    half = engine.predict(engine.blend(first, second, 0.5), regions[:1])
    middle = tuple((one + other) / 2 for one, other in zip(*ends, strict=True))
    assert relative_difference(half, middle) < 1e-4


def test_a_second_target_does_not_disturb_the_first(
    engine: Engine, templates: Images, regions: Images
) -> None:
    first = engine.embed(templates[:1])
    before = engine.predict(first, regions[:3])[0]
    kept = before.copy()
    second = engine.embed(templates[1:2])
    engine.predict(second, regions[3:])
    np.testing.assert_array_equal(before, kept)  # not overwritten by the later call
    np.testing.assert_array_equal(engine.predict(first, regions[:3])[0], kept)


def test_threads_may_share_an_engine(engine: Engine, templates: Images, regions: Images) -> None:
    def run(number: int) -> NDArray[np.float32]:
        features = engine.embed(templates[number % 4][None])
        return engine.predict(features, regions[number % 4 : number % 4 + 3])[0]

    alone = [run(number) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for number, together in enumerate(pool.map(run, range(12))):
            assert relative_difference((together,), (alone[number % 4],)) < 1e-5


def test_pictures_may_be_views_or_read_only(
    engine: Engine, templates: Images, regions: Images
) -> None:
    features = engine.embed(templates[:1])
    expected = engine.predict(features, np.ascontiguousarray(regions[1::2, :, ::-1]))[0]
    view = regions[1::2, :, ::-1]
    view.flags.writeable = False
    np.testing.assert_array_equal(engine.predict(features, view)[0], expected)


def test_fractions_of_grey_values_are_never_rounded_silently(
    engine: Engine, tiny_model: Network, templates: Images, regions: Images
) -> None:
    floats: Any = regions.astype(np.float32)
    features = engine.embed(templates[:1])
    if engine.name == "torch":
        outputs = engine.predict(features, floats)
        assert relative_difference(outputs, engine.predict(features, regions)) == 0
    else:
        with pytest.raises(InputError, match="take pictures in uint8, got float32: round them"):
            engine.predict(features, floats)


@pytest.mark.parametrize("num_regions", [0, 3])
def test_regions_that_cannot_be_shared_out_are_refused(
    engine: Engine, templates: Images, regions: Images, num_regions: int
) -> None:
    features = engine.embed(templates[:2])
    with pytest.raises(ValueError, match=f"{num_regions} search regions for 2 templates"):
        engine.predict(features, regions[:num_regions])


def test_an_engine_cannot_be_changed(engine: Any) -> None:
    with pytest.raises(AttributeError, match="cannot assign"):
        engine.device = "cuda"
    assert replace(engine, choice=None).info == engine.info


def test_torch_keeps_the_number_of_threads_of_its_caller(
    tiny_file: Path, templates: Images
) -> None:
    before = torch.get_num_threads()
    engine = create_engine(tiny_file, engine="torch", precision="float32", threads=before + 1)
    engine.embed(templates[:1])
    assert torch.get_num_threads() == before


def test_torch_leaves_the_given_network_alone(tiny_model: Network) -> None:
    before = {name: tensor.clone() for name, tensor in tiny_model.state_dict().items()}
    create_engine(tiny_model, engine="torch", precision="float16")
    after = tiny_model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_torch_runs_low_precision_by_request(
    tiny_model: Network, templates: Images, regions: Images, precision: Any
) -> None:
    """Emulated on most processors, so slow, but right: within the precision's rounding."""
    engine = create_engine(tiny_model, engine="torch", precision=precision, threads=1)
    outputs = engine.predict(engine.embed(templates[:1]), regions[:1])
    expected = _in_torch(tiny_model, templates[:1], regions[:1])
    assert outputs[0].dtype == np.float32
    assert 1e-5 < relative_difference(outputs, (expected,)) < 0.05


def test_engines_are_imported_without_any_runtime() -> None:
    code = (
        "import sys, feathertrack.engines as e; assert e.create_engine\n"
        "print({'torch', 'onnxruntime', 'openvino'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["torch", "onnx"])
def test_cuda_agrees_with_the_processor(
    tiny_model: Network, templates: Images, regions: Images, name: Any
) -> None:
    engine = create_engine(tiny_model, engine=name, device="cuda", precision="float32")
    expected = _in_torch(tiny_model, templates[:2], regions)
    features = engine.embed(templates[:2])
    for _ in range(3):  # recorded once, then replayed
        assert relative_difference(engine.predict(features, regions), (expected,)) < 1e-4
    alone = engine.predict(engine.embed(templates[:1]), regions[:1])
    assert relative_difference(alone, (expected[:1],)) < 1e-4


@pytest.mark.gpu
def test_recorded_shapes_are_forgotten_beyond_a_limit(
    tiny_model: Network, templates: Images, regions: Images
) -> None:
    engine: Any = create_engine(tiny_model, engine="torch", device="cuda", precision="float32")
    features = engine.embed(templates[:1])
    for number in [*range(1, 7), *range(1, 7)]:
        search = np.concatenate([regions] * 2)[: number * 2 - 1]
        expected = _in_torch(tiny_model, templates[:1], search)
        assert relative_difference(engine.predict(features, search), (expected,)) < 1e-4
    assert len(engine.graphs.recorded) <= 8
