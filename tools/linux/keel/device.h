/*
 * /dev/keel, for programs: one write makes a call to a service of the SVSM's, reads give its reply
 * (docs/guests.md). Numbers are the machine's own, without padding.
 */
#pragma once

#define KEEL_DEVICE_BYTES_MAX 4096 /* of a request behind its head, and of a reply behind its */

/* The write: this, and the request right behind it, all at once. */
struct keel_device_request {
	char name[16]; /* of the service, NUL padded */
	unsigned int version; /* of its messages */
	unsigned int call;
};

/*
 * What is read: this, and the reply right behind it. Reads go on where the last one ended, and
 * yield nothing once all was read.
 */
struct keel_device_reply {
	unsigned int result; /* the SVSM's: 0 is success, others in docs/message-protocol.md */
	unsigned int bytes;
};
