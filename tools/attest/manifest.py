"""The services manifest of an SVSM: a table of GUIDs and where each service's own manifest is (58019, chapter 7)."""

import collections
import uuid

from attest.report import Malformed, unpacked

TABLE = uuid.UUID('63849ebb-3d92-4670-a1ff-58f9c94b87bb')
HEADER_BYTES, ENTRY_BYTES = 24, 24
NAMES = {
    'c476f1eb-0123-45a5-9641-b4e7dde5bfe3': 'vTPM',
    'a4453a59-9e1b-4787-a033-1986d6adbe55': 'UEFI variables',
    'a6f52fc3-bdd9-4fd1-af44-99faff9834fe': 'Keel',
}
KEEL, UNKNOWN = 'Keel', 'unknown'
FORMAT_VERSION = 1
# The keys of docs/cddl/services-manifest.cddl.
VERSION, SERVICES = 0, 1
NAME, HASH, PROTOCOLS, GUID, IS_UP = range(5)
HASH_BYTES = 48

Service = collections.namedtuple('Service', 'guid name data')


def is_table(data):
    """Whether this is the manifest of all services, and not that of a single one."""
    return data[:16] == TABLE.bytes_le


def parse(data):
    """The services in the table, in its order."""
    guid, size, count = unpacked('<16sII', data, 0)
    if guid != TABLE.bytes_le:
        raise Malformed('it does not begin with the GUID of a services manifest')
    if size != len(data):
        raise Malformed(f'it says that it has {size} bytes, but has {len(data)}')
    start = HEADER_BYTES + count * ENTRY_BYTES
    services = []
    for index in range(count):
        guid, offset, length = unpacked('<16sII', data, HEADER_BYTES + index * ENTRY_BYTES)
        if offset < start or offset + length > size:
            raise Malformed(f'entry {index} lies outside of it')
        found = str(uuid.UUID(bytes_le=guid))
        if found in (service.guid for service in services):
            raise Malformed(f'the service {found} is there twice')
        services.append(Service(found, NAMES.get(found, UNKNOWN), data[offset:offset + length]))
    return services


def decoded(data):
    """The value that CBOR in its deterministic encoding stands for; what is none is refused."""
    import cbor2
    try:
        value = cbor2.loads(data)
        is_deterministic = cbor2.dumps(value, canonical=True) == data
    except (cbor2.CBORError, ValueError, TypeError, RecursionError) as error:
        raise Malformed(f'Keel\'s entry is no CBOR: {error}') from error
    if not is_deterministic:
        raise Malformed('Keel\'s entry is not in the deterministic encoding')
    return value


def keel_service(one):
    """One service of Keel's entry: (name, SHA-384, protocols as (number, lowest, highest), whether it is up)."""
    found = one[NAME], one[HASH], [(each[0], each[1], each[2]) for each in one[PROTOCOLS]], one[IS_UP]
    numbers = [number for protocol in found[2] for number in protocol]
    if [type(value) for value in (*found, *numbers)] != [str, bytes, list, bool, *[int] * len(numbers)]:
        raise TypeError
    if len(found[1]) != HASH_BYTES or not found[0].isprintable():
        raise ValueError
    return found


def keel_services(data):
    """The services that Keel's own entry lists."""
    value = decoded(data)
    try:
        if value[VERSION] != FORMAT_VERSION:
            raise Malformed(f'Keel\'s entry has version {value[VERSION]}')
        return [keel_service(one) for one in value[SERVICES]]
    except (LookupError, TypeError, ValueError) as error:
        raise Malformed('Keel\'s entry has not the form of its schema') from error
