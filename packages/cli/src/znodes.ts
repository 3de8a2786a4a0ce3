import { errorCode } from '@nodepool/runtime';
import type { CommandContext } from './command.js';
import { CliError } from './errors.js';

/**
 * A path as a person types it: a slash at its end does not matter.
 *
 * @throws CliError `NP_CLI_ZNODE_PATH`.
 */
export function znodePath(text: string): string {
  const path = text === '/' ? text : text.replace(/\/$/, '');
  const names = path === '/' ? [] : path.split('/').slice(1);
  const isWrong = names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'));
  if (!path.startsWith('/') || isWrong) {
    throw new CliError('NP_CLI_ZNODE_PATH', `"${text}" is no path: write it as /nodepool/nodes`);
  }
  return path;
}

/** Carries a request out, and says what is wrong with `path` in the operator's words. */
export async function atZnode<T>(path: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    switch (errorCode(error)) {
      case 'ZK_NO_NODE':
        throw new CliError('NP_CLI_ZNODE_UNKNOWN', `there is no znode ${path}`, { cause: error });
      case 'ZK_BAD_VERSION':
        throw new CliError('NP_CLI_ZNODE_CONFLICT', `${path} was changed in the meantime: look again`, {
          cause: error,
        });
      case 'ZK_NOT_EMPTY':
        throw new CliError('NP_CLI_ZNODE_CONFLICT', `${path} has children: remove them too with --recursive`, {
          cause: error,
        });
      default:
        throw error;
    }
  }
}

/** Asks before something is changed, unless `yes`; everything but `y` and `yes` is a no. */
export async function isConfirmed(context: CommandContext, question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  const answer = (await context.ask(`${question} [N/y] `)).trim().toLowerCase();
  const isYes = answer === 'y' || answer === 'yes';
  if (!isYes) context.print('Nothing changed.');
  return isYes;
}
