"""What can go wrong. Arguments of a wrong type are a TypeError, as in Python itself."""

from __future__ import annotations

import ssl

import pika.exceptions


class MatmqError(Exception):
    """The base of all errors of this package."""


class ConnectionFailed(MatmqError):
    """The broker cannot be reached, refuses the login, or the connection is lost."""


class ChannelError(MatmqError):
    """The broker refused an operation: a mismatched declaration, a missing queue, no permission."""


class PublishError(MatmqError):
    """Messages that the broker did not take."""


class ImageError(MatmqError, ValueError):
    """A matrix that a format cannot hold, or a body that is no image, damaged, or larger than the limits allow."""


class SegmentError(MatmqError):
    """The segments of a message are incomplete, contradict each other, or were damaged."""


class ClosedError(MatmqError):
    """The producer or consumer was closed, or its connection is lost."""


class EndOfTransmission(MatmqError):
    """The sender has said that nothing follows."""


def explained(error: Exception, where: str) -> Exception:
    """What Pika or the system raised on a connection, as an error of this package that says what to do."""
    if isinstance(error, pika.exceptions.ProbableAuthenticationError):
        found = ConnectionFailed(f"{where} refused the login ({error}): check user and password in the URL, or with "
                                 "login='external' that the certificate names a user of the broker. 'guest' may log in "
                                 "from the broker's own machine only")
    elif isinstance(error, pika.exceptions.ProbableAccessDeniedError):
        found = ConnectionFailed(f"{where} refused the virtual host: create it, or give the user permission ({error})")
    elif isinstance(error, pika.exceptions.ChannelClosedByBroker):
        found = ChannelError(f"{where} refused it: {error.reply_code} {error.reply_text}")
    elif isinstance(error, ssl.SSLError):
        found = ConnectionFailed(f"no TLS with {where}: {error}. "
                                 "Is it the port of TLS, and does `tls` trust its authority?")
    elif isinstance(error, (pika.exceptions.AMQPError, OSError)):
        found = ConnectionFailed(f"no connection to {where}: {str(error) or repr(error)}. "
                                 "Is the broker running, and are host "
                                 "and port right?")
    else:
        return error
    found.__cause__ = error
    return found
