/*
 * The hostile service. What it tries is the caller's choice (test/guest/hostile.c), so that one
 * table there says what is tried and what has to come of it.
 */
#include "hostile.h"

#include <stdbool.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "rt/service.h"
#include "rt/sys.h"

#define LINUX_EFAULT (-14)
#define LINUX_STDERR 2
#define FXSAVE_BYTES 512
#define FXSAVE_MXCSR 24
#define FXSAVE_FROM  32 /* x87 registers of 16 bytes, of which 10 count, then XMM's */
#define FXSAVE_XMM   160
#define FXSAVE_END   416
#define X87_BYTES    10
#define X87_STRIDE   16

enum err service_init(void)
{
	return ERR_OK;
}

/* Any system call, with four arguments. */
static struct rt_answer any_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	register uint64_t r10 __asm__("r10") = d;
	struct rt_answer answer = {.err = number, .value = c};

	__asm__ volatile("syscall"
			 : "+a"(answer.err), "+d"(answer.value)
			 : "D"(a), "S"(b), "r"(r10)
			 : "rcx", "r11", "memory");
	return answer;
}

static void pause_if_late(void)
{
	if (sys_time_left() == 0) {
		(void)sys_yield();
	}
}

static uint64_t copy_pages(uint64_t gpa, uint64_t pages)
{
	uint64_t taken = 0;

	for (uint64_t i = 0; i < pages; i++) {
		uint64_t at = gpa + i * PAGE_SIZE;

		taken += sys_copy_from_guest(at, SERVICE_SCRATCH, 8) != ERR_ADDRESS;
		taken += sys_copy_to_guest(at, SERVICE_SCRATCH, 8) != ERR_ADDRESS;
		pause_if_late();
	}
	return taken;
}

static uint64_t point_at_pages(uint64_t address, uint64_t pages)
{
	uint64_t taken = 0;

	for (uint64_t i = 0; i < pages; i++) {
		uint64_t at = address + i * PAGE_SIZE;

		taken += (int64_t)any_syscall(HOSTILE_LINUX_WRITE, LINUX_STDERR, at, 8, 0).err !=
			 LINUX_EFAULT;
		taken += (int64_t)any_syscall(HOSTILE_LINUX_GETRANDOM, at, 8, 0, 0).err !=
			 LINUX_EFAULT;
		pause_if_late();
	}
	return taken;
}

/* Each page is read whole, so that what another one left in it would show in the sum. */
static void take_memory(struct msg_header *reply)
{
	enum err err = ERR_OK;
	uint64_t at;

	reply->rcx = 0;
	for (;;) {
		err = sys_memory(1, &at);
		if (err != ERR_OK) {
			break;
		}
		for (uint64_t i = 0; i < PAGE_SIZE; i += sizeof(uint64_t)) {
			reply->r8 += *(const uint64_t *)(at + i);
			*(uint64_t *)(at + i) = UINT64_MAX;
		}
		reply->rcx++;
		pause_if_late();
	}
	reply->rdx = (uint64_t)err;
	reply->flags = MSG_SET_RCX | MSG_SET_RDX | MSG_SET_R8;
}

/* Header and payload lie at the end of scratch or, for a long one, reach past the buffer. */
static enum err ask_peer(const struct msg_header *request, struct msg_header *answer)
{
	uint8_t *scratch = service_buffer(answer)->scratch;
	struct msg_header header = {.call = (uint32_t)request->rdx, .rcx = request->r9};
	enum err err = ERR_AGAIN;

	if (request->call == HOSTILE_PEER_LONG) {
		header.payload_bytes = (uint32_t)request->r9;
	}
	while (err == ERR_AGAIN) {
		memcpy(scratch, &header, sizeof(header));
		err = sys_peer(request->rcx, SERVICE_SCRATCH, request->r8);
		if (err == ERR_AGAIN) {
			(void)sys_yield();
		}
	}
	return err;
}

