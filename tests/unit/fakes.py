# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud in memory for unit tests, to which the real classes Mistral and Zaqar send requests.

    cloud = FakeCloud()
    cloud.zaqar.put("workflow-output", "Who is there?")
    cloud.lose("post_messages")                # the request is carried out, its answer is lost
    Zaqar(cloud).post("workflow-input", [{"body": "me", "ttl": 60}])

The kinds of requests are the last words of the ROUTES in `fake_zaqar.py` and `fake_mistral.py`. Two
people who use the same services are two clouds: the second one is
``FakeCloud(zaqar=cloud.zaqar, mistral=cloud.mistral)``.
`test_fakes_contract.py`, here and in tests/e2e, proves that the fakes do what the services do.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
import types
import typing as t

from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import (
    CONNECTION_LOST,
    NO_ANSWER,
    UNREACHABLE,
    Failure,
    ServiceError,
)
from ansible_collections.interactive.openstack.plugins.module_utils._cloud.session import Spent
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import (
    Context,
    Flow,
)
from ansible_collections.interactive.openstack.tests.unit.fake_keystone import FakeKeystone
from ansible_collections.interactive.openstack.tests.unit.fake_mistral import (
    FakeMistral,
    TaskFailed,
)
from ansible_collections.interactive.openstack.tests.unit.fake_service import (
    Answer,
    FakeClock,
    FakeService,
    Refused,
    Request,
)
from ansible_collections.interactive.openstack.tests.unit.fake_zaqar import FakeZaqar

__all__ = [
    "FakeClock",
    "FakeCloud",
    "FakeKeystone",
    "FakeMistral",
    "FakeZaqar",
    "Request",
    "TaskFailed",
    "reader",
    "run_flow",
]

PATIENCE = 60.0  # seconds after which a request is given up
URLS = {
    "identity": "http://keystone.test/v3",
    "messaging": "http://zaqar.test",
    "workflow": "http://mistral.test/v2",
}
ERROR_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "too_large",
    429: "busy",
}

Hook = t.Callable[[Request], object]


@dataclasses.dataclass
class Rule:
    """What happens to the next requests of a kind whose path has these names."""

    kind: str
    names: dict[str, str]
    times: int
    hook: Hook

    def applies(self, request: Request) -> bool:
        kinds = ("any", request.kind, request.service.lower())
        if not self.times or self.kind not in kinds:
            return False
        return self.names.items() <= request.names.items()


class FakeCloud:
    """Stands in for Cloud: what a task reaches the services by. Only ``late`` requests take time.

    ``requests`` are all that were sent, even if they did not arrive.
    The kind of a request in the methods below can also be a service, such as ``zaqar``, or ``any``.
    """

    tls = (True, None)

    def __init__(
        self,
        clock: FakeClock | None = None,
        zaqar: FakeZaqar | None = None,
        mistral: FakeMistral | None = None,
    ) -> None:
        shared = zaqar or mistral
        self.clock = clock or (shared.clock if shared else FakeClock())
        self.zaqar = zaqar or FakeZaqar(self.clock)
        self.keystone = self.zaqar.keystone
        self.mistral = mistral or FakeMistral(self.clock)
        self.user_name: str | None = "demo"
        self.project_id: str | None = "project"
        self.is_admin = False
        self.urls = dict(URLS)
        self.requests: list[Request] = []
        self._rules: dict[str, list[Rule]] = {"before": [], "fail": [], "late": [], "after": []}
        self._thread = threading.local()

    # What happens to requests

    def before(self, kind: str, hook: Hook, times: int = 1, **names: str) -> None:
        """Call ``hook`` with each of the next requests of a kind before its effect."""
        self._rules["before"].append(Rule(kind, names, times, hook))

    def after(self, kind: str, hook: Hook, times: int = 1, **names: str) -> None:
        """Call ``hook`` with each of the next requests of a kind before it is answered."""
        self._rules["after"].append(Rule(kind, names, times, hook))

    def fail(
        self, kind: str, status: int | None = None, times: int = 1, reason: str = "", **names: str
    ) -> None:
        """Refuse the next requests of a kind by a status; without one, they do not arrive."""

        def refuse(request: Request) -> None:
            raise refusal(request.service, status, reason)

        self._rules["fail"].append(Rule(kind, names, times, refuse))

    def lose(self, kind: str, times: int = 1, **names: str) -> None:
        """Lose the answers to the next requests of a kind, which are carried out."""

        def lose(request: Request) -> None:
            words = f"the connection to {request.service} was lost before there was an answer"
            raise ServiceError(request.service, None, words, CONNECTION_LOST)

        self.after(kind, lose, times, **names)

    def late(self, kind: str, seconds: float, times: int = 1, **names: str) -> None:
        """Let the next requests of a kind arrive some seconds later, even if given up meanwhile."""
        self._rules["late"].append(
            Rule(kind, names, times, lambda request: self._arrive_late(request, seconds))
        )

    def _arrive_late(self, request: Request, seconds: float) -> None:
        patience = min(PATIENCE, self._time_left())
        if seconds <= patience:
            self.clock.sleep(seconds)
            return
        self.clock.at(self.clock.now + seconds, lambda: self._carry_out_unseen(request))
        self.clock.sleep(patience)
        words = f"{request.service} did not answer within {patience:g} seconds"
        raise ServiceError(request.service, None, words, NO_ANSWER)

    def _carry_out_unseen(self, request: Request) -> None:
        with contextlib.suppress(Refused):
            self._service(request.service).answer(request)

    def _apply(self, when: str, request: Request) -> None:
        for rule in list(self._rules[when]):
            if rule.applies(request):
                rule.times -= 1
                rule.hook(request)

    def kinds(self) -> list[str]:
        """Return the kinds of the requests that were sent."""
        return [request.kind for request in self.requests]

    def count(self, kind: str, **names: str) -> int:
        """Return how many requests of a kind were sent."""
        rule = Rule(kind, names, 1, lambda request: None)
        return sum(rule.applies(request) for request in self.requests)

    # What Cloud has

    def endpoint(self, service_type: str) -> str:
        if service_type not in self.urls:
            raise Failure(f"The cloud's catalog has no {service_type}.", "no_service")
        return self.urls[service_type]

    def connection(self, service_type: str) -> FakeConnection:
        services: dict[str, FakeService] = {
            "identity": self.keystone,
            "messaging": self.zaqar,
            "workflow": self.mistral,
        }
        return FakeConnection(self, services[service_type])

    def spent(self) -> Spent:
        names = [request.service for request in self.requests]
        requests = {name: names.count(name) for name in sorted(set(names))}
        return Spent(requests, dict.fromkeys(requests, 0.0))

    def token(self, renewed: bool = False) -> str:
        return "token"

    def keep_connections(self, number: int) -> None:
        """Do nothing: there are none."""

    def leave_login(self) -> None:
        """Do nothing: there is none."""

    @contextlib.contextmanager
    def within(self, seconds: float) -> t.Iterator[None]:
        before = getattr(self._thread, "end", None)
        self._thread.end = self.clock.now + seconds
        try:
            yield
        finally:
            self._thread.end = before

    def _time_left(self) -> float:
        end: float | None = getattr(self._thread, "end", None)
        return float("inf") if end is None else end - self.clock.now

    def send(self, service: FakeService, request: Request) -> Answer:
        """Bring a request to a service, with all that happens on the way. Raises ServiceError."""
        self.requests.append(request)
        if self._time_left() <= 0:
            words = f"{service.NAME} is not reachable (there was no time left to send the request)"
            raise ServiceError(service.NAME, None, words, UNREACHABLE)
        self._apply("before", request)
        self._apply("fail", request)
        self._apply("late", request)
        try:
            answer = service.answer(request)
        except Refused as refused:
            raise refusal(service.NAME, refused.status, refused.reason) from None
        # What the service changes later must not change an answer that was given.
        answer = dataclasses.replace(answer, data=json.loads(json.dumps(answer.data)))
        self._apply("after", request)
        return answer

    def _service(self, name: str) -> FakeService:
        services: tuple[FakeService, ...] = (self.keystone, self.zaqar, self.mistral)
        return next(service for service in services if service.NAME == name)


