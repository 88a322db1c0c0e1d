import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { metricsAfterARun } from './metrics-page.js';
import { named } from './promql.js';

interface Dashboard {
  panels: { title: string; targets?: { expr: string; legendFormat: string }[] }[];
  templating: { list: { name: string; query: string }[] };
}

const at = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('The dashboard and the alerts', function () {
  this.timeout(120_000);
  /** The labels of each series of each metric. */
  let shown: Map<string, Set<string>[]>;
  let dashboard: Dashboard;
  let alerts: { name: string; expr: string; text: string }[];

  before(async () => {
    dashboard = JSON.parse(await at('deploy/grafana/fragment-flows.json')) as Dashboard;
    const rules = (await at('deploy/prometheus/alerts.yaml')).split(/^ +- alert: /m).slice(1);
    alerts = rules.map((text) => ({
      name: String(/^\w+/.exec(text)?.[0]),
      expr: String(/^ +expr: (.+)$/m.exec(text)?.[1]),
      text,
    }));
    const last = ['workflow_task_execution_failed', 'sticky_cache_total_forced_eviction'].map(
      (name) => `temporal_${name}`,
    );
    shown = seriesOf(await metricsAfterARun([...last, 'flows_feed_delay_ms_count']));
  });

  it('name metrics that a running worker shows, with the labels that it shows them with', () => {
    const panels = dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ name: title, expr: expr.replaceAll('$account', '.*') })),
    );
    assert.ok(panels.length > 20 && alerts.length > 10, 'the files are read');
    for (const { name, expr } of [...panels, ...alerts]) {
      const { metrics, labels } = named(expr);
      assert.ok(metrics.length > 0, `${name}: no metric in ${expr}`);
      for (const metric of metrics) {
        const series = shown.get(metric);
        assert.ok(series, `${name}: no worker shows ${metric}`);
        assert.ok(
          series.some((has) => labels.every((label) => has.has(label))),
          `${name}: ${metric} has no ${labels.join()}`,
        );
      }
    }
  });

  it('speak of labels that are left after the grouping', () => {
    for (const { title, targets = [] } of dashboard.panels) {
      for (const { expr, legendFormat } of targets) assertShown(title, expr, legendFormat, /\{\{(\w+)\}\}/g);
    }
    for (const { name, expr, text } of alerts) assertShown(name, expr, text, /\$labels\.(\w+)/g);
  });

  it('miss each account whose series have vanished, also while those of others are there', () => {
    const kept = alerts.filter(({ expr }) => /\bby \(\w+\).*\babsent\(/.test(expr));
    assert.deepEqual(
      kept.map(({ name }) => name),
      ['NobodySendsToFragment', 'ChangeFeedStandsStill'],
    );
    for (const { name, expr } of kept) {
      const [, label, metric] = /\bby \((\w+)\) \(.*\babsent\((\w+)\)/.exec(expr) ?? [];
      const gone = `(count by (${label}) (last_over_time(${metric}[1d])) unless count by (${label}) (${metric}))`;
      assert.ok(expr.endsWith(` or ${gone}`), name);
    }
  });

  it('let an account be chosen that there is', () => {
    const { query } = dashboard.templating.list.find(({ name }) => name === 'account') ?? assert.fail('no account');
    const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
    assert.ok(
      shown.get(metric)?.some((has) => has.has(label)),
      query,
    );
  });

  it('have each alert say what happened, what to do, and where docs/observe.md says more', async () => {
    const headings = (await at('docs/observe.md')).matchAll(/^### (\w+)$/gm);
    const anchors = new Set([...headings].map(([, heading = '']) => heading.toLowerCase()));
    for (const { name, text } of alerts) {
      for (const field of ['severity', 'summary', 'description']) assert.match(text, new RegExp(`${field}: \\S`), name);
      assert.match(text, new RegExp(`runbook: docs/observe.md#${name.toLowerCase()}$`, 'm'), name);
      assert.ok(anchors.delete(name.toLowerCase()), `docs/observe.md has no heading ${name}`);
    }
    assert.deepEqual([...anchors], [], 'headings without an alert');
  });
});

function assertShown(where: string, expr: string, text: string, pattern: RegExp): void {
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  for (const [, label = ''] of text.matchAll(pattern)) assert.ok(grouped.includes(label), `${where}: ${label}`);
}

function seriesOf(page: string): Map<string, Set<string>[]> {
  const series = new Map<string, Set<string>[]>();
  for (const [, name = '', labels = ''] of page.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label);
    series.set(name, [...(series.get(name) ?? []), new Set(names)]);
  }
  return series;
}
