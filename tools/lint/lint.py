"""The mechanical rules of the house, each a case: prints every finding, then N passed, N failed.

Usage: lint.py [ROOT [RULE...]]     a rule named here shows its findings also where it only advises
"""

import os
import shlex
import sys

import rules_c
import rules_text
import rules_tools
from tree import Tree

RULES = {**rules_text.RULES, **rules_c.RULES, **rules_tools.RULES, **rules_tools.ADVICE}


def main(words):
    """Exit status 1 when a rule is broken."""
    root = os.path.abspath(words[0] if words else os.path.join(os.path.dirname(__file__), *[os.pardir] * 2))
    tree = Tree(root)
    passed = failed = 0
    for name, rule in RULES.items():
        if words[1:] and name not in words[1:]:
            continue
        try:
            found = rule(tree)
        except rules_tools.Skip as reason:
            print(f'skipped {name}: {reason}')
            continue
        if name in rules_tools.ADVICE and name not in words[1:]:
            command = shlex.join(['/usr/bin/python3', os.path.abspath(__file__), root, name])
            print(f'advice {name}: {len({entry.path for entry in found})} files; {command} shows them')
            continue
        for entry in found:
            print(f'{entry.path}:{entry.line}: {name}: {entry.text}')
        if found:
            failed += 1
        else:
            passed += 1
            print(f'ok {name}: {rule.__doc__.splitlines()[0]}')
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
