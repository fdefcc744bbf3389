/* The #VC instruction decoder: a length it gives is right, and no byte behind it matters. */
#include "x86/insn_decode.h"

#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	uint8_t code[INSN_BYTES_MAX];
	struct insn insn;
	struct insn again;

	if (insn_decode(data, bytes, &insn) != ERR_OK) {
		return 0;
	}
	FUZZ_CHECK(insn.bytes > 0 && insn.bytes <= INSN_BYTES_MAX && insn.bytes <= bytes);
	memset(code, 0xFF, sizeof(code));
	memcpy(code, data, insn.bytes);
	FUZZ_CHECK(insn_decode(code, sizeof(code), &again) == ERR_OK);
	FUZZ_CHECK(again.bytes == insn.bytes && again.exit_code == insn.exit_code);
	FUZZ_CHECK(insn_decode(code, insn.bytes - 1u, &again) != ERR_OK);
	return 0;
}
