"""What the Makefile's targets do: make the environments, run the sandbox, the demo and the tests.

Needs only the standard library. Everything it makes lies in .dev/, which can be deleted at any
time:

    tools/          uv, which makes the other environments
    home/           HOME of everything that is run, so that nothing touches the user's own
    cache/          of uv, pip and mypy; other collections that tests need
    core-X.Y/venv/  ansible-core X.Y with the clients and the test tools
    core-X.Y/.../   a copy of the collection for each kind of test, taken when the tests start
    minimum/        the same with the oldest of all: ansible-core, Python, clients
    lint/           the linters, with an ansible-core and clients of their own
    services/       what the sandboxes' services run on
    sandbox/        the demo's sandbox; sandbox-*/ are the tests'
    bench/          the benchmark's playbooks and logs, and the results of an incomplete run
    logs/           one file a step

Its modules, each of which imports only from those above it:

    common         paths, and the sentence for the person at the terminal
    processes      commands, and how all of them are stopped
    interpreters   the Python for each purpose
    environments   virtual environments, and the variables that commands run with
    cores          the versions of ansible-core
    copies         the collection where Ansible looks for it
    sandbox        a sandbox, its ports
    progress       numbered steps of what takes a while
    demo           make demo, sandbox, sandbox-down
    bench          make bench
    scale          make bench-scale
    upkeep         make build, lock, clean
    linters        the linters, each a step of the tests
    ansible_test   ansible-test without a container
    steps          the other steps of the tests
    report         a line for each step, and the sums
    runs           which steps run side by side
    targets        what belongs to each of make's targets

Why this is not nox, tox or pytest-xdist: nox runs one session after the other and starts no
services; half of the time of `make test` is waiting, so its steps run side by side. pytest-xdist
gives each worker a process, but no sandbox that outlives Ctrl-C cleanly and that KEEP=1 keeps.
"""
