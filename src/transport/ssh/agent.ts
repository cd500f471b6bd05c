import type { BaseAgent, ParsedKey, SignCallback, SigningRequestOptions } from "ssh2";
import ssh2 from "ssh2";

/** Offers one key of an agent, so that the order of keys is ours and not the agent's. */
export class SingleKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: BaseAgent;
  readonly #key: ParsedKey;
  constructor(agent: BaseAgent, key: ParsedKey) {
    super();
    this.#agent = agent;
    this.#key = key;
  }
  override getIdentities(callback: (error: undefined, keys: ParsedKey[]) => void): void {
    callback(undefined, [this.#key]);
  }
  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    if (typeof options === "function") this.#agent.sign(key, data, options);
    else this.#agent.sign(key, data, options, callback);
  }
}

/** An agent and its keys. */
export interface AgentKeys {
  readonly agent: BaseAgent;
  readonly keys: readonly ParsedKey[];
}

const agents = new Map<string, Promise<AgentKeys>>();

/** The keys of an agent, read once for all hosts. An agent that does not answer has no keys. */
export function readAgent(socket: string): Promise<AgentKeys> {
  const present = agents.get(socket);
  if (present !== undefined) return present;
  const agent = new ssh2.OpenSSHAgent(socket);
  const answer = new Promise<AgentKeys>((resolve) => {
    agent.getIdentities((_error, keys = []) => {
      resolve({ agent, keys: keys.flatMap((key) => ("pubKey" in key ? [] : [key])) });
    });
  });
  agents.set(socket, answer);
  return answer;
}
