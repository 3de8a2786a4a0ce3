import { NodepoolError } from '@nodepool/runtime';

/** Codes of this package. */
export const daemonErrorCodes = {
  NP_LOG_CONFIG: 'the logging configuration cannot be used',
  NP_LOG_FILE: 'the log file cannot be opened',
  NP_PID_FILE_HELD: 'another process holds the pid file',
  NP_PID_FILE: 'the pid file cannot be written',
  NP_DETACH: 'the daemon did not start',
  NP_ZOOKEEPER_TLS: 'a file of zookeeper-tls cannot be read',
} as const;

export type DaemonErrorCode = keyof typeof daemonErrorCodes;

export class DaemonError extends NodepoolError {
  declare readonly code: DaemonErrorCode;

  constructor(code: DaemonErrorCode, detail: string, options?: ErrorOptions) {
    super(code, `${daemonErrorCodes[code]}: ${detail}`, options);
    this.name = 'DaemonError';
  }
}
