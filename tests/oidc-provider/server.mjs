// A certified OpenID provider on loopback for the tests of signing in. Prints its issuer when it listens; people sign in by naming themselves.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [redirectUri, logoutUri, backchannelUri, more = '{}'] = process.argv.slice(2);

const people = {
  anna: { email: 'anna@example.org', email_verified: true, name: 'Anna Certified', groups: ['t-leads'] },
  ...JSON.parse(more)
};

// The issuer has the port in it, so that must be known first.
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'tessera',
        client_secret: 'a-secret-of-the-tests-7Q4x',
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [logoutUri],
        backchannel_logout_uri: backchannelUri,
        backchannel_logout_session_required: true
      }
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    features: { backchannelLogout: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
    // We are on loopback, where it would not call back by itself.
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
    cookies: { keys: ['only for tests'] }
  });
  server.on('request', provider.callback());
  console.log(issuer);
});

// Nobody reads on after the issuer.
process.stdout.on('error', () => {});

// Whoever started it has gone.
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
