/** Everything that can be found wrong with a configuration, with what each code means. */
export const findingCodes = {
  NP_CONFIG_FILE: 'a file cannot be read',
  NP_CONFIG_YAML: 'a file is not valid YAML',
  NP_CONFIG_DUPLICATE_KEY: 'a mapping gives one key twice',
  NP_CONFIG_UNRESOLVED_VARIABLE: 'a %(NODEPOOL_...) names an environment variable that is not set',
  NP_CONFIG_TYPE: 'a value is of the wrong type',
  NP_CONFIG_VALUE: 'a value is outside of what is allowed',
  NP_CONFIG_REQUIRED: 'a key that is needed is missing',
  NP_CONFIG_UNKNOWN_KEY: 'a key has no meaning here',
  NP_CONFIG_UNKNOWN_DRIVER: 'no driver has this name',
  NP_CONFIG_DRIVER_UNAVAILABLE: 'the driver is not part of this release, so its own keys were not checked',
  NP_CONFIG_FAKE_NAME: 'the provider name begins with "fake", which older releases read as driver fake',
  NP_CONFIG_DUPLICATE_NAME: 'two entries of one list have the same name',
  NP_CONFIG_UNDEFINED_LABEL: 'a pool offers a label that the top level does not list',
  NP_CONFIG_UNDEFINED_GATE_LABEL: '`validate` names a label that no pool of the provider offers',
  NP_CONFIG_UNDEFINED_DISKIMAGE: 'a diskimage is named that is not defined where it must be',
  NP_CONFIG_UNDEFINED_CLOUD_IMAGE: 'a label names a cloud image that its provider does not list',
  NP_CONFIG_UNDEFINED_PARENT: 'a diskimage names a parent that does not exist',
  NP_CONFIG_PARENT_CYCLE: 'diskimages are parents of each other',
  NP_CONFIG_ABSTRACT_DISKIMAGE: 'an abstract diskimage is used as if it were built',
  NP_CONFIG_LABEL_IMAGE: 'a label names no image, or two',
  NP_CONFIG_PAUSED_PARENT: 'a diskimage cannot undo the pause of its parent',
  NP_CONFIG_ZOOKEEPER_MISSING: 'no ZooKeeper server is configured',
  NP_CONFIG_ZOOKEEPER_TLS: 'zookeeper-tls lacks a file',
  NP_CONFIG_ZOOKEEPER_PLAIN: 'ZooKeeper is reached over the network without TLS',
  NP_CONFIG_CHROOT: 'the chroot of the ZooKeeper servers is malformed, or differs between them',
  NP_CONFIG_OBSOLETE_KEY: 'a key is accepted for the sake of old files only',
  NP_CONFIG_STOPPED: 'a provider is configured to handle no requests',
  NP_CONFIG_UNUSED: 'an entry has no effect',
  NP_CONFIG_UNSERVED_STOCK: 'a label is to have a standing stock, and no pool offers the label',
  NP_CONFIG_SHARED_CLOUD: 'two providers clean up the same cloud and region',
  NP_CONFIG_NUMBER_AS_TEXT: 'a number stands where its exact spelling matters',
} as const;

export type FindingCode = keyof typeof findingCodes;

export type Severity = 'error' | 'warning';

/** One thing that is wrong with a configuration, and where. */
export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** As given by the caller. */
  readonly file: string;
  /** From 1; 0 when the finding concerns the file as a whole. */
  readonly line: number;
  /** From 1; 0 when the finding concerns the file as a whole. */
  readonly column: number;
  /** Such as `providers[2].pools[0].max-servers`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** What to do, as an order. */
  readonly remedy: string;
}

/** Keys and list positions from the top of the file. */
export type Path = readonly (string | number)[];

/** A finding before its place in the file is known. */
export interface Problem {
  readonly severity: Severity;
  readonly code: FindingCode;
  /** The file that the path leads into; the main one when missing. */
  readonly source?: 'main' | 'secure';
  readonly path: Path;
  /** Whether the finding is about the key or about its value. */
  readonly at?: 'key' | 'value';
  readonly message: string;
  readonly remedy: string;
}

/** Spells a path the way operators read it: `providers[2].pools[0].max-servers`. */
export function pathText(path: Path): string {
  return path.map((step, index) => stepText(step, index === 0)).join('');
}

function stepText(step: string | number, isFirst: boolean): string {
  if (typeof step === 'number') return `[${step}]`;
  return isFirst ? step : `.${step}`;
}

/** One line for a terminal or a log: `nodepool.yaml:12:5: error: labels[0].name: ... Remedy: ...`. */
export function formatFinding(finding: Finding): string {
  const place = finding.line > 0 ? `${finding.file}:${finding.line}:${finding.column}` : finding.file;
  const path = finding.path === '' ? '' : `${finding.path}: `;
  return `${place}: ${finding.severity}: ${path}${finding.message}. Remedy: ${finding.remedy}`;
}
