/*
 * ID blocks: one that tools/measure signed with python3-cryptography (id_vectors.py), and each
 * thing of it that may be wrong, with the firmware's code and without a trace in the guest.
 */
#include "psp_id.h"

#include "id_vectors.h"
#include "unit.h"

static struct psp_guest guest;
static struct id_block block;
static struct id_auth auth;

static void start(void)
{
	memset(&guest, 0, sizeof(guest));
	memset(&auth, 0, sizeof(auth));
	guest.policy = POLICY_DEFAULT;
	for (size_t i = 0; i < sizeof(guest.measurement); i++) {
		guest.measurement[i] = (uint8_t)(3 * i);
	}
	memcpy(&block, vector_id_block, sizeof(block));
	memcpy(&auth, vector_algorithms, sizeof(vector_algorithms));
	memcpy(&auth.block_signature, vector_block_signature, sizeof(vector_block_signature));
	memcpy(&auth.id_key, vector_id_key, sizeof(vector_id_key));
	memcpy(&auth.key_signature, vector_key_signature, sizeof(vector_key_signature));
	memcpy(&auth.author_key, vector_author_key, sizeof(vector_author_key));
}

TEST(takes_an_owner)
{
	static const uint8_t nobody[48];

	ROW("with the author's key");
	start();
	CHECK_EQ(psp_id_check(&guest, &block, &auth, true), PSP_SUCCESS);
	CHECK(guest.has_id_block && guest.has_author_key);
	CHECK_EQ(guest.guest_svn, 7);
	CHECK_MEM(guest.family_id, "family          ", 16);
	CHECK_MEM(guest.image_id, "image           ", 16);
	CHECK_MEM(guest.id_key_digest, vector_id_key_digest, 48);
	CHECK_MEM(guest.author_key_digest, vector_author_key_digest, 48);
	ROW("without");
	start();
	CHECK_EQ(psp_id_check(&guest, &block, &auth, false), PSP_SUCCESS);
	CHECK(guest.has_id_block && !guest.has_author_key);
	CHECK_MEM(guest.id_key_digest, vector_id_key_digest, 48);
	CHECK_MEM(guest.author_key_digest, nobody, 48);
}

enum part {
	BLOCK,
	AUTH,
	GUEST,
};

static const struct {
	const char *name;
	enum part part;
	size_t offset; /* of the byte whose lowest bit is another */
	uint32_t status; /* with the author's key */
	uint32_t status_alone; /* without */
} rows[] = {
	{"digest", BLOCK, 0x00, PSP_BAD_MEASUREMENT, PSP_BAD_MEASUREMENT},
	{"digest's end", BLOCK, 0x2f, PSP_BAD_MEASUREMENT, PSP_BAD_MEASUREMENT},
	{"the guest's digest", GUEST, offsetof(struct psp_guest, measurement), PSP_BAD_MEASUREMENT,
	 PSP_BAD_MEASUREMENT},
	{"policy", BLOCK, 0x5a, PSP_POLICY_FAILURE, PSP_POLICY_FAILURE},
	{"the guest's policy", GUEST, offsetof(struct psp_guest, policy) + 7, PSP_POLICY_FAILURE,
	 PSP_POLICY_FAILURE},
	{"version", BLOCK, 0x50, PSP_INVALID_PARAM, PSP_INVALID_PARAM},
	{"family", BLOCK, 0x30, PSP_BAD_SIGNATURE, PSP_BAD_SIGNATURE},
	{"image", BLOCK, 0x4f, PSP_BAD_SIGNATURE, PSP_BAD_SIGNATURE},
	{"SVN", BLOCK, 0x54, PSP_BAD_SIGNATURE, PSP_BAD_SIGNATURE},
	{"ID key's algorithm", AUTH, 0x000, PSP_INVALID_PARAM, PSP_INVALID_PARAM},
	{"author key's algorithm", AUTH, 0x004, PSP_INVALID_PARAM, PSP_SUCCESS},
	{"R", AUTH, 0x040, PSP_BAD_SIGNATURE, PSP_BAD_SIGNATURE},
	{"R too long", AUTH, 0x070, PSP_BAD_SIGNATURE, PSP_BAD_SIGNATURE},
	{"S", AUTH, 0x088, PSP_BAD_SIGNATURE, PSP_BAD_SIGNATURE},
	{"S too long", AUTH, 0x0cf, PSP_BAD_SIGNATURE, PSP_BAD_SIGNATURE},
	{"curve of the ID key", AUTH, 0x240, PSP_BAD_SIGNATURE, PSP_BAD_SIGNATURE},
	{"QX of the ID key", AUTH, 0x244, PSP_BAD_SIGNATURE, PSP_BAD_SIGNATURE},
	{"QY of the ID key", AUTH, 0x28c, PSP_BAD_SIGNATURE, PSP_BAD_SIGNATURE},
	/* The author signed these bytes; without an author they only change the digest. */
	{"ID key's reserved bytes", AUTH, 0x2d4, PSP_BAD_SIGNATURE, PSP_SUCCESS},
	{"author's R", AUTH, 0x680, PSP_BAD_SIGNATURE, PSP_SUCCESS},
	{"author's S", AUTH, 0x6c8, PSP_BAD_SIGNATURE, PSP_SUCCESS},
	{"curve of the author's key", AUTH, 0x880, PSP_BAD_SIGNATURE, PSP_SUCCESS},
	{"QX of the author's key", AUTH, 0x884, PSP_BAD_SIGNATURE, PSP_SUCCESS},
};

static void spoil(size_t i)
{
	uint8_t *const parts[] = {
		[BLOCK] = (uint8_t *)&block,
		[AUTH] = (uint8_t *)&auth,
		[GUEST] = (uint8_t *)&guest,
	};

	start();
	parts[rows[i].part][rows[i].offset] ^= 1;
}

TEST(refuses)
{
	struct psp_guest before;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		spoil(i);
		before = guest;
		CHECK_EQ(psp_id_check(&guest, &block, &auth, true), rows[i].status);
		CHECK_MEM(&guest, &before, sizeof(guest));
		spoil(i);
		CHECK_EQ(psp_id_check(&guest, &block, &auth, false), rows[i].status_alone);
	}
}

UNIT_MAIN(CASE(takes_an_owner), CASE(refuses))
