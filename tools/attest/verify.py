"""Everything a verifier asks of a report and its evidence: one check after another, each with its reason in words."""

import hashlib

from attest import chain, manifest
from attest.report import (ECDSA_P384_SHA384, FLAG_MASKED, Malformed, POLICY_DEBUG, POLICY_MIGRATION, Report,
                           policy_text, tcb_text)
from measure import snp_key


class Evidence:
    """What came from the guest: bytes, and nothing of it is believed."""

    def __init__(self, report, certificates, manifest_bytes=None):
        self.report, self.certificates, self.manifest = report, certificates, manifest_bytes


class Expected:
    """What the verifier knows; None where it does not ask."""

    def __init__(self, **known):
        self.ark_fingerprint = self.nonce = self.report_data = self.min_tcb = self.time = None
        self.policy = self.image_policy = self.id_key = self.author_key = self.min_svn = self.host_data = None
        # Digest: where it is from.
        self.measurements = {}
        self.vmpl = 0
        self.__dict__.update(known)


class Checks:
    """The checks that were made: (name, whether it holds, why)."""

    def __init__(self):
        self.made = []

    def that(self, name, holds, good, bad):
        """One check: GOOD or BAD says what was found."""
        self.made.append((name, bool(holds), good if holds else bad))
        return bool(holds)

    def hold(self):
        """Whether every check holds, of which there is at least one."""
        return bool(self.made) and all(holds for _, holds, _ in self.made)


def check_chain(checks, certificates, expected):
    """The way from the root the verifier named to the chip's key; returns the latter's certificate if it is there."""
    found = chain.Chain(certificates)
    missing = found.missing()
    if not checks.that('certificates', not missing, 'ARK, ASK and the signing key\'s are there',
                       f'not there: {", ".join(missing)}'):
        return found.leaf
    pin = chain.fingerprint(found.root)
    checks.that('root', pin == expected.ark_fingerprint, f'{chain.name(found.root)}, sha256 {pin}, is the one given',
                f'{chain.name(found.root)} has sha256 {pin}, not {expected.ark_fingerprint}')
    whole = (found.root, found.intermediate, found.leaf)
    for what, certificate, issuer in (('ARK', found.root, found.root), ('ASK', found.intermediate, found.root),
                                      ('signing key', found.leaf, found.intermediate)):
        checks.that(f'{what} certificate', chain.is_authority(issuer) and chain.signed_by(certificate, issuer),
                    f'{chain.name(certificate)}, signed by {chain.name(issuer)}',
                    f'{chain.name(certificate)} is not signed by {chain.name(issuer)}')
    time = expected.time or chain.now()
    late = [chain.name(certificate) for certificate in whole if not chain.is_valid(certificate, time)]
    checks.that('validity', not late, f'all three are valid on {time:%Y-%m-%d}',
                f'not valid on {time:%Y-%m-%d}: {"; ".join(late)}')
    return found.leaf


def check_signature(checks, report, leaf):
    """The chip's key signed this report."""
    if report.flags & FLAG_MASKED or report.signing_key() is None:
        checks.that('signature', False, '', 'the host had the chip leave it out')
        return
    public = leaf.public_key()
    is_p384 = getattr(getattr(public, 'curve', None), 'name', None) == chain.CURVE
    holds = (report.signature_algorithm == ECDSA_P384_SHA384 and is_p384 and
             snp_key.verifies(public, report.signature, report.signed))
    checks.that('signature', holds, f'ECDSA P-384 by the {report.signing_key()}',
                'it is not the signing key\'s for these bytes')


def check_chip(checks, report, leaf):
    """The certificate is this chip's, for the TCB version that the report names."""
    is_vcek = chain.extension(leaf, chain.CHIP) is not None
    checks.that('kind of key', is_vcek == (report.signing_key() == 'VCEK'), f'{report.signing_key()}, as certified',
                f'the report names {report.signing_key()}, the certificate is {"a VCEK" if is_vcek else "none"}')
    wanted = chain.chip(leaf)
    if is_vcek:
        # Turin's certificates have the eight bytes that are not zeros. A host may hide the chip id.
        is_same = report.chip_id == wanted.ljust(len(report.chip_id), b'\0')
        is_hidden = not any(report.chip_id)
        checks.that('chip id', is_same or is_hidden,
                    'hidden by the host' if is_hidden else f'{report.chip_id[:8].hex()}..., the certificate\'s',
                    f'the report has {report.chip_id.hex()}, the certificate {wanted.hex()}')
    certified, reported = chain.tcb(leaf), report.tcb()
    checks.that('TCB of the key', all(certified.get(part) == value for part, value in reported.items()),
                tcb_text(reported), f'the report has {tcb_text(reported)}; the key is for {tcb_text(certified)}')


