/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the answer to every request of every battery protocol
 * (B8, B10): what the session gives is a whole sample of an address that
 * was asked for. The same bytes as one frame for people, and through the
 * mask of the capture.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/proto/proto.h"
#include "tests/fuzz/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct proto_config base_config = {
	.n_addresses = 3,
	.addresses = { 1, 3, 15 },
};

static void check_sample(const void *data, mono_t now,
			 const struct sample *sample)
{
	const struct proto_config *config = data;

	if (!memchr(config->addresses, sample->address, config->n_addresses))
		abort();
	if (sample->n_cells < 1 || sample->n_cells > BMS_CELLS_MAX ||
	    sample->n_temperatures > BMS_TEMPERATURES_MAX)
		abort();
	if (mono_before(now, sample->time) ||
	    !memchr(sample->serial, '\0', sizeof(sample->serial)))
		abort();
}

static void run(const struct proto *proto, const uint8_t *data, size_t size)
{
	struct proto_config config = base_config;
	struct fuzz_talk talk = {
		.ops = proto->session,
		.state = malloc(proto->state_size),
		.sample = check_sample,
		.data = &config,
	};
	uint8_t *copy = malloc(size ? size : 1);
	char text[4096];

	if (!talk.state || !copy)
		abort();
	config.baud = proto->default_baud;
	memset(talk.state, 0x5a, proto->state_size);
	proto->init(talk.state, &config);
	fuzz_talk(&talk, data, size);
	if (size && proto->session->redact) {
		memcpy(copy, data, size);
		proto->session->redact(talk.state, copy, size);
	}
	proto->decode_text(data, size, text, sizeof(text));
	if (!memchr(text, '\0', sizeof(text)))
		abort();
	free(copy);
	free(talk.state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (const struct proto *proto = protos; proto->name; proto++)
		run(proto, data, size);
	return 0;
}
