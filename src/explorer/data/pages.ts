/** The pages' components, each loaded when it is first opened, so that the first view waits for its own alone. */
import type { Component } from 'svelte';
import type { PageName, Route } from './router.ts';

interface PageModule {
  readonly default: Component<{ route: Route }>;
}

const MODULES = import.meta.glob<PageModule>('../pages/*.svelte');

/** `pages/Block.svelte` is the page `block`. */
export const PAGE_LOADERS: ReadonlyMap<PageName, () => Promise<PageModule>> = new Map(
  Object.entries(MODULES).map(([path, load]) => [/(\w+)\.svelte$/.exec(path)?.[1]?.toLowerCase() as PageName, load]),
);
