import type { OperationErrorCode, OperatorContext } from '@nodepool/operations';
import { errorCode } from '@nodepool/runtime';
import type { CommandContext } from './command.js';

/** What is said, instead of failing, where the original only ever said it and ended with 0. */
export type Told = Readonly<Partial<Record<OperationErrorCode, string>>>;

/**
 * Carries out what the web carries out as well, on behalf of the operator.
 *
 * @returns undefined when it was refused, and `told` had a line for that, which is printed unless empty.
 * @throws OperationError for any other refusal.
 */
export async function operate<T>(
  context: CommandContext,
  operation: (operator: OperatorContext) => Promise<T>,
  told: Told = {},
): Promise<{ readonly result: T } | undefined> {
  const { clock, random, operator, signal } = context;
  const store = await context.store();
  try {
    return { result: await operation({ store, clock, random, operator, signal, warn: (text) => context.warn(text) }) };
  } catch (error) {
    const line = Object.entries(told).find(([code]) => code === errorCode(error))?.[1];
    if (line === undefined) throw error;
    if (line !== '') context.print(line);
    return undefined;
  }
}
