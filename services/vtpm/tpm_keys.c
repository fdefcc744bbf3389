/*
 * The endorsement keys: primary keys by the templates L-1 and H-3 of the TCG's EK Credential
 * Profile (annex B), made by the commands that a guest would use, so that whoever asks the TPM
 * for the same templates gets the same keys. They are not kept in the TPM.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "lib/cbor.h"
#include "tpm.h"
#include "tpm_libtpms.h"
#include "vtpm.h"

#define PUBLIC_BYTES_MAX  512
#define COMMAND_BYTES_MAX 512

/* TPMT_PUBLIC of the templates: type, name algorithm, attributes, policy, parameters, unique. */
static const uint8_t template_rsa[] = {
	0x00, 0x01, 0x00, 0x0B, /* RSA, SHA-256 */
	0x00, 0x03, 0x00, 0xB2, /* fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy,
				 * restricted, decrypt */
	0x00, 0x20, /* PolicyA: TPM2_PolicySecret(endorsement hierarchy) */
	0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xB3, 0xF8, 0x1A, 0x90, 0xCC,
	0x8D, 0x46, 0xA5, 0xD7, 0x24, 0xFD, 0x52, 0xD7, 0x6E, 0x06, 0x52,
	0x0B, 0x64, 0xF2, 0xA1, 0xDA, 0x1B, 0x33, 0x14, 0x69, 0xAA, /* */
	0x00, 0x06, 0x00, 0x80, 0x00, 0x43, /* AES-128-CFB */
	0x00, 0x10, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, /* no scheme, 2048 bits, exponent 65537 */
	0x01, 0x00, /* unique: 256 zeros follow */
};
#define TEMPLATE_RSA_UNIQUE 256

static const uint8_t template_ecc[] = {
	0x00, 0x23, 0x00, 0x0C, /* ECC, SHA-384 */
	0x00, 0x03, 0x00, 0xF2, /* as above, and userWithAuth */
	0x00, 0x30, /* PolicyB: PolicyA, or an NV index' policy */
	0xB2, 0x6E, 0x7D, 0x28, 0xD1, 0x1A, 0x50, 0xBC, 0x53, 0xD8, 0x82, 0xBC,
	0xF5, 0xFD, 0x3A, 0x1A, 0x07, 0x41, 0x48, 0xBB, 0x35, 0xD3, 0xB4, 0xE4,
	0xCB, 0x1C, 0x0A, 0xD9, 0xBD, 0xE4, 0x19, 0xCA, 0xCB, 0x47, 0xBA, 0x09,
	0x69, 0x96, 0x46, 0x15, 0x0F, 0x9F, 0xC0, 0x00, 0xF3, 0xF8, 0x0E, 0x12, /* */
	0x00, 0x06, 0x01, 0x00, 0x00, 0x43, /* AES-256-CFB */
	0x00, 0x10, 0x00, 0x04, 0x00, 0x10, /* no scheme, NIST P-384, no KDF */
	0x00, 0x00, 0x00, 0x00, /* unique: empty */
};

static const struct key_template {
	const char *name; /* of the profile's annex */
	const uint8_t *bytes;
	uint32_t count;
	uint32_t zeros; /* that follow */
} templates[] = {
	{"L-1", template_rsa, sizeof(template_rsa), TEMPLATE_RSA_UNIQUE},
	{"H-3", template_ecc, sizeof(template_ecc), 0},
};
#define KEY_EK	       0 /* what TPM_MANIFEST_EK is about */
#define KEY_NAME_BYTES 3

/* Of the TPM as a whole: it is made anew at each launch, and kept nowhere. */
static const char state[] = "ephemeral";

/* The public parts, as TPMT_PUBLIC. Written once. */
static struct key_public {
	uint32_t count;
	uint8_t bytes[PUBLIC_BYTES_MAX];
} keys[ARRAY_SIZE(templates)];

static void put_u16(struct wrbuf *out, uint32_t value)
{
	const uint8_t bytes[] = {(uint8_t)(value >> 8), (uint8_t)value};

	(void)wrbuf_put(out, bytes, sizeof(bytes));
}

static void put_zeros(struct wrbuf *out, uint32_t count)
{
	void *at = wrbuf_claim(out, count);

	if (at != NULL) {
		memset(at, 0, count);
	}
}

