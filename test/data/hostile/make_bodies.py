#!/usr/bin/python3
"""The hostile bodies as files, or through a broker.

    make_bodies.py write <folder>
        index.tsv (number, bare or not, passes RabbitMQ or not, code, name), and for each <number>.header, the payload
        of its content header frame, and <number>.body
    make_bodies.py publish <url> <exchange> <routing key>
        those that RabbitMQ lets pass, each followed by the text "good"
"""

import sys
from pathlib import Path

import pika

from bodies import Hostile, all_bodies
from amqp_encoding import Encoded, content_header


def write(hostiles: list[Hostile], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, hostile in enumerate(hostiles):
        (folder / f"{number}.body").write_bytes(hostile.body)
        (folder / f"{number}.header").write_bytes(content_header(len(hostile.body), hostile.properties))
        bare, brokered = ("bare" if hostile.bare else "-"), ("brokered" if hostile.brokered else "-")
        lines.append(f"{number}\t{bare}\t{brokered}\t{hostile.code}\t{hostile.name}\n")
    (folder / "index.tsv").write_text("".join(lines), "utf-8")


def publish(hostiles: list[Hostile], url: str, exchange: str, routing_key: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    for hostile in hostiles:
        if hostile.brokered:
            channel.basic_publish(exchange, routing_key, hostile.body, Encoded(hostile.properties))
            channel.basic_publish(exchange, routing_key, b"good", pika.BasicProperties(type="text"))
    connection.close()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "write":
        write(all_bodies(), Path(arguments[0]))
    else:
        publish(all_bodies(), *arguments)
