import type { AxiosInstance, AxiosResponse } from 'axios';
import type { z } from 'zod';
import { FragmentAuthError, FragmentUnavailableError, errorFor } from './errors.js';
import { openHttp, type HttpOptions } from './http.js';
import {
  accountSchema,
  batchItemSchema,
  listSchema,
  taskSchema,
  taskWriteSchema,
  type Account,
  type BatchItem,
  type Task,
  type TaskPage,
  type TaskQuery,
  type TaskWrite,
} from './schema.js';
import { untraced, type Trace } from './trace.js';

export interface FragmentClientOptions extends HttpOptions {
  /** Not documented, so each deployment can say it: the list's cursor parameter, the key of a comment's text. */
  cursorParam?: string;
  commentKey?: string;
  /** What people call the token, such as the variable it is read from: told with a FragmentAuthError. */
  tokenName?: string;
  trace?: Trace;
}

/** Filters of GET /tasks. None is confirmed by Fragment's reference, so a caller checks what comes back. */
export interface TaskFilter {
  limit?: number;
  status?: string;
  assignee_uid?: string;
  order_by?: string;
  created_at_after?: string;
  updated_at_after?: string;
  [parameter: string]: string | number | undefined;
}

/**
 * One method for each endpoint that is safe to ask twice, comments apart. Each call is one request: no retries, no waiting
 * (see Gateway).
 *
 * @throws FragmentRejectedError, FragmentAuthError, FragmentUnavailableError; a ZodError for input that Fragment's
 * documented shapes do not allow, before anything is sent.
 */
export class FragmentClient {
  private readonly http: AxiosInstance;
  private readonly cursorParam: string;
  private readonly commentKey: string;
  private readonly tokenName?: string;
  private readonly trace: Trace;

  constructor(options: FragmentClientOptions) {
    this.cursorParam = options.cursorParam ?? 'cursor';
    this.commentKey = options.commentKey ?? 'content';
    this.tokenName = options.tokenName;
    this.trace = options.trace ?? untraced;
    this.http = openHttp(options, { Accept: 'application/json' });
  }

  /** Whose token this is; with the server's clock as it answered, in whole seconds, where it told. */
  async accountsMe(): Promise<{ account: Account; date?: Date }> {
    const answer = await this.send('GET', '/accounts/me');
    const date = new Date(String(answer.headers.date));
    const account = understood(answer, accountSchema, 'GET /accounts/me');
    return { account, date: Number.isNaN(date.getTime()) ? undefined : date };
  }

  getTask(uid: string): Promise<Task> {
    return this.one('GET', uid);
  }

  /** Creates the task, or applies the body to it. The same call twice is one task. */
  putTask(uid: string, task: TaskWrite): Promise<Task> {
    return this.one('PUT', uid, taskWriteSchema.parse(task));
  }

  patchTask(uid: string, task: TaskWrite): Promise<Task> {
    return this.one('PATCH', uid, taskWriteSchema.parse(task));
  }

  putTasks(items: BatchItem[]): Promise<Task[]> {
    return this.batch(
      'PUT',
      items.map((item) => batchItemSchema.parse(item)),
    );
  }

  patchTasks(items: BatchItem[]): Promise<Task[]> {
    return this.batch(
      'PATCH',
      items.map((item) => batchItemSchema.parse(item)),
    );
  }

  /** One page. Order, default limit and filters are the server's: match tasks by uid, follow `nextCursor`. */
  async listTasks(filter: TaskFilter = {}, cursor?: string): Promise<TaskPage> {
    const params = { ...filter, ...(cursor ? { [this.cursorParam]: cursor } : {}) };
    return page(await this.call('GET', '/tasks', listSchema, undefined, params));
  }

  async queryTasks(query: TaskQuery): Promise<TaskPage> {
    return page(await this.call('POST', '/tasks/query', listSchema, query));
  }

  /** Not repeat-safe: a repeated call may double the comment. */
  async postComment(uid: string, text: string): Promise<void> {
    await this.send('POST', `/tasks/${uid}/comments`, { [this.commentKey]: text });
  }

  /** An answer that is another task's says nothing of this one. */
  private async one(method: string, uid: string, body?: TaskWrite): Promise<Task> {
    const request = `${method} /tasks/${uid}`;
    const task = await this.call(method, `/tasks/${uid}`, taskSchema, body);
    if (task.uid.toLowerCase() === uid.toLowerCase()) return task;
    throw new FragmentUnavailableError(`Fragment answered with another task (${task.uid}) to ${request}`, request);
  }

  private async batch(method: string, items: unknown[]): Promise<Task[]> {
    return page(await this.call(method, '/tasks/batch', listSchema, { items })).items;
  }

  private async call<S extends z.ZodType>(
    method: string,
    path: string,
    schema: S,
    body?: unknown,
    params?: Record<string, unknown>,
  ): Promise<z.infer<S>> {
    return understood(await this.send(method, path, body, params), schema, `${method} ${path}`);
  }

  private async send(method: string, path: string, data?: unknown, params?: unknown): Promise<AxiosResponse> {
    const request = `${method} ${path}`;
    let answer: AxiosResponse;
    try {
      answer = await this.trace.request(method, path.replace(OF_A_TASK, '/tasks/{uid}'), () =>
        this.http.request({ method, url: path, data, params }),
      );
    } catch (error) {
      // The axios error carries the token in its config, so only its code and message go on.
      const { code, message } = error as { code?: string; message: string };
      throw new FragmentUnavailableError(`${request} got no answer from Fragment: ${code ?? message}`, request);
    }
    if (answer.status >= 200 && answer.status < 300) return answer;
    const error = errorFor(request, answer.status, answer.data, answer.headers['retry-after'] as string | undefined);
    if (error instanceof FragmentAuthError) error.tokenName = this.tokenName;
    throw error;
  }
}

function understood<S extends z.ZodType>(answer: AxiosResponse, schema: S, request: string): z.infer<S> {
  const parsed = schema.safeParse(answer.data);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join('.') || 'the body';
  // The request may well have been carried out, so this is an unknown outcome, not a refusal.
  throw new FragmentUnavailableError(
    `Fragment answered ${answer.status} to ${request} in a shape we do not know (at ${place})`,
    request,
    answer.status,
  );
}

const OF_A_TASK = /^\/tasks\/(?!batch$|query$)[^/]+/;

/** What stands in a list and is no task, having no uid or a status that is none, is left out: it costs no other task. */
function page({ items: listed, meta }: z.infer<typeof listSchema>): TaskPage {
  const items = listed.flatMap((item) => {
    const task = taskSchema.safeParse(item);
    return task.success ? [task.data] : [];
  });
  return { items, nextCursor: String(meta?.next_cursor ?? '') || undefined };
}

/** The part of it that the gateway sends. */
export type TaskApi = Pick<
  FragmentClient,
  'accountsMe' | 'getTask' | 'putTask' | 'patchTask' | 'putTasks' | 'patchTasks' | 'queryTasks'
>;
