import type { JsonObject, JsonValue } from '@nodepool/model';

/** One page of a list. */
export interface Page {
  readonly items: readonly JsonObject[];
  /** Where the next one is, as the service writes it; undefined on the last. */
  readonly next: string | undefined;
}

/** What an answer holds under `collection`, and its link to more: `servers_links`, or `next` at the top. */
export function pageIn(body: JsonValue, collection: string): Page {
  if (!isMap(body)) return { items: [], next: undefined };
  const items = body[collection];
  const links = body[`${collection}_links`];
  const link = Array.isArray(links) ? links.filter(isMap).find(({ rel }) => rel === 'next')?.['href'] : body['next'];
  return {
    items: Array.isArray(items) ? items.filter(isMap) : [],
    next: typeof link === 'string' && link !== '' ? link : undefined,
  };
}

/**
 * All items of a list, page after page. A page that brings nothing new is the last, whatever its link says: there were
 * services that linked an empty page to itself.
 */
export async function allPages(
  first: string,
  fetchPage: (path: string) => Promise<Page>,
): Promise<readonly JsonObject[]> {
  const found = new Map<JsonValue, JsonObject>();
  for (let path: string | undefined = first; path !== undefined; ) {
    const page: Page = await fetchPage(path);
    const before = found.size;
    for (const item of page.items) found.set(item['id'] ?? JSON.stringify(item), item);
    path = found.size > before ? page.next : undefined;
  }
  return [...found.values()];
}

function isMap(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
