/* SPDX-License-Identifier: MIT */
/*
 * What an advertisement of Instant Readout says, by the record's published
 * layout and the kernel's AES:
 *
 *	readout KEY < ADVERTISEMENTS
 *
 * KEY and each line are hex; a line is what stands behind the company. Prints
 * a line for each, "NAME=VALUE" words: counter, product, then what the record
 * 0x0A (BMS) holds, "-" where it is not available. Exit status 1 where a line
 * is not such a record or not of that key.
 */
#include <errno.h>
#include <linux/if_alg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))

enum {
	KEY_SIZE = 16,
	BLOCK = 16,
	HEADER = 8, /* 0x10, flags, product, type, counter, first of the key */
	LINE = 2 * (HEADER + BLOCK),
	TYPE_BMS = 0x0a,
};

enum kind {
	NUMBER,
	YES_NO, /* 0 not available, 1 yes, 2 no */
	LEVEL, /* 0 not supported, 1 ok, 2 warning, 3 alarm */
};

/* By bit from the payload's start; a value is shown as (raw + offset) /
 * 10^decimals. */
static const struct field {
	const char *name;
	unsigned int start;
	unsigned int bits;
	enum kind kind;
	bool is_signed;
	uint32_t none; /* where it is not available */
	int offset;
	int decimals;
} fields[] = {
	{ "error", 0, 8, NUMBER, false, UINT32_MAX, 0, 0 },
	{ "minutes", 8, 16, NUMBER, false, 0xffff, 0, 0 },
	{ "voltage", 24, 16, NUMBER, true, 0x7fff, 0, 2 },
	{ "current", 40, 16, NUMBER, true, 0x7fff, 0, 1 },
	{ "contactor", 56, 2, YES_NO, false, 0, 0, 0 },
	{ "charge", 58, 2, YES_NO, false, 0, 0, 0 },
	{ "discharge", 60, 2, YES_NO, false, 0, 0, 0 },
	{ "remote", 66, 2, YES_NO, false, 0, 0, 0 },
	{ "cell-low", 72, 2, LEVEL, false, 0, 0, 0 },
	{ "current-high", 74, 2, LEVEL, false, 0, 0, 0 },
	{ "cable", 80, 2, LEVEL, false, 0, 0, 0 },
	{ "load-disconnect", 82, 2, LEVEL, false, 0, 0, 0 },
	{ "soc-low", 84, 2, LEVEL, false, 0, 0, 0 },
	{ "hot", 88, 2, LEVEL, false, 0, 0, 0 },
	{ "soc", 90, 10, NUMBER, false, 0x3ff, 0, 1 },
	{ "consumed", 100, 20, NUMBER, false, 0xfffff, 0, 1 },
	{ "temperature", 120, 7, NUMBER, false, 0x7f, -40, 0 },
};

static const char *const words[][4] = {
	[YES_NO] = { "-", "yes", "no", "3" },
	[LEVEL] = { "-", "ok", "warning", "alarm" },
};

/* One block by ecb(aes): af_alg, Documentation/crypto/userspace-if.rst. */
static int encrypt(const uint8_t key[KEY_SIZE], uint8_t in[BLOCK],
		   uint8_t out[BLOCK])
{
	static const struct sockaddr_alg name = {
		.salg_family = AF_ALG,
		.salg_type = "skcipher",
		.salg_name = "ecb(aes)",
	};
	union {
		char bytes[CMSG_SPACE(sizeof(uint32_t))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	struct iovec iov = { in, BLOCK };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	uint32_t operation = ALG_OP_ENCRYPT;
	int fd = socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int op = -1;
	bool done;

	header->cmsg_level = SOL_ALG;
	header->cmsg_type = ALG_SET_OP;
	header->cmsg_len = CMSG_LEN(sizeof(operation));
	memcpy(CMSG_DATA(header), &operation, sizeof(operation));
	if (fd >= 0 &&
	    bind(fd, (const struct sockaddr *)&name, sizeof(name)) == 0 &&
	    setsockopt(fd, SOL_ALG, ALG_SET_KEY, key, KEY_SIZE) == 0)
		op = accept(fd, NULL, 0);
	done = op >= 0 && sendmsg(op, &message, 0) == BLOCK &&
		read(op, out, BLOCK) == BLOCK;
	if (!done)
		perror("ecb(aes)");
	if (op >= 0)
		close(op);
	if (fd >= 0)
		close(fd);
	return done ? 0 : -EIO;
}

static uint32_t bits(const uint8_t *payload, unsigned int start,
		     unsigned int n)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < n; i++)
		value |= (uint32_t)(payload[(start + i) / 8] >>
				    (start + i) % 8 & 1) << i;
	return value;
}

static void print_number(const struct field *field, uint32_t raw)
{
	long value = (long)raw + field->offset;
	long scale = 1;

	if (field->is_signed && raw >> (field->bits - 1))
		value -= 1L << field->bits;
	for (int i = 0; i < field->decimals; i++)
		scale *= 10;
	printf("%.*f", field->decimals, (double)value / (double)scale);
}

static void print_record(const uint8_t *bytes, const uint8_t *payload)
{
	printf("counter=%u product=%02x%02x", bytes[5] | bytes[6] << 8,
	       bytes[3], bytes[2]);
	for (size_t i = 0; i < N_ELEMENTS(fields); i++) {
		uint32_t raw = bits(payload, fields[i].start, fields[i].bits);

		printf(" %s=", fields[i].name);
		if (fields[i].kind != NUMBER)
			printf("%s", words[fields[i].kind][raw]);
		else if (raw == fields[i].none)
			printf("-");
		else
			print_number(&fields[i], raw);
	}
	printf("\n");
}

/* Exactly n bytes of hex. */
static int parse(const char *hex, size_t n, uint8_t *bytes)
{
	if (strspn(hex, "0123456789abcdef") != 2 * n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		(void)sscanf(hex + 2 * i, "%2hhx", &bytes[i]);
	return 0;
}

static int decode(const uint8_t key[KEY_SIZE], const char *line)
{
	uint8_t bytes[HEADER + BLOCK];
	uint8_t nonce[BLOCK] = { 0 };
	uint8_t payload[BLOCK];

	if (parse(line, sizeof(bytes), bytes) < 0 || bytes[0] != 0x10 ||
	    bytes[4] != TYPE_BMS || bytes[7] != key[0])
		return -EBADMSG;
	memcpy(nonce, &bytes[5], 2);
	if (encrypt(key, nonce, payload) < 0)
		return -EIO;
	for (size_t i = 0; i < BLOCK; i++)
		payload[i] ^= bytes[HEADER + i];
	print_record(bytes, payload);
	return 0;
}

int main(int argc, char *argv[])
{
	uint8_t key[KEY_SIZE];
	char line[LINE + 16];
	int bad = 0;

	if (argc != 2 || parse(argv[1], KEY_SIZE, key) < 0)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (decode(key, line) < 0) {
			fprintf(stderr, "not of this key: %s\n", line);
			bad = 1;
		}
	}
	return bad;
}
