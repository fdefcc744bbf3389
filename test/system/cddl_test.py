"""cddl.py itself: a schema means what RFC 8610 says, or is refused."""

import unittest

import cddl
import counted


class Schemas(unittest.TestCase):
    """What is read, and what is not."""

    def takes(self, text, *values):
        """The type takes VALUES."""
        for value in values:
            with self.subTest(text, value=value):
                cddl.Schema(f'x = {text}').check(value)

    def refuses(self, text, *values):
        """The type does not take VALUES."""
        for value in values:
            with self.subTest(text, value=value), self.assertRaises(cddl.Invalid):
                cddl.Schema(f'x = {text}').check(value)

    def test_occurrence(self):
        """How often an entry may be there: N*M, each of them left out or not."""
        for text, fewest, most in (('[tstr]', 1, 1), ('[? tstr]', 0, 1), ('[* tstr]', 0, 9), ('[+ tstr]', 1, 9),
                                   ('[*2 tstr]', 0, 2), ('[2* tstr]', 2, 9), ('[2*3 tstr]', 2, 3),
                                   ('[*24 tstr]', 0, 24), ('[0*0 tstr]', 0, 0)):
            for count in range(30 if most == 24 else 10):
                (self.takes if fewest <= count <= most else self.refuses)(text, ['a'] * count)
        self.refuses('[*24 tstr]', [24], [24, 'a'], ['a', 24])

    def test_occurrence_among_others(self):
        """Beside other entries, in arrays and maps; a space makes the number a literal."""
        self.takes('[1*2 tstr, uint]', ['a', 1], ['a', 'b', 1])
        self.refuses('[1*2 tstr, uint]', [1], ['a', 'b', 'c', 1], ['a'])
        self.takes('{1*2 uint => tstr}', {1: 'a'}, {1: 'a', 2: 'b'})
        self.refuses('{1*2 uint => tstr}', {}, {1: 'a', 2: 'b', 3: 'c'})
        self.takes('[* 24]', [], [24, 24])
        self.refuses('[* 24]', ['a'], [25])

    def test_numbers_end(self):
        """Numbers of CBOR that are not bignums."""
        self.takes('uint', 0, 2 ** 64 - 1)
        self.refuses('uint', 2 ** 64, -1)
        self.takes('nint', -1, -2 ** 64)
        self.refuses('nint', 0, -2 ** 64 - 1)
        self.takes('int', 2 ** 64 - 1, -2 ** 64)
        self.refuses('int', 2 ** 64, -2 ** 64 - 1)

    def test_not_understood(self):
        """What is not in the part that is read, above all what could pass for something else."""
        for text in ('[3 * tstr]', '[* 24 tstr]', '[-1*3 tstr]', '[3*2 tstr]', '[tstr bstr]', '[1 2]', '[0x10]',
                     '[*2]', '{1 => tstr 2 => bstr}', '{1 => tstr, , 2 => bstr}', '[1..3*4 tstr]', '[(tstr)]',
                     '[1.5]', '1...3', '{a: tstr}', 'bstr .size uint', 'bstr .size (1..x)', 'tstr .regexp "a"',
                     '[tstr // bstr]', '#6.24(bstr)', "h'00'", '[tstr', '{1 => tstr', ''):
            with self.subTest(text), self.assertRaises(cddl.SchemaError):
                cddl.Schema(f'x = {text}')
        with self.assertRaisesRegex(cddl.SchemaError, "'tstr'.* not understood"):
            cddl.Schema('x = [* 24 tstr]')

    def test_commas(self):
        """Between entries; one behind the last may be."""
        self.takes('[tstr, bstr,]', ['a', b'b'])
        self.takes('{1 => tstr, ; text\n 2 => bstr}', {1: 'a', 2: b'b'})
        self.takes('[]', [])


if __name__ == '__main__':
    counted.main()
