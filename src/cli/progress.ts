/** Lines of progress: a bar, how much is done, how fast, and how long it will still take. */
import type { SyncProgress } from '../node/sync-meter.ts';
import { formatBytes, formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';

interface ProgressOptions {
  /** What is done, before the bar. */
  readonly label: string;
  readonly unit: 'blocks' | 'bytes' | 'entries';
  /** A clock in milliseconds. */
  readonly nowMs?: () => number;
}

/** The progress of one piece of work, shown as often as people can read, and nowhere but on a terminal. */
export class ProgressLine {
  readonly #terminal: Terminal;
  readonly #options: ProgressOptions;
  readonly #nowMs: () => number;
  readonly #startedMs: number;
  #shownMs = Number.NEGATIVE_INFINITY;

  constructor(terminal: Terminal, options: ProgressOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#startedMs = this.#nowMs();
  }

  /** `of` is left out where it is not known. */
  show(done: number, of?: number): void {
    const nowMs = this.#nowMs();
    if (!this.#terminal.hasProgress || nowMs - this.#shownMs < SHOW_INTERVAL_MS) return;
    this.#shownMs = nowMs;
    const { label, unit } = this.#options;
    const seconds = (nowMs - this.#startedMs) / 1000;
    const perSecond = seconds < RATE_SECONDS_MIN ? undefined : done / seconds;
    const amount = unit === 'bytes' ? formatBytes : formatCount;
    const name = unit === 'bytes' ? '' : ` ${unit}`;
    const parts = [of === undefined ? `${amount(done)}${name}` : `${amount(done)} of ${amount(of)}${name}`];
    if (perSecond !== undefined) parts.push(`${amount(perSecond)}${name}/s`);
    if (of !== undefined && perSecond !== undefined && perSecond > 0) {
      parts.push(`${formatTimeLeft((of - done) / perSecond)} left`);
    }
    this.#terminal.progress(`${label} ${of === undefined ? '' : `${progressBar(done, of)} `}${parts.join(' · ')}`);
  }
}

/** Draws how far a data folder of an older format has been brought to this one, and takes the line away in the end. */
export function migrationShown(terminal: Terminal): (done: number, of: number) => void {
  return (done, of) => {
    if (done < of) terminal.progress(`bringing the data folder to this format ${progressBar(done, of)}`);
    else terminal.endProgress();
  };
}

/** What a node that catches up says of it; undefined where it is up to date. */
export function syncLine(sync: SyncProgress): string | undefined {
  if (sync.phase === 'idle') return undefined;
  const rate = sync.perSecond === undefined ? [] : [`${formatCount(sync.perSecond)} ${sync.phase}/s`];
  // How many there are is known when they are checked, not when a peer says so.
  if (sync.phase === 'headers') return [`${formatCount(sync.headersChecked)} headers checked`, ...rate].join(' · ');
  const left = sync.secondsLeft === undefined ? [] : [`${formatTimeLeft(sync.secondsLeft)} left`];
  const parts = [`behind by ${formatCount(sync.behind)}`, ...rate, ...left];
  return `${progressBar(sync.targetHeight - sync.behind, sync.targetHeight)} ${parts.join(' · ')}`;
}

/** `████████░░░░░░░░░░░░  40 %` */
export function progressBar(done: number, of: number): string {
  const share = of <= 0 ? 1 : Math.min(1, Math.max(0, done / of));
  const full = Math.floor(share * BAR_WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)} ${String(Math.floor(share * 100)).padStart(3)} %`;
}

/** A time to wait: `8 s`, `1 min 12 s`, `3 h 20 min`, `2 days 5 h`. */
export function formatTimeLeft(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.floor(minutes / 60);
  return `${formatCount(Math.floor(hours / 24))} days ${hours % 24} h`;
}

const BAR_WIDTH = 20;
const SHOW_INTERVAL_MS = 100;
/** Before that a rate is a guess. */
const RATE_SECONDS_MIN = 1;
