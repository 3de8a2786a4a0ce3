/**
 * Whose turn it is, when several launchers see the same event. Every one of them works out the same order from the
 * same registry, without asking anybody (rendezvous hashing): each key has its own first, the shares are equal, and
 * when somebody leaves only his share moves.
 */

/** A number for a text, the same in every process and release. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix(hash);
}

/**
 * The place of the best of `own` in the order for `key`: how many of `others` come before it.
 *
 * @param own hashes of those that count as us; when there are none, everybody comes before us.
 * @param others hashes of everybody else.
 */
export function turnOf(key: string, own: Iterable<number>, others: Iterable<number>): number {
  const keyHash = textHash(key);
  let best = -1;
  for (const hash of own) best = Math.max(best, weight(keyHash, hash));
  let before = 0;
  for (const hash of others) if (weight(keyHash, hash) > best) before += 1;
  return before;
}

/** Who comes next waits so long for who came before, milliseconds. */
const turnMs = 1_000;
/** In a crowd only the first few matter: those behind come together, and locks sort them out. */
const lastPlace = 5;

/** How long to leave something to those who come before, milliseconds; 0 when it is our turn. */
export function turnDelayMs(place: number): number {
  return Math.min(place, lastPlace) * turnMs;
}

function weight(key: number, hash: number): number {
  return mix(key ^ Math.imul(hash, 0x9e3779b1));
}

/** Spreads every bit over all others. Source: the finalizer of MurmurHash3. */
function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
