/** What else in the environment tells a server, or how it knows us: of a server of our own, all of it is wrong. */
const OF_ANOTHER = /^TEMPORAL_(NAMESPACE|API_KEY|PROFILE|CONFIG_FILE|TLS(_.*)?|GRPC_META_.*)$/;

/**
 * Makes the environment name the server at this address, plainly. Answers what it says then, which variables were set
 * aside for that, and how to give the environment back as it was.
 */
export function pointAt(address: string, env = process.env) {
  const before = { ...env };
  const setAside = Object.keys(env).filter((name) => env[name] && OF_ANOTHER.test(name));
  for (const name of setAside) delete env[name];
  // Said aloud, since the default profile of a temporal.toml without an address may say otherwise.
  const told = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default', TEMPORAL_TLS: 'false' };
  Object.assign(env, told);
  return {
    told,
    setAside,
    restore: (): void => {
      for (const name of Object.keys(told)) delete env[name];
      for (const name of [...Object.keys(told), ...setAside]) if (before[name] !== undefined) env[name] = before[name];
    },
  };
}
