import type { QueryValue } from '../session/types.js';

/** `path` below `root`, whether or not the one ends and the other begins with a slash. */
export function joinUrl(root: string, path: string): string {
  return `${root.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
}

/** `url` with `query` added to the one that it may have. */
export function withQuery(url: string, query: Readonly<Record<string, QueryValue>> = {}): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const item of typeof value === 'object' ? value : [value]) parameters.append(key, String(item));
  }
  const text = parameters.toString();
  if (text === '') return url;
  return `${url}${url.includes('?') ? '&' : '?'}${text}`;
}

/**
 * Where a request goes: a path below the service's root, or a `next` link of the service. A link keeps what follows the
 * version; its host is often one that only the service knows.
 */
export function requestUrl(root: string, path: string): string {
  const isLink = /^https?:\/\//.test(path) || /^\/v\d+(\.\d+)?\//.test(path);
  if (!isLink) return joinUrl(root, path);
  const link = new URL(path, root);
  const rootPath = new URL(root).pathname.replace(/\/+$/, '');
  if (link.pathname.startsWith(`${rootPath}/`)) return new URL(root).origin + link.pathname + link.search;
  const afterVersion = link.pathname.replace(/^.*?\/v\d+(\.\d+)?(?=\/)/, '');
  const project = /\/v\d+(?:\.\d+)?(\/[^/]+)$/.exec(rootPath)?.[1];
  const rest =
    project !== undefined && afterVersion.startsWith(`${project}/`) ? afterVersion.slice(project.length) : afterVersion;
  return joinUrl(root, rest) + link.search;
}
