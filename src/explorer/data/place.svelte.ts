/** Where the visitor is: the route of the page's address, as the browser's back and forward and every link change it. */
import { hrefTo, type PageName, parseRoute, type Route } from './router.ts';

class Place {
  /** What the address names now. */
  route: Route = $state.raw(parseRoute(location.hash));

  constructor() {
    addEventListener('hashchange', () => {
      this.route = parseRoute(location.hash);
    });
  }

  /** A link to a page that stays with the node that this address chose. */
  href(
    page: PageName,
    id?: string | number,
    options: { readonly node?: number | undefined; readonly query?: Readonly<Record<string, string>> } = {},
  ): string {
    const node = options.node ?? this.route.node;
    return hrefTo(page, {
      ...(id === undefined ? {} : { id }),
      ...(options.query ? { query: options.query } : {}),
      node,
    });
  }

  /** Goes to a page, as if its link had been followed. */
  go(href: string): void {
    location.hash = href;
  }

  /** The same page with another node to ask. */
  choose(node: number): void {
    const { page, id, query } = this.route;
    if (page !== undefined) location.hash = hrefTo(page, { ...(id === '' ? {} : { id }), query, node });
  }
}

/** The one place of this window. */
export const place = new Place();
