import type { Logger } from '@nodepool/runtime';
import { type Finding, formatFinding } from './finding.js';

/** One line for each finding, at the level of its severity. */
export function logFindings(log: Logger, findings: readonly Finding[]): void {
  for (const finding of findings) {
    const fields = { code: finding.code, finding: formatFinding(finding) };
    if (finding.severity === 'error') log.error(fields, 'found an error in the configuration');
    else log.warn(fields, 'found something doubtful in the configuration');
  }
}
