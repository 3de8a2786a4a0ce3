import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

/** What a process has used so far. Source: proc(5). */
export interface Usage {
  readonly cpuSec: number;
  readonly rssMiB: number;
  readonly peakRssMiB: number;
}

const ticksPerSec = 100;

export function usage(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (key: string): number => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return {
    cpuSec: (Number(fields[11]) + Number(fields[12])) / ticksPerSec,
    rssMiB: mebibytes('VmRSS'),
    peakRssMiB: mebibytes('VmHWM'),
  };
}

/** Requests that a ZooKeeper server has received from sessions other than those in `except`, pings included. */
export async function requestsReceived(port: number, except: readonly bigint[]): Promise<number> {
  const skipped = new Set(except.map((id) => `0x${id.toString(16)}`));
  const lines = (await fourLetterWord(port, 'cons')).split('\n');
  return lines.reduce((sum, line) => {
    const sessionId = /sid=(0x[0-9a-f]+)/.exec(line)?.[1];
    if (sessionId === undefined || skipped.has(sessionId)) return sum;
    return sum + Number(/recved=(\d+)/.exec(line)?.[1] ?? 0);
  }, 0);
}

function fourLetterWord(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(word));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(chunks).toString()));
    socket.on('error', reject);
  });
}

export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How much the values grow from one to the next, by least squares. */
export function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const average = mean(values);
  const products = values.map((value, index) => (index - middle) * (value - average));
  const squares = values.map((_, index) => (index - middle) ** 2);
  return products.reduce((sum, value) => sum + value, 0) / squares.reduce((sum, value) => sum + value, 0);
}
