// SPDX-License-Identifier: MIT
// The page for a browser (tools/web), used as a person would, with a
// stand-in for Bluetooth. Runs in a browser in virtual time, which jumps to
// the next timer where nothing is to be done: a minute takes no minute.
// Before it stand PAGE (the page's text, base64) and RECORDED (the states
// of tests/web/record).
"use strict";

const DEADLINE_MS = 90000; // virtual
const DASH = "\u2013";

// Of the recorded bank; what is not here is looked at by a test of its own.
const EXPECTED = {
	"0101": "22.9 %", "0102": "on", "0103": "yes", "0104": "yes",
	"0105": "51.85 V", "0106": "-50.5 A", "0107": "-2618 W",
	"0108": "308.2 Ah", "0109": "3 h 25 min", "010a": "none",
	"010b": "none", "010c": "none", "010d": "low", "010e": "yes",
	"010f": "51.0 A", "0110": "84.9 A", "0111": "no",
	"0201": "imbalanced", "0202": "3.200 V", "0203": "3.264 V",
	"0204": "-1.5 \u00b0C", "0205": "20.5 \u00b0C", "0206": "4",
	"0207": "64", "0208": "1", "0209": "4", "020a": "51.20 V",
	"020b": "400.0 Ah", "0210": "1", "0211": "4091234567",
	"0212": "<b>JK</b> & S\u00f6hne", "0213": "15.41",
	"0214": "100.0 Ah", "0215": "51.85 V", "0216": "-12.5 A",
	"0217": "-1.5 \u00b0C", "0218": "22.9 %", "0219": "117",
	"021c": "none",
	"0301": "1.0 Ah", "0302": "1099511627.8 Ah", "0303": "3.0 kWh",
	"0304": "4.0 kWh", "0305": "5000", "0306": "6000",
	"0307": "40 d 1 h", "0308": "8.00 V", "0309": "9.00 V",
	"030a": "10.000 V", "030b": "11.000 V", "030c": "-10.5 \u00b0C",
	"030d": "1300.0 \u00b0C",
	"0401": "14.000 V", "0402": "4.0 %", "0403": "3 min", "0404": "12.0 %",
	"0405": "10.0 %", "0406": "yes",
	"2a29": "vebus-bms-ng", "2a24": "BMS", "2a28": "0.1.0",
};
const LISTS = ["020c", "021a", "021b"];
const LISTS_OF_TEXT = ["010a", "010b", "010c", "021c"];

// --- one page with its stand-in ---------------------------------------------

function check(condition, what) {
	if (!condition)
		throw new Error(what);
}

function same(what, seen, expected) {
	check(seen === expected, `${what}: "${seen}", not "${expected}"`);
}

const pages = []; // of the test that runs

class Page {
	// Without a bed the browser has no Web Bluetooth.
	constructor(bed) {
		this.bed = bed;
		this.faults = [];
		this.questions = [];
		this.agrees = true;
	}

	equip(window) {
		Object.defineProperty(window.navigator, "bluetooth",
			{ value: this.bed?.bluetooth });
		window.confirm = (question) => {
			this.questions.push(question);
			return this.agrees;
		};
		window.onerror = (text) => this.faults.push(text);
		window.onunhandledrejection = (event) =>
			this.faults.push(String(event.reason));
	}

	async load() {
		const text = new TextDecoder().decode(Uint8Array.from(
			atob(PAGE), (char) => char.charCodeAt(0)));
		const frame = document.createElement("iframe");

		window.equip = (of) => this.equip(of);
		frame.srcdoc = text.replace("<head>",
			"<head><script>parent.equip(window)<\/script>");
		this.frame = frame;
		pages.push(this);
		await new Promise((resolve) => {
			frame.onload = resolve;
			document.body.append(frame);
		});
		return this;
	}

	async connect() {
		this.click("#connect");
		await this.until("connected", () =>
			this.state.startsWith("Connected to"));
		return this;
	}

