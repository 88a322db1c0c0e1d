import assert from 'node:assert/strict';
import { judgeAwaited, judgeOpen, type AwaitedTask, type ExpectedTasks, type Owner } from '../../activities/drift.js';
import type { Task } from '../../fragment/schema.js';

const UID = '202cb962-ac59-075b-964b-07152d234b70';
const OTHER = 'c6951f29-e70d-04c9-3733-50f90b248db2';
const FIELDS = { title: 'Review claim C-1', process: 'claim', step: 'review', round: 1, workflow_id: 'claim-C-1' };

const task = (change: Partial<Task> = {}): Task => ({
  uid: UID,
  status: 'TODO',
  archived: false,
  fields: FIELDS,
  ...change,
});
const awaited = (change: Partial<AwaitedTask> = {}): AwaitedTask => ({
  uid: UID,
  process: 'claim',
  step: 'review',
  round: 1,
  by: 'people',
  fields: FIELDS,
  due: '2026-11-26T00:00:00.000Z',
  ...change,
});
const running = (expects: Partial<ExpectedTasks> = {}): Owner => ({
  state: 'running',
  expects: { moving: false, closed: [], ...expects },
});

describe('a task that a running process waits for', () => {
  const cells: [string, Task | undefined, string | undefined, string?][] = [
    ['50: does not exist', undefined, 'missing', 'tell'],
    ['51: archived', task({ archived: true }), 'archived', 'tell'],
    ['55: DONE', task({ status: 'DONE' }), 'wrong_status', 'tell'],
    [
      '55: DONE and archived, as people do with what is done',
      task({ status: 'DONE', archived: true }),
      'wrong_status',
      'tell',
    ],
    ['55: DONE with edited fields', task({ status: 'DONE', fields: {} }), 'wrong_status', 'tell'],
    ['TODO', task(), undefined],
    ['57: STARTED is open too', task({ status: 'STARTED' }), undefined],
    ['a status that Fragment has added since', task({ status: 'BLOCKED' }), undefined],
    ['without a status', task({ status: null }), undefined],
    ['53: title edited', task({ fields: { ...FIELDS, title: 'Look at this' } }), 'stale_fields', 'rewrite'],
    ['53: a field removed', task({ fields: { ...FIELDS, workflow_id: undefined } }), 'stale_fields', 'rewrite'],
    ['53: all fields removed', task({ fields: null }), 'stale_fields', 'rewrite'],
    ['53: a number that became text', task({ fields: { ...FIELDS, round: '1' } }), 'stale_fields', 'rewrite'],
    ['53: a field of people’s own beside ours', task({ fields: { ...FIELDS, colour: 'red' } }), undefined],
    ['35: another due date is people’s to set', task({ due_at: '2030-01-01T00:00:00Z' }), undefined],
    ['assigned, with an answer begun', task({ assignee_uid: OTHER, form_data: { note: 'x' } }), undefined],
  ];
  for (const [name, existing, kind, remedy] of cells) {
    it(`${name}: ${kind ?? 'no drift'}`, () => {
      const verdict = judgeAwaited(awaited(), existing);
      assert.deepEqual([verdict?.kind, verdict?.remedy], [kind, remedy]);
    });
    it(`${name}, while a machine does the step: no drift`, () => {
      assert.equal(judgeAwaited(awaited({ by: 'machine' }), existing), undefined);
    });
  }

  it('50, 51: is for the operator of a parked process to see to where it is gone', () => {
    const verdicts = [undefined, task({ archived: true })].map((existing) =>
      judgeAwaited(awaited({ by: 'operator' }), existing),
    );
    assert.deepEqual(
      verdicts.map((verdict) => [verdict?.kind, verdict?.remedy]),
      [
        ['missing', 'none'],
        ['archived', 'none'],
      ],
    );
    assert.equal(judgeAwaited(awaited({ by: 'operator' }), task({ status: 'DONE' }))?.remedy, 'tell');
  });

  it('53: names the fields, and not what is in them', () => {
    const verdict = judgeAwaited(awaited(), task({ fields: { ...FIELDS, title: 'Jane Doe' } }));
    assert.match(verdict!.is, /title/);
    assert.doesNotMatch(JSON.stringify(verdict), /Jane/);
  });

  it('compares nested values by their contents', () => {
    const fields = { ...FIELDS, tags: { a: 1, b: [2] } };
    assert.equal(judgeAwaited(awaited({ fields }), task({ fields: { ...FIELDS, tags: { b: [2], a: 1 } } })), undefined);
    assert.equal(
      judgeAwaited(awaited({ fields }), task({ fields: { ...FIELDS, tags: { a: 1, b: [3] } } }))?.kind,
      'stale_fields',
    );
  });
});

describe('an open task that nobody is seen to wait for', () => {
  const ours = [OTHER, UID];
  const elsewhere = awaited({ uid: OTHER });
  const cells: [string, Owner, string[], string | undefined, string?][] = [
    ['54: its process has ended', { state: 'ended', how: 'terminated' }, ours, 'orphan', 'close'],
    ['54: its process never was', { state: 'not found' }, ours, 'orphan', 'close'],
    ['54: claims a process that has ended', { state: 'ended', how: 'completed' }, [OTHER], 'unknown', 'none'],
    ['54: claims a process that never was', { state: 'not found' }, [OTHER], 'unknown', 'none'],
    ['names no workflow of its process', { state: 'not found' }, [], 'unknown', 'none'],
    ['its process does not answer', { state: 'silent', why: 'no worker' }, ours, 'unknown', 'none'],
    ['its process waits for it after all', running({ awaited: awaited() }), ours, undefined],
    ['its process waits for it, though its fields were edited', running({ awaited: awaited() }), [OTHER], undefined],
    ['52: its step is over', running({ awaited: elsewhere, closed: [UID] }), ours, 'wrong_status', 'close'],
    ['52: its step is over and its fields were edited', running({ closed: [UID] }), [OTHER], 'wrong_status', 'close'],
    ['it may be the one that is being opened', running({ moving: true }), ours, undefined],
    ['it is not the one that is being opened', running({ moving: true }), [OTHER], 'unknown', 'none'],
    ['7: a copy of the awaited task', running({ awaited: elsewhere }), [OTHER], 'duplicated', 'close'],
    ['a copy of another round', running({ awaited: awaited({ uid: OTHER, round: 2 }) }), [OTHER], 'unknown', 'none'],
    [
      'a copy of another step',
      running({ awaited: awaited({ uid: OTHER, step: 'payment' }) }),
      [OTHER],
      'unknown',
      'none',
    ],
    ['one of ours that a reset process will meet again', running({ awaited: elsewhere }), ours, 'unknown', 'none'],
    ['its process holds no task', running(), ours, 'unknown', 'none'],
  ];
  for (const [name, owner, recipe, kind, remedy] of cells) {
    it(`${name}: ${kind ?? 'no drift'}`, () => {
      const verdict = judgeOpen(task(), owner, recipe);
      assert.deepEqual([verdict?.kind, verdict?.remedy], [kind, remedy]);
      assert.equal(typeof verdict?.why, remedy === 'close' ? 'string' : 'undefined');
    });
  }

  it('54: says when the only ground is that Temporal does not know the process', () => {
    assert.equal(judgeOpen(task(), { state: 'not found' }, ours)?.unfounded, true);
    assert.equal(judgeOpen(task(), { state: 'ended', how: 'failed' }, ours)?.unfounded, undefined);
  });
});
