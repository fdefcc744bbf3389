/*
 * The vTPM's image with each of its system calls failing, at the first use and at later ones, once
 * and from then on. Whatever becomes of it: a guest gets an answer, TPM_RC_FAILURE or that the
 * service is dead; no TPM forgets what PCRs were extended by, and no key or random number is made
 * of less than a TPM that nothing failed for had.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "bench_commands.h"
#include "image_run.h"
#include "msg/sys.h"
#include "svsm/protocol.h"
#include "unit.h"

#define TPM_RC_INITIALIZE UINT32_C(0x100)
#define TPM_RC_FAILURE	  UINT32_C(0x101)
#define NO_ANSWER	  UINT32_C(0xFFFFFFFE) /* to a call that was refused */
#define DEAD		  UINT32_C(0xFFFFFFFF)

#define NOTHING	     0 /* no system call that the image makes */
#define LINUX_MMAP   9
#define NUMBERS	     SYS_END
#define SECRET_BYTES 32
#define SECRETS	     8192
#define ROUNDS	     3
#define REACHED_MIN  12 /* system calls */
#define EK_UNIQUE    58 /* where the key is in its public area; its template has zeros there */
#define EK_BYTES     (EK_UNIQUE + 256)
#define BUDGET_TICKS 3000000 /* kernel/ipc/run.c */

enum { STARTUP = 1, GET_RANDOM = 3, EXTEND = 4, CREATE = 6 }; /* phases of the bench */

/* TPM2_PCR_Read of PCR 16, SHA-256. */
static const uint8_t read_pcr[] = {0x80, 0x01, 0, 0,	0, 20,	 0, 0, 0x01, 0x7E,
				   0,	 0,    0, 0x01, 0, 0x0B, 3, 0, 0,    0x01};

/* TPM2_FlushContext of the first transient object. */
static const uint8_t flush[] = {0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65, 0x80, 0, 0, 0};

/* A TPM that nothing failed for: system calls, random bytes, PCR 16 by how often it was extended.
 */
static struct {
	uint32_t uses[NUMBERS];
	uint64_t random_bytes;
	uint8_t pcr[ROUNDS + 1][SECRET_BYTES];
} good;

/* All keys and random numbers of all TPMs. */
static uint8_t secrets[SECRETS][SECRET_BYTES];
static size_t secret_count;

static struct life {
	struct image image;
	bool had_canary;
	bool is_started;
	bool is_down;
	uint32_t extended[2]; /* PCR 16, at least and at most */
	uint8_t key[SECRET_BYTES];
	uint8_t ek[SECRET_BYTES];
} life;

static bool is_zero(const uint8_t *value)
{
	static const uint8_t zeros[SECRET_BYTES];

	return memcmp(value, zeros, sizeof(zeros)) == 0;
}

static void check_secret(const uint8_t *value)
{
	CHECK(life.image.random_bytes >= good.random_bytes);
	CHECK(!is_zero(value));
	for (size_t i = 0; i < secret_count; i++) {
		CHECK(memcmp(secrets[i], value, SECRET_BYTES) != 0);
	}
	if (CHECK(secret_count < SECRETS)) {
		memcpy(secrets[secret_count++], value, SECRET_BYTES);
	}
}

/* A key of this TPM's, which is always the same one. */
static void check_key(uint8_t *key, const uint8_t *value)
{
	if (is_zero(key)) {
		check_secret(value);
		memcpy(key, value, SECRET_BYTES);
	}
	CHECK_MEM(value, key, SECRET_BYTES);
}

static uint32_t be32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static uint32_t call(uint32_t number, uint64_t rcx, uint32_t flags)
{
	uint32_t result = image_call(&life.image, number, rcx, flags);

	return result == SVSM_SUCCESS ? 0 : result == SVSM_ERR_KEEL_SERVICE_DIED ? DEAD : NO_ANSWER;
}

/* The command that lies in the guest's page. What is out of order stays so, as without entropy. */
static uint32_t send(size_t bytes)
{
	bool lacks_entropy;
	uint32_t code;

	image_guest.request.command = VTPM_TPM_SEND_COMMAND;
	image_guest.request.locality = 0;
	image_guest.request.bytes = (uint32_t)bytes;
	code = call(SVSM_VTPM_CMD, IMAGE_GUEST_GPA, 0);
	if (code != 0) {
		return code;
	}
	code = be32(image_guest.response.tpm_response + 6);
	lacks_entropy = life.image.fails == SYS_RANDOM && life.image.failures != 0 &&
			(life.had_canary || life.image.fails_on);
	CHECK(code == TPM_RC_FAILURE || !(life.is_down || lacks_entropy));
	life.is_down = life.is_down || code == TPM_RC_FAILURE;
	return code;
}