static void peer(const struct msg_header *request, struct msg_header *reply)
{
	enum err err = ask_peer(request, reply);
	struct msg_header answer;

	memcpy(&answer, service_buffer(reply)->scratch, sizeof(answer));
	reply->rcx = (uint64_t)err;
	reply->rdx = answer.result;
	reply->r8 = answer.rcx;
	reply->flags = MSG_SET_RCX | MSG_SET_RDX | MSG_SET_R8;
}

/* One step of it; the peer asked is hello, whose call 0 needs nothing. */
static void loop_once(uint64_t which, uint64_t index)
{
	uint32_t eax = 0;
	uint32_t ecx = 0;

	switch (which) {
	case HOSTILE_LOOP_COPY:
		(void)sys_copy_from_guest(UINT64_MAX, SERVICE_SCRATCH, 8);
		break;
	case HOSTILE_LOOP_PEER:
		(void)sys_peer(index, SERVICE_SCRATCH, 0);
		break;
	case HOSTILE_LOOP_LINUX:
		(void)any_syscall(HOSTILE_LINUX_CLOCK_GETTIME, 0, 0, 0, 0);
		break;
	case HOSTILE_LOOP_CPUID:
		__asm__ volatile("cpuid" : "+a"(eax), "+c"(ecx) : : "rbx", "rdx");
		break;
	default:
		(void)sys_time_left();
		break;
	}
}

/* The registers of x87 and SSE as FXSAVE has them; XMM's 16 are 16 bytes each. */
static uint8_t fxsave[FXSAVE_BYTES] ALIGNED(16);

static void fpu_set(uint8_t byte)
{
	const uint32_t mxcsr = HOSTILE_MXCSR;
	const uint16_t fcw = HOSTILE_FCW;

	memset(fxsave, 0, sizeof(fxsave));
	memset(fxsave + FXSAVE_FROM, byte, FXSAVE_END - FXSAVE_FROM);
	memcpy(fxsave, &fcw, sizeof(fcw));
	memcpy(fxsave + FXSAVE_MXCSR, &mxcsr, sizeof(mxcsr));
	__asm__ volatile("fxrstor64 %0" : : "m"(fxsave));
}

/* x87's registers are 10 bytes in 16. */
static bool is_register_byte(size_t at)
{
	return at >= FXSAVE_XMM || (at - FXSAVE_FROM) % X87_STRIDE < X87_BYTES;
}

static void fpu_get(uint8_t byte, struct msg_header *reply)
{
	uint32_t mxcsr;
	uint16_t fcw;

	memset(fxsave, 0, sizeof(fxsave));
	__asm__ volatile("fxsave64 %0" : "+m"(fxsave));
	memcpy(&fcw, fxsave, sizeof(fcw));
	memcpy(&mxcsr, fxsave + FXSAVE_MXCSR, sizeof(mxcsr));
	reply->rcx = 0;
	for (size_t at = FXSAVE_FROM; at < FXSAVE_END; at++) {
		reply->rcx += is_register_byte(at) && fxsave[at] != byte;
	}
	reply->rdx = (uint64_t)mxcsr << 32 | fcw;
	reply->flags = MSG_SET_RCX | MSG_SET_RDX;
}

static void registers(const struct msg_header *request, struct msg_header *reply)
{
	uint32_t eax = 7;

	switch (request->call) {
	case HOSTILE_FPU_SET:
		fpu_set((uint8_t)request->rcx);
		break;
	case HOSTILE_FPU_GET:
		fpu_get((uint8_t)request->rcx, reply);
		break;
	case HOSTILE_FPU_WIDE:
		__asm__ volatile(".byte 0xc5, 0xfc, 0x57, 0xc0"); /* VXORPS YMM0, YMM0, YMM0 */
		break;
	default:
		__asm__ volatile("xsave %1" : "+a"(eax), "+m"(fxsave) : "d"(0));
		break;
	}
}

