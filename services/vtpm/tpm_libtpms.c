/*
 * The real TPM: libtpms, with its state in this service's memory and nowhere else (docs/vtpm.md).
 *
 * It is manufactured at the first command. The endorsement keys are then made by ordinary commands,
 * and a power cycle to the state as manufactured follows, so that a guest finds a TPM that nobody
 * has started yet. A TPM that could not be made, or that ran out of entropy or memory, then or
 * later, is not used any more: each command is answered by TPM_RC_FAILURE, until the next launch.
 *
 * Static state: there is one TPM, and this service is not re-entrant.
 */
#include "tpm_libtpms.h"

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdlib.h>

#include "base/mem.h"
#include "pause.h"
#include "tpm.h"
#include "vtpm.h"

/* What is stored once manufactured: 1.3 KB. */
#define MADE_BYTES_MAX 8192

static enum { TPM_UNMADE, TPM_MAKING, TPM_UP, TPM_DOWN } tpm_state;
static uint8_t tpm_made[MADE_BYTES_MAX];
static uint32_t tpm_made_bytes;
static unsigned char *tpm_response;
static uint32_t tpm_response_room;

/* libtpms' own: where its fatal errors jump to. It sets it for commands, but not for its start. */
extern jmp_buf s_jumpBuffer;

/* The state as manufactured is what every start of the TPM loads. There is no other. */
static TPM_RESULT load(unsigned char **data, uint32_t *bytes, uint32_t number, const char *name)
{
	(void)number;
	if (tpm_made_bytes == 0 || name[0] != 'p') {
		return TPM_RETRY;
	}
	*data = malloc(tpm_made_bytes);
	if (*data == NULL) {
		return TPM_SIZE;
	}
	memcpy(*data, tpm_made, tpm_made_bytes);
	*bytes = tpm_made_bytes;
	return TPM_SUCCESS;
}

/* Later states live in the TPM itself: they are lost with it, as docs/vtpm.md says. */
static TPM_RESULT store(const unsigned char *data, uint32_t bytes, uint32_t number,
			const char *name)
{
	(void)number;
	(void)name;
	if (tpm_state != TPM_UNMADE) {
		return TPM_SUCCESS;
	}
	if (bytes > sizeof(tpm_made)) {
		return TPM_SIZE;
	}
	memcpy(tpm_made, data, bytes);
	tpm_made_bytes = bytes;
	return TPM_SUCCESS;
}

static TPM_RESULT forget(uint32_t number, const char *name, TPM_BOOL must_exist)
{
	(void)number;
	(void)name;
	(void)must_exist;
	return TPM_SUCCESS;
}

static TPM_RESULT prepare(void)
{
	return TPM_SUCCESS;
}

static TPM_RESULT locality(TPM_MODIFIER_INDICATOR *out, uint32_t number)
{
	(void)number;
	*out = 0;
	return TPM_SUCCESS;
}

static TPM_RESULT physical_presence(TPM_BOOL *out, uint32_t number)
{
	(void)number;
	*out = 0;
	return TPM_SUCCESS;
}

static bool set_up(void)
{
	static struct libtpms_callbacks callbacks = {
		.sizeOfStruct = sizeof(callbacks),
		.tpm_nvram_init = prepare,
		.tpm_nvram_loaddata = load,
		.tpm_nvram_storedata = store,
		.tpm_nvram_deletename = forget,
		.tpm_io_init = prepare,
		.tpm_io_getlocality = locality,
		.tpm_io_getphysicalpresence = physical_presence,
	};
	const uint32_t room = sizeof(((struct vtpm_request *)0)->tpm_command);

	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL) ==
		       1 &&
	       TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) == TPM_SUCCESS &&
	       TPMLIB_RegisterCallbacks(&callbacks) == TPM_SUCCESS &&
	       TPMLIB_SetBufferSize(room, NULL, NULL) == room;
}

static bool is_usable(void)
{
	return !tpm_lacks_entropy() && !tpm_lacks_memory() && tpm_state != TPM_DOWN;
}

/* Power on. A fatal error inside comes back here, not where the last command left the stack. */
static bool power_on(void)
{
	if (setjmp(s_jumpBuffer) != 0) {
		return false;
	}
	return TPMLIB_MainInit() == TPM_SUCCESS && tpm_made_bytes != 0 && is_usable();
}

static bool make(void)
{
	bool is_made = set_up();

	tpm_mix_secret();
	is_made = is_made && power_on();
	tpm_state = TPM_MAKING;
	is_made = is_made && tpm_make_keys();
	if (is_made) {
		TPMLIB_Terminate();
		is_made = power_on();
	}
	return is_made;
}

static bool ensure_up(void)
{
	if (tpm_state == TPM_UNMADE) {
		tpm_state = make() ? TPM_UP : TPM_DOWN;
	}
	return tpm_state == TPM_UP;
}

bool tpm_run(uint8_t *command, uint32_t bytes, struct tpm_answer *answer)
{
	uint32_t response_bytes = 0;
	TPM_RESULT result =
		TPMLIB_Process(&tpm_response, &response_bytes, &tpm_response_room, command, bytes);

	*answer = (struct tpm_answer){tpm_response, response_bytes};
	return result == TPM_SUCCESS && response_bytes >= VTPM_TPM_HEADER_BYTES && is_usable();
}

void tpm_execute(struct msg_buffer *buffer, struct vtpm_request *request,
		 struct vtpm_response *response)
{
	struct tpm_answer answer = {NULL, 0};

	pause_begin(buffer);
	if (!ensure_up() || !tpm_run(request->tpm_command, request->bytes, &answer) ||
	    answer.bytes > sizeof(response->tpm_response)) {
		tpm_state = TPM_DOWN;
		tpm_refuse(response);
		return;
	}
	memcpy(response->tpm_response, answer.response, answer.bytes);
	response->bytes = answer.bytes;
}

enum err tpm_manifest(struct msg_buffer *buffer, uint64_t version, struct wrbuf *out)
{
	if (version > TPM_MANIFEST_LAST) {
		return ERR_INVALID;
	}
	pause_begin(buffer);
	return ensure_up() ? tpm_put_manifest(version, out) : ERR_REQUEST;
}
