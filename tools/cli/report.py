"""The numbers of a run: what the simulator counted, what the image is, as the JSON others script against."""

import json
import os
import subprocess

import build
from common import Failure, sha256_file

# How a guest ends that ends well.
ORDINARY_ENDS = ('guest power-off', 'guest reset')
COUNTED = ('launch_digest', 'guest_vmpl', 'smp', 'calls', 'results', 'exits', 'guest_requests', 'vmpl_switches',
           'pages_validated', 'longest_stay_instructions')


def read_stats(text):
    """The simulator's statistics line, or None when it is not whole."""
    try:
        stats = json.loads(text)
    except ValueError:
        return None
    return stats if isinstance(stats, dict) else None


def describe(igvm):
    """What keel-igvm says of an image, and its sha256 as it is now."""
    tool = build.part('tools/igvm/keel-igvm')
    done = subprocess.run([tool, 'show', igvm, '--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode != 0:
        raise Failure(f'{igvm} is no image that can be booted: {done.stderr.strip() or "keel-igvm gave no reason"}')
    image = json.loads(done.stdout)
    image['sha256'] = sha256_file(igvm)
    return image


def assemble(image, session):
    """The report of one run; what nobody knows is null."""
    stats = session.stats or {}
    whole = {'igvm_sha256': image['sha256']}
    whole.update({name: stats.get(name) for name in COUNTED})
    whole['guest_vmpl'] = stats.get('guest_vmpl') or image.get('guest_vmpl')
    whole['smp'] = stats.get('smp') or session.options.smp
    whole['boot_seconds'] = None if session.booted is None else round(session.booted, 3)
    whole['svsm_memory_bytes'] = image.get('region_bytes')
    whole['svsm_image_bytes'] = image.get('image_bytes')
    whole['terminated'] = session.terminated
    # Whatever else the simulator counts is kept under its own name.
    for name, value in stats.items():
        whole.setdefault(name, value)
    return whole


def write(path, image, session):
    """Write the report, whole or not at all."""
    part = f'{path}.{os.getpid()}'
    try:
        with open(part, 'w', encoding='utf-8') as file:
            json.dump(assemble(image, session), file, indent=2)
            file.write('\n')
        os.replace(part, path)
    except OSError as error:
        raise Failure(f'cannot write {path}: {error.strerror}') from error
    finally:
        if os.path.exists(part):
            os.unlink(part)
