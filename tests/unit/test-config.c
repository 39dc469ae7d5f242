/* SPDX-License-Identifier: MIT */
/*
 * The configuration file (requirement I1): every mistake is told with file,
 * line, key and what is allowed, all of them at once, and nothing of a bad
 * file is taken. Also that the shipped file and the manual page say what
 * the settings table says.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config.h"

enum { SAID_SIZE = 1 << 16 };

static char said[SAID_SIZE];

/* Reads len bytes as the file "bms.conf"; what is told goes to said. */
static int read_bytes(const char *text, size_t len, struct settings *s)
{
	FILE *file = tmpfile();
	FILE *errors = fmemopen(said, sizeof(said), "w");
	int result;

	memset(said, 0, sizeof(said));
	ck_assert(file && errors);
	ck_assert_uint_eq(fwrite(text, 1, len, file), len);
	rewind(file);
	result = config_read(file, "bms.conf", s, errors);
	fclose(file);
	fclose(errors);
	return result;
}

static int read_text(const char *text, struct settings *s)
{
	return read_bytes(text, strlen(text), s);
}

#define RACK \
	"[bus rack]\n" \
	"device = /dev/rack\n" \
	"protocol = jk-pb\n" \
	"addresses = 1-4\n"
#define VALID "[general]\nbatteries = 4\n" RACK

START_TEST(a_good_file_is_taken_without_a_word)
{
	struct settings s;

	ck_assert_int_eq(read_text(VALID
		"; a remark\n"
		"# another = one\n"
		"\n"
		"[protection]\n"
		"  cell-low = 2.75   ; indented, with a remark\n"
		"\tcell-high=3.70\n"
		"[gpio]\n"
		"pre-alarm =          ; not fitted\n"
		"[inverter]\n", &s), 0);
	ck_assert_str_eq(said, "");
	ck_assert_int_eq(s.general.batteries, 4);
	ck_assert_int_eq(s.protection.cell_low_mv, 2750);
	ck_assert_int_eq(s.protection.cell_high_mv, 3700);
	ck_assert_str_eq(s.gpio.line[LINE_PRE_ALARM], "");
	ck_assert_str_eq(s.bus[0].device, "/dev/rack");
	ck_assert(s.inverter.present);
	ck_assert_str_eq(s.inverter.device, "/dev/vebus-mk3");
}
END_TEST

START_TEST(a_file_from_windows_is_taken)
{
	struct settings s;

	ck_assert_int_eq(read_text("\xef\xbb\xbf[general]\r\n"
		"batteries = 4\r\n"
		"[bus rack]\r\n"
		"device = /dev/rack\r\n"
		"protocol = jk-pb\r\n"
		"addresses = 1-4", &s), 0);
	ck_assert_str_eq(said, "");
	ck_assert_str_eq(s.bus[0].device, "/dev/rack");
	ck_assert_uint_eq(s.bus[0].n_addresses, 4);
}
END_TEST

#define LETTERS "0123456789abcdefghijklmnopqrstuvwxyz/_-+"
#define LONG_LETTERS LETTERS LETTERS LETTERS LETTERS LETTERS LETTERS

