/* SPDX-License-Identifier: MIT */
#include "lib/proto/proto.h"

#include <stdalign.h>
#include <string.h>

#include "lib/proto/jk_pb.h"
#include "lib/proto/jk_pb_session.h"
#include "lib/proto/jk_pb_text.h"

const struct proto protos[] = {
	{
		.name = "jk-pb",
		.title = "JK-PB over RS485",
		.default_baud = JK_PB_BAUD,
		.address_min = JK_PB_ADDRESS_MIN,
		.address_max = JK_PB_ADDRESS_MAX,
		.state_size = sizeof(struct jk_pb_bus),
		.state_align = alignof(struct jk_pb_bus),
		.cycle_ms = jk_pb_cycle_ms,
		.init = jk_pb_init,
		.session = &jk_pb_session_ops,
		.decode_text = jk_pb_decode_text,
	},
	{ .name = NULL },
};

const struct proto *proto_find(const char *name)
{
	for (const struct proto *p = protos; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}
