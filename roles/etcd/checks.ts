import type { Check } from "provision";
import { place } from "./place.ts";
import type { Vars } from "./vars.ts";

/** Root, because the store answers only those with a certificate, and the voter's key is its own. */
const asked = (name: string): Pick<Check, "command" | "root"> => ({
  command: `${place.program} check ${name}`,
  root: true,
});

/** The checks of monitoring, beside the health of each voter. */
export const checksOf = ({ certificateDays }: Vars): readonly Check[] => [
  {
    name: "voters",
    summary: "the store has a leader, and can lose a voter",
    // The voter that is missing alerts by its own health check.
    quietWarnings: true,
    ...asked("voters"),
  },
  { name: "alarms", summary: "etcd has raised no alarm", ...asked("alarms") },
  { name: "space", summary: "the data file is well below its quota", ...asked("space") },
  {
    name: "certificate",
    summary: "the voter's certificate does not end soon",
    command: daysLeft(certificateDays),
  },
];

function daysLeft({ warning, critical }: Vars["certificateDays"]): string {
  const ends = (days: number): string =>
    `openssl x509 -in ${place.settings}/cert.pem -noout -checkend ${days * 86_400} >/dev/null`;
  return `openssl x509 -in ${place.settings}/cert.pem -noout -enddate || exit 3
${ends(critical)} || exit 2
${ends(warning)} || exit 1`;
}
