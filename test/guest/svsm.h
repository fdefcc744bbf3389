/*
 * The test guest's view of its SVSM: what the secrets page says, and calls by services/client.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"
#include "snp/secrets.h"

/* Memory that the cases use: plain RAM, not validated at start. */
#define RAM_4K	 UINT64_C(0x01000000) /* 256 pages from here are taken page by page */
#define RAM_2M	 UINT64_C(0x02000000) /* two large pages */
#define RAM_LONG UINT64_C(0x03000000) /* a longest list */

/* How calls travel: by the MSR protocol before, by the event after svsm_use_event(). */
void svsm_start(void);
void svsm_use_event(bool by_event);

struct client *svsm_client(void);
const struct secrets_page *svsm_secrets(void);
unsigned int svsm_vmpl(void);
/* Of the calling area now in use. */
uint64_t svsm_caa_gpa(void);

/* REMAP_CA, with the guest's own books kept. Yields the result code. */
uint32_t svsm_remap(uint64_t caa_gpa);

/* One call; a call that the host did not let through ends the guest. Yields all of RAX. */
uint64_t svsm_call(struct client_call *call);
uint64_t svsm_call_pending(struct client_call *call, uint8_t pending);

/* PVALIDATE of one entry by the calling area's buffer. Yields the result code. */
uint32_t svsm_pvalidate(uint64_t entry);

/* Makes a page private and validates it; ends the guest when that fails. */
void svsm_accept(uint64_t gpa);
