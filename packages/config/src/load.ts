import { errorCode, errorText } from '@nodepool/runtime';
import { ConfigError } from './errors.js';
import type { Finding, Severity } from './finding.js';
import { type ReadConfigFile, readConfigFile } from './read-file.js';
import type { MissingZooKeeper } from './rules/index.js';
import type { ConfigDriver } from './schema/providers.js';
import type { Config } from './types.js';
import { validate } from './validate.js';
import { type ConfigDocument, parseConfigText } from './yaml/document.js';

/** What to load, and how strictly. */
export interface LoadOptions {
  readonly path: string;
  /** The file with secrets; none when missing. */
  readonly securePath?: string | undefined;
  readonly drivers: readonly ConfigDriver[];
  /** Where `%(NODEPOOL_X)` is looked up: the environment of the process. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What unknown keys are. Default `warning`, as for daemons; the validator asks for `error`. */
  readonly unknownKeys?: Severity;
  /** What it is that no ZooKeeper server is configured. Default `error`; who starts a server of its own allows it. */
  readonly missingZooKeeper?: MissingZooKeeper;
  /** Forces the driver `fake` on providers whose name begins with `fake`. Default false. */
  readonly testMode?: boolean;
  readonly readFile?: ReadConfigFile;
}

/** A file that was read, in the version that was read. */
export interface ConfigFile {
  readonly path: string;
  readonly version: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Warnings. */
  readonly findings: readonly Finding[];
  readonly files: readonly ConfigFile[];
}

/**
 * Reads, checks and resolves a configuration.
 *
 * @throws {@link ConfigError} with every finding when one of them is an error; nothing else.
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { config, findings, files } = await examine(options);
  if (config === undefined) throw new ConfigError(findings);
  return { config, findings, files };
}

/** Every finding about a configuration, errors and warnings, in the order of the lines. Never rejects. */
export async function checkConfig(options: LoadOptions): Promise<readonly Finding[]> {
  return (await examine(options)).findings;
}

interface Examined {
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
  readonly files: readonly ConfigFile[];
}

async function examine(options: LoadOptions): Promise<Examined> {
  const { path, securePath } = options;
  const main = await readDocument(path, options);
  const secure = securePath === undefined ? noDocument : await readDocument(securePath, options);
  const files = [main.version, secure.version].flatMap((file) => file ?? []);
  const broken = [main, secure].some(({ isBroken }) => isBroken);
  if (broken) return { config: undefined, findings: [...main.document.findings, ...secure.document.findings], files };
  const result = validate(main.document, secure.document, {
    drivers: options.drivers,
    unknownKeys: options.unknownKeys ?? 'warning',
    missingZooKeeper: options.missingZooKeeper ?? 'error',
    testMode: options.testMode ?? false,
  });
  return { ...result, files };
}

interface ReadDocument {
  readonly document: ConfigDocument;
  readonly version: ConfigFile | undefined;
  /** True when there are no values to check. */
  readonly isBroken: boolean;
}

const noDocument: ReadDocument = { document: parseConfigText('', '', {}), version: undefined, isBroken: false };

async function readDocument(path: string, { readFile = readConfigFile, env }: LoadOptions): Promise<ReadDocument> {
  try {
    const { text, version } = await readFile(path);
    const document = parseConfigText(path, text, env);
    const isBroken = document.findings.some((finding) => finding.code === 'NP_CONFIG_YAML');
    return { document, version: { path, version }, isBroken };
  } catch (error) {
    return { document: unreadable(path, error), version: undefined, isBroken: true };
  }
}

function unreadable(file: string, error: unknown): ConfigDocument {
  const isMissing = errorCode(error) === 'ENOENT';
  const finding: Finding = {
    severity: 'error',
    code: 'NP_CONFIG_FILE',
    file,
    line: 0,
    column: 0,
    path: '',
    message: isMissing ? 'the file does not exist' : `the file cannot be read: ${errorText(error)}`,
    remedy: isMissing ? 'create it, or give the path of another one' : 'let the user of this program read the file',
  };
  return { ...parseConfigText(file, '', {}), findings: [finding] };
}