	one(selector) {
		const found = this.frame.contentDocument.querySelector(
			selector);

		check(found, `the page has no ${selector}`);
		return found;
	}
	text(id) { return this.one(`#v${id}`).innerText.trim(); }
	get state() { return this.one("#state").textContent; }
	get age() { return this.one("#age").textContent; }
	get answer() { return this.one("#answer").textContent; }
	get old() { return this.one("#main").classList.contains("old"); }

	click(selector) { this.one(selector).click(); }

	tab(title) {
		[...this.one("#tabs").children].find((tab) =>
			tab.textContent === title).click();
	}

	// Types into the field of a row and presses its button.
	set(id, text) {
		const block = this.one(`#v${id}`).parentElement;

		block.querySelector("input, select").value = text;
		block.querySelector("form button").click();
	}

	command(text) {
		[...this.one("#v0112").parentElement.querySelectorAll(
			"button")].find((button) =>
			button.textContent === text).click();
	}

	async until(what, holds) {
		const end = performance.now() + DEADLINE_MS;

		while (!holds()) {
			check(performance.now() < end, `waited for: ${what}; ` +
				`state "${this.state}", answer ` +
				`"${this.answer}", age "${this.age}"`);
			await new Promise((resolve) =>
				setTimeout(resolve, 50));
		}
	}
	untilText(id, text) {
		return this.until(`${id} to be ${text}`, () =>
			this.text(id) === text);
	}
	answered(part) {
		return this.until(`the answer "${part}"`, () =>
			this.answer.includes(part));
	}
}

const opened = (state, before) => {
	const bed = standIn(RECORDED[state]);

	Object.assign(bed, before);
	return new Page(bed).load();
};
const connected = async (state, before) =>
	(await opened(state, before)).connect();

// What may be seen of one page is on the screen only while it is turned to.
function seen(page, id) {
	for (const title of ["Status", "Batteries", "History", "Settings"]) {
		page.tab(title);
		if (page.one(`#v${id}`).offsetParent)
			return page.text(id);
	}
	throw new Error(`${id} is on no page`);
}

// --- the tests --------------------------------------------------------------

/* G2: every value of the service, from the encoder's bytes to the screen. */
async function test_the_recorded_bank_is_shown() {
	const page = await connected("bank");

	for (const id of Object.keys(RECORDED.bank))
		check(id in EXPECTED || LISTS.includes(id),
			`${id} is not looked at`);
	for (const [id, text] of Object.entries(EXPECTED))
		same(id, seen(page, id), text);
	check(!page.old && !page.age, "figures that are new are not old");
}

/* G2: one line for each battery; the silent one shows nothing it has not. */
async function test_all_batteries_are_in_a_table() {
	const page = await connected("bank");
	const lines = [...page.one("#v020c tbody").rows].map((row) =>
		[...row.cells].map((cell) => cell.textContent).join("|"));

	same("1", lines[0], "1|well|22.9|3.200|3.261|-1.5");
	same("2", lines[1], `2|silent|${DASH}|${DASH}|${DASH}|${DASH}`);
	same("4", lines[3], "4|no discharge|23.2|3.203|3.264|-1.2");
	same("lines", lines.length, 4);
}

/* G2: each cell of a battery, the lowest and the highest marked. */
async function test_cells_are_listed_and_marked() {
	const page = await connected("bank");
	const cells = [...page.one("#v021a ol").children].map((cell) =>
		cell.textContent);

	same("cells", cells.length, 16);
	same("1", cells[0], "13.220 V");
	same("5", cells[4], `5${DASH}`);
	same("7", cells[6], "7 \u25bc low3.200 V");
	same("16", cells[15], "16 \u25b2 high3.235 V");
	same("sensors", page.one("#v021b ol").children.length, 3);
}

/* G2: what is unknown is a dash, and no number. */
async function test_what_is_unknown_is_a_dash() {
	const page = await connected("nothing");

	for (const id of Object.keys(RECORDED.nothing))
		same(id, seen(page, id),
			LISTS_OF_TEXT.includes(id) ? "none" : DASH);
}

