import { watch } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, type Logger, Wakeup } from '@nodepool/runtime';
import { type CertificateDates, readTlsFiles, type TlsMaterial } from './tls-files.js';

export interface FollowTlsOptions {
  readonly paths: { readonly cert: string; readonly key: string };
  readonly initial: TlsMaterial & CertificateDates;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange: (cert: string, key: string) => void;
  readonly signal: AbortSignal;
}

/** Files are replaced one after the other: they are read when both had time to arrive. */
const settleMs = 500;
const dayMs = 86_400_000;
/** From when on an end is worth a warning. */
const warnAheadMs = 14 * dayMs;

/**
 * Puts certificate and key to use when they change, and says when the certificate is about to end or has ended. Files
 * that cannot be used are refused: the last good ones stay.
 */
export function followTlsFiles(options: FollowTlsOptions): void {
  const { paths, clock, log, signal } = options;
  const wakeup = new Wakeup(clock);
  for (const directory of new Set([dirname(paths.cert), dirname(paths.key)])) {
    try {
      const watcher = watch(directory, { persistent: false, signal }, () => wakeup.mark());
      watcher.on('error', (error) => log.warn({ error, directory }, 'changes of the certificate go unnoticed'));
    } catch (error) {
      log.warn({ error, directory }, 'changes of the certificate go unnoticed');
    }
  }
  void follow(options, wakeup);
}

async function follow(
  { paths, initial, clock, log, onChange, signal }: FollowTlsOptions,
  wakeup: Wakeup,
): Promise<void> {
  let inUse = initial;
  tellDates(inUse, clock.now(), log);
  while (!signal.aborted) {
    await wakeup.next(dayMs, signal);
    await clock.sleep(settleMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const read = await readTlsFiles(paths);
      if (read.cert !== inUse.cert || read.key !== inUse.key) {
        inUse = read;
        onChange(read.cert, read.key);
        log.info({ validTo: new Date(read.validToMs).toISOString() }, 'took a new certificate into use');
      }
    } catch (error) {
      log.warn({ error }, 'refused a new certificate; the last good one stays in use');
    }
    tellDates(inUse, clock.now(), log);
  }
}

/** Clients refuse a certificate that has ended; nobody can mend that but an operator. */
export function tellDates({ validFromMs, validToMs }: CertificateDates, nowMs: number, log: Logger): void {
  const validTo = new Date(validToMs).toISOString();
  if (nowMs > validToMs) log.error({ validTo }, 'certificate of the web server has expired: clients refuse it');
  else if (nowMs < validFromMs)
    log.error({ validFrom: new Date(validFromMs).toISOString() }, 'certificate of the web server is not valid yet');
  else if (nowMs > validToMs - warnAheadMs) log.warn({ validTo }, 'certificate of the web server expires soon');
}
