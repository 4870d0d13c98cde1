import assert from 'node:assert/strict';
import { test } from 'node:test';
import { X86Assembler } from './x86-assembler.ts';
import type { BasedOperand, Label } from './x86-operand.ts';
import { VPADDD, VPTERNLOGD } from './x86-vector-opcodes.ts';

/** What GNU binutils 2.40 makes of these lines, each of them a case of its own. */
const CASES: readonly (readonly [assembly: string, bytes: string, write: (assembler: X86Assembler) => void])[] = [
  ['mov rdx, rsp', '48 89 e2', (assembler) => assembler.mov64('rdx', 'rsp')],
  ['mov rsp, rdx', '48 89 d4', (assembler) => assembler.mov64('rsp', 'rdx')],
  ['and rsp, -64', '48 83 e4 c0', (assembler) => assembler.and64('rsp', -64)],
  ['sub rsp, 4096', '48 81 ec 00 10 00 00', (assembler) => assembler.sub64('rsp', 4096)],
  ['mov ecx, [rdi+4]', '8b 4f 04', (assembler) => assembler.load32('rcx', memory('rdi', 4))],
  ['mov eax, [rdi]', '8b 07', (assembler) => assembler.load32('rax', memory('rdi', 0))],
  ['mov [rdi+12], eax', '89 47 0c', (assembler) => assembler.store32(memory('rdi', 12), 'rax')],
  ['mov [rsp+300], edx', '89 94 24 2c 01 00 00', (assembler) => assembler.store32(memory('rsp', 300), 'rdx')],
  ['xor eax, eax', '31 c0', (assembler) => assembler.xor32('rax', 'rax')],
  ['inc eax', 'ff c0', (assembler) => assembler.inc32('rax')],
  ['cmp eax, ecx', '39 c8', (assembler) => assembler.cmp32('rax', 'rcx')],
  ['kortestw k1, k1', 'c5 f8 98 c9', (assembler) => assembler.kortestw(1)],
  ['kortestw k7, k7', 'c5 f8 98 ff', (assembler) => assembler.kortestw(7)],
  ['vzeroupper', 'c5 f8 77', (assembler) => assembler.vzeroupper()],
  ['ret', 'c3', (assembler) => assembler.ret()],
];

for (const [assembly, bytes, write] of CASES) {
  test(`${assembly} is ${bytes}`, () => {
    const assembler = new X86Assembler('vex256');
    write(assembler);
    assert.equal(hex(assembler.finish()), bytes);
  });
}

test('jumps and operands find their labels, before and after them', () => {
  const assembler = new X86Assembler('evex512');
  const begin: Label = { name: 'begin' };
  const end: Label = { name: 'end' };
  const data: Label = { name: 'data' };
  assembler.bind(begin);
  assembler.jmp(end);
  assembler.je(end);
  assembler.jne(begin);
  assembler.vector({ opcode: VPADDD, field: 3, second: 4, operand: { type: 'code', label: data } });
  // The immediate comes between the displacement and the place that it counts from.
  const immediate = 0x96;
  assembler.vector({ opcode: VPTERNLOGD, field: 1, second: 2, operand: { type: 'code', label: data }, immediate });
  assembler.bind(end);
  assembler.ret();
  assembler.align(16);
  assembler.bind(data);
  assembler.words([1, 0xfffffffe]);
  const lines = [
    'e9 21 00 00 00', // 0: jmp 26
    '0f 84 1b 00 00 00', // 5: je 26
    '0f 85 ef ff ff ff', // b: jne 0
    '62 f1 5d 48 fe 1d 15 00 00 00', // 11: vpaddd zmm3, zmm4, [rip+0x15] is 30
    '62 f3 6d 48 25 0d 0a 00 00 00 96', // 1b: vpternlogd zmm1, zmm2, [rip+0xa], 0x96
    'c3', // 26: ret
    'cc cc cc cc cc cc cc cc cc', // 27
    '01 00 00 00 fe ff ff ff', // 30
  ];
  assert.equal(hex(assembler.finish()), lines.join(' '));
});

test('a label that is nowhere is a mistake', () => {
  const assembler = new X86Assembler('vex256');
  assembler.jmp({ name: 'nowhere' });
  assert.throws(() => assembler.finish(), { name: 'AssertionError', message: 'the label nowhere is bound' });
});

function memory(base: 'rdi' | 'rsp', displacement: number): BasedOperand {
  return { type: 'memory', base, displacement };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
