/**
 * How programs reach Temporal. Workers use `openWorkerConnection`; the API's gateway, the only place that may load the
 * client, gives `connectionOptions` to its own connection.
 */
import type { TLSConfig } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { TemporalConfiguration } from './programs.ts';

type ConnectionSettings = Pick<
  TemporalConfiguration,
  'temporalAddress' | 'temporalApiKey' | 'temporalTls' | 'temporalCaPem' | 'temporalCertPem' | 'temporalKeyPem'
>;

/** Fits `Connection.connect` and `NativeConnection.connect`. It holds the API key in clear: do not log it. */
export interface ConnectionOptions {
  readonly address: string;
  readonly tls: TLSConfig | boolean;
  readonly apiKey?: string;
}

/** Throws when only one half of the client certificate is given. */
export function connectionOptions(settings: ConnectionSettings): ConnectionOptions {
  const { temporalApiKey, temporalCaPem, temporalCertPem, temporalKeyPem } = settings;
  if ((temporalCertPem === undefined) !== (temporalKeyPem === undefined)) {
    throw new Error('TEMPORAL_TLS_CERT_FILE and TEMPORAL_TLS_KEY_FILE are needed together');
  }
  const tls: TLSConfig = {
    ...(temporalCaPem ? { serverRootCACertificate: Buffer.from(temporalCaPem) } : {}),
    ...(temporalCertPem && temporalKeyPem
      ? { clientCertPair: { crt: Buffer.from(temporalCertPem), key: Buffer.from(temporalKeyPem) } }
      : {}),
  };
  const encrypted = settings.temporalTls || temporalApiKey !== undefined || Object.keys(tls).length > 0;
  return {
    address: settings.temporalAddress,
    tls: encrypted && (Object.keys(tls).length > 0 ? tls : true),
    ...(temporalApiKey ? { apiKey: temporalApiKey.reveal() } : {}),
  };
}
