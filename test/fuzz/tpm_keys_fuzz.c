/*
 * The vTPM's manifests, of what a TPM in the input answers. It is right if the TPM gets whole
 * commands, and if whole keys are in the manifests as the TPM gave them, as
 * docs/cddl/vtpm-manifest.cddl says, and nothing else.
 */
#include "lib/cbor.h"
#include "vtpm/tpm.h"
#include "vtpm/tpm_libtpms.h"
#include "vtpm/vtpm.h"
#include "written.h"

#define COMMANDS     3 /* to start, and to make each key */
#define KEYS	     (COMMANDS - 1)
#define ANSWER_BYTES 1024
/* In an answer of TPM2_CreatePrimary: the public part's size, and the part itself. */
#define SIZE_AT	  18
#define PUBLIC_AT (SIZE_AT + 2)

static struct rdbuf in;
static uint64_t version;
static struct {
	uint8_t bytes[ANSWER_BYTES];
	uint32_t count;
} answers[COMMANDS];
static unsigned int commands;

bool tpm_run(uint8_t *command, uint32_t bytes, struct tpm_answer *answer)
{
	const uint32_t size = (uint32_t)command[2] << 24 | (uint32_t)command[3] << 16 |
			      (uint32_t)command[4] << 8 | command[5];
	const uint32_t count = rdbuf_u16(&in) % (ANSWER_BYTES + 1);

	FUZZ_CHECK(commands < COMMANDS && bytes >= VTPM_TPM_HEADER_BYTES && size == bytes);
	answers[commands].count = count;
	if (!rdbuf_copy(&in, answers[commands].bytes, count)) {
		return false;
	}
	*answer = (struct tpm_answer){answers[commands].bytes, count};
	commands++;
	return true;
}

static void put(struct wrbuf *out)
{
	enum err err = tpm_put_manifest(version, out);

	FUZZ_CHECK(err == (out->failed ? ERR_NOSPC : ERR_OK));
}

/* The n-th key as the TPM gave it. */
static const uint8_t *public_of(unsigned int n, size_t *bytes)
{
	const uint8_t *answer = answers[n + 1].bytes;

	*bytes = (size_t)answer[SIZE_AT] << 8 | answer[SIZE_AT + 1];
	return answer + PUBLIC_AT;
}

/* The answer to a command; the first one's has no key. */
static bool is_good(unsigned int command)
{
	static const uint8_t success[sizeof(uint32_t)];
	const uint32_t count = answers[command].count;
	size_t bytes = 0;

	if (count < VTPM_TPM_HEADER_BYTES ||
	    memcmp(answers[command].bytes + 6, success, sizeof(success)) != 0) {
		return false;
	}
	if (command != 0) {
		(void)public_of(command - 1, &bytes);
	}
	return command == 0 || (bytes >= 1 && bytes <= 512 && PUBLIC_AT + bytes <= count);
}

static bool is_text(struct cbor_reader *reader, const char *wanted)
{
	size_t bytes;
	const char *text = cbor_take_text(reader, &bytes);

	return text != NULL && bytes == strlen(wanted) && memcmp(text, wanted, bytes) == 0;
}

static void take_key(struct cbor_reader *reader, unsigned int n)
{
	static const char *const names[KEYS] = {"L-1", "H-3"};
	size_t bytes, found;
	const uint8_t *wanted = public_of(n, &bytes), *data;

	FUZZ_CHECK(cbor_take_map(reader) == 2);
	cbor_take_key(reader, 0);
	FUZZ_CHECK(is_text(reader, names[n]));
	cbor_take_key(reader, 1);
	data = cbor_take_bytes(reader, &found);
	FUZZ_CHECK(data != NULL && found == bytes && memcmp(data, wanted, bytes) == 0);
}

static void check_keys(const struct wrbuf *whole)
{
	struct cbor_reader reader = cbor_reader_over(whole->data, whole->at);

	FUZZ_CHECK(cbor_take_map(&reader) == 3);
	cbor_take_key(&reader, 0);
	FUZZ_CHECK(cbor_take_uint(&reader) == 1);
	cbor_take_key(&reader, 1);
	FUZZ_CHECK(is_text(&reader, "ephemeral"));
	cbor_take_key(&reader, 2);
	FUZZ_CHECK(cbor_take_array(&reader) == KEYS);
	for (unsigned int i = 0; i < KEYS; i++) {
		take_key(&reader, i);
	}
	FUZZ_CHECK(cbor_end(&reader) == ERR_OK);
}

static void check_ek(const struct wrbuf *whole)
{
	size_t bytes;
	const uint8_t *wanted = public_of(0, &bytes);

	FUZZ_CHECK(whole->at == bytes && memcmp(whole->data, wanted, bytes) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static uint8_t room[MSG_PAYLOAD_BYTES];
	struct wrbuf whole = wrbuf_over(room, sizeof(room));
	bool has_keys;
	size_t less;

	in = rdbuf_over(data, bytes);
	commands = 0;
	version = rdbuf_u8(&in) % (TPM_MANIFEST_LAST + 1);
	less = rdbuf_u16(&in);
	has_keys = tpm_make_keys();
	if (!has_keys) {
		FUZZ_CHECK(in.failed || (commands > 0 && !is_good(commands - 1)));
		return 0;
	}
	FUZZ_CHECK(commands == COMMANDS && is_good(0) && is_good(1) && is_good(2));
	put(&whole);
	FUZZ_CHECK(!whole.failed);
	if (version == TPM_MANIFEST_KEYS) {
		check_keys(&whole);
	} else {
		check_ek(&whole);
	}
	written_check(put, &whole, less % (whole.at + 1));
	return 0;
}
