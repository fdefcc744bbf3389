/* The phases' names are in tools/cli/bench_tpm.py. */
#include "bench_commands.h"

#include "base/mem.h"

#define SMALL	   100
#define KEYS	   3
#define SIGNATURES 20

#define RC_INITIALIZE 0x100
#define DIGEST_BYTES  32

static const uint8_t startup[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x44, 0, 0};
static const uint8_t self_test[] = {0x80, 0x01, 0, 0, 0, 11, 0, 0, 0x01, 0x43, 1};
static const uint8_t get_random[] = {0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7B, 0, 32};
/* Of the first transient object. */
static const uint8_t flush[] = {0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65, 0x80, 0, 0, 0};
/* PCR 16, empty password, one SHA-256 digest, which follows. */
static const uint8_t extend[33] = {0x80, 0x02, 0,  0, 0, 65, 0, 0,    0x01, 0x82, 0,
				   0,	 0,    16, 0, 0, 0,  9, 0x40, 0,    0,	  9,
				   0,	 0,    0,  0, 0, 0,  0, 0,    1,    0,	  0x0B};
/* The first transient object, empty password, a SHA-256 digest of zeros; then the scheme of the
 * key, and no ticket. */
static const uint8_t sign[] = {
	0x80, 0x02, 0, 0, 0, 71, 0, 0, 0x01, 0x5D, 0x80, 0,    0, 0, 0, 0, 0, 9,
	0x40, 0,    0, 9, 0, 0,	 0, 0, 0,    0,	   32,	 0,    0, 0, 0, 0, 0, 0,
	0,    0,    0, 0, 0, 0,	 0, 0, 0,    0,	   0,	 0,    0, 0, 0, 0, 0, 0,
	0,    0,    0, 0, 0, 0,	 0, 0, 0x10, 0x80, 0x24, 0x40, 0, 0, 7, 0, 0};
/* TPMT_PUBLIC: a P-256 key for ECDSA (noDA, or its first use asks to be retried), a restricted
 * RSA-2048 key. */
static const uint8_t ecc[] = {0x00, 0x23, 0x00, 0x0B, 0x00, 0x04, 0x04, 0x72,
			      0x00, 0x00, 0x00, 0x10, 0x00, 0x18, 0x00, 0x0B,
			      0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00};
static const uint8_t rsa[] = {0x00, 0x01, 0x00, 0x0B, 0x00, 0x03, 0x00, 0x72, 0x00,
			      0x00, 0x00, 0x06, 0x00, 0x80, 0x00, 0x43, 0x00, 0x10,
			      0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};

static size_t put(uint8_t *command, const uint8_t *bytes, size_t count)
{
	memcpy(command, bytes, count);
	return count;
}
#define PUT(command, array) put((command), (array), sizeof(array))

/* TPM2_CreatePrimary of the owner's hierarchy; `salt` makes it another key. */
static size_t put_create(uint8_t *command, const uint8_t *area, size_t bytes, uint8_t salt)
{
	static const uint8_t head[] = {0x80, 0x02, 0, 0, 0, 0, 0, 0,	0x01, 0x31, 0x40,
				       0,    0,	   1, 0, 0, 0, 9, 0x40, 0,    0,    9,
				       0,    0,	   0, 0, 0, 0, 5, 0,	1};
	size_t at = PUT(command, head);

	memset(command + at, 0, BENCH_COMMAND_BYTES - at);
	/* One byte of authorisation is the salt; then no data. */
	command[at] = salt;
	at += 3;
	command[at + 1] = (uint8_t)bytes;
	memcpy(command + at + 2, area, bytes);
	at += 2 + bytes + 6;
	command[4] = (uint8_t)(at >> 8);
	command[5] = (uint8_t)at;
	return at;
}

static size_t put_extend(uint8_t *command)
{
	size_t at = PUT(command, extend);

	memset(command + at, 0xAA, DIGEST_BYTES);
	return at + DIGEST_BYTES;
}

/* How many commands a phase has; each RSA key has two, for it is flushed. */
static const unsigned int counts[BENCH_PHASES] = {1, 1, 1, SMALL, SMALL, 2 * KEYS, 1, SIGNATURES};

size_t bench_command(unsigned int phase, unsigned int n, uint8_t *command)
{
	if (phase >= BENCH_PHASES || n >= counts[phase]) {
		return 0;
	}
	switch (phase) {
	case 1:
		return PUT(command, startup);
	case 2:
		return PUT(command, self_test);
	case 4:
		return put_extend(command);
	case 5:
		return n % 2 == 0 ? put_create(command, rsa, sizeof(rsa), (uint8_t)(n / 2 + 1))
				  : PUT(command, flush);
	case 6:
		return put_create(command, ecc, sizeof(ecc), 0);
	case 7:
		return PUT(command, sign);
	default:
		return PUT(command, get_random);
	}
}

uint32_t bench_response(unsigned int phase)
{
	return phase == 0 ? RC_INITIALIZE : 0;
}
