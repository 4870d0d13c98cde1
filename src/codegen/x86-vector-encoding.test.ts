import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GeneralRegister, RegisterOrMemory } from './x86-operand.ts';
import { encodeVectorInstruction, type VectorEncoding, type VectorInstruction } from './x86-vector-encoding.ts';
import {
  LESS_OR_EQUAL,
  SHA256MSG1,
  SHA256MSG2,
  SHA256RNDS2,
  VECTOR_SHIFT,
  VMOVD_LOAD,
  VMOVDQA,
  VMOVDQA_STORE,
  VMOVDQU_LOAD,
  VMOVDQU_STORE,
  VPADDD,
  VPALIGNR,
  VPAND,
  VPBROADCASTD,
  VPCMPEQD,
  VPCMPUD,
  VPMINUD,
  VPOR,
  VPRORD_FIELD,
  VPSHUFD,
  VPSLLD_FIELD,
  VPSRLD_FIELD,
  VPTERNLOGD,
  VPTEST,
  VPXOR,
} from './x86-vector-opcodes.ts';

type Case = readonly [assembly: string, bytes: string, instruction: VectorInstruction];

const register = (number: number): RegisterOrMemory => ({ type: 'register', register: number });
const memory = (base: GeneralRegister, displacement: number): RegisterOrMemory => ({
  type: 'memory',
  base,
  displacement,
});
const broadcast = (base: GeneralRegister, displacement: number): RegisterOrMemory => ({
  type: 'broadcast',
  base,
  displacement,
});

