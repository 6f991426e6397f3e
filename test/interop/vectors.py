#!/usr/bin/python3
"""The test vectors of docs/wire-format.md.

    vectors.py read                         holds what examples/python/matmq reads against each
    vectors.py send <url> <exchange>        has its Producer send each that it can
    vectors.py send-segments <url> <exchange>  has it send those that go in segments
    vectors.py publish <url> <exchange>     publishes each, octet by octet
    vectors.py capture <url> <exchange> <n> prints "ready", then n messages as JSON, a line each
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np
import pika

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "python"))
from amqp_encoding import Encoded, decoded, to_json  # noqa: E402
from matmq import Message, Producer  # noqa: E402
from matmq.image import type_name  # noqa: E402
from matmq.segments import Assembler  # noqa: E402

PREFIX = 12  # class, weight and body size of a content header
DTYPES = {"8U": "u1", "8S": "i1", "16U": "<u2", "16S": "<i2", "32S": "<i4", "32F": "<f4", "64F": "<f8"}


class Vector:
    """One folder."""

    def __init__(self, folder: Path):
        self.folder, self.name = folder, folder.name
        self.stated = json.loads((folder / "vector.json").read_text("utf-8"))
        self.encoded = (folder / "header.bin").read_bytes()[PREFIX:]
        self.body = (folder / "body.bin").read_bytes()
        self.segments = [((folder / f"header-{i}.bin").read_bytes()[PREFIX:], (folder / f"body-{i}.bin").read_bytes())
                         for i in range(len(self.stated.get("segments", [])))]
        self.expect, self.send = self.stated["expect"], self.stated.get("send")

    def matrix(self) -> np.ndarray:
        """What is sent as this vector; a part of a larger matrix where the vector says so."""
        rows, cols, kind = self.expect["matrix"]
        depth, channels = kind[3:].split("C", 1)
        count = int(channels.strip("()"))
        file = self.folder / "source.bin"
        octets = (file if file.exists() else self.folder / "pixels.bin").read_bytes()
        image = np.frombuffer(octets, DTYPES[depth]).reshape((rows, cols) if count == 1 else (rows, cols, count))
        region = self.send.get("regionOf")
        if region is None:
            return image
        larger = np.full((region["rows"], region["cols"], *image.shape[2:]), 77, image.dtype)
        part = larger[region["y"]:region["y"] + rows, region["x"]:region["x"] + cols]
        part[:] = image
        return part


def vectors() -> list[Vector]:
    folder = Path(__file__).parents[1] / "data" / "vectors"
    return [Vector(path.parent) for path in sorted(folder.glob("*/vector.json"))]


def received(vector: Vector) -> tuple[bytes, pika.BasicProperties]:
    """The whole message, put together where it comes in segments."""
    assembler, ended = Assembler(), []
    for tag, (encoded, body) in enumerate(vector.segments or [(vector.encoded, vector.body)]):
        properties = pika.BasicProperties()
        properties.decode(encoded)
        if not vector.segments:
            return body, properties
        ended = assembler.add(tag, properties, body)
    assert [end.error for end in ended] == [None]
    return bytes(ended[0].body), ended[0].properties


def read() -> None:
    for vector in vectors():
        body, properties = received(vector)
        assert body == vector.body, vector.name
        message = Message(body, properties, False, lambda positive, requeue: None)
        expect = vector.expect
        assert message.is_eot == expect["eot"], vector.name
        if expect["type"] != "unmarked":
            assert message.type == expect["type"], vector.name
        if "text" in expect:
            assert message.text() == expect["text"], vector.name
        if "matrix" in expect:
            image = message.image()
            rows, cols, kind = expect["matrix"]
            assert [*image.shape[:2], type_name(image)] == [rows, cols, kind], vector.name
            assert image.tobytes() == (vector.folder / "pixels.bin").read_bytes(), vector.name
        for name, value in vector.stated["properties"].items():
            if name not in ("headers", "timestamp"):
                assert getattr(properties, name) == value, (vector.name, name)
        for name, field in vector.stated["properties"].get("headers", {}).items():
            # Pika 1.2 reads an int64 without its sign, exchanges b and B, and cuts numbers with a point.
            if field["type"] in "SlI" and not str(field["value"]).startswith("-"):
                assert str((properties.headers or {})[name]) == str(field["value"]), (vector.name, name)


def send(url: str, exchange: str) -> None:
    with Producer(url, "camera-1", exchange=exchange, exchange_type="fanout") as producer:
        for vector in vectors():
            if vector.send is None or "headers" in vector.send or vector.segments:  # it cannot say headers of its own
                continue
            kind = vector.send["kind"]
            if kind == "image":
                producer.send_image(vector.matrix(), vector.send["encoding"])
            elif kind == "eot":
                producer.send_eot()
            else:
                producer.send(vector.body.decode() if kind == "text" else vector.body)


def send_segments(url: str, exchange: str) -> None:
    for vector in vectors():
        if vector.segments:
            with Producer(url, "camera-1", exchange=exchange, exchange_type="fanout",
                          max_message_size=vector.send["segmentSize"]) as producer:
                producer.send(vector.body)


def publish(url: str, exchange: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    for vector in vectors():
        for encoded, body in vector.segments or [(vector.encoded, vector.body)]:
            channel.basic_publish(exchange, "my_key_1", body, Encoded(encoded))
    connection.close()


class Kept(pika.BasicProperties):
    """Properties that keep the octets they came as."""

    def decode(self, encoded: bytes, offset: int = 0):
        self.octets = bytes(encoded[offset:])
        return super().decode(encoded, offset)


def capture(url: str, exchange: str, count: str) -> None:
    pika.spec.props[pika.BasicProperties.INDEX] = Kept
    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    channel.exchange_declare(exchange, "fanout")
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, exchange)
    print("ready", flush=True)
    left = int(count)
    for _, properties, body in channel.consume(queue, auto_ack=True):
        stated = decoded(properties.octets)
        if "headers" in stated:
            stated["headers"] = {name: to_json(*field) for name, field in stated["headers"].items()}
        print(json.dumps({"properties": stated, "body": base64.b64encode(body).decode()}), flush=True)
        left -= 1
        if left == 0:
            break
    connection.close()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"read": read, "send": send, "send-segments": send_segments, "publish": publish,
     "capture": capture}[command](*arguments)
