"""tools/keel call: boots a small guest that calls a service by its name, and shows what it answers.

The guest (test/guest/call.c) has room for a script, which is written into its image before it becomes the firmware of
an image of the shipped kernel and services. Its console says the answers.
"""

import argparse
import ast
import os
import re
import struct
import sys
import tempfile

import build
import report
import run
from common import BUILD, Failure, PROGRESS, ROOT, Usage

sys.path.insert(0, os.path.join(ROOT, 'tools'))

GUEST = 'test/guest/call.fd'
IMAGE = os.path.join(BUILD, 'keel-call.igvm')
SECONDS = '300'
END = 'end of the calls'
# test/guest/call.h
MAGIC = b'keel call script'
STEPS_BYTES = 16384
STEP = struct.Struct('<4I16s')
BY_NAME, ATTEST = 1, 2
NAME_BYTES, REQUEST_MAX, NONCE_BYTES = 16, 4096, 64
PARTS = ('report', 'manifest', 'certificates')
# include/svsm/attest.h: all services in CBOR
KEEL_ENTRY = 'a6f52fc3-bdd9-4fd1-af44-99faff9834fe'
RESULTS = {
    0: 'SUCCESS', 0x80000001: 'UNSUPPORTED_PROTOCOL', 0x80000002: 'UNSUPPORTED_CALL', 0x80000003: 'INVALID_ADDRESS',
    0x80000004: 'INVALID_FORMAT', 0x80000005: 'INVALID_PARAMETER', 0x80000006: 'INVALID_REQUEST', 0x80000007: 'BUSY',
    0x80001F00: 'the service died',
}


def request(text):
    """'0' or '0 {0: "text", 1: b"bytes"}', a message as Python writes it: (text, call, message)."""
    number, _, value = text.strip().partition(' ')
    try:
        call = int(number, 0)
        message = None if not value.strip() else ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise argparse.ArgumentTypeError(f'{text!r} is no request such as 0 {{0: 40, 1: 2}}: a number, '
                                         'then a Python literal') from None
    if not 0 <= call < 1 << 32:
        raise argparse.ArgumentTypeError(f'{number} is no number of a call')
    return text.strip(), call, message


def add_options(parser, parse_run):
    """The command line of tools/keel call; PARSE_RUN makes the options of a run."""
    parser.add_argument('name', metavar='NAME', help='the service')
    parser.add_argument('requests', metavar='REQUEST', type=request, nargs='+',
                        help="a call's number and its message: '0 {0: 40, 1: 2}'; several are made one after the other")
    parser.add_argument('--attest', metavar='DIR', help='then have the SVSM attest its services: the nonce, the report '
                        'and what belongs to it, as files for tools/keel attest verify')
    parser.add_argument('--log', metavar='FILE', help="the guest's, the SVSM's and the simulator's logs in one")
    parser.set_defaults(start=lambda options: call(options, parse_run))


def encode(message):
    """A message in deterministic CBOR; None is none at all."""
    try:
        import cbor2
    except ImportError as error:
        raise Failure('python3-cbor2 is missing; tools/keel setup installs it') from error
    try:
        return b'' if message is None else cbor2.dumps(message, canonical=True)
    except (cbor2.CBOREncodeError, TypeError, ValueError) as error:
        raise Usage(f'{message!r} is nothing that CBOR writes: {error}') from error


def decode(data):
    """A reply as Python writes it."""
    import cbor2
    try:
        return repr(cbor2.loads(data)) if data else ''
    except (cbor2.CBORDecodeError, ValueError):
        return f'(no CBOR: {data.hex()})'


def services(table):
    """The services of a table, its text: whether guests may call each by its name."""
    entries = re.split(r'^\s*\.name = "', table, flags=re.MULTILINE)[1:]
    return {entry.split('"')[0]: re.search(r'^\s*\.messages = true', entry, re.MULTILINE) is not None
            for entry in entries}


def check_name(name, table):
    """Refuse a name that nothing answers to: the guest would only hear UNSUPPORTED_PROTOCOL."""
    known = services(table)
    if known.get(name):
        return
    what = f'{name} takes no calls by name' if name in known else f'no service is called {name!r}'
    by_name = [other for other, takes_messages in known.items() if takes_messages]
    raise Usage(f'{what}; those that are called by name: {", ".join(by_name) or "none"}; others of the image: '
                f'{", ".join(other for other in known if other not in by_name) or "none"}')


