import { errorCode, errorText, redacted, Secret } from '@nodepool/runtime';

/** Words that make a key secret wherever they stand in it: `zookeeperPassword`, `auth-token`. */
const secretWords = new Set(['password', 'passwd', 'passphrase', 'token', 'secret', 'authorization', 'credentials']);

const deepest = 6;

/** Whether the value under this key must not be shown. `key` counts as the last word: `privateKey`, but not `keyName`. */
export function isSecretKey(key: string): boolean {
  const words = key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.toLowerCase());
  return (
    words.at(-1) === 'key' || words.some((word) => secretWords.has(word) || secretWords.has(word.replace(/s$/, '')))
  );
}

/** A copy fit for a log: secrets replaced, errors as text, nothing that JSON cannot hold. */
export function redact(key: string, value: unknown, depth = 0): unknown {
  if (isSecretKey(key) && value !== null && value !== undefined) return redacted;
  if (value instanceof Secret) return redacted;
  if (typeof value === 'string') return hideUserInfo(value);
  if (value instanceof Error) return describeError(value);
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= deepest) return '...';
  if (Array.isArray(value) || value instanceof Set) return [...value].map((item) => redact(key, item, depth + 1));
  const entries =
    value instanceof Map ? [...value].map(([inner, item]) => [String(inner), item]) : Object.entries(value);
  return Object.fromEntries(entries.map(([inner, item]) => [inner, redact(inner, item, depth + 1)]));
}

/**
 * The code and what happened; for an error that nobody raised on purpose the stack as well, since it tells of a mistake
 * in the program. Codes that begin with `ERR_` are those of wrong calls to Node.js.
 */
function describeError(error: Error): string {
  const text = hideUserInfo(errorText(error));
  const code = errorCode(error);
  if (code !== undefined && !code.startsWith('ERR_')) return text.startsWith(code) ? text : `${code}: ${text}`;
  return error.stack === undefined ? text : `${text}\n${hideUserInfo(error.stack)}`;
}

/** `scheme://user:password@host` without the two. */
function hideUserInfo(text: string): string {
  return text.includes('://') ? text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, `$1${redacted}@`) : text;
}
