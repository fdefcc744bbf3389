/*
 * The service library's cryptography against published vectors: AES-256-GCM of the GCM
 * specification (test cases 13 to 16), SHA-512 of FIPS 180-4's examples.
 */
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "lib/crypto/aes_gcm.h"
#include "lib/crypto/sha2.h"
#include "unit.h"

#define TEXT_MAX 64

struct gcm_case {
	const char *name;
	const char *key;
	const char *nonce;
	const char *aad;
	const char *text;
	const char *sealed;
	const char *tag;
};

#define KEY                                                                                        \
	"feffe9928665731c6d6a8f9467308308"                                                         \
	"feffe9928665731c6d6a8f9467308308"
#define ZERO_KEY                                                                                   \
	"00000000000000000000000000000000"                                                         \
	"00000000000000000000000000000000"
#define TEXT                                                                                       \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"                         \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define SEALED                                                                                     \
	"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"                         \
	"8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"

static const struct gcm_case gcm_cases[] = {
	{"nothing", ZERO_KEY, "000000000000000000000000", "", "", "",
	 "530f8afbc74536b9a963b4f1c4cb738b"},
	{"a block of zeros", ZERO_KEY, "000000000000000000000000", "",
	 "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18",
	 "d0d1c8a799996bf0265b98b5d48ab919"},
	{"whole blocks", KEY, "cafebabefacedbaddecaf888", "", TEXT "1aafd255", SEALED "898015ad",
	 "b094dac5d93471bdec1a502270e3cc6c"},
	{"authenticated data, a part of a block", KEY, "cafebabefacedbaddecaf888",
	 "feedfacedeadbeeffeedfacedeadbeefabaddad2", TEXT, SEALED,
	 "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static size_t from_hex(const char *hex, uint8_t *bytes)
{
	size_t n = 0;

	for (; hex[2 * n] != '\0'; n++) {
		unsigned int byte = 0;

		(void)sscanf(hex + 2 * n, "%2x", &byte);
		bytes[n] = (uint8_t)byte;
	}
	return n;
}

/* One message of a case, ready to be sealed or opened. */
static struct aes_gcm gcm;
static uint8_t key[AES_GCM_KEY_BYTES];
static uint8_t nonce[AES_GCM_NONCE_BYTES];
static uint8_t aad[TEXT_MAX];
static uint8_t text[TEXT_MAX];
static uint8_t sealed[TEXT_MAX];
static uint8_t tag[AES_GCM_TAG_BYTES];
static uint8_t out[TEXT_MAX];
static struct aes_gcm_message message;

static void set_up(const struct gcm_case *c)
{
	(void)from_hex(c->key, key);
	(void)from_hex(c->nonce, nonce);
	(void)from_hex(c->sealed, sealed);
	(void)from_hex(c->tag, tag);
	message = (struct aes_gcm_message){.nonce = nonce, .aad = aad, .in = text, .out = out};
	message.aad_bytes = from_hex(c->aad, aad);
	message.bytes = from_hex(c->text, text);
	memset(out, 0xA5, sizeof(out));
	CHECK_EQ(aes_gcm_set_key(&gcm, key), ERR_OK);
}

TEST(gcm_vectors)
{
	uint8_t made[AES_GCM_TAG_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(gcm_cases); i++) {
		ROW(gcm_cases[i].name);
		set_up(&gcm_cases[i]);
		CHECK_EQ(aes_gcm_seal(&gcm, &message, made), ERR_OK);
		CHECK_MEM(out, sealed, message.bytes);
		CHECK_MEM(made, tag, sizeof(tag));
		message.in = sealed;
		CHECK_EQ(aes_gcm_open(&gcm, &message, tag), ERR_OK);
		CHECK_MEM(out, text, message.bytes);
	}
}

/* Each bit that is authenticated, turned over. */
TEST(gcm_refuses_what_was_changed)
{
	static const uint8_t zeros[TEXT_MAX];
	uint8_t *parts[] = {aad, sealed, tag, nonce};
	const size_t bytes[] = {20, 60, AES_GCM_TAG_BYTES, AES_GCM_NONCE_BYTES};

	set_up(&gcm_cases[3]);
	message.in = sealed;
	for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
		for (size_t bit = 0; bit < 8 * bytes[p]; bit++) {
			parts[p][bit / 8] ^= (uint8_t)(1U << bit % 8);
			memset(out, 0xA5, sizeof(out));
			CHECK_EQ(aes_gcm_open(&gcm, &message, tag), ERR_FORMAT);
			CHECK_MEM(out, zeros, message.bytes);
			parts[p][bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
	}
	CHECK_EQ(aes_gcm_open(&gcm, &message, tag), ERR_OK);
}

TEST(gcm_wipe_leaves_nothing)
{
	static const uint8_t zeros[sizeof(gcm)];

	set_up(&gcm_cases[3]);
	CHECK(memcmp(&gcm, zeros, sizeof(gcm)) != 0);
	aes_gcm_wipe(&gcm);
	CHECK_MEM(&gcm, zeros, sizeof(gcm));
}

static const struct sha_case {
	const char *name;
	const char *a;
	const char *b;
	const char *digest;
} sha_cases[] = {
	{"nothing", "", "",
	 "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	 "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
	{"abc, in two parts", "a", "bc",
	 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	{"112 bytes", "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn",
	 "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	 "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
	 "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
};

TEST(sha512_vectors)
{
	uint8_t want[SHA512_BYTES];
	uint8_t got[SHA512_BYTES];

	for (size_t i = 0; i < ARRAY_SIZE(sha_cases); i++) {
		const struct sha_case *c = &sha_cases[i];

		ROW(c->name);
		(void)from_hex(c->digest, want);
		sha2_512(c->a, strlen(c->a), c->b, strlen(c->b), got);
		CHECK_MEM(got, want, sizeof(want));
	}
}

TEST(cpu)
{
	CHECK(aes_gcm_is_supported());
}

UNIT_MAIN(CASE(gcm_vectors), CASE(gcm_refuses_what_was_changed), CASE(gcm_wipe_leaves_nothing),
	  CASE(sha512_vectors), CASE(cpu))
