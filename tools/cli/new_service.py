"""tools/keel new-service: a service that answers, from tools/template: its folder, its table entry, its tests.

What the build needs to know stands in the table entry alone; it is written last, so a service is there as a whole or
not at all.
"""

import argparse
import glob
import os
import re
import uuid

from common import Failure, ROOT

TEMPLATES = 'tools/template'
TABLE = 'kernel/ipc/service_table.c'
# The line of the table above which entries go.
MARK = '\t/* Above this line tools/keel new-service puts what it makes. */\n'
INCLUDE = '#include "svsm/{}.h"\n'
NAME = r'[a-z][a-z0-9]*(?:_[a-z0-9]+)*'
NAME_MAX = 16
# The others belong to the services that ship, or need a build of their own (docs/write-a-service.md).
RIGHTS = {'guest-read': 'SYS_RIGHT_GUEST_READ', 'guest-write': 'SYS_RIGHT_GUEST_WRITE',
          'random': 'SYS_RIGHT_RANDOM', 'peers': 'SYS_RIGHT_PEERS'}
# Numbers for protocols of one's own: "KE" and two bytes from here on.
PROTOCOL_FIRST, PROTOCOL_LAST = 0x4B458000, 0x4B45FFFF
# Template, and what becomes of it.
FILES = {
    'service.h.in': 'include/svsm/{}.h',
    'service.c.in': 'services/{0}/{0}.c',
    'service-build.in': 'services/{}/meson.build',
    'request.cddl.in': 'docs/cddl/{}-add-request.cddl',
    'reply.cddl.in': 'docs/cddl/{}-add-reply.cddl',
    'unit.c.in': 'test/unit/services/{0}/{0}_test.c',
    'unit-build.in': 'test/unit/services/{}/meson.build',
    'fuzz.c.in': 'test/fuzz/{}_fuzz.c',
}
SEEDS = {'add': '00a20018280102', 'too-large': '00a2001bffffffffffffffff0101', 'cut': '00a2001828', 'no-call': '01a0'}


def name(text):
    """An argument that names a service: it becomes part of file names, of C's and of CDDL's."""
    if not re.fullmatch(NAME, text) or len(text) > NAME_MAX:
        raise argparse.ArgumentTypeError(f'{text!r} is no name for a service: a letter, then letters, digits and '
                                         f'single underscores, all lower case, at most {NAME_MAX}')
    return text


def rights(text):
    """guest-read,random: a list without doubles."""
    words = [word for word in text.split(',') if word]
    for word in words:
        if word not in RIGHTS:
            raise argparse.ArgumentTypeError(f'{word!r} is no right to give here: {", ".join(RIGHTS)}')
    return sorted(set(words), key=list(RIGHTS).index)


def add_options(parser):
    """The command line of tools/keel new-service."""
    parser.add_argument('name', metavar='NAME', type=name, help='lower case; guests call the service by it')
    parser.add_argument('--rights', metavar='LIST', type=rights, default=[],
                        help=f'what it may ask the kernel for: {", ".join(RIGHTS)}; joined by commas (default: none)')
    parser.set_defaults(start=new_service)


def read(path):
    """A file of the tree as text."""
    with open(os.path.join(ROOT, path), encoding='utf-8') as file:
        return file.read()


def headers(*folders):
    """The headers below FOLDERS."""
    return [path for folder in folders for path in glob.glob(f'{folder}/**/*.h', root_dir=ROOT, recursive=True)]


def free_protocol():
    """The lowest number that no header has."""
    taken = set()
    for path in headers('include/svsm'):
        taken |= {int(digits, 16) for digits in re.findall(r'\b0x(4B45[0-9A-F]{4})\b', read(path), re.IGNORECASE)}
    return next(number for number in range(PROTOCOL_FIRST, PROTOCOL_LAST + 1) if number not in taken)


def guid_bytes(guid):
    """As C writes an array, in two lines: mixed-endian, as UEFI stores GUIDs."""
    words = [f'0x{byte:02x}' for byte in guid.bytes_le]
    return ', '.join(words[:12]) + ',\n\t\t\t ' + ', '.join(words[12:])


