import type { Position } from './position.js';

/** What a word names that only the tree, the configuration or the file system knows. */
export type NameKind =
  | 'node'
  | 'request'
  | 'anything'
  | 'image'
  | 'build'
  | 'build id'
  | 'upload'
  | 'provider'
  | 'label'
  | 'znode'
  | 'file'
  | 'directory';

/** By the name of the option or argument; arguments called otherwise name nothing that is there already. */
const kinds: ReadonlyMap<string, NameKind> = new Map([
  ['request', 'request'],
  ['image', 'image'],
  ['build', 'build'],
  ['build-id', 'build id'],
  ['upload-id', 'upload'],
  ['provider', 'provider'],
  ['label', 'label'],
  ['against', 'file'],
  ['config', 'file'],
  ['secure', 'file'],
  ['logging', 'file'],
  ['file', 'file'],
  ['trace', 'file'],
  ['vhd', 'file'],
  ['raw', 'file'],
  ['token-file', 'file'],
  ['identity', 'file'],
  ['data-dir', 'directory'],
]);

/** Where the same word means different things. */
const kindsOfCommands: ReadonlyMap<string, NameKind> = new Map([
  ['hold id', 'node'],
  ['delete id', 'node'],
  ['dib-image-delete id', 'build'],
  ['why name', 'anything'],
  ['export-image-data path', 'file'],
  ['import-image-data path', 'file'],
  ['get path', 'znode'],
  ['ls path', 'znode'],
  ['set path', 'znode'],
  ['rm path', 'znode'],
  ['set data', 'file'],
]);

/** What the word at the cursor names; undefined when it is free, or one of a list that commander knows. */
export function nameKind(position: Position): NameKind | undefined {
  if (position.kind === 'word' || position.of === undefined) return undefined;
  const name = position.of.name();
  return kindsOfCommands.get(`${position.command.name()} ${name}`) ?? kinds.get(name);
}
