"""The composition root: opens what the settings name and wires the services together."""

import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog

from parlez.config import Settings
from parlez.core.access import Access
from parlez.core.accounts import Accounts
from parlez.core.admission import Admission
from parlez.core.app_desk import AppDesk
from parlez.core.assistant_desk import AssistantDesk
from parlez.core.budgets import Budgets
from parlez.core.built_in_templates import built_in_templates
from parlez.core.conversation_desk import ConversationDesk
from parlez.core.embedding_desk import EmbeddingDesk
from parlez.core.errors import InvalidInput
from parlez.core.invitations import Invitations
from parlez.core.key_ring import KeyRing
from parlez.core.keys import KeyMint
from parlez.core.limits import CallLimit, TurnLimits
from parlez.core.paid_calls import PaidCalls
from parlez.core.passwords import Passwords
from parlez.core.ports.clock import Clock
from parlez.core.ports.embedder import Embedder
from parlez.core.prices import PriceList
from parlez.core.search_desk import SearchDesk
from parlez.core.session_ring import SessionRing
from parlez.core.sign_in import SignIn
from parlez.core.sign_up import SignUp
from parlez.core.speech import Speech
from parlez.core.spending import Spending
from parlez.core.template_shelf import TemplateShelf
from parlez.core.throttle import Throttle
from parlez.core.turn_engine import TurnEngine
from parlez.core.upkeep import Upkeep
from parlez.http.gate import Gate
from parlez.http.local_owner import LocalOwner, is_loopback_name
from parlez.http.metrics import Metrics
from parlez.http.new_keys import NewKeys
from parlez.http.open_sockets import OpenSockets
from parlez.http.owner_code import TRIES_PER_ADDRESS, OwnerCode
from parlez.http.services import Services
from parlez.http.session_cookie import SessionCookie
from parlez.http.tickets import Tickets
from parlez.knowledge.service import Knowledge
from parlez.providers.catalog import Catalog
from parlez.providers.embedding_prices import EMBEDDING_PRICES
from parlez.providers.local.settings import LocalSettings
from parlez.providers.row_files import read_rows
from parlez.providers.variables import Source
from parlez.speech import setting_up
from parlez.speech.files.reader import FileLimits
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.service import SpeechService
from parlez.speech.setting_up import SpeechVariables
from parlez.storage.accounts import SqlAccountStore
from parlez.storage.apps import SqlAppStore
from parlez.storage.assistant_store import SqlAssistantStore
from parlez.storage.blob_folder import BlobFolder
from parlez.storage.budgets import SqlBudgetStore
from parlez.storage.conversation_store import SqlConversationStore
from parlez.storage.data_folder import DataFolder
from parlez.storage.document_store import SqlDocumentStore
from parlez.storage.feedback import SqlFeedbackStore
from parlez.storage.invitations import SqlInvitationStore
from parlez.storage.keys import SqlKeyStore
from parlez.storage.ledger import SqlLedgerStore
from parlez.storage.message_index import SqlMessageIndex
from parlez.storage.metered_calls import SqlCallStore
from parlez.storage.open import Place, locate, open_database
from parlez.storage.paid_calls import SqlPaidCallStore
from parlez.storage.sessions import SqlSessionStore
from parlez.storage.templates import SqlTemplateStore
from parlez.storage.turn_store import SqlTurnStore

REQUESTS_PER_ACCOUNT = CallLimit(1_000, 60)
"""Requests of any kind, for accounts that have limits."""

FILES_FOLDER = "files"
"""Where uploads are, in the data folder."""

KEYS_PER_ADDRESS = CallLimit(10, 3_600)
"""Keys that a stranger may make, where the operator has opened that to all."""


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1_000


@dataclass(frozen=True, slots=True)
class Server:
    """Everything that a running server has."""

    settings: Settings
    folder: DataFolder
    services: Services
    control_token: str = field(repr=False)


def data_folder(settings: Settings) -> DataFolder:
    return DataFolder(_folder_path(settings), database_place(settings).file)


def database_place(settings: Settings) -> Place:
    """Where the settings say that the database is. Raises `InvalidInput`."""
    url = settings.database_url
    return locate(url.get_secret_value() if url else None, _folder_path(settings))


def _folder_path(settings: Settings) -> Path:
    return settings.data_dir.expanduser().absolute()