class FakeConnection:
    """Stands in for Connection: what the service clients send through."""

    def __init__(self, cloud: FakeCloud, service: FakeService) -> None:
        self._cloud = cloud
        self._service = service
        self.requests = 0

    @property
    def project_id(self) -> str | None:
        return self._cloud.project_id

    @property
    def is_admin(self) -> bool:
        return self._cloud.is_admin

    def within(self, seconds: float) -> t.ContextManager[None]:
        return self._cloud.within(seconds)

    def request(self, method: str, url: str, **options: t.Any) -> FakeResponse:
        self.requests += 1
        request = self._service.request(
            method, url, options.get("params"), options.get("data") or ""
        )
        answer = self._cloud.send(self._service, request)
        return FakeResponse(answer, method, url)

    def get(self, url: str, **options: t.Any) -> FakeResponse:
        return self.request("GET", url, **options)

    def post(self, url: str, **options: t.Any) -> FakeResponse:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: t.Any) -> FakeResponse:
        return self.request("PUT", url, **options)

    def delete(self, url: str, **options: t.Any) -> FakeResponse:
        return self.request("DELETE", url, **options)


class FakeResponse:
    """What the clients read of a response of requests."""

    def __init__(self, answer: Answer, method: str, url: str) -> None:
        self.status_code = answer.status
        self.text = "" if answer.data is None else json.dumps(answer.data)
        self.content = self.text.encode()
        self.headers = answer.headers
        self.url = url
        self.request = types.SimpleNamespace(method=method)

    def json(self) -> t.Any:
        return json.loads(self.text)


def refusal(service: str, status: int | None, reason: str = "") -> ServiceError:
    """Return the error for an HTTP status, or for a service that is not reachable."""
    if status is None:
        words = reason or f"{service} is not reachable (connection refused)"
        return ServiceError(service, None, words, UNREACHABLE)
    return ServiceError(service, status, reason or "no", ERROR_CODES.get(status, "service_error"))


def run_flow(
    flow: type[Flow],
    cloud: FakeCloud,
    *,
    check_mode: bool = False,
    warn: t.Callable[[str], None] = lambda text: None,
    **params: t.Any,
) -> dict[str, t.Any]:
    """Run a flow on a fake cloud and its clock, by default with its default options."""
    defaults = {name: option.get("default") for name, option in flow.OPTIONS.items()}
    context = Context(check_mode=check_mode, warn=warn, new_deadline=cloud.clock.deadline)
    running = flow({**defaults, **params}, context)
    running.__dict__["cloud"] = cloud  # a cached property
    return running.run()


def reader(zaqar: FakeZaqar, queue: str) -> t.Callable[[], t.Any]:
    """Return the work of a task that pops an answer, and fails if the queue is empty."""

    def read() -> t.Any:
        bodies = zaqar.take(queue)
        if not bodies:
            raise TaskFailed("index out of range")
        return bodies[0]

    return read
