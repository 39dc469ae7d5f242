/* SPDX-License-Identifier: MIT */
#include "tests/unit/bus_fixture.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/bus_table.h"
#include "tests/unit/unit.h"

static void fill_settings(struct settings *s)
{
	s->general.batteries = 2;
	s->n_buses = 1;
	strcpy(s->bus[0].name, "rack");
	strcpy(s->bus[0].device, "/dev/ttyUSB0");
	strcpy(s->bus[0].protocol, "jk-pb");
	s->bus[0].n_addresses = 2;
	s->bus[0].addresses[0] = 1;
	s->bus[0].addresses[1] = 5;
	s->inverter.present = true;
	strcpy(s->gpio.line[LINE_LOAD_DISCONNECT], "17");
	strcpy(s->gpio.line[LINE_CHARGE_DISCONNECT], "27");
	strcpy(s->gpio.line[LINE_PRE_ALARM], "22");
}

static void fill_view(struct picture *p)
{
	p->state.n_batteries = 2;
	p->state.battery = p->battery;
	p->state.reason = p->reason;
	p->output.reasons = p->reason;
	p->output.batteries = 2;
	p->bus[0] = (struct view_bus){ "rack", "/dev/ttyUSB0", "jk-pb",
				       false, &p->counters[0] };
	p->bus[1] = (struct view_bus){ "inverter", "/dev/vebus-mk3", "mk3",
				       false, &p->counters[1] };
	p->view = (struct view){
		.now = { 100000000 },
		.settings = &p->settings,
		.state = &p->state,
		.output = &p->output,
		.n_buses = 2,
		.bus = p->bus,
		.inverter = &p->inverter,
		.mode = BMS_MODE_ON,
		.lines_ok = true,
		.lines_virtual = true,
	};
}

void picture_fill_unknown(struct picture *picture)
{
	memset(picture, 0, sizeof(*picture));
	fill_settings(&picture->settings);
	fill_view(picture);
	picture->reason[0] = (struct reason){ .kind = REASON_UNKNOWN,
		.battery = 1, .forbids_charge = true,
		.forbids_discharge = true };
	picture->reason[1] = picture->reason[0];
	picture->reason[1].battery = 2;
	picture->output.n_reasons = 2;
}

static void fill_battery(struct bms_battery *battery, uint32_t number)
{
	struct sample *s = &battery->sample;

	battery->used = true;
	battery->online = true;
	s->time = (mono_t){ 100000000 - number * 250000 };
	snprintf(s->serial, sizeof(s->serial), "JK-%04u", number);
	strcpy(s->model, "JK_PB2A16S20P");
	strcpy(s->firmware, "15.38");
	s->n_cells = 8;
	for (uint32_t i = 0; i < s->n_cells; i++)
		s->cell_mv[i] = (uint16_t)(3200 + i);
	s->n_temperatures = 3;
	s->temperature[0] = (struct sample_temperature){ TEMPERATURE_CELL,
							 known_i32(215) };
	s->temperature[1] = (struct sample_temperature){ TEMPERATURE_CELL,
							 known_i32(-12) };
	s->temperature[2] = (struct sample_temperature){ TEMPERATURE_MOS,
							 known_i32(430) };
	s->voltage_mv = known_i32(25630);
	s->current_ma = known_i32(-10500);
	s->soc_permille = known_i32(115);
	s->design_mah = known_i32(280000);
	s->cycles = known_i32(12);
	s->charge_switch_on = known_i32(1);
	s->discharge_switch_on = known_i32(0);
	s->balancing = known_i32(1);
}

static void fill_bank(struct bms_output *o)
{
	o->atc_high = true;
	o->atd_high = false;
	o->pre_alarm_high = true;
	o->codes = CODE_BIT(CODE_W_B07) | CODE_BIT(CODE_A_B01);
	o->remote_on = true;
	o->cells = 16;
	o->series = 1;
	o->parallel = 2;
	o->nominal_mv = known_i32(25600);
	o->capacity_mah = known_i32(560000);
	o->voltage_mv = known_i32(25600);
	o->current_ma = known_i32(-21000);
	o->soc_permille = known_i32(115);
	o->min_cell = (struct bms_extreme){ known_i32(2791), 2, 7 };
	o->max_cell = (struct bms_extreme){ known_i32(3207), 1, 8 };
	o->min_temperature = (struct bms_extreme){ known_i32(-12), 1, 2 };
	o->max_temperature = (struct bms_extreme){ known_i32(215), 1, 1 };
	o->charge_limit_ma = known_i32(168000);
	o->discharge_limit_ma = known_i32(0);
}

