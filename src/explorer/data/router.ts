/**
 * The pages' addresses: what stands behind the `#` of the page's own. They last, so that a link that somebody kept
 * still leads where it led.
 */

/** Every page, and whether its address names one thing: `#/block/12`. */
const PAGES = {
  home: false,
  blocks: false,
  block: true,
  entry: true,
  records: false,
  author: true,
  nodes: false,
  node: true,
  network: false,
  pending: false,
  mining: false,
  charts: false,
  forks: false,
  append: false,
  search: false,
  verify: false,
  about: false,
} as const;

export type PageName = keyof typeof PAGES;

/** What an address names. */
export interface Route {
  /** Undefined where there is no such page. */
  readonly page: PageName | undefined;
  /** What it is about, where the page is about one thing: a height, a hash, an id, a port. As it stands in the address, unchecked. */
  readonly id: string;
  /** The node that is asked, where the address chooses one. */
  readonly node: number | undefined;
  /** Everything behind the `?` but `node`. Of a name that comes more than once, the values, one on a line. */
  readonly query: Readonly<Record<string, string>>;
}

/** The route of `hash`, as `location.hash` has it. */
export function parseRoute(hash: string): Route {
  const [path = '', queryText = ''] = split(hash.replace(/^#/, ''), '?');
  const [name = '', id = '', ...more] = path.replace(/^\//, '').split('/');
  const { node: nodeText, ...query } = readQuery(queryText);
  const node = parsePort(nodeText ?? '');
  const page = name === '' ? 'home' : name;
  const isPage = Object.hasOwn(PAGES, page) && name !== 'home' && more.length === 0;
  const isWhole = isPage && PAGES[page as PageName] === (id !== '');
  return { page: isWhole ? (page as PageName) : undefined, id: decode(id), node, query };
}

/** The address of a page, to be put into a link. */
export function hrefTo(
  page: PageName,
  options: {
    readonly id?: string | number;
    readonly node?: number | undefined;
    readonly query?: Readonly<Record<string, string>>;
  } = {},
): string {
  const path = page === 'home' ? '' : page;
  const id = options.id === undefined ? '' : `/${encodeURIComponent(options.id).replaceAll('%3A', ':')}`;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query ?? {})) {
    for (const line of value.split('\n')) query.append(name, line);
  }
  if (options.node !== undefined) query.set('node', String(options.node));
  return `#/${path}${id}${query.size === 0 ? '' : `?${query}`}`;
}

/** The port that `text` spells, or undefined. */
export function parsePort(text: string): number | undefined {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= PORT_LIMIT ? port : undefined;
}

function readQuery(text: string): Record<string, string> {
  const read = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    const before = read.get(name);
    read.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return Object.fromEntries(read);
}

/** Both sides of the first `mark`. */
function split(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** What is not well encoded stands for itself. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const PORT_LIMIT = 65_535;
