import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  type ParsedNode,
  visit,
  type YAMLMap,
} from 'yaml';
import type { FindingCode, Path, Severity } from '../finding.js';
import { readPlainScalar, type ScalarValue } from './scalars.js';

/** What a YAML document holds, without anchors, merge keys and tags. */
export type PlainValue = ScalarValue | PlainValue[] | PlainMap;
export interface PlainMap {
  [key: string]: PlainValue;
}

export interface YamlProblem {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** In the parsed text. */
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
}

/** The node an alias stands for. An anchor may be given again later, so the place of the alias decides. */
export type AliasTargets = ReadonlyMap<Alias, ParsedNode>;

/** More than this many values, counted with every use of an alias, is an accident or an attack. */
const maxValues = 200_000;

const standardTag = 'tag:yaml.org,2002:';

/** Finds what each alias stands for in one pass. */
export function resolveAliases(document: Document.Parsed): AliasTargets {
  const anchors = new Map<string, ParsedNode>();
  const targets = new Map<Alias, ParsedNode>();
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) {
        anchors.set(node.anchor, node as ParsedNode);
      }
    },
  });
  return targets;
}

/** True for the `<<` that takes over the entries of other mappings. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.tag === undefined && key.value === '<<';
}

/** The text of a key: as it is spelled, whatever YAML would make of it as a value. */
export function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value ?? '') : undefined;
}

/** Turns nodes into plain values and notes what cannot be turned. Every use of an alias becomes a copy of its own. */
export class PlainReader {
  readonly problems: YamlProblem[] = [];
  readonly #aliases: AliasTargets;
  readonly #open = new Set<ParsedNode>();
  #values = 0;

  constructor(aliases: AliasTargets) {
    this.#aliases = aliases;
  }

  read(node: ParsedNode | null, path: Path): PlainValue {
    this.#values += 1;
    if (node === null || this.#values > maxValues) return null;
    if (this.#values === maxValues) this.#yaml(node, path, 'the aliases of this file expand to too many values');
    if (isAlias(node)) return this.#readAlias(node, path);
    if (isMap(node)) return this.#readMap(node as YAMLMap<ParsedNode, ParsedNode | null>, path);
    if (isSeq(node)) return node.items.map((item, index) => this.read(item as ParsedNode | null, [...path, index]));
    return this.#readScalar(node, path);
  }

  #readAlias(node: Alias.Parsed, path: Path): PlainValue {
    const target = this.#aliases.get(node);
    if (target === undefined) return null;
    if (this.#open.has(target)) {
      this.#yaml(node, path, `the alias *${node.source} stands inside of what it names`);
      return null;
    }
    this.#open.add(target);
    const value = this.read(target, path);
    this.#open.delete(target);
    return value;
  }

  #readMap(map: YAMLMap<ParsedNode, ParsedNode | null>, path: Path): PlainMap {
    this.#checkTag(map as unknown as ParsedNode, path, ['map']);
    const own = new Map<string, PlainValue>();
    const merged: PlainMap[] = [];
    for (const pair of map.items) {
      if (isMergeKey(pair.key)) merged.push(...this.#readMerge(pair.value, path));
      else this.#readPair(pair, path, own);
    }
    for (const source of merged) {
      for (const [key, value] of Object.entries(source)) if (!own.has(key)) own.set(key, value);
    }
    return Object.fromEntries(own);
  }

  #readPair(pair: Pair<ParsedNode, ParsedNode | null>, path: Path, own: Map<string, PlainValue>): void {
    const key = keyText(pair.key);
    if (key === undefined) {
      this.#yaml(pair.key, path, 'a key must be a plain word');
      return;
    }
    const value = this.read(pair.value, [...path, key]);
    const earlier = own.get(key);
    if (earlier !== undefined) this.#duplicate(pair.key, [...path, key], earlier === null || value === null);
    own.set(key, value);
  }

  #readMerge(node: ParsedNode | null, path: Path): PlainMap[] {
    const value = this.read(node, path);
    const sources = Array.isArray(value) ? value : [value];
    return sources.flatMap((source) => {
      if (typeof source === 'object' && source !== null && !Array.isArray(source)) return [source];
      if (node !== null) this.#yaml(node, path, '<< takes a mapping or a list of mappings');
      return [];
    });
  }

  #readScalar(node: ParsedNode, path: Path): PlainValue {
    const text = isScalar(node) ? String(node.value ?? '') : '';
    if (node.tag === undefined) return isScalar(node) && node.type === 'PLAIN' ? readPlainScalar(text) : text;
    if (!this.#checkTag(node, path, ['str', 'int', 'float', 'bool', 'null'])) return null;
    return node.tag === '!' || node.tag === `${standardTag}str` ? text : readPlainScalar(text);
  }

  #checkTag(node: ParsedNode, path: Path, known: readonly string[]): boolean {
    if (node.tag === undefined || node.tag === '!') return true;
    if (known.some((name) => node.tag === standardTag + name)) return true;
    this.#yaml(node, path, `the tag ${node.tag} has no meaning here`);
    return false;
  }

  /** A key given twice of which one is empty is a slip that never hurt; two values are a contradiction. */
  #duplicate(key: ParsedNode, path: Path, oneIsEmpty: boolean): void {
    this.problems.push({
      severity: oneIsEmpty ? 'warning' : 'error',
      code: 'NP_CONFIG_DUPLICATE_KEY',
      offset: key.range[0],
      path,
      message: 'this key is given twice in one mapping; the last one counts',
      remedy: 'remove one of the two',
    });
  }

  #yaml(node: ParsedNode, path: Path, message: string): void {
    this.problems.push({
      severity: 'error',
      code: 'NP_CONFIG_YAML',
      offset: node.range[0],
      path,
      message,
      remedy: 'write the values out',
    });
  }
}
