/** The outcome of one check. */
export interface Check {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'error';
  /** What was found, and what to do about it. */
  readonly detail: string;
}

/** One of two outcomes. */
export function judge(
  check: string,
  isFine: boolean,
  fine: string,
  wrong: string,
  state: 'warning' | 'error' = 'error',
): Check {
  return isFine ? { check, state: 'ok', detail: fine } : { check, state, detail: wrong };
}

/** Clocks that differ by more make ages wrong, and signatures of clouds may be refused, milliseconds. */
const skewWarningMs = 2_000;
const skewErrorMs = 30_000;

/**
 * Compares a clock with ours.
 *
 * @param aheadMs how far it is ahead of ours.
 * @param doubtMs how much of that may come from how it was read.
 */
export function clockCheck(whose: string, aheadMs: number, doubtMs: number): Check {
  const sureMs = Math.max(0, Math.abs(aheadMs) - doubtMs);
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  const text = `${seconds} s ${aheadMs < 0 ? 'behind' : 'ahead of'} this machine`;
  return judge(
    `clock of ${whose}`,
    sureMs <= skewWarningMs,
    'agrees with this machine',
    `${text}: let both follow a time server`,
    sureMs > skewErrorMs ? 'error' : 'warning',
  );
}

/** Time to order a new certificate, milliseconds. */
const renewalMs = 14 * 86_400_000;

/** Whether a certificate is valid for some time to come. */
export function expiryCheck(check: string, endMs: number, nowMs: number): Check {
  const day = new Date(endMs).toISOString().slice(0, 10);
  const state = endMs < nowMs ? 'error' : 'warning';
  return judge(check, endMs - nowMs > renewalMs, `valid until ${day}`, `valid until ${day}: renew it`, state);
}
