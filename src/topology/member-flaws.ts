import type { Flaw, ServiceReport } from "../model/redundancy.ts";
import type { Topology } from "../model/topology.ts";
import { floorLine, hostNamed, roleLine } from "./lines.ts";
import { listed, quoted } from "./redundancy-words.ts";
import type { Placed } from "./single-points.ts";

/** What is wrong with the number of a part's members, and with how its users find them. */
export function memberFlaws(part: Placed, parts: readonly Placed[], topology: Topology): readonly Flaw[] {
  switch (part.scope) {
    case "agent":
      return [];
    case "host":
      return endpointFlaws(part, topology);
    case "stack":
      return [
        ...oneMember(part, topology),
        ...perService(part, (service) => floorFlaw(service, part, topology)),
        ...perService(part, (service) => votersFlaw(service, part, parts, topology)),
        ...perService(part, (service) => fixedAddress(service, part, topology)),
        ...perService(part, (service) => noFloatingAddress(service, part, parts, topology)),
        ...endpointFlaws(part, topology),
      ];
  }
}
