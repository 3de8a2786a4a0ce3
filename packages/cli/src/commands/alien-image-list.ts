import { alienImageListing } from '@nodepool/listings';
import { errorText } from '@nodepool/runtime';
import type { ProviderImages } from '../alien-images.js';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { addListOptions, type ListOptions, printListing } from '../format-option.js';
import { warnUnreadable } from '../unreadable.js';

export const defineAlienImageList: DefineCommand = (program, run) => {
  addListOptions(
    program
      .command('alien-image-list')
      .description('list images in providers that carry our tags and that no upload names')
      .argument('[provider]', 'name of the provider; all when absent'),
  ).action((provider: string | undefined, options: ListOptions) =>
    run((context) => listAliens(context, provider, options)),
  );
};

/** Exit code 1 when a provider could not be asked: the list is then not the whole truth. */
async function listAliens(context: CommandContext, only: string | undefined, options: ListOptions): Promise<number> {
  const { providers, unavailableProviders } = await context.config();
  const names = [...providers.keys(), ...unavailableProviders.map(({ name }) => name)];
  if (only !== undefined && !names.includes(only)) {
    throw new CliError('NP_CLI_PROVIDER_UNKNOWN', `the configuration has no provider ${only}`);
  }
  // Before the records: what becomes ready in between must not look like an alien.
  const asked = await Promise.all((only === undefined ? names : [only]).map((name) => listImages(context, name)));
  const listed = asked.filter((each) => each !== undefined);
  const { images } = await context.store();
  const recorded = await images.images();
  const [uploads, unreadable] = await Promise.all([
    Promise.all(recorded.map((image) => images.uploads(image))),
    Promise.all(recorded.map((image) => images.unreadable(image))),
  ]);
  const records = uploads.flat().map(({ record }) => record);
  const { findAliens } = await import('../alien-images.js');
  await printListing(context, alienImageListing(findAliens(listed, records, providers)), options);
  warnUnreadable(context, unreadable.flat());
  return listed.length === asked.length ? 0 : 1;
}

/** Undefined when the provider could not be asked, after a warning. */
async function listImages(context: CommandContext, name: string): Promise<ProviderImages | undefined> {
  try {
    // Only commands that talk to clouds need drivers.
    const { openProvider } = await import('../foreground-delete.js');
    await using provider = await openProvider(context, name);
    const call = { signal: context.signal, log: (await context.log()).child({ provider: name }) };
    return { provider: name, images: (await provider?.images?.list(call)) ?? [] };
  } catch (error) {
    if (context.signal.aborted) throw error;
    context.warn(`images of provider ${name} could not be listed: ${errorText(error)}`);
    return undefined;
  }
}
