// node oidc-provider, as its documentation has it for machines: `features.clientCredentials`, and a resource server
// whose access tokens are JWTs (`features.resourceIndicators`, `accessTokenFormat: 'jwt'`), signed ES256.
//
// Stores: its clients in memory, their secrets in the clear, as its adapters keep them; a JWT access token is stored
// nowhere. Skips: everything durable, throttling, a record of sign-ins, last login. Its example's development cookies,
// interactions and log are left out, since nothing of them is on this way.
import { generateKeyPairSync } from 'node:crypto';

import { Provider } from 'oidc-provider';

const [port, clientId, secret] = process.argv.slice(2);
const audience = 'http://127.0.0.1';
const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: clientId,
      client_secret: secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
      id_token_signed_response_alg: 'ES256',
    },
  ],
  jwks: { keys: [{ ...jwk, alg: 'ES256', use: 'sig' }] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      getResourceServerInfo: () => ({
        scope: '',
        audience,
        accessTokenTTL: 3600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

provider.listen(Number(port), '127.0.0.1');
