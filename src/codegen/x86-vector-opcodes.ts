/**
 * The vector instructions that a search is made of (Intel SDM volume 2, which has them in alphabetical order).
 *
 * All encodings share their opcodes, but not the names: with EVEX there are vpandd, vpord, vpxord, vmovdqa32 and vmovdqu32,
 * and without VEX or EVEX no name has its v.
 */
import type { VectorOpcode } from './x86-vector-encoding.ts';

/** Adds words modulo 2^32. */
export const VPADDD: VectorOpcode = { prefix: 0x66, map: '0f', opcode: 0xfe };
export const VPAND: VectorOpcode = { prefix: 0x66, map: '0f', opcode: 0xdb };
export const VPOR: VectorOpcode = { prefix: 0x66, map: '0f', opcode: 0xeb };
export const VPXOR: VectorOpcode = { prefix: 0x66, map: '0f', opcode: 0xef };

/** Shifts words by an immediate, as the field says. Here the field is no register: the second one is written to. */
export const VECTOR_SHIFT: VectorOpcode = { prefix: 0x66, map: '0f', opcode: 0x72 };
/** AVX-512 only. */
export const VPRORD_FIELD = 0;
export const VPSRLD_FIELD = 2;
export const VPSLLD_FIELD = 6;

/** Any function of three bits, told by its table of eight. Overwrites its first operand. AVX-512 only. */
export const VPTERNLOGD: VectorOpcode = { prefix: 0x66, map: '0f3a', opcode: 0x25 };

/** Copies a word of memory to all lanes. */
export const VPBROADCASTD: VectorOpcode = { prefix: 0x66, map: '0f38', opcode: 0x58, readsWord: true };
/** Copies a register. With memory it is a load, from where a vector of SSE has to be: at a multiple of 16 bytes. */
export const VMOVDQA: VectorOpcode = { prefix: 0x66, map: '0f', opcode: 0x6f };
/** Copies the field's register to memory, with `sse128` at a multiple of 16 bytes. */
export const VMOVDQA_STORE: VectorOpcode = { prefix: 0x66, map: '0f', opcode: 0x7f };
/** Copies from memory, wherever it is. */
export const VMOVDQU_LOAD: VectorOpcode = { prefix: 0xf3, map: '0f', opcode: 0x6f };
/** Copies the field's register to memory, wherever it is. */
export const VMOVDQU_STORE: VectorOpcode = { prefix: 0xf3, map: '0f', opcode: 0x7f };

/** Compares words without a sign, as the immediate says, to a mask: the field. AVX-512 only. */
export const VPCMPUD: VectorOpcode = { prefix: 0x66, map: '0f3a', opcode: 0x1e };
export const LESS_OR_EQUAL = 2;
/** The lower of two words without a sign. */
export const VPMINUD: VectorOpcode = { prefix: 0x66, map: '0f38', opcode: 0x3b };
/** All ones where two words are equal, and zero elsewhere. */
export const VPCMPEQD: VectorOpcode = { prefix: 0x66, map: '0f', opcode: 0x76 };
/** Sets the zero flag where two registers have no bit in common. AVX2 only. */
export const VPTEST: VectorOpcode = { prefix: 0x66, map: '0f38', opcode: 0x17 };

/** Copies a word of memory to the lowest lane, and zero to the others. */
export const VMOVD_LOAD: VectorOpcode = { prefix: 0x66, map: '0f', opcode: 0x6e };
/** Each lane becomes that one which two bits of the immediate name, the lowest bits for the lowest lane. */
export const VPSHUFD: VectorOpcode = { prefix: 0x66, map: '0f', opcode: 0x70 };
/** The second operand without its lowest bytes, as many as the immediate says, filled up with the lowest of the first. */
export const VPALIGNR: VectorOpcode = { prefix: 0x66, map: '0f3a', opcode: 0x0f };

/**
 * Two rounds, and a beginning and an end of four words of the schedule: with the SHA extensions, and `sse128` alone.
 * `sha-ni-search.ts` shows what they take.
 */
export const SHA256RNDS2: VectorOpcode = { map: '0f38', opcode: 0xcb };
export const SHA256MSG1: VectorOpcode = { map: '0f38', opcode: 0xcc };
export const SHA256MSG2: VectorOpcode = { map: '0f38', opcode: 0xcd };
