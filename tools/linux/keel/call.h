/*
 * The seam between the module, which sees the kernel's headers, and the client library, which sees
 * its own: plain C types only, because the two families define the fixed-width ones differently.
 */
#pragma once

enum call_outcome {
	CALL_ANSWERED,
	CALL_UNFINISHED, /* the same CPU is to make the same call again */
	CALL_BUSY, /* the same, but it is others' turn first */
	CALL_FAILED, /* the SVSM did not run, or says what cannot be */
};

/* Memory of a call, as the SVSM sees it; within one page, eight-byte aligned. */
struct call_room {
	_Alignas(64) unsigned char bytes[64];
};

/* Where a message is, and where its reply goes. */
struct call_message {
	const char *name; /* 16 bytes, NUL padded */
	unsigned int version;
	unsigned int call;
	unsigned long long request_gpa;
	unsigned int request_bytes;
	unsigned long long reply_gpa;
	unsigned int reply_bytes;
};

/* The gPA of this CPU's calling area. Interrupts are off, the CPU stays. */
unsigned long long call_area(void);

/* Is Keel's message protocol there? `caa`: this CPU's calling area. Interrupts are off. */
_Bool call_is_offered(void *caa);

void call_fill(struct call_room *room, const struct call_message *message);

/*
 * One entry of the SVSM. Interrupts are off, the CPU stays. CALL_ANSWERED: *result is the SVSM's,
 * and *bytes are in the reply's room.
 */
enum call_outcome call_enter(void *caa, const struct call_room *room, unsigned long long room_gpa,
			     unsigned int *bytes, unsigned int *result);
