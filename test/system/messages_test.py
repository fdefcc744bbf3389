"""Every message that unit tests see, against its schema in docs/cddl and against decoders that are not ours.

Usage: messages_test.py UNIT_TEST...
Each unit test runs with KEEL_MESSAGES set (test/unit/messages.h). A message has to decode with python3-cbor2, to be
the same bytes when that encodes it again, and to be what its schema says, to Debian's cddl as to our own stricter
reading (cddl.py), which in turn has to refuse the message with any one thing in it changed.
"""

import copy
import io
import os
import subprocess
import sys
import tempfile

from checks import ROOT, Checks

import cbor2
import cddl
import fetch

SCHEMAS = os.path.join(ROOT, 'docs', 'cddl')
LIBRARIES = 'usr/lib/x86_64-linux-gnu'
UNNAMED_KEY = 9999
OTHER_VALUES = (-1, 'other', b'other', 2.5, [[[]]], {UNNAMED_KEY: 0}, 2 ** 64)


def debian_cddl(*words):
    """Debian 13's cddl, run by its own release's C library: what it says, and whether it is content."""
    library, other = (os.path.join(fetch.unpacked_deb(name), LIBRARIES) for name in ('libc6', 'libgcc-s1'))
    command = [os.path.join(library, 'ld-linux-x86-64.so.2'), '--library-path', f'{library}:{other}',
               fetch.inside('cddl', 'usr/bin/cddl'), '--ci', *words]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return done.returncode == 0, done.stdout


def decode(data):
    """One item and nothing behind it; raises ValueError."""
    stream = io.BytesIO(data)
    value = cbor2.CBORDecoder(stream).decode()
    if stream.read() != b'':
        raise ValueError('bytes behind the message')
    return value


def places(value, path=()):
    """The ways to everything in a message, itself included."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, path + (key,))


def at(value, path):
    """What is there."""
    for key in path:
        value = value[key]
    return value


def changed(value, path, other):
    """A copy with another thing there."""
    if not path:
        return other
    result = copy.deepcopy(value)
    at(result, path[:-1])[path[-1]] = other
    return result


def neighbours(value):
    """The message with one thing changed that no schema of ours allows: (what, the other message)."""
    for path in places(value):
        here = at(value, path)
        for other in OTHER_VALUES:
            if type(other) is not type(here) or isinstance(here, (int, list, dict)):
                yield f'{path}: {other!r}', changed(value, path, other)
        if isinstance(here, dict):
            yield f'{path} with a key more', changed(value, path, {**here, UNNAMED_KEY: 0})
            yield f'{path} with a text key', changed(value, path, {**here, 'x': 0})
        if isinstance(here, list):
            yield f'{path} with an item more', changed(value, path, [*here, UNNAMED_KEY])


def refuses(schema, value):
    """Whether the schema does not take the value."""
    try:
        schema.check(value)
    except cddl.Invalid:
        return True
    return False


def check_message(checks, schema, path, name):
    """One message of a schema, in a file."""
    with open(path, 'rb') as file:
        data = file.read()
    try:
        value = decode(data)
    except (ValueError, cbor2.CBORDecodeError) as error:
        checks.that(f'{name}: decodes with cbor2', False, error)
        return
    checks.that(f'{name}: cbor2 encodes it the same', cbor2.dumps(value, canonical=True) == data, data.hex())
    try:
        schema.check(value)
        reason = None
    except cddl.Invalid as error:
        reason = error
    checks.that(f'{name}: is what its schema says', reason is None, reason)
    file = os.path.join(SCHEMAS, name.split('.')[0] + '.cddl')
    is_good, text = debian_cddl('validate', '--cddl', file, '--cbor', path)
    checks.that(f'{name}: so says Debian\'s cddl', is_good, text)
    taken = [what for what, other in neighbours(value) if not refuses(schema, other)]
    checks.that(f'{name}: with anything changed it is refused', not taken, taken[:3])


def collect(folder, programs):
    """Run the unit tests; yields those that fail."""
    for program in programs:
        done = subprocess.run([program], env={**os.environ, 'KEEL_MESSAGES': folder}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            yield f'{os.path.basename(program)}: {done.stdout[-400:]}'


def read_schema(name):
    """A file of docs/cddl: its name without the ending, and what it says."""
    with open(os.path.join(SCHEMAS, name), encoding='utf-8') as file:
        return name[:-len('.cddl')], cddl.Schema(file.read())


def main(programs):
    """Collect and check."""
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix='keel-messages-') as folder:
        failed = list(collect(folder, programs))
        checks.that('the unit tests pass', not failed, failed)
        files = sorted(os.listdir(folder))
        schemas = dict(map(read_schema, sorted(os.listdir(SCHEMAS))))
        for name, schema in schemas.items():
            is_good, text = debian_cddl('compile-cddl', '--cddl', os.path.join(SCHEMAS, name + '.cddl'))
            checks.that(f'{name}: Debian\'s cddl reads the schema', is_good, text)
            checks.that(f'{name}: the root rule has the file\'s name', schema.root == name, schema.root)
            checks.that(f'{name}: tests show such messages', any(file.split('.')[0] == name for file in files))
        for file in files:
            schema = schemas.get(file.split('.')[0])
            if checks.that(f'{file}: has a schema', schema is not None):
                check_message(checks, schema, os.path.join(folder, file), file)
    checks.end()


if __name__ == '__main__':
    main(sys.argv[1:])
