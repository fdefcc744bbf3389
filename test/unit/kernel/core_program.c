/* The runtime's third back end: system calls that switch to the kernel under test. */
#include "core_program.h"

#include "fake/fake.h"
#include "rt/rt.h"
#include "rt/sys.h"
#include "x86/regs.h"

bool core_program_dies;

struct rt_answer rt_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	struct fake_answer answer = fake_sys(number, a, b, c);

	if (core_program_dies) {
		fake_raise(VECTOR_UD, 0);
	}
	return (struct rt_answer){ answer.err, answer.value };
}

void core_program(struct msg_buffer *msg, uint64_t first)
{
	rt_main(msg, first);
}
