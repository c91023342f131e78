"""Networks in ONNX's format. Only to be used in the processes of engines."""

import onnxruntime


def load_network(weights: str | bytes, threads: int) -> onnxruntime.InferenceSession:
    """One from a file, or from what would be in it. `threads` compute."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait for another must not take the processor from it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