def check_report_data(checks, report, evidence, expected):
    """The report was made for this question, and for this manifest."""
    if expected.report_data is not None:
        checks.that('report data', report.report_data == expected.report_data, 'as given',
                    f'the report has {report.report_data.hex()}')
        return
    wanted = hashlib.sha512(expected.nonce + evidence.manifest).digest()
    checks.that('report data', report.report_data == wanted, 'SHA-512 of nonce and manifest',
                'it is not SHA-512 of this nonce and this manifest: an old report, or another manifest')


def check_image(checks, report, expected):
    """What was launched, and under which policy."""
    measured = report.measurement.hex()
    if expected.measurements:
        checks.that('measurement', measured in expected.measurements,
                    f'{measured}, of {expected.measurements.get(measured)}',
                    f'the report has {measured}; expected: {", ".join(expected.measurements)}')
    text = policy_text(report.policy)
    if expected.policy is not None:
        checks.that('policy', report.policy == expected.policy, text, f'{text}, not {expected.policy:#x}')
        return
    if expected.image_policy is not None:
        checks.that('policy', report.policy == expected.image_policy, f'{text}, the image\'s',
                    f'{text}, the image has {expected.image_policy:#x}')
    checks.that('no debugging', not report.policy & POLICY_DEBUG, 'the host cannot read the guest\'s memory',
                'the policy lets the host read and change the guest\'s memory')
    checks.that('no migration', not report.policy & POLICY_MIGRATION, 'no migration agent',
                'the policy lets a migration agent move the guest')


def check_rest(checks, report, expected):
    """Who asked, how old firmware may be, who vouches for the image, what the host says of itself."""
    checks.that('VMPL', report.vmpl == expected.vmpl, f'{report.vmpl}', f'{report.vmpl}, not {expected.vmpl}')
    if expected.min_tcb is not None:
        reported = report.tcb()
        old = [part for part, least in expected.min_tcb.items() if reported.get(part, -1) < least]
        checks.that('minimum TCB', not old, tcb_text(reported), f'too old: {", ".join(old)} of {tcb_text(reported)}')
    for name, key, digest in (('ID key', expected.id_key, report.id_key_digest),
                              ('author key', expected.author_key, report.author_key_digest)):
        if key is not None:
            checks.that(name, digest == snp_key.digest(key), 'the one given', f'its digest is {digest.hex()}')
    if expected.min_svn is not None:
        checks.that('guest SVN', report.guest_svn >= expected.min_svn, f'{report.guest_svn}',
                    f'{report.guest_svn}, less than {expected.min_svn}')
    if expected.host_data is not None:
        checks.that('host data', report.host_data == expected.host_data, 'as given',
                    f'the report has {report.host_data.hex()}')


def check_manifest(checks, data):
    """The services in it; a single service's manifest has no form that is known here."""
    if not manifest.is_table(data):
        checks.that('manifest', True, f'of a single service, {len(data)} bytes', '')
        return []
    try:
        services = manifest.parse(data)
        for service in services:
            if service.name == manifest.KEEL:
                manifest.keel_services(service.data)
    except ImportError:
        # Without python3-cbor2 Keel's entry is not looked into.
        pass
    except Malformed as error:
        checks.that('manifest', False, '', str(error))
        return []
    names = ', '.join(service.guid if service.name == manifest.UNKNOWN else f'{service.name} {service.guid}'
                      for service in services)
    checks.that('manifest', True, f'table of {len(services)}: {names}' if services else 'an empty table', '')
    return services


def verify(evidence, expected):
    """All checks; returns (the checks, the report or None, the services)."""
    checks = Checks()
    try:
        report = Report(evidence.report)
        checks.that('format', True, f'attestation report, version {report.version}', '')
    except Malformed as error:
        checks.that('format', False, '', str(error))
        return checks, None, []
    leaf = check_chain(checks, evidence.certificates, expected)
    if leaf is not None:
        check_signature(checks, report, leaf)
        check_chip(checks, report, leaf)
    check_report_data(checks, report, evidence, expected)
    check_image(checks, report, expected)
    check_rest(checks, report, expected)
    services = check_manifest(checks, evidence.manifest) if evidence.manifest is not None else []
    return checks, report, services
