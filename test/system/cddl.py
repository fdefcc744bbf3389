"""Holds decoded CBOR against CDDL (RFC 8610), strictly: what the schema does not name is an error.

Debian's cddl takes text for `bstr .size`, negative numbers for `uint .size` and keys that no rule names, so it cannot
judge alone. This reads a part of CDDL and refuses the rest: maps and arrays of `key => type` or `type` entries with
commas between them and ? * + N*M before them, literals, ranges of integers, choices by /, `.size`, and uint nint int
tstr bstr bool null any.
"""

import re

# N*M is one word: a number with a space before or behind it is an entry.
TOKENS = re.compile(r'\s*(?:;[^\n]*\n?\s*)*'
                    r'(\.\.|=>|\.size\b|[=/{}\[\](),?+]|\d*\*\d*|-?\d+|"[^"\n]*"|[A-Za-z_][\w-]*)')
PRELUDE = {
    'uint': lambda value: is_int(value) and 0 <= value < 2 ** 64,
    'nint': lambda value: is_int(value) and -2 ** 64 <= value < 0,
    'int': lambda value: is_int(value) and -2 ** 64 <= value < 2 ** 64,
    'tstr': lambda value: isinstance(value, str),
    'bstr': lambda value: isinstance(value, bytes),
    'bool': lambda value: isinstance(value, bool),
    'null': lambda value: value is None,
    'any': lambda value: True,
}


class SchemaError(Exception):
    """The schema is not in the part of CDDL that is understood here."""


class Invalid(Exception):
    """The message is not what its schema says."""


def is_int(value):
    """Python counts bool among the numbers."""
    return isinstance(value, int) and not isinstance(value, bool)


def tokenize(text):
    """The words of a schema."""
    words, at, text = [], 0, text.rstrip() + '\n'
    while text[at:].strip():
        found = TOKENS.match(text, at)
        if found is None:
            if re.fullmatch(r'\s*(?:;[^\n]*\n?\s*)*', text[at:]):
                break
            raise SchemaError(f'not understood: {text[at:at + 40]!r}')
        words.append(found.group(1))
        at = found.end()
    return words


