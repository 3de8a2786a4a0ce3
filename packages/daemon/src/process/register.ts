/** Keeps `item` in `set` until it is disposed of. */
export function register<T>(set: Set<T>, item: T): Disposable {
  set.add(item);
  return { [Symbol.dispose]: () => void set.delete(item) };
}
