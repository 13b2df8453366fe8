/**
 * A provider of OpenID Connect as a process, for one client: `node oidc-provider.testing.ts PORT REDIRECT_URL`. Anybody may log in
 * under any name, and is `NAME@example.internal` then. Prints a line once it listens.
 */
import Provider from 'oidc-provider';

const [port, redirect] = process.argv.slice(2);
if (port === undefined || redirect === undefined) throw new Error('expected PORT and REDIRECT_URL');

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'ddad', client_secret: 'secret-of-this-test-alone', redirect_uris: [redirect] }],
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  // In the token itself: the client need not ask again.
  conformIdTokenClaims: false,
  findAccount: (_context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, email: `${id}@example.internal`, email_verified: true }),
  }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
