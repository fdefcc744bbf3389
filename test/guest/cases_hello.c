/* The example of docs/write-a-service.md, from a guest. */
#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "cases.h"
#include "check.h"
#include "svsm.h"
#include "svsm/hello.h"

#define HELLO(call) SVSM_CALL(HELLO_PROTOCOL, (call))

static uint8_t page[PAGE_SIZE] ALIGNED(4096);

static struct client_call hello(uint32_t call, uint64_t rcx, uint64_t rdx)
{
	return (struct client_call){.rax = HELLO(call), .rcx = rcx, .rdx = rdx};
}

static void check_answers(void)
{
	static const char text[] = "Hello from the SVSM, dear VMPL";
	const size_t text_bytes = sizeof(text) - 1;
	struct client_call add = hello(HELLO_ADD, 40, 2);
	struct client_call greet = hello(HELLO_GREET, (uintptr_t)page, sizeof(page));

	(void)svsm_call(&add);
	check_equal("adds", add.rax == SVSM_SUCCESS ? add.rcx : add.rax, 42);
	(void)svsm_call(&greet);
	check_equal("greets", greet.rax == SVSM_SUCCESS ? greet.rdx : greet.rax, text_bytes + 1);
	check_true("the greeting", memcmp(page, text, text_bytes) == 0 &&
					   page[text_bytes] == '0' + svsm_vmpl() &&
					   page[text_bytes + 1] == 0);
}

static void check_refusals(void)
{
	uint64_t end = (uintptr_t)page + sizeof(page);

	check_call("sum does not fit", hello(HELLO_ADD, UINT64_MAX, 1), SVSM_ERR_INVALID_PARAMETER);
	check_call("buffer too small", hello(HELLO_GREET, (uintptr_t)page, 8),
		   SVSM_ERR_INVALID_PARAMETER);
	check_call("buffer crosses its page", hello(HELLO_GREET, end - 32, 64),
		   SVSM_ERR_INVALID_PARAMETER);
	check_call("buffer in the SVSM", hello(HELLO_GREET, svsm_secrets()->svsm_base, 64),
		   SVSM_ERR_INVALID_ADDRESS);
	check_call("no such call", hello(7, 1, 2), SVSM_ERR_UNSUPPORTED_CALL);
}

void cases_hello(void)
{
	uint64_t versions = 0;

	check_subject("hello: ");
	if (client_query_protocol(svsm_client(), HELLO_PROTOCOL, HELLO_VERSION, &versions) !=
		    ERR_OK ||
	    versions == 0) {
		check_skip("the example", "not in this image");
		return;
	}
	check_answers();
	check_refusals();
}
