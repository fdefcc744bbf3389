/* Reads files. */
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_BYTES ((size_t)0x10000)

/* Doubles the buffer until the file's end is reached: also right for pipes. */
static enum err read_all(struct input *input, FILE *file, struct problem *problem)
{
	size_t room = 0;

	while (feof(file) == 0) {
		if (input->bytes == room) {
			uint8_t *grown;

			room = room == 0 ? START_BYTES : room * 2;
			if (room > INPUT_MAX_BYTES) {
				return problem_set(problem, ERR_NOSPC, input->path,
						   "is larger than 256 MiB; is it the right file?");
			}
			grown = realloc(input->data, room);
			if (grown == NULL) {
				return problem_set(problem, ERR_NOMEM, input->path,
						   "no memory to read it; free some");
			}
			input->data = grown;
		}
		input->bytes += fread(input->data + input->bytes, 1, room - input->bytes, file);
		if (ferror(file) != 0) {
			return problem_set(problem, ERR_FAULT, input->path,
					   "cannot be read: %s; check the file", strerror(errno));
		}
	}
	return ERR_OK;
}

enum err input_read(struct input *input, const char *path, struct problem *problem)
{
	FILE *file = fopen(path, "rb");
	enum err err;

	*input = (struct input){.path = path};
	if (file == NULL) {
		return problem_set(problem, ERR_REQUEST, path,
				   "cannot be opened: %s; check the path", strerror(errno));
	}
	err = read_all(input, file, problem);
	(void)fclose(file);
	if (err == ERR_OK && input->bytes == 0) {
		err = problem_set(problem, ERR_FORMAT, path, "is empty; build it again");
	}
	if (err != ERR_OK) {
		input_free(input);
	}
	return err;
}

void input_free(struct input *input)
{
	free(input->data);
	input->data = NULL;
	input->bytes = 0;
}
