import {
  isAlias,
  isMap,
  isSeq,
  type Pair,
  type ParsedNode,
  parseDocument,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';
import { type Finding, type Path, type Problem, pathText } from '../finding.js';
import { type SubstitutedText, substituteVariables } from './environment.js';
import { type AliasTargets, isMergeKey, keyText, type PlainMap, PlainReader, resolveAliases } from './plain.js';

/** A parsed file: its values, and where each of them stands. */
export interface ConfigDocument {
  readonly file: string;
  /** Empty when the file is, or when it could not be parsed. */
  readonly data: PlainMap;
  /** What parsing found. */
  readonly findings: readonly Finding[];
  /** Gives a problem its place. A path that is not in the file stands where its nearest ancestor does. */
  place(problem: Problem): Finding;
}

/** Parses the text of a file. Never throws: what is wrong is among the findings. */
export function parseConfigText(
  file: string,
  original: string,
  env: Readonly<Record<string, string | undefined>>,
): ConfigDocument {
  const substituted = substituteVariables(original, env);
  const document = parseDocument(substituted.text, {
    version: '1.1',
    // Scalars are read by our own rules, which are PyYAML's.
    schema: 'failsafe',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  });
  const aliases = resolveAliases(document);
  const reader = new PlainReader(aliases);
  const lines = new Lines(original, substituted);
  const value = document.errors.length > 0 ? null : reader.read(document.contents, []);
  const data = isPlainMap(value) ? value : {};
  const findings: Finding[] = [
    ...firstError(document.errors).map((error) => yamlFinding(file, lines, error.pos[0], error.message)),
    ...reader.problems.map(({ offset, path, ...rest }) => ({
      ...rest,
      path: pathText(path),
      file,
      ...lines.at(offset),
    })),
    ...substituted.unresolved.map(({ name, offset }) => unresolvedFinding(file, lines.ofOriginal(offset), name)),
  ];
  if (value !== null && !isPlainMap(value)) {
    findings.push(yamlFinding(file, lines, 0, 'the file must hold a mapping of sections at its top level'));
  }
  const place = (problem: Problem): Finding => {
    const { severity, code, path, message, remedy } = problem;
    const offset = findOffset(document.contents, aliases, path, problem.at ?? 'value');
    return { severity, code, file, ...lines.at(offset), path: pathText(path), message, remedy };
  };
  return { file, data, findings, place };
}

/** One error makes others of what follows it. */
function firstError(errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  return errors.toSorted((left, right) => left.pos[0] - right.pos[0]).slice(0, 1);
}

function isPlainMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function yamlFinding(file: string, lines: Lines, offset: number, message: string): Finding {
  const remedy = 'correct the YAML here or on the line before';
  return { severity: 'error', code: 'NP_CONFIG_YAML', file, ...lines.at(offset), path: '', message, remedy };
}

function unresolvedFinding(file: string, position: Position, name: string): Finding {
  return {
    severity: 'warning',
    code: 'NP_CONFIG_UNRESOLVED_VARIABLE',
    file,
    ...position,
    path: '',
    message: `the environment variable ${name} is not set, so the text %(${name}) stays as it is`,
    remedy: `set ${name} in the environment of the program, or remove the reference`,
  };
}

interface Position {
  readonly line: number;
  readonly column: number;
}

/** Turns offsets into lines of the file as it is on disk. */
class Lines {
  readonly #starts: readonly number[];
  readonly #substituted: SubstitutedText;

  constructor(original: string, substituted: SubstitutedText) {
    this.#starts = [0, ...Array.from(original.matchAll(/\n/g), (match) => match.index + 1)];
    this.#substituted = substituted;
  }

  at(offset: number): Position {
    return this.ofOriginal(this.#substituted.originalOffset(offset));
  }

  ofOriginal(offset: number): Position {
    let low = 0;
    let high = this.#starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 };
  }
}

type ParsedPair = Pair<ParsedNode, ParsedNode | null>;

function findOffset(root: ParsedNode | null, aliases: AliasTargets, path: Path, at: 'key' | 'value'): number {
  let node = root;
  let offset = root?.range[0] ?? 0;
  for (const [index, step] of path.entries()) {
    const inside = follow(node, aliases);
    const pair = typeof step === 'string' ? findPair(inside, aliases, step) : undefined;
    const next = pair === undefined ? itemAt(inside, step) : pair.value;
    if (next === undefined) return offset;
    const wantsKey = pair !== undefined && (next === null || (at === 'key' && index === path.length - 1));
    offset = wantsKey ? pair.key.range[0] : (next?.range[0] ?? offset);
    node = next;
  }
  return offset;
}

function follow(node: ParsedNode | null, aliases: AliasTargets): ParsedNode | null {
  return isAlias(node) ? (aliases.get(node) ?? null) : node;
}

function itemAt(node: ParsedNode | null, step: string | number): ParsedNode | null | undefined {
  return isSeq(node) && typeof step === 'number' ? (node.items[step] as ParsedNode | null | undefined) : undefined;
}

/** The pair that counts: the last of the mapping's own, else the first that is merged in. */
function findPair(node: ParsedNode | null, aliases: AliasTargets, key: string): ParsedPair | undefined {
  if (!isMap(node)) return undefined;
  const { items } = node as YAMLMap<ParsedNode, ParsedNode | null>;
  const own = items.findLast((pair) => !isMergeKey(pair.key) && keyText(pair.key) === key);
  if (own !== undefined) return own;
  for (const merge of items.filter((pair) => isMergeKey(pair.key))) {
    const source = follow(merge.value, aliases);
    const candidates = isSeq(source) ? source.items.map((item) => follow(item as ParsedNode, aliases)) : [source];
    for (const candidate of candidates) {
      const found = findPair(candidate, aliases, key);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