/* G2: before anything was read nothing is claimed. */
async function test_without_a_link_all_is_unknown_and_nothing_can_be_set() {
	const page = await opened("bank");

	for (const id of Object.keys(RECORDED.bank))
		same(id, seen(page, id), DASH);
	for (const field of page.one("#main").querySelectorAll(
		"button, input, select"))
		check(field.disabled, "a field that does nothing is disabled");
}

/* G2: a notification changes what is shown; one that is cut to the
 * link's size is not taken for the whole, but read again. */
async function test_notifications_are_shown_whole() {
	const page = await connected("bank");

	const button = page.one("#v020c button");

	page.bed.change(RECORDED.low);
	await page.untilText("0101", "9.5 %");
	await page.untilText("0104", "pre-alarm");
	await page.until("all reasons", () => page.text("010c") ===
		"Battery 2 cell 7 low: 2.791 V (limit 2.800 V)\n" +
		"Battery 2 cell 8 low, recovering: 2.810 V (limit 2.800 V)\n" +
		"Bank switched off by the remote input\nwho-knows:1:2:3");
	same("010b", page.text("010b"),
		"Battery 3 sensor 1 too hot to charge: 51.5 \u00b0C " +
		"(limit 50.0 \u00b0C)\n" +
		"Battery 2: its own charge switch is open\n7 more");
	same("010a", [...page.one("#v010a").querySelectorAll("summary")]
		.map((summary) => summary.textContent).join("; "),
		"W-B01 Low cell voltage; A-B09 High battery temperature; " +
		"W-Z99 ");
	check(page.one("#v010a p").textContent.includes("Charge the"),
		"a code says what to do");
	await page.until("cell 3 is the lowest", () =>
		page.one("#v021a ol").children[2].textContent ===
		"3 \u25bc low3.199 V");
	same("0106", page.text("0106"), "20.3 A");
	await page.until("battery 3's new cell", () =>
		page.one("#v020c tbody").rows[2].cells[4].textContent ===
		"3.301");
	check(page.one("#v020c button") === button,
		"a button that may just be pressed stays");
}

/* G2: what a person has unfolded stays so while all is read again. */
async function test_what_is_unfolded_stays_so() {
	const page = await connected("low");
	const reads = page.bed.reads;

	page.click("#v010a summary");
	page.tab("History");
	page.tab("Status");
	await page.until("all is read again", () =>
		page.bed.reads >= reads + 30);
	check(page.one("#v010a details").open, "folded");
}

/* G2: a system that grants few subscriptions shows all, only later. */
async function test_what_cannot_be_subscribed_is_read_again() {
	const page = await connected("bank", { subscriptions: 3 });

	page.bed.change(RECORDED.low);
	await page.untilText("0106", "20.3 A");
}

/* G2: another battery is shown where it is chosen, without a question. */
async function test_another_battery_can_be_chosen() {
	const page = await connected("bank", { paired: false });

	page.bed.wrote = () => page.bed.change(RECORDED.third);
	page.one("#v020c tbody").rows[2].querySelector("button").click();
	await page.untilText("0211", "4091234569");
	await page.untilText("0210", "3");
	same("written", page.bed.written.join(), "0210 0300");
	same("questions", page.questions.length, 0);
}

/* G2, G3: a write that is refused changes nothing that is shown, and says
 * how to pair. */
async function test_a_refused_write_says_how_to_pair() {
	const page = await connected("bank", { paired: false });

	page.set("0402", "5");
	await page.answered("Refused: Tail current was not changed.");
	check(page.answer.includes("vebus-bms-ngctl pair"), page.answer);
	check(!page.answer.includes("allowed is"), page.answer);
	same("tail current", page.text("0402"), "4.0 %");
	page.bed.paired = true;
	page.bed.takes = () => false;
	page.set("0405", "12");
	await page.answered("Refused: Discharge floor");
	check(page.answer.includes("allowed is 0 to 90 % in steps of 1 %"),
		page.answer);
	same("written", page.bed.written.length, 0);
	same("floor", page.text("0405"), "10.0 %");
}

