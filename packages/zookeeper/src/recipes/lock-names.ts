/** Every name that ends so contends, whoever made it. Source: kazoo's `Lock`. */
const contenderPattern = /__lock__(-?\d{10})$/;
const forcedPattern = /(\d{10})$/;

/** What the name of a contender begins with; the server appends ten digits. */
export function childPrefix(hexId: string): string {
  return `${hexId}__lock__`;
}

/** The contenders among the children of a lock directory, the holder first. Compared as text, as kazoo does. */
export function sortedContenders(names: readonly string[]): string[] {
  return sortedBy(names, contenderPattern);
}

/** The child that holds the lock for a forced unlock, which knows no better than the number at the end. */
export function lowestNumbered(names: readonly string[]): string | undefined {
  return sortedBy(names, forcedPattern)[0];
}

/** Who must go before `own` gets its turn: undefined when nobody, `missing` when `own` is not in the list. */
export function predecessor(names: readonly string[], own: string): { readonly ahead: string | undefined } | 'missing' {
  const contenders = sortedContenders(names);
  const place = contenders.indexOf(own);
  return place < 0 ? 'missing' : { ahead: contenders[place - 1] };
}

function sortedBy(names: readonly string[], pattern: RegExp): string[] {
  const found = names.flatMap((name) => {
    const digits = pattern.exec(name)?.[1];
    return digits === undefined ? [] : [{ name, digits }];
  });
  return found.sort((a, b) => (a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0)).map(({ name }) => name);
}