/** What GNU binutils 2.40 makes of these lines, each of them a case of its own. */
const EVEX_CASES: readonly Case[] = [
  ['vpaddd zmm1, zmm2, zmm3', '62 f1 6d 48 fe cb', { opcode: VPADDD, field: 1, second: 2, operand: register(3) }],
  ['vpaddd zmm31, zmm16, zmm8', '62 41 7d 40 fe f8', { opcode: VPADDD, field: 31, second: 16, operand: register(8) }],
  [
    'vpaddd zmm9, zmm24, dword ptr [rdi+64]{1to16}',
    '62 71 3d 50 fe 4f 10',
    { opcode: VPADDD, field: 9, second: 24, operand: broadcast('rdi', 64) },
  ],
  [
    'vpaddd zmm0, zmm0, dword ptr [rdi]{1to16}',
    '62 f1 7d 58 fe 07',
    { opcode: VPADDD, field: 0, second: 0, operand: broadcast('rdi', 0) },
  ],
  [
    'vpaddd zmm0, zmm0, dword ptr [rdi+508]{1to16}',
    '62 f1 7d 58 fe 47 7f',
    { opcode: VPADDD, field: 0, second: 0, operand: broadcast('rdi', 508) },
  ],
  [
    'vpaddd zmm0, zmm0, dword ptr [rdi+512]{1to16}',
    '62 f1 7d 58 fe 87 00 02 00 00',
    { opcode: VPADDD, field: 0, second: 0, operand: broadcast('rdi', 512) },
  ],
  [
    'vpaddd zmm0, zmm0, dword ptr [rdi-512]{1to16}',
    '62 f1 7d 58 fe 47 80',
    { opcode: VPADDD, field: 0, second: 0, operand: broadcast('rdi', -512) },
  ],
  [
    'vpaddd zmm0, zmm0, dword ptr [rdi-516]{1to16}',
    '62 f1 7d 58 fe 87 fc fd ff ff',
    { opcode: VPADDD, field: 0, second: 0, operand: broadcast('rdi', -516) },
  ],
  [
    'vpaddd zmm0, zmm0, dword ptr [rdi+6]{1to16}',
    '62 f1 7d 58 fe 87 06 00 00 00',
    { opcode: VPADDD, field: 0, second: 0, operand: broadcast('rdi', 6) },
  ],
  [
    'vpaddd zmm5, zmm6, [rsp]',
    '62 f1 4d 48 fe 2c 24',
    { opcode: VPADDD, field: 5, second: 6, operand: memory('rsp', 0) },
  ],
  [
    'vpaddd zmm5, zmm6, [rsp+64]',
    '62 f1 4d 48 fe 6c 24 01',
    { opcode: VPADDD, field: 5, second: 6, operand: memory('rsp', 64) },
  ],
  [
    'vpaddd zmm5, zmm6, [rsp+8128]',
    '62 f1 4d 48 fe 6c 24 7f',
    { opcode: VPADDD, field: 5, second: 6, operand: memory('rsp', 8128) },
  ],
  [
    'vpaddd zmm5, zmm6, [rsp+8192]',
    '62 f1 4d 48 fe ac 24 00 20 00 00',
    { opcode: VPADDD, field: 5, second: 6, operand: memory('rsp', 8192) },
  ],
  [
    'vpaddd zmm5, zmm6, [rsp+32]',
    '62 f1 4d 48 fe ac 24 20 00 00 00',
    { opcode: VPADDD, field: 5, second: 6, operand: memory('rsp', 32) },
  ],
  ['vpandd zmm17, zmm18, zmm19', '62 a1 6d 40 db cb', { opcode: VPAND, field: 17, second: 18, operand: register(19) }],
  ['vpord zmm8, zmm23, zmm30', '62 11 45 40 eb c6', { opcode: VPOR, field: 8, second: 23, operand: register(30) }],
  ['vpxord zmm1, zmm15, zmm16', '62 b1 05 48 ef c8', { opcode: VPXOR, field: 1, second: 15, operand: register(16) }],
  [
    'vprord zmm3, zmm4, 25',
    '62 f1 65 48 72 c4 19',
    { opcode: VECTOR_SHIFT, field: VPRORD_FIELD, second: 3, operand: register(4), immediate: 25 },
  ],
  [
    'vprord zmm20, zmm11, 7',
    '62 d1 5d 40 72 c3 07',
    { opcode: VECTOR_SHIFT, field: VPRORD_FIELD, second: 20, operand: register(11), immediate: 7 },
  ],
  [
    'vprord zmm20, [rsp], 7',
    '62 f1 5d 40 72 04 24 07',
    { opcode: VECTOR_SHIFT, field: VPRORD_FIELD, second: 20, operand: memory('rsp', 0), immediate: 7 },
  ],
  [
    'vpsrld zmm2, zmm29, 10',
    '62 91 6d 48 72 d5 0a',
    { opcode: VECTOR_SHIFT, field: VPSRLD_FIELD, second: 2, operand: register(29), immediate: 10 },
  ],
  [
    'vpslld zmm29, zmm2, 3',
    '62 f1 15 40 72 f2 03',
    { opcode: VECTOR_SHIFT, field: VPSLLD_FIELD, second: 29, operand: register(2), immediate: 3 },
  ],
  [
    'vpternlogd zmm1, zmm2, zmm3, 0x96',
    '62 f3 6d 48 25 cb 96',
    { opcode: VPTERNLOGD, field: 1, second: 2, operand: register(3), immediate: 0x96 },
  ],
  [
    'vpternlogd zmm25, zmm13, zmm22, 0xca',
    '62 23 15 48 25 ce ca',
    { opcode: VPTERNLOGD, field: 25, second: 13, operand: register(22), immediate: 0xca },
  ],
  [
    'vpternlogd zmm6, zmm3, dword ptr [rdi+80]{1to16}, 0xe8',
    '62 f3 65 58 25 77 14 e8',
    { opcode: VPTERNLOGD, field: 6, second: 3, operand: broadcast('rdi', 80), immediate: 0xe8 },
  ],
  [
    'vpbroadcastd zmm7, dword ptr [rdi]',
    '62 f2 7d 48 58 3f',
    { opcode: VPBROADCASTD, field: 7, operand: memory('rdi', 0) },
  ],
  [
    'vpbroadcastd zmm27, dword ptr [rdi+76]',
    '62 62 7d 48 58 5f 13',
    { opcode: VPBROADCASTD, field: 27, operand: memory('rdi', 76) },
  ],
  ['vmovdqa32 zmm1, zmm30', '62 91 7d 48 6f ce', { opcode: VMOVDQA, field: 1, operand: register(30) }],
  [
    'vmovdqu32 zmm30, [rsp+128]',
    '62 61 7e 48 6f 74 24 02',
    { opcode: VMOVDQU_LOAD, field: 30, operand: memory('rsp', 128) },
  ],
  [
    'vmovdqu32 [rsp+128], zmm14',
    '62 71 7e 48 7f 74 24 02',
    { opcode: VMOVDQU_STORE, field: 14, operand: memory('rsp', 128) },
  ],
  [
    'vpcmpleud k1, zmm21, dword ptr [rdi+8]{1to16}',
    '62 f3 55 50 1e 4f 02 02',
    { opcode: VPCMPUD, field: 1, second: 21, operand: broadcast('rdi', 8), immediate: LESS_OR_EQUAL },
  ],
];

