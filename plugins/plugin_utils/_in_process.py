# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell that runs a flow in Ansible's own process, where nobody can tell that from running the module."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import io
import json
import os
import re
import sys
import typing as t

from ansible import constants
from ansible.module_utils import basic
from ansible.module_utils.common import warnings as module_warnings
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as AsModule
from ansible.utils.unsafe_proxy import wrap_var
from ansible_collections.interactive.openstack.plugins.module_utils._base import signals
from ansible_collections.interactive.openstack.plugins.module_utils._base.clients import (
    remember_versions,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.encodable import (
    check_options,
)
from ansible_collections.interactive.openstack.plugins.module_utils._base.errors import Failure
from ansible_collections.interactive.openstack.plugins.module_utils._shell.flow import Flow
from ansible_collections.interactive.openstack.plugins.module_utils._shell.module import run_module
from ansible_collections.interactive.openstack.plugins.plugin_utils._logins import Logins
from ansible_collections.interactive.openstack.plugins.plugin_utils._verbose import (
    escape_for_terminal,
)

try:  # ansible-core 2.19
    from ansible.module_utils import _internal as module_internals
    from ansible.module_utils.common.json import Direction, get_module_encoder

    ENCODER = get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)
except ImportError:
    from ansible.module_utils.common.json import AnsibleJSONEncoder

    module_internals = None
    ENCODER = functools.partial(AnsibleJSONEncoder, vault_to_text=True)

SETTINGS = "interactive.openstack"
constants.config.initialize_plugin_configuration_definitions(
    "action",
    SETTINGS,
    {
        name: {
            "type": "bool",
            "default": True,
            "vars": [{"name": f"interactive_openstack_{name}"}],
            "env": [{"name": f"INTERACTIVE_OPENSTACK_{name.upper()}"}],
            "ini": [{"section": "interactive_openstack", "key": name}],
        }
        for name in ("in_process", "progress")
    },
)

# What the interpreter or a library reads only once, at its start
READ_AT_START = re.compile(r"(PYTHON|LD_|XDG_|LC_|OPENSSL_|SSL_)\w*|HOME|LANG|TZ|TMPDIR")

logins = Logins()
with contextlib.suppress(Exception):  # whatever is wrong here, a task will say better
    # keystoneauth looks through all packages for its ways to log in, and remembers them
    importlib.import_module("keystoneauth1.loading").get_plugin_loader("password")
with contextlib.suppress(Exception):
    remember_versions()
STDERR = os.dup(2)  # a worker has none, and when it is interrupted nobody listens to it any more


