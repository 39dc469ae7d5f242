/* SPDX-License-Identifier: MIT */
/* H2: what a holder and who asks it say to each other. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/hold_wire.h"
#include "tests/unit/unit.h"

/* The message, both ways and in every length. */
START_TEST(messages_are_read_as_they_were_written)
{
	struct hold_message m = {
		HOLD_LINE,
		{ "/dev/gpiochip0", 17, GPIO_ABI_V2, 3 },
		{ UINT64_C(0x0123456789abcdef) },
	};
	uint8_t bytes[HOLD_MESSAGE_SIZE + 1];
	struct hold_message is;
	size_t len = hold_message_encode(&m, bytes);

	ck_assert_int_eq(hold_message_decode(bytes, len, &is), 0);
	ck_assert_int_eq(is.word, HOLD_LINE);
	ck_assert_str_eq(is.line.chip, m.line.chip);
	ck_assert_uint_eq(is.line.offset, 17);
	ck_assert_int_eq(is.line.abi, GPIO_ABI_V2);
	ck_assert_int_eq(is.line.fd, -1);
	ck_assert_uint_eq(is.until.us, m.until.us);
	for (size_t n = 0; n <= 19; n++)
		ck_assert_int_eq(hold_message_decode(bytes, n, &is),
				 -EBADMSG);
	bytes[25] = '\0';
	ck_assert_int_eq(hold_message_decode(bytes, len, &is), -EBADMSG);
	bytes[6] = GPIO_ABI_COUNT;
	bytes[25] = 'x';
	ck_assert_int_eq(hold_message_decode(bytes, len, &is), -EBADMSG);
	/* The longest path, and one more. */
	memset(m.line.chip, 'c', sizeof(m.line.chip) - 1);
	len = hold_message_encode(&m, bytes);
	ck_assert_uint_eq(len, HOLD_MESSAGE_SIZE - 1);
	ck_assert_int_eq(hold_message_decode(bytes, len, &is), 0);
	ck_assert_uint_eq(strlen(is.line.chip), BMS_PATH_SIZE - 1);
	bytes[len] = 'c';
	ck_assert_int_eq(hold_message_decode(bytes, len + 1, &is), -EBADMSG);
	for (m.word = HOLD_ASK; m.word < HOLD_LINE; m.word++) {
		len = hold_message_encode(&m, bytes);
		ck_assert_int_eq(hold_message_decode(bytes, len, &is), 0);
		ck_assert_int_eq(is.word, m.word);
	}
}
END_TEST

/* H1: two descriptors are one too many, and neither stays open */
START_TEST(a_word_with_two_descriptors_is_none)
{
	const int lines[] = { STDERR_FILENO, STDERR_FILENO };
	union {
		char buf[CMSG_SPACE(sizeof(lines))];
		struct cmsghdr align;
	} control = { .buf = "" };
	uint8_t bytes[HOLD_MESSAGE_SIZE];
	struct hold_message m = { .word = HOLD_TAKE };
	struct iovec part = { bytes, hold_message_encode(&m, bytes) };
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *with = CMSG_FIRSTHDR(&header);
	int ends[2], before, with_it;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	with->cmsg_level = SOL_SOCKET;
	with->cmsg_type = SCM_RIGHTS;
	with->cmsg_len = CMSG_LEN(sizeof(lines));
	memcpy(CMSG_DATA(with), lines, sizeof(lines));
	ck_assert_int_gt(sendmsg(ends[0], &header, 0), 0);
	before = dup(STDERR_FILENO);
	close(before);
	ck_assert_int_eq(hold_receive(ends[1], &m, &with_it), -EBADMSG);
	ck_assert_int_eq(with_it, -1);
	with_it = dup(STDERR_FILENO);
	ck_assert_int_eq(with_it, before);
	close(with_it);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hold: messages");
	TCase *tc = tcase_create("messages");

	tcase_add_test(tc, messages_are_read_as_they_were_written);
	tcase_add_test(tc, a_word_with_two_descriptors_is_none);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
