import { NodepoolError } from '@nodepool/runtime';
import { type Finding, formatFinding } from './finding.js';

/** Codes of this package's errors; each carries its findings. */
export const configErrorCodes = {
  NP_CONFIG_INVALID: 'the configuration has errors',
  NP_CONFIG_UNREADABLE: 'a configuration file cannot be read',
} as const;

export type ConfigErrorCode = keyof typeof configErrorCodes;

/** No configuration could be made; `findings` says why, warnings included. */
export class ConfigError extends NodepoolError {
  declare readonly code: ConfigErrorCode;
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    const errors = findings.filter((finding) => finding.severity === 'error');
    const code = errors.some((finding) => finding.code === 'NP_CONFIG_FILE')
      ? 'NP_CONFIG_UNREADABLE'
      : 'NP_CONFIG_INVALID';
    const [first] = errors;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    super(code, `${configErrorCodes[code]}${first === undefined ? '' : `: ${formatFinding(first)}`}${more}`);
    this.name = 'ConfigError';
    this.findings = findings;
  }
}
