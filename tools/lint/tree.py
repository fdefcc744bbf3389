"""The files lint looks at, read once, and what a finding is."""

import collections
import os

Finding = collections.namedtuple('Finding', 'path line text')

# Built, fetched or hidden things are not the project's text.
SKIPPED_FOLDERS = {'__pycache__'}
KEPT_HIDDEN = {'.ci', '.clang-format', '.clang-tidy', '.editorconfig', '.gitignore', '.gitattributes'}
BINARY_SUFFIXES = ('.bin', '.igvm', '.fd', '.png', '.gz', '.xz', '.der')
BINARY_FOLDERS = ('test/fuzz/corpus', 'test/data')


class Tree:
    """A checkout: its text files as lists of lines, by path relative to the root."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        for folder, names, files in os.walk(root):
            names[:] = sorted(name for name in names if not self.is_foreign(folder, name))
            for name in sorted(files):
                self.add(os.path.relpath(os.path.join(folder, name), root))

    def is_foreign(self, folder, name):
        """Whether to stay out of a folder: hidden, built, fetched, or with bytes that are no text."""
        path = os.path.relpath(os.path.join(folder, name), self.root)
        if name in SKIPPED_FOLDERS or (name.startswith('.') and name not in KEPT_HIDDEN):
            return True
        if path.split('/')[0].startswith('build') or path.startswith(BINARY_FOLDERS) or name == 'corpus':
            return True
        return os.path.dirname(path) == 'subprojects' and name != 'packagefiles'

    def add(self, path):
        """Read one file, unless it is none of ours or no text."""
        name = os.path.basename(path)
        if name.endswith(BINARY_SUFFIXES) or (name.startswith('.') and name not in KEPT_HIDDEN):
            return
        try:
            with open(os.path.join(self.root, path), encoding='utf-8', newline='') as file:
                self.files[path] = file.read().split('\n')
        except (OSError, UnicodeDecodeError):
            pass

    def having(self, *suffixes):
        """The (path, lines) of files that end in one of SUFFIXES."""
        return [(path, lines) for path, lines in self.files.items() if path.endswith(suffixes)]

    def grep(self, pattern, suffixes=('',), skip=()):
        """A finding for each line that PATTERN, a compiled expression, is found in; text is what matched."""
        matches = ((path, number, pattern.search(line)) for path, lines in self.having(*suffixes) if path not in skip
                   for number, line in enumerate(lines, 1))
        return [Finding(path, number, match.group(0).strip()) for path, number, match in matches if match]
