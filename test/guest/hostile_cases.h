/* What the hostile service is told to try, by subject, and how a try is judged (hostile.c). */
#pragma once

#include <stdint.h>

#include "client/client.h"

/* One try: it came to `got`, and had to come to `want`. Then the others have to serve. */
void hostile_try(const char *name, uint64_t got, uint64_t want);

/* A try that had to end the service: its caller was told so, and it has to start again. */
void hostile_died(const char *name, uint32_t protocol, uint64_t rax);

/* The same with the call made here, by registers. */
void hostile_deadly(const char *name, uint32_t protocol, uint32_t call, uint64_t rcx, uint64_t rdx);

/* A call that has to be answered: its registers after. */
struct client_call hostile_call(uint32_t protocol, uint32_t call, uint64_t rcx, uint64_t rdx,
				uint64_t r8, uint64_t r9);

void hostile_cases_memory(void); /* the kernel's and other services' by address; too much of it */
void hostile_cases_guest(void); /* the guest's by gPA, and what is not the guest's */
void hostile_cases_rights(void); /* system calls without the right */
void hostile_cases_linux(void); /* Linux's system calls: pointers, and what is not served */
void hostile_cases_peers(void);
void hostile_cases_messages(void); /* replies: two, too long, for others, no CBOR */
void hostile_cases_registers(void); /* x87 and SSE */
void hostile_cases_time(void);