static void fill_inverter(struct inverter_reading *r)
{
	r->connected = true;
	r->time = (mono_t){ 99900000 };
	r->n_units = 2;
	r->unit[0].firmware = known_i32(506);
	r->unit[0].written_charge_current_ma = known_i32(35000);
	r->unit[1].firmware = known_i32(506);
	r->unit[1].stored_charge_current_ma = known_i32(70000);
	r->dc_time = (mono_t){ 99800000 };
	r->dc_mv = known_i32(25550);
	r->dc_ma = known_i32(-20500);
	r->ac_time = (mono_t){ 99700000 };
	r->n_phases = 2;
	r->ac_in_mv[0] = known_i32(230100);
	r->ac_in_ma[0] = known_i32(-1610);
	r->ac_out_mv[1] = known_i32(229900);
	r->ac_out_ma[1] = known_i32(80);
	r->leds_on = known_i32(0x05);
	r->leds_blink = known_i32(0x40);
	r->alarm_bits = known_i32(0x02);
	r->bms_present = known_i32(0);
	r->dmc_present = known_i32(1);
	r->mains_present = known_i32(1);
	r->state_main = known_i32(9);
	r->state_sub = known_i32(1);
	r->error = known_i32(0);
	r->switch_time = (mono_t){ 99600000 };
	r->switch_register = known_i32(SWITCH_ACTIVE_CHARGE);
}

void picture_fill(struct picture *p)
{
	memset(p, 0, sizeof(*p));
	fill_settings(&p->settings);
	fill_view(p);
	fill_battery(&p->battery[0], 1);
	fill_battery(&p->battery[1], 2);
	p->battery[1].sample.cell_mv[6] = 2791;
	p->battery[1].forbids_discharge = true;
	fill_bank(&p->output);
	p->reason[0] = (struct reason){ .kind = REASON_CELL_LOW,
		.battery = 2, .cell = 7, .has_value = true,
		.forbids_discharge = true, .value = 2791, .limit = 2800 };
	p->reason[1] = (struct reason){ .kind = REASON_SOC_WARNING,
		.has_value = true, .value = 115, .limit = 120 };
	p->output.n_reasons = 2;
	fill_inverter(&p->inverter);
	p->bus[0].connected = true;
	p->bus[1].connected = true;
	p->counters[0] = (struct session_counters){ .requests = 1000,
		.answers = 990, .faults = { 4, 3, 2, 1, 5, 6 },
		.garbage_bytes = 77 };
	p->counters[1] = (struct session_counters){ .requests = 500,
		.answers = 500 };
	p->view.lines.high[LINE_CHARGE_DISCONNECT] = true;
	p->view.lines.high[LINE_PRE_ALARM] = true;
}

static const char bus_config[] =
	"<busconfig><type>session</type><listen>unix:path=%s/bus</listen>"
	"<auth>EXTERNAL</auth><policy context=\"default\">"
	"<allow user=\"*\"/><allow own=\"*\"/>"
	"<allow send_destination=\"*\" eavesdrop=\"true\"/>"
	"<allow eavesdrop=\"true\"/></policy>"
	"<limit name=\"max_replies_per_connection\">20000</limit>"
	"%s</busconfig>";

