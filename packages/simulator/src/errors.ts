import { NodepoolError } from '@nodepool/runtime';

/** Every code of this package, with what it means. */
export const simulatorErrorCodes = {
  NP_TRACE_LINE: 'a line of a trace is not what a trace may hold; the message names file and line',
  NP_TRACE_UNREADABLE: 'a trace cannot be read',
  NP_TRACE_EMPTY: 'the trace holds no request',
  NP_TRACE_WRITE: 'the trace cannot be written, or the disk is slower than what happens',
  NP_SIMULATE_UNKNOWN: 'the trace does not tell how long something takes that the simulation comes to need',
  NP_SIMULATE_SET: 'what is to be set has no such place in the configuration, or not such a value',
} as const;

export type SimulatorErrorCode = keyof typeof simulatorErrorCodes;

export class SimulatorError extends NodepoolError {
  declare readonly code: SimulatorErrorCode;

  /** @param message one line for the operator; says what to do where that is not plain. */
  constructor(code: SimulatorErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = 'SimulatorError';
  }
}