/* A command of the bench: the first of a phase. */
static uint32_t tpm(unsigned int phase)
{
	memset(&image_guest, 0, sizeof(image_guest));
	return send(bench_command(phase, 0, image_guest.request.tpm_command));
}

static uint32_t tpm_other(const uint8_t *command, size_t bytes)
{
	memset(&image_guest, 0, sizeof(image_guest));
	memcpy(image_guest.request.tpm_command, command, bytes);
	return send(bytes);
}

/* Whether a command was executed; of what was refused nobody knows, for the page may be read-only
 * when the response is there. */
static void extend(void)
{
	uint32_t code = tpm(EXTEND);

	life.extended[0] += code == 0;
	life.extended[1] += code == 0 || code == NO_ANSWER;
}

static void check_pcr(void)
{
	bool is_known = false;

	if (tpm_other(read_pcr, sizeof(read_pcr)) != 0) {
		return;
	}
	for (uint32_t i = life.extended[0]; i <= life.extended[1]; i++) {
		is_known = is_known || memcmp(image_guest.response.tpm_response + 30, good.pcr[i],
					      SECRET_BYTES) == 0;
	}
	CHECK(is_known);
}

static void use(void)
{
	uint32_t code = tpm(STARTUP);

	CHECK(code != 0 || !life.is_started);
	life.is_started = life.is_started || code == 0;
	extend();
	check_pcr();
	if (tpm(GET_RANDOM) == 0) {
		check_secret(image_guest.response.tpm_response + 12);
	}
	if (tpm(CREATE) == 0) {
		check_key(life.key, image_guest.response.tpm_response + 42);
		(void)tpm_other(flush, sizeof(flush));
	}
	if (call(MSG_CALL_MANIFEST, 0, MSG_FROM_PEER) == 0) {
		check_key(life.ek, life.image.buffer->out + EK_UNIQUE);
	}
}

static void count(uint64_t number)
{
	good.uses[number < NUMBERS ? number : 0]++;
}

static void begin(uint64_t number, uint32_t at, bool stays)
{
	life = (struct life){.image = {.budget = number == SYS_YIELD ? BUDGET_TICKS : 0,
				       .fails = number,
				       .fails_at = at,
				       .fails_on = stays,
				       .seen = number == NOTHING ? count : NULL}};
	image_start(&life.image);
	/* What failed so far was the stack's canary's. */
	life.had_canary = life.image.random_bytes != 0;
	life.image.random_bytes = 0;
}

/* Nothing fails: what the TPM asks for, and what the others' PCRs may be. */
TEST(learns)
{
	begin(NOTHING, 0, false);
	CHECK(life.had_canary);
	CHECK_EQ(call(MSG_CALL_MANIFEST, 0, MSG_FROM_PEER), 0);
	check_key(life.ek, life.image.buffer->out + EK_UNIQUE);
	good.random_bytes = life.image.random_bytes;
	CHECK(good.random_bytes >= 2 * SECRET_BYTES);
	CHECK_EQ(tpm(STARTUP), 0);
	for (uint32_t i = 0; i <= ROUNDS; i++) {
		CHECK_EQ(tpm_other(read_pcr, sizeof(read_pcr)), 0);
		memcpy(good.pcr[i], image_guest.response.tpm_response + 30, SECRET_BYTES);
		CHECK_EQ(is_zero(good.pcr[i]), i == 0);
		CHECK_EQ(tpm(EXTEND), 0);
	}
	CHECK_EQ(tpm(STARTUP), TPM_RC_INITIALIZE);
	CHECK_EQ(tpm(GET_RANDOM), 0);
	check_secret(image_guest.response.tpm_response + 12);
	CHECK_EQ(tpm(CREATE), 0);
	check_key(life.key, image_guest.response.tpm_response + 42);
	CHECK_EQ(call(MSG_CALL_MANIFEST, 0, MSG_FROM_PEER), 0);
	check_key(life.ek, life.image.buffer->out + EK_UNIQUE);
	image_end(&life.image);
}

