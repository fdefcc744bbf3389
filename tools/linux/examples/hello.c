/*
 * Calls the service hello from a program: hello NAME [DEVICE]. One write makes the call, one read
 * gives the reply. CBOR by services/lib, which any other library could stand in for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keel/device.h"
#include "lib/cbor.h"
#include "svsm/hello.h"

/* What is written and what is read, as device.h has them. */
struct request {
	struct keel_device_request head;
	unsigned char message[KEEL_DEVICE_BYTES_MAX];
};

struct reply {
	struct keel_device_reply head;
	unsigned char message[KEEL_DEVICE_BYTES_MAX];
};

/* {0: name} */
static size_t make_request(struct request *request, const char *name)
{
	struct wrbuf out = wrbuf_over(request->message, sizeof(request->message));

	request->head = (struct keel_device_request){
		.name = "hello", .version = HELLO_VERSION, .call = HELLO_WELCOME};
	cbor_put_map(&out, 1);
	cbor_put_uint(&out, HELLO_REQUEST_NAME);
	cbor_put_text(&out, name, strlen(name));
	return out.failed ? 0 : sizeof(request->head) + out.at;
}

/* One call on an open device. False: errno says why. */
static bool call(int device, const struct request *request, size_t bytes, struct reply *reply)
{
	ssize_t got;

	if (write(device, request, bytes) != (ssize_t)bytes) {
		return false;
	}
	got = read(device, reply, sizeof(*reply));
	if (got >= (ssize_t)sizeof(reply->head) &&
	    (size_t)got == sizeof(reply->head) + reply->head.bytes) {
		return true;
	}
	errno = got < 0 ? errno : EPROTO;
	return false;
}

/* {0: welcome, 1: VMPL} */
static bool print_reply(const struct reply *reply)
{
	struct cbor_reader in = cbor_reader_over(reply->message, reply->head.bytes);
	const char *welcome;
	size_t bytes;
	uint64_t vmpl;

	(void)cbor_take_map(&in);
	cbor_take_key(&in, HELLO_REPLY_WELCOME);
	welcome = cbor_take_text(&in, &bytes);
	cbor_take_key(&in, HELLO_REPLY_VMPL);
	vmpl = cbor_take_uint(&in);
	if (cbor_end(&in) != ERR_OK) {
		fprintf(stderr, "hello: the reply is not what hello's replies are\n");
		return false;
	}
	printf("%.*s (to VMPL%u)\n", (int)bytes, welcome, (unsigned int)vmpl);
	return true;
}

int main(int argc, char **argv)
{
	const char *path = argc > 2 ? argv[2] : "/dev/keel";
	static struct request request;
	static struct reply reply;
	size_t bytes;
	int device;

	if (argc < 2) {
		fprintf(stderr, "usage: hello NAME [DEVICE]\n");
		return 2;
	}
	bytes = make_request(&request, argv[1]);
	if (bytes == 0) {
		fprintf(stderr, "hello: that name is no text, or too long\n");
		return 2;
	}
	device = open(path, O_RDWR | O_CLOEXEC);
	if (device < 0 || !call(device, &request, bytes, &reply)) {
		perror(path);
		return 1;
	}
	close(device);
	if (reply.head.result != 0) {
		fprintf(stderr, "hello: refused, 0x%08x\n", reply.head.result);
		return 1;
	}
	return print_reply(&reply) ? 0 : 1;
}
