/** What is known of labels in providers; who asks gets what was seen nearest to the place. */
export class ByPlace<T> {
  readonly #found = new Map<string, T[]>();

  /** @param provider undefined is any; so is `label`. */
  add(provider: string | undefined, label: string | undefined, value: T): void {
    const key = keyOf(provider, label);
    const values = this.#found.get(key);
    if (values === undefined) this.#found.set(key, [value]);
    else values.push(value);
  }

  /** Of the label in the provider; else of the label, of the provider, of anything. */
  *from(provider: string, label: string): Generator<readonly T[]> {
    for (const key of [keyOf(provider, label), keyOf(undefined, label), keyOf(provider, undefined), keyOf()]) {
      const values = this.#found.get(key);
      if (values !== undefined) yield values;
    }
  }
}

/** Adds what was seen at one place to what is known of all places around it. */
export function addAround<T>(known: ByPlace<T>, provider: string, label: string, value: T): void {
  for (const eachProvider of [provider, undefined]) {
    for (const eachLabel of [label, undefined]) known.add(eachProvider, eachLabel, value);
  }
}

function keyOf(provider?: string, label?: string): string {
  return JSON.stringify([provider ?? null, label ?? null]);
}
