import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const services = ['keystone', 'glance', 'nova-api', 'neutron'] as const;

export type LoggedService = (typeof services)[number];

/** One request as a service of the test cloud has logged it. */
export interface LoggedCall {
  readonly service: LoggedService;
  readonly timeSec: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly agent: string;
}

/** A moment in the logs: how long each file was. */
export type LogMark = ReadonlyMap<LoggedService, number>;

const linePattern = /^(\d+) (\S+) (\S+) (\d+) \d+ \d+ "(.*)"$/;

const logFile = (dir: string, service: LoggedService): string => join(dir, 'log', `${service}.access`);

export async function markLogs(dir: string): Promise<LogMark> {
  const sizes = await Promise.all(
    services.map(async (service): Promise<[LoggedService, number]> => {
      return [service, (await stat(logFile(dir, service))).size];
    }),
  );
  return new Map(sizes);
}

/** What Nodepool has asked of the cloud since the mark; what the services asked one another is left out. */
export async function callsSince(dir: string, mark: LogMark): Promise<readonly LoggedCall[]> {
  const calls = await Promise.all(
    services.map(async (service) => {
      const text = (await readFile(logFile(dir, service))).subarray(mark.get(service) ?? 0).toString();
      return text
        .split('\n')
        .map((line) => parseLine(service, line))
        .filter((call) => call !== undefined);
    }),
  );
  return calls.flat().filter(({ agent }) => agent.startsWith('nodepool'));
}

function parseLine(service: LoggedService, line: string): LoggedCall | undefined {
  const [, time, method, uri, status, agent] = linePattern.exec(line) ?? [];
  if (time === undefined || method === undefined || uri === undefined || agent === undefined) return undefined;
  return {
    service,
    timeSec: Number(time),
    method,
    path: uri.split('?')[0] ?? '',
    status: Number(status),
    agent,
  };
}

/** Whether the call was made for one server or port alone, as against the lists, limits and tokens that all share. */
export function isForOne({ service, method, path }: LoggedCall): boolean {
  if (service === 'keystone') return false;
  return method !== 'GET' || /[0-9a-f]{8}-[0-9a-f-]{27}/.test(path);
}
