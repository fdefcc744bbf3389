/*
 * The loop of a service: wait for a request, answer it. No state of its own but while it starts:
 * all a call needs lies in the message buffer of the CPU that it runs on.
 */
#include "rt/rt.h"

#include "base/err.h"
#include "base/mem.h"
#include "rt/service.h"
#include "rt/sys.h"

/* Of the one CPU that runs service_init(), before any other is let in. */
static struct msg_buffer *init_buffer;

struct msg_buffer *service_init_buffer(void)
{
	return init_buffer;
}

enum err rt_init(struct msg_buffer *buffer)
{
	enum err err;

	init_buffer = buffer;
	err = service_init();
	init_buffer = NULL;
	return err;
}

void rt_serve(struct msg_buffer *buffer)
{
	struct msg_header *reply = &buffer->reply;

	memset(reply, 0, sizeof(*reply));
	reply->version = MSG_VERSION;
	reply->protocol = buffer->request.protocol;
	reply->call = buffer->request.call;
	service_handle(&buffer->request, reply);
}

void rt_main(struct msg_buffer *buffer, uint64_t first)
{
	enum err err = ERR_OK;

	if (first != 0) {
		err = rt_init(buffer);
	}
	if (err == ERR_OK) {
		err = sys_reply_wait();
	}
	while (err == ERR_OK) {
		rt_serve(buffer);
		err = sys_reply_wait();
	}
	sys_exit();
}
