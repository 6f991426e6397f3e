/** A private broker that also speaks TLS, with a certificate of an authority made for it. */
import { Authority, type Identity } from './certificates.js';
import { LOOPBACK } from './ports.js';
import { type BrokerTls, type PrivateBroker, type PrivateBrokerOptions, startPrivateBroker } from './private-broker.js';

export interface TlsBrokerOptions extends Omit<PrivateBrokerOptions, 'tls'> {
  /** Who signs its certificate, and those of its clients. Default: one of its own. */
  readonly authority?: Authority;
  readonly tls?: Pick<BrokerTls, 'requireCertificate' | 'versions'>;
}

export interface TlsBroker {
  readonly broker: PrivateBroker;
  readonly authority: Authority;
  /** The broker's, for localhost and the loopback address. */
  readonly identity: Identity;
}

/** Starts one and resolves when it accepts connections, plain and by TLS. */
export async function startTlsBroker({ authority: given, tls, ...options }: TlsBrokerOptions = {}): Promise<TlsBroker> {
  const authority = given ?? (await Authority.make());
  const identity = await authority.sign({ name: 'broker', dns: ['localhost'], ip: [LOOPBACK] });
  const broker = await startPrivateBroker({ ...options, tls: { ...tls, ca: authority.cert, ...identity } });
  return { broker, authority, identity };
}