/* G2: what cannot be meant is refused before it is sent. */
async function test_what_cannot_be_meant_is_not_sent() {
	const page = await connected("bank");

	for (const [id, text, part] of [
		["0101", "", "0 to 100 %"], ["0101", "100.1", "0 to 100 %"],
		["0101", "-1", "0 to 100 %"], ["0101", "5O", "0 to 100 %"],
		["0402", "0.4", "0.5 to 10 %"],
		["0404", "12.5", "steps of 1 %"],
		["0401", "14.005", "13.4 to 14.6 V in steps of 0.01 V, or 0 " +
			"(auto)"],
		["0403", "30", "60 to 3000 s"], ["0210", "0", "1 to 65534"]]) {
		page.set(id, text);
		await page.answered(part);
	}
	same("questions", page.questions.length, 0);
	same("written", page.bed.written.length, 0);
}

/* G2: nothing is changed by a slip of the finger. */
async function test_a_question_that_is_declined_writes_nothing() {
	const page = await connected("bank");

	page.agrees = false;
	page.set("0101", "50");
	page.set("0102", "off");
	page.set("0406", "no");
	page.command("begin update");
	await page.until("four questions", () => page.questions.length === 4);
	same("mode", page.questions[1], "Set Mode to off?");
	check(page.questions[2].includes("30 s after"), page.questions[2]);
	check(page.questions[3].includes("Charging stops"), page.questions[3]);
	await page.bed.bluetooth.requestDevice({});
	same("written", page.bed.written.length, 0);
}

/* G2: everything that can be written, for tests/web/record to say
 * what the daemon understands. */
async function test_what_is_written_is_understood() {
	const page = await connected("bank");

	for (const [id, text] of [["0101", "62,5"], ["0102", "charger-only"],
		["0210", "2"], ["0401", "14.2"], ["0401", "0"],
		["0402", "2.5"], ["0403", "300"], ["0404", "20"],
		["0405", "0"], ["0406", "no"], ["0112", "synchronise"],
		["0112", "reset history"], ["0112", "begin update"],
		["0112", "end update"]]) {
		const before = page.bed.written.length;

		if (id === "0112")
			page.command(text);
		else
			page.set(id, text);
		await page.until(`${id} to be written`, () =>
			page.bed.written.length > before);
		if (id !== "0210")
			await page.answered(": done.");
	}
	await page.untilText("0101", "62.5 %");
	for (const line of page.bed.written)
		say(`wrote ${line}`);
}

/* G2: a lost connection shows, its figures are old and say how old, and
 * it comes back by itself. */
async function test_a_lost_connection_shows_and_comes_back() {
	const page = await connected("bank");
	const before = page.bed.connects;

	page.bed.inRange = false;
	page.bed.lose();
	await page.until("old figures", () => page.old);
	check(page.state.startsWith("Connection lost"), page.state);
	same("figures stay", page.text("0101"), "22.9 %");
	check(page.one("#v0102").parentElement.querySelector("select")
		.disabled, "nothing can be set");
	await page.until("an age", () => page.age.includes("from 20 s ago"));
	check(page.bed.connects > before + 1, "it is tried again");
	page.bed.values = { ...RECORDED.low };
	page.bed.inRange = true;
	await page.untilText("0101", "9.5 %");
	await page.until("connected", () =>
		page.state.startsWith("Connected to"));
	check(!page.old && !page.age, "new figures are not old");
	page.click("#connect");
	await page.until("disconnected", () => page.state === "Disconnected.");
	check(page.old, "figures of a link that was left are old");
	page.bed.inRange = false;
	page.click("#connect");
	await page.untilText("0101", DASH);
	check(!page.old, "of a device chosen anew nothing is shown");
}

