import type { Config } from '@nodepool/config';
import type { Prerequisites } from '@nodepool/driver-api';
import { errorText } from '@nodepool/runtime';
import { type Check, clockCheck, expiryCheck } from './check.js';
import type { Machine } from './machine.js';

/** What is asked of the providers of the configuration, beside of the machine. */
export interface Clouds {
  /** Undefined for a driver that needs nothing. Rejects with what is wrong. */
  prerequisites(provider: string): Promise<Prerequisites | undefined>;
  /** Asks the provider for its instances; how many are ours. Rejects with what is wrong. */
  countInstances(provider: string): Promise<number>;
}

/** A second of doubt: the time in an answer has no fractions. */
const dateDoubtMs = 1_000;

/** Whether each provider's files, addresses and credentials are good. */
export async function providerChecks(
  machine: Machine,
  clouds: Clouds,
  { providers, unavailableProviders }: Pick<Config, 'providers' | 'unavailableProviders'>,
): Promise<readonly Check[]> {
  const checks = await Promise.all([...providers.keys()].map((name) => checksOf(machine, clouds, name)));
  return [
    ...checks.flat(),
    ...unavailableProviders.map(
      ({ name, reason }): Check => ({ check: `provider ${name}`, state: 'warning', detail: reason }),
    ),
  ];
}

async function checksOf(machine: Machine, clouds: Clouds, name: string): Promise<readonly Check[]> {
  const check = `provider ${name}`;
  try {
    const needed = await clouds.prerequisites(name);
    const [addresses, files, answers] = await Promise.all([
      Promise.all((needed?.urls ?? []).map((url) => addressChecks(machine, name, url))),
      Promise.all((needed?.secretFiles ?? []).map((path) => secretCheck(machine, path))),
      answerCheck(clouds, name),
    ]);
    return [...addresses.flat(), ...files, answers];
  } catch (error) {
    return [{ check, state: 'error', detail: errorText(error) }];
  }
}

async function answerCheck(clouds: Clouds, name: string): Promise<Check> {
  const check = `provider ${name}`;
  try {
    return { check, state: 'ok', detail: `lets us in, has ${await clouds.countInstances(name)} instances of ours` };
  } catch (error) {
    return { check, state: 'error', detail: errorText(error) };
  }
}

async function addressChecks(machine: Machine, name: string, url: string): Promise<readonly Check[]> {
  const { host } = new URL(url);
  const found = await machine.ask(url);
  if (found === undefined) {
    return [
      { check: `provider ${name} ${host}`, state: 'error', detail: 'does not answer: check address and network' },
    ];
  }
  const { aheadMs, certificateEndMs, nowMs } = found;
  return [
    { check: `provider ${name} ${host}`, state: 'ok', detail: 'answers' },
    ...(aheadMs === undefined ? [] : [clockCheck(host, aheadMs, dateDoubtMs)]),
    ...(certificateEndMs === undefined ? [] : [expiryCheck(`certificate of ${host}`, certificateEndMs, nowMs)]),
  ];
}

/** Whether only those may read a file who should. */
export async function secretCheck(machine: Machine, path: string): Promise<Check> {
  const mode = await machine.modeOf(path);
  if (mode === undefined) return { check: path, state: 'error', detail: 'cannot be read' };
  return (mode & 0o007) === 0
    ? { check: path, state: 'ok', detail: 'closed to others' }
    : { check: path, state: 'error', detail: 'open to every user: chmod o= it' };
}
