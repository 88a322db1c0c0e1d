import assert from 'node:assert/strict';
import type { Sandbox } from '../../sandbox/server.js';
import { item, send, start, stopAll, uid } from './harness.js';

interface Seen {
  status: number;
  url: string;
  text: string;
}

/** A browser without script: it keeps the cookie, and follows where a form leads. */
class Visitor {
  #cookie = '';
  constructor(private readonly sandbox: Sandbox) {}

  async see(path: string): Promise<Seen> {
    const response = await fetch(this.sandbox.url + path, { headers: { cookie: this.#cookie } });
    return { status: response.status, url: path, text: await response.text() };
  }

  async post(path: string, fields: Record<string, string> = {}): Promise<Seen> {
    const response = await fetch(this.sandbox.url + path, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: this.sandbox.url, cookie: this.#cookie },
      body: new URLSearchParams(fields),
    });
    this.#cookie = response.headers.get('set-cookie')?.split(';')[0] ?? this.#cookie;
    if (response.status !== 303) return { status: response.status, url: path, text: await response.text() };
    return this.see(response.headers.get('location') ?? '');
  }
}

const BEN = 'ben.lindqvist@example.com';
const ADA = 'ada.okafor@example.com';

describe('sandbox: inbox page, without script', () => {
  let sandbox: Sandbox;
  let visitor: Visitor;
  const task = (n = 1) => sandbox.tasks.get(uid(n))!;
  const assignee = (n = 1) => sandbox.tasks.detail(uid(n))?.history.at(-1)?.assignee;

  beforeEach(async () => {
    sandbox = await start();
    visitor = new Visitor(sandbox);
  });
  afterEach(stopAll);

  const create = (...items: object[]) => send(sandbox, 'PUT', '/tasks/batch', { items });

  it('escapes what stands in a task, and links only what is a web address', async () => {
    await create(item(1, { title: '<img src=x onerror=alert(1)>', step: 'review', url: 'javascript:alert(1)' }));
    await create(item(2, { url: 'https://claims.example/C-1?a=1&b="2"' }));
    await send(sandbox, 'POST', `/tasks/${uid(1)}/comments`, { content: '</p><script>alert(1)</script>' });
    await visitor.post(`/tasks/${uid(1)}/finish`, { decision: 'reject', note: '"><b>x</b>' });
    for (const path of ['/?show=done&q="><b>x', `/tasks/${uid(1)}`, '/faults', '/person?back="><b>']) {
      const { text } = await visitor.see(path);
      assert.ok(!/<img|<b>|<script>|href="javascript/.test(text), path);
    }
    assert.match((await visitor.see(`/tasks/${uid(1)}`)).text, /&lt;img src=x/);
    assert.match(
      (await visitor.see(`/tasks/${uid(2)}`)).text,
      /href="https:\/\/claims\.example\/C-1\?a=1&amp;b=&quot;2&quot;"/,
    );
  });

  it('refuses every form that another origin sends', async () => {
    await create(item(1));
    for (const path of [`/tasks/${uid(1)}/start`, `/tasks/${uid(1)}/delete`, '/faults', '/faults/clear', '/person']) {
      const response = await fetch(sandbox.url + path, {
        method: 'POST',
        headers: { origin: 'http://elsewhere.example' },
        body: new URLSearchParams({ trouble: 'storm', person: BEN }),
      });
      assert.equal(response.status, 403, path);
    }
    assert.equal(task().status, 'TODO');
    assert.deepEqual(sandbox.faults.waiting, []);
  });

  it('starts, pauses, finishes and reopens a task, says so, and keeps who did it', async () => {
    await create(item(1, { step: 'review' }));
    assert.match((await visitor.post(`/tasks/${uid(1)}/start`)).text, /Started: the task is yours/);
    assert.deepEqual([task().status, assignee()], ['STARTED', ADA]);
    assert.match((await visitor.post(`/tasks/${uid(1)}/pause`)).text, /Paused/);
    assert.deepEqual([task().status, assignee()], ['TODO', ADA]);
    const sent = { decision: 'approve', note: 'Complete.', step: 'review', round: '' };
    assert.match((await visitor.post(`/tasks/${uid(1)}/finish`, sent)).text, /Finished\./);
    assert.deepEqual([task().status, task().form_data], ['DONE', { decision: 'approve', note: 'Complete.' }]);
    assert.match((await visitor.post(`/tasks/${uid(1)}/reopen`)).text, /Reopened/);
    assert.deepEqual([task().status, assignee()], ['TODO', ADA]);
    const { text } = await visitor.see(`/tasks/${uid(1)}`);
    assert.match(text, /ada\.okafor@example\.com<\/strong>\s*status → DONE, form_data/);
  });

  it('says that a task stays done, where the switch refuses to reopen it, or leaves that out', async () => {
    await create(item(1));
    await visitor.post(`/tasks/${uid(1)}/finish`, { form_data: '{}' });
    for (const [reopening, why] of [
      ['422', /a task that is done stays done\. Nothing was changed/],
      ['ignore', /The task stays done: .* Nothing was changed/],
    ] as const) {
      sandbox.behaviour.reopening = reopening;
      const { status, text } = await visitor.post(`/tasks/${uid(1)}/reopen`);
      assert.equal(status, 409, reopening);
      assert.match(text, why);
      assert.doesNotMatch(text, /Reopened/);
      assert.equal(task().status, 'DONE');
    }
  });

  it('archives and unarchives, reassigns and unassigns, comments and deletes', async () => {
    await create(item(1));
    await visitor.post(`/tasks/${uid(1)}/archive`);
    assert.equal(task().archived, true);
    assert.match((await visitor.see('/')).text, /Nothing here/);
    assert.match((await visitor.see('/?show=archived')).text, /Task 1/);
    await visitor.post(`/tasks/${uid(1)}/unarchive`);
    assert.equal(task().archived, false);
    await visitor.post(`/tasks/${uid(1)}/reassign`, { assignee: BEN });
    assert.equal(assignee(), BEN);
    const refused = await visitor.post(`/tasks/${uid(1)}/reassign`, { assignee: 'nobody' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /&quot;nobody&quot; is not an e-mail address/);
    assert.equal(assignee(), BEN);
    await visitor.post(`/tasks/${uid(1)}/reassign`, { assignee: '' });
    assert.equal(assignee(), null);
    await visitor.post(`/tasks/${uid(1)}/comment`, { comment: 'Called the clinic.' });
    assert.deepEqual(
      sandbox.tasks.detail(uid(1))?.comments.map(({ by, content }) => [by, content]),
      [[ADA, 'Called the clinic.']],
    );
    assert.match((await visitor.post(`/tasks/${uid(1)}/delete`)).text, /Deleted\./);
    assert.equal(sandbox.tasks.get(uid(1)), undefined);
    assert.equal((await visitor.post(`/tasks/${uid(1)}/start`)).status, 404);
  });

  it('gives each step its form: corrections, a decision, a reference, and free JSON for the others', async () => {
    await create(item(1, { step: 'data_entry' }), item(2, { step: 'approval' }), item(3, { step: 'payment' }), item(4));
    const finish = (n: number, fields: Record<string, string>) => visitor.post(`/tasks/${uid(n)}/finish`, fields);
    const wrong = await finish(1, { corrections: '[1]', note: 'By phone.' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /Corrections: not a JSON object/);
    assert.match(wrong.text, />\n\[1\]<\/textarea/);
    assert.match(wrong.text, />\nBy phone\.<\/textarea/);
    assert.equal(task(1).status, 'TODO');
    await finish(1, { corrections: '{"provider": "Clinic"}', note: '' });
    assert.deepEqual(task(1).form_data, { corrections: { provider: 'Clinic' } });
    const undecided = await finish(2, { note: 'x' });
    assert.equal(undecided.status, 422);
    assert.match(undecided.text, /Decision: choose one/);
    await finish(3, { reference: 'PAY-1', note: ' ' });
    assert.deepEqual(task(3).form_data, { reference: 'PAY-1' });
    await finish(4, { form_data: '{"plan": {"seats": 12}}' });
    assert.deepEqual(task(4).form_data, { plan: { seats: 12 } });
  });

  it('changes nothing when the task was finished, or has moved on, meanwhile, and gives back what was typed', async () => {
    await create(item(1, { step: 'review', round: 1 }));
    await send(sandbox, 'PATCH', `/tasks/${uid(1)}`, { fields: { step: 'approval' } });
    const stale = { step: 'review', round: '1', decision: 'approve', note: 'Looks right.' };
    const moved = await visitor.post(`/tasks/${uid(1)}/finish`, stale);
    assert.equal(moved.status, 409);
    assert.match(moved.text, /moved on to another step/);
    assert.equal(task().status, 'TODO');
    await send(sandbox, 'PATCH', `/tasks/${uid(1)}`, { status: 'DONE' });
    const late = await visitor.post(`/tasks/${uid(1)}/finish`, { ...stale, step: 'approval' });
    assert.equal(late.status, 409);
    assert.match(late.text, /finished meanwhile/);
    assert.match(late.text, /note: Looks right\./);
    assert.equal(task().form_data ?? null, null);
    assert.equal((await visitor.post(`/tasks/${uid(1)}/pause`)).status, 409);
  });

  it('keeps what has been typed when a task is started after that', async () => {
    await create(item(1, { step: 'review' }));
    const started = await visitor.post(`/tasks/${uid(1)}/start`, {
      note: 'Half a sentence',
      step: 'review',
      round: '',
    });
    assert.equal(task().status, 'STARTED');
    assert.match(started.text, />\nHalf a sentence<\/textarea/);
  });

  it('lets one visitor be two people, and stays on the page', async () => {
    await create(item(1));
    const back = await visitor.post('/person', { person: BEN, back: `/tasks/${uid(1)}` });
    assert.equal(back.url, `/tasks/${uid(1)}`);
    assert.match(back.text, /<option value="ben\.lindqvist@example\.com" selected/);
    await visitor.post(`/tasks/${uid(1)}/start`);
    assert.equal(assignee(), BEN);
    assert.match((await visitor.post('/person', { person: '', back: '/faults' })).text, /E-mail address/);
    assert.equal((await visitor.post('/person', { person: 'zoe@example.com', back: '/faults' })).url, '/faults');
    assert.match((await visitor.see('/')).text, /<option value="zoe@example\.com" selected/);
    assert.equal((await visitor.post('/person', { person: 'zoe', back: '/' })).status, 422);
    assert.equal((await visitor.post('/person', { person: BEN, back: '//elsewhere.example/' })).url, '/');
  });

  it('counts queues and overdue tasks, searches any field, sorts, and shows fifty rows at a time', async () => {
    const past = new Date(Date.now() - 3_600_000).toISOString();
    const due = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
    await create(
      ...Array.from({ length: 60 }, (_, n) => ({
        ...item(n, { process: 'claim', step: 'review' }),
        due_at: due(n + 1),
      })),
    );
    await create({ ...item(70, { process: 'claim', step: 'payment', provider: 'St. Mary Clinic' }), due_at: past });
    await create({ ...item(71, { process: 'onboarding' }), status: 'DONE' });
    const rows = (text: string) => [...text.matchAll(/<a id="task-[^>]*>([^<]*)/g)].map(([, title]) => title);

    const all = await visitor.see('/');
    const words = all.text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
    assert.match(words, /All queues 61 open 1 overdue/);
    assert.match(words, /claim 61 open 1 overdue review 60 open payment 1 open 1 overdue/);
    assert.equal(rows(all.text).length, 50);
    assert.equal(rows(all.text)[0], 'Task 70');
    assert.match(words, /1–50 of 61/);
    assert.deepEqual(rows((await visitor.see('/?page=2')).text).length, 11);
    assert.equal(rows((await visitor.see('/?sort=-due')).text)[0], 'Task 59');
    assert.deepEqual(rows((await visitor.see('/?q=mary+clinic')).text), ['Task 70']);
    assert.deepEqual(rows((await visitor.see(`/?q=${uid(7)}`)).text), ['Task 7']);
    assert.deepEqual(rows((await visitor.see('/?process=claim&step=payment')).text), ['Task 70']);
    assert.deepEqual(rows((await visitor.see('/?show=overdue')).text), ['Task 70']);
    assert.deepEqual(rows((await visitor.see('/?show=done')).text), ['Task 71']);
    assert.equal((await visitor.see('/?page=x&sort=y&show=z')).status, 200);
  });

  it('links a task to its workflow where it knows the Temporal Web UI', async () => {
    await create(item(1, { workflow_id: 'claim-A 1' }));
    assert.doesNotMatch((await visitor.see(`/tasks/${uid(1)}`)).text, /Workflow in Temporal/);
    sandbox.linkTemporal('http://127.0.0.1:8233/');
    const link = /href="http:\/\/127\.0\.0\.1:8233\/namespaces\/default\/workflows\/claim-A%201"/;
    assert.match((await visitor.see(`/tasks/${uid(1)}`)).text, link);
    sandbox.linkTemporal('http://127.0.0.1:8233/namespaces/claims');
    assert.match((await visitor.see(`/tasks/${uid(1)}`)).text, /namespaces\/claims\/workflows/);
  });

  it('takes Fragment away and brings it back', async () => {
    const away = await visitor.post('/faults', { trouble: 'storm', place: 'fragment', times: '' });
    assert.match(away.text, /Fragment answers 429\./);
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).status, 429);
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).status, 429);
    assert.match((await visitor.see('/')).text, /Fragment answers 429\./);
    assert.doesNotMatch((await visitor.post('/faults/clear')).text, /answers 429/);
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).status, 200);

    await visitor.post('/faults', { trouble: 'unavailable', place: 'payments', times: '1' });
    assert.equal((await send(sandbox, 'GET', '/accounts/me')).status, 200);
    assert.equal((await send(sandbox, 'GET', '/payments')).status, 503);
    assert.equal((await send(sandbox, 'GET', '/payments')).status, 200);
    await visitor.post('/faults', { trouble: 'lost', times: '1' });
    await assert.rejects(create(item(1)));
    assert.equal(task().status, 'TODO');
    await visitor.post('/faults', { trouble: 'drop', times: '1' });
    await assert.rejects(create(item(2)));
    assert.equal(sandbox.tasks.get(uid(2)), undefined);
    const wrong = await visitor.post('/faults', { trouble: 'storm', times: '0' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /For how many requests: a whole number/);
    assert.deepEqual(sandbox.faults.waiting, []);
  });
});
