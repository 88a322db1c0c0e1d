import assert from 'node:assert/strict';
import { webhookLog } from '../../cli/webhook-log.js';

describe('the log of flows webhook', () => {
  it('warns once a minute of each reason for which nothing is taken, and has all else at debug', () => {
    const lines: string[] = [];
    const at = (level: string) => (answer: object) => void lines.push(`${level} ${(answer as { why: string }).why}`);
    let now = 0;
    const tell = webhookLog({ warn: at('warn'), debug: at('debug') } as never, () => now);
    const send = (status: number, why?: string) => tell({ status, why });
    for (const seconds of [0, 30, 60]) {
      now = seconds * 1_000;
      send(401, 'wrong secret');
    }
    for (const [status, why] of [
      [202, 'taken'],
      [404, 'no path'],
      [415, 'type'],
      [422, 'no task'],
      [500, 'failed'],
      [503, 'not ready'],
      [503, 'cannot be told'],
    ] as const)
      send(status, why);
    assert.deepEqual(lines, [
      'warn wrong secret',
      'debug wrong secret',
      'warn wrong secret',
      'debug taken',
      'debug no path',
      'warn type',
      'warn no task',
      'warn failed',
      'warn not ready',
      'warn cannot be told',
    ]);
  });
});
