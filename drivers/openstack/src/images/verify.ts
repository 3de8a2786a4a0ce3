import type { GlanceImage } from './image.js';
import type { Digests } from './stream-hasher.js';

/** What is known of a file. */
export interface KnownContent {
  readonly bytes: number;
  /** By algorithm, lower-case hexadecimal. */
  readonly digests: Digests;
}

export type Verdict =
  | { readonly kind: 'same'; readonly by: string }
  | { readonly kind: 'different'; readonly why: string }
  /** The cloud tells no checksum that can be compared. */
  | { readonly kind: 'unproved' };

/**
 * Whether the image has the content of the file: by size, and by every checksum that both sides know.
 *
 * Source: Image API v2: `checksum` is md5, `os_hash_value` is of the algorithm `os_hash_algo`.
 */
export function verifyContent(image: GlanceImage, file: KnownContent): Verdict {
  if (image.size != null && image.size !== file.bytes) {
    return { kind: 'different', why: `it has ${image.size} bytes instead of ${file.bytes}` };
  }
  let by: string | undefined;
  for (const [algorithm, theirs] of checksumsOf(image)) {
    const ours = file.digests[algorithm];
    if (ours === undefined) continue;
    if (ours.toLowerCase() !== theirs.toLowerCase()) {
      return { kind: 'different', why: `its ${algorithm} is ${theirs} instead of ${ours}` };
    }
    by ??= algorithm;
  }
  return by === undefined ? { kind: 'unproved' } : { kind: 'same', by };
}

/** The stronger one first. */
function checksumsOf(image: GlanceImage): readonly (readonly [string, string])[] {
  const { checksum, os_hash_algo: algorithm, os_hash_value: value } = image;
  const found: (readonly [string, string])[] = [];
  if (algorithm && value) found.push([algorithm.toLowerCase(), value]);
  if (checksum) found.push(['md5', checksum]);
  return found;
}
