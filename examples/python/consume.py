#!/usr/bin/python3
"""Receives until the end of transmission; prints one line of JSON for each message and keeps images as files.

consume.py --exchange frames --exchange-type fanout --out received
"""

import argparse
import hashlib
import json
import ssl
import sys
from pathlib import Path

import numpy as np
from matmq import Consumer, Message
from matmq.connection import DEFAULT_URL
from matmq.image import type_name


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=DEFAULT_URL)
    parser.add_argument("--ca", metavar="FILE", help="the authority of the broker's certificate, for amqps:")
    parser.add_argument("--cert", metavar="FILE", help="log in by this certificate, for amqps:")
    parser.add_argument("--key", metavar="FILE", help="its key, unless --cert has it")
    parser.add_argument("--name", default="consumer")
    parser.add_argument("--exchange", default="my_exchange_1")
    parser.add_argument("--exchange-type", default="direct")
    parser.add_argument("--routing-key", action="append", metavar="KEY", help="may be given several times")
    parser.add_argument("--queue", help="a named queue instead of a temporary one")
    parser.add_argument("--out", type=Path, help="folder for the received images")
    return parser.parse_args()


def describe(message: Message, number: int, out: Path | None) -> dict:
    envelope = {
        "type": message.type,
        "contentType": message.properties.content_type,
        "messageId": message.properties.message_id,
        "appId": message.properties.app_id,
    }
    if message.type == "text":
        return {**envelope, "text": message.text()}
    if message.type != "image":
        return {**envelope, "sha256": hashlib.sha256(message.body).hexdigest()}
    image = message.image()
    if out:
        if message.encoding == "raw":
            # .npy keeps every type of matrix, which no image format does.
            np.save(out / f"{number:03}.npy", image)
        else:
            (out / f"{number:03}{message.encoding}").write_bytes(message.body)
    return {
        **envelope,
        "rows": image.shape[0],
        "cols": image.shape[1],
        "cvtype": type_name(image),
        "encoding": message.encoding,
        "sha256": hashlib.sha256(image.tobytes()).hexdigest(),
    }


def say(line: dict) -> None:
    print(json.dumps(line), flush=True)


def main() -> None:
    args = arguments()
    tls = ssl.create_default_context(cafile=args.ca) if args.ca or args.cert else None
    if args.cert:
        tls.load_cert_chain(args.cert, args.key)
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
    with Consumer(args.url, args.name, tls=tls, login="external" if args.cert else "plain",
                  exchange=args.exchange, exchange_type=args.exchange_type,
                  routing_key=args.routing_key or ["my_key_1"], queue=args.queue) as consumer:
        say({"ready": True})
        for number, message in enumerate(consumer.messages()):
            try:
                say(describe(message, number, args.out))
            except ValueError as error:
                print(f"message {number}: {error}", file=sys.stderr)
                say({"type": message.type, "error": str(error)})
        say({"eot": True})


main()
