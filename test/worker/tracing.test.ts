import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { quiet } from '../../testing/quiet.js';
import { PrivateExporter } from '../../worker/span-privacy.js';
import { setBackdrop, type Backdrop } from '../cli/backdrop.js';
import { flows } from '../cli/flows.js';
import { workflowBundle } from '../stage.js';
import { until } from '../until.js';
import { attribute, startCollector, type Collector, type Span } from './collector.js';

/** Each stands for a person or for what people say. */
const PERSONAL = {
  patient: 'Patient/zz-patient',
  provider: 'Practitioner/zz-provider',
  url: 'https://files.example.com/zz-url',
};
const CLAIMS = ['C-1', 'C-2'];

describe('Traces of two claims', function () {
  this.timeout(120_000);
  let backdrop: Backdrop;
  let collector: Collector;
  let scratch: string;
  let history: object;

  before(async () => {
    collector = await startCollector();
    backdrop = await setBackdrop();
    scratch = await mkdtemp(join(tmpdir(), 'tracing-'));
    // The fewer requests a minute, the longer the first is waited for: long enough for both tasks on a busy machine.
    const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, FRAGMENT_REQUESTS_PER_MINUTE: '20' };
    const env = { ...backdrop.env, ...traced };

    const file = join(scratch, 'claims.ndjson');
    const total = { amount: 12_000, currency: 'USD' };
    await writeFile(file, CLAIMS.map((id) => JSON.stringify({ id, total, ...PERSONAL })).join('\n'));
    // Before there is a worker: so the tasks of both wait for the first request together.
    const started = await flows(['claim', 'start', file], { env });
    assert.equal(started.code, 0, started.stderr);
    const worker = await backdrop.worker(traced);
    await until(() => backdrop.sandbox.tasks.all().length === CLAIMS.length);
    const verb = ['claim', 'withdraw', 'C-1', '--reason', 'zz-reason', '--by', 'zz-by@example.com'];
    const withdrawn = await flows(verb, { env });
    assert.equal(withdrawn.code, 0, withdrawn.stderr);
    const connection = await Connection.connect({ address: backdrop.env.TEMPORAL_ADDRESS });
    const handle = new Client({ connection }).workflow.getHandle('claim-C-1');
    await handle.result();
    history = await handle.fetchHistory();
    await connection.close();
    // What has not been sent yet is sent at the end.
    await worker.stop('SIGTERM');
  });
  after(async () => {
    await backdrop?.stop();
    await collector?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  it('hold the way from the client through workflow and activity to the request, in one trace', () => {
    for (const id of CLAIMS) {
      const start = spanOf(`StartWorkflow:claim`, id);
      const activity = spanOf('RunActivity:openTask', id);
      assert.equal(activity.traceId, start.traceId);
      assert.equal(attribute(activity, 'temporalWorkflowId'), `claim-${id}`);
    }
    // It is told when the claim ends: C-2 has not.
    const run = spanOf('RunWorkflow:claim', 'C-1');
    assert.deepEqual(
      upwards(spanOf('RunActivity:openTask', 'C-1')).map(({ name }) => name),
      ['RunActivity:openTask', 'StartActivity:openTask', 'RunWorkflow:claim', 'StartWorkflow:claim'],
    );
    assert.equal(attribute(run, 'workflowType'), 'claim');
  });

  it('hold the one request of both in the trace of one, and link it with the activities of both', () => {
    const batches = collector.spans.filter(({ name }) => name === 'PUT /tasks/batch');
    assert.equal(batches.length, 1);
    const [batch] = batches as [Span];
    const activities = CLAIMS.map((id) => spanOf('RunActivity:openTask', id));
    assert.ok(activities.some(({ spanId, traceId }) => batch.parentSpanId === spanId && batch.traceId === traceId));
    assert.deepEqual(linked(batch), activities.map(({ spanId }) => spanId).toSorted());
    for (const activity of activities) assert.deepEqual(linked(activity), [batch.spanId]);
    assert.equal(attribute(batch, 'http.response.status_code'), 200);
    assert.equal(attribute(batch, 'fragment.askers'), 2);
  });

  it('have no part in the years of the change feed and of the lease, and a trace for each round', () => {
    const names = collector.spans.map(({ name }) => name);
    assert.ok(names.includes('RunActivity:readChanges'));
    for (const name of names)
      assert.doesNotMatch(name, /^(RunWorkflow|StartActivity):(taskFeed|readChanges)|holdLease/);
    const round = collector.spans.find(({ name }) => name === 'RunActivity:readChanges');
    assert.ok(!round?.parentSpanId);
  });

  it('do not bind a claim to tracing: it goes on where tracing is switched off', async () => {
    quiet();
    await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history);
  });

  it('hold neither a secret nor a person', () => {
    const sent = collector.bodies.join('\n');
    assert.deepEqual(sent.match(/zz-\w+/g), null);
    for (const word of ['test-token', 'digest', 'task-per-step']) assert.ok(!sent.includes(word), word);
  });

  function spanOf(name: string, claimId: string): Span {
    const found = collector.spans.find((span) => span.name === name && attribute(span, 'claim.id') === claimId);
    return found ?? assert.fail(`no ${name} of ${claimId} among ${collector.spans.map((span) => span.name).join()}`);
  }

  function upwards(span: Span): Span[] {
    const parent = collector.spans.find(({ spanId }) => spanId === span.parentSpanId);
    return [span, ...(parent ? upwards(parent) : [])];
  }
});

