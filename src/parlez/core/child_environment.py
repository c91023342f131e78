"""What child processes are told of the environment."""

from collections.abc import Mapping

# What a Python program needs to run. The rest may hold the keys of vendors.
_NEEDED = frozenset(
    {
        "PATH",
        "HOME",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "TEMP",
        "TMP",
        "SYSTEMROOT",
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONHOME",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
    }
)


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What a child that runs a model needs of its parent's environment."""
    return {name: value for name, value in environment.items() if name in _NEEDED}
