#!/usr/bin/python3
"""Publishes texts and images in the order of the command line.

publish.py --exchange frames --exchange-type fanout --text hello --image a.png --encoding .jpg --image b.png --eot
"""

import argparse
import ssl

import cv2
from matmq import Producer
from matmq.connection import DEFAULT_URL


class Append(argparse.Action):
    """Keeps texts, images and EOT in one list, so that their order is the one of the command line."""

    def __call__(self, parser, namespace, values, option_string=None):
        kind = option_string.lstrip("-")
        if kind == "encoding":
            if not namespace.items or namespace.items[-1][0] != "image":
                parser.error("--encoding belongs after its --image")
            namespace.items[-1][2] = values
        else:
            namespace.items.append([kind, values, ".png"])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=DEFAULT_URL)
    parser.add_argument("--ca", metavar="FILE", help="the authority of the broker's certificate, for amqps:")
    parser.add_argument("--cert", metavar="FILE", help="log in by this certificate, for amqps:")
    parser.add_argument("--key", metavar="FILE", help="its key, unless --cert has it")
    parser.add_argument("--name", default="producer")
    parser.add_argument("--exchange", default="my_exchange_1")
    parser.add_argument("--exchange-type", default="direct")
    parser.add_argument("--routing-key", default="my_key_1")
    parser.add_argument("--max-message-size", type=int, help="larger bodies go in segments of so many bytes")
    parser.add_argument("--text", action=Append, metavar="STR")
    parser.add_argument("--image", action=Append, metavar="PATH")
    parser.add_argument("--encoding", action=Append, metavar=".png|.jpg|.bmp|.webp|raw")
    parser.add_argument("--eot", action=Append, nargs=0)
    parser.set_defaults(items=[])
    return parser.parse_args()


def main() -> None:
    args = arguments()
    tls = ssl.create_default_context(cafile=args.ca) if args.ca or args.cert else None
    if args.cert:
        tls.load_cert_chain(args.cert, args.key)
    with Producer(args.url, args.name, tls=tls, login="external" if args.cert else "plain",
                  exchange=args.exchange, exchange_type=args.exchange_type,
                  routing_key=args.routing_key,
                  max_message_size=args.max_message_size) as producer:
        for kind, value, encoding in args.items:
            if kind == "text":
                producer.send(value)
            elif kind == "image":
                image = cv2.imread(value, cv2.IMREAD_UNCHANGED)
                if image is None:
                    raise SystemExit(f"{value} is no image that OpenCV can read")
                producer.send_image(image, encoding)
            else:
                producer.send_eot()


main()
