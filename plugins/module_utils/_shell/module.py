# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell that runs a flow as an Ansible module."""

from __future__ import annotations

import time
import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._base import signals
from .._base.encodable import check_options, replaced
from .._base.errors import Failure
from .._base.json_types import Options, Result
from .._base.text import display_data, display_text, one_line
from .._base.userinfo import without_userinfo
from .._cloud.login import Logins
from .._cloud.options import redacted
from .flow import Context, Flow

LONGEST_ADVICE = 10000  # characters: it may have to name messages


class _Clock:
    """How long a module takes, in seconds.

    It is made when the interpreter has read Ansible's and the collection's code. ``start`` is the
    CPU time until then.
    """

    def __init__(self) -> None:
        self.start = round(time.process_time(), 3)
        self._begun = time.monotonic()

    @property
    def total(self) -> float:
        return round(time.monotonic() - self._begun, 3)


def run_module(
    flow: type[Flow],
    progress: t.Callable[[str], None] | None = None,
    logins: Logins | None = None,
) -> None:
    """Run a flow with the options of the task, and exit as a module does.

    ``progress`` shows a line to the user at once. ``logins`` are those of earlier tasks.
    """
    clock = _Clock()
    module = AnsibleModule(
        argument_spec=flow.argument_spec(), supports_check_mode=True, **flow.CONSTRAINTS
    )
    # Secrets are left out by key (`redacted`). To mask their values would also mask innocent words
    # of the output.
    module.no_log_values = set()
    context = Context(
        check_mode=module.check_mode,
        diff=module._diff,
        warn=lambda text: module.warn(_display_sentence(text)),
        progress=progress,
        logins=logins,
    )
    failure = _option_failure(flow, module.params)
    if failure:
        _fail(module, failure, {"module_args": redacted(flow.redacted(module.params))})
    run = flow(module.params, context)
    outcome = _outcome(run, progress)
    invocation = _invocation(run, clock)
    if isinstance(outcome, Failure):
        _fail(module, outcome, invocation)
    if "diff" in outcome:
        outcome["diff"] = display_data(outcome["diff"])
    module.exit_json(**replaced({**outcome, "invocation": invocation}))


def _option_failure(flow: type[Flow], options: Options) -> Failure | None:
    """Return what is wrong with the options by themselves; None if nothing is."""
    try:
        check_options(options)
        flow.check_options(options)
    except Failure as failure:
        return failure
    return None


def _outcome(run: Flow, progress: t.Callable[[str], None] | None) -> Result | Failure:
    """Return the result of a flow, or its Failure. Undo what it did if it is interrupted.

    A Failure is returned, so that no traceback is shown for what a user can cause.
    """
    with signals.deferred():
        try:
            result = run.run()
            signals.raise_pending()
        except Failure as failure:
            return failure
        except signals.Interrupted:
            run.undo()
            advice = run.go_on() if progress else ""
            if progress and advice:
                progress(one_line(advice, LONGEST_ADVICE))
            raise
        except BaseException:  # for instance a task's timeout
            run.undo()
            raise
    return result


def _invocation(run: Flow, clock: _Clock) -> Result:
    """Return what Ansible shows at -vvv: the options, the requests, and where the time went."""
    spent = run.close()
    return {
        "module_args": redacted(run.redacted(run.params)),
        "requests": spent.requests,
        "seconds": {**spent.seconds, "start": clock.start, "total": clock.total},
    }


def _fail(module: AnsibleModule, failure: Failure, invocation: Result) -> t.NoReturn:
    """Exit with a failed result. Ansible always shows it, so all of it is display text."""
    result = {
        **display_data(failure.result),
        "msg": _display_sentence(failure.message),
        "error_code": failure.error_code,
        "invocation": invocation,
    }
    # Half of a character in a result would end the play.
    module.fail_json(**replaced(result))
    raise AssertionError("fail_json() has returned")


def _display_sentence(text: str) -> str:
    return without_userinfo(display_text(text))
