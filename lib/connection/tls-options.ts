/** The options of TLS, and their reader. No error shows a value: it may be a key or a passphrase. */
import { types } from 'node:util';
import type { NativeTlsOptions } from '../addon/contract.js';
import { wrongSecret } from '../base/argument.js';
import { bare, boolean, type Reader, readObject } from '../base/readers.js';

/**
 * How `amqps:` connections are secured: TLS 1.2 or 1.3; the broker's certificate must be signed by a trusted authority,
 * valid now, and for the host of the URL. Certificates and keys are in PEM form: the path of a file, which is read anew
 * for each connection, or its contents as a `Buffer` or as a string of several lines. What cannot be used is a
 * `ConnectionError` `INVALID_TLS_OPTION`.
 */
export interface TlsOptions {
  /** The authorities that are trusted, instead of the system's. */
  readonly ca?: string | Uint8Array | undefined;
  /** This program's certificate, for brokers that ask for one, followed by those of intermediate authorities. */
  readonly cert?: string | Uint8Array | undefined;
  /** The private key of `cert`. */
  readonly key?: string | Uint8Array | undefined;
  /** The passphrase of `key`, when it is encrypted. */
  readonly passphrase?: string | undefined;
  /**
   * The name the broker's certificate must be for, where it is not the host of the URL: a DNS name or an IP address.
   */
  readonly serverName?: string | undefined;
  /**
   * Dangerous: the broker is not authenticated, so that anyone in between can read the password and every message, and
   * answer as the broker. Each connect emits a process warning, `MATMQ_UNAUTHENTICATED`. Default: false.
   */
  readonly insecureUnauthenticated?: boolean | undefined;
}

/** Contents, whatever stands before the first mark. A path is shown in errors, so text with line ends is not one. */
const CONTENTS = /-----BEGIN |[\r\n]/;

/** A path stays a string; contents become a copy of their octets. */
const pem: Reader<string | Uint8Array> = (value, what) => {
  if (typeof value === 'string' && value !== '' && !value.includes('\0'))
    return CONTENTS.test(value) ? Buffer.from(value) : value;
  if (types.isUint8Array(value) && value.length > 0) return Uint8Array.from(value);
  throw wrongSecret(what, 'a path, or PEM text as a string or Buffer,');
};

const secret: Reader<string> = (value, what) => {
  if (typeof value !== 'string' || value === '' || value.includes('\0'))
    throw wrongSecret(what, 'a string that is not empty');
  return value;
};

export const tlsReaders = {
  ca: pem,
  cert: pem,
  key: pem,
  passphrase: secret,
  serverName: secret,
  insecureUnauthenticated: boolean,
};

export const tls: Reader<NativeTlsOptions> = (value, what) => {
  if (typeof value === 'string') throw wrongSecret(what, 'a plain object');
  return bare({
    ...{ passphrase: '', serverName: '', insecureUnauthenticated: false },
    ...readObject(value, what, tlsReaders),
  });
};

/** Emits the warning of `insecureUnauthenticated`. */
export function warnIfUnauthenticated(name: string, options: NativeTlsOptions | undefined): void {
  if (!options?.insecureUnauthenticated) return;
  process.emitWarning(
    'insecureUnauthenticated: the connection to the broker is encrypted but not authenticated. Whoever sits in ' +
      'between can read the password and every message, and answer as the broker',
    { type: 'MatmqSecurityWarning', code: 'MATMQ_UNAUTHENTICATED', detail: `'${name}'` },
  );
}