static const struct {
	const char *text;
	const char *says; /* all of it */
} mistakes[] = {
	{ "[general]\nbatteries = four\n" RACK,
	  "bms.conf:2: batteries: \"four\" is not a number; allowed: 1 to "
	  "2048\n" },
	{ VALID "[protection]\ncell-low = 2.81\n",
	  "bms.conf:8: cell-low: \"2.81\" is too high; allowed: 2.60 to 2.80 "
	  "V\n" },
	{ VALID "[protection]\ncell-hihg = 3.7\n",
	  "bms.conf:8: cell-hihg: no such key; cell-high was probably "
	  "meant\n" },
	{ VALID "[protecton]\ncell-low = 2.7\nx = y\n",
	  "bms.conf:7: [protecton]: no such section; [protection] was "
	  "probably meant\n" },
	{ "batteries = 4\n" VALID,
	  "bms.conf:1: batteries: stands before any [section]\n" },
	{ VALID "addresses = 5\n",
	  "bms.conf:7: addresses: given twice, first on line 6; allowed: "
	  "each key once in its section\n" },
	{ VALID "[general]\nself-isolating = no\n",
	  "bms.conf:7: [general]: given twice, first on line 1; allowed: "
	  "each section once\n" },
	{ VALID RACK,
	  "bms.conf:7: [bus rack]: given twice, first on line 3; allowed: "
	  "each section once\n" },
	{ VALID "cell-low 2.7\n",
	  "bms.conf:7: this is neither \"[section]\" nor \"key = value\"\n" },
	{ VALID "cell-low ; = 2.7\n",
	  "bms.conf:7: this is neither \"[section]\" nor \"key = value\"\n" },
	{ VALID "[gpio\nchip = virtual\n",
	  "bms.conf:7: a section is written \"[name]\" with nothing else on "
	  "the line\n" },
	{ VALID "[gpio] chip = virtual\n",
	  "bms.conf:7: a section is written \"[name]\" with nothing else on "
	  "the line\n" },
	{ VALID "[ gpio ]\n",
	  "bms.conf:7: [ gpio ]: no such section; [gpio] was probably "
	  "meant\n" },
	{ VALID "[bus]\n",
	  "bms.conf:7: [bus]: a bus needs a name: [bus NAME]\n" },
	{ VALID "[bus a-name-that-is-too-long-for-a-section-of-this-file]\n",
	  "bms.conf:7: the name of the section is too long; allowed: up to "
	  "49 characters\n" },
	{ VALID "[capture]\nfile = /" LONG_LETTERS "\n",
	  "bms.conf:8: the line is too long; allowed: up to 198 "
	  "characters\n" },
	{ VALID "[capture]\nfile = /a\x01" "b\n",
	  "bms.conf:8: a control character; allowed: text\n" },
	{ VALID "[gpio]\nchip = virtual # simulation\n",
	  "bms.conf:8: chip: \"virtual # simulation\" holds what looks like "
	  "a comment; write \" ;\" before one; allowed: a path or name of up "
	  "to 255 characters\n" },
	/* what only the whole shows: the line of the key, of its section,
	 * or the file */
	{ "[general]\nbatteries = 5\n" RACK,
	  "bms.conf:2: batteries: 5 batteries are wanted, but the buses "
	  "have 4 addresses together; both must be the same number\n" },
	{ "[general]\n" RACK,
	  "bms.conf:1: batteries: is missing; allowed: 1 to 2048\n" },
	{ RACK,
	  "bms.conf: [general] batteries: is missing; allowed: 1 to 2048\n" },
	{ "[general]\nbatteries = 4\n",
	  "bms.conf: there is no [bus NAME] section; allowed: 1 to 64 of "
	  "them, one for each tty that batteries are on\n" },
	{ "",
	  "bms.conf: there is no [bus NAME] section; allowed: 1 to 64 of "
	  "them, one for each tty that batteries are on\n"
	  "bms.conf: [general] batteries: is missing; allowed: 1 to 2048\n" },
	{ "[general]\nbatteries = 4\n[bus rack]\ndevice = /dev/rack\n"
	  "protocol = jk-pb\n",
	  "bms.conf:3: addresses: is missing; allowed: up to 32 numbers and "
	  "ranges such as 1-4,7\n" },
	{ VALID "[protection]\n\n\ncell-high-clear = 3.65\ncell-high = 3.69\n",
	  "bms.conf:11: cell-high: cell-high (3.69 V) must be above "
	  "cell-high-clear (3.65 V) by 0.05 V or more\n" },
	/* the default of the other one contradicts: named where written */
	{ VALID "[protection]\ncell-pre-alarm = 3.15\n\ncell-low-clear = "
	  "3.19\n",
	  "bms.conf:10: cell-low-clear: cell-low-clear (3.19 V) must be "
	  "above cell-pre-alarm (3.15 V) by 0.05 V or more\n" },
	{ VALID "[battery-monitor]\ndischarge-floor = 20\n",
	  "bms.conf:8: discharge-floor: low-soc-warning (12 %) must be above "
	  "discharge-floor (20 %) by 1 % or more\n" },
	/* all at once */
	{ "[general]\nbatteries = 0\nvoltage = 12\n[gipo]\nchip = virtual\n"
	  "[protection]\nlost-alarm = 31\nlost-alarm\n",
	  "bms.conf:2: batteries: \"0\" is too low; allowed: 1 to 2048\n"
	  "bms.conf:3: voltage: no such key; this section knows batteries, "
	  "nominal-voltage, self-isolating\n"
	  "bms.conf:4: [gipo]: no such section; [gpio] was probably meant\n"
	  "bms.conf:7: lost-alarm: \"31\" is too high; allowed: 5 to 30 s\n"
	  "bms.conf:8: this is neither \"[section]\" nor \"key = value\"\n" },
	{ VALID "[gpio]\nheartbeat = 17\n[battery-monitor]\n"
	  "discharge-floor = 50\n",
	  "bms.conf:8: heartbeat: line 17 is already load-disconnect; "
	  "allowed: each line once\n"
	  "bms.conf:10: discharge-floor: low-soc-warning (12 %) must be "
	  "above discharge-floor (50 %) by 1 % or more\n" },
};

