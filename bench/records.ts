/**
 * Records to measure with, like those that users append: the event of an audit log, an order, a batch of readings.
 *
 * Equal numbers give equal records. Keys stand in the order in which programs write them, which is not the sorted one.
 */

export type RecordJson = Readonly<Record<string, unknown>>;

/** About 200 bytes: eight scalars. */
export function auditEvent(number: number): RecordJson {
  return {
    type: 'access.granted',
    id: `evt-${digits(number, 8)}`,
    time: isoTime(number),
    actor: `user-${number % 977}@example.org`,
    resource: `/projects/${number % 311}/files/${digits(scatter(number), 6)}`,
    size: scatter(number) % 1_000_000,
    duration: (scatter(number + 1) % 10_000) / 8,
    success: number % 7 !== 0,
  };
}

/** About 300 bytes: an audit event with its origin. */
export function originEvent(number: number): RecordJson {
  return {
    ...auditEvent(number),
    origin: { host: `node-${number % 64}.example.org`, address: `192.0.2.${number % 250}` },
    hash: digits(scatter(number + 2), 27),
  };
}

/** About 1 kB: an order of five items. */
export function order(number: number): RecordJson {
  return {
    order: `ord-${digits(number, 8)}`,
    placed: isoTime(number),
    customer: { name: 'Müller & Söhne', id: number % 5000, country: 'DE', email: `buyer-${number % 97}@example.org` },
    items: Array.from({ length: 5 }, (_, i) => ({
      sku: `sku-${digits(scatter(number + i), 7)}`,
      quantity: 1 + (scatter(number + i) % 12),
      price: (scatter(number * 5 + i) % 100_000) / 100,
      description: 'Bracket, galvanised, 40 x 60 mm, with screws',
      tags: ['hardware', 'zinc'],
    })),
    total: (scatter(number) % 1_000_000) / 100,
    paid: true,
    note: null,
  };
}

/** About 9 kB: sixty readings with a remark. */
export function readings(number: number): RecordJson {
  return {
    series: `ser-${digits(number, 8)}`,
    site: 'north hall',
    started: isoTime(number),
    readings: Array.from({ length: 60 }, (_, i) => ({
      sensor: `temp-${i % 12}`,
      at: isoTime(number + i),
      value: (scatter(number + i) % 40_000) / 1000,
      unit: 'degC',
      remark: i % 3 === 0 ? 'checked by hand, the display said "ok"' : 'within the limits of the day',
      ok: true,
    })),
  };
}

function isoTime(number: number): string {
  return new Date(1_767_225_600_000 + number * 1733).toISOString();
}

function digits(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

/** Spreads consecutive numbers over 31 bits. */
function scatter(number: number): number {
  return Math.imul(number + 1, 0x9e3779b1) >>> 1;
}
