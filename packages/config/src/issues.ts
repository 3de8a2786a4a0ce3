import type { z } from 'zod';
import type { Path, Problem, Severity } from './finding.js';
import { knownKeys, schemaAt, typeInWords } from './schema/inspect.js';
import { nearest } from './suggest.js';

/** What turns the issues of a schema into problems. */
export interface IssueContext {
  /** The values that were read. */
  readonly data: unknown;
  /** The schema that applies at a path. */
  readonly schemaAt: (path: Path) => z.ZodType | undefined;
  readonly unknownKeys: Severity;
  /** False where values may be secret: then only their type is told. */
  readonly showValues: boolean;
}

/** Looks up the schema at a path below `root`; `entry` replaces the opaque schema of the entries of `providers`. */
export function schemaLookup(
  root: z.ZodType,
  data: unknown,
  entry?: (value: unknown) => z.ZodType,
): (path: Path) => z.ZodType | undefined {
  return (path) => {
    const [section, index, ...rest] = path;
    if (entry !== undefined && section === 'providers' && index !== undefined) {
      return schemaAt(entry(valueAt(data, [section, index])), rest);
    }
    return schemaAt(root, path);
  };
}

/** One problem for each issue; an issue about several keys makes one for each key. */
export function issueProblems(issue: z.core.$ZodIssue, context: IssueContext): Problem[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownKey(path, name, context));
  if (issue.code === 'invalid_key') return issue.issues.flatMap((nested) => issueProblems(nested, context));
  const value = valueAt(context.data, path);
  if (value === undefined) return [missing(path, context)];
  if (issue.code === 'invalid_union') return unionProblems(issue, path, context);
  if (issue.code === 'invalid_type') return [wrongType(path, value, context)];
  return [wrongValue(issue, path, context)];
}

function unknownKey(path: Path, name: string, context: IssueContext): Problem {
  const schema = context.schemaAt(path);
  const known = schema === undefined ? [] : knownKeys(schema);
  const near = nearest(name, known);
  return {
    severity: context.unknownKeys,
    code: 'NP_CONFIG_UNKNOWN_KEY',
    path: [...path, name],
    at: 'key',
    message: `unknown key "${name}"${near === undefined ? '' : ` (did you mean "${near}"?)`}`,
    remedy: near === undefined ? `use one of ${known.join(', ')}` : `write "${near}", or remove the key`,
  };
}

function missing(path: Path, context: IssueContext): Problem {
  const schema = context.schemaAt(path);
  const name = path.at(-1) ?? '';
  return {
    severity: 'error',
    code: 'NP_CONFIG_REQUIRED',
    path,
    message: `the key "${name}" is missing`,
    remedy: `add "${name}"${schema === undefined ? '' : `, which is ${typeInWords(schema)}`}`,
  };
}

function wrongType(path: Path, value: unknown, context: IssueContext): Problem {
  const schema = context.schemaAt(path);
  const expected = schema === undefined ? 'another kind of value' : typeInWords(schema);
  return {
    severity: 'error',
    code: 'NP_CONFIG_TYPE',
    path,
    message: `expected ${expected}, got ${valueInWords(path, value, context)}`,
    remedy: value === null ? nullRemedy(schema) : typeRemedy(expected, value),
  };
}

function nullRemedy(schema: z.ZodType | undefined): string {
  return schema?.safeParse(undefined).success === true ? 'give it a value or remove the key' : 'give it a value';
}

function typeRemedy(expected: string, value: unknown): string {
  const isText = expected.startsWith('a string');
  if (isText && (typeof value === 'number' || typeof value === 'boolean')) return 'put the value in quotes';
  if (expected === 'an integer') return 'write a whole number without quotes';
  if (expected === 'a number') return 'write a number without quotes';
  if (expected === 'true or false') return 'write true or false without quotes';
  if (expected === 'a list') return 'write a list: one line with a leading dash for each item';
  if (expected === 'a mapping') return 'write a mapping: one indented line with "key: value" for each entry';
  return `write ${expected}`;
}

function wrongValue(issue: z.core.$ZodIssue, path: Path, context: IssueContext): Problem {
  const params = 'params' in issue ? (issue.params ?? {}) : {};
  const remedy = 'remedy' in params && typeof params['remedy'] === 'string' ? params['remedy'] : undefined;
  const description = context.schemaAt(path)?.description;
  const general =
    description === undefined ? 'change these settings' : `change the value (${description.replace(/\.$/, '')})`;
  const { message, action } = valueMessage(issue, general);
  return { severity: 'error', code: 'NP_CONFIG_VALUE', path, message, remedy: remedy ?? action };
}

function valueMessage(issue: z.core.$ZodIssue, action: string): { readonly message: string; readonly action: string } {
  if (issue.code === 'too_small') {
    if (issue.origin === 'string' || issue.origin === 'array') return { message: 'must not be empty', action };
    const bound = `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    return { message: `must be ${bound}`, action: `write ${bound}` };
  }
  if (issue.code === 'too_big') return { message: `must be at most ${issue.maximum}`, action };
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String).join(', ');
    return { message: `must be one of ${allowed}`, action: `write one of ${allowed}` };
  }
  return { message: issue.message, action };
}

/** Of several alternatives the one that the value comes nearest to: it fails deepest inside. */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion, path: Path, context: IssueContext): Problem[] {
  const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(0, ...issues.map((each) => each.path.length));
  const best = issue.errors.toSorted((left, right) => depth(right) - depth(left))[0];
  const isOfAnotherType =
    best === undefined || (depth(best) === 0 && best.every((each) => each.code === 'invalid_type'));
  if (isOfAnotherType) return [wrongType(path, valueAt(context.data, path), context)];
  return best.flatMap((each) => issueProblems({ ...each, path: [...path, ...each.path] }, context));
}

const secretKey = /^env-vars$|password|secret|token|(^|-)key$/;

function valueInWords(path: Path, value: unknown, context: IssueContext): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const isSecret = !context.showValues || path.some((step) => typeof step === 'string' && secretKey.test(step));
  if (!isSecret) return shorten(JSON.stringify(value));
  if (typeof value === 'string') return 'a string';
  return typeof value === 'number' ? 'a number' : 'true or false';
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** The value at a path, or undefined when there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  let current = data;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return undefined;
    current = (current as Readonly<Record<string | number, unknown>>)[step];
  }
  return current;
}
