"""Voices are cut in two where nothing but frames goes from the one half to the other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info

from parlez.speech.local.cut_model import cut_model

FLOAT, HALF = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16


def written(
    path: Path,
    *nodes: onnx.NodeProto,
    outputs: Sequence[str] = ("output",),
    precision: type[np.floating] = np.float32,
) -> Path:
    """A voice that makes (1, 2, any) into as much."""
    shape = [1, 2, None]
    graph = make_graph(
        list(nodes),
        "voice",
        [make_tensor_value_info("input", FLOAT, shape)],
        [make_tensor_value_info(output, FLOAT, shape) for output in outputs],
        [onnx.numpy_helper.from_array(np.full((1, 2, 1), 3.0, precision), "weight")],
    )
    onnx.save(make_model(graph, opset_imports=[make_opsetid("", 15)], ir_version=8), path)
    return path


FLOW = make_node("Neg", ["input"], ["frames"], "/flow/Neg")


def test_the_halves_make_what_the_whole_makes(tmp_path: Path):
    decoder = make_node("Mul", ["frames", "weight"], ["loud"], "/dec/Mul")
    last = make_node("Abs", ["loud"], ["output"], "/dec/Abs")
    halves = cut_model(written(tmp_path / "voice.onnx", FLOW, decoder, last))
    assert halves
    given = np.arange(8, dtype=np.float32).reshape(1, 2, 4)
    frames = _made(halves[0], given)
    assert np.array_equal(frames, -given)
    assert np.array_equal(_made(halves[1], frames), given * 3)


def test_a_voice_that_tells_times_too_is_cut(tmp_path: Path):
    nodes = [
        make_node("Ceil", ["input"], ["times"], "/Ceil"),
        make_node("Neg", ["times"], ["frames"], "/flow/Neg"),
        make_node("Mul", ["frames", "weight"], ["output"], "/dec/Mul"),
    ]
    halves = cut_model(written(tmp_path / "voice.onnx", *nodes, outputs=["output", "times"]))
    assert halves
    given = np.arange(8, dtype=np.float32).reshape(1, 2, 4) - 0.5
    frames = _made(halves[0], given)
    assert np.array_equal(_made(halves[1], frames), np.ceil(given) * -3)


def test_a_voice_of_half_precision_is_cut(tmp_path: Path):
    nodes = [
        make_node("Cast", ["input"], ["frames"], "/flow/Cast", to=HALF),
        make_node("Mul", ["frames", "weight"], ["loud"], "/dec/Mul"),
        make_node("Cast", ["loud"], ["output"], "/dec/Cast", to=FLOAT),
    ]
    halves = cut_model(written(tmp_path / "voice.onnx", *nodes, precision=np.float16))
    assert halves
    given = np.arange(8, dtype=np.float32).reshape(1, 2, 4)
    frames = _made(halves[0], given)
    assert frames.dtype == np.float16
    assert np.array_equal(_made(halves[1], frames), given * 3)


@pytest.mark.parametrize(
    "nodes",
    [
        # What a speaker is like goes into the decoder too.
        [
            FLOW,
            make_node("Exp", ["input"], ["speaker"], "/emb/Exp"),
            make_node("Add", ["frames", "speaker"], ["output"], "/dec/Add"),
        ],
        [FLOW, make_node("Abs", ["frames"], ["output"], "/vocoder/Abs")],
    ],
    ids=["speakers", "no decoder"],
)
def test_others_stay_whole(tmp_path: Path, nodes: list[onnx.NodeProto]):
    assert cut_model(written(tmp_path / "voice.onnx", *nodes)) is None


def _made(network: bytes, given: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
    [only] = session.get_inputs()
    made: np.ndarray = session.run(None, {only.name: given})[0]
    return made
