import assert from 'node:assert/strict';
import { Client, Connection } from '@temporalio/client';
import { Claims } from '../../client/claims.js';
import { startTemporalStub, type TemporalStub } from '../cli/temporal-stub.js';

const NOT_FOUND = 5;
const UNAVAILABLE = 14;
const WAIT = 'GetWorkflowExecutionHistory';

describe('Claims, waiting for an end while Temporal is away', function () {
  this.timeout(20_000);
  let stub: TemporalStub;
  let connection: Connection;
  let client: Client;
  let away: number;
  beforeEach(async () => {
    stub = await startTemporalStub((method) => (method === WAIT && away-- > 0 ? UNAVAILABLE : NOT_FOUND));
    // Without the SDK's own tries, which would take twenty seconds before anybody hears of it.
    connection = Connection.lazy({ address: `127.0.0.1:${stub.port}`, interceptors: [] });
    client = new Client({ connection });
  });
  afterEach(async () => {
    await connection.close();
    await stub.close();
  });

  const asked = () => stub.calls.filter(({ path }) => path.endsWith(`/${WAIT}`)).length;
  const result = () => new Claims(client).result('c-1');

  it('asks again until Temporal is there, and takes what it says then', async () => {
    away = 2;
    await assert.rejects(result(), { name: 'ClaimNotFoundError' });
    assert.equal(asked(), 3);
  });

  it("ends at the caller's signal, between two calls too", async () => {
    away = Infinity;
    await assert.rejects(client.withAbortSignal(AbortSignal.timeout(500), result), { name: 'ServiceError' });
    assert.equal(asked(), 1);
  });

  it("ends at the caller's deadline", async () => {
    away = Infinity;
    await assert.rejects(client.withDeadline(Date.now() + 1_500, result), { name: 'ClaimSilentError' });
    assert.ok(asked() >= 2);
  });
});