@asynccontextmanager
async def running(
    settings: Settings, on_death: Callable[[], None], clock: Clock | None = None
) -> AsyncIterator[Server]:
    """A server from its lock to its last commit. `on_death` is called when it can write no more;
    `clock` is the system's unless a test brings its own.

    Raises `InUse`, `SchemaUnknown`, `StorageError` for a database that cannot be reached, and
    `InvalidInput` for a database URL, or vendors and models, that cannot be used.
    """
    log = structlog.get_logger("parlez.start")
    catalog = model_catalog(settings)
    folder = data_folder(settings)
    folder.acquire()
    try:
        clock = clock or SystemClock()
        database, copied = open_database(database_place(settings), on_death)
        if copied:
            log.info("the schema was upgraded; a copy was made first", copy=str(copied))
        try:
            prices = PriceList(catalog.list())
            turns = SqlTurnStore(database, clock, prices)
            account_store = SqlAccountStore(database, clock)
            metrics = Metrics()
            spending = Spending(metrics, metrics)
            blobs = BlobFolder(folder.path / FILES_FOLDER)
            knowledge = Knowledge(
                SqlDocumentStore(database, clock),
                SqlMessageIndex(database),
                blobs,
                _embedders(settings, catalog),
                catalog.embedder,
            )
            engine = TurnEngine(
                turns, catalog, _limits(settings), prices, spending, knowledge.grounding
            )
            interrupted = await engine.recover()
            if interrupted:
                log.warning("turns were interrupted by the last stop", turns=interrupted)
            access = Access(engine)
            passwords = Passwords()
            accounts = Accounts(
                account_store, passwords, access, engine, clock, knowledge.library.erase
            )
            await accounts.open()
            signing_secret = await account_store.secret("key signature", secrets.token_hex(32))
            mint = KeyMint(bytes.fromhex(signing_secret))
            ring = KeyRing(SqlKeyStore(database), mint, clock, access)
            sessions = SessionRing(SqlSessionStore(database), clock, access)
            invitations = Invitations(SqlInvitationStore(database), clock)
            throttle = Throttle(KEYS_PER_ADDRESS, clock)
            budgets = Budgets(SqlBudgetStore(database), catalog, clock)
            await budgets.open()
            admission = Admission(engine, SqlCallStore(database), budgets, clock)
            paid_calls = PaidCalls(admission, SqlPaidCallStore(database), budgets, metrics, clock)
            desk = ConversationDesk(SqlConversationStore(database, clock), engine, catalog)
            assistants = AssistantDesk(SqlAssistantStore(database, clock), knowledge.library, desk)
            visitor_secret = await account_store.secret("visitor names", secrets.token_hex(32))
            apps = AppDesk(
                SqlAppStore(database),
                engine,
                catalog,
                knowledge.library,
                assistants,
                access,
                clock,
                bytes.fromhex(visitor_secret),
            )
            speech = speech_service(settings)
            token = secrets.token_urlsafe(32)
            gate = Gate(
                keys=ring,
                sessions=sessions,
                cookie=SessionCookie((settings.public_url or "").startswith("https://")),
                accounts=accounts,
                apps=apps,
                local_owner=LocalOwner(has_local_owner(settings)),
                access=access,
                clock=clock,
                requests=Throttle(REQUESTS_PER_ACCOUNT, clock),
                control_token=token,
            )
            services = Services(
                engine=engine,
                admission=admission,
                paid_calls=paid_calls,
                accounts=accounts,
                budgets=budgets,
                ledger=SqlLedgerStore(database),
                sign_in=SignIn(account_store, passwords, sessions, clock),
                sign_up=SignUp(settings.sign_up, account_store, invitations, passwords, clock),
                sessions=sessions,
                invitations=invitations,
                owner_code=_owner_code(settings, accounts, clock),
                desk=desk,
                assistants=assistants,
                templates=TemplateShelf(SqlTemplateStore(database, clock), built_in_templates()),
                feedback=SqlFeedbackStore(database, clock),
                library=knowledge.library,
                embedding=_embedding(knowledge, catalog, paid_calls),
                search=SearchDesk(knowledge.message_searcher, desk, paid_calls),
                apps=apps,
                embedders=knowledge.embedders,
                speech=Speech(
                    speech.engines,
                    speech.reader,
                    speech.writer,
                    paid_calls,
                    accounts,
                    speech.activity,
                ),
                keys=ring,
                catalog=catalog,
                prices=prices,
                gate=gate,
                new_keys=NewKeys(accounts, throttle, settings.open_keys),
                metrics=metrics,
                sockets=OpenSockets(clock, key_in_url=settings.websocket_key_in_url),
                tickets=Tickets(clock),
                public_url=settings.public_url,
                probes={
                    "database": turns.probe,
                    "models": catalog.probe,
                    "knowledge": knowledge.probe,
                },
            )
            keep = timedelta(minutes=settings.resume_minutes)
            chores = (
                sessions.prune,
                invitations.prune,
                ring.prune_tokens,
                accounts.erase_again,
            )
            async with (
                Upkeep(engine, turns, clock, keep, chores).running(),
                knowledge.running(),
                speech.running(),
            ):
                yield Server(settings, folder, services, token)
            await engine.close(settings.shutdown_seconds)
        finally:
            await catalog.close()
            await database.close()
    finally:
        folder.release()


