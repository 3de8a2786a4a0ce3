/** Bytes for people, in powers of 1024. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let amount = bytes;
  let place = 0;
  while (amount >= 1024 && place < units.length - 1) {
    amount /= 1024;
    place += 1;
  }
  return `${amount >= 100 || place === 0 ? Math.round(amount) : amount.toFixed(1)} ${units[place]}`;
}

/** Digits in groups, the same in every browser. */
export function countText(count: number): string {
  const [whole = '', fraction] = String(Math.round(count * 100) / 100).split('.');
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Such as `3 nodes`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** Time that a call took; empty when there was none. */
export function latencyText(seconds: number | null): string {
  if (seconds === null) return '';
  return seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toFixed(1)} s`;
}
