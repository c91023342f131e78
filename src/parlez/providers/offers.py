"""From rows to models: each with the vendor that answers for it, if that is set up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from parlez.core.models import Model
from parlez.core.prices import Price
from parlez.providers.row_files import Rows
from parlez.providers.setting_up import NotSetUp, set_up
from parlez.providers.variables import Variables
from parlez.providers.vendor import Vendor
from parlez.providers.vendor_rows import AliasRow, ModelRow, VendorRow


@dataclass(frozen=True, slots=True)
class Offer:
    """A model, and its vendor as this model is asked; without one it cannot be used."""

    model: Model
    vendor: Vendor | None
    wire_format: str


def make_offers(rows: Rows, variables: Variables) -> Mapping[str, Offer]:
    """What can be asked of whom, by the models' names. Raises `MixedSources`."""
    vendors = {name: set_up(name, row, variables) for name, row in rows.vendors.items()}
    plain = {
        name: _offer(name, row, rows.vendors[row.vendor], vendors[row.vendor], variables)
        for name, row in rows.models.items()
        if isinstance(row, ModelRow)
    }
    return {
        name: plain[name] if isinstance(row, ModelRow) else _first_of(name, row, plain)
        for name, row in rows.models.items()
    }


def _offer(
    name: str,
    row: ModelRow,
    vendor_row: VendorRow,
    vendor: Vendor | NotSetUp,
    variables: Variables,
) -> Offer:
    named = variables.find(row.vendor_name_variables)
    vendor_name = named.text if named else row.vendor_name
    unavailable = vendor.reason if isinstance(vendor, NotSetUp) else None
    if unavailable is None and vendor_name is None:
        unavailable = f"Set {row.vendor_name_variables[0]} to the name of the model to use it."
    model = Model(
        name=name,
        vendor_name=vendor_name or "",
        display_name=row.display_name,
        vendor=row.vendor,
        context_tokens=row.context_tokens,
        output_tokens=row.output_tokens,
        unavailable=unavailable,
        price=_price(row),
        capabilities=_capabilities(row),
        fallback=row.fallback,
        provider=vendor_row.display_name,
    )
    if isinstance(vendor, NotSetUp) or unavailable:
        return Offer(model, None, vendor_row.wire_format)
    asked = replace(
        vendor,
        ignores=frozenset(row.ignores),
        # As much as is left free for it when a prompt is fitted.
        longest_answer=min(row.output_tokens, row.context_tokens // 4),
        defaults={**vendor.defaults, **row.defaults},
    )
    return Offer(model, asked, vendor_row.wire_format)


def _first_of(name: str, row: AliasRow, plain: Mapping[str, Offer]) -> Offer:
    """The first that can be used, with the rest to fall back on."""
    offers = [plain[member] for member in row.first_of]
    usable = [offer for offer in offers if offer.vendor]
    chosen = (usable or offers)[0]
    reasons = [offer.model.unavailable or "" for offer in offers]
    model = replace(
        chosen.model,
        name=name,
        display_name=row.display_name,
        unavailable=None if usable else " Or: ".join(reasons),
        fallback=(*(offer.model.name for offer in usable[1:]), *row.fallback),
    )
    return Offer(model, chosen.vendor, chosen.wire_format)


def _price(row: ModelRow) -> Price | None:
    if row.prompt_price is None or row.completion_price is None:
        return None
    return Price(row.prompt_price, row.completion_price)


def _capabilities(row: ModelRow) -> frozenset[str]:
    has = {"tools": row.tools, "json": row.json_mode, "images": row.images}
    return frozenset(name for name, able in has.items() if able)
