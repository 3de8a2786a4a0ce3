import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { errorText } from '@nodepool/runtime';
import { SimulatorError } from '../errors.js';
import { TraceLine } from './schema.js';

/**
 * The lines of a trace file, checked one by one. Empty lines are passed over.
 *
 * @throws SimulatorError `NP_TRACE_LINE` with the number of the line, `NP_TRACE_UNREADABLE`.
 */
export async function* readTrace(path: string, signal?: AbortSignal): AsyncGenerator<TraceLine> {
  const input = createReadStream(path, signal === undefined ? {} : { signal });
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let number = 0;
  try {
    for await (const text of lines) {
      number += 1;
      if (text.trim() !== '') yield parseTraceLine(text, `${path}:${number}`);
    }
  } catch (error) {
    if (error instanceof SimulatorError || signal?.aborted === true) throw error;
    throw new SimulatorError('NP_TRACE_UNREADABLE', `reading ${path}: ${errorText(error)}`, { cause: error });
  } finally {
    lines.close();
    input.destroy();
  }
}

/**
 * One line of a trace.
 *
 * @param place for the message: file and line.
 * @throws SimulatorError `NP_TRACE_LINE`.
 */
export function parseTraceLine(text: string, place: string): TraceLine {
  const { success, data, error } = TraceLine.safeParse(parseJson(text, place));
  if (success) return data;
  const [issue] = error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  throw new SimulatorError('NP_TRACE_LINE', `${place}: ${path === '' ? '' : `${path}: `}${issue?.message ?? ''}`);
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SimulatorError('NP_TRACE_LINE', `${place}: not a JSON object in one line`, { cause: error });
  }
}