START_TEST(every_mistake_is_told_with_its_line)
{
	struct settings s, before;

	memset(&s, 0x5a, sizeof(s));
	before = s;
	ck_assert_int_eq(read_text(mistakes[_i].text, &s), -EINVAL);
	ck_assert_str_eq(said, mistakes[_i].says);
	ck_assert_mem_eq(&s, &before, sizeof(s));
}
END_TEST

START_TEST(a_nul_byte_hides_nothing)
{
	static const char text[] = VALID "[gpio]\nchip = virtual\0 = x\n";
	struct settings s;

	ck_assert_int_eq(read_bytes(text, sizeof(text) - 1, &s), -EINVAL);
	ck_assert_str_eq(said, "bms.conf:8: a control character; allowed: "
			 "text\n");
}
END_TEST

START_TEST(the_longest_line_is_taken_and_one_more_is_not)
{
	static const char head[] = VALID "[capture]\n";
	char text[sizeof(head) + 300];
	struct settings s;

	snprintf(text, sizeof(text), "%sfile = /%0190d", head, 0);
	ck_assert_int_eq(read_text(text, &s), 0);
	ck_assert_uint_eq(strlen(s.capture.file), 191);
	snprintf(text, sizeof(text), "%sfile = /%0191d", head, 0);
	ck_assert_int_eq(read_text(text, &s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, "bms.conf:8: the line is too "
				     "long"));
}
END_TEST

START_TEST(a_file_without_an_end_is_given_up)
{
	size_t size = (1 << 20) + 100;
	char *text = malloc(size);
	struct settings s;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', size);
	ck_assert_int_eq(read_bytes(text, size, &s), -EINVAL);
	ck_assert_str_eq(said, "bms.conf:1: the file is larger than 1 "
			 "MiB\n");
	free(text);
}
END_TEST

START_TEST(sixty_four_buses_with_all_keys_are_remembered)
{
	size_t size = 64 * 120 + 100;
	char *text = malloc(size);
	struct settings s;
	size_t n;

	ck_assert_ptr_nonnull(text);
	n = (size_t)snprintf(text, size, "[general]\nbatteries = 64\n");
	for (int i = 0; i < 64; i++)
		n += (size_t)snprintf(text + n, size - n, "[bus b%d]\n"
				      "device = /dev/b%d\nprotocol = jk-pb\n"
				      "baud = auto\naddresses = 1\n", i, i);
	ck_assert_int_eq(read_text(text, &s), 0);
	ck_assert_uint_eq(s.n_buses, 64);
	snprintf(text + n, size - n, "baud = auto\n");
	ck_assert_int_eq(read_text(text, &s), -EINVAL);
	ck_assert_str_eq(said, "bms.conf:323: baud: given twice, first on "
			 "line 321; allowed: each key once in its "
			 "section\n");
	free(text);
}
END_TEST

static char folder[] = "/tmp/test-config.XXXXXX";

static int load(const char *path, struct settings *s)
{
	FILE *errors = fmemopen(said, sizeof(said), "w");
	int result;

	memset(said, 0, sizeof(said));
	ck_assert_ptr_nonnull(errors);
	result = config_load(path, s, errors);
	fclose(errors);
	return result;
}

