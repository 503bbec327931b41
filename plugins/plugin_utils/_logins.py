# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins that the tasks of one run share, though each runs in a process of its own; in memory alone, gone with the run."""

from __future__ import annotations

import hashlib
import json
import mmap
import struct

SIZE = 1024 * 1024  # bytes; a login with a large catalog has some 50 kB
HEADER = struct.Struct("!I32s")  # the length of what follows, and its SHA-256


class Logins:
    """A dict of logins (str: str) in memory that is inherited by the processes that are forked after it was made.

    There is no lock that a killed process could keep: whatever was not written as a whole, or by two at once, does not match
    its checksum and counts as nothing. Then a task logs in by itself.
    """

    def __init__(self, size: int = SIZE) -> None:
        self._memory = mmap.mmap(-1, size)

    def get(self, key: str) -> str | None:
        return self._read().get(key)

    def put(self, key: str, login: str) -> None:
        """Keep a login; if all do not fit, only this one, and if it does not fit alone, nothing."""
        for logins in ({**self._read(), key: login}, {key: login}, {}):
            data = json.dumps(logins).encode()
            if HEADER.size + len(data) <= len(self._memory):
                self._memory[: HEADER.size + len(data)] = (
                    HEADER.pack(len(data), hashlib.sha256(data).digest()) + data
                )
                return

    def _read(self) -> dict[str, str]:
        length, checksum = HEADER.unpack(self._memory[: HEADER.size])
        data = self._memory[HEADER.size : HEADER.size + length]
        return json.loads(data) if length and hashlib.sha256(data).digest() == checksum else {}
