"""Builds the image a second time, from a copy of the sources in another folder, and compares the bytes.

usage: reproducible_test.py SOURCE BUILD COMPILER

The second build is a plain one: neither its path nor the sanitizers of host code may reach the image.
"""

import os
import shutil
import subprocess
import sys
import tempfile

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
sys.path += [TOOLS, os.path.join(TOOLS, "cli")]

from build import services_of  # noqa: E402
from measure import digest, igvm  # noqa: E402

PARTS = ["arch/stub.elf", "kernel/keel.elf", "test/guest/guest.fd"]
TOOL = "tools/igvm/keel-igvm"
NOT_SOURCE = ("build", "build-*", ".git", ".cache", "__pycache__")


def run(*words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **more)
    if done.returncode != 0:
        sys.exit(done.stdout[-4000:] + "\n0 passed, 1 failed")


def image(build, output):
    stub, kernel, firmware = (os.path.join(build, part) for part in PARTS)
    services = [f"--service={name}={os.path.join(build, path)}" for name, path in services_of(PARTS[1], build).items()]
    run(os.path.join(build, TOOL), "build", "--stub", stub, "--kernel", kernel, *services, "--firmware", firmware,
        "--output", output)
    with open(output, "rb") as file:
        return file.read()


def first_difference(one, two):
    for at, (a, b) in enumerate(zip(one, two)):
        if a != b:
            return at
    return min(len(one), len(two))


def main(source, build, compiler):
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "a folder of another name and length")
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns(*NOT_SOURCE))
        again = os.path.join(copy, "out")
        run("meson", "setup", again, copy, env=dict(os.environ, CC=compiler))
        run("ninja", "-C", again, TOOL, *PARTS, "service-images")
        one = image(build, os.path.join(folder, "one.igvm"))
        two = image(again, os.path.join(folder, "two.igvm"))
    digests = {digest.launch(igvm.Image(data)).value.hex() for data in (one, two)}
    if one == two and len(digests) == 1:
        print(f"{len(one)} equal bytes, launch digest {digests.pop()}\n1 passed, 0 failed")
        return 0
    print(f"{len(one)} and {len(two)} bytes, different from byte {first_difference(one, two)} on")
    print("0 passed, 1 failed")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
