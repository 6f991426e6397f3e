#!/usr/bin/python3
"""Publishes, on Pika alone, bodies without any property, as a program that knows nothing of MatMQ may.

send_bare_bodies.py <url> <exchange> < bodies in base64, one a line
"""

import base64
import sys

import pika

url, exchange = sys.argv[1:]
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
for body in sys.stdin:
    channel.basic_publish(exchange, "", base64.b64decode(body))
connection.close()
