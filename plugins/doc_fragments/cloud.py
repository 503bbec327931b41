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
      - Name of an entry of C(clouds.yaml), or a dictionary with the keys of such an entry.
      - Without it, the module uses the only or default cloud of C(clouds.yaml), or the C(OS_*)
        environment variables.
    type: raw
  auth:
    description:
      - The options of the authentication plugin that O(auth_type) names, for instance C(auth_url),
        C(username), C(password), C(project_name), C(user_domain_name) and C(project_domain_name).
      - Not needed with O(cloud). No output and no log contains its secrets.
    type: dict
  auth_type:
    description:
      - Name of the keystoneauth plugin that authenticates. The default of openstacksdk is
        V(password).
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
      - Whether to verify the TLS certificates of the services. Without this option, the cloud's
        configuration decides.
    type: bool
    aliases: [verify]
  ca_cert:
    description:
      - Path to a bundle with the certificates of trusted authorities.
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
      - Seconds after which the module gives up a request to a service. Without this option, the
        cloud's configuration decides. Its default is 60 seconds.
      - A service can still carry out a request that the module gave up, see the notes.
    type: int
notes:
  - The host that runs the task sends the requests to the services.
  - If a service does not respond, C(error_code) says what happened. V(unreachable) means that
    nothing was sent, V(no_answer) that no response came within O(api_timeout), V(connection_lost)
    that the connection broke before the response, V(garbled) that the response is truncated or not
    JSON.
  - If a service refuses a request, the task returns the HTTP status as C(http_status).
  - A response whose lists or dictionaries are nested hundreds of levels deep cannot be read.
    C(error_code) is then V(too_deep).
  - In a result, a text that says so replaces what is nested more than 200 levels deep.
  - If the response to a change is lost, the module checks whether the change was made. If it was
    made, the task succeeds. If the outcome is unknown, the task fails and returns
    C(outcome_unknown) as V(true). The error message says what to do.
  - The module refuses an option that contains text that is not valid UTF-8, or a number that JSON
    cannot represent, such as infinity. Nothing is sent then.
"""
