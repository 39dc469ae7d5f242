/* SPDX-License-Identifier: MIT */
/*
 * Runs one fuzz target without libFuzzer: every input of its corpus first,
 * then seeded mutations of them. What a target finds wrong it says by
 * abort(), so that reaching the end is the success.
 *
 *	fuzz-NAME [-s SEED] [-n MUTATIONS] [FILE...]
 *
 * Without FILE the corpus is $BMS_SRCDIR/tests/fuzz/corpus/NAME. A file
 * whose name ends in .hex holds one input a line, as hexadecimal digits
 * (spaces and everything from # on ignored); any other file is one input.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX 65536u
#define INPUTS_MAX 4096u
#define MUTATIONS 4000u

struct input {
	uint8_t *data;
	size_t size;
};

struct corpus {
	struct input input[INPUTS_MAX];
	size_t n;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* splitmix64 */
static uint64_t random_next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t random_below(uint64_t *seed, size_t limit)
{
	return (size_t)(random_next(seed) % limit);
}

/* The target sees exactly size bytes, so that a sanitizer or valgrind sees
 * a read of one byte more. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int add(struct corpus *corpus, const uint8_t *data, size_t size)
{
	struct input *input;

	if (corpus->n == INPUTS_MAX)
		return -ENOSPC;
	input = &corpus->input[corpus->n];
	input->data = malloc(size ? size : 1);
	if (!input->data)
		return -ENOMEM;
	if (size)
		memcpy(input->data, data, size);
	input->size = size;
	corpus->n++;
	return 0;
}

static int hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A line's bytes, over the line itself; -EINVAL for what is not hex. */
static int hex_line(char *line, size_t *ret_size)
{
	uint8_t *out = (uint8_t *)line;
	size_t n = 0;
	int high = -1;

	for (const char *p = line; *p && *p != '#'; p++) {
		int digit = hex_digit((unsigned char)*p);

		if (isspace((unsigned char)*p))
			continue;
		if (digit < 0)
			return -EINVAL;
		if (high < 0) {
			high = digit;
			continue;
		}
		out[n++] = (uint8_t)(high << 4 | digit);
		high = -1;
	}
	if (high >= 0)
		return -EINVAL;
	*ret_size = n;
	return 0;
}

static int add_hex_file(struct corpus *corpus, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	size_t size;
	int r = 0;

	while (!r && getline(&line, &room, file) >= 0) {
		r = hex_line(line, &size);
		if (!r && size)
			r = add(corpus, (const uint8_t *)line, size);
	}
	free(line);
	return r;
}

static int add_raw_file(struct corpus *corpus, FILE *file)
{
	uint8_t *data = malloc(INPUT_MAX);
	size_t size;
	int r;

	if (!data)
		return -ENOMEM;
	size = fread(data, 1, INPUT_MAX, file);
	r = add(corpus, data, size);
	free(data);
	return r;
}

static int add_file(struct corpus *corpus, const char *path)
{
	size_t length = strlen(path);
	FILE *file = fopen(path, "re");
	int r;

	if (!file)
		return -errno;
	if (length > 4 && !strcmp(path + length - 4, ".hex"))
		r = add_hex_file(corpus, file);
	else
		r = add_raw_file(corpus, file);
	fclose(file);
	return r;
}

static int add_directory(struct corpus *corpus, const char *path)
{
	struct dirent **entry = NULL;
	int n = scandir(path, &entry, NULL, alphasort);
	int r = n < 0 ? -errno : 0;

	for (int i = 0; i < n; i++) {
		char *full = NULL;

		if (!r && entry[i]->d_name[0] != '.') {
			if (asprintf(&full, "%s/%s", path,
				     entry[i]->d_name) < 0)
				abort();
			r = add_file(corpus, full);
			free(full);
		}
		free(entry[i]);
	}
	free(entry);
	return r;
}

/* One change: a bit, a byte, a piece left out, doubled, or taken from
 * another input. Returns the new size, at most INPUT_MAX. */
static size_t mutate_once(const struct corpus *corpus, uint64_t *seed,
			  uint8_t *data, size_t size)
{
	const struct input *other;
	size_t at;
	size_t n;

	if (!size) {
		data[0] = (uint8_t)random_next(seed);
		return 1;
	}
	at = random_below(seed, size);
	n = 1 + random_below(seed, size - at);
	switch (random_below(seed, 6)) {
	case 0:
		data[at] ^= (uint8_t)(1u << random_below(seed, 8));
		return size;
	case 1:
		data[at] = (uint8_t)random_next(seed);
		return size;
	case 2:
		data[at] = random_next(seed) & 1 ? 0xff : 0x00;
		return size;
	case 3:
		memmove(data + at, data + at + n, size - at - n);
		return size - n;
	case 4:
		if (n > INPUT_MAX - size)
			n = INPUT_MAX - size;
		memmove(data + at + n, data + at, size - at);
		return size + n;
	}
	other = &corpus->input[random_below(seed, corpus->n)];
	n = other->size < INPUT_MAX - at ? other->size : INPUT_MAX - at;
	memcpy(data + at, other->data, n);
	return at + n > size ? at + n : size;
}

static void run_mutations(const struct corpus *corpus, uint64_t seed,
			  unsigned long mutations)
{
	static uint8_t data[INPUT_MAX];

	for (unsigned long i = 0; i < mutations; i++) {
		size_t pick = random_below(&seed, corpus->n);
		size_t size = corpus->input[pick].size;
		size_t changes = 1 + random_below(&seed, 8);

		memcpy(data, corpus->input[pick].data, size);
		while (changes--)
			size = mutate_once(corpus, &seed, data, size);
		run(data, size);
	}
}

static int fill(struct corpus *corpus, const char *name, char **file,
		int n_files)
{
	const char *dir = getenv("BMS_SRCDIR");
	char path[1024];
	int r = 0;

	for (int i = 0; i < n_files && !r; i++) {
		r = add_file(corpus, file[i]);
		if (r)
			fprintf(stderr, "%s: %s\n", file[i], strerror(-r));
	}
	if (n_files)
		return r;
	if (!strncmp(name, "fuzz-", 5))
		name += 5;
	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
		 dir ? dir : ".", name);
	r = add_directory(corpus, path);
	if (r)
		fprintf(stderr, "%s: %s\n", path, strerror(-r));
	return r;
}

int main(int argc, char **argv)
{
	static struct corpus corpus;
	const char *text = getenv("BMS_TEST_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);
	unsigned long mutations = MUTATIONS;
	int option;

	while ((option = getopt(argc, argv, "s:n:")) != -1) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 'n')
			mutations = strtoul(optarg, NULL, 0);
		else
			return EXIT_FAILURE;
	}
	if (fill(&corpus, basename(argv[0]), argv + optind, argc - optind))
		return EXIT_FAILURE;
	if (!corpus.n) {
		fprintf(stderr, "%s: no input in the corpus\n", argv[0]);
		return EXIT_FAILURE;
	}
	printf("%zu inputs, %lu mutations, seed %llu (-s)\n", corpus.n,
	       mutations, (unsigned long long)seed);
	fflush(stdout);
	for (size_t i = 0; i < corpus.n; i++)
		run(corpus.input[i].data, corpus.input[i].size);
	run_mutations(&corpus, seed, mutations);
	for (size_t i = 0; i < corpus.n; i++)
		free(corpus.input[i].data);
	printf("100%%: Checks: 1, Failures: 0, Errors: 0\n");
	return EXIT_SUCCESS;
}
