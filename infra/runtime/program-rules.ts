/** What variables of a program must be to each other. Sentences begin with the variable that is likely to be wrong. */
import { createPrivateKey, X509Certificate } from 'node:crypto';

/** Whether a certificate and a key were both given, as the variables of these names, and belong together. */
export function keyOfCertificate(
  certPem: string | undefined,
  keyPem: string | undefined,
  certName: string,
  keyName: string,
): string | undefined {
  if (certPem === undefined && keyPem === undefined) return undefined;
  if (keyPem === undefined) return `${keyName} is missing: ${certName} needs it`;
  if (certPem === undefined) return `${certName} is missing: ${keyName} needs it`;
  // The first certificate is the client's own; those of its authorities may follow.
  const isPair = new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem));
  return isPair ? undefined : `${keyName} is not the key of the certificate in ${certName}`;
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
