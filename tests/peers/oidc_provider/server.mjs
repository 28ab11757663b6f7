// An authorization server that we did not write (oidc-provider), under the paths of Microsoft's identity platform.
//
//   node server.mjs [--modules DIR] [--tenant T] [--access-life S] [--refresh-life S] [--interval S] [--certificate FILE]
//
// `--modules` names the directory in which the package was installed, if that is not this one. Listens on 127.0.0.1 with a
// port of its own choice and prints `{"port":N}`; `GET /requests` tells, one JSON line each, what came to the endpoints for
// tokens and device codes, and what went wrong; after `GET /lose` the next answer of the token endpoint is made and never
// sent. It ends when its stdin closes. Whoever signs in is whom `login_hint` names,
// and accepts everything; `declines@…` accepts nothing, `partly@…` the first permission only.
//
// What was adapted, and why:
// - Paths: `/{tenant}/oauth2/v2.0/{authorize,token,devicecode}` and `/{tenant}/v2.0/.well-known/openid-configuration`
//   stand outside the issuer's own path at Microsoft, so requests are handed over as if mounted at `/{tenant}`.
// - `offline_access` takes effect here only with `prompt=consent` (OpenID Connect Core §11). Microsoft needs no prompt and
//   knows `select_account`, so both become `consent`.
// - A scope belongs to a resource here (RFC 8707), which Microsoft reads off the scope's prefix. No request names a
//   resource: Graph is the default, its scopes are known with and without prefix.
// - Claims of the scope `profile` stand in the ID token, as at Microsoft; strictly they belong to userinfo.
// - The device endpoint tells an `interval`, so that tests need not wait five seconds; without `--interval` it tells none
//   (RFC 8628 §3.2 makes it five then).
// - A client assertion has to name its certificate by `x5t#S256`, as Microsoft demands.
//
// Strict as it came: rotation on every use, reuse of a refresh token revokes the whole grant, PKCE is demanded of
// everybody, parameters may not come twice, one way of client authentication only.

import { X509Certificate, createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    tenant: { type: 'string', default: 'contoso.example' },
    'access-life': { type: 'string', default: '3600' },
    'refresh-life': { type: 'string', default: '7776000' },
    interval: { type: 'string' },
    certificate: { type: 'string' },
    modules: { type: 'string' },
  },
});
const { tenant } = options;
const accessLife = Number(options['access-life']);

const SECRET_CLIENT = '5d2f7a10-6b0e-4c7b-9a51-0f3c2f8e1b44';
const CERTIFICATE_CLIENT = '8e1c0b52-3a4d-4f6e-8b7a-2d9c6e5f4a31';
const PUBLIC_CLIENT = 'c0a8f3d4-9b21-4e75-a6d8-71f0b2e4c953';
const SECRET = 'peer8Q~oidc-provider.client-secret.00001';
const TENANT_ID = '3f6a1c9e-52b7-4d08-9e4f-b1a7c8d2e605';
const GRAPH = 'https://graph.microsoft.com';
const PERMISSIONS = [
  'Calendars.ReadWrite', 'Contacts.ReadWrite', 'Mail.Read', 'Mail.ReadWrite', 'Mail.Send', 'User.Read', '.default',
];
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

/** The package may be installed elsewhere than beside this file: NODE_PATH does not reach ECMAScript modules. */
async function provider() {
  if (!options.modules) return (await import('oidc-provider')).default;
  const require = createRequire(join(options.modules, 'package.json'));
  return (await import(pathToFileURL(require.resolve('oidc-provider')))).default;
}

const log = [];

function note(object) {
  log.push(`${JSON.stringify(object)}\n`);
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', kid: 'peer' };
}

const certificate = options.certificate && new X509Certificate(readFileSync(options.certificate));

function thumbprint() {
  return createHash('sha256').update(certificate.raw).digest('base64url');
}

function clients() {
  const web = {
    application_type: 'web',
    redirect_uris: ['http://localhost:8400/'],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE],
  };
  const known = [
    { ...web, client_id: SECRET_CLIENT, client_secret: SECRET, token_endpoint_auth_method: 'client_secret_post' },
    {
      ...web,
      application_type: 'native',
      client_id: PUBLIC_CLIENT,
      token_endpoint_auth_method: 'none',
      redirect_uris: [
        'http://localhost:8400/', 'http://localhost/', 'http://127.0.0.1/',
        'https://login.microsoftonline.com/common/oauth2/nativeclient',
      ],
      grant_types: ['authorization_code', 'refresh_token', DEVICE],
    },
  ];
  if (certificate) {
    known.push({
      ...web,
      client_id: CERTIFICATE_CLIENT,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256',
      jwks: { keys: [{ ...certificate.publicKey.export({ format: 'jwk' }), alg: 'PS256', use: 'sig' }] },
    });
  }
  return known;
}

