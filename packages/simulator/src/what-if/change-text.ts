import { nearest } from '@nodepool/config';
import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { SimulatorError } from '../errors.js';
import type { Setting } from './setting.js';

type Step = string | number;

/** A configuration file with other values in it. */
export interface ChangedText {
  readonly text: string;
  /** Where the values were put, as findings name places: `providers[0].pools[0].max-servers`. */
  readonly places: readonly string[];
}

/**
 * Sets values in the text of a configuration file. Elements of lists go by their name, or by their number.
 *
 * @throws SimulatorError `NP_SIMULATE_SET` with the nearest name when there is no such place.
 */
export function changeText(text: string, settings: readonly Setting[]): ChangedText {
  const document = parseDocument(text);
  const places: string[] = [];
  for (const setting of settings) {
    const steps = find(document, setting);
    document.setIn(steps, document.createNode(setting.value));
    places.push(steps.reduce<string>(placeOf, ''));
  }
  return { text: document.toString(), places };
}

function placeOf(place: string, step: Step): string {
  if (typeof step === 'number') return `${place}[${step}]`;
  return place === '' ? step : `${place}.${step}`;
}

function find(document: Document, { path }: Setting): readonly Step[] {
  const words = path.split('.');
  const steps: Step[] = [];
  while (words.length > 0) {
    const found = enter(document, steps, words, path);
    steps.push(found.step);
    words.splice(0, found.words);
  }
  return steps;
}

/** The next step, and how many of the words it takes: names may hold dots. */
function enter(document: Document, steps: readonly Step[], words: readonly string[], path: string) {
  const node = own(document, steps);
  const [word = ''] = words;
  if (isSeq(node)) {
    const names = node.items.map((_, index) => nameOf(document, [...steps, index]));
    for (let count = words.length; count > 0; count -= 1) {
      const index = names.indexOf(words.slice(0, count).join('.'));
      if (index >= 0) return { step: index, words: count };
    }
    if (/^\d+$/.test(word) && Number(word) < names.length) return { step: Number(word), words: 1 };
    throw noPlace(
      path,
      word,
      steps,
      names.filter((name) => name !== undefined),
    );
  }
  if (!isMap(node)) throw noPlace(path, word, steps, []);
  // Whether there is such a key is for the schema to say, where it is the last one.
  if (words.length === 1 || node.has(word)) return { step: word, words: 1 };
  throw noPlace(
    path,
    word,
    steps,
    node.items.map(({ key }) => (isScalar(key) ? String(key.value) : '')),
  );
}

/** The node at a place. What stands there by reference becomes a copy: other references are not to change. */
function own(document: Document, steps: readonly Step[]): unknown {
  const node = steps.length === 0 ? document.contents : document.getIn(steps, true);
  if (!isAlias(node)) return node;
  const copy = node.resolve(document)?.clone();
  if (isMap(copy) || isSeq(copy)) {
    delete copy.anchor;
    document.setIn(steps, copy);
  }
  return copy;
}

function nameOf(document: Document, steps: readonly Step[]): string | undefined {
  const element = document.getIn(steps, true);
  const node = isAlias(element) ? element.resolve(document) : element;
  if (!isMap(node)) return undefined;
  const name: unknown = node.get('name') ?? node.get('tenant-name');
  return name === undefined || name === null ? undefined : String(name);
}

function noPlace(path: string, word: string, steps: readonly Step[], there: readonly string[]): SimulatorError {
  const near = nearest(word, there);
  const hint = near === undefined ? listed(there) : ` (did you mean "${near}"?)`;
  const where = steps.length === 0 ? 'the configuration' : steps.reduce<string>(placeOf, '');
  return new SimulatorError('NP_SIMULATE_SET', `${path}: ${where} has no "${word}"${hint}`);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? '' : `; there are ${names.slice(0, 10).join(', ')}`;
}
