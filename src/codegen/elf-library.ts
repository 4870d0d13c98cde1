/**
 * Shared libraries for Linux on x86-64, as ELF files: what a linker would make of some code, small and strict.
 *
 * After the System V gABI, edition of 2012-12-31 (https://www.sco.com/developers/gabi/2012-12-31/contents.html), whose
 * chapters are cited, and the x86-64 psABI 1.0 (https://gitlab.com/x86-psABIs/x86-64-ABI). A library has three parts,
 * each on pages of its own: tables to read, slots that the loader fills before anything runs, and code. No page is ever
 * writable and executable at once, and once the library is loaded none is writable.
 */
import { assert } from '../core/assert.ts';
import { ByteWriter } from './byte-writer.ts';

export interface Library {
  /** The functions that the process has to have. The loader puts their addresses into the slots. */
  readonly imports: readonly string[];
  /** The function that the process asks for. Addresses count from where the library begins in memory. */
  readonly exported: { readonly name: string; readonly address: number };
  /** Machine code that runs wherever it is put. It comes to `CODE_ADDRESS`. */
  readonly code: Uint8Array;
}

export const CODE_ADDRESS = 0x2000;

/** The address of the slot for the import of this index. */
export function importSlotAddress(index: number): number {
  return SLOTS_ADDRESS + WORD_BYTES * index;
}

export function encodeLibrary(library: Library): Uint8Array {
  const { imports, code } = library;
  const dynamicAddress = importSlotAddress(imports.length);
  const file = new ByteWriter();
  writeFileHeader(file);
  writeProgramHeaders(file, { dynamicAddress, codeBytes: code.length });
  const tables = writeTables(file, library);
  beginPart(file, SLOTS_ADDRESS);
  for (const _ of imports) file.uint64(0);
  writeDynamicSection(file, tables);
  beginPart(file, CODE_ADDRESS);
  return file.block(code).toBytes();
}

/** Every byte stands in the file where it stands in memory, so that an address is an offset too. */
function beginPart(file: ByteWriter, address: number): void {
  file.alignTo(PAGE_BYTES);
  assert(file.length === address, 'what comes before a part fits on one page');
}

/** gABI ch. 4, "ELF Header". There are no sections: they are for linkers, and a loader needs none. */
function writeFileHeader(file: ByteWriter): void {
  file.bytes(0x7f, 0x45, 0x4c, 0x46); // ELF
  file.bytes(2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0); // ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE
  file.uint16(3).uint16(62).uint32(1); // ET_DYN, EM_X86_64, EV_CURRENT
  file.uint64(0).uint64(FILE_HEADER_BYTES).uint64(0); // Where it starts, its program headers, its section headers.
  file.uint32(0).uint16(FILE_HEADER_BYTES); // Flags, and the size of this.
  file.uint16(PROGRAM_HEADER_BYTES).uint16(PROGRAM_HEADERS);
  file.uint16(0).uint16(0).uint16(0); // Size and number of section headers, and which has their names.
}

/** gABI ch. 5, "Program Header". */
function writeProgramHeaders(file: ByteWriter, sizes: { dynamicAddress: number; codeBytes: number }): void {
  const { dynamicAddress, codeBytes } = sizes;
  const dynamicBytes = CODE_ADDRESS - dynamicAddress;
  const header = (type: number, flags: number, address: number, bytes: number, alignment: number) =>
    file
      .uint32(type)
      .uint32(flags)
      .uint64(address) // In the file.
      .uint64(address) // In memory.
      .uint64(address) // In physical memory, which is not looked at.
      .uint64(bytes)
      .uint64(bytes)
      .uint64(alignment);
  header(PT_LOAD, READABLE, 0, SLOTS_ADDRESS, PAGE_BYTES);
  header(PT_LOAD, READABLE | WRITABLE, SLOTS_ADDRESS, PAGE_BYTES, PAGE_BYTES);
  header(PT_LOAD, READABLE | EXECUTABLE, CODE_ADDRESS, codeBytes, PAGE_BYTES);
  header(PT_DYNAMIC, READABLE | WRITABLE, dynamicAddress, dynamicBytes, WORD_BYTES);
  // Without the next one the loader would make the stacks of the whole process executable.
  header(PT_GNU_STACK, READABLE | WRITABLE, 0, 0, 0);
  header(PT_GNU_RELRO, READABLE, SLOTS_ADDRESS, PAGE_BYTES, 1);
}