const VEX_CASES: readonly Case[] = [
  ['vpaddd ymm1, ymm2, ymm3', 'c5 ed fe cb', { opcode: VPADDD, field: 1, second: 2, operand: register(3) }],
  ['vpaddd ymm15, ymm8, ymm7', 'c5 3d fe ff', { opcode: VPADDD, field: 15, second: 8, operand: register(7) }],
  ['vpaddd ymm8, ymm1, ymm15', 'c4 41 75 fe c7', { opcode: VPADDD, field: 8, second: 1, operand: register(15) }],
  ['vpaddd ymm4, ymm5, [rsp]', 'c5 d5 fe 24 24', { opcode: VPADDD, field: 4, second: 5, operand: memory('rsp', 0) }],
  [
    'vpaddd ymm4, ymm5, [rsp+96]',
    'c5 d5 fe 64 24 60',
    { opcode: VPADDD, field: 4, second: 5, operand: memory('rsp', 96) },
  ],
  [
    'vpaddd ymm12, ymm13, [rsp+128]',
    'c5 15 fe a4 24 80 00 00 00',
    { opcode: VPADDD, field: 12, second: 13, operand: memory('rsp', 128) },
  ],
  [
    'vpaddd ymm12, ymm13, [rdi-128]',
    'c5 15 fe 67 80',
    { opcode: VPADDD, field: 12, second: 13, operand: memory('rdi', -128) },
  ],
  [
    'vpaddd ymm12, ymm13, [rdi-132]',
    'c5 15 fe a7 7c ff ff ff',
    { opcode: VPADDD, field: 12, second: 13, operand: memory('rdi', -132) },
  ],
  ['vpand ymm0, ymm9, ymm10', 'c4 c1 35 db c2', { opcode: VPAND, field: 0, second: 9, operand: register(10) }],
  ['vpor ymm11, ymm9, ymm2', 'c5 35 eb da', { opcode: VPOR, field: 11, second: 9, operand: register(2) }],
  ['vpxor ymm6, ymm0, ymm14', 'c4 c1 7d ef f6', { opcode: VPXOR, field: 6, second: 0, operand: register(14) }],
  [
    'vpsrld ymm3, ymm4, 25',
    'c5 e5 72 d4 19',
    { opcode: VECTOR_SHIFT, field: VPSRLD_FIELD, second: 3, operand: register(4), immediate: 25 },
  ],
  [
    'vpsrld ymm13, ymm12, 7',
    'c4 c1 15 72 d4 07',
    { opcode: VECTOR_SHIFT, field: VPSRLD_FIELD, second: 13, operand: register(12), immediate: 7 },
  ],
  [
    'vpslld ymm14, ymm1, 31',
    'c5 8d 72 f1 1f',
    { opcode: VECTOR_SHIFT, field: VPSLLD_FIELD, second: 14, operand: register(1), immediate: 31 },
  ],
  [
    'vpbroadcastd ymm0, dword ptr [rdi+8]',
    'c4 e2 7d 58 47 08',
    { opcode: VPBROADCASTD, field: 0, operand: memory('rdi', 8) },
  ],
  [
    'vpbroadcastd ymm9, dword ptr [rdi+380]',
    'c4 62 7d 58 8f 7c 01 00 00',
    { opcode: VPBROADCASTD, field: 9, operand: memory('rdi', 380) },
  ],
  ['vmovdqu ymm8, [rsp+32]', 'c5 7e 6f 44 24 20', { opcode: VMOVDQU_LOAD, field: 8, operand: memory('rsp', 32) }],
  ['vmovdqu [rsp+32], ymm9', 'c5 7e 7f 4c 24 20', { opcode: VMOVDQU_STORE, field: 9, operand: memory('rsp', 32) }],
  [
    'vpminud ymm1, ymm12, [rsp+32]',
    'c4 e2 1d 3b 4c 24 20',
    { opcode: VPMINUD, field: 1, second: 12, operand: memory('rsp', 32) },
  ],
  ['vpcmpeqd ymm1, ymm12, ymm1', 'c5 9d 76 c9', { opcode: VPCMPEQD, field: 1, second: 12, operand: register(1) }],
  ['vptest ymm1, ymm1', 'c4 e2 7d 17 c9', { opcode: VPTEST, field: 1, operand: register(1) }],
  ['vptest ymm14, ymm14', 'c4 42 7d 17 f6', { opcode: VPTEST, field: 14, operand: register(14) }],
];

