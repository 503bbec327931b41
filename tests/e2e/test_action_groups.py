# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action group that names the cloud for our modules and for those of openstack.cloud at once."""

from __future__ import annotations

PLAY = """---
- name: One cloud for the modules of two collections
  hosts: localhost
  gather_facts: false
  module_defaults:
    group/interactive.openstack.all_openstack:
      cloud: "{{ cloud }}"
  tasks:
    - name: Ask with a module of ours
      interactive.openstack.zaqar_queue_info:
      register: ours
      ignore_errors: true

    - name: Ask with one of openstack.cloud
      openstack.cloud.auth:
      register: theirs
      ignore_errors: true

    - name: Both asked the cloud that is named
      ansible.builtin.assert:
        that:
          - (ours is failed) == (cloud == 'nobody')
          - (theirs is failed) == (cloud == 'nobody')
          - cloud != 'nobody' or 'nobody' in ours.msg
          - cloud != 'nobody' or 'nobody' in theirs | string
"""


def test_one_entry_names_the_cloud_for_both_collections(playbook, sandbox, tmp_path):
    file = tmp_path / "both.yml"
    file.write_text(PLAY)
    for cloud in sandbox.cloud, "nobody":
        played = playbook(file, {"cloud": cloud})
        assert played.rc == 0, played.output
