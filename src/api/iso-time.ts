/** Times as people and programs write them, ISO 8601, against block times, which are whole Unix seconds. */
import { formatTimestamp, parseTimestamp } from '../core/timestamp.ts';

/** `seconds`, a u32, as `2026-11-22T13:37:24Z`. */
export function formatIsoTime(seconds: number): string {
  const [date = '', time = ''] = formatTimestamp(seconds).split(', ');
  return `${date.split('/').reverse().join('-')}T${time}Z`;
}

/**
 * The first whole Unix second that is not before the time `text`: `2026-11-22` (midnight, UTC), `2026-11-22T13:37Z`,
 * `2026-11-22T13:37:24.5+01:00`. A time of day names its zone. Undefined where it is no such time from 1970 to 2106.
 */
export function parseIsoTime(text: string): number | undefined {
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] =
    ISO_TIME.exec(text) ?? [];
  if (year === undefined) return undefined;
  const local = parseTimestamp(`${day}/${month}/${year}, ${hour}:${minute}:${second}`);
  const ahead = zoneSeconds(zone);
  if (local === undefined || ahead === undefined) return undefined;
  const seconds = local - ahead + (/[1-9]/.test(fraction) ? 1 : 0);
  return seconds >= 0 && seconds <= U32_MAX ? seconds : undefined;
}

/** How far the clocks of a zone are ahead of UTC. */
function zoneSeconds(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const [sign, hours, minutes] = [zone.slice(0, 1), Number(zone.slice(1, 3)), Number(zone.slice(4))];
  if (hours > 23 || minutes > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (hours * 3_600 + minutes * 60);
}

const ISO_TIME = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2}))?$/;
const U32_MAX = 2 ** 32 - 1;