class Schema:
    """The rules of one file; the first is what a message has to be."""

    def __init__(self, text):
        self.words = tokenize(text)
        self.at = 0
        self.rules = {}
        while self.at < len(self.words):
            name = self.take()
            self.take('=')
            if name in self.rules or name in PRELUDE:
                raise SchemaError(f'{name} is defined twice')
            self.rules[name] = self.choice()
        self.root = next(iter(self.rules))

    def look(self):
        """The next word, or None."""
        return self.words[self.at] if self.at < len(self.words) else None

    def take(self, expected=None):
        """The next word, which may have to be a certain one."""
        word = self.look()
        if word is None or (expected is not None and word != expected):
            raise SchemaError(f'{word!r} instead of {expected!r}')
        self.at += 1
        return word

    def number(self):
        """The next word, which has to be one."""
        word = self.take()
        if not re.fullmatch(r'-?\d+', word):
            raise SchemaError(f'{word!r} instead of a number: not understood')
        return int(word)

    def choice(self):
        """type / type ..."""
        types = [self.sized()]
        while self.look() == '/':
            self.take()
            types.append(self.sized())
        return types[0] if len(types) == 1 else ('choice', types)

    def sized(self):
        """type, or type .size number or range."""
        inner = self.single()
        if self.look() != '.size':
            return inner
        self.take()
        is_group = self.look() == '('
        if is_group:
            self.take()
        low = high = self.number()
        if self.look() == '..':
            self.take()
            high = self.number()
        if is_group:
            self.take(')')
        return 'size', inner, low, high

    def single(self):
        """A literal, a range, a map, an array or a name."""
        word = self.take()
        if word == '{':
            return 'map', self.entries('}', True)
        if word == '[':
            return 'array', self.entries(']', False)
        if re.fullmatch(r'-?\d+', word):
            if self.look() != '..':
                return 'literal', int(word)
            self.take()
            return 'range', int(word), self.number()
        if word.startswith('"'):
            return 'literal', word[1:-1]
        if not re.match(r'[A-Za-z_]', word):
            raise SchemaError(f'{word!r} is no type')
        return 'name', word

    def occurrence(self):
        """What may stand before an entry, ? + or N*M, either number left out or not: (fewest, most)."""
        found = re.fullmatch(r'(\d*)\*(\d*)', {'?': '0*1', '+': '1*'}.get(self.look(), self.look() or ''))
        if found is None:
            return 1, 1
        word = self.take()
        fewest, most = int(found.group(1) or 0), int(found.group(2)) if found.group(2) else None
        if most is not None and most < fewest:
            raise SchemaError(f'{word!r} is not understood')
        return fewest, most

    def entries(self, end, is_map):
        """What is in a map or an array: (fewest, most, key or None, type)."""
        found = []
        while self.look() != end:
            fewest, most = self.occurrence()
            value, key = self.choice(), None
            if is_map:
                self.take('=>')
                key, value = value, self.choice()
            found.append((fewest, most, key, value))
            if self.look() != end and self.take() != ',':
                raise SchemaError(f'{self.words[self.at - 1]!r} without a comma before it is not understood')
        self.take(end)
        return found

    def check(self, value):
        """Raises Invalid where the value is not the root rule's."""
        self.match(('name', self.root), value, self.root)

    def match(self, rule, value, where):
        """One value against one type."""
        getattr(self, 'match_' + rule[0])(value, where, *rule[1:])

    def accepts(self, rule, value):
        """Whether a value is of a type."""
        try:
            self.match(rule, value, '')
        except Invalid:
            return False
        return True

    def match_name(self, value, where, name):
        """A rule of the file, or of CDDL's prelude."""
        if name in self.rules:
            self.match(self.rules[name], value, where)
        elif name not in PRELUDE:
            raise SchemaError(f'{name} is not defined')
        elif not PRELUDE[name](value):
            raise Invalid(f'{where}: {value!r} is no {name}')

    def match_literal(self, value, where, wanted):
        """This very value, of this very type."""
        if value != wanted or isinstance(value, bool):
            raise Invalid(f'{where}: {value!r} is not {wanted!r}')

    def match_range(self, value, where, low, high):
        """An integer in a range, both ends in it."""
        if not is_int(value) or not low <= value <= high:
            raise Invalid(f'{where}: {value!r} is not in {low}..{high}')

    def match_choice(self, value, where, types):
        """Any of these."""
        if not any(self.accepts(entry, value) for entry in types):
            raise Invalid(f'{where}: {value!r} is none of {len(types)} choices')

    def match_size(self, value, where, inner, low, high):
        """Bytes: of a string its UTF-8, of a number what holds it."""
        self.match(inner, value, where)
        if is_int(value):
            is_good = 0 <= value < 256 ** high
        else:
            is_good = low <= len(value.encode() if isinstance(value, str) else value) <= high
        if not is_good:
            raise Invalid(f'{where}: {value!r} has not {low} to {high} bytes')

    def match_map(self, value, where, entries):
        """Every key by one entry, every entry as often as it says."""
        if not isinstance(value, dict):
            raise Invalid(f'{where}: {value!r} is no map')
        left = dict(value)
        for fewest, most, key, rule in entries:
            keys = [name for name in left if self.accepts(key, name)]
            if len(keys) < fewest or (most is not None and len(keys) > most):
                raise Invalid(f'{where}: {len(keys)} keys like {key[1:]}')
            for name in keys:
                self.match(rule, left.pop(name), f'{where}/{name}')
        if left:
            raise Invalid(f'{where}: keys that no rule names: {sorted(map(repr, left))}')

    def match_array(self, value, where, entries):
        """The entries in turn, each taking as many items as fit."""
        if not isinstance(value, list):
            raise Invalid(f'{where}: {value!r} is no array')
        at = 0
        for fewest, most, _, rule in entries:
            taken = 0
            while at < len(value) and (most is None or taken < most) and \
                    (taken < fewest or self.accepts(rule, value[at])):
                self.match(rule, value[at], f'{where}/{at}')
                at, taken = at + 1, taken + 1
            if taken < fewest:
                raise Invalid(f'{where}: {taken} items where {fewest} have to be')
        if at < len(value):
            self.match(entries[-1][3] if entries else ('literal', 'nothing'), value[at], f'{where}/{at}')
            raise Invalid(f'{where}: {len(value) - at} items too many')
