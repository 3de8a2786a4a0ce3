import { NodepoolError } from '@nodepool/runtime';

/** Codes of this package: why a command ends with exit code 1. */
export const cliErrorCodes = {
  NP_CLI_FIELD_UNKNOWN: 'the list has no such field',
  NP_CLI_FILTER: 'a filter is not of the form key=value',
  NP_CLI_ZNODE_UNKNOWN: 'no such znode',
  NP_CLI_ZNODE_PATH: 'not a path in the tree, or one that nobody may remove',
  NP_CLI_ZNODE_CONFLICT: 'the znode was changed in the meantime, or has children',
  NP_CLI_RECORD_INVALID: 'the data are no valid record for that place',
  NP_CLI_NOTHING_TO_EXPLAIN: 'no node, request, image or label has that name',
  NP_CLI_LOCKED: 'another process holds the lock',
  NP_CLI_BUILD_UNKNOWN: 'no such build',
  NP_CLI_BUILD_FAILED: 'the build that was followed has failed',
  NP_CLI_LOG_UNREACHABLE: 'the builder that has the log is not running, or does not show it',
  NP_CLI_IMAGE_DATA: 'the file was not written by export-image-data',
  NP_CLI_NODE_UNKNOWN: 'a node of the request is gone, or belongs to somebody else',
  NP_CLI_REQUEST_UNKNOWN: 'no such request',
  NP_CLI_REQUEST_FOREIGN: 'the request was made by another program, which follows it',
  NP_CLI_REQUEST_FAILED: 'every pool has declined the request, or it was removed while it waited',
  NP_CLI_REQUEST_TIMEOUT: 'the request was not fulfilled in the time given',
  NP_CLI_LEASE_SETTINGS: 'the token or the address of a launcher is missing or not usable',
  NP_CLI_LEASE_REFUSED: 'the launcher has refused the lease',
  NP_CLI_LEASE_UNREACHABLE: 'no launcher answers at the addresses given',
  NP_CLI_LEASE_FAILED: 'the machines of the lease were not to be had, or not in the time given',
  NP_CLI_LEASE_MACHINE: 'a leased machine cannot be connected to',
  NP_CLI_INSTANCE_REMAINS: 'the cloud has accepted the deletion and not yet carried it out',
  NP_CLI_PROVIDER_UNKNOWN: 'the configuration has no such provider',
  NP_CLI_PROVIDER_UNAVAILABLE: 'the driver of the provider is not part of this release',
} as const;

export type CliErrorCode = keyof typeof cliErrorCodes;

export class CliError extends NodepoolError {
  declare readonly code: CliErrorCode;

  /** @param message one line for the operator; says what to do where that is not plain. */
  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = 'CliError';
  }
}
