/** The API as an Express app: every route of the table, and nothing that is not in it. */
import express, { type Express, type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import { API_PREFIX, type Route } from '../contracts/http/route.ts';
import { ROUTES } from '../contracts/http/routes.ts';
import { createAuthenticator } from './auth/authenticate.ts';
import type { Dependencies } from './dependencies.ts';
import { requestHandler, type Implementation } from './http/implementation.ts';
import { methodNotAllowed } from './http/method-not-allowed.ts';
import { answerWithProblem } from './http/problem.ts';
import { notFound } from './http/refusal.ts';
import { requestContext } from './http/request-context.ts';
import { accountActionRoutes } from './routes/account-actions.ts';
import { accountRoutes } from './routes/accounts.ts';
import { delegationRoutes } from './routes/delegations.ts';
import { documentRoutes } from './routes/document.ts';
import { domainRoutes } from './routes/domains.ts';
import { draftRoutes } from './routes/drafts.ts';
import { freezeRoutes } from './routes/freezes.ts';
import { groupRoutes } from './routes/groups.ts';
import { healthRoutes } from './routes/health.ts';
import { migrationRoutes } from './routes/migrations.ts';
import { noticeRoutes } from './routes/notices.ts';
import { referenceRoutes } from './routes/reference.ts';
import { requestRoutes } from './routes/requests.ts';
import { templateStateRoutes } from './routes/template-states.ts';
import { templateRoutes } from './routes/templates.ts';
import { userRoutes } from './routes/users.ts';

export function createApp(dependencies: Dependencies): Express {
  const { db, clock, logger, metrics, readiness = {} } = dependencies;
  const app = express();
  app
    .disable('x-powered-by')
    .set('query parser', 'simple')
    .set('strict routing', true)
    .set('case sensitive routing', true);
  app.use(securityHeaders(), noStore);
  // Before the log: load balancers ask every few seconds.
  app.use('/health', healthRoutes(readiness));
  app.use(requestContext(logger, clock, metrics));
  const api = express.Router({ caseSensitive: true, strict: true });
  const authenticate = createAuthenticator(db, clock);
  for (const implementation of implementations(dependencies)) {
    api[implementation.route.method](expressPath(implementation.route), requestHandler(implementation, authenticate));
  }
  refuseOtherMethods(api);
  app.use(API_PREFIX, api);
  app.use(`${API_PREFIX}/reference`, referenceRoutes());
  app.use(() => {
    throw notFound();
  });
  app.use(answerWithProblem);
  return app;
}

/** One for each route of the table; a missing one is a bug that shows at the start. */
function implementations(dependencies: Dependencies): Implementation[] {
  const all = [
    ...userRoutes(dependencies),
    ...groupRoutes(dependencies),
    ...domainRoutes(dependencies),
    ...freezeRoutes(dependencies),
    ...templateRoutes(dependencies),
    ...templateStateRoutes(dependencies),
    ...migrationRoutes(dependencies),
    ...noticeRoutes(dependencies),
    ...requestRoutes(dependencies),
    ...accountRoutes(dependencies),
    ...accountActionRoutes(dependencies),
    ...draftRoutes(dependencies),
    ...delegationRoutes(dependencies),
    ...documentRoutes(dependencies),
  ];
  const missing = ROUTES.filter((route) => !all.some((one) => one.route === route));
  if (missing.length > 0 || all.length !== ROUTES.length) {
    throw new Error(`routes and implementations differ: ${missing.map((route) => route.operationId).join(', ')}`);
  }
  return all;
}

function expressPath(route: Route): string {
  return route.path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function refuseOtherMethods(api: Router): void {
  for (const path of new Set(ROUTES.map(expressPath))) {
    const methods = ROUTES.filter((route) => expressPath(route) === path).map((route) => route.method.toUpperCase());
    const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
    api.all(path, (request, response) => {
      throw methodNotAllowed(request, response, allowed);
    });
  }
}

/** Answers are data: nothing in them may be run, framed or loaded from elsewhere. */
function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] },
    },
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
  });
}

/** What a caller may see changes with people and time: no cache keeps it. */
const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};
