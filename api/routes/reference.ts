/** The rendered reference: a page that shows the OpenAPI document, with everything it needs from this server. */
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, type Router } from 'express';
import helmet from 'helmet';
import { API_PREFIX } from '../../contracts/http/route.ts';
import { methodNotAllowed } from '../http/method-not-allowed.ts';

const REFERENCE = `${API_PREFIX}/reference`;

/** By name below the page: the file of the package that is served. */
const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': import.meta.resolve('swagger-ui-dist/swagger-ui.css'),
  'swagger-ui-bundle.js': import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
};

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Account Lifecycle Manager API</title>
    <link rel="stylesheet" href="${REFERENCE}/swagger-ui.css">
  </head>
  <body>
    <div id="reference"></div>
    <script src="${REFERENCE}/swagger-ui-bundle.js"></script>
    <script src="${REFERENCE}/start.js"></script>
  </body>
</html>
`;

// No validator: it would send the document's address to a server on the internet.
const START = `SwaggerUIBundle({ url: '${API_PREFIX}/openapi.json', dom_id: '#reference', deepLinking: true, validatorUrl: null });
`;

export function referenceRoutes(): Router {
  const router = express.Router({ strict: true });
  router.use(pageHeaders());
  router.get('/', (_request, response) => {
    response.type('html').send(PAGE);
  });
  router.get('/start.js', (_request, response) => {
    response.type('text/javascript').send(START);
  });
  for (const [name, url] of Object.entries(ASSETS)) router.get(`/${name}`, sendAsset(fileURLToPath(url)));
  router.all(['/', '/start.js', ...Object.keys(ASSETS).map((name) => `/${name}`)], (request, response) => {
    throw methodNotAllowed(request, response, 'GET, HEAD');
  });
  return router;
}

function sendAsset(path: string): RequestHandler {
  // The assets are the package's, the same for everybody; cached for an hour so that an update arrives.
  return (_request, response, next) => response.sendFile(path, { maxAge: '1h', dotfiles: 'allow' }, next);
}

/** The page runs its own scripts and talks to this API, nothing else. It sets styles on elements while it renders. */
function pageHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
      },
    },
  });
}
