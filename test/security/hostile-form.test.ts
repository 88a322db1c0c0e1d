/** What anybody with a login to Fragment can put into the fields and the form of a task. */
import assert from 'node:assert/strict';
import { completionOf } from '../../activities/feed-delivery.js';
import { taskNews } from '../../activities/task-news.js';
import { errorFor } from '../../fragment/errors.js';
import { taskSchema, type Task } from '../../fragment/schema.js';
import { claimProcess } from '../../worker/own-processes.js';
import { parseAnswerOf } from '../../worker/process-definition.js';

const parseAnswer = parseAnswerOf([claimProcess()]);
const UID = 'c6951f29-e70d-04c9-3733-50f90b248db2';
const DEEP = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;

/** As it comes over the wire. */
const task = (step: string, formData: string, fields = ''): Task =>
  taskSchema.parse(
    JSON.parse(
      `{"uid": "${UID}", "status": "DONE", "form_data": ${formData}, ` +
        `"fields": {"process": "claim", "step": "${step}", "round": 1${fields}}}`,
    ),
  );
const news = (step: string, formData: string, fields?: string) => taskNews(task(step, formData, fields), parseAnswer);

describe('a poisoned task', () => {
  it('brings no more of a form into the history than a form holds', () => {
    const huge = 'x'.repeat(1_000_000);
    const { answer, ...rest } = news('review', JSON.stringify({ decision: 'approve', note: huge, [huge]: huge }));
    assert.deepEqual([answer?.decision, answer?.note?.length], ['approve', 2_000]);
    assert.ok(JSON.stringify(rest).length < 500);
    assert.match(String(news('data_entry', `{"corrections": {"patient": "${huge}"}}`).problem), /too long/);
  });

  it('does not stop the feed by a form or fields nested without end', () => {
    for (const each of [
      task('review', DEEP),
      task('data_entry', `{"corrections": ${DEEP}}`),
      task('x', '{}', `,"y":${DEEP}`),
    ]) {
      assert.equal(completionOf(each).length, 12);
      assert.ok(JSON.stringify(taskNews(each, parseAnswer)).length < 500);
    }
    assert.match(String(news('review', DEEP).problem), /Choose a decision/);
    for (const body of [DEEP, DEEP.replaceAll('a', 'error')]) {
      assert.equal(errorFor('GET /x', 503, JSON.parse(body)).status, 503);
    }
  });

  it('reaches no prototype by the keys of a form, nor by the names of a process and a step', () => {
    const poison = '{"decision": "approve", "polluted": true}';
    const { answer, problem } = news('review', `{"__proto__": ${poison}, "constructor": {"prototype": ${poison}}}`);
    assert.deepEqual([answer, /Choose a decision/.test(String(problem))], [undefined, true]);
    const corrected = news('data_entry', `{"corrections": {"__proto__": ${poison}, "type": "x"}}`).answer?.corrections;
    assert.deepEqual(Object.entries(corrected ?? {}), [['type', 'x']]);
    assert.equal(corrected?.polluted, undefined);
    for (const name of ['__proto__', 'constructor', 'toString']) {
      assert.match(String(news(name, poison).problem), /has no step/);
      assert.deepEqual(parseAnswer(name, 'review', JSON.parse(poison)), { answer: {} });
    }
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
});
