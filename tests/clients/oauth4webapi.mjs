// oauth4webapi: the same step by step, and RFC 9068's checks of an access token.
import * as oauth from 'oauth4webapi';
import { account, anotherKeySigns, api, refusal, tell, url } from './said.mjs';

const plain = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(url);
const found = {};
for (const algorithm of ['oidc', 'oauth2']) {
  const answer = await oauth.discoveryRequest(issuer, { ...plain, algorithm });
  found[algorithm] = await oauth.processDiscoveryResponse(issuer, answer);
}
const server = found.oauth2;
const client = { client_id: account.id };

async function grant(authentication, parameters = {}) {
  const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, plain);
  return oauth.processClientCredentialsResponse(server, client, answer);
}

async function introspect(token) {
  const asker = { client_id: api.id };
  const answer = await oauth.introspectionRequest(
    server, asker, oauth.ClientSecretBasic(api.secret), token, plain,
  );
  return oauth.processIntrospectionResponse(server, asker, answer);
}

/** As a resource server: signature, type, issuer, audience and times. */
function validated(token, audience) {
  const request = new Request(`${url}/jobs`, { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(server, request, audience, plain);
}

const posted = await grant(oauth.ClientSecretPost(account.secret));
const basic = await grant(oauth.ClientSecretBasic(account.secret), { resource: account.audience });
const claims = await validated(posted.access_token, url);
const before = await introspect(basic.access_token);
const revocation = await oauth.revocationRequest(
  server, client, oauth.ClientSecretPost(account.secret), basic.access_token, plain,
);
await oauth.processRevocationResponse(revocation);
const after = await introspect(basic.access_token);
const elsewhere = await refusal(() => validated(posted.access_token, account.audience));
await anotherKeySigns();
const later = await grant(oauth.ClientSecretPost(account.secret));

tell({
  issuers: [found.oidc.issuer, found.oauth2.issuer],
  subject: claims.sub,
  client: claims.client_id,
  audience: before.aud,
  before: before.active,
  after: after.active,
  elsewhere,
  dead: (await introspect(posted.access_token)).active,
  afterRotation: (await introspect(later.access_token)).active,
  wrongSecret: await refusal(() => grant(oauth.ClientSecretBasic(api.secret))),
});
