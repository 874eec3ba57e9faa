// jose: tokens verified by the published keys, before and after other ones sign.
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { account, anotherKeySigns, refusal, tell, url } from './said.mjs';

const metadata = await (await fetch(`${url}/.well-known/oauth-authorization-server`)).json();
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri), { cooldownDuration: 0 });

async function token(more = {}) {
  const form = { grant_type: 'client_credentials', client_id: account.id, client_secret: account.secret, ...more };
  const answer = await fetch(metadata.token_endpoint, { method: 'POST', body: new URLSearchParams(form) });
  return (await answer.json()).access_token;
}

function verified(text, audience = url) {
  return jwtVerify(text, keys, { issuer: url, audience, typ: 'at+jwt', requiredClaims: ['sub', 'client_id', 'jti'] });
}

const first = await verified(await token());
const forOther = await token({ resource: account.audience });
await verified(forOther, account.audience);
const wrongAudience = await refusal(() => verified(forOther));
const old = await token();
await anotherKeySigns();
const second = await verified(await token());

tell({
  alg: first.protectedHeader.alg,
  subject: first.payload.sub,
  rotated: first.protectedHeader.kid !== second.protectedHeader.kid,
  wrongAudience,
  oldKey: await refusal(() => verified(old)),
});