def step(kind, call, name, data):
    """One step of the script."""
    return STEP.pack(kind, call, 0, len(data), name) + data.ljust(-(-len(data) // 8) * 8, b'\0')


def script(options, nonce):
    """All steps."""
    name = options.name.encode()
    if not 0 < len(name) <= NAME_BYTES:
        raise Usage(f'{options.name!r} is no name of a service: 1 to {NAME_BYTES} bytes')
    steps = b''
    for text, number, message in options.requests:
        data = encode(message)
        if len(data) > REQUEST_MAX:
            raise Usage(f'{text[:40]}... has {len(data)} bytes; a request has at most {REQUEST_MAX}')
        steps += step(BY_NAME, number, name, data)
    steps += step(ATTEST, 0, b'', nonce) if nonce else b''
    if len(steps) + STEP.size > STEPS_BYTES:
        raise Usage(f'these requests take {len(steps)} bytes together; there is room for {STEPS_BYTES - STEP.size}')
    return steps


def with_script(guest, steps):
    """The guest's image with the steps in it."""
    at = guest.find(MAGIC)
    if at < 0 or guest.count(MAGIC) != 1:
        raise Failure(f'{GUEST} has no place for calls')
    at += len(MAGIC)
    return guest[:at] + steps + guest[at + len(steps):]


def boot(options, steps, parse_run):
    """Put the image together and boot it: the lines of the guest's console."""
    with tempfile.TemporaryDirectory(prefix='keel-call-') as folder:
        guest, log = os.path.join(folder, 'call.fd'), options.log or os.path.join(folder, 'log.txt')
        with open(build.part(GUEST), 'rb') as file:
            data = with_script(file.read(), steps)
        with open(guest, 'wb') as file:
            file.write(data)
        build.make_image(IMAGE, firmware=guest)
        words = ['--certs', options.attest] if options.attest else []
        runs = parse_run(['--smp', '1', '--igvm', IMAGE, '--timeout', SECONDS, '--expect', END, '--log', log, *words])
        runs.qemu = run.QEMU
        if run.boot(runs, IMAGE, report.describe(IMAGE)) != 0:
            raise Failure('the guest did not come to the end of its calls')
        with open(log, encoding='utf-8') as file:
            found = (re.match(r' *[\d.]+ guest *\| (.*)', line) for line in file)
            return [match.group(1).strip() for match in found if match]


def answers(lines):
    """What was answered: (result, {what: bytes}) for each step."""
    found = []
    for line in lines:
        word, _, rest = line.partition(' ')
        if word == 'answer':
            found.append((int(rest.split()[0], 0), {}))
        elif word in ('data', *PARTS) and found:
            found[-1][1][word] = found[-1][1].get(word, b'') + bytes.fromhex(rest)
    return found


def show(options, found):
    """A line for each call."""
    for (text, _, _), (result, parts) in zip(options.requests, found):
        words = [text, '->', RESULTS.get(result, f'0x{result:x}'), decode(parts.get('data', b''))]
        print(' '.join(word for word in words if word))


def keep(folder, nonce, answer):
    """Write what belongs to the report."""
    result, parts = answer
    if result != 0:
        raise Failure(f'the SVSM does not attest: {RESULTS.get(result, hex(result))}')
    os.makedirs(folder, exist_ok=True)
    for name, data in {'nonce': nonce, **{part: parts.get(part, b'') for part in PARTS}}.items():
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(data)
    for name in names(parts.get('manifest', b'')):
        print(f'attested: {name}')


def names(data):
    """The services that a manifest names, in Keel's own entry."""
    import cbor2
    from attest import manifest, report as reports
    try:
        found = {service.guid: service.data for service in manifest.parse(data)}
        return [service[0] for service in cbor2.loads(found[KEEL_ENTRY])[1]]
    except (reports.Malformed, cbor2.CBORDecodeError, KeyError, TypeError) as error:
        raise Failure(f'the services manifest has no list of services: {error}') from error


def call(options, parse_run):
    """The whole command."""
    with open(os.path.join(ROOT, build.SERVICE_TABLES[build.KERNEL]), encoding='utf-8') as file:
        check_name(options.name, file.read())
    nonce = os.urandom(NONCE_BYTES) if options.attest else b''
    steps = script(options, nonce)
    build.prepare_image(GUEST)
    found = answers(boot(options, steps, parse_run))
    PROGRESS.clear()
    if len(found) != len(options.requests) + bool(nonce):
        raise Failure(f'the guest answered {len(found)} times')
    show(options, found)
    if nonce:
        keep(options.attest, nonce, found[-1])
    return 0
