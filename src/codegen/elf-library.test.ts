import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CODE_ADDRESS, encodeLibrary, importSlotAddress } from './elf-library.ts';

const code = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
const imports = ['one_function', 'another_function'];
const exportedName = 'the_function';
const image = Buffer.from(
  encodeLibrary({ imports, exported: { name: exportedName, address: CODE_ADDRESS + 77 }, code }),
);

describe('a library', () => {
  test('is a shared object for x86-64', () => {
    assert.equal(image.toString('latin1', 0, 4), '\x7fELF');
    assert.equal(image.readUInt16LE(16), 3);
    assert.equal(image.readUInt16LE(18), 62);
  });

  test('has no page that can be written to and run', () => {
    for (const { flags, pages } of loads()) {
      assert.notEqual(flags & 0b11, 0b11);
      for (const other of loads().filter((load) => load.flags !== flags)) {
        assert.ok(pages.isDisjointFrom(other.pages), 'no two parts share a page');
      }
    }
  });

  test('can be run in one part alone, which is the code', () => {
    const runnable = loads().filter(({ flags }) => (flags & 1) !== 0);
    assert.deepEqual(
      runnable.map(({ address, bytes }) => [address, bytes]),
      [[CODE_ADDRESS, code.length]],
    );
    assert.deepEqual(image.subarray(CODE_ADDRESS), Buffer.from(code));
  });

  test('leaves nothing that can be written to, once it is loaded', () => {
    const writable = loads().filter(({ flags }) => (flags & 2) !== 0);
    const protectedParts = programHeaders().filter(({ type }) => type === PT_GNU_RELRO);
    assert.deepEqual(
      protectedParts.map(({ address, bytes }) => [address, bytes]),
      writable.map(({ address, bytes }) => [address, bytes]),
    );
  });

  test('does not make the stack executable', () => {
    const stacks = programHeaders().filter(({ type }) => type === PT_GNU_STACK);
    assert.deepEqual(
      stacks.map(({ flags }) => flags & 1),
      [0],
    );
  });

  test('is whole in its file, and each part lies in memory as in the file', () => {
    for (const { offset, address, bytes } of loads()) {
      assert.equal(offset % PAGE_BYTES, 0);
      assert.equal(offset, address);
      assert.ok(offset + bytes <= image.length);
    }
  });

  test('has what it exports in its hash table', () => {
    const hash = tableAt('hash');
    assert.equal(image.readUInt32LE(hash), 1, 'there is one bucket');
    assert.equal(image.readUInt32LE(hash + 4), symbols().length);
    const found = symbols()[image.readUInt32LE(hash + 8)];
    assert.deepEqual([found?.name, found?.address], [exportedName, CODE_ADDRESS + 77]);
    // glibc adds the load address to a symbol only if its section is an ordinary one.
    assert.ok(found !== undefined && found.section > 0 && found.section < 0xff00);
  });

  test('asks for the address of each import in the slot of that import', () => {
    const [relocations, bytes] = [tableAt('relocations'), tableAt('relocationsBytes')];
    const asked = Array.from({ length: bytes / 24 }, (_, i) => {
      const at = relocations + 24 * i;
      assert.equal(image.readUInt32LE(at + 8), 6, 'R_X86_64_GLOB_DAT');
      const symbol = symbols()[image.readUInt32LE(at + 12)];
      assert.equal(symbol?.section, 0, 'the symbol is defined elsewhere');
      return [symbol?.name, Number(image.readBigUInt64LE(at))];
    });
    assert.deepEqual(
      asked,
      imports.map((name, i) => [name, importSlotAddress(i)]),
    );
  });
});

/** A second reading of what the tables mean, apart from how they were written. */
function programHeaders() {
  const [first, size, count] = [Number(image.readBigUInt64LE(32)), image.readUInt16LE(54), image.readUInt16LE(56)];
  return Array.from({ length: count }, (_, i) => {
    const at = first + size * i;
    const [address, bytes] = [Number(image.readBigUInt64LE(at + 16)), Number(image.readBigUInt64LE(at + 40))];
    const [firstPage, lastPage] = [Math.floor(address / PAGE_BYTES), Math.floor((address + bytes - 1) / PAGE_BYTES)];
    return {
      type: image.readUInt32LE(at),
      flags: image.readUInt32LE(at + 4),
      offset: Number(image.readBigUInt64LE(at + 8)),
      address,
      bytes,
      pages: new Set(Array.from({ length: Math.max(0, lastPage - firstPage + 1) }, (_, page) => firstPage + page)),
    };
  });
}

function loads() {
  return programHeaders().filter(({ type }) => type === PT_LOAD);
}

function tableAt(name: keyof typeof DYNAMIC_TAGS): number {
  const dynamic = programHeaders().find(({ type }) => type === PT_DYNAMIC);
  assert.ok(dynamic !== undefined);
  for (let at = dynamic.offset; ; at += 16) {
    const tag = Number(image.readBigUInt64LE(at));
    if (tag === DYNAMIC_TAGS[name]) return Number(image.readBigUInt64LE(at + 8));
    assert.notEqual(tag, 0, `${name} is among the tables`);
  }
}

function symbols() {
  // The hash table has a link for every symbol, and nothing else says how many there are.
  return Array.from({ length: image.readUInt32LE(tableAt('hash') + 4) }, (_, i) => {
    const at = tableAt('symbols') + 24 * i;
    const name = tableAt('names') + image.readUInt32LE(at);
    return {
      name: image.toString('latin1', name, image.indexOf(0, name)),
      section: image.readUInt16LE(at + 6),
      address: Number(image.readBigUInt64LE(at + 8)),
    };
  });
}

const PAGE_BYTES = 4096;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_GNU_STACK = 0x6474e551;
const PT_GNU_RELRO = 0x6474e552;
const DYNAMIC_TAGS = { hash: 4, names: 5, symbols: 6, relocations: 7, relocationsBytes: 8 };
