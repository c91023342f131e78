"""Cutting a voice of Piper's in two. Only to be used in the process that speaks."""

from pathlib import Path

import onnx
from onnx.shape_inference import infer_shapes
from onnx.utils import Extractor

_DECODER = "/dec/"
"""What the names of its decoder's nodes begin with, in every voice exported by Piper."""


def cut_model(weights: Path) -> tuple[bytes, bytes] | None:
    """The network from phonemes to frames, and that from frames to sound, each in ONNX's format;
    None where more than frames goes from the one to the other, as in voices of several speakers.
    Of what a voice tells beside its sound, like the times of its phonemes, nothing is kept."""
    model = infer_shapes(onnx.load(weights))
    graph = model.graph
    decoder = [node for node in graph.node if node.name.startswith(_DECODER)]
    taken = {name for node in decoder for name in node.input}
    made = {name for node in decoder for name in node.output}
    crossing = taken - made - {weight.name for weight in graph.initializer} - {""}
    # Frames may be of whole or half precision, which must be known of what goes in and out.
    if len(crossing) != 1 or not crossing <= {value.name for value in graph.value_info}:
        return None
    [frames] = crossing
    extractor = Extractor(model)
    before = extractor.extract_model([each.name for each in graph.input], [frames])
    after = extractor.extract_model([frames], [graph.output[0].name])
    return before.SerializeToString(), after.SerializeToString()