static void memory(uint32_t call, uint64_t address, struct msg_header *reply)
{
	if (call == HOSTILE_READ) {
		reply->rcx = *(const volatile uint64_t *)address;
	} else if (call == HOSTILE_WRITE) {
		*(volatile uint64_t *)address = 0;
	} else {
		__asm__ volatile("call *%0" : : "r"(address) : "memory");
	}
}

static void parrot(const struct msg_header *request, struct msg_header *reply)
{
	struct msg_buffer *buffer = service_buffer(reply);

	memcpy(buffer->out, buffer->in, request->payload_bytes);
	reply->payload_bytes = request->payload_bytes;
	if (request->payload_bytes == sizeof(uint32_t)) {
		memcpy(&reply->payload_bytes, buffer->in, sizeof(uint32_t));
	}
}

/* What is answered to whom: only the kernel's checks hold. */
static void messages(const struct msg_header *request, struct msg_header *reply)
{
	switch (request->call) {
	case HOSTILE_REPLY_TWICE:
		(void)sys_reply_wait();
		/* The next request is here by now, and gets what was made for the one before. */
		reply->version = MSG_VERSION;
		reply->protocol = HOSTILE_PROTOCOL;
		reply->call = HOSTILE_REPLY_TWICE;
		break;
	case HOSTILE_REPLY_BYTES:
		reply->payload_bytes = (uint32_t)request->rcx;
		break;
	case HOSTILE_REPLY_OTHERS:
		reply->protocol = (uint32_t)request->rcx;
		break;
	default:
		parrot(request, reply);
		break;
	}
}

static void time(const struct msg_header *request, struct msg_header *reply)
{
	uint64_t times = request->rcx;

	if (request->call == HOSTILE_YIELD) {
		while (times-- > 0) {
			(void)sys_yield();
		}
		return;
	}
	memset(service_buffer(reply)->scratch, 0, sizeof(struct msg_header));
	for (;;) {
		loop_once(request->rcx, request->rdx);
	}
}

static void any_call(const struct msg_header *request, struct msg_header *reply)
{
	struct rt_answer answer = any_syscall(request->call - HOSTILE_SYSCALL, request->rcx,
					      request->rdx, request->r8, request->r9);

	reply->rcx = answer.err;
	reply->rdx = answer.value;
	reply->flags = MSG_SET_RCX | MSG_SET_RDX;
}

static void pages(const struct msg_header *request, struct msg_header *reply)
{
	reply->rcx = request->call == HOSTILE_COPY_PAGES
			     ? copy_pages(request->rdx, request->rcx)
			     : point_at_pages(request->rdx, request->rcx);
	reply->flags = MSG_SET_RCX;
}

void service_handle(const struct msg_header *request, struct msg_header *reply)
{
	switch (request->call) {
	case HOSTILE_ECHO:
		reply->rcx = request->rcx + 1;
		reply->flags = MSG_SET_RCX;
		break;
	case HOSTILE_READ:
	case HOSTILE_WRITE:
	case HOSTILE_EXECUTE:
		memory(request->call, request->rcx, reply);
		break;
	case HOSTILE_COPY_PAGES:
	case HOSTILE_POINT_AT_PAGES:
		pages(request, reply);
		break;
	case HOSTILE_TAKE_MEMORY:
		take_memory(reply);
		break;
	case HOSTILE_PEER:
	case HOSTILE_PEER_LONG:
		peer(request, reply);
		break;
	case HOSTILE_YIELD:
	case HOSTILE_LOOP:
		time(request, reply);
		break;
	case HOSTILE_FPU_SET:
	case HOSTILE_FPU_GET:
	case HOSTILE_FPU_WIDE:
	case HOSTILE_FPU_XSAVE:
		registers(request, reply);
		break;
	case HOSTILE_REPLY_TWICE:
	case HOSTILE_REPLY_BYTES:
	case HOSTILE_REPLY_OTHERS:
	case HOSTILE_PARROT:
		messages(request, reply);
		break;
	default:
		any_call(request, reply);
		break;
	}
}
