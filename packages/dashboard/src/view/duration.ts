const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** A duration for people: two units at most, such as `3 h 5 min`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < minute) return `${whole} s`;
  if (whole < hour) return `${Math.floor(whole / minute)} min`;
  if (whole < day) return twoUnits(whole, hour, 'h', minute, 'min');
  return twoUnits(whole, day, 'd', hour, 'h');
}

function twoUnits(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small);
  const first = `${Math.floor(seconds / large)} ${largeName}`;
  return rest === 0 ? first : `${first} ${rest} ${smallName}`;
}

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
