"""Rules about text of every kind: markers, host names, whitespace, sizes."""

import os
import re

from tree import Finding

COLUMNS_MAX = 100
COLUMNS_MAX_PYTHON = 120
TAB = 8
FILE_LINES_MAX = 600
# Assembled here, so that this file does not find itself.
MARKERS = re.compile('|'.join(('TO' + 'DO', 'FIX' + 'ME', r'\bX' + r'XX\b', r'\bHA' + r'CK\b')))
# A name with a top-level domain that hosts use; package mirrors, forges and company sites alike.
HOSTS = re.compile(r'\b\w+://[^\s/$({]+|\b[a-z0-9-]+\.(?:com|org|net|io|dev|cloud)\b(?!\()')
LONG_LINES_ALLOWED = ('.md', 'tools/cli/pins.txt', 'LICENSE')
SOURCES = ('.c', '.h', '.S', '.ld')


def markers(tree):
    """No promises in the text: do it, or say in an issue that it is missing."""
    return tree.grep(MARKERS)


def hosts(tree):
    """No third party's host is named: packages come from the machine's own sources."""
    return tree.grep(HOSTS, skip=('LICENSE',))


def whitespace(tree):
    """Lines end in LF alone, without spaces before it; a file ends with a line end."""
    found = []
    for path, lines in tree.files.items():
        for number, line in enumerate(lines, 1):
            if line != line.rstrip():
                found.append(Finding(path, number, 'white space at the end of the line'))
        if lines[-1] != '':
            found.append(Finding(path, len(lines), 'no line end at the end of the file'))
    return found


def columns(tree):
    """C and assembly stay within 100 columns, scripts within 120."""
    found = []
    for path, lines in tree.files.items():
        if path.endswith(LONG_LINES_ALLOWED):
            continue
        limit = COLUMNS_MAX if path.endswith(SOURCES) else COLUMNS_MAX_PYTHON
        for number, line in enumerate(lines, 1):
            width = len(line.expandtabs(TAB))
            if width > limit:
                found.append(Finding(path, number, f'{width} columns, the limit is {limit}'))
    return found


def file_length(tree):
    """A file of more than 600 lines has a seam to be split along."""
    return [Finding(path, 1, f'{len(lines) - 1} lines, the limit is {FILE_LINES_MAX}')
            for path, lines in tree.having(*SOURCES, '.py', '.sh') if len(lines) - 1 > FILE_LINES_MAX]


def header_comment(tree):
    """A source file begins with a comment that says its purpose."""
    found = []
    for path, lines in tree.having(*SOURCES, '.py'):
        first = lines[1] if lines[0].startswith('#!') and len(lines) > 1 else lines[0]
        begins = ('"""', '#') if path.endswith('.py') else ('/*',)
        if not first.startswith(begins):
            found.append(Finding(path, 1, 'does not begin with a comment that says its purpose'))
    return found


def names_file(text, name):
    """Whether a meson.build names a file: quoted, as a word of a list, or without the ending that a loop adds."""
    stem = os.path.splitext(name)[0]
    loop = re.sub('_(test|fuzz)$', '', stem)
    return bool(re.search(rf"['\s/]{re.escape(name)}['\s]", text) or
                re.search(rf"['\s/](?:{re.escape(stem)}|{re.escape(loop)})'", text))


def is_fuzz_of_service(tree, path):
    """test/fuzz/meson.build takes NAME_fuzz.c by itself where there is a service NAME."""
    found = re.fullmatch(r'test/fuzz/(\w+)_fuzz\.c', path)
    return bool(found) and f'services/{found.group(1)}/meson.build' in tree.files


def meson_lists(tree):
    """Every C and assembly file is named in a meson.build of its folder or one above, or in another with its folder."""
    builds = {os.path.dirname(path): '\n'.join(lines) for path, lines in tree.having('meson.build')}
    found = []
    for path, _ in tree.having('.c', '.S'):
        folder, name = os.path.split(path)
        elsewhere = f"{os.path.basename(folder)}/{name}'"
        above = [above for above in builds if not above or f'{folder}/'.startswith(f'{above}/')]
        if not is_fuzz_of_service(tree, path) and not any(elsewhere in text for text in builds.values()) and \
                not any(names_file(builds[place], form) for place in above
                        for form in (name, os.path.relpath(path, place or '.'))):
            found.append(Finding(path, 1, 'no meson.build names this file'))
    return found


def links(tree):
    """A page's links to files of the repository lead somewhere."""
    found = []
    for path, lines in tree.having('.md'):
        for number, line in enumerate(lines, 1):
            for target in re.findall(r'\]\(([^)#:]+)(?:#[^)]*)?\)', line):
                where = os.path.normpath(os.path.join(os.path.dirname(path), target))
                if not os.path.exists(os.path.join(tree.root, where)):
                    found.append(Finding(path, number, f'{target} does not exist'))
    return found


RULES = {
    'markers': markers, 'hosts': hosts, 'whitespace': whitespace, 'columns': columns,
    'file-length': file_length, 'header-comment': header_comment, 'meson-lists': meson_lists,
    'links': links,
}
