/** What the old endpoints can answer with, the server's first choice first. */
const offers = ['text/html', 'text/plain', 'application/json'] as const;

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

/**
 * Which form of a list an `Accept` header asks for: JSON only where it ranks above text. A header that cannot be read
 * counts as none.
 *
 * Source: docs/compatibility/interfaces.md section 3.
 *
 * @returns undefined when neither is acceptable.
 */
export function preferredForm(accept: string | undefined): 'table' | 'json' | undefined {
  const ranges = accept === undefined ? undefined : parseAccept(accept);
  if (ranges === undefined || ranges.length === 0) return 'table';
  let best: { readonly offer: string; readonly quality: number } | undefined;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality > (best?.quality ?? 0)) best = { offer, quality };
  }
  if (best === undefined) return undefined;
  return best.offer === 'application/json' ? 'json' : 'table';
}

function parseAccept(header: string): readonly Range[] | undefined {
  const ranges: Range[] = [];
  for (const part of header.split(',')) {
    if (part.trim() === '') continue;
    const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const [, type, subtype] = /^([\w!#$&^.+*-]+)\/([\w!#$&^.+*-]+)$/.exec(range) ?? [];
    const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2) ?? '1';
    const quality = Number(weight);
    if (type === undefined || subtype === undefined || !(quality >= 0 && quality <= 1)) return undefined;
    ranges.push({ type: type.toLowerCase(), subtype: subtype.toLowerCase(), quality });
  }
  return ranges;
}

/** The quality that the most specific range gives to an offer. */
function qualityOf(offer: string, ranges: readonly Range[]): number {
  const [type, subtype] = offer.split('/');
  let specificity = 0;
  let quality = 0;
  for (const range of ranges) {
    const rank = rankOf(range, type, subtype);
    if (rank > specificity) {
      specificity = rank;
      quality = range.quality;
    }
  }
  return quality;
}

function rankOf(range: Range, type: string | undefined, subtype: string | undefined): 0 | 1 | 2 | 3 {
  if (range.type === type && range.subtype === subtype) return 3;
  if (range.type === type && range.subtype === '*') return 2;
  return range.type === '*' && range.subtype === '*' ? 1 : 0;
}
