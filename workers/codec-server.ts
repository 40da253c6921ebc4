/** The codec server program: `node workers/codec-server.ts`; `--help` prints its environment. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createPayloadCodec } from '../infra/runtime/codec.ts';
import { createLogger } from '../infra/runtime/logger.ts';
import { CODEC_SERVER, loadConfiguration } from '../infra/runtime/programs.ts';
import { startOrExit } from '../infra/runtime/start-or-exit.ts';
import { createRegistry, startTelemetry } from '../infra/runtime/telemetry.ts';
import { createCodecApp } from './codec-app.ts';

const REQUEST_TIMEOUT_MS = 15_000;
const MAX_CONNECTIONS = 100;

const configuration = loadConfiguration(CODEC_SERVER);
const logger = createLogger({ program: 'codec-server', level: configuration.logLevel });
const app = createCodecApp({
  codec: createPayloadCodec(configuration.codecKeys),
  apiUrl: configuration.apiUrl,
  allowedOrigin: configuration.allowedOrigin,
  logger,
});
const telemetry = await startOrExit(
  startTelemetry({
    host: configuration.metricsHost,
    port: configuration.metricsPort,
    registry: createRegistry('codec-server'),
    readiness: { api: async () => ((await fetch(`${configuration.apiUrl}/health/ready`)).ok ? 'ok' : 'is not ready') },
    logger,
  }),
  logger,
);
const server = createServer(app).listen(configuration.codecServerPort, configuration.codecServerHost);
await startOrExit(once(server, 'listening'), logger);
logger.info({ address: server.address() }, 'codec server listens');
server.requestTimeout = server.headersTimeout = REQUEST_TIMEOUT_MS;
server.maxConnections = MAX_CONNECTIONS;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    telemetry.drain();
    server.close();
    server.closeIdleConnections();
    void telemetry.close();
  });
}
