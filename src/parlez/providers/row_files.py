"""Reading the vendors and models that are known: those that come with Parlez, then the user's."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from parlez.core.errors import InvalidInput
from parlez.providers.embedded import EMBEDDED_NAME
from parlez.providers.variables import Source
from parlez.providers.vendor_rows import AliasRow, ModelRow, VendorRow

_SHIPPED = "vendors.toml"

_Kind = TypeVar("_Kind", bound=BaseModel)


class BadRows(InvalidInput):
    """A row that cannot be used; the message says in which file, which row, and why."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything that is known of vendors and models, by name and in order."""

    vendors: Mapping[str, VendorRow]
    models: Mapping[str, ModelRow | AliasRow]

    @property
    def variables(self) -> frozenset[str]:
        """Every variable that a vendor or model is set up with."""
        named = [name for row in self.vendors.values() for name in row.variables]
        for model in self.models.values():
            named += model.vendor_name_variables if isinstance(model, ModelRow) else ()
        return frozenset(named)


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file of the user's. `source` is where its place was named: what `.env` names is trusted no
    more than `.env` itself."""

    path: Path
    source: Source


def read_rows(user_file: RowFile | None = None) -> Rows:
    """The rows of both files. The user's fields take the place of those of the row with the same
    name, and what they leave out stays. Raises `BadRows`."""
    tables = _parse(_SHIPPED, (files("parlez.providers") / _SHIPPED).read_bytes())
    origin = _SHIPPED
    sources: dict[str, Source] = {}
    if user_file is not None:
        try:
            own = _parse(str(user_file.path), user_file.path.read_bytes())
        except OSError as error:
            raise BadRows(f"{user_file.path} cannot be read: {error.strerror}.") from None
        origin = str(user_file.path)
        sources = dict.fromkeys(own["vendors"], user_file.source)
        tables = {kind: _merged(tables[kind], own[kind]) for kind in tables}
    vendors = {
        name: _row(VendorRow, f"{origin}: [vendors.{name}]", {**table, "source": source})
        for name, table in tables["vendors"].items()
        for source in [sources.get(name, Source.SHIPPED)]
    }
    models = {name: _model(origin, name, table) for name, table in tables["models"].items()}
    _check_names(origin, vendors, models)
    return Rows(vendors, models)


def _parse(origin: str, content: bytes) -> dict[str, dict[str, Any]]:
    try:
        document = tomllib.loads(content.decode(), parse_float=Decimal)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadRows(f"{origin} is not TOML: {error}.") from None
    if unknown := sorted(document.keys() - {"vendors", "models"}):
        raise BadRows(f"{origin}: [{unknown[0]}] is neither [vendors.…] nor [models.…].")
    tables = {"vendors": document.get("vendors", {}), "models": document.get("models", {})}
    for kind, rows in tables.items():
        if not isinstance(rows, dict):
            raise BadRows(f"{origin}: {kind} is not a table.")
        for name, row in rows.items():
            if not isinstance(row, dict):
                raise BadRows(f'{origin}: [{kind}."{name}"] is not a table.')
            if "source" in row:
                raise BadRows(f'{origin}: [{kind}."{name}"]: source: there is no such field.')
    return tables


def _merged(shipped: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    rows = {name: _changed(row, own.get(name, {})) for name, row in shipped.items()}
    return {**rows, **{name: row for name, row in own.items() if name not in rows}}


def _changed(row: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    # An alias and a model have little in common, so one takes the place of the other whole.
    becomes_model = "vendor" in own and "first_of" in row
    becomes_alias = "first_of" in own and "vendor" in row
    return own if becomes_model or becomes_alias else {**row, **own}


def _model(origin: str, name: str, table: dict[str, Any]) -> ModelRow | AliasRow:
    where = f'{origin}: [models."{name}"]'
    if not name.isascii() or not name.isprintable() or not name:
        raise BadRows(f"{where}: the name may have printable ASCII characters only.")
    if name == EMBEDDED_NAME:
        raise BadRows(f"{where}: this is the embedded model, which has settings instead of a row.")
    if "first_of" in table:
        return _row(AliasRow, where, table)
    return _row(ModelRow, where, table)


def _row(kind: type[_Kind], where: str, table: dict[str, Any]) -> _Kind:
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in detail["loc"])
        what = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            what = "there is no such field"
        raise BadRows(f"{where}: {field + ': ' if field else ''}{what}.") from None


def _check_names(
    origin: str,
    vendors: Mapping[str, VendorRow],
    models: Mapping[str, ModelRow | AliasRow],
) -> None:
    for name, row in models.items():
        where = f'{origin}: [models."{name}"]'
        if isinstance(row, ModelRow):
            if row.vendor not in vendors:
                raise BadRows(f"{where}: vendor: there is no vendor {row.vendor!r}.")
        else:
            for member in row.first_of:
                if not isinstance(models.get(member), ModelRow):
                    raise BadRows(f"{where}: first_of: there is no model {member!r}.")
        for other in row.fallback:
            if other not in (*models, EMBEDDED_NAME):
                raise BadRows(f"{where}: fallback: there is no model {other!r}.")
    for name, vendor in vendors.items():
        if vendor.default_model is not None and vendor.default_model not in models:
            raise BadRows(
                f"{origin}: [vendors.{name}]: default_model: "
                f"there is no model {vendor.default_model!r}."
            )
