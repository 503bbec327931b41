# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell that runs a flow in Ansible's own process.

It does so only where nobody can tell the result from that of a module's process.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import io
import json
import os
import pathlib
import re
import sys
import typing as t

from ansible import constants
from ansible.module_utils import basic
from ansible.module_utils.common import warnings as module_warnings
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._base import signals
from ..module_utils._base.clients import remember_versions
from ..module_utils._base.encodable import check_options
from ..module_utils._base.errors import Failure
from ..module_utils._base.json_types import JsonObject, Result, Variables
from ..module_utils._shell.flow import Flow
from ..module_utils._shell.module import run_module
from ._logins import Logins
from ._verbose import escape_for_terminal

encode_for_module: t.Callable[[JsonObject], str]
try:  # ansible-core 2.19
    from ansible.module_utils import _internal
    from ansible.module_utils.common.json import Direction, get_module_encoder

    module_internals: t.Any = _internal
    encode_for_module = functools.partial(
        json.dumps, cls=get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)
    )
except ImportError:
    from ansible.module_utils.common.json import AnsibleJSONEncoder

    module_internals = None
    encode_for_module = functools.partial(json.dumps, cls=AnsibleJSONEncoder, vault_to_text=True)

SETTINGS_PLUGIN = "interactive.openstack"  # the name under which Ansible knows our settings
SETTING_NAMES = ("in_process", "progress")
constants.config.initialize_plugin_configuration_definitions(
    "action",
    SETTINGS_PLUGIN,
    {
        name: {
            "type": "bool",
            "default": True,
            "vars": [{"name": f"interactive_openstack_{name}"}],
            "env": [{"name": f"INTERACTIVE_OPENSTACK_{name.upper()}"}],
            "ini": [{"section": "interactive_openstack", "key": name}],
        }
        for name in SETTING_NAMES
    },
)

# Environment variables that the interpreter or a library reads only once, at its start
READ_AT_START = re.compile(r"(PYTHON|LD_|XDG_|LC_|OPENSSL_|SSL_)\w*|HOME|LANG|TZ|TMPDIR")

# What follows is done before Ansible forks its workers, so that they share it.
logins = Logins()
with contextlib.suppress(Exception):  # a task has better words for whatever is wrong here
    # keystoneauth looks through all packages for ways to log in, and remembers them.
    importlib.import_module("keystoneauth1.loading").get_plugin_loader("password")
with contextlib.suppress(Exception):
    remember_versions()
# A worker has no standard error, and when it is interrupted, nobody listens to it any more.
STDERR = os.dup(2)


