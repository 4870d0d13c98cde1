/** What `cairn verify` says of an archive. */
import { formatIsoTime } from '../api/iso-time.ts';
import { archiveSteps } from '../core/archive-account.ts';
import { counted, groupDigits } from '../core/check-step.ts';
import type { Hash } from '../core/hash.ts';
import { formatTimestamp } from '../core/timestamp.ts';
import { type ArchiveReadFault, describeArchiveReadFault, type ReadArchive, readArchive } from './archive-reader.ts';
import { ProgressLine } from './progress.ts';
import { formatCount } from './table.ts';
import type { Terminal } from './terminal.ts';
import { describeOtherNetwork, type Proof, type ReportOptions, tellProof, tellRefusal } from './verdict-report.ts';

/** An archive that is to be judged. */
export interface GivenArchive {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Of the network that it must be of. */
  readonly genesis: Hash;
}

/** Judges it, and tells of it. False where it proves nothing. */
export async function checkArchive(
  terminal: Terminal,
  { chunks, genesis }: GivenArchive,
  options: ReportOptions,
): Promise<boolean> {
  const progress = new ProgressLine(terminal, { label: `checking ${options.name}`, unit: 'bytes' });
  const judged = await readArchive(chunks, genesis, {
    onBlocks: async (_blocks, readBytes) => progress.show(readBytes),
  });
  terminal.endProgress();
  if (judged.ok) {
    await tellProof(terminal, proofOf(judged.value), options);
  } else {
    const { fault } = judged;
    const height = 'height' in fault ? fault.height : undefined;
    const { code } = fault;
    await tellRefusal(terminal, { kind: 'archive', code, message: describeFault(fault), height }, options);
  }
  return judged.ok;
}

function proofOf({ head, verified }: ReadArchive): Proof {
  const { network, genesis, from, last, tip, entries, depth, workOnTop } = verified;
  const { height, timestamp } = last.header;
  return {
    kind: 'archive',
    verdict: 'on record',
    rows: [
      ['blocks', `${formatCount(from)} to ${formatCount(height)}, with ${counted(entries, 'entry', 'entries')}`],
      ['last', `${last.hash} of ${formatTimestamp(timestamp)} UTC`],
      ['on top', `${counted(depth, 'block', 'blocks')}, ${groupDigits(workOnTop)} hash tries expected`],
      ['network', `${network}, genesis ${genesis}`],
    ],
    facts: {
      network,
      genesis,
      from,
      to: height,
      hash: last.hash,
      time: formatIsoTime(timestamp),
      entries,
      depth,
      work_on_top: workOnTop.toString(),
      tip: { height: tip.header.height, hash: tip.hash },
    },
    steps: archiveSteps(head, verified),
  };
}

function describeFault(fault: ArchiveReadFault): string {
  return fault.code === 'archive-network-other' ? describeOtherNetwork(fault) : describeArchiveReadFault(fault);
}
