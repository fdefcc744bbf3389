"""What comes out of the machine: escape sequences taken away, expressions looked for, lines written to logs."""

import codecs
import re

# CSI, OSC and two-character sequences, and the control characters that only move things about.
ESCAPES = re.compile('\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|'
                     '\x1b[ -/]*[0-Z\\\\^-~]|[\r\x00\x07\x0e\x0f]')
UNFINISHED = re.compile('\x1b(?:\\[[0-?]*[ -/]*|\\][^\x07\x1b]{0,256}\x1b?|[ -/]*)?$')
# How much text is kept for an expression that spans much of it.
WINDOW_CHARS = 1 << 20


class PlainText:
    """Turns the console's bytes into text without escape sequences, also when one is cut in two."""

    def __init__(self):
        self.decoder = codecs.getincrementaldecoder('utf-8')('replace')
        self.pending = ''

    def feed(self, data):
        """The plain text that DATA completes."""
        text = self.pending + self.decoder.decode(data)
        cut = UNFINISHED.search(text)
        self.pending = text[cut.start():] if cut else ''
        return ESCAPES.sub('', text[:cut.start()] if cut else text)


class Expectations:
    """Expressions that have to appear on a stream, one after the other."""

    def __init__(self, expressions):
        self.expressions = expressions
        self.met = 0
        self.text = ''

    def feed(self, text):
        """Take more text; True once all expressions have been met."""
        self.text = (self.text + text)[-WINDOW_CHARS:]
        while self.met < len(self.expressions):
            found = self.expressions[self.met].search(self.text)
            if not found:
                return False
            self.text = self.text[found.end():]
            self.met += 1
        return True

    def missing(self):
        """What is being waited for, for a message."""
        which = f' (expression {self.met + 1} of {len(self.expressions)})' if len(self.expressions) > 1 else ''
        return f"'{self.expressions[self.met].pattern}'{which}"


class Stream:
    """One log of the machine: its plain text in a file of its own and, line by line, in the merged log."""

    def __init__(self, name, path, merged, clock):
        self.name = name
        self.path = path
        self.plain = PlainText()
        self.file = open(path, 'w', encoding='utf-8')  # closed by close()
        self.merged = merged
        self.clock = clock
        self.line = ''

    def feed(self, data):
        """Log DATA; returns (its plain text, the lines it completed)."""
        text = self.plain.feed(data)
        self.file.write(text)
        self.file.flush()
        *lines, self.line = (self.line + text).split('\n')
        for line in lines:
            self.merge(line)
        return text, lines

    def merge(self, line):
        """One line to the merged log."""
        if self.merged is not None:
            self.merged.write(f'{self.clock():8.3f} {self.name:5}| {line}\n')
            self.merged.flush()

    def close(self):
        """Write what never got its line end, and close."""
        if self.line:
            self.merge(self.line)
        self.file.close()