/* What the commands of the bench take, as tools/cli/bench_tpm.py reads it. */
TEST(takes_room)
{
	begin(NOTHING, 0, false);
	for (unsigned int phase = 0; phase < BENCH_PHASES; phase++) {
		size_t bytes;

		for (unsigned int n = 0;
		     (bytes = bench_command(phase, n, image_guest.request.tpm_command)) > 0; n++) {
			CHECK_EQ(send(bytes), bench_response(phase));
		}
	}
	printf("heap %lu stack %lu\n", life.image.heap_most * PAGE_SIZE, image_stack_bytes());
	image_end(&life.image);
}

/* The endorsement key made again, now that nothing fails, is the one that was vouched for. */
static void check_ek(void)
{
	static const uint8_t head[] = {0x80, 0x02, 0,	 0, 0, 0, 0, 0,	   0x01, 0x31, 0x40,
				       0,    0,	   0x0B, 0, 0, 0, 9, 0x40, 0,	 0,    9,
				       0,    0,	   0,	 0, 0, 0, 4, 0,	   0,	 0,    0};
	const uint32_t bytes = sizeof(head) + 2 + EK_BYTES + 6;
	uint8_t *command = image_guest.request.tpm_command;

	if (life.is_down || call(MSG_CALL_MANIFEST, 0, MSG_FROM_PEER) != 0) {
		return;
	}
	memset(&image_guest, 0, sizeof(image_guest));
	memcpy(command, head, sizeof(head));
	command[4] = (uint8_t)(bytes >> 8);
	command[5] = (uint8_t)bytes;
	command[sizeof(head)] = (uint8_t)(EK_BYTES >> 8);
	command[sizeof(head) + 1] = (uint8_t)EK_BYTES;
	memcpy(command + sizeof(head) + 2, life.image.buffer->out, EK_UNIQUE);
	CHECK_EQ(send(bytes), 0);
	CHECK_MEM(image_guest.response.tpm_response + 20 + EK_UNIQUE, life.ek, SECRET_BYTES);
}

/* A life in which one system call fails, and what comes after; yields whether it was reached. */
static bool live(uint64_t number, uint32_t at, bool stays, uint32_t *died)
{
	begin(number, at, stays);
	use();
	use();
	life.image.fails_at = UINT32_MAX;
	life.image.fails_on = false;
	use();
	check_ek();
	*died += life.image.pid == 0;
	image_end(&life.image);
	return life.image.failures != 0;
}

/* Its first uses, and then ever fewer of them; yields whether there was one. */
static bool fail_all(uint64_t number, bool stays)
{
	uint32_t lives = 0;
	uint32_t died = 0;
	uint32_t at = 1;
	bool has_failed;
	char name[64];

	do {
		(void)snprintf(name, sizeof(name), "system call %lu, use %u%s", number, at,
			       stays ? " on" : "");
		ROW(name);
		lives++;
		has_failed = live(number, at, stays, &died);
		at *= 2;
	} while (has_failed);
	printf("system call %lu failing%s: %u of %u died\n", number, stays ? " for good" : "", died,
	       lives);
	return lives > 1;
}

static void each_fails(bool stays)
{
	unsigned int reached = fail_all(SYS_YIELD, stays);

	for (uint32_t number = 0; number < NUMBERS; number++) {
		if (good.uses[number] != 0) {
			reached += fail_all(number, stays);
		}
	}
	/* A few depend on how long a key takes to find. */
	CHECK(reached >= REACHED_MIN);
}

TEST(each_fails_once)
{
	each_fails(false);
}

TEST(each_fails_for_good)
{
	each_fails(true);
}

/* mmap, where primes are looked for. How far that is depends on the seeds, so no single one will
 * do: of these 80 lives, one to four had a key that was not the seed's before tpm_memory.c was. */
TEST(memory_fails_while_keys_are_made)
{
	uint32_t died = 0;

	for (uint32_t at = 60; at < 140; at++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "mmap, use %u", at);
		ROW(name);
		(void)live(LINUX_MMAP, at, false, &died);
	}
	CHECK_EQ(died, 0);
}

UNIT_MAIN(CASE(takes_room), CASE(learns), CASE(each_fails_once), CASE(each_fails_for_good),
	  CASE(memory_fails_while_keys_are_made))
