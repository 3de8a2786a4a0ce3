import type { JsonObject, JsonValue } from '@nodepool/model';

/** Enough to see what a cloud complains of, too little to fill a log. */
const longestText = 1000;

/**
 * What a service says went wrong, from whatever form it says it in: Nova and Cinder name the error and put `message` in
 * it, Neutron does the same with `type` and `detail`, Keystone says `error`, Glance answers in HTML.
 */
export function errorText(body: JsonValue): string {
  return (messageIn(body, 3) ?? '').replaceAll(/\s+/g, ' ').trim().slice(0, longestText);
}

function messageIn(value: JsonValue | undefined, depth: number): string | undefined {
  if (typeof value === 'string') return plainText(value);
  if (typeof value !== 'object' || value === null || depth === 0) return undefined;
  return isList(value) ? messageIn(value[0], depth - 1) : messageInMap(value, depth);
}

function messageInMap(map: JsonObject, depth: number): string | undefined {
  const message = map['message'] ?? map['title'];
  if (typeof message === 'string' && message !== '') {
    const type = map['type'];
    return typeof type === 'string' && type !== '' ? `${type}: ${message}` : message;
  }
  for (const inner of Object.values(map)) {
    const found = typeof inner === 'object' ? messageIn(inner, depth - 1) : undefined;
    if (found !== undefined && found !== '') return found;
  }
  return typeof map['detail'] === 'string' ? map['detail'] : undefined;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** HTML without its head and tags. */
function plainText(text: string): string {
  if (!/<(html|body|h1|title)[\s>]/i.test(text)) return text;
  return text
    .replaceAll(/<head[\s>][\s\S]*?<\/head>/gi, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
