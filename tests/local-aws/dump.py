"""Writes out everything that the local AWS keeps of Larder, for the search for secrets: rows, messages and logs.

  dump.py FOLDER    one file for each table, queue and log group; needs the settings of target/local-aws/env
"""

import json
import sys
from pathlib import Path

import boto3


def rows(client):
    for name in pages(client, "list_tables", "TableNames"):
        yield f"table {name}", pages(client, "scan", "Items", TableName=name)


def messages(client):
    for url in pages(client, "list_queues", "QueueUrls"):
        told = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        yield f"queue {url.rsplit('/', 1)[1]}", told.get("Messages", [])


def logs(client):
    for group in pages(client, "describe_log_groups", "logGroups"):
        name = group["logGroupName"]
        yield f"log {name}", pages(client, "filter_log_events", "events", logGroupName=name)


def pages(client, operation, of, **asked):
    for page in client.get_paginator(operation).paginate(**asked):
        yield from page.get(of, [])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for service, dump in (("dynamodb", rows), ("sqs", messages), ("logs", logs)):
        for name, entries in dump(boto3.client(service)):
            lines = (json.dumps(entry, default=lambda value: value.decode("latin-1")) for entry in entries)
            (folder / name.replace("/", "_")).write_text("\n".join(lines))
