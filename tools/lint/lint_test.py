"""Every rule finds its mistake in a small tree, and finds nothing in a tree that is right."""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), 'test', 'system'))

import counted  # noqa: E402
import lint  # noqa: E402
import rules_tools  # noqa: E402
from tree import Tree  # noqa: E402

GOOD = {
    'meson.build': "inc = 1\n",
    'include/base/x.h': '/* What x is. */\n#pragma once\n#include <stdint.h>\n'
                        'static inline uint8_t x(void)\n{\n\treturn 1;\n}\n',
    'arch/include/arch/y.h': '/* The seam. */\n#pragma once\n#include "base/x.h"\nint arch_y(int a);\n',
    'kernel/meson.build': "src = files('ipc/route.c', 'main.c')\n",
    'kernel/ipc/route.h': '/* Routes. */\n#pragma once\nint route_find(int a, int b, int c, int d, int e, int f);\n',
    'kernel/ipc/route.c': '/* Routes. */\n#include "route.h"\n\n#include "arch/y.h"\n\nstatic int help(int a)\n{\n'
                          '\tif (a) {\n\t\tfor (;;) {\n\t\t\tif (a) {\n\t\t\t\ta();\n\t\t\t}\n\t\t}\n\t}\n}\n\n'
                          'int route_find(int a_page, int b_page, int c_page, int d_page, '
                          'int e_page_in_a_very_long_line,\n'
                          '\t       int f)\n'
                          '{\n\treturn help(a);\n}\n',
    'kernel/main.c': '/* Steps. */\nint anything(void)\n{\n\treturn 0;\n}\n',
    'services/core/meson.build': "src = files('core_a.c')\n",
    'services/core/core_a.c': '/* A. */\n#include "base/x.h"\n#include "core/core.h"\n#include "rt/rt.h"\n'
                              'int core_a(void)\n{\n\treturn 0;\n}\n',
    'test/fuzz/core_fuzz.c': '/* Of the service core. */\nint fuzz(void)\n{\n\treturn 0;\n}\n',
    'services/core/core.h': '/* Core. */\n#pragma once\n',
    'services/rt/rt.h': '/* Runtime. */\n#pragma once\n',
    'arch/metal/meson.build': "src = files('switch.S')\n",
    'arch/metal/switch.S': '/* Switch. */\n\tmov\tVMSA_RAX(%rdi), %rax\n\tmov\t8(%rsp), %rcx\n'
                           '\tmov\t0x1000 + 3 * 8(%rdi), %rax\n'
                           '\tlea\t16(%rdi), %rax\n',
    'tools/go.sh': '#!/bin/sh\nset -eu\necho "$1"\n',
    'tools/a.py': '"""A."""\nimport os\nprint(os.sep)\n',
    'README.md': 'See [a](tools/a.py), [b](tools/a.py#top), [c](kernel/) and `x.c`.\n',
}

# Rule, file, its contents, a part of what must be found.
BAD = [
    ('markers', 'a.md', 'later, TO' + 'DO\n', 'TO' + 'DO'),
    ('markers', 'a.c', '/* X' + 'XX */\n', 'X' + 'XX'),
    ('hosts', 'tools/m.sh', '#!/bin/sh\nget deb.example.' + 'org\n', 'example'),
    ('hosts', 'README.md', 'at http:/' + '/mirror/debian\n', 'mirror'),
    ('whitespace', 'a.c', '/* a */ \n', 'end of the line'),
    ('whitespace', 'a.c', '/* a */\r\n', 'end of the line'),
    ('whitespace', 'a.c', '/* a */', 'end of the file'),
    ('columns', 'a.c', '/* ' + 'a' * 100 + ' */\n', '106 columns'),
    ('columns', 'a.c', '/* a */\n' + '\t' * 13 + 'x();\n', '108 columns'),
    ('columns', 'a.py', '"""' + 'a' * 120 + '"""\n', '126 columns'),
    ('file-length', 'a.c', '/* a */\n' * 601, '601 lines'),
    ('header-comment', 'a.c', '#include <stdint.h>\n', 'purpose'),
    ('header-comment', 'a.py', 'import os\n', 'purpose'),
    ('meson-lists', 'kernel/mm/pool.c', '/* Pool. */\n', 'no meson.build'),
    ('meson-lists', 'kernel/ipc/outer.c', '/* Ends like route.c, but is not: xroute.c. */\n', 'no meson.build'),
    ('meson-lists', 'test/fuzz/other_fuzz.c', '/* There is no service other. */\n', 'no meson.build'),
    ('links', 'docs/a.md', 'See [b](b.md).\n', 'b.md does not exist'),
    ('layering', 'kernel/mm/a.c', '#include "rt/rt.h"\n', 'kernel/ must not see services/rt/rt.h'),
    ('layering', 'kernel/mm/a.c', '#include "metal/b.h"\n', 'must not see arch/metal/b.h'),
    ('layering', 'services/core/a.c', '#include "ipc/route.h"\n', 'must not see kernel/ipc/route.h'),
    ('layering', 'services/vtpm/a.c', '#include "core/core.h"\n', 'must not see services/core/core.h'),
    ('layering', 'services/rt/a.c', '#include "core/core.h"\n', 'must not see services/core/core.h'),
    ('layering', 'include/base/a.h', '#include "arch/y.h"\n', 'must not see arch/include/arch/y.h'),
    ('layering', 'arch/x86/a.c', '#include "sim/model/m.h"\n', 'must not see tools/sim/model/m.h'),
    ('circular-includes', 'include/base/p.h', '#pragma once\n#include "base/q.h"\n', 'p.h -> include/base/q.h'),
    ('pragma-once', 'include/base/a.h', '/* a */\nint a;\n', 'pragma once'),
    ('assembly-places', 'kernel/a.S', '/* a */\n', 'assembly outside'),
    ('assembly-places', 'kernel/a.c', '/* a */\nvoid a(void)\n{\n\t__asm__ volatile("hlt");\n}\n', 'asm'),
    ('assembly-places', 'services/core/a.c', '\tasm("nop");\n', 'asm'),
    ('literal-offsets', 'arch/metal/a.S', '/* a */\n\tmov\t0x158(%rdi), %rax\n', '0x158'),
    ('literal-offsets', 'arch/metal/a.S', '/* a */\n\tmov\t%rax, -16(%r12)\n', '16'),
    ('function-size', 'a.c', 'int a(void)\n{\n' + '\tb();\n' * 61 + '}\n', 'a has 61 lines'),
    ('function-size', 'a.c', 'int a(int b, int c, int d,\n      int e, int f, int g, int h)\n{\n}\n', '7 parameters'),
    ('function-size', 'a.c', 'int a(void)\n{\n' + ''.join('\t' * n + 'if (x) {\n' for n in range(1, 5)) + '}\n',
     '4 levels'),
    ('external-prefix', 'kernel/ipc/bell.c', '/* Bell. */\nint ring(void)\n{\n}\n', 'ring does not begin with bell_'),
    ('external-prefix', 'kernel/ipc/bell.c', '/* B. */\nMUST_CHECK(x) enum err\nring(void)\n{\n}\n', 'ring does not'),
    ('self-contained', 'include/base/a.h', '/* a */\n#pragma once\nuint8_t a;\n', 'unknown type'),
    ('self-contained', 'include/base/a.h', '/* a */\nstruct a { int b; };\n', 'redefinition'),
    ('shell-syntax', 'tools/a', '#!/bin/sh\nif true\n', 'tools/a'),
    ('shellcheck', 'tools/a', '#!/bin/sh\nrm $1/x\n', 'SC2086'),
    ('clang-format', 'a.c', '/* A. */\nint  a;\n', 'clang-format lays it out'),
    ('python', 'a.py', '"""A."""\nif\n', 'invalid syntax'),
    ('python', 'a.py', '"""A."""\nimport os\n', 'imports os'),
]
BESIDE = {
    'include/base/q.h': '#pragma once\n#include "base/p.h"\n', 'include/base/p.h': '#pragma once\n',
    'arch/metal/b.h': '/* b */\n#pragma once\n', 'tools/sim/model/m.h': '/* m */\n#pragma once\n',
}