const SSE_CASES: readonly Case[] = [
  ['sha256rnds2 xmm3, xmm4', '0f 38 cb dc', { opcode: SHA256RNDS2, field: 3, operand: register(4) }],
  ['sha256rnds2 xmm11, xmm12', '45 0f 38 cb dc', { opcode: SHA256RNDS2, field: 11, operand: register(12) }],
  ['sha256msg1 xmm1, xmm2', '0f 38 cc ca', { opcode: SHA256MSG1, field: 1, operand: register(2) }],
  ['sha256msg1 xmm9, [rsp+16]', '44 0f 38 cc 4c 24 10', { opcode: SHA256MSG1, field: 9, operand: memory('rsp', 16) }],
  ['sha256msg2 xmm9, xmm2', '44 0f 38 cd ca', { opcode: SHA256MSG2, field: 9, operand: register(2) }],
  ['sha256msg2 xmm1, xmm15', '41 0f 38 cd cf', { opcode: SHA256MSG2, field: 1, operand: register(15) }],
  ['paddd xmm1, [rsp+4096]', '66 0f fe 8c 24 00 10 00 00', { opcode: VPADDD, field: 1, operand: memory('rsp', 4096) }],
  ['paddd xmm10, xmm0', '66 44 0f fe d0', { opcode: VPADDD, field: 10, operand: register(0) }],
  [
    'palignr xmm0, [rsp+32], 4',
    '66 0f 3a 0f 44 24 20 04',
    { opcode: VPALIGNR, field: 0, operand: memory('rsp', 32), immediate: 4 },
  ],
  ['palignr xmm8, xmm9, 4', '66 45 0f 3a 0f c1 04', { opcode: VPALIGNR, field: 8, operand: register(9), immediate: 4 }],
  ['pshufd xmm0, xmm0, 0xee', '66 0f 70 c0 ee', { opcode: VPSHUFD, field: 0, operand: register(0), immediate: 0xee }],
  [
    'pshufd xmm12, xmm1, 0x51',
    '66 44 0f 70 e1 51',
    { opcode: VPSHUFD, field: 12, operand: register(1), immediate: 0x51 },
  ],
  ['movdqa xmm0, xmm8', '66 41 0f 6f c0', { opcode: VMOVDQA, field: 0, operand: register(8) }],
  ['movdqa xmm8, [rsp]', '66 44 0f 6f 04 24', { opcode: VMOVDQA, field: 8, operand: memory('rsp', 0) }],
  ['movdqa [rsp+16], xmm9', '66 44 0f 7f 4c 24 10', { opcode: VMOVDQA_STORE, field: 9, operand: memory('rsp', 16) }],
  ['movdqu xmm1, [rdi+64]', 'f3 0f 6f 4f 40', { opcode: VMOVDQU_LOAD, field: 1, operand: memory('rdi', 64) }],
  ['movd xmm1, dword ptr [rdi+8]', '66 0f 6e 4f 08', { opcode: VMOVD_LOAD, field: 1, operand: memory('rdi', 8) }],
  ['movd xmm9, dword ptr [rsp+4]', '66 44 0f 6e 4c 24 04', { opcode: VMOVD_LOAD, field: 9, operand: memory('rsp', 4) }],
  ['pminud xmm2, xmm10', '66 41 0f 38 3b d2', { opcode: VPMINUD, field: 2, operand: register(10) }],
  ['pcmpeqd xmm1, xmm2', '66 0f 76 ca', { opcode: VPCMPEQD, field: 1, operand: register(2) }],
  ['ptest xmm8, xmm8', '66 45 0f 38 17 c0', { opcode: VPTEST, field: 8, operand: register(8) }],
];

