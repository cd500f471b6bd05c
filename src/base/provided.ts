import type { Provided, ServiceSpec } from "../model/topology.ts";

/** Name and service, in the order of the role. A name that the role gives twice appears twice. */
export const servicesOf = (provided: Provided): readonly (readonly [string, ServiceSpec])[] =>
  [provided].flat().flatMap((one) => Object.entries(one));
