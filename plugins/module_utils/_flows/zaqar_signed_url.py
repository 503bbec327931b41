# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module zaqar_signed_url does."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shlex
import tempfile
import typing as t
import uuid

from .._base.errors import Failure, ServiceError
from .._base.json_types import Result
from .._base.options import Range
from .._base.userinfo import HIDDEN
from .._services.records import Signature
from .._services.zaqar import checked_queue_name, is_sent_unencrypted
from .._shell.flow import Flow

BODY = {"messages": [{"body": "Your answer"}]}


class Request(t.NamedTuple):
    """A request that somebody without an account can send."""

    method: str
    url: str
    headers: dict[str, str]
    body: str | None

    def curl(self) -> str:
        """Return the shell command that sends the request."""
        words = ["curl", "--fail", "--request", self.method]
        for name, value in self.headers.items():
            words += ["--header", f"{name}: {value}"]
        return shlex.join([*words, *self._data(), self.url])

    def curl_with(self, config: str) -> str:
        """Return the shell command that sends the request with the configuration file."""
        return shlex.join(["curl", "--config", config, *self._data()])

    def config(self) -> str:
        """Return the text of curl's configuration file. It has everything but the body."""
        settings = [("request", self.method), ("url", self.url)]
        settings += [("header", f"{name}: {value}") for name, value in self.headers.items()]
        # curl reads quotes and backslashes as JSON does.
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings]
        return "\n".join(["fail", *lines, ""])

    def _data(self) -> list[str]:
        return [] if self.body is None else ["--data", self.body]


class Refusal(t.NamedTuple):
    """Why a URL is not signed, if that applies."""

    applies: bool
    cause: str
    error_code: str


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

    def run(self) -> Result:
        self.queue = checked_queue_name(self.params["queue"])
        self._check()
        dest: str | None = self.params["dest"]
        signature = self._sign()
        request = self._request(signature)
        self._warn(request)
        if dest and not self.context.check_mode:
            write_config(dest, request)
        return {"changed": bool(dest), "signed_url": self._as_result(request, signature)}

    def _check(self) -> None:
        """Raise Failure for options that Zaqar would accept and that make no sense, or do harm."""
        refusals = (
            Refusal(not self.params["methods"], "no method is named: set 'methods'", "bad_option"),
            Refusal(not self.params["paths"], "no path is named: set 'paths'", "bad_option"),
            Refusal(
                not self.params["dest"] and not self.params["show_signature"],
                "nobody would get to know the signature; name a file for it in 'dest', or set"
                " 'show_signature' and keep the result secret",
                "bad_option",
            ),
            Refusal(
                "subscriptions" in self.params["paths"] and not self.params["force"],
                "whoever has one that covers 'subscriptions' can have the queue's messages sent"
                " wherever they like, for longer than the URL lasts; leave it out of 'paths', or"
                " set 'force' if you mean it",
                "refused",
            ),
        )
        for refusal in refusals:
            if refusal.applies:
                raise Failure(
                    f"Could not sign a URL for queue '{self.queue}': {refusal.cause}.",
                    refusal.error_code,
                )

    def _sign(self) -> Signature:
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

    def _request(self, signature: Signature) -> Request:
        """Return an example of a request that the signature allows: a POST if it allows that."""
        methods, path = self.params["methods"], self.params["paths"][0]
        method = "POST" if "POST" in methods else methods[0]
        posts_message = method == "POST" and path == "messages"
        return Request(
            method=method,
            url=f"{self.zaqar.queue_url(self.queue)}/{path}",
            headers={
                "URL-Signature": signature.signature,
                "URL-Expires": signature.expires,
                "URL-Methods": ",".join(signature.methods),
                "URL-Paths": ",".join(signature.paths),
                "X-Project-ID": signature.project_id,
                "Client-ID": str(uuid.uuid4()),
                "Content-Type": "application/json",
            },
            body=json.dumps(BODY) if posts_message else None,
        )

    def _warn(self, request: Request) -> None:
        if is_sent_unencrypted(request.url):
            self.context.warn(
                f"Whoever uses the signed URL sends it unencrypted, as {request.url} is plain HTTP."
            )

    def _as_result(self, request: Request, signature: Signature) -> Result:
        dest = self.params["dest"]
        result: Result = {"url": request.url}
        if self.params["show_signature"]:
            result["headers"] = request.headers
            result["curl"] = request.curl()
        else:
            result["headers"] = {**request.headers, "URL-Signature": HIDDEN}
            result["curl"] = request.curl_with(dest)
        result["expires"] = signature.expires
        if dest:
            result["dest"] = dest
        return result


def write_config(dest: str, request: Request) -> None:
    """Write the request as curl's configuration file, which only its owner can read.

    The file is replaced at once: nobody ever reads it half-written or with another mode. Raises
    Failure.
    """
    temporary = None
    try:
        folder = pathlib.Path(dest).absolute().parent
        handle, temporary = tempfile.mkstemp(prefix=".", dir=folder)  # for its owner only
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(request.config())
        pathlib.Path(temporary).replace(dest)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                pathlib.Path(temporary).unlink()
        raise Failure(
            f"Could not write the signed URL to {dest}: {error.strerror}. Name a file in a folder"
            " that is there and may be written to.",
            "not_written",
        ) from None
