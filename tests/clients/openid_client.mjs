// openid-client: discovery, grants, introspection, revocation.
import * as client from 'openid-client';
import { account, api, person, refusal, tell, url } from './said.mjs';

const options = { execute: [client.allowInsecureRequests] };
const server = new URL(url);
const asAccount = await client.discovery(server, account.id, account.secret, undefined, options);
const byBasic = await client.discovery(
  server, account.id, undefined, client.ClientSecretBasic(account.secret), options,
);
const asApi = await client.discovery(server, api.id, api.secret, undefined, options);
const oauth = await client.discovery(
  server, account.id, account.secret, undefined, { ...options, algorithm: 'oauth2' },
);

const granted = await client.clientCredentialsGrant(asAccount);
const narrowed = await client.clientCredentialsGrant(byBasic, { scope: 'jobs:read' });
const meant = await client.clientCredentialsGrant(oauth, { resource: account.audience });
const before = await client.tokenIntrospection(asApi, granted.access_token);
const forOther = await client.tokenIntrospection(asApi, meant.access_token);
await client.tokenRevocation(asAccount, granted.access_token);
const after = await client.tokenIntrospection(asApi, granted.access_token);

const asPerson = await client.discovery(server, 'cli', undefined, client.None(), options);
const signedIn = await client.genericGrantRequest(asPerson, 'password', { ...person, scope: 'openid' });
const refreshed = await client.refreshTokenGrant(asPerson, signedIn.refresh_token);
await client.tokenRevocation(asPerson, refreshed.refresh_token);

tell({
  issuer: asAccount.serverMetadata().issuer,
  type: granted.token_type,
  lives: granted.expires_in,
  scope: narrowed.scope,
  before,
  audience: forOther.aud,
  after,
  subject: signedIn.claims().sub,
  wrongScope: await refusal(() => client.clientCredentialsGrant(asAccount, { scope: 'admin' })),
  wrongTarget: await refusal(() => client.clientCredentialsGrant(asAccount, { resource: 'https://other' })),
  ended: await refusal(() => client.refreshTokenGrant(asPerson, refreshed.refresh_token)),
  mayNotAsk: await refusal(() => client.tokenIntrospection(asAccount, granted.access_token)),
  unsupported: await refusal(() => client.genericGrantRequest(asAccount, 'authorization_code', { code: 'x' })),
});
