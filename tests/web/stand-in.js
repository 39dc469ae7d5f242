// SPDX-License-Identifier: MIT
// A stand-in for navigator.bluetooth, of which it does what the page uses:
// a device whose characteristics have recorded bytes. Like some systems it
// does one thing at a time, and cuts notifications to the smallest link.
"use strict";

const SMALLEST = 20; // bytes of a notification: an ATT_MTU of 23

const hexBytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [],
	(pair) => parseInt(pair, 16));
const bytesHex = (bytes) => Array.from(bytes, (byte) =>
	byte.toString(16).padStart(2, "0")).join("");
const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

function standIn(state) {
	const bed = {
		values: { ...state },
		asked: [],         // what requestDevice() was called with
		written: [],       // "0101 e803"
		subscribed: new Set(),
		subscriptions: 99, // how many are granted
		paired: true,
		takes: () => true, // whether a value is taken
		inRange: true,
		silent: false,     // answers nothing any more
		busy: false,
		connects: 0,
		reads: 0,
	};
	const device = new EventTarget();
	const listeners = new Map();

	async function one(work) {
		if (!device.gatt.connected)
			throw new DOMException("not connected", "NetworkError");
		if (bed.busy)
			throw new DOMException("GATT operation already in " +
				"progress.", "NetworkError");
		bed.busy = true;
		await (bed.silent ? new Promise(() => {}) : soon());
		bed.busy = false;
		return work();
	}

	async function write(id, bytes) {
		const plain = id === "0210";

		if (!bed.paired && !plain)
			throw new DOMException("GATT operation not authorized.",
				"SecurityError");
		if (!bed.takes(id))
			throw new DOMException("GATT operation failed for " +
				"unknown reason.", "NotSupportedError");
		bed.written.push(`${id} ${bytesHex(bytes)}`);
		bed.values[id] = bytesHex(bytes);
		bed.wrote?.(id);
	}

	function characteristicOf(uuid) {
		const id = uuid.slice(4, 8);
		const characteristic = new EventTarget();

		return Object.assign(characteristic, {
			uuid,
			readValue: () => one(() => {
				bed.reads++;
				return new DataView(
					hexBytes(bed.values[id]).buffer);
			}),
			writeValueWithResponse: (bytes) =>
				one(() => write(id, bytes)),
			startNotifications: () => one(() => {
				if (bed.subscribed.size >= bed.subscriptions)
					throw new DOMException("no more",
						"NetworkError");
				bed.subscribed.add(id);
				listeners.set(id, characteristic);
			}),
		});
	}

	// A page's characteristics have its number in front: 0x0200, 0x020c.
	function serviceOf(uuid) {
		const start = uuid.slice(0, 4) === "0000" ? "2a" :
			uuid.slice(4, 6);
		const ids = Object.keys(bed.values).concat("0112")
			.filter((id) => id.startsWith(start));

		if (!ids.length)
			throw new DOMException("none", "NotFoundError");
		return { getCharacteristics: async () => ids.map((id) =>
			characteristicOf(uuid.slice(0, 4) + id +
				uuid.slice(8))) };
	}

	device.name = "vebus-bms-ng";
	device.gatt = {
		connected: false,
		async connect() {
			bed.connects++;
			await (bed.silent ? new Promise(() => {}) : soon());
			if (!bed.inRange)
				throw new DOMException("not in range",
					"NetworkError");
			device.gatt.connected = true;
			bed.busy = false;
		},
		disconnect() {
			if (!device.gatt.connected)
				return;
			device.gatt.connected = false;
			bed.subscribed.clear();
			listeners.clear();
			device.dispatchEvent(new Event(
				"gattserverdisconnected"));
		},
		getPrimaryService: (uuid) => one(() => serviceOf(uuid)),
	};
	bed.lose = () => device.gatt.disconnect();
	bed.change = (values) => {
		for (const [id, hex] of Object.entries(values)) {
			if (bed.values[id] === hex)
				continue;
			bed.values[id] = hex;
			const characteristic = listeners.get(id);

			if (!characteristic)
				continue;
			characteristic.value = new DataView(hexBytes(hex)
				.slice(0, SMALLEST).buffer);
			characteristic.dispatchEvent(new Event(
				"characteristicvaluechanged"));
		}
	};
	bed.bluetooth = {
		async requestDevice(options) {
			bed.asked.push(options);
			await soon();
			return device;
		},
	};
	return bed;
}
