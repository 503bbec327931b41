# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a person can answer a prompt of this playbook."""

from __future__ import annotations

import os
import stat
import sys

RUNNER_VARIABLES = ("AWX_ISOLATED_DATA_DIR", "RUNNER_OMIT_EVENTS")


def why_not_interactive() -> str:
    """Return why nobody could answer a prompt; an empty string when somebody can."""
    if any(name in os.environ for name in RUNNER_VARIABLES):
        return "ansible-runner's or AWX's terminal has nobody at it"
    try:
        stdin = sys.stdin.fileno()
        if not os.isatty(stdin):
            return "there is no terminal"
        if os.getpgrp() != os.tcgetpgrp(stdin):
            return "the playbook runs in the background of its terminal"
        # Prompts are written to the standard output. A pipe may lead back to the terminal, as that to tee does.
        stdout = sys.stdout.fileno()
        if not os.isatty(stdout) and not stat.S_ISFIFO(os.fstat(stdout).st_mode):
            return "its output does not go to a terminal"
    except (AttributeError, OSError, ValueError):
        return "there is no terminal"
    return ""


# Tasks run in worker processes, which have no standard input. Ansible loads an action plugin, and with it this file, before
# it starts the worker, so what is seen here, while loading, is the terminal of ansible-playbook itself.
WHY_NOT_INTERACTIVE = why_not_interactive()