START_TEST(a_file_that_cannot_be_read_is_explained)
{
	struct settings s;
	char path[100];

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.conf", folder);
	ck_assert_int_eq(load(path, &s), -ENOENT);
	ck_assert_ptr_nonnull(strstr(said, "x.conf: cannot be read: No such "
				     "file or directory; give another with "
				     "-c FILE"));
	ck_assert_int_eq(load(folder, &s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, "not a regular file"));
	/* Nobody ever writes into it: must not wait. */
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(load(path, &s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, "not a regular file"));
	unlink(path);
	rmdir(folder);
}
END_TEST

/* --- what is derived from the table ------------------------------------- */

static char *read_whole(FILE *file)
{
	char *text = calloc(1, SAID_SIZE);

	ck_assert(file && text);
	ck_assert_uint_gt(fread(text, 1, SAID_SIZE - 1, file), 0);
	ck_assert(feof(file));
	return text;
}

/* ";key = value" and ";[section]" are what a remark "; words" is not. */
static void uncomment(char *text)
{
	char *to = text;
	bool start = true;

	for (char *from = text; *from; from++) {
		bool mark = start && *from == ';' && from[1] != ' ';

		start = *from == '\n';
		if (!mark)
			*to++ = *from;
	}
	*to = '\0';
}

START_TEST(the_shipped_file_works_when_its_comments_are_taken_away)
{
	FILE *shipped = unit_open("etc/vebus-bms-ng.conf");
	char *text = read_whole(shipped);
	char a[256], b[256];
	struct settings s, defaults;

	/* As it is it asks for what must be given. */
	ck_assert_int_eq(read_text(text, &s), -EINVAL);
	ck_assert_ptr_nonnull(strstr(said, "batteries: is missing"));
	ck_assert_ptr_nonnull(strstr(said, "there is no [bus NAME]"));
	uncomment(text);
	ck_assert_int_eq(read_text(text, &s), 0);
	ck_assert_str_eq(said, "");
	settings_init(&defaults);
	for (size_t i = 0; i < n_setting_rows; i++) {
		const struct setting_row *row = &setting_rows[i];

		ck_assert_ptr_nonnull(strstr(text, row->key));
		if (strcmp(row->section, "bus") == 0 || row->required)
			continue;
		settings_text(&s, row, 0, a, sizeof(a));
		settings_text(&defaults, row, 0, b, sizeof(b));
		ck_assert_str_eq(a, b);
	}
	fclose(shipped);
	free(text);
}
END_TEST

/* Both ways: no row without its entry, no entry without its row. */
START_TEST(the_manual_page_lists_the_rows_and_nothing_else)
{
	FILE *man = unit_open("man/vebus-bms-ng.conf.5.in");
	char line[512], section[64] = "", key[64], mark;
	unsigned int n = 0;

	ck_assert_ptr_nonnull(man);
	while (fgets(line, sizeof(line), man)) {
		if (sscanf(line, ".Ss Section %63[a-z-]%c", section, &mark) > 0)
			continue;
		if (sscanf(line, ".It Cm %63s", key) != 1)
			continue;
		ck_assert_msg(settings_row(section, key) != NULL, "%s/%s",
			      section, key);
		ck_assert_ptr_eq(settings_row(section, key),
				 &setting_rows[n]);
		n++;
	}
	ck_assert_uint_eq(n, n_setting_rows);
	fclose(man);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *c = tcase_create("config");

	tcase_add_test(c, a_good_file_is_taken_without_a_word);
	tcase_add_test(c, a_file_from_windows_is_taken);
	tcase_add_loop_test(c, every_mistake_is_told_with_its_line, 0,
			    (int)ARRAY_SIZE(mistakes));
	tcase_add_test(c, a_nul_byte_hides_nothing);
	tcase_add_test(c, the_longest_line_is_taken_and_one_more_is_not);
	tcase_add_test(c, a_file_without_an_end_is_given_up);
	tcase_add_test(c, sixty_four_buses_with_all_keys_are_remembered);
	tcase_add_test(c, a_file_that_cannot_be_read_is_explained);
	tcase_add_test(c,
		the_shipped_file_works_when_its_comments_are_taken_away);
	tcase_add_test(c, the_manual_page_lists_the_rows_and_nothing_else);
	tcase_set_timeout(c, 60);
	suite_add_tcase(suite, c);
	return unit_run(suite);
}
