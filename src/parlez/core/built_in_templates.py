"""The templates that come with Parlez."""

import tomllib
from importlib.resources import files

from parlez.core.templates import Template, declare


def built_in_templates() -> list[Template]:
    """Read from `built_in_templates.toml`, in its order."""
    rows = tomllib.loads(files(__package__).joinpath("built_in_templates.toml").read_text("utf-8"))
    return [
        Template(
            name=row["name"],
            id=f"{number}",
            display_name=row["display_name"],
            description=row["description"],
            system_prompt=row["system_prompt"],
            variables=declare(row["system_prompt"], row["variables"], row["defaults"]),
            example_usage=row["example_usage"],
            is_built_in=True,
        )
        for number, row in enumerate(rows["template"], 1)
    ]