/** Where the tables stand. */
interface Tables {
  readonly hash: number;
  readonly symbols: number;
  readonly relocations: number;
  readonly relocationsBytes: number;
  readonly names: number;
  readonly namesBytes: number;
}

/** Symbol 0 stands for none, symbol 1 is the export, and the imports follow. */
function writeTables(file: ByteWriter, { imports, exported }: Library): Tables {
  const names = new ByteWriter().terminated('');
  const nameOf = (name: string) => {
    const offset = names.length;
    names.terminated(name);
    return offset;
  };

  const symbols = file.alignTo(WORD_BYTES).length;
  writeSymbol(file, { name: 0, info: 0, section: 0, address: 0 });
  // Its section says no more than that it is defined: there are none, and any number will do that means nothing else.
  writeSymbol(file, {
    name: nameOf(exported.name),
    info: STB_GLOBAL | STT_FUNC,
    section: 1,
    address: exported.address,
  });
  for (const name of imports)
    writeSymbol(file, { name: nameOf(name), info: STB_GLOBAL, section: SHN_UNDEF, address: 0 });

  const relocations = file.length;
  for (const index of imports.keys()) writeRelocation(file, importSlotAddress(index), FIRST_IMPORT + index);

  const relocationsBytes = file.length - relocations;
  const hash = file.length;
  writeHashTable(file, FIRST_IMPORT + imports.length);
  const namesAddress = file.length;
  file.block(names.toBytes());
  return { hash, symbols, relocations, relocationsBytes, names: namesAddress, namesBytes: names.length };
}

/** gABI ch. 4, "Symbol Table". */
function writeSymbol(file: ByteWriter, symbol: { name: number; info: number; section: number; address: number }): void {
  file.uint32(symbol.name).bytes(symbol.info, 0).uint16(symbol.section).uint64(symbol.address).uint64(0);
}

/** "Put the address of this symbol here" (psABI §4.4.1). It is done at once, never at the first call. */
function writeRelocation(file: ByteWriter, address: number, symbol: number): void {
  file.uint64(address).uint32(R_X86_64_GLOB_DAT).uint32(symbol).uint64(0);
}

/** gABI ch. 5, "Hash Table": with one bucket, every name is in it, and the export is all there is to find. */
function writeHashTable(file: ByteWriter, symbols: number): void {
  file.uint32(1).uint32(symbols).uint32(EXPORT);
  // Which symbol comes next in the bucket: none after any.
  for (let i = 0; i < symbols; i++) file.uint32(0);
}

/** gABI ch. 5, "Dynamic Section": where the loader finds the tables. */
function writeDynamicSection(file: ByteWriter, tables: Tables): void {
  file.uint64(DT_HASH).uint64(tables.hash);
  file.uint64(DT_STRTAB).uint64(tables.names);
  file.uint64(DT_STRSZ).uint64(tables.namesBytes);
  file.uint64(DT_SYMTAB).uint64(tables.symbols);
  file.uint64(DT_SYMENT).uint64(SYMBOL_BYTES);
  file.uint64(DT_RELA).uint64(tables.relocations);
  file.uint64(DT_RELASZ).uint64(tables.relocationsBytes);
  file.uint64(DT_RELAENT).uint64(RELOCATION_BYTES);
  file.uint64(DT_NULL).uint64(0);
}

const SLOTS_ADDRESS = 0x1000;
const PAGE_BYTES = 0x1000;
const WORD_BYTES = 8;

const FILE_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PROGRAM_HEADERS = 6;
const SYMBOL_BYTES = 24;
const RELOCATION_BYTES = 24;

/** Indices of symbols. */
const EXPORT = 1;
const FIRST_IMPORT = 2;

const READABLE = 4;
const WRITABLE = 2;
const EXECUTABLE = 1;

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
/** The last two are GNU's, and musl knows them as well (LSB Core 5.0, generic, §11.2). */
const PT_GNU_STACK = 0x6474e551;
const PT_GNU_RELRO = 0x6474e552;

/** A symbol's binding is in the upper half of a byte, its type in the lower. */
const STB_GLOBAL = 0x10;
const STT_FUNC = 2;
const SHN_UNDEF = 0;
const R_X86_64_GLOB_DAT = 6;

const DT_NULL = 0;
const DT_HASH = 4;
const DT_STRTAB = 5;
const DT_SYMTAB = 6;
const DT_RELA = 7;
const DT_RELASZ = 8;
const DT_RELAENT = 9;
const DT_STRSZ = 10;
const DT_SYMENT = 11;
