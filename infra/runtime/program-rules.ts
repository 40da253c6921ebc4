/** What variables of a program must be to each other. Sentences begin with the variable that is likely to be wrong. */
import { createPrivateKey, X509Certificate } from 'node:crypto';

export function keyOfCertificate({
  temporalCertPem,
  temporalKeyPem,
}: {
  readonly temporalCertPem: string | undefined;
  readonly temporalKeyPem: string | undefined;
}): string | undefined {
  if (temporalCertPem === undefined && temporalKeyPem === undefined) return undefined;
  if (temporalKeyPem === undefined) return 'TEMPORAL_TLS_KEY_FILE is missing: TEMPORAL_TLS_CERT_FILE needs it';
  if (temporalCertPem === undefined) return 'TEMPORAL_TLS_CERT_FILE is missing: TEMPORAL_TLS_KEY_FILE needs it';
  // The first certificate is the client's own; those of its authorities may follow.
  const isPair = new X509Certificate(temporalCertPem).checkPrivateKey(createPrivateKey(temporalKeyPem));
  return isPair ? undefined : 'TEMPORAL_TLS_KEY_FILE is not the key of the certificate in TEMPORAL_TLS_CERT_FILE';
}

export function playNeedsShortIntervals({
  playClockFile,
  allowShortIntervals,
}: {
  readonly playClockFile: string | undefined;
  readonly allowShortIntervals: boolean;
}): string | undefined {
  if (playClockFile === undefined || allowShortIntervals) return undefined;
  return 'ALM_PLAY_CLOCK_FILE is for demonstrations only: it needs ALM_ALLOW_SHORT_INTERVALS=true';
}

export function ousOfDomain({
  domain,
  managedOus,
}: {
  readonly domain: string;
  readonly managedOus: readonly string[];
}): string | undefined {
  const foreign = managedOus.filter((dn) => fqdnOf(dn) !== domain);
  if (foreign.length === 0) return undefined;
  return `ALM_MANAGED_OUS names places outside of ALM_DOMAIN (${domain}): ${foreign.join('; ')}`;
}

/** The DNS name of the domain in which a DN is: its last parts, all of which are domain components. */
function fqdnOf(dn: string): string {
  const [components] = /(?:(?:^|,)\s*dc\s*=[^,]*)*$/i.exec(dn)!;
  return components
    .split(',')
    .map((component) => component.split('=')[1]?.trim().toLowerCase() ?? '')
    .filter((label) => label !== '')
    .join('.');
}
