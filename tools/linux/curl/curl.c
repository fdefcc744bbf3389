/*
 * Stands in for libcurl in the test guest's RAM disk. Debian's tpm2-tools is one program, linked
 * against libcurl for one command that fetches certificates over the network; the real one would
 * bring twenty packages along for it. Whoever calls these ends.
 */
#define ABSENT(name)                                                                               \
	void name(void);                                                                           \
	void name(void)                                                                            \
	{                                                                                          \
		__builtin_trap();                                                                  \
	}

ABSENT(curl_easy_cleanup)
ABSENT(curl_easy_escape)
ABSENT(curl_easy_init)
ABSENT(curl_easy_perform)
ABSENT(curl_easy_setopt)
ABSENT(curl_easy_strerror)
ABSENT(curl_easy_unescape)
ABSENT(curl_free)
ABSENT(curl_global_cleanup)
ABSENT(curl_global_init)
