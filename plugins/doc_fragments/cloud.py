# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - openstacksdk >= 0.61.0
options:
  cloud:
    description:
      - Name of an entry of C(clouds.yaml), or a dictionary in the form of such an entry.
      - Without it, the only or default cloud of C(clouds.yaml) is used, or what the C(OS_*) environment variables say.
    type: raw
  auth:
    description:
      - What the authentication plugin of O(auth_type) needs, for instance C(auth_url), C(username), C(password),
        C(project_name), C(user_domain_name) and C(project_domain_name).
      - Not needed with O(cloud). Secrets in it are shown in no output and in no log.
    type: dict
  auth_type:
    description:
      - Name of the keystoneauth plugin to authenticate with. The default of openstacksdk is V(password).
    type: str
  region_name:
    description:
      - Name of the region.
    type: str
  interface:
    description:
      - Which of the service's endpoints to use.
    type: str
    choices: [public, internal, admin]
    default: public
    aliases: [endpoint_type]
  validate_certs:
    description:
      - Whether to verify the TLS certificates of the services. Without it, the cloud's configuration decides.
    type: bool
    aliases: [verify]
  ca_cert:
    description:
      - Path to a bundle of certificates of authorities to trust.
    type: str
    aliases: [cacert]
  client_cert:
    description:
      - Path to a client certificate.
    type: str
    aliases: [cert]
  client_key:
    description:
      - Path to the key of the client certificate.
    type: str
    aliases: [key]
  api_timeout:
    description:
      - Seconds after which one request to a service is given up. Without it, the cloud's configuration decides, else
        60 seconds.
      - A service may still carry out a request that was given up, see the notes.
    type: int
notes:
  - The services are reached from the host that runs the task.
  - If a service gives no answer, C(error_code) is V(unreachable) if nothing was sent, V(no_answer) if none came within
    O(api_timeout), V(connection_lost) if the connection broke before one, V(garbled) if it is cut off or not JSON.
  - An answer in which lists or dictionaries are nested hundreds of levels deep cannot be read; C(error_code) is V(too_deep) then.
  - What is nested more than 200 levels deep in a result is left out there, with a text that says so.
  - A change whose answer is lost is looked for. If it was made, the task succeeds. If nobody knows whether it was made, the
    task fails and returns C(outcome_unknown) as V(true); its message says what to do.
  - Options that hold text that is not UTF-8, or a number that JSON cannot represent, as infinity, are refused before anything is sent.
"""
