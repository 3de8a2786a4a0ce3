import { errorText } from '@nodepool/runtime';
import type { CommandResult } from './run-command.js';

/** What follows the name of a command that did not exit with 0; undefined when it did. */
export function commandProblem(result: CommandResult): string | undefined {
  switch (result.kind) {
    case 'exited':
      return result.code === 0 ? undefined : `exited with ${result.code}`;
    case 'timed-out':
      return 'did not end in time';
    case 'called-off':
      return 'was called off';
    case 'not-started':
      return `could not be started: ${errorText(result.error)}`;
  }
}
