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
from .._base.text import display_data, display_text, one_line
from .._base.userinfo import without_userinfo
from .._cloud.login import Logins
from .._cloud.options import CLOUD_OPTIONS, redacted
from .flow import Context, Flow

LONGEST_ADVICE = 10000  # characters: it may have to name messages


def run_module(
    flow: type[Flow], progress: t.Callable[[str], None] | None = None, logins: Logins | None = None
) -> None:
    """Run ``flow`` with the options of the task and exit as a module does. ``progress`` shows a line at once.

    What a result says in ``invocation`` is shown at -vvv: there is what the requests were and where the time went.
    """
    started = time.process_time()
    begun = time.monotonic()
    module = AnsibleModule(
        argument_spec=dict(CLOUD_OPTIONS, **flow.OPTIONS),
        supports_check_mode=True,
        **flow.CONSTRAINTS,
    )
    # Secrets are left out by key (see CLOUD_OPTIONS); masking their values would also mask innocent words of the output.
    module.no_log_values = set()
    context = Context(
        check_mode=module.check_mode,
        diff=module._diff,
        warn=lambda text: module.warn(without_userinfo(display_text(text))),
        progress=progress,
        logins=logins,
    )
    failure = _refusal(flow, module.params)
    if failure:
        _fail(module, failure, {"module_args": redacted(flow.redacted(module.params))})
    run = flow(module.params, context)
    with signals.deferred():
        try:
            result = run.run()
            signals.raise_pending()
        except Failure as error:
            failure = error
        except signals.Interrupted:
            run.undo()
            if progress and run.go_on():
                progress(one_line(run.go_on(), LONGEST_ADVICE))
            raise
        except BaseException:  # a task's timeout, for instance
            run.undo()
            raise
    invocation = {"module_args": redacted(flow.redacted(module.params)), **run.close()}
    invocation["seconds"].update(start=round(started, 3), total=round(time.monotonic() - begun, 3))
    if failure:  # outside the handler: no traceback for what a user can cause
        _fail(module, failure, invocation)
    if "diff" in result:
        result["diff"] = display_data(result["diff"])
    module.exit_json(**replaced(dict(result, invocation=invocation)))


def _refusal(flow: type[Flow], params: dict[str, t.Any]) -> Failure | None:
    """Return what is wrong with the options by themselves, before anything is sent; None if nothing is."""
    try:
        check_options(params)
        flow.check_options(params)
    except Failure as failure:
        return failure
    return None


def _fail(module: AnsibleModule, failure: Failure, invocation: dict[str, t.Any]) -> t.NoReturn:
    # A failed result is always shown, and so is display text. Half of a character in it would end the play.
    message = without_userinfo(display_text(failure.message))
    result = dict(display_data(failure.result), msg=message, error_code=failure.error_code)
    module.fail_json(**replaced(dict(result, invocation=invocation)))
