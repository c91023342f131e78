"""Describing an unexpected exception without repeating what it was about."""

import traceback


def describe(error: BaseException) -> str:
    """The type of an exception and where it came from. Its message is left out: it may quote what
    somebody wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(
        f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames[:-6:-1]
    )
    return f"{type(error).__name__} in {where}" if where else type(error).__name__
