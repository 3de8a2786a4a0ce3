/**
 * The wait that a `Retry-After` header asks for, in milliseconds; undefined when it is absent or cannot be read.
 *
 * @param value seconds, or a date as HTTP writes it (RFC 9110, 10.2.3).
 * @param nowMs wall clock, milliseconds since the epoch.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
