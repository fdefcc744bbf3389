"""tools/keel new-service and call, as far as nothing is built: what is refused, what is written, what is sent."""

import argparse
import os
import re
import shutil
import struct
import sys
import tempfile
import types
import unittest
import uuid
from unittest import mock

import counted
from checks import ROOT

import calling
import new_service
from common import Failure, Usage

TABLE = new_service.TABLE
COPIED = ('tools/template', 'include', TABLE)


class Tree(unittest.TestCase):
    """A small tree to make services in."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='keel-new-service-')
        self.addCleanup(shutil.rmtree, self.root)
        for path in COPIED:
            source, target = os.path.join(ROOT, path), os.path.join(self.root, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            (shutil.copytree if os.path.isdir(source) else shutil.copy)(source, target)
        for path in ('services/hello', 'services/rt', 'services/lib', 'docs/cddl', 'test/fuzz'):
            os.makedirs(os.path.join(self.root, path))
        patch = mock.patch.object(new_service, 'ROOT', self.root)
        patch.start()
        self.addCleanup(patch.stop)
        mock.patch('builtins.print').start()
        self.addCleanup(mock.patch.stopall)

    def read(self, path):
        """A file of the tree."""
        with open(os.path.join(self.root, path), encoding='utf-8') as file:
            return file.read()

    def edit(self, path, old, new):
        """Change a file of the tree."""
        text = self.read(path)
        self.assertIn(old, text)
        with open(os.path.join(self.root, path), 'w', encoding='utf-8') as file:
            file.write(text.replace(old, new))

    def files(self):
        """Everything in the tree."""
        return {os.path.join(folder, name) for folder, folders, names in os.walk(self.root)
                for name in [*folders, *names]}

    def make(self, name, *rights):
        """The command."""
        return new_service.new_service(types.SimpleNamespace(name=name, rights=list(rights)))

    def refused(self, name, reason):
        """The command fails, and nothing has changed."""
        before, table = self.files(), self.read(TABLE)
        with self.assertRaisesRegex(Failure, reason):
            self.make(name)
        self.assertEqual((self.files(), self.read(TABLE)), (before, table))


class Make(Tree):
    """What is written."""

    def test_files(self):
        """Each file is there, and nothing of the template is left in it."""
        self.make('kv')
        for path in new_service.FILES.values():
            text = self.read(path.format('kv'))
            self.assertNotRegex(text, r'@\w+@')
            self.assertRegex(text, 'kv|KV_')
        self.assertEqual(sorted(os.listdir(os.path.join(self.root, 'test/data/corpus/kv'))),
                         ['add', 'cut', 'no-call', 'too-large'])

    def test_entry(self):
        """It stands before the mark, with its rights; the header is included in order."""
        self.make('kv', 'guest-read', 'random')
        table = self.read(TABLE)
        entry = table[table.index('.name = "kv"'):]
        self.assertIn('.rights = SYS_RIGHT_GUEST_READ | SYS_RIGHT_RANDOM,', entry)
        self.assertTrue(entry.endswith(new_service.MARK + '};\n\n' + table[table.index('const unsigned'):]))
        headers = re.findall(r'#include "(svsm/.*)"', table)
        self.assertIn('svsm/kv.h', headers)
        self.assertEqual(headers, sorted(headers))

    def test_includes(self):
        """Those of the fuzz target are in order, whatever the name is."""
        for name in ('kv', 'zoo'):
            self.make(name)
            headers = re.findall(r'#include "(svsm/.*)"', self.read(f'test/fuzz/{name}_fuzz.c'))
            self.assertEqual(headers, sorted([f'svsm/{name}.h', 'svsm/protocol.h']))

    def test_guid(self):
        """Random, and stored mixed-endian as its comment says."""
        for name in ('one', 'two'):
            self.make(name)
        found = re.findall(r'/\* (\S{36}) \*/\s*\.guid = \{(.*?)\}', self.read(TABLE), re.DOTALL)
        for text, array in found:
            data = bytes(int(word, 0) for word in array.split(','))
            self.assertEqual(str(uuid.UUID(bytes_le=data)), text)
        self.assertEqual(len({text for text, _ in found}), 2)

    def test_protocols(self):
        """Each service has a number of its own."""
        for name in ('one', 'two'):
            self.make(name)
        numbers = [re.search(r'_PROTOCOL UINT32_C\((\w+)\)', self.read(f'include/svsm/{name}.h')).group(1)
                   for name in ('one', 'two')]
        self.assertEqual(numbers, ['0x4B458000', '0x4B458001'])

    def test_entry_without_rights(self):
        """None is the default."""
        self.make('kv')
        self.assertIn('.rights = 0,', self.read(TABLE))


class Refuse(Tree):
    """What is not written."""

    def test_names(self):
        """Names that files, C or CDDL could not bear."""
        for text in ('', 'Kv', '1st', 'a-b', 'a__b', '_a', 'a_', 'a b', 'ä', '../x', 'a' * 17):
            with self.subTest(text), self.assertRaises(argparse.ArgumentTypeError):
                new_service.name(text)
        for text in ('a', 'kv', 'key_value_2', 'a' * 16):
            self.assertEqual(new_service.name(text), text)

    def test_rights(self):
        """Rights that do not exist, and those that are not to be had this way."""
        for text in ('all', 'psp', 'pages', 'guest-read random'):
            with self.subTest(text), self.assertRaises(argparse.ArgumentTypeError):
                new_service.rights(text)
        self.assertEqual(new_service.rights('random,guest-read,random'), ['guest-read', 'random'])

    def test_taken(self):
        """A name that a folder, a file or a macro has."""
        self.refused('hello', 'services/hello')
        self.refused('core', 'include/svsm/core.h')
        self.refused('msg', 'MSG_VERSION')
        self.make('kv')
        self.refused('kv', 'services/kv')

    def test_full(self):
        """An image takes so many."""
        most = re.search(r'#define IMAGE_SERVICES\s+\d+', self.read('include/msg/image.h')).group()
        self.edit('include/msg/image.h', most, '#define IMAGE_SERVICES 2')
        self.refused('kv', 'takes no more')

    def test_no_mark(self):
        """A table that does not say where."""
        self.edit(TABLE, new_service.MARK, '')
        self.refused('kv', 'has not one line')

    def test_cannot_write(self):
        """Whatever goes wrong half way, nothing of it stays."""
        write = new_service.write
        for fails in (1, 5, 9, 13):
            calls = []

            def failing(path, data, calls=calls, fails=fails):
                calls.append(path)
                if len(calls) == fails:
                    raise OSError(28, 'No space left on device', path)
                write(path, data)

            before, table = self.files(), self.read(TABLE)
            with self.subTest(fails), mock.patch.object(new_service, 'write', failing), self.assertRaises(OSError):
                self.make('kv')
            self.assertEqual((self.files(), self.read(TABLE)), (before, table))


class Call(unittest.TestCase):
    """tools/keel call: what goes into the guest, and what comes out."""

    def options(self, *texts, name='kv'):
        """As the command line makes them."""
        return types.SimpleNamespace(name=name, requests=[calling.request(text) for text in texts], attest=None)

    def test_requests(self):
        """A call's number, and a message as Python writes it."""
        self.assertEqual(calling.request('0 {0: 40, 1: b"x"}')[1:], (0, {0: 40, 1: b'x'}))
        self.assertEqual(calling.request('0x10')[1:], (16, None))
        for text in ('', 'x', '-1', '4294967296', '0 {', '0 open("x")', '0 {0: x}'):
            with self.subTest(text), self.assertRaises(argparse.ArgumentTypeError):
                calling.request(text)

    def test_script(self):
        """Steps as test/guest/call.h has them, each request padded to a multiple of eight."""
        steps = calling.script(self.options('0 {0: 40}', '3'), b'n' * 64)
        self.assertEqual(steps[:32], struct.pack('<4I16s', 1, 0, 0, 4, b'kv'))
        self.assertEqual(steps[32:40], b'\xa1\x00\x18\x28' + bytes(4))
        self.assertEqual(steps[40:72], struct.pack('<4I16s', 1, 3, 0, 0, b'kv'))
        self.assertEqual(steps[72:], struct.pack('<4I16s', 2, 0, 0, 64, b'') + b'n' * 64)

    def test_too_much(self):
        """What no guest could send."""
        for options in (self.options('0', name='a' * 17), self.options('0', name=''),
                        self.options(f'0 {{0: "{"x" * 4096}"}}'), self.options(*[f'0 {{0: "{"x" * 4000}"}}'] * 5)):
            with self.assertRaises(Usage):
                calling.script(options, b'')

    def test_names(self):
        """One that nothing answers to is refused before anything is built, with those that there are."""
        table = ('{\n\t.name = "core",\n\t.reentrant = true,\n},\n{\n\t.name = "kv",\n\t.messages = true,\n},\n'
                 '{\n\t.name = "mute",\n\t.messages = false,\n},\n')
        self.assertEqual(calling.services(table), {'core': False, 'kv': True, 'mute': False})
        self.assertIsNone(calling.check_name('kv', table))
        there = 'those that are called by name: kv; others of the image: core, mute'
        for name, what in (('kx', "no service is called 'kx'"), ('core', 'core takes no calls by name')):
            with self.assertRaisesRegex(Usage, f'{what}; {there}'):
                calling.check_name(name, table)
        with mock.patch.object(calling.build, 'prepare_image') as prepare:
            with self.assertRaisesRegex(Usage, "no service is called 'kx'; .* core, "):
                calling.call(self.options('0', name='kx'), None)
        prepare.assert_not_called()

    def test_place(self):
        """The script goes behind the magic; a guest without one, or with two, is none."""
        guest = b'before' + calling.MAGIC + bytes(32) + b'after'
        self.assertEqual(calling.with_script(guest, b'12'), b'before' + calling.MAGIC + b'12' + bytes(30) + b'after')
        for bad in (b'', calling.MAGIC * 2):
            with self.assertRaises(Failure):
                calling.with_script(bad, b'12')

    def test_answers(self):
        """Results and data, and what else a console may say."""
        found = calling.answers(['noise', 'answer 0x0 3', 'data a100', 'data 01', 'answer 0x80000005 0', 'data'])
        self.assertEqual(found, [(0, {'data': b'\xa1\x00\x01'}), (0x80000005, {'data': b''})])
        self.assertEqual(calling.decode(found[0][1]['data']), '{0: 1}')
        self.assertIn('no CBOR', calling.decode(b'\x61'))


if __name__ == '__main__':
    sys.exit(counted.main())
