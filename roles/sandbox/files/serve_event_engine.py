# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mistral's event engine, which waits for events: serve_event_engine.py --config-file FILE --server
event-engine

The stock one asks its queue for events all the time, which takes a whole processor.
"""

import queue
import sys
import types

from mistral.cmd import launch
from mistral.event_engine import default_event_engine

WAIT = 0.1  # seconds until it looks whether it is to stop


class PatientQueue(queue.Queue):
    def get_nowait(self):
        return self.get(timeout=WAIT)


default_event_engine.queue = types.SimpleNamespace(Queue=PatientQueue, Empty=queue.Empty)
sys.exit(launch.main())
