import type { TokenScope } from '@nodepool/config';
import { InvalidArgumentError } from 'commander';
import type { CommandContext, DefineCommand } from '../command.js';

/** Written out: the package that has the list takes longer to load than a command may take to start. */
const tokenScopes = ['read', 'lease', 'operate', 'admin'] as const satisfies readonly TokenScope[];

export const defineWebToken: DefineCommand = (program, run) => {
  program
    .command('web-token')
    .description('make a token for changes over the web API; only its hash goes into the secure file')
    .argument('<name>', 'who gets it, as the audit log will name them')
    .option('--scope <scopes>', `what it is good for: ${tokenScopes.join(', ')}, with commas between`, readScopes, [
      'operate',
    ] as const)
    .action((name: string, { scope }: { readonly scope: readonly TokenScope[] }) =>
      run((context) => printToken(context, name, scope)),
    );
};

function readScopes(text: string): readonly TokenScope[] {
  return text.split(',').map((word) => {
    const scope = tokenScopes.find((known) => known === word);
    if (scope === undefined) throw new InvalidArgumentError(`Scopes are ${tokenScopes.join(', ')}.`);
    return scope;
  });
}

async function printToken(context: CommandContext, name: string, scopes: readonly TokenScope[]): Promise<number> {
  const { makeWebToken } = await import('@nodepool/operations');
  const { token, hash } = makeWebToken();
  context.print(`Token of ${name}, shown this once: ${token}`);
  context.print('For the list webapp.tokens of the secure file:');
  context.print(`    - {name: ${JSON.stringify(name)}, hash: "${hash}", scopes: [${scopes.join(', ')}]}`);
  return 0;
}
