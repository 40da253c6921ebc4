/** The variables that several programs read. */
import { z } from 'zod';
import { parseKeyRing } from './codec-keys.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { keyOfCertificate, playNeedsShortIntervals } from './program-rules.ts';
import {
  addressSchema,
  booleanSchema,
  certificatesSchema,
  hostSchema,
  portSchema,
  privateKeySchema,
} from './variable-schemas.ts';
import { file, optional, rule, secret, variable } from './variable.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export const logging = {
  logLevel: variable(
    'ALM_LOG_LEVEL',
    z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }),
    'The least severe level that is logged.',
    { fallback: 'info' },
  ),
};

export const telemetry = (port: number) => ({
  metricsHost: variable(
    'ALM_METRICS_HOST',
    hostSchema,
    'The address on which /metrics and /health are served. They need no log-on: keep them inside.',
    { fallback: '127.0.0.1' },
  ),
  metricsPort: variable(
    'ALM_METRICS_PORT',
    portSchema,
    'The port on which /metrics, /health/live and /health/ready are served; 0 takes a free one, which is logged.',
    { fallback: String(port) },
  ),
});

export const codecKeys = {
  codecKeys: secret(
    'ALM_CODEC_KEYS',
    'The keys that encrypt what Temporal stores, as id:key,id2:key2; each key is 32 bytes of base64 (openssl rand -base64 32). The first one encrypts, all of them decrypt. The same for every program.',
    parseKeyRing,
  ),
};

export const temporal = {
  temporalAddress: variable('TEMPORAL_ADDRESS', addressSchema, "The Temporal server's frontend, as host:port.", {
    fallback: '127.0.0.1:7233',
  }),
  temporalNamespace: variable(
    'TEMPORAL_NAMESPACE',
    z.string().regex(/^[A-Za-z0-9._-]{1,255}$/, 'must be the name of a namespace'),
    'The Temporal namespace.',
    { fallback: 'default' },
  ),
  temporalApiKey: optional(secret('TEMPORAL_API_KEY', 'The API key to send to Temporal. TLS is used with it.')),
  temporalTls: variable(
    'TEMPORAL_TLS',
    booleanSchema,
    'Whether Temporal is reached over TLS. TEMPORAL_TLS_CA_FILE, a client certificate and an API key turn it on too.',
    { fallback: 'false' },
  ),
  temporalCaPem: optional(
    file(
      'TEMPORAL_TLS_CA_FILE',
      certificatesSchema,
      "The certificate authorities to trust for Temporal's certificate, instead of the system's.",
      '/etc/alm/temporal-ca.pem',
    ),
  ),
  temporalCertPem: optional(
    file(
      'TEMPORAL_TLS_CERT_FILE',
      certificatesSchema,
      'The client certificate for Temporal, when it asks for one.',
      '/etc/alm/temporal.pem',
    ),
  ),
  temporalKeyPem: optional(
    file(
      'TEMPORAL_TLS_KEY_FILE',
      privateKeySchema,
      'The private key of that client certificate.',
      '/etc/alm/temporal.key',
    ),
  ),
  ...codecKeys,
};

export const temporalRules = [
  rule(temporal, ['temporalCertPem', 'temporalKeyPem'], ({ temporalCertPem, temporalKeyPem }) =>
    keyOfCertificate(temporalCertPem, temporalKeyPem, 'TEMPORAL_TLS_CERT_FILE', 'TEMPORAL_TLS_KEY_FILE'),
  ),
];

export const database = {
  databaseUrl: secret(
    'DATABASE_URL',
    'The Postgres database, as postgres://user:password@host:port/name. Add ?sslmode=verify-full for one that is not on this machine.',
    parseDatabaseUrl,
  ),
};

export const demonstrations = {
  allowShortIntervals: variable(
    'ALM_ALLOW_SHORT_INTERVALS',
    booleanSchema,
    'Whether templates may have intervals shorter than a day: for demonstrations only.',
    { fallback: 'false' },
  ),
  playClockFile: optional(
    variable(
      'ALM_PLAY_CLOCK_FILE',
      z.string().regex(/^\//, 'must be an absolute path'),
      'A file that says by how many milliseconds time was skipped, which the clock then follows: for `npm run demo -- --play` only, and refused unless ALM_ALLOW_SHORT_INTERVALS is true.',
      { example: '/tmp/alm-stack/skipped-ms' },
    ),
  ),
};

export const demonstrationRules = [
  rule(demonstrations, ['playClockFile', 'allowShortIntervals'], playNeedsShortIntervals),
];
