import { port } from "provision";
import { z } from "zod";
import { certificateDays } from "../certificate-days.ts";

/** The variables of the role etcd. */
export const vars = z
  .strictObject({
    clientPort: port.default(2379).describe("TCP port for programs that use the store"),
    peerPort: port.default(2380).describe("TCP port between the voters"),
    heartbeat: z
      .int()
      .min(10)
      .max(10_000)
      .default(100)
      .describe("Milliseconds between two signs of life of the leader: about the round trip between voters"),
    election: z
      .int()
      .min(50)
      .max(50_000)
      .default(1000)
      .describe(
        "Milliseconds without a sign of life after which the others elect a leader: at least five heartbeats, better ten",
      ),
    quota: z
      .int()
      .min(16)
      .max(8192)
      .default(2048)
      .describe("MiB that the data file may grow to; then the store takes no more writes"),
    historyHours: z
      .int()
      .min(1)
      .max(720)
      .default(1)
      .describe("Hours that old versions of keys are kept, as far as programs ask for them"),
    certificateDays: certificateDays.prefault({}).describe("The voter's own certificate"),
  })
  .refine(({ clientPort, peerPort }) => clientPort !== peerPort, "`clientPort` and `peerPort` must differ")
  .refine(({ heartbeat, election }) => election >= 5 * heartbeat, {
    path: ["election"],
    message: "must be at least five times `heartbeat`",
  })
  .refine(({ heartbeat, election }) => election <= 100 * heartbeat, {
    path: ["election"],
    message: "must be at most a hundred times `heartbeat`: a first start takes as long",
  });

/** Valid variables of the role. */
export type Vars = z.infer<typeof vars>;
