# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand between a client and a service (first argument: its URL), lose the first PUT and the answer
to the second one.

Writes its own URL to the file that the second argument names. Ends after ten seconds without a
request.
"""

from __future__ import annotations

import http.server
import pathlib
import sys
import urllib.error
import urllib.request


class Proxy(http.server.BaseHTTPRequestHandler):
    puts = 0

    def handle_any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        if self.command == "PUT":
            Proxy.puts += 1
            if Proxy.puts == 1:
                return
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in ("host", "connection")
        }
        request = urllib.request.Request(
            sys.argv[1] + self.path, body, headers, method=self.command
        )
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        content = answer.read()
        if self.command == "PUT" and Proxy.puts == 2:
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = handle_any


class Server(http.server.HTTPServer):
    timeout = 10
    idle = False

    def handle_timeout(self) -> None:
        self.idle = True


with Server(("127.0.0.1", 0), Proxy) as server:
    pathlib.Path(sys.argv[2]).write_text(f"http://127.0.0.1:{server.server_port}")
    while not server.idle:
        server.handle_request()
print(f"{Proxy.puts} PUT")
