import { providerErrorCode } from '@nodepool/driver-api';
import {
  deadline,
  errorCode,
  errorText,
  isAbort,
  type Logger,
  type RetryPolicy,
  retry,
  Semaphore,
  traced,
} from '@nodepool/runtime';
import type { BuilderContext } from '../context.js';
import { BuilderError } from '../errors.js';
import { checkMachine } from './checks.js';
import { isRefusal } from './errors.js';
import { GateLog } from './gate-log.js';
import { MachineForGate } from './machine.js';
import type { GateOrder } from './types.js';

/** Machines at once in one provider. */
const perProvider = 2;

/** Between a machine that spoke against the image and the next one. */
const refusalPause: RetryPolicy = { initialMs: 10_000, factor: 3, maxMs: 120_000, attempts: 10, jitter: 0.1 };

/** While the cloud has no room, or does not answer: an hour and a half in all. */
const noRoomPause: RetryPolicy = { initialMs: 10_000, factor: 2, maxMs: 300_000, attempts: 22, jitter: 0.1 };

/** How a cloud that is asked for a console may take, milliseconds. */
const consoleMs = 20_000;

/** How many machines are up for the gate, by provider. */
export class GatePlaces {
  readonly #places = new Map<string, Semaphore>();

  in(provider: string): Semaphore {
    const places = this.#places.get(provider) ?? new Semaphore(perProvider);
    this.#places.set(provider, places);
    return places;
  }
}

/**
 * Boots machines from an upload until one of them speaks for it, or all have spoken against it.
 *
 * @throws NP_GATE_REFUSED with the reason when every attempt spoke against the image; NP_GATE_IMPOSSIBLE when no
 * machine could be had; the signal's reason.
 */
export async function passGate(
  context: BuilderContext,
  order: GateOrder,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, gatePlaces } = context;
  await using report = await GateLog.open(context.config.current().buildLogDir, order.upload);
  const policy = { ...refusalPause, attempts: order.gate.attempts };
  let tried = 0;
  const attempt = (count: number): Promise<void> => {
    tried = count;
    return gatePlaces.in(order.upload.provider).run(() => attemptOnce(context, order, report, log, signal), signal);
  };
  try {
    await retry(attempt, policy, (error) => (isRefusal(error) ? 0 : undefined), { clock, random, signal });
  } catch (error) {
    if (isAbort(error, signal)) throw error;
    if (!isRefusal(error)) throw new BuilderError('NP_GATE_IMPOSSIBLE', 'no machine could be had', { cause: error });
    report.keep();
    throw new BuilderError('NP_GATE_REFUSED', `${reasonOf(error, order)} (attempts: ${tried})`);
  }
}

/** An attempt counts when a machine was had; until then the cloud is asked again. */
function attemptOnce(
  context: BuilderContext,
  order: GateOrder,
  report: GateLog,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random } = context;
  const retryAfterMs = (error: unknown): number | undefined => {
    if (isRefusal(error) || isMistake(error) || isAbort(error, signal)) return undefined;
    log.info({ error: errorText(error) }, 'had no machine to validate the image');
    return 0;
  };
  return retry(() => tryMachine(context, order, report, log, signal), noRoomPause, retryAfterMs, {
    clock,
    random,
    signal,
  });
}

async function tryMachine(
  context: BuilderContext,
  order: GateOrder,
  report: GateLog,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = context;
  const machine = await MachineForGate.plan(context, order, log, signal);
  const both = AbortSignal.any([signal, machine.signal]);
  try {
    using limit = deadline(clock, order.gate.timeoutMs, both);
    const startedMs = clock.monotonicMs();
    const booted = await machine.boot(limit.signal);
    const leftMs = Math.max(1, order.gate.timeoutMs - (clock.monotonicMs() - startedMs));
    await traced(order.span, 'checks of the machine', {}, () =>
      checkMachine(context, order, booted, { bootTimeoutMs: leftMs, logPath: report.path, log }, both),
    );
  } catch (error) {
    if (isRefusal(error) && !both.aborted) {
      using limit = deadline(clock, consoleMs);
      await report.add(reasonOf(error, order), await machine.console(limit.signal));
      log.info({ reason: reasonOf(error, order) }, 'machine spoke against the image');
    }
    throw error;
  } finally {
    await machine.remove(signal);
  }
}

/** Waiting does not make it right. */
function isMistake(error: unknown): boolean {
  const code = providerErrorCode(error);
  return code === 'misconfigured' || code === 'not-found';
}

function reasonOf(error: unknown, { gate }: GateOrder): string {
  if (error instanceof BuilderError) return error.message;
  const isLate = error instanceof DOMException || errorCode(error) === 'NP_HOST_UNREACHABLE';
  return isLate ? `the machine did not answer within ${gate.timeoutMs / 1000} s` : errorText(error);
}
