# Copyright (c) 2026, The interactive.openstack developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Count who listens to queues of RabbitMQ: count_consumers.py FILE QUEUE...

FILE is Mistral's configuration, which has the broker's URL. Prints a JSON list; a queue that is not
there counts as 0.
"""

import configparser
import json
import sys
import urllib.parse

import amqp

settings = configparser.RawConfigParser()
settings.read(sys.argv[1])
url = urllib.parse.urlsplit(settings["DEFAULT"]["transport_url"])
connection = amqp.Connection(
    f"{url.hostname}:{url.port}",
    userid=urllib.parse.unquote(url.username),
    password=urllib.parse.unquote(url.password),
    connect_timeout=5,
)
connection.connect()


def count(queue):
    # an error closes the channel
    with connection.channel() as channel:
        try:
            return channel.queue_declare(queue, passive=True).consumer_count
        except amqp.NotFound:
            return 0


print(json.dumps([count(queue) for queue in sys.argv[2:]]))
connection.close()
