export const pages = ['overview', 'nodes', 'requests', 'images', 'providers', 'components', 'events'] as const;
export type PageName = (typeof pages)[number];

export const pageTitles: Readonly<Record<PageName, string>> = {
  overview: 'Overview',
  nodes: 'Nodes',
  requests: 'Requests',
  images: 'Images',
  providers: 'Providers',
  components: 'Components',
  events: 'Events',
};

/** What the fragment of the address says is to be seen. */
export interface Route {
  readonly page: PageName;
  /** Id of the node or request, name of the image that is looked at. */
  readonly id: string | undefined;
  /** Filters, by name. */
  readonly query: Readonly<Record<string, string>>;
}

/** Unknown pages are the overview. @param hash such as `#/nodes/0000000012?state=ready`. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [name = '', id = ''] = path.split('/', 2);
  const page = pages.find((one) => one === name) ?? 'overview';
  return { page, id: id === '' ? undefined : decoded(id), query: Object.fromEntries(new URLSearchParams(search)) };
}

/** Filters that are empty are left out. */
export function routeHash({ page, id, query = {} }: Partial<Route> & Pick<Route, 'page'>): string {
  const set = Object.entries(query).filter(([, value]) => value !== '');
  const search = set.length === 0 ? '' : `?${new URLSearchParams(set)}`;
  return `#/${page}${id === undefined ? '' : `/${encodeURIComponent(id)}`}${search}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