def fill(template, words):
    """A template with its @words@ replaced."""
    return re.sub(r'@(\w+)@', lambda match: words[match.group(1)], read(os.path.join(TEMPLATES, template)))


def check_room(table):
    """Refuse what the image map would have no room for."""
    most = int(re.search(r'#define IMAGE_SERVICES\s+(\d+)', read('include/msg/image.h')).group(1))
    count = len(re.findall(r'^\s*\.name = "', table, re.MULTILINE))
    if count >= most:
        raise Failure(f'{TABLE} has {count} services, and an image takes no more (IMAGE_SERVICES, include/msg/image.h)')


def with_entry(table, service, entry):
    """The table with one entry more, and the header that it needs in its place among the others."""
    if table.count(MARK) != 1:
        raise Failure(f'{TABLE} has not one line {MARK.strip()}: it says where entries go')
    lines = table.replace(MARK, entry + MARK).splitlines(keepends=True)
    after = [number for number, line in enumerate(lines) if re.match(r'#include "[^"]*/', line)
             and line < INCLUDE.format(service)]
    lines.insert(after[-1] + 1 if after else 0, INCLUDE.format(service))
    return ''.join(lines)


def check_free(service, paths):
    """Refuse a name that something has already."""
    places = [f'services/{service}', f'test/unit/services/{service}', f'test/data/corpus/{service}', *paths]
    there = next((path for path in places if os.path.lexists(os.path.join(ROOT, path))), None)
    if there is not None:
        raise Failure(f'the name {service} is taken: there is {there}')
    names = re.compile(rf'\b{service.upper()}_(?:PROTOCOL|VERSION|ADD|A|B|SUM)\b')
    for path in headers('include', 'services/rt', 'services/lib'):
        if names.search(read(path)):
            raise Failure(f'the name {service} is taken: {path} has {names.search(read(path)).group()}')


def write(path, data):
    """Write a file whole, by way of one beside it."""
    part = f'{path}.{os.getpid()}'
    try:
        with open(part, 'wb') as file:
            file.write(data)
        os.replace(part, path)
    finally:
        if os.path.lexists(part):
            os.unlink(part)


def make_folder(path, made):
    """Make a folder and those above it where they are missing, and say which in MADE."""
    if not os.path.isdir(path):
        make_folder(os.path.dirname(path), made)
        os.mkdir(path)
        made.append(path)


def write_all(files):
    """Write new FILES, all or none; the last one replaces what is there."""
    done, folders = [], []
    try:
        for path, data in files.items():
            path = os.path.join(ROOT, path)
            make_folder(os.path.dirname(path), folders)
            write(path, data)
            done.append(path)
    except BaseException:
        for path in done:
            os.unlink(path)
        for folder in reversed(folders):
            os.rmdir(folder)
        raise


def contents(options):
    """All files: the new ones by path, then the table."""
    service, guid = options.name, uuid.uuid4()
    table = read(TABLE)
    files = {path.format(service): template for template, path in FILES.items()}
    seeds = {f'test/data/corpus/{service}/{seed}': bytes.fromhex(code) for seed, code in SEEDS.items()}
    check_free(service, files)
    check_room(table)
    words = {'name': service, 'NAME': service.upper(), 'PROTOCOL': f'0x{free_protocol():08X}', 'GUID': str(guid),
             # In the order that clang-format wants.
             'INCLUDES': ''.join(sorted(map(INCLUDE.format, (service, 'protocol')))),
             'GUID_BYTES': guid_bytes(guid), 'RIGHTS': ' | '.join(RIGHTS[right] for right in options.rights) or '0'}
    made = {path: fill(template, words).encode() for path, template in files.items()}
    return {**made, **seeds, TABLE: with_entry(table, service, fill('entry.in', words)).encode()}


def new_service(options):
    """The whole command."""
    files = contents(options)
    write_all(files)
    for path in files:
        print(f'{"changed" if path == TABLE else "made   "}  {path}')
    print('tools/keel build has it in the image; docs/write-a-service.md goes on from here')
    return 0
