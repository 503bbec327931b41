# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes each request that it gets to a folder until it is told to stop: webhook.py FOLDER"""

from __future__ import annotations

import http.server
import json
import pathlib
import sys

FOLDER = pathlib.Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        with (FOLDER / "requests").open("a") as file:
            file.write(
                json.dumps(
                    {"path": self.path, "headers": dict(self.headers), "body": json.loads(body)}
                )
                + "\n"
            )
        self.send_response(200)
        self.end_headers()

    def do_DELETE(self):
        self.server.stopped = True
        self.send_response(204)
        self.end_headers()


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
server.stopped = False
server.timeout = 300
(FOLDER / "port.new").write_text(str(server.server_port))
(FOLDER / "port.new").rename(FOLDER / "port")
while not server.stopped:
    server.handle_request()