def _embedders(settings: Settings, catalog: Catalog) -> list[Embedder]:
    """What the settings name to embed with. Raises `InvalidInput` if it cannot be used."""
    if not settings.embedding_model:
        return []
    embedder = catalog.embedder(settings.embedding_model)
    if embedder is None:
        raise InvalidInput(
            "PARLEZ_EMBEDDING_MODEL cannot be used: name a vendor that has a key and speaks "
            "OpenAI's format, and its model, like openai/text-embedding-3-small."
        )
    return [embedder]


def _embedding(knowledge: Knowledge, catalog: Catalog, calls: PaidCalls) -> EmbeddingDesk:
    """Who embeds for callers: what documents are embedded with, and OpenAI's models where it has a
    key. Where no vendor is set up at all, the embedded model does it for those."""
    usable = {each.name: each for each in knowledge.embedders.usable}
    vendors = {name: catalog.embedder(name) for name in EMBEDDING_PRICES}
    embedders = {**usable, **{name: each for name, each in vendors.items() if each}}
    names = [name.partition("/")[2] for name in EMBEDDING_PRICES]
    stand_in = None if catalog.has_vendor else knowledge.embedders.current
    return EmbeddingDesk(embedders, calls, stand_in, names)


def has_local_owner(settings: Settings) -> bool:
    """Whether requests from this machine may need no key."""
    return settings.local_owner and not settings.public_url and is_loopback_name(settings.host)


def _owner_code(settings: Settings, accounts: Accounts, clock: Clock) -> OwnerCode | None:
    """What makes the first owner, where nobody is it by sitting at the machine."""
    if accounts.has_owner or has_local_owner(settings):
        return None
    return OwnerCode(Throttle(TRIES_PER_ADDRESS, clock))


def _limits(settings: Settings) -> TurnLimits:
    return TurnLimits(
        first_token=settings.first_token_seconds,
        between_tokens=settings.between_tokens_seconds,
        whole=settings.turn_seconds,
    )


def model_catalog(settings: Settings) -> Catalog:
    """The models that the settings make usable. Nothing is started for it.

    Raises `BadRows` and `MixedSources`, which are `InvalidInput`.
    """
    return Catalog(
        rows=read_rows(settings.model_file),
        variables=settings.variables,
        default_model=settings.default_model,
        fallback=settings.fallback_models,
        local=LocalSettings(
            weights=settings.local_model_path,
            slots=settings.local_model_slots,
            context_tokens=settings.local_model_context,
            threads=settings.local_model_threads,
        ),
    )


def speech_service(settings: Settings) -> SpeechService:
    """What the settings make usable to hear and speak with. Nothing is started for it. Raises
    `InvalidInput`."""
    return SpeechService(
        LocalSpeech(
            whisper=settings.local_transcriber_path,
            piper=settings.local_voice_path,
            slots=settings.local_speech_slots,
            threads=settings.local_speech_threads,
        ),
        FileLimits(bytes=settings.max_audio_bytes, sound_seconds=settings.max_audio_seconds),
        _speech_variables(settings),
        transcriber=settings.transcriber,
        voice=settings.voice,
    )


def _speech_variables(settings: Settings) -> SpeechVariables:
    found = [settings.variables.find([name]) for name in setting_up.VARIABLES]
    known = [value for value in found if value]
    return SpeechVariables(
        {value.name: value.text for value in known},
        frozenset(value.name for value in known if value.source is Source.DOTENV),
    )
