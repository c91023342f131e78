"""Settings: read once from where they are, then passed down.

What the command line says comes first, then the environment, then a `.env` file (for `serve`
alone), then a TOML file, then the defaults. `docs/settings.md` has the table.
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from platformdirs import user_data_path
from pydantic import AliasChoices, Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from parlez.core.networks import Network, read_networks
from parlez.core.sign_up import SignUpPolicy
from parlez.providers.row_files import RowFile
from parlez.providers.variables import Source, Value, Variables

CONFIG_FILE = "PARLEZ_CONFIG"
"""The variable that names a TOML file; without it `parlez.toml` in the data folder is read."""


class BadSettings(Exception):
    """A setting that cannot be used; the message says which, why, and never its value."""


def _seconds(default: float, description: str) -> Any:
    return Field(default, gt=0, le=86_400, description=description)


class Settings(BaseSettings):
    """All settings there are. Each is a variable `PARLEZ_<NAME>` unless it says another name.

    What vendors are set up with is not among them: which variables those are depends on the vendors
    that are known. They are in `variables`, and `model_file` is where more vendors are found.
    """

    model_config = SettingsConfigDict(
        env_prefix="PARLEZ_",
        extra="ignore",
        populate_by_name=True,
        env_ignore_empty=True,
    )

    host: str = Field("127.0.0.1", validation_alias="HOST", description="The address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        8000,
        validation_alias="PORT",
        description="The port to listen on; 0 takes a free one.",
    )
    websocket_port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        6789,
        validation_alias="WEBSOCKET_PORT",
        description="A port for WebSockets alone, which `/ws` of the other has too; 0 for none.",
    )
    websocket_key_in_url: bool = Field(
        True, description="Whether a WebSocket's address may have `?api_key=`."
    )
    public_url: str | None = Field(
        None, description="Where the public reaches the server. Ends the local owner."
    )
    local_owner: bool = Field(
        True,
        validation_alias=AliasChoices("PARLEZ_LOCAL_OWNER", "LOCAL_OWNER"),
        description="Whether requests from this machine need no key while nothing is configured.",
    )
    trusted_proxies: str | None = Field(
        None,
        validation_alias=AliasChoices("PARLEZ_TRUSTED_PROXIES", "TRUSTED_PROXIES"),
        description="Proxies, addresses or networks with commas between, whose `X-Forwarded-For` "
        "says where a request comes from.",
    )
    open_keys: bool = Field(
        False, description="Whether anyone may make a TrueSync key, ten an hour per address."
    )
    sign_up: SignUpPolicy = Field(
        SignUpPolicy.INVITED,
        description="Who may make an account: everyone (`open`), whoever has an owner's invitation "
        "(`invited`), or nobody (`closed`).",
    )
    data_dir: Path = Field(
        default_factory=lambda: user_data_path("parlez"),
        description="The data folder, private to its user.",
    )
    database_url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="The database, SQLite or PostgreSQL; `parlez.db` in the data folder if unset.",
    )
    default_model: str | None = Field(
        None,
        validation_alias=AliasChoices("PARLEZ_DEFAULT_MODEL", "DEFAULT_MODEL"),
        description="The model that answers where a request names none.",
    )
    fallback: str | None = Field(
        None, description="Models to try, with commas between, when another one fails."
    )
    models: Path | None = Field(
        None,
        description="A TOML file of vendors and models; else `models.toml` in the data folder.",
    )
    first_token_seconds: float = _seconds(60, "The longest wait for a streamed answer to begin.")
    between_tokens_seconds: float = _seconds(30, "The longest silence within a streamed answer.")
    turn_seconds: float = _seconds(600, "The longest that an answer may take.")
    shutdown_seconds: float = Field(
        5,
        ge=0,
        le=3_600,
        description="How long running answers may go on after a stop signal.",
    )
    resume_minutes: float = Field(
        10,
        gt=0,
        le=10_080,
        description="How long the events of an ended answer are kept.",
    )
    max_body_bytes: int = Field(
        1_048_576,
        ge=1_024,
        le=1_073_741_824,
        description="The largest body of a JSON request.",
    )
    max_websocket_bytes: int = Field(
        36_700_160,
        ge=65_536,
        le=1_073_741_824,
        description="The largest message of a WebSocket; sound in base64 takes a third more.",
    )
    max_upload_bytes: int = Field(
        104_857_600,
        ge=1_024,
        le=4_294_967_296,
        description="The largest upload of a file.",
    )
    embedding_model: str | None = Field(
        None,
        description="What embeds documents instead of the embedded model, like "
        "`openai/text-embedding-3-small`.",
    )
    local_model_path: Path | None = Field(
        None, description="A GGUF file to use as the embedded model."
    )
    local_model_slots: int = Field(
        4, ge=1, le=64, description="Conversations the embedded model answers at once."
    )
    local_model_context: int = Field(
        4_096,
        ge=512,
        le=1_048_576,
        description="Tokens the embedded model reads, per conversation.",
    )
    local_model_threads: int | None = Field(
        None,
        ge=1,
        le=256,
        description="Threads of the embedded model; unset: one per core, to 4.",
    )
    transcriber: str | None = Field(
        None, description="Who hears where a request names nobody, like `local`."
    )
    voice: str | None = Field(
        None, description="Who speaks where a request names nobody, like `local`."
    )
    max_audio_bytes: int = Field(
        26_214_400,
        ge=1_024,
        le=1_073_741_824,
        description="The largest file of sound that is transcribed.",
    )
    max_audio_seconds: float = Field(
        600,
        gt=0,
        le=14_400,
        description="The longest sound that is transcribed.",
    )
    local_transcriber_path: Path | None = Field(
        None,
        description="A folder with a Whisper model for CTranslate2 to hear with.",
    )
    local_voice_path: Path | None = Field(
        None, description="A voice of Piper's (`.onnx`, beside its `.onnx.json`) to speak with."
    )
    local_speech_slots: int = Field(
        2, ge=1, le=64, description="What the embedded engines of speech each do at once."
    )
    local_speech_threads: int | None = Field(
        None,
        ge=1,
        le=256,
        description="Threads for each of that; unset: one per core, to 4; half to hear.",
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto",
        description="How the log looks; `auto` is json unless a terminal reads it.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What is worth a line in the log."
    )

    _variables: Variables = PrivateAttr(default_factory=Variables)
    _model_file: RowFile | None = PrivateAttr(None)

    @field_validator("trusted_proxies")
    @classmethod
    def _names_networks(cls, value: str | None) -> str | None:
        try:
            read_networks(value or "")
        except ValueError:
            raise ValueError("name addresses or networks, like 127.0.0.1, 10.0.0.0/8") from None
        return value

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The networks in `trusted_proxies`."""
        return read_networks(self.trusted_proxies or "")

    @property
    def variables(self) -> Variables:
        """What vendors are set up with. Keys are among it, so it shows in no representation."""
        return self._variables

    @property
    def model_file(self) -> RowFile | None:
        """The user's own vendors and models, if there are any."""
        return self._model_file

    @property
    def fallback_models(self) -> list[str]:
        """The names in `fallback`."""
        names = (name.strip() for name in (self.fallback or "").split(","))
        return [name for name in names if name]

    def add_vendors(self, variables: Variables, model_file: RowFile | None = None) -> None:
        """Say what vendors are set up with, and where more of them are."""
        self._variables, self._model_file = variables, model_file


