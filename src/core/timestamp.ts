/**
 * The timestamp of a block's JSON form: UTC, day/month/year, exactly as `strftime("%d/%m/%Y, %H:%M:%S")` writes it
 * (docs/spec/block-json.md#timestamp).
 */

/** Unix seconds as `22/11/2026, 13:37:24`. `seconds` is a u32. */
export function formatTimestamp(seconds: number): string {
  const days = Math.floor(seconds / DAY_SECONDS);
  const { year, month, day } = civilFromDays(days);
  const second = seconds % DAY_SECONDS;
  const date = `${twoDigits(day)}/${twoDigits(month)}/${year}`;
  return `${date}, ${twoDigits(Math.floor(second / 3600))}:${twoDigits(Math.floor(second / 60) % 60)}:${twoDigits(second % 60)}`;
}

/** The Unix seconds that `text` names, or undefined unless `formatTimestamp` writes them exactly so. */
export function parseTimestamp(text: string): number | undefined {
  const match = TIMESTAMP_TEXT.exec(text);
  if (match === null) return undefined;
  const [day, month, year, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const seconds = daysFromCivil(year, month, day) * DAY_SECONDS + hour * 3600 + minute * 60 + second;
  if (seconds < 0 || seconds > U32_MAX || formatTimestamp(seconds) !== text) return undefined;
  return seconds;
}

/** The proleptic Gregorian date `days` after 1970-01-01, for non-negative `days`; years counted from 1 March. */
function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + EPOCH_SHIFT_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const dayOfEra = shifted % ERA_DAYS;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - daysBeforeYearOfEra(yearOfEra);
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function daysFromCivil(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  return era * ERA_DAYS + daysBeforeYearOfEra(yearOfEra) + dayOfYear - EPOCH_SHIFT_DAYS;
}

function daysBeforeYearOfEra(yearOfEra: number): number {
  return 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}

const TIMESTAMP_TEXT = /^(\d{2})\/(\d{2})\/(\d{4}), (\d{2}):(\d{2}):(\d{2})$/;
const DAY_SECONDS = 86_400;
const U32_MAX = 2 ** 32 - 1;
/** The days of 400 Gregorian years. */
const ERA_DAYS = 146_097;
/** The days from 1 March of year 0 to 1970-01-01. */
const EPOCH_SHIFT_DAYS = 719_468;
