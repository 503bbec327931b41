# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistral's database, read with the services' own libraries by a process that keeps its connection."""

from __future__ import annotations

import configparser
import json
import pathlib
import subprocess
import threading
import types
import typing as t

from ansible_collections.interactive.openstack.tests.bench.harness import BenchError

Row = list[t.Any]

# Prints the names of the tables, then the rows of each statement that it reads.
READER = """
import json, sys
import sqlalchemy
engine = sqlalchemy.create_engine(json.loads(sys.stdin.readline()))
print(json.dumps(sqlalchemy.inspect(engine).get_table_names()), flush=True)
for line in sys.stdin:
    with engine.connect() as connection:
        rows = connection.execute(sqlalchemy.text(json.loads(line)))
        print(json.dumps([list(row) for row in rows]), flush=True)
"""


class Database:
    """Reads the database of the Mistral of the sandbox in a folder. Several threads can ask."""

    def __init__(self, sandbox: pathlib.Path, services: pathlib.Path) -> None:
        settings = configparser.RawConfigParser()
        settings.read(sandbox / "etc" / "mistral.conf")
        url = settings["database"]["connection"].replace("$$", "$")
        if url.startswith("sqlite:"):
            url += "?timeout=30"
        self._lock = threading.Lock()
        self._reader = subprocess.Popen(
            [services / "bin" / "python", "-c", READER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.tables: list[str] = sorted(self._ask(url))

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: types.TracebackType | None,
    ) -> None:
        self._reader.communicate()

    def _ask(self, text: str) -> t.Any:
        assert self._reader.stdin and self._reader.stdout
        with self._lock:
            self._reader.stdin.write(json.dumps(text) + "\n")
            self._reader.stdin.flush()
            line = self._reader.stdout.readline()
        if not line:
            raise BenchError("Mistral's database cannot be read.")
        return json.loads(line)

    def rows(self, statement: str) -> list[Row]:
        found: list[Row] = self._ask(statement)
        return found

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        selects = [f"SELECT '{table}', count(*) FROM {table}" for table in self.tables]
        return dict(self.rows(" UNION ALL ".join(selects)))
