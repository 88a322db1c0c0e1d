import assert from 'node:assert/strict';
import { InMemoryFragment, type Call } from '../../testing/in-memory-fragment.js';

describe('Fragment in memory', () => {
  it('hands all its arguments to an activity, and to whoever interferes', async () => {
    const fragment = new InMemoryFragment([]);
    const seen: Call[] = [];
    fragment.beforeEach((call) => seen.push(call));
    const { refund, ping } = fragment.recorded({
      refund: async (order: string, amount: number, currency = 'EUR') => `${order}: ${amount} ${currency}`,
      ping: async () => 'pong',
    });
    assert.equal(await refund('o-1', 12, 'USD'), 'o-1: 12 USD');
    assert.equal(await refund('o-2', 7), 'o-2: 7 EUR');
    assert.equal(await ping(), 'pong');
    assert.deepEqual(
      seen.map(({ activity, args }) => [activity, ...args]),
      [['refund', 'o-1', 12, 'USD'], ['refund', 'o-2', 7], ['ping']],
    );
    assert.deepEqual(fragment.calls, seen);
    assert.equal(seen[0]?.input, 'o-1');
  });
});
