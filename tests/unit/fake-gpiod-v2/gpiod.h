/* SPDX-License-Identifier: MIT */
/*
 * The part of libgpiod 2.x that gpio/gpiod_v2.c uses, so that its tests run
 * where only libgpiod 1.6 is installed. fake_gpiod_v2_same.c compares it
 * with the real header in every build against libgpiod 2.
 */
#ifndef BMS_TESTS_FAKE_GPIOD_V2_H
#define BMS_TESTS_FAKE_GPIOD_V2_H

#include <stdbool.h>
#include <stddef.h>

#ifndef FAKE_GPIOD_V2_PROTOTYPES_ONLY
enum gpiod_line_value {
	GPIOD_LINE_VALUE_ERROR = -1,
	GPIOD_LINE_VALUE_INACTIVE,
	GPIOD_LINE_VALUE_ACTIVE,
};

enum gpiod_line_direction {
	GPIOD_LINE_DIRECTION_AS_IS = 1,
	GPIOD_LINE_DIRECTION_INPUT,
	GPIOD_LINE_DIRECTION_OUTPUT,
};

enum gpiod_line_edge {
	GPIOD_LINE_EDGE_NONE = 1,
	GPIOD_LINE_EDGE_RISING,
	GPIOD_LINE_EDGE_FALLING,
	GPIOD_LINE_EDGE_BOTH,
};

enum gpiod_line_bias {
	GPIOD_LINE_BIAS_AS_IS = 1,
	GPIOD_LINE_BIAS_UNKNOWN,
	GPIOD_LINE_BIAS_DISABLED,
	GPIOD_LINE_BIAS_PULL_UP,
	GPIOD_LINE_BIAS_PULL_DOWN,
};

enum gpiod_line_drive {
	GPIOD_LINE_DRIVE_PUSH_PULL = 1,
	GPIOD_LINE_DRIVE_OPEN_DRAIN,
	GPIOD_LINE_DRIVE_OPEN_SOURCE,
};
#endif

struct gpiod_chip;
struct gpiod_chip_info;
struct gpiod_line_info;
struct gpiod_line_settings;
struct gpiod_line_config;
struct gpiod_request_config;
struct gpiod_line_request;
struct gpiod_edge_event_buffer;

struct gpiod_chip *gpiod_chip_open(const char *);
void gpiod_chip_close(struct gpiod_chip *);
struct gpiod_chip_info *gpiod_chip_get_info(struct gpiod_chip *);
struct gpiod_line_info *gpiod_chip_get_line_info(struct gpiod_chip *,
						 unsigned int);
struct gpiod_line_request *
gpiod_chip_request_lines(struct gpiod_chip *, struct gpiod_request_config *,
			 struct gpiod_line_config *);

void gpiod_chip_info_free(struct gpiod_chip_info *);
const char *gpiod_chip_info_get_label(struct gpiod_chip_info *);
size_t gpiod_chip_info_get_num_lines(struct gpiod_chip_info *);

void gpiod_line_info_free(struct gpiod_line_info *);
const char *gpiod_line_info_get_name(struct gpiod_line_info *);
const char *gpiod_line_info_get_consumer(struct gpiod_line_info *);
enum gpiod_line_direction
gpiod_line_info_get_direction(struct gpiod_line_info *);

struct gpiod_line_settings *gpiod_line_settings_new(void);
void gpiod_line_settings_free(struct gpiod_line_settings *);
int gpiod_line_settings_set_direction(struct gpiod_line_settings *,
				      enum gpiod_line_direction);
int gpiod_line_settings_set_edge_detection(struct gpiod_line_settings *,
					   enum gpiod_line_edge);
int gpiod_line_settings_set_bias(struct gpiod_line_settings *,
				 enum gpiod_line_bias);
int gpiod_line_settings_set_drive(struct gpiod_line_settings *,
				  enum gpiod_line_drive);
int gpiod_line_settings_set_output_value(struct gpiod_line_settings *,
					 enum gpiod_line_value);

struct gpiod_line_config *gpiod_line_config_new(void);
void gpiod_line_config_free(struct gpiod_line_config *);
int gpiod_line_config_add_line_settings(struct gpiod_line_config *,
					const unsigned int *, size_t,
					struct gpiod_line_settings *);

struct gpiod_request_config *gpiod_request_config_new(void);
void gpiod_request_config_free(struct gpiod_request_config *);
void gpiod_request_config_set_consumer(struct gpiod_request_config *,
				       const char *);

void gpiod_line_request_release(struct gpiod_line_request *);
enum gpiod_line_value
gpiod_line_request_get_value(struct gpiod_line_request *, unsigned int);
int gpiod_line_request_reconfigure_lines(struct gpiod_line_request *,
					 struct gpiod_line_config *);
int gpiod_line_request_get_fd(struct gpiod_line_request *);
int gpiod_line_request_read_edge_events(struct gpiod_line_request *,
					struct gpiod_edge_event_buffer *,
					size_t);

struct gpiod_edge_event_buffer *gpiod_edge_event_buffer_new(size_t);
void gpiod_edge_event_buffer_free(struct gpiod_edge_event_buffer *);

#endif