def load(dotenv: Path | None = None, **said: Any) -> Settings:
    """The settings; `said` are those of the command line, None where it is silent.

    `dotenv` is a file to read if it is there. Raises `BadSettings`.
    """
    given = {name: value for name, value in said.items() if value is not None}
    try:
        settings = Settings(_env_file=dotenv, **given)
        file = Path(os.environ.get(CONFIG_FILE) or settings.data_dir / "parlez.toml")
        if file.exists():
            settings = _with_file(file)(_env_file=dotenv, **given)
        elif CONFIG_FILE in os.environ:
            raise BadSettings(f"{CONFIG_FILE} names {file}, which does not exist.")
        filed = tomllib.loads(file.read_text()) if file.exists() else {}
    except ValidationError as error:
        raise BadSettings("; ".join(_explain(detail) for detail in error.errors())) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{file} is not TOML: {error}.") from None
    dotted = {name: text for name, text in _read_dotenv(dotenv).items() if text}
    folder_source = _data_dir_source(dotted, given)
    file_source = Source.SETTINGS_FILE if CONFIG_FILE in os.environ else folder_source
    # What the settings file calls by small names are variables like any other.
    named = {name.upper(): str(value) for name, value in filed.items()}
    layers = [(Source.ENVIRONMENT, os.environ), (Source.DOTENV, dotted), (file_source, named)]
    variables = Variables(layers)
    named_file = variables.find([environment_name("models")])
    settings.add_vendors(variables, _model_file(settings, named_file, folder_source))
    return settings


def _read_dotenv(dotenv: Path | None) -> dict[str, str | None]:
    return dotenv_values(dotenv) if dotenv else {}


def _data_dir_source(dotted: dict[str, str], given: dict[str, Any]) -> Source:
    """Whether the data folder's files can be trusted with keys: not if `.env` chose the folder."""
    variable = environment_name("data_dir")
    chosen_elsewhere = "data_dir" in given or os.environ.get(variable)
    return Source.DOTENV if variable in dotted and not chosen_elsewhere else Source.SETTINGS_FILE


def _model_file(settings: Settings, named: Value | None, folder_source: Source) -> RowFile | None:
    """`named` is the variable with its place, unless the settings file gave it."""
    if settings.models is not None:
        return RowFile(settings.models, named.source if named else folder_source)
    usual = settings.data_dir.expanduser() / "models.toml"
    return RowFile(usual, folder_source) if usual.exists() else None


def environment_name(field: str) -> str:
    """The variable that sets a field."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        alias = str(alias.choices[0])
    return str(alias or f"PARLEZ_{field.upper()}")


def _with_file(file: Path) -> type[Settings]:
    """Settings that also come from a TOML file, which comes last."""

    class WithFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *args: Any, **sources: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            first = super().settings_customise_sources(settings_cls, *args, **sources)
            return (*first, TomlConfigSettingsSource(settings_cls, file))

    return WithFile


def _explain(detail: Any) -> str:
    name = ".".join(str(part) for part in detail["loc"])
    known = environment_name(name) if name in Settings.model_fields else name
    return f"{known}: {detail['msg']}"
