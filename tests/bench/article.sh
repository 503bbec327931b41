#!/usr/bin/env bash
# Copyright: Contributors to the interactive.openstack project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A dialogue by commands alone: upload, start, look until it is paused, read the question, answer, resume, look until it has
# ended, read the end. It looks again at once where a person would wait, so it is as fast as a script can be.
#
#   article.sh mistral|openstack FILE WORKFLOW INPUT_QUEUE OUTPUT_QUEUE ANSWER
set -euo pipefail

kind=$1 file=$2 workflow=$3 input_queue=$4 output_queue=$5 answer=$6
input="{\"input_queue\": \"$input_queue\", \"output_queue\": \"$output_queue\"}"

field() { # of a table's row: | Name | value |
    awk -F'|' -v name="$1" '{ gsub(/^ +| +$/, "", $2); gsub(/^ +| +$/, "", $3) } $2 == name { print $3 }'
}

if [ "$kind" = mistral ]; then
    create() { mistral workflow-create "$file"; }
    start() { mistral execution-create "$workflow" "$input" | field ID; }
    state() { mistral execution-get "$1" | field State; }
    pop() { mistral run-action zaqar.queue_pop "{\"queue_name\": \"$output_queue\"}"; }
    post() { mistral run-action zaqar.queue_post "{\"queue_name\": \"$input_queue\", \"messages\": {\"body\": \"$answer\"}}"; }
    resume() { mistral execution-update -s RUNNING "$1"; }
else
    client=7d3b9c1a-5a3e-4c55-9a47-0d1f2f0c3b11
    create() { openstack workflow create "$file"; }
    start() { openstack workflow execution create -f value -c ID "$workflow" "$input"; }
    state() { openstack workflow execution show -f value -c State "$1"; }
    pop() { openstack messaging claim create "$output_queue" --limit 1 --ttl 60 --grace 60; }
    post() { openstack messaging message post --client-id "$client" "$input_queue" "[{\"body\": \"$answer\", \"ttl\": 3600}]"; }
    resume() { openstack workflow execution update -s RUNNING "$1"; }
fi

create
id=$(start)
until [ "$(state "$id")" = PAUSED ]; do :; done
pop
post
resume "$id"
until [ "$(state "$id")" = SUCCESS ]; do :; done
pop
