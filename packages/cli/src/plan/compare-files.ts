import { isDeepStrictEqual } from 'node:util';
import type { PlainMap, PlainValue } from '@nodepool/config/names';

/** One difference between two configurations. */
export interface Difference {
  readonly action: 'add' | 'remove' | 'change';
  /** As in messages about a configuration, with names in the place of numbers: `providers.cloud-a.pools.main.max-servers`. */
  readonly what: string;
  readonly why: string;
}

/**
 * What differs, in the order of `after`; what is new or gone as a whole is told once. Entries of a list that have names
 * are compared by name, so that their order does not matter. Texts are not shown: any may be a secret.
 */
export function compareFiles(before: PlainMap, after: PlainMap): readonly Difference[] {
  return compareMaps('', before, after);
}

function compareMaps(path: string, before: PlainMap, after: PlainMap): readonly Difference[] {
  const keys = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...keys].flatMap((key) => compareValues(path === '' ? key : `${path}.${key}`, before[key], after[key]));
}

function compareValues(
  what: string,
  before: PlainValue | undefined,
  after: PlainValue | undefined,
): readonly Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (before === undefined) return [{ action: 'add', what, why: shown(after) }];
  if (after === undefined) return [{ action: 'remove', what, why: shown(before) }];
  const [old, fresh] = [mapOf(before), mapOf(after)];
  if (old !== undefined && fresh !== undefined) {
    const differences = compareMaps(what, old, fresh);
    return differences.length > 0 ? differences : [{ action: 'change', what, why: 'the order' }];
  }
  const isTold = shown(before) !== '' && shown(after) !== '';
  return [{ action: 'change', what, why: isTold ? `${shown(before)} becomes ${shown(after)}` : 'another value' }];
}

/** A map, or a list whose entries all have names of their own. */
function mapOf(value: PlainValue): PlainMap | undefined {
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? (value as PlainMap) : undefined;
  const entries = value.map((entry: PlainValue): [string, PlainValue] | undefined => {
    const name =
      typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? (entry as PlainMap)['name'] : null;
    return typeof name === 'string' ? [name, entry] : undefined;
  });
  const named = entries.filter((entry) => entry !== undefined);
  const isUnique = new Set(named.map(([name]) => name)).size === value.length;
  return isUnique ? Object.fromEntries(named) : undefined;
}

function shown(value: PlainValue | undefined): string {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
