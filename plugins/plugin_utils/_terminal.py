# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a person can answer a prompt of this playbook."""

from __future__ import annotations

import os
import stat
import sys

# In the environment of ansible-runner, which AWX uses
RUNNER_VARIABLES = ("AWX_ISOLATED_DATA_DIR", "RUNNER_OMIT_EVENTS")
NO_TERMINAL = "there is no terminal"


def why_not_interactive() -> str:
    """Return the cause why nobody could answer a prompt; empty if somebody can."""
    if any(name in os.environ for name in RUNNER_VARIABLES):
        return "ansible-runner's or AWX's terminal has nobody at it"
    try:
        return _terminal_flaw(sys.stdin.fileno(), sys.stdout.fileno())
    except (AttributeError, OSError, ValueError):
        return NO_TERMINAL


def _terminal_flaw(stdin: int, stdout: int) -> str:
    if not os.isatty(stdin):
        return NO_TERMINAL
    if os.getpgrp() != os.tcgetpgrp(stdin):
        return "the playbook runs in the background of its terminal"
    # Prompts go to the standard output. A pipe may lead back to the terminal, as the one to tee.
    is_pipe = stat.S_ISFIFO(os.fstat(stdout).st_mode)
    if not os.isatty(stdout) and not is_pipe:
        return "its output does not go to a terminal"
    return ""


# Tasks run in worker processes, which have no standard input. Ansible loads an action plugin, and
# this file with it, before it starts the worker. So this is about the terminal of ansible-playbook.
WHY_NOT_INTERACTIVE = why_not_interactive()