/* G2: a link that stands but does not answer is no link. */
async function test_figures_that_nobody_confirms_are_old() {
	const page = await connected("bank");
	const before = page.bed.connects;

	page.bed.silent = true;
	await page.until("old figures", () => page.old);
	same("links", page.bed.connects, before);
	await page.until("it is given up", () =>
		page.bed.connects > before);
	page.bed.silent = false;
	await page.until("connected", () =>
		page.state.startsWith("Connected to") && !page.old);
}

/* G2: nor is an attempt that comes to no end. */
async function test_a_connection_that_is_never_made_is_tried_again() {
	const page = await connected("bank");

	page.bed.silent = true;
	page.bed.lose();
	const before = page.bed.connects;
	await page.until("it is tried", () => page.bed.connects > before);
	page.bed.silent = false;
	await page.until("connected", () =>
		page.state.startsWith("Connected to") && !page.old);
}

/* G2: a write whose connection is lost may have been carried out. */
async function test_a_write_that_was_cut_off_is_not_called_refused() {
	const page = await connected("bank");

	page.bed.takes = () => {
		page.bed.inRange = false;
		page.bed.lose();
		return false;
	};
	page.set("0402", "5");
	await page.answered("Whether it was changed is not known");
	await page.answered("Only a paired device may change something");
}

/* G2: bytes of any length and content break nothing. */
async function test_any_bytes_are_shown_or_a_dash() {
	const page = await connected("bank");
	const ids = Object.keys(RECORDED.bank);

	for (let n = 0; n <= 40; n += n < 10 ? 1 : 6) {
		const hex = Array.from({ length: n }, (_, i) =>
			(255 - i * 37 & 255).toString(16).padStart(2, "0"));

		page.bed.change(Object.fromEntries(ids.map((id) =>
			[id, hex.join("")])));
		await page.until(`${n} bytes`, () => n !== 2 && n !== 0 ||
			page.text("0105") === DASH);
	}
	page.bed.change(RECORDED.bank);
	await page.untilText("0101", "22.9 %");
	await page.untilText("0212", EXPECTED["0212"]);
	same("markup", page.frame.contentDocument.querySelector("dd b"),
		page.one("#v021a b"));
}

/* G2: it asks for what advertises as we do, or for any device, and for
 * the services it reads. */
async function test_it_asks_for_devices_that_may_be_one() {
	const page = await connected("bank");
	const other = await opened("bank");
	const [{ filters, optionalServices }] = page.bed.asked;

	same("company", filters[0].manufacturerData[0].companyIdentifier,
		0x02e1);
	same("name", filters[1].namePrefix, "vebus-bms-ng");
	same("services", optionalServices.map((uuid) => uuid.slice(4, 8))
		.join(), "0100,0200,0300,0400,180a");
	other.click("#any");
	await other.until("connected", () =>
		other.state.startsWith("Connected to"));
	check(other.bed.asked[0].acceptAllDevices, "any device is listed");
}

/* G2: where it cannot work it says where it does. */
async function test_a_browser_without_bluetooth_is_told_which_have_it() {
	const page = await new Page().load();

	check(/Chrome and Edge.*chrome:\/\/flags/.test(page.state), page.state);
	check(page.one("#connect").disabled, "there is nothing to connect");
}

// --- all of them ------------------------------------------------------------

function say(line) {
	document.getElementById("results").append(line + "\n");
}

async function run() {
	const names = Object.keys(window).filter((name) =>
		name.startsWith("test_"));

	for (const name of names) {
		try {
			await window[name]();
			for (const { faults } of pages)
				check(!faults.length, faults.join("; "));
			say(`ok ${name}`);
		} catch (error) {
			say(`not ok ${name}: ${error.message}`);
		}
		for (const { frame } of pages.splice(0))
			frame.remove();
	}
	say(`done: ${names.length} tests`);
}

run();