class InProcess(NormalAction):
    """The base of the action plugins, one for each module. A subclass names its ``flow``."""

    flow: type[Flow]

    def run(self, tmp: str | None = None, task_vars: Variables | None = None) -> Result:
        """Return the result of the task."""
        result = self._result(tmp, task_vars or {})
        host = self._play_context.remote_addr
        escape_for_terminal(self._display, result, host, bool(self._task.no_log))
        return result

    def _result(self, tmp: str | None, variables: Variables) -> Result:
        failure = self._option_failure()
        if failure:
            result: Result = ActionBase.run(self, tmp, variables)
            result.update(
                changed=False, failed=True, msg=failure.message, error_code=failure.error_code
            )
            return result
        environment: Variables = {}
        self._compute_environment_string(environment)
        difference = next(self._differences(variables, environment), None)
        if difference:
            self._display.vvv(
                f"{self._task.action} runs as a module: {difference}",
                host=self._play_context.remote_addr,
            )
            return self._as_module(tmp, variables)
        result = ActionBase.run(self, tmp, variables)
        options = dict(self._task.args)
        self._update_module_args(self._task.action, options, variables)
        try:
            arguments = encode_for_module({"ANSIBLE_MODULE_ARGS": options})
        except (TypeError, ValueError):  # Ansible has words for that
            return self._as_module(tmp, variables)
        with as_a_module(arguments, environment, self._loader.get_basedir()) as printed:
            run_module(self.flow, self._progress(variables), logins)
        result.update(self._read(printed.getvalue()))
        return result

    def _as_module(self, tmp: str | None, variables: Variables) -> Result:
        result: Result = super().run(tmp, variables)
        return result

    def _option_failure(self) -> Failure | None:
        """Return what cannot be encoded in the options; None if all can be.

        Ansible's own words for that name no option, and depend on its version.
        """
        try:
            check_options(self._task.args)
        except Failure as failure:
            return failure
        return None

    def _differences(self, variables: Variables, environment: Variables) -> t.Iterator[str]:
        """Return what a module's process would do differently from this one."""
        if not self._setting("in_process", variables):
            yield "in_process is false"
        if self._task.async_val:
            yield "async"
        if self._connection.transport != "local":
            yield f"connection {self._connection.transport}"
        if self._connection.become is not None:
            yield "become"
        if constants.DEFAULT_KEEP_REMOTE_FILES:
            yield "its files are to be kept"
        interpreter = self._interpreter(variables)
        if not same_program(interpreter, sys.executable):
            yield f"interpreter {interpreter}"
        names = [name for name in environment if READ_AT_START.fullmatch(name)]
        if names:
            yield f"environment {', '.join(names)}"

    def _progress(self, variables: Variables) -> t.Callable[[str], None] | None:
        """Return what shows a line to the user at once; None if nothing may be shown.

        It writes to standard error: a program may read the standard output.
        """
        if self._task.no_log:
            return None

        # Most tasks show nothing, and so do not read the setting.
        @functools.cache
        def is_enabled() -> bool:
            return bool(self._setting("progress", variables))

        def show(text: str) -> None:
            if signals.orphaned():  # nobody reads the line, and the write could wait for ever
                return
            line = f"[{variables.get('inventory_hostname')}] => {text}"
            if signals.pending():
                with contextlib.suppress(OSError):
                    os.write(STDERR, f"{line}\n".encode(errors="replace"))
            elif is_enabled():
                self._display.display(f"progress: {line}", stderr=True)

        return show

    def _setting(self, name: str, variables: Variables) -> t.Any:
        """Return a setting of this collection, from a variable, the environment or ansible.cfg."""
        definitions = constants.config.get_configuration_definitions("action", SETTINGS_PLUGIN)
        names = {entry["name"] for entry in definitions[name]["vars"]}
        values = {
            variable: self._templar.template(variables[variable])
            for variable in names & set(variables)
        }
        return constants.config.get_config_value(
            name, plugin_type="action", plugin_name=SETTINGS_PLUGIN, variables=values
        )

    def _interpreter(self, variables: Variables) -> str:
        """Return the interpreter that would run the module, or how Ansible would look for it."""
        if self._task.delegate_to:
            delegated = variables.get("ansible_delegated_vars") or {}
            variables = delegated.get(self._task.delegate_to) or {}
        value = constants.config.get_config_value("INTERPRETER_PYTHON", variables=variables)
        return str(self._templar.template(value))

    def _read(self, printed: str) -> Result:
        """Return the result that a module has printed, as Ansible reads it."""
        output = {"stdout": printed, "stderr": "", "rc": 0}
        result: t.Any
        if "profile" in inspect.signature(self._parse_returned_data).parameters:
            result = self._parse_returned_data(output, "legacy")
        else:
            result = self._parse_returned_data(output)
        if not isinstance(result, dict):  # ansible-core 2.21
            result = result.as_result_dict(for_round_trip=True)
        elif not module_internals:
            result = wrap_var(result)
        return t.cast(Result, result)


def same_program(path: str, other_path: str) -> bool:
    """Tell whether two paths are of one interpreter with one set of packages.

    The interpreter of a virtual environment is a link, and so it is known by its folder.
    """
    one_file = pathlib.Path(path)
    other_file = pathlib.Path(other_path)
    same_folder = one_file.parent == other_file.parent
    return same_folder and os.path.realpath(path) == os.path.realpath(other_path)


@contextlib.contextmanager
def as_a_module(arguments: str, environment: Variables, folder: str) -> t.Iterator[io.StringIO]:
    """Make this process look like a module's while the body runs; yield what the body prints.

    ``arguments`` is what AnsibleModule reads, as JSON. The process gets the environment and the
    folder of the module. A warning goes into the result, as in a module.
    """
    module_warnings._global_warnings.clear()
    module_warnings._global_deprecations.clear()
    with (
        _module_arguments(arguments),
        _outside_of_controller(),
        _folder(folder),
        _environment(environment),
        contextlib.redirect_stdout(io.StringIO()) as printed,
        contextlib.redirect_stderr(io.StringIO()),
        contextlib.suppress(SystemExit),
    ):
        yield printed


@contextlib.contextmanager
def _module_arguments(arguments: str) -> t.Iterator[None]:
    basic._ANSIBLE_ARGS = arguments.encode()
    basic._ANSIBLE_PROFILE = "legacy"
    try:
        yield
    finally:
        basic._ANSIBLE_ARGS = None


@contextlib.contextmanager
def _outside_of_controller() -> t.Iterator[None]:
    """Let Ansible's code take this process for a module's, if it looks."""
    in_controller = getattr(module_internals, "is_controller", None)
    if not in_controller:
        yield
        return
    module_internals.is_controller = False
    try:
        yield
    finally:
        module_internals.is_controller = in_controller


@contextlib.contextmanager
def _folder(folder: str) -> t.Iterator[None]:
    previous = pathlib.Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(previous)


@contextlib.contextmanager
def _environment(additions: Variables) -> t.Iterator[None]:
    previous = dict(os.environ)
    os.environ.update({name: str(value) for name, value in additions.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(previous)
