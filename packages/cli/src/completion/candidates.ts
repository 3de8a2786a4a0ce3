import type { Position } from './position.js';

/** One word that the shell may offer. */
export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** What the program itself knows: commands, options, and values out of a list. */
export function knownCandidates(position: Position): readonly Candidate[] {
  if (position.kind === 'word') {
    return [
      ...position.commands.map((command) => ({ value: command.name(), description: command.description() })),
      ...position.options.map(({ long, short, description }) => ({ value: long ?? short ?? '', description })),
    ];
  }
  const choices = position.of?.argChoices ?? [];
  return choices.map((value) => ({ value }));
}

/** As the scripts of the shells read it: one line each, the description after a tab. */
export function candidateLine({ value, description }: Candidate): string {
  return description === undefined || description === '' ? value : `${value}\t${description.replaceAll(/\s+/g, ' ')}`;
}