static void run_daemon(const struct bus_daemon *daemon, int out)
{
	char config[sizeof(daemon->dir) + 32];

	int null = open("/dev/null", O_WRONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	snprintf(config, sizeof(config), "--config-file=%s/config",
		 daemon->dir);
	execlp("dbus-daemon", "dbus-daemon", config, "--nofork",
	       "--print-address", (char *)NULL);
	_exit(127);
}

/* Returns once it has printed its address, that is, listens. */
void bus_daemon_restart(struct bus_daemon *daemon)
{
	char line[256];
	struct pollfd ready;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	daemon->pid = fork();
	ck_assert_int_ge(daemon->pid, 0);
	if (daemon->pid == 0)
		run_daemon(daemon, fds[1]);
	close(fds[1]);
	ready = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	ck_assert_int_eq(poll(&ready, 1, FIXTURE_DEADLINE_S * 1000), 1);
	ck_assert_msg(read(fds[0], line, sizeof(line)) > 0,
		      "dbus-daemon does not start");
	close(fds[0]);
}

void bus_daemon_start(struct bus_daemon *daemon)
{
	char config[sizeof(daemon->dir) + 32];
	FILE *file;

	snprintf(daemon->dir, sizeof(daemon->dir), "/tmp/bms-bus-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(daemon->dir));
	ck_assert_int_eq(chmod(daemon->dir, 0755), 0);
	snprintf(config, sizeof(config), "%s/config", daemon->dir);
	file = fopen(config, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, bus_config, daemon->dir,
		daemon->limits ? daemon->limits : "");
	ck_assert_int_eq(fclose(file), 0);
	snprintf(daemon->address, sizeof(daemon->address),
		 "unix:path=%s/bus", daemon->dir);
	setenv("DBUS_SESSION_BUS_ADDRESS", daemon->address, 1);
	bus_daemon_restart(daemon);
}

void bus_daemon_kill(struct bus_daemon *daemon)
{
	char path[sizeof(daemon->dir) + 32];

	if (daemon->pid <= 0)
		return;
	kill(daemon->pid, SIGKILL);
	waitpid(daemon->pid, NULL, 0);
	daemon->pid = 0;
	snprintf(path, sizeof(path), "%s/bus", daemon->dir);
	unlink(path);
}

void bus_daemon_stop(struct bus_daemon *daemon)
{
	char path[sizeof(daemon->dir) + 32];

	bus_daemon_kill(daemon);
	snprintf(path, sizeof(path), "%s/config", daemon->dir);
	unlink(path);
	rmdir(daemon->dir);
}

static int on_order(void *data, const struct order *order,
		    char error[ORDER_ERROR_SIZE])
{
	struct fixture *f = data;

	f->n_orders++;
	f->order = *order;
	if (f->order_result < 0 || order_asks(order))
		snprintf(error, ORDER_ERROR_SIZE, "%s", f->order_error);
	else if (order->kind == ORDER_MODE)
		f->picture.view.mode = order->mode;
	return f->order_result;
}

const struct order_handler *fixture_handler(struct fixture *f,
					  struct order_handler *handler)
{
	*handler = (struct order_handler){ f, on_order };
	return handler;
}

static void on_client(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)io;
	(void)events;
}

static void on_deadline(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
	ck_abort_msg("what was waited for did not happen in %d s",
		     FIXTURE_DEADLINE_S);
}

void fixture_prepare(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	picture_fill(&f->picture);
	f->loop = ev_loop_new(EVFLAG_AUTO);
	ev_timer_init(&f->deadline, on_deadline, FIXTURE_DEADLINE_S,
		      FIXTURE_DEADLINE_S);
	ev_timer_start(f->loop, &f->deadline);
	ev_io_init(&f->client_io, on_client, -1, 0);
}

static int on_name(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct fixture *f = userdata;

	(void)m;
	(void)error;
	f->names_changed++;
	return 0;
}

void fixture_connect_client(struct fixture *f)
{
	ck_assert_int_ge(sd_bus_open_user(&f->client), 0);
	ck_assert_int_ge(sd_bus_add_match(
		f->client, NULL, "type='signal',member='NameOwnerChanged',"
		"sender='org.freedesktop.DBus'", on_name, f), 0);
	ev_io_set(&f->client_io, sd_bus_get_fd(f->client), EV_READ);
	ev_io_start(f->loop, &f->client_io);
}

void fixture_start_prepared(struct fixture *f)
{
	struct order_handler handler;

	bus_daemon_start(&f->daemon);
	ck_assert_int_eq(bus_new(&f->bus, f->loop, &f->picture.view,
				 fixture_handler(f, &handler), true), 0);
	fixture_connect_client(f);
}

void fixture_start_limited(struct fixture *f, const char *limits)
{
	fixture_prepare(f);
	f->daemon.limits = limits;
	fixture_start_prepared(f);
}

void fixture_start(struct fixture *f)
{
	fixture_start_limited(f, NULL);
}

void fixture_stop(struct fixture *f)
{
	ev_io_stop(f->loop, &f->client_io);
	sd_bus_close_unref(f->client);
	bus_free(f->bus);
	ev_timer_stop(f->loop, &f->deadline);
	ev_loop_destroy(f->loop);
	bus_daemon_stop(&f->daemon);
}

void fixture_turn(struct fixture *f)
{
	int progress = 0;

	while (f->client && sd_bus_process(f->client, NULL) > 0)
		progress++;
	if (f->client)
		sd_bus_flush(f->client);
	ev_run(f->loop, progress ? EVRUN_NOWAIT : EVRUN_ONCE);
	if (f->bus)
		bus_publish(f->bus);
}

static int on_reply(sd_bus_message *reply, void *userdata,
		    sd_bus_error *error)
{
	sd_bus_message **ret = userdata;

	(void)error;
	*ret = sd_bus_message_ref(reply);
	return 1;
}

sd_bus_message *fixture_call(struct fixture *f, sd_bus_message *message)
{
	sd_bus_message *reply = NULL;
	sd_bus_slot *slot = NULL;

	/* So that everything that differs is sent before the reply. */
	if (f->bus)
		bus_publish(f->bus);
	ck_assert_int_ge(sd_bus_call_async(f->client, &slot, message,
					   on_reply, &reply, 0), 0);
	sd_bus_message_unref(message);
	ev_timer_again(f->loop, &f->deadline);
	while (!reply)
		fixture_turn(f);
	sd_bus_slot_unref(slot);
	return reply;
}

sd_bus_message *fixture_get_all(struct fixture *f, const char *path,
				const char *interface)
{
	sd_bus_message *m = NULL;

	ck_assert_int_ge(sd_bus_message_new_method_call(
		f->client, &m, BUS_NAME, path,
		"org.freedesktop.DBus.Properties", "GetAll"), 0);
	ck_assert_int_ge(sd_bus_message_append(m, "s", interface), 0);
	return fixture_call(f, m);
}

sd_bus_message *fixture_set_mode(struct fixture *f, const char *mode)
{
	sd_bus_message *m = NULL;

	ck_assert_int_ge(sd_bus_message_new_method_call(
		f->client, &m, BUS_NAME, BUS_ROOT,
		"org.freedesktop.DBus.Properties", "Set"), 0);
	ck_assert_int_ge(sd_bus_message_append(m, "ssv", BUS_BMS, "Mode",
					       "s", mode), 0);
	return fixture_call(f, m);
}

void fixture_settle(struct fixture *f)
{
	sd_bus_message *m = NULL;

	ck_assert_int_ge(sd_bus_message_new_method_call(
		f->client, &m, BUS_NAME, BUS_ROOT,
		"org.freedesktop.DBus.Peer", "Ping"), 0);
	sd_bus_message_unref(fixture_call(f, m));
}

static void print_basic(sd_bus_message *m, char type, char *buf, size_t size)
{
	union {
		double d;
		int b;
		uint32_t u;
		uint64_t t;
		const char *s;
	} value;

	ck_assert_int_gt(sd_bus_message_read_basic(m, type, &value), 0);
	switch (type) {
	case 'd':
		if (isnan(value.d))
			snprintf(buf, size, "nan");
		else
			snprintf(buf, size, "%.3f", value.d);
		return;
	case 'b':
		snprintf(buf, size, "%d", value.b);
		return;
	case 'u':
		snprintf(buf, size, "%u", value.u);
		return;
	case 't':
		snprintf(buf, size, "%llu", (unsigned long long)value.t);
		return;
	case 's':
		snprintf(buf, size, "%s", value.s);
		return;
	}
	ck_abort_msg("no property has type %c", type);
}

void fixture_variant(sd_bus_message *m, char *buf, size_t size)
{
	const char *type;
	char one[256];

	ck_assert_int_gt(sd_bus_message_peek_type(m, NULL, &type), 0);
	ck_assert_int_gt(sd_bus_message_enter_container(m, 'v', type), 0);
	snprintf(buf, size, "%s:", type);
	if (type[0] != 'a') {
		print_basic(m, type[0], one, sizeof(one));
		strncat(buf, one, size - strlen(buf) - 1);
		sd_bus_message_exit_container(m);
		return;
	}
	ck_assert_int_gt(sd_bus_message_enter_container(m, 'a', type + 1),
			 0);
	for (int i = 0; !sd_bus_message_at_end(m, false); i++) {
		print_basic(m, type[1], one, sizeof(one));
		if (i > 0)
			strncat(buf, ",", size - strlen(buf) - 1);
		strncat(buf, one, size - strlen(buf) - 1);
	}
	sd_bus_message_exit_container(m);
	sd_bus_message_exit_container(m);
}
