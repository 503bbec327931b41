# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What serve_mistral.py mends in Mistral and its libraries before it starts them."""

import functools
import json
import threading


def one_at_a_time(function):
    """Let one thread at a time call a function."""
    lock = threading.RLock()

    @functools.wraps(function)
    def locked(*args, **kwargs):
        with lock:
            return function(*args, **kwargs)

    return locked


def once_per_schema(check_schema):
    """Check each schema against its meta-schema once, and not each time that it is used."""

    @functools.lru_cache(maxsize=1000)
    def check(text):
        check_schema(json.loads(text))

    @functools.wraps(check_schema)
    def remembered(schema, *args, **kwargs):
        if args or kwargs:
            return check_schema(schema, *args, **kwargs)
        return check(json.dumps(schema, sort_keys=True))

    return remembered


def outside_transaction(function, transaction):
    """Close the thread's transaction, if it has one, while a function runs.

    `transaction` has the methods is_open(), close() and open().
    """

    @functools.wraps(function)
    def outside(*args, **kwargs):
        if not transaction.is_open():
            return function(*args, **kwargs)
        transaction.close()
        try:
            return function(*args, **kwargs)
        finally:
            transaction.open()

    return outside


class Transaction:
    """The transaction of Mistral's database that the current thread is in.

    While it is open, no other thread of the process reaches the database: it holds a lock of
    Mistral's own.
    """

    def __init__(self, base):
        self.base = base

    def is_open(self):
        return self.base._get_thread_local_session() is not None

    def close(self):
        self.base.commit_tx()
        self.base.end_tx()
        self.base.tx_lock.release()

    def open(self):
        self.base.tx_lock.acquire()
        self.base.start_tx()


def mend():
    """Mend what is imported here, for the whole process."""
    import jsonschema.validators
    from mistral.db.sqlalchemy import base
    from mistral.executors.default_executor import DefaultExecutor
    from yaql.language.factory import YaqlEngine

    # All threads parse with one parser, which keeps its state in itself.
    YaqlEngine.__call__ = one_at_a_time(YaqlEngine.__call__)

    # Mistral validates each part of a definition with jsonschema.validate(), which checks the
    # schema itself each time: nine tenths of the time that an upload takes.
    validator = jsonschema.validators.validator_for({})
    validator.check_schema = staticmethod(once_per_schema(validator.check_schema))

    # The engine runs a synchronous action inside a transaction. An action that calls Mistral itself
    # would wait for the transaction to end, which waits for the action. Until then the engine has
    # only read.
    DefaultExecutor.run_action = outside_transaction(DefaultExecutor.run_action, Transaction(base))
