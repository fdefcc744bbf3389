/*
 * The bench guest of the TPM: TPM commands in phases that tools/cli/bench_tpm.py names and counts.
 * As in bench.c, a call to a protocol that nobody serves begins each phase. Anything but the
 * expected answer ends it.
 */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "client/client.h"
#include "console.h"
#include "ghcb.h"
#include "svsm.h"
#include "svsm/vtpm.h"
#include "trap.h"

#define MARK_PROTOCOL 0xbe7c4
#define SMALL	      100
#define SIGNATURES    20
#define KEYS	      3

#define REASON_FAILED 1
#define RC_INITIALIZE 0x100

NORETURN void guest_main(void);

static union {
	uint8_t bytes[PAGE_SIZE];
	struct vtpm_response response;
} page ALIGNED(4096);

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

static NORETURN void fail(const char *what, uint64_t value)
{
	console_text("bench: FAIL ");
	console_text(what);
	console_text(" ");
	console_hex(value);
	console_line();
	ghcb_terminate(REASON_FAILED);
}

static void expect(const char *what, uint64_t got, uint64_t want)
{
	if (got != want) {
		fail(what, got);
	}
}

static void phase(uint32_t number)
{
	struct client_call call = {.rax = SVSM_CALL(MARK_PROTOCOL, number)};

	expect("mark", svsm_call(&call), SVSM_ERR_UNSUPPORTED_PROTOCOL);
}

static void tpm(const char *what, const uint8_t *command, size_t bytes, uint32_t want)
{
	uint32_t result = SVSM_ERR_INCOMPLETE;
	enum err err = client_vtpm_pack(&page, command, bytes);
	const uint8_t *code = page.response.tpm_response + 6;

	while (err == ERR_AGAIN || (err == ERR_OK && result == SVSM_ERR_INCOMPLETE)) {
		err = client_vtpm_command(svsm_client(), (uintptr_t)&page, &result);
	}
	expect(what, err, ERR_OK);
	expect(what, result, SVSM_SUCCESS);
	expect(what,
	       (uint64_t)code[0] << 24 | (uint64_t)code[1] << 16 | (uint64_t)code[2] << 8 | code[3],
	       want);
}
#define TPM(what, command, want) tpm((what), (command), sizeof(command), (want))

/* TPM2_CreatePrimary of the owner's hierarchy; `salt` makes it another key. */
static void create(const char *what, const uint8_t *area, size_t bytes, uint8_t salt)
{
	static const uint8_t head[] = {0x80, 0x02, 0, 0, 0, 0, 0, 0,	0x01, 0x31, 0x40,
				       0,    0,	   1, 0, 0, 0, 9, 0x40, 0,    0,    9,
				       0,    0,	   0, 0, 0, 0, 5, 0,	1};
	uint8_t command[512] = {0};
	size_t at = sizeof(head);

	memcpy(command, head, sizeof(head));
	/* One byte of authorisation is the salt; then no data. */
	command[at] = salt;
	at += 3;
	command[at + 1] = (uint8_t)bytes;
	memcpy(command + at + 2, area, bytes);
	at += 2 + bytes + 6;
	command[4] = (uint8_t)(at >> 8);
	command[5] = (uint8_t)at;
	tpm(what, command, at, 0);
}

static void extend_all(void)
{
	uint8_t command[sizeof(extend) + 32];

	memcpy(command, extend, sizeof(extend));
	memset(command + sizeof(extend), 0xAA, 32);
	for (unsigned int i = 0; i < SMALL; i++) {
		tpm("TPM2_PCR_Extend", command, sizeof(command), 0);
	}
}

void guest_main(void)
{
	svsm_start();
	ghcb_start();
	trap_start();
	console_start();
	svsm_use_event(true);
	phase(0);
	TPM("the first command", get_random, RC_INITIALIZE);
	phase(1);
	TPM("TPM2_Startup", startup, 0);
	phase(2);
	TPM("TPM2_SelfTest", self_test, 0);
	phase(3);
	for (unsigned int i = 0; i < SMALL; i++) {
		TPM("TPM2_GetRandom", get_random, 0);
	}
	phase(4);
	extend_all();
	phase(5);
	for (unsigned int i = 0; i < KEYS; i++) {
		create("RSA-2048", rsa, sizeof(rsa), (uint8_t)(i + 1));
		TPM("TPM2_FlushContext", flush, 0);
	}
	phase(6);
	create("P-256", ecc, sizeof(ecc), 0);
	phase(7);
	for (unsigned int i = 0; i < SIGNATURES; i++) {
		TPM("TPM2_Sign", sign, 0);
	}
	phase(8);
	console_text("bench: done");
	console_line();
	ghcb_terminate(0);
}
