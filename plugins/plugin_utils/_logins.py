# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins that the tasks of one run share, though each task runs in a process of its own.

They are only in memory, and gone with the run.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
import typing as t

MEMORY_BYTES = 1024 * 1024  # a login with a large catalog has some 50 kB
HEADER = struct.Struct("!I32s")  # the length of what follows, and its SHA-256


class Logins:
    """A dictionary of logins in memory that the processes share which are forked after it is made.

    There is no lock, which a process that is killed could keep. What was not written completely, or
    by two processes at once, does not match its checksum, and counts as empty. Then a task logs in
    by itself.
    """

    def __init__(self, size: int = MEMORY_BYTES) -> None:
        self._memory = mmap.mmap(-1, size)

    def get(self, key: str) -> str | None:
        """Return the login that a task has left, None without one."""
        return self._read().get(key)

    def put(self, key: str, login: str) -> None:
        """Leave a login for later tasks.

        If there is no room for all logins, keep only this one. If there is no room for it, keep
        none.
        """
        for logins in ({**self._read(), key: login}, {key: login}, {}):
            data = json.dumps(logins).encode()
            if HEADER.size + len(data) <= len(self._memory):
                self._write(data)
                return

    def _write(self, data: bytes) -> None:
        header = HEADER.pack(len(data), hashlib.sha256(data).digest())
        self._memory[: HEADER.size + len(data)] = header + data

    def _read(self) -> dict[str, str]:
        length, checksum = HEADER.unpack(self._memory[: HEADER.size])
        data = self._memory[HEADER.size : HEADER.size + length]
        if length == 0 or hashlib.sha256(data).digest() != checksum:
            return {}
        return t.cast("dict[str, str]", json.loads(data))
