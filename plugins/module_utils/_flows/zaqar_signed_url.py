# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_signed_url does."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import tempfile
import typing as t
import uuid

from .._base.errors import Failure, ServiceError
from .._base.options import Range
from .._base.userinfo import HIDDEN
from .._services.zaqar import checked_queue_name, in_the_clear
from .._shell.flow import Flow

BODY = {"messages": [{"body": "Your answer"}]}


class Request(t.NamedTuple):
    """What somebody without an account sends."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None

    def curl(self) -> str:
        """Return the command that sends it, for a shell."""
        headers = [
            word
            for name, value in self.headers.items()
            for word in ("--header", f"{name}: {value}")
        ]
        return shlex.join(
            ["curl", "--fail", "--request", self.method, *headers, *self._data(), self.url]
        )

    def curl_with(self, config: str) -> str:
        """Return the command that sends it with a configuration file."""
        return shlex.join(["curl", "--config", config, *self._data()])

    def config(self) -> str:
        """Return the configuration file, which leaves only the body to be said."""
        settings = [("request", self.method), ("url", self.url)]
        settings += [("header", f"{name}: {value}") for name, value in self.headers.items()]
        # curl reads quotes and backslashes as JSON does
        return "\n".join(
            ["fail", *(f"{name} = {json.dumps(value)}" for name, value in settings), ""]
        )

    def _data(self) -> list[str]:
        return [] if self.body is None else ["--data", self.body]


class ZaqarSignedUrl(Flow):
    OPTIONS = dict(
        queue=dict(type="str", required=True),
        methods=dict(
            type="list",
            elements="str",
            choices=["GET", "POST", "PUT", "PATCH", "DELETE"],
            default=["POST"],
        ),
        paths=dict(
            type="list",
            elements="str",
            choices=["messages", "claims", "subscriptions"],
            default=["messages"],
        ),
        ttl=dict(type="int", default=86400),
        force=dict(type="bool", default=False),
        dest=dict(type="path"),
        show_signature=dict(type="bool", default=False),
    )
    RANGES = {"ttl": Range(unit="seconds")}

    def run(self) -> dict[str, t.Any]:
        self.queue = checked_queue_name(self.params["queue"])
        self._check()
        dest, shown = self.params["dest"], self.params["show_signature"]
        signed = self._signed()
        request = self._request(signed)
        if in_the_clear(request.url):
            self.context.warn(
                f"Whoever uses the signed URL sends it unencrypted, as {request.url} is plain HTTP."
            )
        if dest and not self.context.check_mode:
            self._write(dest, request)
        result = {
            "url": request.url,
            "headers": request.headers
            if shown
            else dict(request.headers, **{"URL-Signature": HIDDEN}),
            "curl": request.curl() if shown else request.curl_with(dest),
            "expires": signed["expires"],
        }
        return {"changed": bool(dest), "signed_url": dict(result, dest=dest) if dest else result}

    def _check(self) -> None:
        for wrong, message, code in (
            (not self.params["methods"], "no method is named: set 'methods'", "bad_option"),
            (not self.params["paths"], "no path is named: set 'paths'", "bad_option"),
            (
                not self.params["dest"] and not self.params["show_signature"],
                "nobody would get to know the signature; name a file for it in 'dest', or set 'show_signature' and keep the"
                " result secret",
                "bad_option",
            ),
            (
                "subscriptions" in self.params["paths"] and not self.params["force"],
                "whoever has one that covers 'subscriptions' can have the queue's messages sent wherever they like, for"
                " longer than the URL lasts; leave it out of 'paths', or set 'force' if you mean it",
                "refused",
            ),
        ):
            if wrong:
                raise Failure(f"Could not sign a URL for queue '{self.queue}': {message}.", code)

    def _signed(self) -> dict[str, t.Any]:
        try:
            return self.zaqar.sign(
                self.queue, self.params["methods"], self.params["paths"], self.params["ttl"]
            )
        except ServiceError as error:
            if error.status == 400 and "`key`" in error.reason:
                error.message += (
                    " Zaqar has no key to sign with: its operator sets [signed_url] secret_key."
                )
            raise

    def _request(self, signed: dict[str, t.Any]) -> Request:
        methods, path = self.params["methods"], self.params["paths"][0]
        method = "POST" if "POST" in methods else methods[0]
        return Request(
            method=method,
            url=f"{self.zaqar.queue_url(self.queue)}/{path}",
            headers={
                "URL-Signature": signed["signature"],
                "URL-Expires": signed["expires"],
                "URL-Methods": ",".join(signed["methods"]),
                "URL-Paths": ",".join(signed["paths"]),
                "X-Project-ID": signed["project"],
                "Client-ID": str(uuid.uuid4()),
                "Content-Type": "application/json",
            },
            body=json.dumps(BODY) if (method, path) == ("POST", "messages") else None,
        )

    def _write(self, dest: str, request: Request) -> None:
        """Replace the file at once, so that nobody ever reads it half-written or with another mode."""
        temporary = None
        try:
            # made for its owner only
            handle, temporary = tempfile.mkstemp(
                prefix=".", dir=os.path.dirname(os.path.abspath(dest))
            )
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(request.config())
            os.replace(temporary, dest)
        except OSError as error:
            if temporary:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
            raise Failure(
                f"Could not write the signed URL to {dest}: {error.strerror}. Name a file in a folder that is there and"
                " may be written to.",
                "not_written",
            ) from None
