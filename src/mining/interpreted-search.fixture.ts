/** Generated code that is not generated: each instruction of the program is carried out as it is read. Slow and plain. */
import { apply } from '../codegen/expression.ts';
import type { Operand, SearchProgram } from '../codegen/search-program.ts';
import type { LaneSearch } from './lane-search.ts';

/** `program` with `lanes` nonces in a group. */
export function interpretProgram(program: SearchProgram, lanes: number): LaneSearch {
  const table = new Uint32Array(program.table.length);
  const firstHashWord = (nonceWord: number): number => {
    const results: number[] = [];
    const read = (operand: Operand): number => {
      if (operand.type === 'nonce') return nonceWord;
      return (operand.type === 'table' ? table[operand.index] : results[operand.index]) ?? Number.NaN;
    };
    for (const { operator, operands, amount } of program.instructions) {
      const [a = 0, b = 0, c = 0] = operands.map(read);
      results.push(apply(operator, a, b, c, amount));
    }
    return results.at(-1) ?? Number.NaN;
  };
  return {
    lanes,
    table,
    search: (nonceWord, groups, threshold) => {
      for (let tried = 0; tried < groups * lanes; tried++) {
        if (firstHashWord((nonceWord + tried * 2 ** 16) >>> 0) <= threshold) return Math.floor(tried / lanes);
      }
      return groups;
    },
  };
}
