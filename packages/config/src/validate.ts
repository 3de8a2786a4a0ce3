import type { z } from 'zod';
import type { Finding, Path, Problem, Severity } from './finding.js';
import { type IssueContext, issueProblems, schemaLookup } from './issues.js';
import { resolveConfig } from './resolve/config.js';
import { type MissingZooKeeper, type RuleContext, rules } from './rules/index.js';
import { fileSchema } from './schema/file.js';
import { type ConfigDriver, providerSchemas } from './schema/providers.js';
import { SecureFile } from './schema/secure.js';
import type { Config } from './types.js';
import { viewFile, viewSecureFile } from './view.js';
import type { ConfigDocument } from './yaml/document.js';
import type { PlainMap, PlainValue } from './yaml/plain.js';

/** How strictly, and for whom, a configuration is checked. */
export interface ValidationOptions {
  readonly drivers: readonly ConfigDriver[];
  /** Daemons take unknown keys, and what else is doubtful, with a warning; the validator refuses them. */
  readonly unknownKeys: Severity;
  readonly missingZooKeeper: MissingZooKeeper;
  /** Gives providers whose name begins with `fake` the driver `fake`. */
  readonly testMode: boolean;
}

export interface ValidationResult {
  /** Undefined when any finding is an error. */
  readonly config: Config | undefined;
  /** In the order of the files' lines. */
  readonly findings: readonly Finding[];
}

/** Checks two parsed files against the schema and the rules, and makes a configuration of them if they hold. */
export function validate(main: ConfigDocument, secure: ConfigDocument, options: ValidationOptions): ValidationResult {
  const data = options.testMode ? forceFakeDriver(main.data) : main.data;
  const providers = providerSchemas(options.drivers);
  const schema = fileSchema(providers.entry);
  const file = parse(schema, data, {
    schemaAt: schemaLookup(schema, data, providers.schemaOf),
    unknownKeys: options.unknownKeys,
    showValues: true,
  });
  const secureFile = parse(SecureFile, secure.data, {
    schemaAt: schemaLookup(SecureFile, secure.data),
    unknownKeys: 'warning',
    showValues: false,
  });
  const context: RuleContext = {
    file: viewFile(data),
    secure: viewSecureFile(secure.data),
    drivers: new Set(options.drivers.map((driver) => driver.name)),
    missingZooKeeper: options.missingZooKeeper,
    testMode: options.testMode,
    doubtful: options.unknownKeys,
  };
  const ruleProblems = rules.flatMap((rule) => rule(context));
  const findings = [
    ...main.findings,
    ...secure.findings,
    ...file.problems.map((problem) => main.place(problem)),
    ...secureFile.problems.map((problem) => secure.place(problem)),
    ...ruleProblems.map((problem) => (problem.source === 'secure' ? secure : main).place(problem)),
  ];
  const holds = findings.every((finding) => finding.severity !== 'error');
  const config =
    holds && file.output !== undefined && secureFile.output !== undefined
      ? resolveConfig(file.output, secureFile.output)
      : undefined;
  return { config, findings: inOrder(distinct(findings), main.file) };
}

interface Parsed<T> {
  readonly output: T | undefined;
  readonly problems: readonly Problem[];
}

/** Unknown keys are noted and taken out, so that the rest can be checked, and used where they are only a warning. */
function parse<Schema extends z.ZodType>(
  schema: Schema,
  data: PlainMap,
  context: Omit<IssueContext, 'data'>,
): Parsed<z.output<Schema>> {
  const unknown: Problem[] = [];
  for (;;) {
    const result = schema.safeParse(data);
    if (result.success) return { output: result.data, problems: unknown };
    const problems = result.error.issues.flatMap((issue) => issueProblems(issue, { ...context, data }));
    const found = problems.filter((problem) => problem.code === 'NP_CONFIG_UNKNOWN_KEY');
    const removed = found.filter((problem) => removeKey(data, problem.path));
    if (removed.length === 0) return { output: undefined, problems: [...unknown, ...problems] };
    unknown.push(...found);
  }
}

/** True when there was such a key. */
function removeKey(data: PlainMap, path: Path): boolean {
  const parent = path.slice(0, -1).reduce<PlainValue | undefined>(step, data);
  const name = path.at(-1);
  if (typeof parent !== 'object' || parent === null || Array.isArray(parent) || name === undefined) return false;
  return Object.hasOwn(parent, name) && Reflect.deleteProperty(parent, name);
}

function step(value: PlainValue | undefined, key: string | number): PlainValue | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string | number, PlainValue>>)[key];
}

function forceFakeDriver(data: PlainMap): PlainMap {
  const { providers } = data;
  if (!Array.isArray(providers)) return data;
  return { ...data, providers: providers.map(withFakeDriver) };
}

function withFakeDriver(provider: PlainValue): PlainValue {
  if (typeof provider !== 'object' || provider === null || Array.isArray(provider)) return provider;
  const { name } = provider;
  return typeof name === 'string' && name.startsWith('fake') ? { ...provider, driver: 'fake' } : provider;
}

/** An anchor used in many places repeats its findings in each. */
function distinct(findings: readonly Finding[]): Finding[] {
  const byPlace = new Map<string, Finding>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.file, finding.line, finding.column, finding.code, finding.message]);
    if (!byPlace.has(key)) byPlace.set(key, finding);
  }
  return [...byPlace.values()];
}

function inOrder(findings: Finding[], mainFile: string): Finding[] {
  const rank = (finding: Finding): number => (finding.file === mainFile ? 0 : 1);
  return findings.sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}
