"""Producer and Consumer for MatMQ's messages on Pika, NumPy and (for the file formats) OpenCV.

The interface is the one of TypeScript and C++.

They show what goes over the wire and how to write a peer of MatMQ, and the tests talk to them. They do not reconnect.
"""

from .consumer import Consumer
from .errors import (ChannelError, ClosedError, ConnectionFailed, EndOfTransmission, ImageError, MatmqError,
                     PublishError,
                     SegmentError)
from .formats import Limits
from .message import Message
from .producer import Producer

__all__ = ["ChannelError", "ClosedError", "ConnectionFailed", "Consumer", "EndOfTransmission", "ImageError", "Limits",
           "MatmqError", "Message", "Producer", "PublishError", "SegmentError"]
