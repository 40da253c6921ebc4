/** Whether the process lives and whether it can serve, for load balancers that only see the API's own port. */
import express, { type Router } from 'express';
import { runChecks, type ReadinessCheck } from '../../infra/runtime/telemetry.ts';

export function healthRoutes(readiness: Readonly<Record<string, ReadinessCheck>>): Router {
  const router = express.Router();
  router.get('/live', (_request, response) => {
    response.json({ status: 'live' });
  });
  router.get('/ready', async (_request, response) => {
    const checks = await runChecks(readiness);
    const ready = Object.values(checks).every((result) => result === 'ok');
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not-ready', checks });
  });
  return router;
}
