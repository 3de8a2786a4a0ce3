import { type Listing, type OutputFormat, outputFormats, renderListing } from '@nodepool/listings';
import { Option } from 'commander';
import type { CommandContext } from './command.js';

/** What {@link formatOption} yields. */
export interface FormatOptions {
  readonly format: OutputFormat;
}

export function formatOption(): Option {
  return new Option('--format <format>', 'how to print').choices(outputFormats).default('table');
}

/** Prints a listing as the operator asked for it. */
export async function printListing(context: CommandContext, listing: Listing, format: OutputFormat): Promise<void> {
  context.print(await renderListing(listing, format, context.clock.now()));
}
