#!/usr/bin/python3
"""Turns the lines `# @@ NAME $value` that arch/metal/offsets.c left in its assembly text into a header."""
import re
import sys


def main() -> int:
    source, target = sys.argv[1:3]
    with open(source, encoding="ascii") as f:
        found = re.findall(r"^\s*# @@ (\w+) \$?(-?\d+)$", f.read(), re.M)
    if not found:
        print(f"asm_offsets: no definitions in {source}", file=sys.stderr)
        return 1
    with open(target, "w", encoding="ascii") as f:
        f.write("/* Generated from arch/metal/offsets.c. */\n#pragma once\n")
        f.writelines(f"#define {name} {int(value) % 2**64:#x}\n" for name, value in found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
