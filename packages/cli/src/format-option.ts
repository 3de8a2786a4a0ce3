import { type Listing, type OutputFormat, outputFormats, renderListing } from '@nodepool/listings';
import { type Command, Option } from 'commander';
import { paintListing } from './colours.js';
import type { CommandContext } from './command.js';
import { type Selection, selectRows } from './select-rows.js';

/** What {@link formatOption} yields. */
export interface FormatOptions {
  readonly format: OutputFormat;
}

export function formatOption(): Option {
  return new Option('--format <format>', 'how to print').choices(outputFormats).default('table');
}

/** What {@link addListOptions} yields. */
export interface ListOptions extends FormatOptions, Selection {}

/** Adds the options of every command that prints a list. */
export function addListOptions(command: Command): Command {
  return command
    .addOption(formatOption())
    .option('--fields <keys>', 'columns to show, as JSON names them: id,state', splitKeys)
    .option('--sort <keys>', 'columns to sort by; -KEY puts the greatest first', splitKeys)
    .option('--filter <key=value>', 'only rows that have it; may be given more than once', collect);
}

/** Adds `--watch` to a command that shows what stands in ZooKeeper. */
export function addWatchOption(command: Command): Command {
  return command.option('--watch', 'show it anew whenever it changes, until interrupted', false);
}

/** Prints what the operator asked for of a listing, as it was asked for. */
export async function printListing(context: CommandContext, listing: Listing, options: ListOptions): Promise<void> {
  context.print(await listingText(context, listing, options, context.clock.now()));
}

/** That as text, without a line feed at the end. */
export async function listingText(
  { colours }: CommandContext,
  listing: Listing,
  options: ListOptions,
  nowMs: number,
): Promise<string> {
  return await renderListing(selectRows(listing, options), options.format, nowMs, colours ? paintListing : undefined);
}

function splitKeys(text: string): readonly string[] {
  return text
    .split(',')
    .map((key) => key.trim())
    .filter((key) => key !== '');
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
