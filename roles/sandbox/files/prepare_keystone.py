# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make Keystone's database and keys, its users and its catalog: prepare_keystone.py FILE

What keystone-manage's four commands and some twenty requests would do, in one process. What is
there already stays; the endpoints follow the ports. Passwords and addresses come in the environment
(SANDBOX_SEED, OS_BOOTSTRAP_PASSWORD).
"""

import json
import os
import sys
import uuid

import keystone.conf
from keystone.cmd import cli
from keystone.common import driver_hints, provider_api

REGION = "RegionOne"
DOMAIN = "default"
CONF = keystone.conf.CONF
seed = json.loads(os.environ["SANDBOX_SEED"])
identity = seed["urls"]["identity"]
user, group = str(os.getuid()), str(os.getgid())

for command in (
    ["db_sync"],
    ["fernet_setup", "--keystone-user", user, "--keystone-group", group],
    ["credential_setup", "--keystone-user", user, "--keystone-group", group],
    [
        "bootstrap",
        "--bootstrap-region-id",
        REGION,
        "--bootstrap-public-url",
        identity,
        "--bootstrap-internal-url",
        identity,
        "--bootstrap-admin-url",
        identity,
    ],
):
    CONF.reset()
    cli.main(["keystone-manage", "--config-file", sys.argv[1], *command])

api = provider_api.ProviderAPIs


def named(listing, name):
    hints = driver_hints.Hints()
    hints.add_filter("name", name)
    return next((entry for entry in listing(hints=hints) if entry["name"] == name), None)


def made(listing, create, name, **fields):
    """Return the entry of that name, made if it isn't there."""
    entry = named(listing, name)
    if not entry:
        new = uuid.uuid4().hex
        entry = create(new, {"id": new, "name": name, "enabled": True, **fields})
    return entry["id"]


projects = {
    name: made(
        api.resource_api.list_projects,
        api.resource_api.create_project,
        name,
        domain_id=DOMAIN,
        description="",
        is_domain=False,
    )
    for name in ("service", "demo")
}
users = {}
for name, password in seed["passwords"].items():
    entry = named(api.identity_api.list_users, name)
    fields = {"name": name, "password": password, "domain_id": DOMAIN, "enabled": True}
    users[name] = (entry or api.identity_api.create_user(fields))["id"]

roles = {role["name"]: role["id"] for role in api.role_api.list_roles()}
for name, project, role in (
    ("demo", "demo", "member"),
    ("mistral", "service", "admin"),
    ("mistral", "service", "service"),
    ("zaqar", "service", "admin"),
    ("zaqar", "service", "service"),
):
    grants = api.assignment_api.get_roles_for_user_and_project(users[name], projects[project])
    if roles[role] not in grants:
        api.assignment_api.add_role_to_user_and_project(users[name], projects[project], roles[role])

for kind, name, url in (
    ("identity", "keystone", identity),
    ("messaging", "zaqar", seed["urls"]["messaging"]),
    ("messaging-websocket", "zaqar-websocket", seed["urls"]["messaging_websocket"]),
    ("workflowv2", "mistral", seed["urls"]["workflow"]),
):
    service = next(
        (entry["id"] for entry in api.catalog_api.list_services() if entry["type"] == kind), None
    )
    if not service:
        service = uuid.uuid4().hex
        api.catalog_api.create_service(
            service, {"id": service, "type": kind, "name": name, "enabled": True}
        )
    endpoints = {
        entry["interface"]: entry
        for entry in api.catalog_api.list_endpoints()
        if entry["service_id"] == service
    }
    for interface in ("public", "internal", "admin"):
        endpoint = endpoints.get(interface)
        if endpoint and endpoint["url"] != url:
            api.catalog_api.update_endpoint(endpoint["id"], {"url": url})
        elif not endpoint:
            new = uuid.uuid4().hex
            api.catalog_api.create_endpoint(
                new,
                {
                    "id": new,
                    "service_id": service,
                    "interface": interface,
                    "region_id": REGION,
                    "url": url,
                    "enabled": True,
                },
            )
