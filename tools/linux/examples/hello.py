#!/usr/bin/python3
"""Calls the service hello from a program: hello.py NAME [DEVICE].

One write makes the call, one read gives the reply. CBOR by python3-cbor2.
"""

import struct
import sys

import cbor2

REQUEST = struct.Struct('16sII')  # name of the service, version of its messages, call
REPLY = struct.Struct('II')       # the SVSM's result, bytes that follow
BYTES_MAX = 4096
HELLO_VERSION = 1
HELLO_WELCOME = 2
REQUEST_NAME, REPLY_WELCOME, REPLY_VMPL = 0, 0, 1


class Refused(Exception):
    """The SVSM or the service answers with an error."""


def call(device, service, version, number, message):
    """One call on an open device: the reply's message."""
    device.write(REQUEST.pack(service.encode(), version, number) + cbor2.dumps(message, canonical=True))
    reply = device.read(REPLY.size + BYTES_MAX)
    result, count = REPLY.unpack_from(reply)
    if result != 0:
        raise Refused(f'refused, {result:#010x}')
    return cbor2.loads(reply[REPLY.size:REPLY.size + count])


def main(name, path='/dev/keel'):
    """Print hello's welcome."""
    with open(path, 'r+b', buffering=0) as device:
        reply = call(device, 'hello', HELLO_VERSION, HELLO_WELCOME, {REQUEST_NAME: name})
    print(f'{reply[REPLY_WELCOME]} (to VMPL{reply[REPLY_VMPL]})')


if __name__ == '__main__':
    try:
        main(*sys.argv[1:])
    except (OSError, Refused, cbor2.CBORDecodeError, struct.error) as problem:
        sys.exit(f'hello.py: {problem}')
