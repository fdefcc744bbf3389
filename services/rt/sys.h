/*
 * The system calls of a service, typed (include/msg/sys.h, docs/system-calls.md). Data is named by
 * its offset in the caller's message buffer (SERVICE_SCRATCH and its like). Each returns what the
 * kernel answered; values are written only with ERR_OK, but for sys_page_state().
 */
#pragma once

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "msg/sys.h"

/* Returned in RAX and RDX, as the kernel leaves them. */
struct rt_answer {
	uint64_t err;
	uint64_t value;
};

/* The one function that differs between back ends: metal/entry.S, posix/posix.c. */
struct rt_answer rt_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c);

static inline enum err sys_reply_wait(void)
{
	return (enum err)rt_syscall(SYS_REPLY_WAIT, 0, 0, 0).err;
}

static inline enum err sys_log(uint64_t offset, uint64_t bytes)
{
	return (enum err)rt_syscall(SYS_LOG, offset, bytes, 0).err;
}

static inline NORETURN void sys_exit(void)
{
	for (;;) {
		(void)rt_syscall(SYS_EXIT, 0, 0, 0);
	}
}

/* Microseconds until the kernel wants an answer; 0 = reply or yield now. */
static inline uint64_t sys_time_left(void)
{
	struct rt_answer answer = rt_syscall(SYS_TIME_LEFT, 0, 0, 0);

	return answer.err == ERR_OK ? answer.value : 0;
}

/* Returns when the guest has asked again; request and payload are the same as before. */
static inline enum err sys_yield(void)
{
	return (enum err)rt_syscall(SYS_YIELD, 0, 0, 0).err;
}

static inline enum err sys_copy_from_guest(uint64_t gpa, uint64_t offset, uint64_t bytes)
{
	return (enum err)rt_syscall(SYS_COPY_FROM_GUEST, gpa, offset, bytes).err;
}

static inline enum err sys_copy_to_guest(uint64_t gpa, uint64_t offset, uint64_t bytes)
{
	return (enum err)rt_syscall(SYS_COPY_TO_GUEST, gpa, offset, bytes).err;
}

/* How far SYS_PAGE_STATE came; both fields are written whatever it returns. */
struct sys_page_progress {
	uint32_t done; /* index of the first entry that is not done */
	uint32_t rmp_code; /* what PVALIDATE or RMPADJUST failed with, or 0 */
};

static inline enum err sys_page_batch(enum sys number, uint64_t offset, uint64_t count,
				      uint64_t first, struct sys_page_progress *progress)
{
	struct rt_answer answer = rt_syscall(number, offset, count, first);

	progress->done = (uint32_t)answer.value;
	progress->rmp_code = (uint32_t)(answer.value >> 32);
	return (enum err)answer.err;
}

static inline enum err sys_page_state(uint64_t offset, uint64_t count, uint64_t first,
				      struct sys_page_progress *progress)
{
	return sys_page_batch(SYS_PAGE_STATE, offset, count, first, progress);
}

static inline enum err sys_deposit(uint64_t offset, uint64_t count, uint64_t first,
				   struct sys_page_progress *progress)
{
	return sys_page_batch(SYS_DEPOSIT, offset, count, first, progress);
}

/* gPAs of pages given back go to the message buffer; *count is at most `room`. */
static inline enum err sys_withdraw(uint64_t offset, uint64_t room, uint32_t *count)
{
	struct rt_answer answer = rt_syscall(SYS_WITHDRAW, offset, room, 0);

	*count = answer.value <= room ? (uint32_t)answer.value : 0;
	return (enum err)answer.err;
}

static inline enum err sys_vcpu_create(uint64_t vmsa_gpa, uint64_t caa_gpa, uint32_t apic_id)
{
	return (enum err)rt_syscall(SYS_VCPU_CREATE, vmsa_gpa, caa_gpa, apic_id).err;
}

static inline enum err sys_vcpu_delete(uint64_t vmsa_gpa)
{
	return (enum err)rt_syscall(SYS_VCPU_DELETE, vmsa_gpa, 0, 0).err;
}

static inline enum err sys_remap_ca(uint64_t caa_gpa)
{
	return (enum err)rt_syscall(SYS_REMAP_CA, caa_gpa, 0, 0).err;
}

/* Versions of a protocol, highest << 32 | lowest; 0 when nobody serves it. */
static inline uint64_t sys_protocol(uint32_t protocol)
{
	struct rt_answer answer = rt_syscall(SYS_PROTOCOL, protocol, 0, 0);

	return answer.err == ERR_OK ? answer.value : 0;
}

static inline enum err sys_random(uint64_t offset, uint64_t bytes)
{
	return (enum err)rt_syscall(SYS_RANDOM, offset, bytes, 0).err;
}

/* About the service at a place in the table: a struct sys_service at `offset`. ERR_INVALID past its
 * end. */
static inline enum err sys_service(uint64_t index, uint64_t offset)
{
	return (enum err)rt_syscall(SYS_SERVICE, index, offset, 0).err;
}

/* Calls another service: struct msg_header and payload at `offset`, replaced by the answer. */
static inline enum err sys_peer(uint64_t index, uint64_t offset, uint64_t capacity)
{
	return (enum err)rt_syscall(SYS_PEER, index, offset, capacity).err;
}

/* Sends the guest message at `offset` to the PSP; *status is SW_EXITINFO2. */
static inline enum err sys_psp(uint64_t offset, uint64_t certificate_pages, uint64_t *status)
{
	struct rt_answer answer = rt_syscall(SYS_PSP, offset, certificate_pages, 0);

	*status = answer.value;
	return (enum err)answer.err;
}

/* A page of certificates to `offset`; *count is how many pages the host has. */
static inline enum err sys_psp_certificates(uint64_t page, uint64_t offset, uint64_t *count)
{
	struct rt_answer answer = rt_syscall(SYS_PSP_CERTIFICATES, page, offset, 0);

	*count = answer.value;
	return (enum err)answer.err;
}

/* VMPCK0, once. */
static inline enum err sys_vmpck(uint64_t offset)
{
	return (enum err)rt_syscall(SYS_VMPCK, offset, 0, 0).err;
}

/* 32 bytes of the launch's, once. */
static inline enum err sys_launch_secret(uint64_t offset)
{
	return (enum err)rt_syscall(SYS_LAUNCH_SECRET, offset, 0, 0).err;
}

/* More zeroed memory at the heap's end; *at is where. */
static inline enum err sys_memory(uint64_t pages, uint64_t *at)
{
	struct rt_answer answer = rt_syscall(SYS_MEMORY, pages, 0, 0);

	*at = answer.value;
	return (enum err)answer.err;
}
