"""Rules that another program checks: the compiler, the shell, Python, shellcheck, clang-format.

A rule whose program is missing, or is of a version that judges differently, skips itself and says so.
"""

import ast
import os
import re
import shutil
import subprocess
import tempfile

from tree import Finding

# Later versions place comments and braces differently; this one is Debian 12's.
CLANG_FORMAT_VERSION = '14'
# Headers that only a bare target with its own flags can include.
HEADER_FLAGS = ['-std=gnu11', '-ffreestanding', '-fsyntax-only', '-w', '-x', 'c', '-mgeneral-regs-only']


class Skip(Exception):
    """The rule cannot be checked here."""


def check(command, **options):
    """Run a program: (whether it is content, what it says)."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors='replace', check=False, **options)
    return done.returncode == 0, done.stdout


def need(program):
    """The path of PROGRAM."""
    path = shutil.which(program)
    if path is None:
        raise Skip(f'there is no {program}')
    return path


def include_flags(tree, path):
    """Where a header of PATH's part finds others."""
    part = path.split('/')[0]
    folders = ['include', os.path.dirname(path)]
    folders += {'arch': ['arch/include', 'kernel', 'arch', 'tools/sim'], 'kernel': ['arch/include', 'kernel'],
                'services': ['services'], 'tools': ['tools', 'tools/sim', 'services', 'arch/include'],
                'test': ['test', 'test/unit', 'services', 'kernel', 'arch/include', 'arch', 'tools',
                         'tools/sim']}.get(part, [])
    return ['-I' + os.path.join(tree.root, folder) for folder in folders]


def self_contained(tree):
    """A header compiles by itself, and twice."""
    compiler = need('gcc')
    found = []
    for path, _ in tree.having('.h'):
        with tempfile.NamedTemporaryFile('w', suffix='.c') as file:
            file.write(f'#include "{os.path.join(tree.root, path)}"\n' * 2)
            file.flush()
            good, text = check([compiler, *HEADER_FLAGS, *include_flags(tree, path), file.name])
        if not good:
            first = next((line for line in text.splitlines() if 'error' in line), 'does not compile')
            found.append(Finding(path, 1, 'not self-contained: ' + first.split('error: ')[-1]))
    return found


def scripts(tree):
    """The shell scripts: (path, interpreter)."""
    for path, lines in tree.files.items():
        shell = re.match(r'#!/(?:usr/)?bin/(?:env )?(sh|bash)\b', lines[0])
        if shell:
            yield path, shell.group(1)


def shell_syntax(tree):
    """Shell scripts parse."""
    found = []
    for path, shell in scripts(tree):
        good, text = check([need(shell), '-n', os.path.join(tree.root, path)])
        if not good:
            found.append(Finding(path, 1, text.strip().splitlines()[0]))
    return found


def shellcheck(tree):
    """Shell scripts are what shellcheck asks for."""
    program = need('shellcheck')
    found = []
    for path, _ in scripts(tree):
        _, text = check([program, '--format=gcc', path], cwd=tree.root)
        for line in text.splitlines():
            parts = line.split(':', 3)
            found.append(Finding(path, int(parts[1]) if len(parts) > 3 else 1, parts[-1].strip()))
    return found


def python(tree):
    """Python files parse, and use every name they import."""
    found = []
    for path, lines in tree.having('.py'):
        try:
            module = ast.parse('\n'.join(lines), path)
        except SyntaxError as error:
            found.append(Finding(path, error.lineno or 1, error.msg))
            continue
        used = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
        used |= set(re.findall(r'\w+', ' '.join(re.findall(r'__all__ = .*', '\n'.join(lines)))))
        for node in ast.walk(module):
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                continue
            for alias in node.names:
                name = (alias.asname or alias.name).split('.')[0]
                if name not in used:
                    found.append(Finding(path, node.lineno, f'imports {name} and does not use it'))
    return found


def clang_format(tree):
    """C is laid out as .clang-format says."""
    program = need('clang-format')
    version = re.search(r'version (\d+)', check([program, '--version'])[1])
    if version is None or version.group(1) != CLANG_FORMAT_VERSION:
        raise Skip(f'clang-format is version {version.group(1) if version else "unknown"}; '
                   f'only {CLANG_FORMAT_VERSION} (Debian 12) judges as .clang-format was written for')
    found = []
    paths = [path for path, _ in tree.having('.c', '.h')]
    good, text = check([program, '--dry-run', '--style=file', *paths], cwd=tree.root)
    for line in text.splitlines():
        place = re.match(r'(.+?):(\d+):\d+: warning: ', line)
        if place:
            found.append(Finding(place.group(1), int(place.group(2)), 'not as clang-format lays it out'))
    if not good and not found:
        found.append(Finding('.clang-format', 1, text.strip().splitlines()[0]))
    return found


RULES = {
    'self-contained': self_contained, 'shell-syntax': shell_syntax, 'shellcheck': shellcheck, 'python': python,
}

# Told, but not counted: tables laid out by hand are not as clang-format would have them.
ADVICE = {'clang-format': clang_format}
