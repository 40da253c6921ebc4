/** How values become payloads: the same for every client, worker, bundle and replay. */
import { fileURLToPath } from 'node:url';
import type { DataConverter } from '@temporalio/common';
import { createPayloadCodec } from './codec.ts';
import type { KeyRing } from './codec-keys.ts';

/** Bundles load it by path too: `bundleWorkflowCode({ failureConverterPath })`. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(new URL('failure-converter.ts', import.meta.url));

/** The data converter of every client and worker. */
export function createDataConverter(keys: KeyRing): DataConverter {
  return { failureConverterPath: FAILURE_CONVERTER_PATH, payloadCodecs: [createPayloadCodec(keys)] };
}
