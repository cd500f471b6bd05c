import type { Result } from "../../base/result.ts";

/** Cuts the power of hosts, and gives it back. Errors are sentences. */
export interface Power {
  off(host: string): Promise<Result<void, string>>;
  on(host: string): Promise<Result<void, string>>;
  /** Starts a program that powers the host on after some seconds, also when this one has ended. Returns how to end it. */
  onAfter(host: string, seconds: number): () => void;
}
