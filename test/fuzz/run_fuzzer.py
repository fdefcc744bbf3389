#!/usr/bin/env python3
"""Runs a libFuzzer target for some seconds over its seeds, which it leaves as they are.

usage: run_fuzzer.py TARGET CORPUS SECONDS
"""

import os
import re
import subprocess
import sys
import tempfile

# What newer compilers do unasked: frames that are left for good then cost memory, too.
OPTIONS = ":detect_stack_use_after_return=1"


def main(target, corpus, seconds):
    name = os.path.basename(target)
    seeds = os.listdir(corpus)
    if not seeds:
        print(f"{corpus} holds no seeds; make some with test/fuzz/make_corpus.py")
        return 1
    crash = os.path.join(os.path.dirname(os.path.abspath(target)), name + ".failed-")
    with tempfile.TemporaryDirectory() as found:
        run = subprocess.run([target, "-seed=1", f"-max_total_time={seconds}", "-timeout=10",
                              "-rss_limit_mb=1024", "-print_final_stats=1",
                              f"-artifact_prefix={crash}", found, corpus],
                             env={**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + OPTIONS},
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    text = run.stdout.decode(errors="replace")
    if run.returncode != 0:
        print("\n".join(text.splitlines()[-60:]))
        print(f"the input that failed: {crash}*; replay it: {target} FILE")
        return 1
    count = re.search(r"number_of_executed_units: (\d+)", text)
    print(f"{name}: {count.group(1) if count else 'unknown number of'} inputs, {len(seeds)} seeds")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
