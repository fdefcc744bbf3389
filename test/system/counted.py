"""unittest with the line that tools/keel test counts: N passed, N failed."""

import sys
import unittest


def main(module='__main__'):
    """Run the tests of a module, print the line, exit."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[module])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    passed = result.testsRun - failed - len(result.skipped)
    print(f'{passed} passed, {failed} failed')
    sys.exit(1 if failed else 0)
