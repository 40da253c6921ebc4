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

/** Certificate and key come together: programs do not start with one of them. */
export function connectionOptions(settings: ConnectionSettings): ConnectionOptions {
  const { temporalApiKey, temporalCaPem, temporalCertPem, temporalKeyPem } = settings;
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
