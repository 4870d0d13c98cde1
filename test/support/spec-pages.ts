/** The pages of `docs/spec` as tests need them: their headings, links, rules and marked examples. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../docs/spec/', import.meta.url);

export interface SpecPage {
  readonly name: string;
  readonly text: string;
  /** What `#anchor` may be, as GitHub makes it from the headings. */
  readonly anchors: ReadonlySet<string>;
  /** The numbers of the rules that are stated here, `E1`, in order. */
  readonly rules: readonly string[];
  /** The content of each block that is fenced as `example=<name>`. */
  readonly examples: ReadonlyMap<string, string>;
  /** Where the links to other pages of the folder lead, as they are written. */
  readonly links: readonly string[];
}

export function readSpecPages(): SpecPage[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.md'))
    .map((name) => readPage(name));
}

/** The rows of a two-column example: what stands before and after the first gap of two or more spaces. */
export function exampleRows(text: string): [string, string][] {
  return text.split('\n').map((line) => {
    const [, left = line, right = ''] = /^(.*?) {2,}(.*)$/.exec(line) ?? [];
    return [left, right];
  });
}

function readPage(name: string): SpecPage {
  const text = readFileSync(new URL(name, FOLDER), 'utf8');
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slug(heading));
  const examples = [...text.matchAll(/^```\w+ example=(\S+)\n([\s\S]*?)\n```$/gm)];
  return {
    name,
    text,
    anchors: new Set(headings),
    rules: [...text.matchAll(/^\*\*([A-Z]\d+)\.\*\* /gm)].map(([, rule = '']) => rule),
    examples: new Map(examples.map(([, example = '', content = '']) => [example, content])),
    links: [...text.matchAll(/\]\(([^)\s]*)\)/g)].map(([, link = '']) => link),
  };
}

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
}
