/* Tables of services that contradict themselves, and the one this program is linked with. */
#include "ipc/service_check.h"

#include "base/compiler.h"
#include "ipc/service_table.h"
#include "svsm/attest.h"
#include "svsm/protocol.h"
#include "unit.h"

#define MANY (IMAGE_SERVICES + 1)

static const struct {
	const char *name;
	struct service_entry table[3];
	enum err want;
} rows[] = {
	{"all differ",
	 {{.name = "a", .protocol = 1}, {.name = "b"}, {.name = "ab", .protocol = 2}},
	 ERR_OK},
	{"a protocol twice",
	 {{.name = "a", .protocol = 1}, {.name = "b", .protocol = 2}, {.name = "c", .protocol = 1}},
	 ERR_INVALID},
	{"no protocol, so core's",
	 {{.name = "core"}, {.name = "b", .protocol = 1}, {.name = "c"}},
	 ERR_INVALID},
	{"a protocol twice in a row",
	 {{.name = "a", .protocol = 1}, {.name = "b", .protocol = 2}, {.name = "c", .protocol = 2}},
	 ERR_INVALID},
	{"a GUID twice",
	 {{.name = "a", .protocol = 1, .guid = {1}},
	  {.name = "b"},
	  {.name = "c", .protocol = 2, .guid = {1}}},
	 ERR_INVALID},
	{"a GUID twice that begins with zeros",
	 {{.name = "a", .protocol = 1, .guid = {[15] = 1}},
	  {.name = "b"},
	  {.name = "c", .protocol = 2, .guid = {[15] = 1}}},
	 ERR_INVALID},
	{"GUIDs that differ at the end",
	 {{.name = "a", .protocol = 1, .guid = {1, [15] = 1}},
	  {.name = "b"},
	  {.name = "c", .protocol = 2, .guid = {1}}},
	 ERR_OK},
	{"Keel's own GUID",
	 {{.name = "a", .protocol = 1},
	  {.name = "b"},
	  {.name = "c", .protocol = 2, .guid = SVSM_MANIFEST_KEEL_GUID}},
	 ERR_INVALID},
	{"Keel's own protocol",
	 {{.name = "a", .protocol = SVSM_PROTOCOL_KEEL},
	  {.name = "b", .protocol = 1},
	  {.name = "c"}},
	 ERR_INVALID},
	{"a name twice",
	 {{.name = "a", .protocol = 1}, {.name = "b", .protocol = 2}, {.name = "a", .protocol = 3}},
	 ERR_INVALID},
	{"a name too long to tell from another",
	 {{.name = "abcdefghijklmnopq", .protocol = 1},
	  {.name = "b", .protocol = 2},
	  {.name = "abcdefghijklmnopr", .protocol = 3}},
	 ERR_INVALID},
};

TEST(refuses)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		ROW(rows[i].name);
		CHECK_EQ(service_check(rows[i].table, ARRAY_SIZE(rows[i].table)), rows[i].want);
	}
}

TEST(room)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g",
					    "h", "i", "j", "k", "l", "m"};
	static struct service_entry table[MANY];

	_Static_assert(ARRAY_SIZE(names) == MANY, "a name each");

	for (unsigned int i = 0; i < MANY; i++) {
		table[i] = (struct service_entry){.name = names[i], .protocol = i};
	}
	CHECK_EQ(service_check(table, MANY - 1), ERR_OK);
	CHECK_EQ(service_check(table, MANY), ERR_INVALID);
	CHECK_EQ(service_check(table, UINT32_MAX), ERR_INVALID);
	CHECK_EQ(service_check(table, 0), ERR_OK);
}

TEST(own_table)
{
	CHECK(service_table_count > 0);
	CHECK_EQ(service_check(service_table, service_table_count), ERR_OK);
}

UNIT_MAIN(CASE(refuses), CASE(room), CASE(own_table))
