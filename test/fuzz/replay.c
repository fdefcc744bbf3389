/* Feeds a fuzz target every file of the folders named, for compilers without libFuzzer. */
#include <dirent.h>
#include <string.h>

#include "fuzz.h"

#define FILE_MAX   ((size_t)0x100000)
#define PATH_BYTES 4096

static unsigned int passed;
static unsigned int failed;

/* In a block of its own size, so that a sanitizer sees a read beyond it. */
static void replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(FILE_MAX);
	uint8_t *exact = NULL;
	size_t bytes = 0;

	if (file != NULL && data != NULL) {
		bytes = fread(data, 1, FILE_MAX, file);
		exact = malloc(bytes == 0 ? 1 : bytes);
	}
	if (exact != NULL) {
		memcpy(exact, data, bytes);
		(void)LLVMFuzzerTestOneInput(exact, bytes);
		passed++;
	} else {
		fprintf(stderr, "%s cannot be read\n", path);
		failed++;
	}
	if (file != NULL) {
		(void)fclose(file);
	}
	free(data);
	free(exact);
}

static void replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[PATH_BYTES];

		if (entry->d_name[0] != '.') {
			(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
			replay(path);
		}
	}
	if (dir != NULL) {
		(void)closedir(dir);
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		replay_folder(argv[i]);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0 || passed == 0;
}
