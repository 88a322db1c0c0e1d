/** By which whoever runs the gateway follows a request back to those who asked for it. */
export interface Trace {
  /** Whoever asks, as of now. */
  asker(): unknown;
  /** Around all that is sent on behalf of these; of none, where the gateway itself wants to know something. */
  onBehalfOf<T>(askers: readonly unknown[], send: () => Promise<T>): Promise<T>;
  /** Around one HTTP request; its path names no task. */
  request<T extends { status: number }>(method: string, path: string, send: () => Promise<T>): Promise<T>;
}

export const untraced: Trace = {
  asker: () => undefined,
  onBehalfOf: (_, send) => send(),
  request: (_method, _path, send) => send(),
};
