import assert from 'node:assert/strict';
import { orFailure } from '../../activities/failures.js';
import { startSandbox } from '../../sandbox/server.js';
import { ConfigError, loadConfig } from '../../worker/config.js';
import { fragmentClient } from '../../worker/fragment.js';
import { feedWorkflowId } from '../../workflows/account/contract.js';
import { leaseWorkflowId } from '../../workflows/account/lease-contract.js';
import { fragmentQueue, leaseQueue } from '../../workflows/tasks/contract.js';

describe('Fragment accounts', () => {
  const accountsOf = (env: Record<string, string>) => loadConfig(env).accounts;

  it('are one without a name, as long as no others are named', () => {
    const [only, ...more] = accountsOf({ FRAGMENT_API_TOKEN: 't', FRAGMENT_MAX_BATCH: '25' });
    assert.deepEqual(more, []);
    assert.deepEqual([only?.name, only?.token, only?.maxBatch, only?.requestsPerMinute], [undefined, 't', 25, 60]);
  });

  it('take from the variables without a suffix what they do not say themselves, but never a token', () => {
    const accounts = accountsOf({
      FRAGMENT_API_URL: 'https://api.example.com/v1',
      FRAGMENT_REQUESTS_PER_MINUTE: '60',
      FRAGMENT_ACCOUNTS: ' acme-eu, globex,acme-eu ',
      FRAGMENT_API_TOKEN_ACME_EU: 'a',
      FRAGMENT_REQUESTS_PER_MINUTE_ACME_EU: '300',
      FRAGMENT_API_TOKEN_GLOBEX: 'g',
      FRAGMENT_API_URL_GLOBEX: 'https://globex.example.com/v1',
    });
    const url = 'https://api.example.com/v1';
    assert.deepEqual(accounts, [
      { name: 'acme-eu', apiUrl: url, token: 'a', requestsPerMinute: 300, maxBatch: 100 },
      { name: 'globex', apiUrl: 'https://globex.example.com/v1', token: 'g', requestsPerMinute: 60, maxBatch: 100 },
    ]);
    const both = loadConfig({ FRAGMENT_API_TOKEN: 't', FRAGMENT_ACCOUNTS: 'acme' });
    assert.deepEqual(
      both.accounts.map(({ name, token }) => [name, token]),
      [
        [undefined, 't'],
        ['acme', undefined],
      ],
    );
    assert.throws(() => fragmentClient(both, 'acme'), /FRAGMENT_API_TOKEN_ACME is not set/);
    assert.throws(() => fragmentClient(both, 'globex'), /no Fragment account globex is configured/);
  });

  it('are refused with the variable that is wrong, and never with its value', () => {
    const wrong = (env: Record<string, string>, expected: RegExp) =>
      assert.throws(
        () => accountsOf(env),
        (error: Error) => error instanceof ConfigError && expected.test(error.message) && !/secret/.test(error.message),
      );
    wrong({ FRAGMENT_ACCOUNTS: 'acme', FRAGMENT_API_URL_ACME: 'secret' }, /FRAGMENT_API_URL_ACME/);
    wrong({ FRAGMENT_ACCOUNTS: 'acme', FRAGMENT_MAX_BATCH_ACME: '0' }, /FRAGMENT_MAX_BATCH_ACME/);
    for (const name of ['Acme', 'a_b', 'lease', 'lease-a', 'default', '-a']) {
      wrong({ FRAGMENT_ACCOUNTS: name }, /FRAGMENT_ACCOUNTS .*is no account name/s);
    }
  });

  it('are refused where two have one token at one address: each would spend the whole limit', () => {
    const env = {
      FRAGMENT_API_URL: 'https://api.example.com/v1',
      FRAGMENT_API_TOKEN: 'secret',
      FRAGMENT_ACCOUNTS: 'acme',
    };
    assert.throws(
      () =>
        accountsOf({ ...env, FRAGMENT_API_TOKEN_ACME: 'secret', FRAGMENT_API_URL_ACME: 'https://api.example.com/v1/' }),
      (error: Error) =>
        error instanceof ConfigError &&
        /FRAGMENT_API_TOKEN_ACME: .*FRAGMENT_API_TOKEN /.test(error.message) &&
        !/secret/.test(error.message),
    );
    assert.equal(accountsOf({ ...env, FRAGMENT_API_TOKEN_ACME: 'other' }).length, 2);
    const elsewhere = { FRAGMENT_API_TOKEN_ACME: 'secret', FRAGMENT_API_URL_ACME: 'https://example.com/v1' };
    assert.equal(accountsOf({ ...env, ...elsewhere }).length, 2);
  });

  it('are told apart where Fragment does not take a token: the variable that holds it is named', async () => {
    const sandbox = await startSandbox({ token: 'right', team: false });
    try {
      const env = { FRAGMENT_API_URL: sandbox.apiUrl, FRAGMENT_ACCOUNTS: 'acme', FRAGMENT_API_TOKEN_ACME: 'wrong' };
      await assert.rejects(
        orFailure(() => fragmentClient(loadConfig(env), 'acme').accountsMe()),
        { type: 'FragmentUnauthorized', message: /FRAGMENT_API_TOKEN_ACME.* restarted/ },
      );
    } finally {
      await sandbox.close();
    }
  });

  it('never share a queue or a workflow, whatever they are called', () => {
    const names = [undefined, 'a', 'b', 'a-b', 'gateway', 'fragment'];
    const queues = names.flatMap((name) => [fragmentQueue(name), leaseQueue(name)]);
    const ids = names.flatMap((name) => [leaseWorkflowId(name), feedWorkflowId(name)]);
    for (const all of [queues, ids]) assert.equal(new Set(all).size, all.length);
  });
});
