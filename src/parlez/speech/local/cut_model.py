"""Cutting a voice of Piper's in two. Only to be used in the process that speaks."""

from pathlib import Path

import onnx
from onnx.helper import make_tensor_value_info
from onnx.utils import Extractor

_DECODER = "/dec/"
"""What the names of its decoder's nodes begin with, in every voice exported by Piper."""


def cut_model(weights: Path) -> tuple[bytes, bytes] | None:
    """The network from phonemes to frames, and that from frames to sound, each in ONNX's format;
    None where more than frames goes from the one to the other, as in voices of several speakers."""
    model = onnx.load(weights)
    graph = model.graph
    decoder = [node for node in graph.node if node.name.startswith(_DECODER)]
    taken = {name for node in decoder for name in node.input}
    made = {name for node in decoder for name in node.output}
    crossing = taken - made - {weight.name for weight in graph.initializer} - {""}
    if len(crossing) != 1:
        return None
    [frames] = crossing
    graph.value_info.append(make_tensor_value_info(frames, onnx.TensorProto.FLOAT, [1, None, None]))
    extractor = Extractor(model)
    inputs, outputs = [each.name for each in graph.input], [each.name for each in graph.output]
    before = extractor.extract_model(inputs, [frames])
    after = extractor.extract_model([frames], outputs)
    return before.SerializeToString(), after.SerializeToString()
