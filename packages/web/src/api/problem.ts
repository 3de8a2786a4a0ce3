import { STATUS_CODES } from 'node:http';
import { type LeaseErrorCode, leaseErrorCodes } from '@nodepool/leases';
import { type OperationErrorCode, operationErrorCodes } from '@nodepool/operations';
import { errorCode, errorText } from '@nodepool/runtime';
import { type StoreErrorCode, storeErrorCodes } from '@nodepool/store';
import { WebError, type WebErrorCode, webErrorCodes } from '../errors.js';
import type { Problem } from './schemas/index.js';

export const problemMediaType = 'application/problem+json';

/** Where the codes are explained, beside the API. */
const codePage = '/api/v1/docs#';

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: Problem;
}

const operationStatuses: Readonly<Record<OperationErrorCode, number>> = {
  NP_LOCKED: 409,
  NP_NODE_UNKNOWN: 404,
  NP_REQUEST_UNKNOWN: 404,
  NP_REQUEST_FULFILLED: 409,
  NP_IMAGE_UNKNOWN: 404,
  NP_IMAGE_NOT_BUILDABLE: 409,
  NP_IMAGE_UNUSED: 409,
  NP_ROLLBACK_LEAVES_NOTHING: 409,
  NP_BUILD_UNKNOWN: 404,
  NP_UPLOAD_UNKNOWN: 404,
  NP_IN_PROGRESS: 409,
};

const leaseStatuses: Readonly<Record<LeaseErrorCode, number>> = {
  NP_LEASE_UNKNOWN: 404,
  NP_LEASE_OVER: 409,
  NP_LEASE_BUSY: 409,
  NP_LEASE_KEY: 422,
  NP_LEASE_LABEL: 422,
  NP_LEASE_LIMIT: 409,
};

const storeStatuses: Partial<Readonly<Record<StoreErrorCode, number>>> = {
  NP_LOCK_LOST: 409,
  NP_CONFLICT: 409,
  NP_RECORD_GONE: 404,
};

/** Statuses of the framework's own refusals. */
const refusals: Readonly<Record<number, WebErrorCode>> = {
  400: 'NP_WEB_INPUT',
  404: 'NP_WEB_NOT_FOUND',
  405: 'NP_WEB_METHOD',
  408: 'NP_WEB_TIMEOUT',
  413: 'NP_WEB_TOO_LARGE',
  414: 'NP_WEB_TOO_LARGE',
  415: 'NP_WEB_MEDIA_TYPE',
  431: 'NP_WEB_TOO_LARGE',
};

/** What a caller is told of an error. Nothing is said of what went wrong inside: the log has that. */
export function toProblem(error: unknown): ProblemAnswer {
  if (error instanceof WebError && error.status < 500) return known(error);
  const code = errorCode(error) ?? '';
  if (isOperation(code)) return answer(operationStatuses[code], code, operationErrorCodes[code], errorText(error));
  if (isLease(code)) return answer(leaseStatuses[code], code, leaseErrorCodes[code], errorText(error));
  if (isStore(code)) {
    const status = storeStatuses[code];
    if (status !== undefined) return answer(status, code, storeErrorCodes[code]);
  }
  if (error instanceof WebError) return known(error);
  const status = statusOf(error);
  const refusal = status === undefined ? undefined : refusals[status];
  if (status !== undefined && refusal !== undefined) return answer(status, refusal, webErrorCodes[refusal]);
  return answer(500, 'NP_WEB_INTERNAL', webErrorCodes.NP_WEB_INTERNAL);
}

function known({ code, status, message, errors, headers }: WebError): ProblemAnswer {
  const { problem } = answer(status, code, webErrorCodes[code], message);
  return { status, headers, problem: errors === undefined ? problem : { ...problem, errors: [...errors] } };
}

function answer(status: number, code: string, meaning: string, detail = meaning): ProblemAnswer {
  const title = STATUS_CODES[status] ?? 'Error';
  return { status, headers: {}, problem: { type: `${codePage}${code}`, title, status, code, detail } };
}

function isOperation(code: string): code is OperationErrorCode {
  return Object.hasOwn(operationErrorCodes, code);
}

function isLease(code: string): code is LeaseErrorCode {
  return Object.hasOwn(leaseErrorCodes, code);
}

function isStore(code: string): code is StoreErrorCode {
  return Object.hasOwn(storeErrorCodes, code);
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
