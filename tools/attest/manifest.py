"""The services manifest of an SVSM: a table of GUIDs and where each service's own manifest is (58019, chapter 7)."""

import collections
import uuid

from attest.report import Malformed, unpacked

TABLE = uuid.UUID('63849ebb-3d92-4670-a1ff-58f9c94b87bb')
HEADER_BYTES, ENTRY_BYTES = 24, 24
NAMES = {
    'c476f1eb-0123-45a5-9641-b4e7dde5bfe3': 'vTPM',
    'a4453a59-9e1b-4787-a033-1986d6adbe55': 'UEFI variables',
}

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
        services.append(Service(found, NAMES.get(found, 'unknown'), data[offset:offset + length]))
    return services


def decoded(data):
    """CBOR in words, or None where it is none or python3-cbor2 is missing."""
    try:
        import cbor2
    except ImportError:
        return None
    try:
        value = cbor2.loads(data)
    except (cbor2.CBORDecodeError, ValueError, RecursionError):
        return None
    return value if cbor2.dumps(value, canonical=True) == data else None