class InProcess(AsModule):
    """An action plugin of one module; a subclass names its ``flow``. What it imports is there before Ansible forks."""

    flow: type[Flow]

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        result = self._run(tmp, task_vars)
        escape_for_terminal(
            self._display, result, self._play_context.remote_addr, bool(self._task.no_log)
        )
        return result

    def _run(self, tmp: str | None, task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        try:
            check_options(self._task.args)
        except (
            Failure
        ) as failure:  # Ansible's own words for it name no option, and depend on its version
            result = ActionBase.run(self, tmp, task_vars)
            result.update(
                changed=False, failed=True, msg=failure.message, error_code=failure.error_code
            )
            return result
        variables = task_vars or {}
        environment: dict[str, t.Any] = {}
        self._compute_environment_string(environment)
        reason = self._why_as_module(variables, environment)
        if reason:
            self._display.vvv(
                f"{self._task.action} runs as a module: {reason}",
                host=self._play_context.remote_addr,
            )
            return super().run(tmp, task_vars)
        result = ActionBase.run(self, tmp, task_vars)
        arguments = dict(self._task.args)
        self._update_module_args(self._task.action, arguments, variables)
        try:
            options = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, cls=ENCODER)
        except (TypeError, ValueError):  # Ansible has words for that
            return super().run(tmp, task_vars)
        with as_a_module(options, environment, self._loader.get_basedir()) as printed:
            run_module(self.flow, self._progress(variables), logins)
        result.update(self._read(printed.getvalue()))
        return result

    def _why_as_module(self, variables: dict[str, t.Any], environment: dict[str, t.Any]) -> str:
        """Return what would make a difference between this process and the module's; empty if nothing would."""
        if not self._setting("in_process", variables):
            return "in_process is false"
        if self._task.async_val:
            return "async"
        if self._connection.transport != "local":
            return f"connection {self._connection.transport}"
        if self._connection.become is not None:
            return "become"
        if constants.DEFAULT_KEEP_REMOTE_FILES:
            return "its files are to be kept"
        interpreter = self._interpreter(variables)
        if not same_program(interpreter, sys.executable):
            return f"interpreter {interpreter}"
        started_with = [name for name in environment if READ_AT_START.fullmatch(name)]
        return f"environment {', '.join(started_with)}" if started_with else ""

    def _progress(self, variables: dict[str, t.Any]) -> t.Callable[[str], None] | None:
        """Return what shows a line at once, on standard error: the standard output may be read by a program."""
        if self._task.no_log:
            return None
        wanted: list[bool] = []  # not asked for by tasks that have nothing to say

        def show(text: str) -> None:
            if signals.orphaned():  # nobody reads it, and a write could wait for ever
                return
            line = f"[{variables.get('inventory_hostname')}] => {text}"
            if signals.pending():
                with contextlib.suppress(OSError):
                    os.write(STDERR, f"{line}\n".encode(errors="replace"))
                return
            if not wanted:
                wanted.append(self._setting("progress", variables))
            if wanted[0]:
                self._display.display(f"progress: {line}", stderr=True)

        return show

    def _setting(self, name: str, variables: dict[str, t.Any]) -> t.Any:
        """Return a setting of this collection, from a variable, the environment or ansible.cfg."""
        definitions = constants.config.get_configuration_definitions("action", SETTINGS)
        given = {entry["name"] for entry in definitions[name]["vars"]} & set(variables)
        return constants.config.get_config_value(
            name,
            plugin_type="action",
            plugin_name=SETTINGS,
            variables={variable: self._templar.template(variables[variable]) for variable in given},
        )

    def _interpreter(self, variables: dict[str, t.Any]) -> str:
        """Return the interpreter that the module would run on, or how it would be found out."""
        if self._task.delegate_to:
            variables = (variables.get("ansible_delegated_vars") or {}).get(
                self._task.delegate_to
            ) or {}
        return str(
            self._templar.template(
                constants.config.get_config_value("INTERPRETER_PYTHON", variables=variables)
            )
        )

    def _read(self, printed: str) -> dict[str, t.Any]:
        """Return the result that a module printed, as Ansible reads it."""
        answer = {"stdout": printed, "stderr": "", "rc": 0}
        profile = (
            ["legacy"]
            if "profile" in inspect.signature(self._parse_returned_data).parameters
            else []
        )
        read = self._parse_returned_data(answer, *profile)
        if not isinstance(read, dict):  # ansible-core 2.21
            return read.as_result_dict(for_round_trip=True)
        return read if module_internals else wrap_var(read)


def same_program(one: str, other: str) -> bool:
    """Whether two paths are of one interpreter with one set of packages: a virtual environment has links to it."""
    return os.path.dirname(one) == os.path.dirname(other) and os.path.realpath(
        one
    ) == os.path.realpath(other)


@contextlib.contextmanager
def as_a_module(
    options: str, environment: dict[str, t.Any], folder: str
) -> t.Iterator[io.StringIO]:
    """Let this process be what a module's is: its options, environment, folder and warnings; yields what it prints."""
    before, folder_before = dict(os.environ), os.getcwd()
    in_controller = getattr(module_internals, "is_controller", None)
    module_warnings._global_warnings.clear()
    module_warnings._global_deprecations.clear()
    basic._ANSIBLE_ARGS = options.encode()
    basic._ANSIBLE_PROFILE = "legacy"
    printed = io.StringIO()
    try:
        if in_controller:
            module_internals.is_controller = (
                False  # else warnings would be shown, and not be returned
            )
        os.chdir(folder)
        os.environ.update({name: str(value) for name, value in environment.items()})
        with (
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(io.StringIO()),
            contextlib.suppress(SystemExit),
        ):
            yield printed
    finally:
        if in_controller:
            module_internals.is_controller = in_controller
        basic._ANSIBLE_ARGS = None
        os.chdir(folder_before)
        os.environ.clear()
        os.environ.update(before)