/** An object id that stays with its person. */
function objectId(mailbox) {
  const hex = createHash('sha256').update(mailbox).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

function person(mailbox) {
  return {
    sub: mailbox, oid: objectId(mailbox), tid: TENANT_ID, preferred_username: mailbox, name: mailbox.split('@')[0],
  };
}

function configuration() {
  return {
    clients: clients(),
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomUUID()] },
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    claims: { openid: ['sub', 'oid', 'tid'], profile: ['preferred_username', 'name'] },
    conformIdTokenClaims: false,
    clientAuthMethods: ['client_secret_post', 'private_key_jwt', 'none'],
    enabledJWA: { clientAuthSigningAlgValues: ['PS256'] },
    assertJwtClientAuthClaimsAndHeader: (_ctx, _claims, header) => {
      if (header['x5t#S256'] !== thumbprint()) throw new Error('x5t#S256 is not the thumbprint of the certificate');
    },
    rotateRefreshToken: true,
    pkce: { required: () => true },
    findAccount: (_ctx, mailbox) => ({ accountId: mailbox, claims: () => person(mailbox) }),
    extraTokenClaims: (_ctx, token) => (token.accountId
      ? { tid: TENANT_ID, upn: token.accountId, oid: objectId(token.accountId), scp: token.scope }
      : { tid: TENANT_ID, roles: ['Mail.Send'], app_displayname: 'Peer' }),
    interactions: { url: (_ctx, { uid }) => `/${tenant}/interaction/${uid}` },
    routes: {
      authorization: '/oauth2/v2.0/authorize',
      token: '/oauth2/v2.0/token',
      device_authorization: '/oauth2/v2.0/devicecode',
      code_verification: '/oauth2/v2.0/deviceauth',
      jwks: '/discovery/v2.0/keys',
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true, charset: 'base-20', mask: '****-****', ...devicePages() },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => GRAPH,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: PERMISSIONS.flatMap((name) => [name, `${GRAPH}/${name}`]).join(' '),
          audience: GRAPH,
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessLife,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: {
      AccessToken: accessLife,
      ClientCredentials: accessLife,
      RefreshToken: Number(options['refresh-life']),
      AuthorizationCode: 600,
      DeviceCode: 900,
      IdToken: 3600,
      Interaction: 600,
      Grant: 7776000,
      Session: 3600,
    },
  };
}

/** Pages without script or style, each with the form that the package made. */
function devicePages() {
  const page = (ctx, text, form = '') => { ctx.body = `<!doctype html><title>${text}</title><p>${text}</p>${form}`; };
  return {
    userCodeInputSource: (ctx, form, _out, error) => page(ctx, error ? `refused: ${error.name}` : 'Enter code', form),
    userCodeConfirmSource: (ctx, form) => page(ctx, 'Is this the code on your device?', form),
    successSource: (ctx) => page(ctx, 'You have signed in.'),
  };
}

/** Signs in and accepts, or declines. */
async function interact(op, request, response) {
  const { prompt, params, session, grantId } = await op.interactionDetails(request, response);
  const mailbox = params.login_hint ?? 'ops@contoso.example';
  if (mailbox.startsWith('declines@')) {
    const declined = { error: 'access_denied', error_description: 'AADSTS65004: User declined to consent to access the app.' };
    return op.interactionFinished(request, response, declined, { mergeWithLastSubmission: false });
  }
  if (prompt.name === 'login') {
    return op.interactionFinished(request, response, { login: { accountId: mailbox } }, { mergeWithLastSubmission: false });
  }
  const held = { accountId: session.accountId, clientId: params.client_id };
  const grant = grantId ? await op.Grant.find(grantId) : new op.Grant(held);
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details;
  grant.addOIDCScope(missingOIDCScope.join(' '));
  for (const [resource, scopes] of Object.entries(missingResourceScopes)) {
    const accepted = mailbox.startsWith('partly@') ? scopes.slice(0, 1) : scopes;
    grant.addResourceScope(resource, accepted.join(' '));
    grant.rejectResourceScope(resource, scopes.slice(accepted.length).join(' '));
  }
  const result = { consent: { grantId: await grant.save() } };
  return op.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

/** Tells of each request to the endpoints that programs ask. */
function listen(op) {
  op.use(async (ctx, next) => {
    await next();
    const endpoint = ctx.path.split('/').at(-1);
    if (ctx.method !== 'POST' || !['token', 'devicecode'].includes(endpoint)) return;
    if (endpoint === 'devicecode' && ctx.status === 200 && options.interval) ctx.body.interval = Number(options.interval);
    note({
      endpoint,
      grant_type: ctx.oidc?.params?.grant_type,
      client_id: ctx.oidc?.params?.client_id,
      scope: ctx.oidc?.body?.scope,
      status: ctx.status,
      result: ctx.body?.error ?? 'granted',
      description: ctx.body?.error_description,
    });
  });
  for (const event of ['grant.error', 'device_authorization.error', 'authorization.error', 'server_error']) {
    op.on(event, (_ctx, error) => note({ event, error: error.error ?? String(error.stack), detail: error.error_detail }));
  }
}

/** Microsoft's manner of asking, in this server's words. */
function adapted(path) {
  const url = new URL(path, 'http://peer.invalid');
  if (url.pathname.endsWith('/authorize') && (url.searchParams.get('prompt') ?? 'select_account') === 'select_account') {
    url.searchParams.set('prompt', 'consent');
  }
  url.pathname = url.pathname.replace(/^\/v2\.0\/\.well-known\//, '/.well-known/');
  return url.pathname + url.search;
}

const Provider = await provider();
const server = createServer();
let losing = false;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const op = new Provider(`http://127.0.0.1:${port}/${tenant}/v2.0`, configuration());
  listen(op);
  const handle = op.callback();
  server.on('request', (request, response) => {
    if (request.url === '/requests') {
      response.writeHead(200, { 'content-type': 'application/jsonl' }).end(log.join(''));
      return;
    }
    if (request.url === '/lose') {
      losing = true;
      response.end();
      return;
    }
    if (!request.url.startsWith(`/${tenant}/`)) {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"error":"invalid_request","error_description":"AADSTS90002: Tenant not found."}');
      return;
    }
    request.url = adapted(request.url.slice(tenant.length + 1));
    request.originalUrl = `/${tenant}${request.url}`;
    if (request.url.startsWith('/interaction/')) {
      interact(op, request, response).catch((error) => response.writeHead(500).end(String(error)));
    } else {
      if (losing && request.url === '/oauth2/v2.0/token') {
        losing = false;
        response.end = () => request.socket.destroy();
      }
      handle(request, response);
    }
  });
  process.stdout.write(`${JSON.stringify({ port })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
