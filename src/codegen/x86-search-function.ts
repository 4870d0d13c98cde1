/**
 * What all searches of machine code have in common: what they are given and answer, and their loop.
 *
 * A search is one function of the System V ABI, `void search(uint32_t *memory)`, with the memory laid out as
 * `MACHINE_SEARCH_LAYOUT` says. It hashes a group of nonces after the other until one is a candidate. It runs wherever it
 * is put at a multiple of 64 bytes, calls nothing, and touches only that memory, its stack frame (less than a page) and
 * registers that a function may change.
 */
import type { WordTape } from './word-tape.ts';
import type { X86Assembler } from './x86-assembler.ts';
import type { BasedOperand, Label } from './x86-operand.ts';

/**
 * The memory that a search is given, by index of its words. It need not be aligned to more than a word.
 *
 * The caller writes the nonce's word, how many groups to try, the largest first word of a hash that will do, and from
 * `table` on what the search's tape makes. The search writes `passed`, and nothing else: how many groups come before the
 * first that has a candidate, and the number of groups if none has.
 */
export const MACHINE_SEARCH_LAYOUT = { nonceWord: 0, groups: 1, threshold: 2, passed: 3, table: 16 } as const;

/** A word of that memory, whose address is the one argument. */
export function wordOperand(index: number): BasedOperand {
  return { type: 'memory', base: 'rdi', displacement: 4 * index };
}

/** A search that is written. */
export interface MachineSearch {
  /** The function, which begins with the first byte. */
  readonly code: Uint8Array;
  /** How many nonces make a group. */
  readonly lanes: number;
  /** Makes the table, from the state after the header's first chunk (8 words) and the second chunk up to word 12. */
  readonly table: WordTape;
}

/** What differs from search to search. Each part writes code, which leaves rax, rcx and rdx as they are. */
export interface SearchParts {
  readonly frameBytes: number;
  /** What is done once, when the frame is there. */
  readonly enter: () => void;
  /** Hashes a group, and clears the zero flag if it has a candidate. */
  readonly tryGroup: () => void;
  /** Goes on to the next nonces. */
  readonly advance: () => void;
  readonly leave: () => void;
  /** Constants that the code refers to. They follow on the function, at a multiple of 64 bytes. */
  readonly data: () => void;
}

/** The groups that were passed are counted in eax, up to ecx; rdx keeps the caller's stack pointer. */
export function assembleSearchFunction(assembler: X86Assembler, parts: SearchParts): void {
  const nextGroup: Label = { name: 'next group' };
  const end: Label = { name: 'end' };
  assembler.mov64('rdx', 'rsp');
  assembler.sub64('rsp', parts.frameBytes);
  // A vector that straddled two lines of the cache would cost two accesses.
  assembler.and64('rsp', -VECTOR_BYTES_MAX);
  parts.enter();
  assembler.load32('rcx', wordOperand(MACHINE_SEARCH_LAYOUT.groups));
  assembler.xor32('rax', 'rax');

  assembler.bind(nextGroup);
  assembler.cmp32('rax', 'rcx');
  assembler.je(end);
  parts.tryGroup();
  assembler.jne(end);
  parts.advance();
  assembler.inc32('rax');
  assembler.jmp(nextGroup);

  assembler.bind(end);
  assembler.store32(wordOperand(MACHINE_SEARCH_LAYOUT.passed), 'rax');
  assembler.mov64('rsp', 'rdx');
  parts.leave();
  assembler.ret();
  assembler.align(VECTOR_BYTES_MAX);
  parts.data();
}

const VECTOR_BYTES_MAX = 64;
