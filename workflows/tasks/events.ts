import { condition } from '@temporalio/workflow';
import { audited } from './audit.js';
import type { ChangeDue, CompleteStep, OperatorVerb, ProcessState, Reassign, StepState, TaskNews } from './contract.js';

/** What can happen to a step that waits. A verb is answered once it is `acted` on; `overtaken` is set where it came second. */
export type StepEvent =
  | { kind: 'news'; news: TaskNews }
  | ({ acted?: boolean; overtaken?: StepState } & (
      | { kind: 'complete'; verb: CompleteStep }
      | { kind: 'retry'; verb: Partial<OperatorVerb> }
      | { kind: 'skip'; verb: OperatorVerb }
      | { kind: 'reassign'; verb: Reassign }
      | { kind: 'changeDue'; verb: ChangeDue }
    ));
export type VerbEvent = Exclude<StepEvent, { kind: 'news' }>;

/**
 * What has happened to the steps of a process and is still to be acted on, in the order in which it came. First wins: what
 * came second is put on record, and decides nothing.
 */
export class StepEvents {
  private readonly kept: StepEvent[] = [];

  constructor(private readonly state: ProcessState) {}

  get any(): boolean {
    return this.kept.length > 0;
  }

  add(event: StepEvent): void {
    this.kept.push(event);
  }

  /** Acted on before all that has come meanwhile. */
  putBack(event: StepEvent): void {
    this.kept.unshift(event);
  }

  /** The first that fits. */
  take(fits: (event: StepEvent) => boolean = () => true): StepEvent | undefined {
    const index = this.kept.findIndex(fits);
    return index < 0 ? undefined : this.kept.splice(index, 1)[0];
  }

  /** The first that fits, waited for. */
  async next(fits: (event: StepEvent) => boolean): Promise<StepEvent> {
    await condition(() => this.kept.some(fits));
    return this.take(fits) as StepEvent;
  }

  /** Of a step that is over, or tried again: whatever verbs are left came second. News may be of the next step, and stays. */
  dropOvertaken(step: StepState, which: (event: StepEvent) => boolean = isVerb): void {
    for (let late = this.take(which); late; late = this.take(which)) {
      const event = late as VerbEvent;
      event.overtaken = step;
      this.acted(event);
      this.audit(event, `late ${event.kind} ignored`, step.step);
    }
  }

  /** The process ends: what people decided and nobody has acted on is put on record. */
  recordAll(): void {
    for (const event of this.kept) if (event.kind === 'news') this.recordLate(event.news);
  }

  /** What a person decided on a step that was over by then. */
  recordLate({ uid, step, round, status, answer, assignee }: TaskNews): void {
    // A single task is every step's, so its uid alone does not tell which.
    const past = this.state.steps.find(
      (each) => each.uid === uid && each.step === step && each.round === round && isOver(each),
    );
    if (!past || status !== 'DONE' || !answer?.decision || answer.decision === past.decision) return;
    const what = `late answer ignored: ${answer.decision}`;
    audited(this.state, { what, step: past.step, source: 'person', by: assignee });
  }

  audit({ kind, verb }: VerbEvent, what: string, step?: string): void {
    const source = kind === 'complete' ? 'backend' : 'operator';
    const why = kind === 'complete' ? verb.note : verb.reason;
    audited(this.state, { what, step, source, by: verb.by, channel: verb.channel, why });
  }

  /** What was asked for has happened: its Update is answered with the state that it made. */
  acted(event: VerbEvent): void {
    event.acted = true;
  }
}

const isVerb = (event: StepEvent): boolean => event.kind !== 'news';
export const isOver = ({ status }: StepState): boolean => ['done', 'skipped', 'withdrawn'].includes(status);
