# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import multiprocessing

from ansible_collections.interactive.openstack.plugins.plugin_utils._logins import HEADER, Logins

FORK = multiprocessing.get_context("fork")


def in_another_process(work, *arguments) -> None:
    process = FORK.Process(target=work, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == 0


def test_what_one_process_leaves_another_finds():
    logins = Logins()
    assert logins.get("mine") is None
    in_another_process(logins.put, "mine", "token")
    in_another_process(logins.put, "yours", "other")
    assert (logins.get("mine"), logins.get("yours"), logins.get("nobody's")) == (
        "token",
        "other",
        None,
    )


def test_a_renewed_login_takes_the_place_of_the_old_one():
    logins = Logins()
    logins.put("mine", "old, and longer")
    logins.put("mine", "new")
    assert logins.get("mine") == "new"


def test_what_is_half_written_counts_as_nothing():
    logins = Logins()
    logins.put("mine", "token")
    logins._memory[HEADER.size + 3 : HEADER.size + 6] = b"xyz"
    assert logins.get("mine") is None
    logins.put("mine", "again")
    assert logins.get("mine") == "again"


def test_a_length_that_nobody_wrote_counts_as_nothing():
    logins = Logins(100)
    logins._memory[: HEADER.size] = HEADER.pack(2**32 - 1, b"x" * 32)
    assert logins.get("mine") is None


def test_where_all_do_not_fit_the_last_one_stays():
    logins = Logins(100)
    logins.put("mine", "x" * 40)
    logins.put("yours", "y" * 40)
    assert (logins.get("mine"), logins.get("yours")) == (None, "y" * 40)
    logins.put("huge", "z" * 200)
    assert (logins.get("yours"), logins.get("huge")) == (None, None)


def test_many_that_write_at_once_spoil_nothing():
    """Whatever is read is whole: what was left by somebody, or nothing."""
    logins = Logins()

    def write(number: int) -> None:
        for _time in range(100):
            logins.put(f"key {number}", f"login {number}" * 50)

    processes = [FORK.Process(target=write, args=(number,)) for number in range(4)]
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        for number in range(4):
            assert logins.get(f"key {number}") in (None, f"login {number}" * 50)
    for process in processes:
        process.join()
        assert process.exitcode == 0
