/** Whether this machine is one that machine code is written for. */
import { readFileSync } from 'node:fs';
import { KernelError } from './kernel-error.ts';

/** Throws a `KernelError` of `platform-unsupported` anywhere but on Linux on x64. */
export function requirePlatform(): void {
  const { platform, arch } = process;
  if (platform === 'linux' && arch === 'x64') return;
  const message = `Machine code is written for Linux on x64, and this is ${platform} on ${arch}: use another kernel.`;
  throw new KernelError('platform-unsupported', message);
}

/**
 * Throws a `KernelError` unless the processor has all `features`, by their names in Linux: `processor-unsupported`, or
 * `not-permitted` where Node's permission model keeps it from finding out.
 */
export function requireProcessorFeatures(features: readonly string[]): void {
  const present = readFeatures();
  const missing = features.filter((feature) => !present.includes(feature));
  if (missing.length === 0) return;
  const message = `This processor has no ${missing.join(' and no ')} (${CPU_INFO} does not list it among the flags): use another kernel.`;
  throw new KernelError('processor-unsupported', message);
}

/** What Linux says that the processor has. It leaves out what a program may not use, so nothing else need be asked. */
function readFeatures(): readonly string[] {
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync(CPU_INFO, 'latin1'))?.[1];
    return flags?.trim().split(/\s+/) ?? [];
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_ACCESS_DENIED') {
      const message = `Node's permission model does not let ${CPU_INFO} be read, which says what the processor has: give this process --allow-fs-read=${CPU_INFO}, or use another kernel.`;
      throw new KernelError('not-permitted', message, { cause });
    }
    const message = `What this processor has cannot be told, because ${CPU_INFO} cannot be read: mount /proc, or use another kernel.`;
    throw new KernelError('processor-unsupported', message, { cause });
  }
}

const CPU_INFO = '/proc/cpuinfo';