for (const [assembly, bytes, instruction] of EVEX_CASES) {
  test(`with EVEX, ${assembly} is ${bytes}`, () => assert.equal(encodedHex('evex512', instruction), bytes));
}

for (const [assembly, bytes, instruction] of VEX_CASES) {
  test(`with VEX, ${assembly} is ${bytes}`, () => assert.equal(encodedHex('vex256', instruction), bytes));
}

for (const [assembly, bytes, instruction] of SSE_CASES) {
  test(`with SSE, ${assembly} is ${bytes}`, () => {
    assert.equal(encodedHex('sse128', instruction), bytes);
  });
}

test('an operand in the code is relative to it, with zeros to be filled in', () => {
  const operand = { type: 'code', label: { name: 'data' } } as const;
  const instruction = { opcode: VPADDD, field: 3, second: 4, operand };
  assert.equal(encodedHex('evex512', instruction), '62 f1 5d 48 fe 1d 00 00 00 00');
  assert.equal(encodedHex('vex256', instruction), 'c5 dd fe 1d 00 00 00 00');
  assert.equal(encodedHex('sse128', { opcode: VPADDD, field: 9, operand }), '66 44 0f fe 0d 00 00 00 00');
});

test('what an encoding cannot say is refused', () => {
  const vex = (instruction: VectorInstruction) => () => encodedHex('vex256', instruction);
  const sse = (instruction: VectorInstruction) => () => encodedHex('sse128', instruction);
  const claim = { name: 'AssertionError', message: /AVX|SSE/ };
  assert.throws(vex({ opcode: VPADDD, field: 16, second: 0, operand: register(0) }), claim);
  assert.throws(vex({ opcode: VPADDD, field: 0, second: 16, operand: register(0) }), claim);
  assert.throws(vex({ opcode: VPADDD, field: 0, second: 0, operand: register(16) }), claim);
  assert.throws(vex({ opcode: VPADDD, field: 0, second: 0, operand: broadcast('rdi', 0) }), claim);
  assert.throws(() => encodedHex('evex512', { opcode: VPADDD, field: 32, second: 0, operand: register(0) }), claim);
  assert.throws(sse({ opcode: VPADDD, field: 16, operand: register(0) }), claim);
  assert.throws(sse({ opcode: VPADDD, field: 0, operand: register(16) }), claim);
  assert.throws(sse({ opcode: VPADDD, field: 0, operand: broadcast('rdi', 0) }), claim);
  assert.throws(sse({ opcode: VPADDD, field: 0, second: 1, operand: register(0) }), claim);
});

function encodedHex(encoding: VectorEncoding, instruction: VectorInstruction): string {
  const bytes = encodeVectorInstruction(encoding, instruction);
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
