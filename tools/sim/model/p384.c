/*
 * ECDSA; see p384.h. mbedtls asks for random bytes where it makes keys and nonces and where it
 * blinds: it gets a stream of SHA-384 over a seed and a counter, so that a run can be repeated.
 */
#include "p384.h"

#include <mbedtls/ecdsa.h>

#include "base/mem.h"
#include "sha384.h"

#define SEED_MAX  64
#define LABEL_MAX 16

struct stream {
	uint8_t seed[SHA384_BYTES];
	uint64_t block;
};

static int stream_read(void *state, unsigned char *out, size_t bytes)
{
	struct stream *stream = state;
	uint8_t block[SHA384_BYTES];
	size_t part;

	for (size_t at = 0; at < bytes; at += part) {
		stream->block++;
		sha384(stream, sizeof(*stream), block);
		part = bytes - at < sizeof(block) ? bytes - at : sizeof(block);
		memcpy(out + at, block, part);
	}
	mem_wipe(block, sizeof(block));
	return 0;
}

/* The stream of a secret for one purpose: which key it makes, or what it signs. */
static enum err stream_start(struct stream *stream, const uint8_t *secret, size_t secret_bytes,
			     const void *purpose, size_t purpose_bytes)
{
	uint8_t text[SEED_MAX + SHA384_BYTES] = {0};

	if (secret_bytes > SEED_MAX || purpose_bytes > SHA384_BYTES) {
		return ERR_INVALID;
	}
	memcpy(text, secret, secret_bytes);
	memcpy(text + SEED_MAX, purpose, purpose_bytes);
	sha384(text, sizeof(text), stream->seed);
	stream->block = 0;
	mem_wipe(text, sizeof(text));
	return ERR_OK;
}

static size_t label_bytes(const char *label)
{
	size_t bytes = 0;

	while (bytes < LABEL_MAX && label[bytes] != '\0') {
		bytes++;
	}
	return bytes;
}

static int load_curve(mbedtls_ecp_group *group)
{
	mbedtls_ecp_group_init(group);
	return mbedtls_ecp_group_load(group, MBEDTLS_ECP_DP_SECP384R1);
}

static int store_point(const mbedtls_ecp_point *q, struct p384_point *point)
{
	int bad = mbedtls_mpi_write_binary(&q->MBEDTLS_PRIVATE(X), point->x, P384_BYTES);

	return bad != 0 ? bad
			: mbedtls_mpi_write_binary(&q->MBEDTLS_PRIVATE(Y), point->y, P384_BYTES);
}

static int load_point(mbedtls_ecp_point *q, const struct p384_point *point)
{
	int bad = mbedtls_mpi_read_binary(&q->MBEDTLS_PRIVATE(X), point->x, P384_BYTES);

	if (bad == 0) {
		bad = mbedtls_mpi_read_binary(&q->MBEDTLS_PRIVATE(Y), point->y, P384_BYTES);
	}
	return bad != 0 ? bad : mbedtls_mpi_lset(&q->MBEDTLS_PRIVATE(Z), 1);
}

enum err p384_make(struct p384_key *key, const uint8_t *seed, size_t seed_bytes, const char *label)
{
	struct stream stream;
	mbedtls_ecp_group group;
	mbedtls_ecp_point q;
	mbedtls_mpi d;
	int bad;

	if (stream_start(&stream, seed, seed_bytes, label, label_bytes(label)) != ERR_OK) {
		return ERR_INVALID;
	}
	mbedtls_ecp_point_init(&q);
	mbedtls_mpi_init(&d);
	bad = load_curve(&group);
	if (bad == 0) {
		bad = mbedtls_ecp_gen_keypair(&group, &d, &q, stream_read, &stream);
	}
	if (bad == 0) {
		bad = mbedtls_mpi_write_binary(&d, key->secret, P384_BYTES);
	}
	if (bad == 0) {
		bad = store_point(&q, &key->point);
	}
	mbedtls_mpi_free(&d);
	mbedtls_ecp_point_free(&q);
	mbedtls_ecp_group_free(&group);
	mem_wipe(&stream, sizeof(stream));
	return bad == 0 ? ERR_OK : ERR_NOMEM;
}

/* The signature of a digest, as numbers. */
static int sign_digest(mbedtls_mpi *r, mbedtls_mpi *s, const struct p384_key *key,
		       const uint8_t digest[SHA384_BYTES])
{
	struct stream stream;
	mbedtls_ecp_group group;
	mbedtls_mpi d;
	int bad;

	(void)stream_start(&stream, key->secret, P384_BYTES, digest, SHA384_BYTES);
	mbedtls_mpi_init(&d);
	bad = load_curve(&group);
	if (bad == 0) {
		bad = mbedtls_mpi_read_binary(&d, key->secret, P384_BYTES);
	}
	if (bad == 0) {
		bad = mbedtls_ecdsa_sign(&group, r, s, &d, digest, SHA384_BYTES, stream_read,
					 &stream);
	}
	mbedtls_mpi_free(&d);
	mbedtls_ecp_group_free(&group);
	mem_wipe(&stream, sizeof(stream));
	return bad;
}

enum err p384_sign(const struct p384_key *key, const void *data, size_t bytes,
		   struct p384_signature *signature)
{
	uint8_t digest[SHA384_BYTES];
	mbedtls_mpi r;
	mbedtls_mpi s;
	int bad;

	sha384(data, bytes, digest);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	bad = sign_digest(&r, &s, key, digest);
	if (bad == 0) {
		bad = mbedtls_mpi_write_binary(&r, signature->r, P384_BYTES);
	}
	if (bad == 0) {
		bad = mbedtls_mpi_write_binary(&s, signature->s, P384_BYTES);
	}
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&s);
	return bad == 0 ? ERR_OK : ERR_NOMEM;
}

/* mbedtls_ecdsa_verify() also refuses numbers out of range and points that are off the curve. */
static int verify_digest(const mbedtls_mpi *r, const mbedtls_mpi *s, const struct p384_point *point,
			 const uint8_t digest[SHA384_BYTES])
{
	mbedtls_ecp_group group;
	mbedtls_ecp_point q;
	int bad;

	mbedtls_ecp_point_init(&q);
	bad = load_curve(&group);
	if (bad == 0) {
		bad = load_point(&q, point);
	}
	if (bad == 0) {
		bad = mbedtls_ecdsa_verify(&group, digest, SHA384_BYTES, &q, r, s);
	}
	mbedtls_ecp_point_free(&q);
	mbedtls_ecp_group_free(&group);
	return bad;
}

enum err p384_verify(const struct p384_point *point, const void *data, size_t bytes,
		     const struct p384_signature *signature)
{
	uint8_t digest[SHA384_BYTES];
	mbedtls_mpi r;
	mbedtls_mpi s;
	int bad;

	sha384(data, bytes, digest);
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	bad = mbedtls_mpi_read_binary(&r, signature->r, P384_BYTES);
	if (bad == 0) {
		bad = mbedtls_mpi_read_binary(&s, signature->s, P384_BYTES);
	}
	if (bad == 0) {
		bad = verify_digest(&r, &s, point, digest);
	}
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&s);
	return bad == 0 ? ERR_OK : ERR_INVALID;
}