def tree_of(folder, *contents):
    """A tree of the given files."""
    for files in contents:
        for path, text in files.items():
            whole = os.path.join(folder, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, 'w', encoding='utf-8', newline='') as file:
                file.write(text)
    return Tree(folder)


def clang_format_settings():
    """The house's own."""
    with open(os.path.join(os.path.dirname(os.path.dirname(HERE)), '.clang-format'), encoding='utf-8') as file:
        return file.read()


class Rules(unittest.TestCase):
    """Each rule, both ways."""

    def findings(self, name, tree):
        """What a rule finds, as text."""
        try:
            return [f'{entry.path}: {entry.text}' for entry in lint.RULES[name](tree)]
        except rules_tools.Skip as reason:
            return self.skipTest(str(reason))

    def test_good(self):
        """No rule finds anything in the good tree."""
        with tempfile.TemporaryDirectory() as folder:
            tree = tree_of(folder, GOOD, {'.clang-format': clang_format_settings()})
            for name in lint.RULES:
                with self.subTest(rule=name):
                    self.assertEqual(self.findings(name, tree), [])

    def test_advice(self):
        """The command that advice ends with can be given as it is, and shows what is advised."""
        with tempfile.TemporaryDirectory() as folder:
            tree = tree_of(folder, {'.clang-format': clang_format_settings(), 'a.c': '/* A. */\nint  a;\n'})
            self.findings('clang-format', tree)
            told = io.StringIO()
            with contextlib.redirect_stdout(told):
                lint.main([folder])
            command = re.search(r'^advice clang-format: 1 files; (.*) shows them$', told.getvalue(), re.MULTILINE)
            done = subprocess.run(command.group(1), shell=True, cwd='/', stdout=subprocess.PIPE, text=True, check=False)
            self.assertIn('a.c:2: clang-format: ', done.stdout)

    def test_every_rule_has_an_example(self):
        """A rule that was never seen to fail checks nothing."""
        self.assertEqual({entry[0] for entry in BAD}, set(lint.RULES))

    def test_foreign_folders(self):
        """What is built, fetched or hidden is not looked at."""
        with tempfile.TemporaryDirectory() as folder:
            names = ['build/a.c', 'build-x/a.c', '.cache/a.c', 'subprojects/mbed/a.c', 'tools/__pycache__/a.py']
            self.assertEqual(tree_of(folder, dict.fromkeys(names, 'x')).files, {})


def add_example(number, name, path, text, wanted):
    """One test per example, so that each counts."""
    def test(self):
        with tempfile.TemporaryDirectory() as folder:
            settings = {'.clang-format': clang_format_settings()}
            found = self.findings(name, tree_of(folder, GOOD, BESIDE, settings, {path: text}))
            self.assertTrue(any(wanted in entry for entry in found), found)
    test.__doc__ = f'{name}: {wanted}'
    setattr(Rules, f'test_{number:02}_{name.replace("-", "_")}', test)


for example_number, example in enumerate(BAD):
    add_example(example_number, *example)

if __name__ == '__main__':
    counted.main()
