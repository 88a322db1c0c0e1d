import type { AuditEntry, ProcessState, StepState } from './contract.js';
import { minute, row } from '../markdown.js';
import { offers, type OfferedStep } from './offers.js';
import { stepName } from './step.js';

export interface DetailsOptions {
  /** Where a person opens a task, `{uid}` for its uid. */
  taskUrl?: string;
  /** The steps in order, where nobody sends it back: what comes after the current one is said. */
  path?: readonly string[];
  /** The step as it may be acted on now. */
  waiting?: OfferedStep;
}

/**
 * Lines of the table and of the audit trail; `flows claim show` has all of them. The Web UI sends the text to its own
 * server in an address, encoded: it has to stay below the 8 kB that proxies allow there.
 */
const STEPS = 10;
const LATEST = 5;
/** Characters of somebody's text: in a cell or line, and where it is the reason of all. */
const CELL = 60;
const REASON = 300;

/**
 * The current details of the Temporal Web UI, as Markdown: where the process stands, since when, what comes next and what
 * can be done, then the steps and the end of the audit trail.
 */
export function details(state: ProcessState, options: DetailsOptions = {}): string {
  const step = state.outcome ? undefined : state.steps.at(-1);
  return [
    `## ${headline(state, step)}`,
    ...reasons(state),
    ...(step ? [[times(step, options.taskUrl), ...next(step, options.path)].join('\n')] : []),
    ...section('What can be done', offers(state, options.waiting)),
    ...section(stepsTitle(state.steps), [steps(state.steps.slice(-STEPS), options.taskUrl)]),
    ...section(
      'Latest',
      state.audit.length > 0 ? [state.audit.slice(-LATEST).toReversed().map(auditLine).join('\n')] : [],
    ),
  ].join('\n\n');
}

function headline({ outcome, needsAttention, withdrawing, paused }: ProcessState, step?: StepState): string {
  if (outcome) return `Ended: ${outcome}`;
  const at = step ? ` at ${named(step)}` : '';
  if (needsAttention !== undefined) return `⚠ Needs attention${at}`;
  if (withdrawing !== undefined) return `Being withdrawn${at}`;
  if (paused !== undefined) return `Paused${at}`;
  return step ? `${WITH[step.status]} ${named(step)}` : 'Starting';
}

/** With whom a step is, by its state. */
const WITH: Record<StepState['status'], string> = {
  opening: 'Opening the task of',
  waiting: 'Waiting for people:',
  overdue: '⚠ Overdue, waiting for people:',
  working: 'A machine is at work:',
  parked: '⚠ Parked:',
  done: 'Done:',
  skipped: 'Skipped:',
  withdrawn: 'Withdrawn:',
};

function reasons({ needsAttention, withdrawing, paused, outcome, audit }: ProcessState): string[] {
  const why = outcome ? audit.findLast(({ what }) => what === 'undoing' || what === 'reject')?.why : undefined;
  const given = [
    ['Why', needsAttention ?? why],
    ['Withdrawn because', withdrawing],
    ['Paused because', paused],
  ];
  return given.flatMap(([label, text]) => (text === undefined ? [] : [`**${label}:** ${plain(text, REASON)}`]));
}

function times({ since, due, uid }: StepState, taskUrl?: string): string {
  const parts = [`Since **${minute(since)}**`];
  if (due) parts.push(`due **${minute(due)}**`);
  if (uid) parts.push(`task ${taskUrl ? link(uid.slice(0, 8), uid, taskUrl) : uid.slice(0, 8)}`);
  return `${parts.join(' · ')} (UTC)`;
}

function next({ step }: StepState, path: readonly string[] = []): string[] {
  const at = path.indexOf(step);
  const coming = at < 0 ? [] : path.slice(at + 1);
  return at < 0 ? [] : [`Next: ${coming.length > 0 ? coming.join(', then ') : 'the end'}`];
}

function section(title: string, content: readonly string[]): string[] {
  return content.length > 0 ? [`#### ${title}`, content.join('\n')] : [];
}

function stepsTitle({ length }: readonly StepState[]): string {
  return length > STEPS ? `Steps (the last ${STEPS} of ${length})` : 'Steps';
}

function steps(all: readonly StepState[], taskUrl?: string): string {
  const rows = all.map((step) => {
    const { round, uid, since, due } = step;
    const name = taskUrl && uid ? link(step.step, uid, taskUrl) : plain(step.step);
    return row([name, round, status(step), plain(step.by ?? ''), inTable(since), inTable(due)]);
  });
  return [row(['step', 'round', 'state', 'by', 'since', 'due']), `|${':---|'.repeat(6)}`, ...rows].join('\n');
}

/** Why a step is parked is said above the table. */
function status({ status: is, problem, decision }: StepState): string {
  if (is === 'parked') return is;
  return plain(problem ? `${is}: ${problem}` : decision ? `${is}: ${decision}` : is);
}

function auditLine({ at, step, what, by, source, channel, why }: AuditEntry): string {
  const who = by ? `${by} (${source}${channel ? `, ${channel}` : ''})` : source;
  return `- ${minute(at)} ${plain(`${step ? `${step}: ` : ''}${what}, ${who}${why ? `: ${why}` : ''}`, 2 * CELL)}`;
}

function link(text: string, uid: string, taskUrl: string): string {
  return `[${plain(text)}](${taskUrl.replace('{uid}', uid)})`;
}

const named = (step: StepState): string => plain(stepName(step));
/** Without the year, which the narrow column has no room for. */
const inTable = (at = ''): string => minute(at).slice('2026-'.length);

/** Text of people and servers is text: it makes no cell, link, picture or heading. */
function plain(text: string, most = CELL): string {
  return text
    .replace(/\s+/g, ' ')
    .slice(0, most)
    .replaceAll(/[\\`*_{}[\]<>()#!|~]/g, String.raw`\$&`);
}