/* TPM2_CreatePrimary in the endorsement hierarchy, with its empty authorisation. */
static uint32_t put_create(const struct key_template *template, uint8_t *command)
{
	static const uint8_t head[] = {
		0x80, 0x02, 0,	  0,	0,    0,    0x00, 0x00, 0x01, 0x31, /* sessions, size, the
									       command */
		0x40, 0x00, 0x00, 0x0B, /* TPM_RH_ENDORSEMENT */
		0,    0,    0,	  9,	0x40, 0x00, 0x00, 0x09, 0,    0,    0,
		0,    0, /* TPM_RS_PW, empty */
		0,    4,    0,	  0,	0,    0, /* no authorisation value, no data */
	};
	struct wrbuf out = wrbuf_over(command, COMMAND_BYTES_MAX);

	(void)wrbuf_put(&out, head, sizeof(head));
	put_u16(&out, template->count + template->zeros);
	(void)wrbuf_put(&out, template->bytes, template->count);
	put_zeros(&out, template->zeros);
	put_zeros(&out, sizeof(uint16_t) + sizeof(uint32_t)); /* no outside info, no PCRs */
	command[4] = (uint8_t)(out.at >> 8);
	command[5] = (uint8_t)out.at;
	return (uint32_t)out.at;
}

static uint32_t take_u16(struct rdbuf *in)
{
	uint32_t high = rdbuf_u8(in);

	return high << 8 | rdbuf_u8(in);
}

/* The response: header, handle, size of the parameters, TPM2B_PUBLIC, and what is of no use. */
static bool take_public(const struct tpm_answer *answer, struct key_public *key)
{
	struct rdbuf in = rdbuf_over(answer->response, answer->bytes);

	(void)rdbuf_take(&in, VTPM_TPM_HEADER_BYTES - sizeof(uint32_t));
	if (rdbuf_u32(&in) != 0) {
		return false;
	}
	(void)rdbuf_take(&in, 2 * sizeof(uint32_t));
	key->count = take_u16(&in);
	return key->count != 0 && key->count <= sizeof(key->bytes) &&
	       rdbuf_copy(&in, key->bytes, key->count);
}

static bool start(void)
{
	/* TPM2_Startup(TPM_SU_CLEAR) */
	uint8_t command[] = {0x80, 0x01, 0, 0, 0, 12, 0x00, 0x00, 0x01, 0x44, 0x00, 0x00};
	struct tpm_answer answer;
	struct rdbuf in;

	if (!tpm_run(command, sizeof(command), &answer)) {
		return false;
	}
	in = rdbuf_over(answer.response, answer.bytes);
	(void)rdbuf_take(&in, VTPM_TPM_HEADER_BYTES - sizeof(uint32_t));
	return rdbuf_u32(&in) == 0 && !in.failed;
}

bool tpm_make_keys(void)
{
	uint8_t command[COMMAND_BYTES_MAX];
	struct tpm_answer answer;
	bool is_good = start();

	for (size_t i = 0; i < ARRAY_SIZE(templates) && is_good; i++) {
		is_good = tpm_run(command, put_create(&templates[i], command), &answer) &&
			  take_public(&answer, &keys[i]);
	}
	return is_good;
}

/* docs/cddl/vtpm-manifest.cddl */
static void put_all(struct wrbuf *out)
{
	cbor_put_map(out, 3);
	cbor_put_uint(out, 0);
	cbor_put_uint(out, TPM_MANIFEST_KEYS);
	cbor_put_uint(out, 1);
	cbor_put_text(out, state, sizeof(state) - 1);
	cbor_put_uint(out, 2);
	cbor_put_array(out, ARRAY_SIZE(keys));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		cbor_put_map(out, 2);
		cbor_put_uint(out, 0);
		cbor_put_text(out, templates[i].name, KEY_NAME_BYTES);
		cbor_put_uint(out, 1);
		cbor_put_bytes(out, keys[i].bytes, keys[i].count);
	}
}

enum err tpm_put_manifest(uint64_t version, struct wrbuf *out)
{
	if (version == TPM_MANIFEST_EK) {
		(void)wrbuf_put(out, keys[KEY_EK].bytes, keys[KEY_EK].count);
	} else {
		put_all(out);
	}
	return out->failed ? ERR_NOSPC : ERR_OK;
}
