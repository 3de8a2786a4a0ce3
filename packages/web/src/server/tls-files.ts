import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { errorText } from '@nodepool/runtime';
import { WebError } from '../errors.js';

/** PEM, as it goes to the server. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
}

/** What operators must know of a certificate. */
export interface CertificateDates {
  readonly validFromMs: number;
  readonly validToMs: number;
}

/**
 * Reads certificate and key, and makes sure that they belong together.
 *
 * @throws WebError NP_WEB_CERTIFICATE.
 */
export async function readTlsFiles(paths: {
  readonly cert: string;
  readonly key: string;
}): Promise<TlsMaterial & CertificateDates> {
  try {
    const [cert, key] = await Promise.all([readFile(paths.cert, 'utf8'), readFile(paths.key, 'utf8')]);
    createSecureContext({ cert, key });
    const { validFrom, validTo } = new X509Certificate(cert);
    return { cert, key, validFromMs: Date.parse(validFrom), validToMs: Date.parse(validTo) };
  } catch (error) {
    throw new WebError('NP_WEB_CERTIFICATE', `webapp.tls cannot be used: ${errorText(error)}`, { cause: error });
  }
}
