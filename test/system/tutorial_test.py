"""Follows docs/write-a-service.md literally, in a copy of the tree: what stands in its boxes is all that is done.

Usage: tutorial_test.py
A box `sh` is run, a box `output` has to be what the one before printed, any other is the file that it names. The
service that comes of it must answer a guest, be in the attested manifest, keep to its schemas and the house's rules.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid

from checks import ROOT, Checks

import common

sys.path.insert(0, os.path.join(ROOT, 'tools'))
from attest import manifest  # noqa: E402

PAGE = 'docs/write-a-service.md'
BOX = re.compile(r'^```(\w+)(?: (\S+))?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
SECONDS = 900
LINES_MAX = 150
# What a user writes to have a service, tests aside.
SERVICE = ('services/', 'include/', 'docs/cddl/')
RULES = ('columns', 'whitespace', 'header-comment', 'file-length', 'meson-lists', 'pragma-once', 'layering', 'links')
TABLE = 'kernel/ipc/service_table.c'
KEEL_ENTRY = 'a6f52fc3-bdd9-4fd1-af44-99faff9834fe'


def copy_tree(target):
    """The tree as it is, without what is built or ignored."""
    done = subprocess.run(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], cwd=ROOT,
                          stdout=subprocess.PIPE, check=True)
    for path in filter(None, done.stdout.decode().split('\0')):
        if os.path.isfile(os.path.join(ROOT, path)):
            os.makedirs(os.path.dirname(os.path.join(target, path)), exist_ok=True)
            shutil.copy2(os.path.join(ROOT, path), os.path.join(target, path))


class Tutorial:
    """The copy, and what was done in it."""

    def __init__(self, checks, folder):
        self.checks, self.folder = checks, folder
        self.printed = ''
        self.written = {}

    def run(self, command):
        """Run one box of commands."""
        done = subprocess.run(['sh', '-euc', command], cwd=self.folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                              timeout=SECONDS, check=False, env={**os.environ, 'KEEL_CACHE': common.cache_dir()})
        self.printed = done.stdout
        self.checks.that(f'$ {" ".join(command.split())}', done.returncode == 0, done.stdout[-2000:])
        return done.returncode == 0

    def compare(self, text):
        """The lines of a box are among those that were printed, in this order."""
        lines = iter(self.printed.splitlines())
        missing = [wanted for wanted in text.splitlines() if wanted not in lines]
        self.checks.that(f'prints {text.splitlines()[0]}', not missing, (missing, self.printed[-1000:]))

    def write(self, path, text):
        """A box that is a file: what the generator made there is replaced."""
        self.written[path] = text
        with open(os.path.join(self.folder, path), 'w', encoding='utf-8') as file:
            file.write(text)

    def follow(self):
        """All boxes, up to the first command that fails."""
        with open(os.path.join(self.folder, PAGE), encoding='utf-8') as file:
            boxes = BOX.findall(file.read())
        for kind, path, text in boxes:
            if kind == 'output':
                self.compare(text)
            elif path:
                self.write(path, text)
            elif kind == 'sh' and not self.run(text):
                return False
        return self.checks.that('the page has boxes to follow', len(boxes) > 5, len(boxes))

    def read(self, path, mode='r'):
        """A file of the copy."""
        with open(os.path.join(self.folder, path), mode) as file:
            return file.read()


def check_manifest(checks, tutorial):
    """The attested manifest has the service: in the table under its GUID, and by name in Keel's own entry."""
    import cbor2
    entry = re.search(r'\.name = "kv".*?/\* (\S+) \*/', tutorial.read(TABLE), re.DOTALL)
    table = manifest.parse(tutorial.read('build/attested/manifest', 'rb'))
    services = {service.guid: service.data for service in table}
    checks.that('the table of the attested manifest has its GUID', entry is not None and entry.group(1) in services,
                (entry and entry.group(1), list(services)))
    listed = {service[0]: service for service in cbor2.loads(services[KEEL_ENTRY])[1]}
    checks.that('and Keel\'s own entry its name, hash and GUID', 'kv' in listed and len(listed['kv'][1]) == 48 and
                str(uuid.UUID(bytes_le=listed['kv'][3])) == entry.group(1), listed)


def check_house(checks, tutorial):
    """It would be taken: its messages are what the schemas say, and it keeps the rules."""
    words = ['/usr/bin/python3', '-B', 'test/system/messages_test.py', 'build/test/unit/unit_services_kv']
    done = subprocess.run(words, cwd=tutorial.folder, stdout=subprocess.PIPE, text=True, check=False,
                          env={**os.environ, 'KEEL_CACHE': common.cache_dir()})
    lines = [line for line in done.stdout.splitlines() if 'kv-' in line]
    wrong = [line for line in lines if not line.startswith('ok ')]
    checks.that('its messages are what its schemas say', len(lines) > 12 and not wrong, (len(lines), wrong))
    done = subprocess.run(['/usr/bin/python3', '-B', 'tools/lint/lint.py', tutorial.folder, *RULES],
                          cwd=tutorial.folder, stdout=subprocess.PIPE, text=True, check=False)
    # What others do wrong is the lint's own affair.
    wrong = [line for line in done.stdout.splitlines() if re.match(rf'\S*(?:kv|{TABLE})\S*:\d+: ', line)]
    checks.that('it keeps the rules of the house', 'passed, ' in done.stdout and not wrong, wrong)


def check_size(checks, tutorial):
    """A service is small."""
    lines = {path: text.count('\n') for path, text in tutorial.written.items()}
    service = sum(count for path, count in lines.items() if path.startswith(SERVICE))
    print(f'{service} lines of service, header and schemas, {sum(lines.values()) - service} of test')
    checks.that(f'it has less than {LINES_MAX} lines', 0 < service < LINES_MAX, lines)


def main():
    """The whole test."""
    checks = Checks()
    with tempfile.TemporaryDirectory(prefix='keel-tutorial-') as folder:
        copy_tree(folder)
        tutorial = Tutorial(checks, folder)
        if tutorial.follow():
            check_manifest(checks, tutorial)
            check_house(checks, tutorial)
            check_size(checks, tutorial)
    checks.end()


if __name__ == '__main__':
    main()
