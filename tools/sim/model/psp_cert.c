/* X.509 version 3 (RFC 5280), written from its end; see psp_cert.h. */
#include "psp_cert.h"

#include "base/mem.h"
#include "der.h"

#define NAME_MAX 32

/* ecdsa-with-SHA384 as an AlgorithmIdentifier. */
static const uint8_t algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
				    0x48, 0xce, 0x3d, 0x04, 0x03, 0x03};
/* id-ecPublicKey and secp384r1, likewise. */
static const uint8_t key_algorithm[] = {0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d,
					0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
/* What a BIT STRING begins with: no unused bits; and an uncompressed point. */
static const uint8_t no_unused_bits[] = {0x00};
static const uint8_t uncompressed[] = {0x04};
static const uint8_t version_3[] = {0xa0, 0x03, 0x02, 0x01, 0x02};

/* id-at-organizationName, id-at-commonName. */
static const uint8_t oid_organization[] = {0x55, 0x04, 0x0a};
static const uint8_t oid_name[] = {0x55, 0x04, 0x03};
static const char organization[] = "Keel simulator, not AMD";

/* The simulator has no calendar. */
static const char not_before[] = "200101000000Z";
static const char not_after[] = "491231235959Z";

/* Whole critical extensions: basicConstraints CA, keyUsage keyCertSign; digitalSignature. */
static const uint8_t authority_extensions[] = {
	0x30, 0x0f, 0x06, 0x03, 0x55, 0x1d, 0x13, 0x01, 0x01, 0xff, 0x04,
	0x05, 0x30, 0x03, 0x01, 0x01, 0xff, 0x30, 0x0e, 0x06, 0x03, 0x55,
	0x1d, 0x0f, 0x01, 0x01, 0xff, 0x04, 0x04, 0x03, 0x02, 0x02, 0x04,
};
static const uint8_t signer_extension[] = {
	0x30, 0x0e, 0x06, 0x03, 0x55, 0x1d, 0x0f, 0x01,
	0x01, 0xff, 0x04, 0x04, 0x03, 0x02, 0x07, 0x80,
};

/* 1.3.6.1.4.1.3704.1: AMD's extensions of a VCEK (publication 57230). */
#define OID_AMD	      0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01
#define OID_AMD_BYTES 8
static const uint8_t oid_version[] = {OID_AMD, 0x01};
static const uint8_t oid_product[] = {OID_AMD, 0x02};
static const uint8_t oid_chip[] = {OID_AMD, 0x04};
static const char product[] = "Milan-B0";

/* Where the parts of a TCB stand in it; .3.4 to .3.7 are parts that Milan does not have. */
struct tcb_part {
	uint8_t oid[OID_AMD_BYTES + 2];
	uint8_t shift;
};
static const struct tcb_part tcb_parts[] = {
	{{OID_AMD, 0x03, 0x01}, 0},  {{OID_AMD, 0x03, 0x02}, 8},  {{OID_AMD, 0x03, 0x03}, 48},
	{{OID_AMD, 0x03, 0x04}, 16}, {{OID_AMD, 0x03, 0x05}, 24}, {{OID_AMD, 0x03, 0x06}, 32},
	{{OID_AMD, 0x03, 0x07}, 40}, {{OID_AMD, 0x03, 0x08}, 56},
};

struct certificate {
	const char *name;
	const char *key; /* the label it is made from */
	enum psp_cert issuer;
	uint8_t guid[16]; /* in the table */
};

static const struct certificate certificates[PSP_CERTS] = {
	[PSP_ARK] = {"ARK of a simulation",
		     "ark",
		     PSP_ARK,
		     {0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01,
		      0x4c, 0xd0, 0xae}},
	[PSP_ASK] = {"ASK of a simulation",
		     "ask",
		     PSP_ARK,
		     {0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3,
		      0x27, 0xc7, 0x82}},
	[PSP_VCEK] = {"VCEK of a simulation",
		      "vcek",
		      PSP_ASK,
		      {0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b,
		       0xe8, 0xac, 0xcd}},
};

static void put_text(struct der *der, uint8_t tag, const char *text)
{
	size_t bytes = 0;

	while (bytes < NAME_MAX && text[bytes] != '\0') {
		bytes++;
	}
	der_element(der, tag, text, bytes);
}

static void put_attribute(struct der *der, const uint8_t oid[3], const char *text)
{
	size_t mark = der_bytes(der);

	put_text(der, DER_UTF8_STRING, text);
	der_element(der, DER_OID, oid, 3);
	der_wrap(der, DER_SEQUENCE, mark);
	der_wrap(der, DER_SET, mark);
}

static void put_name(struct der *der, const char *name)
{
	size_t mark = der_bytes(der);

	put_attribute(der, oid_name, name);
	put_attribute(der, oid_organization, organization);
	der_wrap(der, DER_SEQUENCE, mark);
}

static void put_validity(struct der *der)
{
	size_t mark = der_bytes(der);

	put_text(der, DER_UTC_TIME, not_after);
	put_text(der, DER_UTC_TIME, not_before);
	der_wrap(der, DER_SEQUENCE, mark);
}

static void put_key(struct der *der, const struct p384_point *point)
{
	size_t mark = der_bytes(der);

	der_put(der, point->y, sizeof(point->y));
	der_put(der, point->x, sizeof(point->x));
	der_put(der, uncompressed, sizeof(uncompressed));
	der_put(der, no_unused_bits, sizeof(no_unused_bits));
	der_wrap(der, DER_BIT_STRING, mark);
	der_put(der, key_algorithm, sizeof(key_algorithm));
	der_wrap(der, DER_SEQUENCE, mark);
}

/* Around a value that was written since `mark`. */
static void wrap_extension(struct der *der, const uint8_t *oid, size_t oid_bytes, size_t mark)
{
	der_wrap(der, DER_OCTET_STRING, mark);
	der_element(der, DER_OID, oid, oid_bytes);
	der_wrap(der, DER_SEQUENCE, mark);
}

/* AMD's chip id is the value itself, without a tag. */
static void put_chip_extensions(struct der *der, const struct psp_chip *chip)
{
	size_t mark = der_bytes(der);
	uint8_t byte;

	der_put(der, chip->id, sizeof(chip->id));
	wrap_extension(der, oid_chip, sizeof(oid_chip), mark);
	for (size_t i = sizeof(tcb_parts) / sizeof(tcb_parts[0]); i-- > 0;) {
		mark = der_bytes(der);
		byte = (uint8_t)(chip->tcb >> tcb_parts[i].shift);
		der_number(der, &byte, sizeof(byte));
		wrap_extension(der, tcb_parts[i].oid, sizeof(tcb_parts[i].oid), mark);
	}
	mark = der_bytes(der);
	put_text(der, DER_IA5_STRING, product);
	wrap_extension(der, oid_product, sizeof(oid_product), mark);
	mark = der_bytes(der);
	byte = 0;
	der_number(der, &byte, sizeof(byte));
	wrap_extension(der, oid_version, sizeof(oid_version), mark);
}

static void put_extensions(struct der *der, enum psp_cert which, const struct psp_chip *chip)
{
	size_t mark = der_bytes(der);

	if (which == PSP_VCEK) {
		put_chip_extensions(der, chip);
		der_put(der, signer_extension, sizeof(signer_extension));
	} else {
		der_put(der, authority_extensions, sizeof(authority_extensions));
	}
	der_wrap(der, DER_SEQUENCE, mark);
	der_wrap(der, DER_CONTEXT(3), mark);
}

static void put_body(struct der *der, enum psp_cert which, const struct psp_chip *chip,
		     const struct p384_point *point)
{
	size_t mark = der_bytes(der);
	uint8_t serial = (uint8_t)(which + 1);

	put_extensions(der, which, chip);
	put_key(der, point);
	put_name(der, certificates[which].name);
	put_validity(der);
	put_name(der, certificates[certificates[which].issuer].name);
	der_put(der, algorithm, sizeof(algorithm));
	der_number(der, &serial, sizeof(serial));
	der_put(der, version_3, sizeof(version_3));
	der_wrap(der, DER_SEQUENCE, mark);
}

static void put_signature(struct der *der, const struct p384_signature *signature)
{
	size_t mark = der_bytes(der);

	der_number(der, signature->s, sizeof(signature->s));
	der_number(der, signature->r, sizeof(signature->r));
	der_wrap(der, DER_SEQUENCE, mark);
	der_put(der, no_unused_bits, sizeof(no_unused_bits));
	der_wrap(der, DER_BIT_STRING, mark);
}

/* The signature covers the body, which follows it in the order of writing: the body comes twice. */
static enum err put_certificate(struct der *der, enum psp_cert which, const struct psp_chip *chip,
				const struct p384_key keys[PSP_CERTS])
{
	uint8_t body_data[PSP_CERT_BYTES_MAX];
	struct der body = der_over(body_data, sizeof(body_data));
	struct p384_signature signature;
	size_t mark = der_bytes(der);
	enum err err;

	put_body(&body, which, chip, &keys[which].point);
	if (body.failed) {
		return ERR_NOSPC;
	}
	err = p384_sign(&keys[certificates[which].issuer], body.data + body.at, der_bytes(&body),
			&signature);
	if (err != ERR_OK) {
		return err;
	}
	put_signature(der, &signature);
	der_put(der, algorithm, sizeof(algorithm));
	der_put(der, body.data + body.at, der_bytes(&body));
	der_wrap(der, DER_SEQUENCE, mark);
	return der->failed ? ERR_NOSPC : ERR_OK;
}

static enum err put_entry(uint8_t page[PAGE_SIZE], enum psp_cert which, uint32_t *at,
			  const struct psp_chip *chip, const struct p384_key keys[PSP_CERTS])
{
	uint8_t data[PSP_CERT_BYTES_MAX];
	struct der der = der_over(data, sizeof(data));
	struct guest_cert_entry entry = {.offset = *at};
	enum err err = put_certificate(&der, which, chip, keys);

	if (err != ERR_OK) {
		return err;
	}
	entry.bytes = (uint32_t)der_bytes(&der);
	memcpy(entry.guid, certificates[which].guid, sizeof(entry.guid));
	memcpy(page + which * sizeof(entry), &entry, sizeof(entry));
	memcpy(page + *at, der.data + der.at, entry.bytes);
	*at += entry.bytes;
	return ERR_OK;
}

_Static_assert((PSP_CERTS + 1) * sizeof(struct guest_cert_entry) + PSP_CERTS * PSP_CERT_BYTES_MAX <=
		       PAGE_SIZE,
	       "a chip's certificates fit one page");

enum err psp_cert_table(const struct psp_chip *chip, uint8_t page[PAGE_SIZE])
{
	uint32_t at = (PSP_CERTS + 1) * sizeof(struct guest_cert_entry);
	struct p384_key keys[PSP_CERTS];
	enum err err = ERR_OK;

	memset(page, 0, PAGE_SIZE);
	for (enum psp_cert c = PSP_ARK; c < PSP_CERTS && err == ERR_OK; c++) {
		err = p384_make(&keys[c], chip->secret, sizeof(chip->secret), certificates[c].key);
	}
	for (enum psp_cert c = PSP_ARK; c < PSP_CERTS && err == ERR_OK; c++) {
		err = put_entry(page, c, &at, chip, keys);
	}
	mem_wipe(keys, sizeof(keys));
	return err;
}

enum err psp_make_vcek(struct psp *psp)
{
	enum err err = ERR_OK;

	if (!psp->has_vcek) {
		err = p384_make(&psp->vcek, psp->chip.secret, sizeof(psp->chip.secret),
				certificates[PSP_VCEK].key);
		psp->has_vcek = err == ERR_OK;
	}
	return err;
}
