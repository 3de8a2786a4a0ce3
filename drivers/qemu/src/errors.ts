import { ProviderError } from '@nodepool/driver-api';
import { errorCode } from '@nodepool/runtime';

/** The Debian package that holds a program, for the remedy in a message. */
const packages: Readonly<Record<string, string>> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-img': 'qemu-utils',
  xorriso: 'xorriso',
  ip: 'iproute2',
};

/** A program that this driver needs is not installed. */
export function missingProgram(program: string, cause?: unknown): ProviderError {
  const remedy = `apt-get install --no-install-recommends ${packages[program] ?? program}`;
  return new ProviderError('misconfigured', `${program} is missing: ${remedy}`, { cause });
}

/**
 * The one translation of what can go wrong here into what the core acts on.
 *
 * @param doing what was being attempted, such as `launching np0000000001`.
 */
export function toProviderError(error: unknown, doing: string): ProviderError {
  if (error instanceof ProviderError) return error;
  switch (errorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
    case 'ENOMEM':
    case 'EAGAIN':
      return new ProviderError('capacity', `${doing}: the machine is full`, { cause: error });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'ENAMETOOLONG':
      return new ProviderError('misconfigured', doing, { cause: error });
    default:
      return new ProviderError('transient', doing, { cause: error });
  }
}

/** Runs `work` unless `signal` has aborted; whatever goes wrong leaves as a {@link ProviderError}. */
export async function translated<T>(doing: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (error) {
    throw toProviderError(error, doing);
  }
}
