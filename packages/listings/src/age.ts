/**
 * Time passed since `sinceSec`, as `DD:HH:MM:SS`, each part of two digits or more. A time in the future counts as now.
 *
 * @param sinceSec seconds since the epoch.
 * @param nowMs milliseconds since the epoch.
 */
export function formatAge(sinceSec: number, nowMs: number): string {
  const seconds = Math.max(0, Math.floor(nowMs / 1000 - sinceSec));
  const parts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