const linked = ({ links = [] }: Span): string[] => links.map(({ spanId }) => spanId).toSorted();

describe('Without OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it('a worker and a client load nothing of OpenTelemetry', () => {
    const ofTelemetry = `Object.keys(require.cache).filter((path) => path.includes('@opentelemetry')).length`;
    const script = `Promise.all(['worker', 'client'].map((room) => import(\`./\${room}/index.ts\`))).then(() => console.log(${ofTelemetry}))`;
    const options = { cwd: fileURLToPath(new URL('../../', import.meta.url)), encoding: 'utf8' } as const;
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '--eval', script], options);
    assert.equal(stdout.trim(), '0', stderr);
    const here = Object.keys(createRequire(import.meta.url).cache);
    assert.ok(
      here.some((path) => path.includes('@opentelemetry')),
      'it would not be seen',
    );
  });
});

describe('What leaves in a span', () => {
  it('of an error is its kind, and of attributes those that are known to be nobody', async () => {
    const memory = new InMemorySpanExporter();
    const processor = new SimpleSpanProcessor(new PrivateExporter(memory, assert.fail));
    const tracer = new BasicTracerProvider({ spanProcessors: [processor] }).getTracer('test');
    const memo = { note: 'zz-memo' } as unknown as string;
    const span = tracer.startSpan('x', {
      attributes: { workflowId: 'claim-C-1', memo, temporalTerminateReason: 'zz-why' },
    });
    span.recordException(new TypeError('zz-message'));
    span.setStatus({ code: 2, message: 'zz-status' });
    span.end();
    await processor.forceFlush();

    const [left] = memory.getFinishedSpans();
    assert.deepEqual(left?.attributes, { temporalWorkflowId: 'claim-C-1', 'claim.id': 'C-1' });
    assert.deepEqual(left.events[0]?.attributes, { 'exception.type': 'TypeError' });
    assert.deepEqual(left.status, { code: 2 });
    assert.equal(left.spanContext().spanId, span.spanContext().spanId);
  });

  it('is lost where the collector cannot be reached, which is said once until it can', () => {
    let said = 0;
    let code = 1;
    const broken = { export: (_: unknown, done: (result: { code: number }) => void) => done({ code }) };
    const exporter = new PrivateExporter({ ...broken, shutdown: () => Promise.resolve() }, () => (said += 1));
    for (code of [1, 1, 0, 1]) exporter.export([], () => undefined);
    assert.equal(said, 2);
  });
});
