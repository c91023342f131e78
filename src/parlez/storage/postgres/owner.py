"""Owning a database.

While the process lives somebody looks after the session that holds it: if that breaks, because the
server was restarted or the network failed, the lock is taken again at once; if another process was
quicker, this one owns nothing any more.
"""

import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg

from parlez.core.bugs import describe
from parlez.storage.data_folder import InUse
from parlez.storage.postgres import analysis, lock
from parlez.storage.postgres.address import Address
from parlez.storage.postgres.connect import connect
from parlez.storage.postgres.errors import translate

logger = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
"""How often the session is tried, beside noticing at once when it is closed."""

_AGAIN_SECONDS = 0.1

PATIENCE_SECONDS = 2.0
"""How long a lock in use is waited for: the server takes a moment to miss a killed process."""


class Owner:
    """Of the database at an address, from `acquire` to `release`."""

    def __init__(self, address: Address):
        self._address = address
        self._name = lock.new_name()
        self._driver: psycopg.Connection | None = None
        self._watcher: threading.Thread | None = None
        self._closing, self._wake = socket.socketpair()

    def acquire(self) -> psycopg.Connection:
        """The connection that holds the lock. Raises `InUse`, and `StorageError`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            while not self._take():
                if time.monotonic() > deadline:
                    raise InUse(self._in_use())
                time.sleep(_AGAIN_SECONDS)
            assert self._driver is not None
            lock.end_workers(self._driver)
        except psycopg.Error as error:
            self.release()
            raise translate(error) from None
        except InUse:
            self.release()
            raise
        return self._driver

    def watch(self, on_loss: Callable[[], None]) -> None:
        """Look after the lock from a thread, which calls `on_loss` if another process has it."""
        self._watcher = threading.Thread(
            target=self._run, args=(on_loss,), name="parlez-owner", daemon=True
        )
        self._watcher.start()

    def release(self) -> None:
        self._wake.send(b"\0")
        if self._watcher is not None:
            self._watcher.join(PATIENCE_SECONDS)
            if self._watcher.is_alive():
                # The server keeps silent; it will see that nobody is there any more.
                return
        if self._driver is not None:
            self._driver.close()
        self._closing.close()
        self._wake.close()

    def _run(self, on_loss: Callable[[], None]) -> None:
        try:
            while not self._is_closing(LOOK_SECONDS):
                if not self._is_held() and not self._take_again():
                    on_loss()
                    return
        except BaseException as error:
            logger.critical("nobody looks after the database's lock: %s", describe(error))
            on_loss()

    def _is_closing(self, seconds: float) -> bool:
        """Wait until it is time to look at the session, or to end."""
        poll = select.poll()
        poll.register(self._closing, select.POLLIN)
        if self._driver is not None and not self._driver.closed:
            poll.register(self._driver.fileno(), select.POLLIN)
        ready = poll.poll(seconds * 1_000)
        return any(descriptor == self._closing.fileno() for descriptor, _ in ready)

    def _is_held(self) -> bool:
        """Whether the session, and so the lock, is there still."""
        assert self._driver is not None
        try:
            self._driver.execute("SELECT 1")
        except psycopg.Error:
            self._driver.close()
            return False
        # If it breaks the session, that is noticed in the next round.
        with suppress(psycopg.Error):
            analysis.analyse_what_has_grown(self._driver)
        return True

    def _take_again(self) -> bool:
        """Take the lock again, for as long as it takes to reach the server. False if another has
        it."""
        logger.warning("the session that owns the database broke; the lock is taken again")
        seconds = 0.0
        while not self._is_closing(seconds):
            seconds = _AGAIN_SECONDS
            try:
                if self._take():
                    logger.info("the database's lock is held again")
                    return True
                if not self._end_ghost():
                    logger.critical("another process owns the database now")
                    return False
            except psycopg.Error:
                # Nobody else can have it while nobody can reach the server.
                continue
        return True

    def _take(self) -> bool:
        if self._driver is None or self._driver.closed:
            self._driver = connect(self._address, self._name)
        return lock.take(self._driver)

    def _end_ghost(self) -> bool:
        """End the session that held the lock before, if the server has not missed it yet. False if
        the lock is another's."""
        assert self._driver is not None
        holder = lock.find_holder(self._driver)
        if holder is not None and holder.name != self._name:
            return False
        if holder is not None:
            lock.end(self._driver, holder)
        return True

    def _in_use(self) -> str:
        assert self._driver is not None
        holder = lock.find_holder(self._driver)
        who = f" ({holder.process})" if holder else ""
        return (
            f"Another Parlez{who} uses the {self._address}. Stop it, or give this one another "
            "database with DATABASE_URL."
        )
