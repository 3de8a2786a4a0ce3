import { parse } from 'yaml';
import { SimulatorError } from '../errors.js';

/** One value that is to be tried out. */
export interface Setting {
  /** As given, for messages: `providers.cloud-a.pools.main.max-servers`. */
  readonly path: string;
  readonly value: unknown;
}

/**
 * Reads `path=value`; the value is read as the configuration file would read it.
 *
 * @throws SimulatorError `NP_SIMULATE_SET`.
 */
export function parseSetting(text: string): Setting {
  const equals = text.indexOf('=');
  if (equals < 1) {
    throw new SimulatorError('NP_SIMULATE_SET', `${text}: write path=value, as in labels.small.min-ready=5`);
  }
  const path = text.slice(0, equals);
  try {
    return { path, value: parse(text.slice(equals + 1)) };
  } catch (error) {
    throw new SimulatorError('NP_SIMULATE_SET', `${path}: the value cannot be read`, { cause: error });
  }
}
